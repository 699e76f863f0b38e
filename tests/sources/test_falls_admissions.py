from pathlib import Path

from pipeline.sources.falls_admissions import RATE, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied
from tests.sources.test_dementia_diagnosis import HEADER

RELEASE = SOURCE.releases[0]


def row(code: str, value: str, period: str = "2016/17", beside: str = "Worse") -> list[str]:
    return [code, "Fogshire", period, value, RATE.indicator, RATE.kind, "Persons", beside]


ROWS = [
    HEADER,
    row("E92000001", "2,100", beside="Not compared"),
    row("E07999001", "2345"),
    row("E06999001", "NA", beside="Not compared"),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("areacd", "area_type", "period", "year", "measure", "value", "status")
    year = ("2016-17", 2016, "falls_admissions_per_100000_aged_65_plus")
    assert tidied(SOURCE, RELEASE, file, *columns) == [
        ("E06999001", "council", *year, None, "x"),
        ("E07999001", "council", *year, 2345.0, "ok"),
        ("E92000001", "country", *year, 2100.0, "ok"),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([*ROWS, row("E07999002", "n/a")], "row 5", "'value'", "'n/a'")
    bad([*ROWS, row("E07999002", "1", "2016")], "row 5", "'period'", "'2016'")
    bad([*ROWS, ROWS[2]], "areacd=E07999001, period=2016-17", "2 rows (3, 5)")
