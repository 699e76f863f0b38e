from pathlib import Path

from pipeline.reading.published import PublishedFile
from pipeline.sample.layout import r_data
from pipeline.sources.deprivation_2025 import DOMAINS, FIGURES, SOURCE
from tests.sources.layouts import refused, tidied

RELEASE = SOURCE.releases[0]
Rows = dict[str, list[str | float]]
ROWS: Rows = {
    "ltla24_code": ["E07999001", "E06999001"],
    "ltla24_name": ["Fogshire", "Fogton"],
    "imd_average_rank": [1.0, 2.0],
    **{label: [10.5, 20.25] for label in FIGURES},
    "imd25_extent": [0.5, float("nan")],
}


def indices(folder: Path, rows: Rows) -> PublishedFile:
    path = folder / Path(RELEASE.file).name
    r_data(path, "imd2025_england_ltla24", rows)
    return PublishedFile(path, RELEASE.file)


def test_rows(tmp_path: Path) -> None:
    columns = ("areacd", "areanm", "period", "domain", "measure", "value", "status", "row")
    rows = tidied(SOURCE, RELEASE, indices(tmp_path, ROWS), *columns)
    fogton = ("E06999001", "Fogton", "2025")
    index = "index_of_multiple_deprivation"
    assert rows[:9] == sorted(
        [(*fogton, domain, "average_score", 20.25, "ok", 2) for domain in DOMAINS.values()]
        + [(*fogton, index, "extent", None, "x", 2)],
        key=lambda row: row[3:5],
    )
    assert ("E07999001", "Fogshire", "2025", index, "extent", 0.5, "ok", 1) in rows
    assert len(rows) == 18


def test_bad_files(tmp_path: Path) -> None:
    def bad(changes: Rows, *words: str) -> None:
        rows = {label: cells for label, cells in {**ROWS, **changes}.items() if cells}
        refused(SOURCE, RELEASE, indices(tmp_path, rows), RELEASE.file, *words)

    bad({"crime_average_score": []}, "missing crime_average_score")
    bad({"crime_average_score": ["10", "high"]}, "'crime_average_score'", "numbers, found text")
    bad({"ltla24_code": ["E07999001", "Fogton"]}, "row 2", "'areacd'", "'Fogton'")
    bad({"ltla24_code": ["E07999001", "E07999001"]}, "areacd=E07999001", "2 rows (1, 2)")
