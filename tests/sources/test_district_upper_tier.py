from pathlib import Path

import pytest

from pipeline.reading.published import PublishedFile
from pipeline.sample.layout import r_data
from pipeline.sources.district_upper_tier import SOURCE
from tests.sources.layouts import refused, tidied, written

OLD, _, NEW = SOURCE.releases
Rows = dict[str, list[str | float]]
ROWS: Rows = {
    "ltla19_name": ["North Fogshire", "Fogton", "Dychymyg"],
    "ltla19_code": ["E07999001", "E06999001", "W06999001"],
    "utla19_name": ["Fogshire", "Fogton", "Dychymyg"],
    "utla19_code": ["E10999001", "E06999001", "W06999001"],
}


def lookup(folder: Path, rows: Rows, name: str = "lookup_ltla19_utla19") -> PublishedFile:
    path = folder / Path(OLD.file).name
    r_data(path, name, rows)
    return PublishedFile(path, OLD.file)


def test_rows(tmp_path: Path) -> None:
    columns = ("areacd", "areanm", "upper_areacd", "upper_areanm", "period", "vintage", "row")
    expected = [
        ("E06999001", "Fogton", "E06999001", "Fogton", "2019", 2019, 2),
        ("E07999001", "North Fogshire", "E10999001", "Fogshire", "2019", 2019, 1),
    ]
    assert tidied(SOURCE, OLD, lookup(tmp_path, ROWS), *columns) == expected
    other = {label.replace("19", "23"): ROWS[label] for label in reversed(ROWS)}
    file = lookup(tmp_path, other, "lookup_ltla23_utla23")
    assert [row[:4] for row in tidied(SOURCE, NEW, file, *columns)] == [row[:4] for row in expected]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"utla19_code": None}, ("missing utla19_code", "new none")),
        ({"county": ["a", "b", "c"]}, ("missing none", "new county")),
        ({"ltla19_code": ["E07999001", "Fogton", "W06999001"]}, ("row 2", "'areacd'", "'Fogton'")),
        ({"utla19_code": ["E10", "E06999001", "W06"]}, ("row 1", "'upper_areacd'", "'E10'")),
        ({"ltla19_code": ["E06999001", "E06999001", "W06999001"]}, ("2 rows (1, 2)",)),
    ],
)
def test_bad_files(tmp_path: Path, change: dict[str, list[str]], words: tuple[str, ...]) -> None:
    rows: Rows = {**ROWS, **change}
    refused(SOURCE, OLD, lookup(tmp_path, {k: v for k, v in rows.items() if v}), *words)


def test_another_file(tmp_path: Path) -> None:
    refused(SOURCE, OLD, lookup(tmp_path, ROWS, "other"), "expected a data frame", "found other")
    refused(SOURCE, OLD, written(tmp_path, OLD, b"cut"), "not a readable R data file")
