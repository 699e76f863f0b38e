from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.reading.published import PublishedFile
from pipeline.sources._council_names import ALIASES
from pipeline.sources.cqc_council_assessments import AVERAGE, PLACE, SCORES, SOURCE
from tests.sample.test_invented import MIRROR
from tests.sources.layouts import refused, tidied, written

RELEASE = SOURCE.releases[0]
HEADS = [*list(PLACE)[:4], *SCORES, *AVERAGE, "Date"]


def page(tmp_path: Path, rows: list[list[str]], table: str = "masterTable") -> PublishedFile:
    def line(cells: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"

    head = [cell.replace(" ", "<br>") if cell.startswith("QS") else cell for cell in rows[0]]
    body = "".join(line(row, "td") for row in rows[1:])
    other = "<table><tr><td>Fogshire</td></tr></table>"
    text = f'{other}<table id="{table}">{line(head, "th")}{body}</table>{other}'
    return written(tmp_path, RELEASE, text.encode())


def row(name: str, rating: str, scores: str, mean: str, month: str = "March 2025") -> list[str]:
    return ["1", f'<a href="x">{name}</a>', "Unitary", rating, *scores, mean, month]


ROWS = [
    HEADS,
    row("London Borough of Fog &amp; Mist", "Good", "332333334", "3.00"),
    row("St Helens Borough Council", "Not Rated", "232333233", "2.67", "May 2024"),
]


def test_rows(tmp_path: Path) -> None:
    file = page(tmp_path, ROWS)
    rows = tidied(SOURCE, RELEASE, file, "registry_name", "period", "year", "measure", "value")
    assert len(rows) == 22
    fog = [(measure, value) for name, *_, measure, value in rows if name == "Fog & Mist"]
    assert dict(fog) == {
        "overall_rating": 3.0,
        "average_score": 3.0,
        **dict(zip(SCORES.values(), (3, 3, 2, 3, 3, 3, 3, 3, 4), strict=True)),
    }
    assert ("St. Helens", "2024-05", 2024, "overall_rating", None) in rows
    assert ("St. Helens", "2024-05", 2024, "statement_5_partnerships", 3.0) in rows
    full = tidied(SOURCE, RELEASE, file)
    assert {one["status"] for one in full if one["value"] is None} == {"x"}
    assert {(one["month"], one["year"]) for one in full} == {
        (date(2025, 3, 1), 2024),
        (date(2024, 5, 1), 2024),
    }
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(SOURCE.tidy(file, RELEASE))
    assert ((sums["computed"] - sums["published"]).abs() <= sums["tolerance"]).all()


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, page(tmp_path, rows), RELEASE.file, *words)

    refused(SOURCE, RELEASE, page(tmp_path, ROWS, "other"), "expected a table", "'masterTable'")
    bad([["Rank", "Council", *HEADS[2:]], *ROWS[1:]], "no row has 'Authority Name'")
    bad([[*HEADS, "Trend"], *([*one, ""] for one in ROWS[1:])], "'Trend'", "not declared")
    bad([*ROWS, ROWS[1][:9]], "row 4", "expected 15 cells", "found 9")
    bad([*ROWS, row("Fogton", "Good", "332333334", "n/a")], "row 4", "'Avg Score'", "'n/a'")
    bad([*ROWS, row("Fogton", "Good", "332333335", "3.1")], "row 4", "'QS9 Learn'", "found 5")
    bad([*ROWS, row("Fogton", "Fine", "332333334", "3.0")], "row 4", "'Overall'", "'Fine'")
    bad([*ROWS, row("Fogton", "Good", "332333334", "3.0", "2025")], "row 4", "'Date'", "'2025'")
    bad([*ROWS, ROWS[1]], "areanm=London Borough of Fog & Mist", "2 rows (2, 4)")


@pytest.mark.england
@pytest.mark.skipif(not MIRROR.exists(), reason="the real published files are not at hand")
def test_aliases_are_the_registers_names() -> None:
    register = pl.read_csv(
        MIRROR / "geography" / "uk_local_authorities_future.csv", infer_schema_length=0
    )
    known = dict(register.select("gss-code", "nice-name").iter_rows())
    assert {code: name for name, code in ALIASES.values()} == {
        code: known[code] for _, code in ALIASES.values()
    }
