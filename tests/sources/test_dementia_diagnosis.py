from pathlib import Path

from pipeline.sources.dementia_diagnosis import RATE, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = [
    *("area_code", "area_name", "period", "value"),
    *("indicator", "measure", "unit", "significance"),
]


def row(code: str, value: str, period: str = "2017", significance: str = "Better") -> list[str]:
    words = (RATE.indicator, RATE.kind, "Persons")
    return [code, "Fogshire", period, value, *words, significance]


ROWS = [
    HEADER,
    row("E47999001", "66.1"),
    row("E92000001", "67", significance="Not compared"),
    row("E07999001", "70.2"),
    row("E07999001", "71", "2018"),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("areacd", "area_type", "period", "year", "value", "status", "significance", "row")
    assert tidied(SOURCE, RELEASE, file, *columns) == [
        ("E07999001", "council", "2017", 2017, 70.2, "ok", "Better", 4),
        ("E07999001", "council", "2018", 2018, 71.0, "ok", "Better", 5),
        ("E47999001", "combined_authority", "2017", 2017, 66.1, "ok", "Better", 2),
        ("E92000001", "country", "2017", 2017, 67.0, "ok", "Not compared", 3),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["code", *HEADER[1:]], *ROWS[1:]], "no row has 'area_code'")
    bad([[*HEADER, "note"], *([*r, ""] for r in ROWS[1:])], "column 'note'", "not declared")
    bad([*ROWS, ROWS[1][:6]], "row 6", "expected 8 cells", "found 6")
    bad([*ROWS, row("E07999002", "NA")], "row 6", "'value'", "'NA'")
    bad([*ROWS, row("E07999002", "1", "2017/18")], "row 6", "'period'", "'2017/18'")
    bad([*ROWS, row("E10999002", "1")], "row 6", "'area_code'", "'E10999002'")
    bad([*ROWS, row("E07999002", "1", significance="Lower")], "row 6", "'Lower'")
    other = row("E07999002", "1")
    other[4] = "Dementia prevalence"
    bad([*ROWS, other], "row 6", "column 'indicator'", "'Dementia prevalence'")
    bad([*ROWS, ROWS[3]], "areacd=E07999001, period=2017", "2 rows (4, 6)")
