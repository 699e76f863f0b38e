from pathlib import Path
from typing import Any

import pytest

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Source
from pipeline.sources import deprivation_2015, deprivation_2019
from pipeline.sources._deprivation import DOMAINS
from tests.sources.layouts import refused, tidied, workbook

Sheets = dict[str, list[list[Any]]]
BOTH = pytest.mark.parametrize("source", [deprivation_2015.SOURCE, deprivation_2019.SOURCE])


def sheets(year: str) -> Sheets:
    place = [f"Upper Tier Local Authority District {what} ({year})" for what in ("code", "name")]
    figures = ["- Average rank ", "- Average score ", "- Rank of average score "]
    pages: Sheets = {
        sheet: [
            [*place, *(f"{sheet} {figure}" for figure in figures)],
            ["E06999001", "Fogton", 20_000.5, 21.25, 3],
        ]
        for sheet in DOMAINS
    }
    pages["IMD"][0] += [f"IMD {year} - Extent ", f"IMD {year} - Rank of extent "]
    pages["IMD"][1] += [0.25, 4]
    return pages


def summaries(folder: Path, source: Source, changes: Sheets | None = None) -> PublishedFile:
    release = source.releases[0]
    pages = {"Notes": [], **sheets(release.period), **(changes or {})}
    return workbook(folder, release, {name: rows for name, rows in pages.items() if rows != [[]]})


@BOTH
def test_rows(tmp_path: Path, source: Source) -> None:
    release = source.releases[0]
    columns = ("areacd", "areanm", "period", "domain", "measure", "value", "status", "row")
    rows = tidied(source, release, summaries(tmp_path, source), *columns)
    place = ("E06999001", "Fogton", release.period)
    index = "index_of_multiple_deprivation"
    assert rows == sorted(
        [(*place, domain, "average_score", 21.25, "ok", 2) for domain in DOMAINS.values()]
        + [(*place, index, "extent", 0.25, "ok", 2)]
    )


@BOTH
def test_bad_files(tmp_path: Path, source: Source) -> None:
    release = source.releases[0]
    good = sheets(release.period)

    def bad(changes: Sheets, *words: str) -> None:
        refused(source, release, summaries(tmp_path, source, changes), release.file, *words)

    head, row = good["Crime"]
    bad({"Crime": [[]]}, "expected a sheet named 'Crime'")
    bad({"Crime": []}, "sheet 'Crime'", "'Average score'", "found ")
    bad({"Crime": [[*head[:3], "Crime - Mean score", head[4]], row]}, "sheet 'Crime'", "row 1")
    bad({"Crime": [head, [*row[:3], "high", 3]]}, "sheet 'Crime'", "row 2", "'high'")
    bad({"Crime": [head, row, row]}, "areacd=E06999001, domain=crime", "2 rows (2, 3)")
    twice = [[*head, "Crime - Average score"], [*row, 1]]
    bad({"Crime": twice}, "sheet 'Crime'", "appears twice")
