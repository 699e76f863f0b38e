from pathlib import Path

from pipeline.sources.innovation_grants import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

FIRST, SECOND = SOURCE.releases
PLACE = ["year", "nuts_id", "nuts_year_spec"]
ROWS = [
    [*PLACE, FIRST.label],
    ["2015", "UKZ11", "2013", "12000"],
    ["2016", "UKZ11", "2016", "0"],
    ["2016", "UKZ12", "2016", ""],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("nuts3_code", "nuts_vintage", "period", "year", "measure", "value", "status")
    name = "innovate_uk_funding_gbp"
    assert tidied(SOURCE, FIRST, comma_separated(tmp_path, FIRST, ROWS), *columns) == [
        ("UKZ11", 2013, "2015", 2015, name, 12_000.0, "ok"),
        ("UKZ11", 2016, "2016", 2016, name, 0.0, "ok"),
        ("UKZ12", 2016, "2016", 2016, name, None, "x"),
    ]
    rows = [[*PLACE, SECOND.label], ["2006", "UKZ11", "2006", "1200.55"]]
    assert tidied(SOURCE, SECOND, comma_separated(tmp_path, SECOND, rows), *columns) == [
        ("UKZ11", 2006, "2006", 2006, "ukri_funding_gbp", 1200.55, "ok")
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, FIRST, comma_separated(tmp_path, FIRST, rows), FIRST.file, *words)

    bad([[*PLACE, SECOND.label], *ROWS[1:]], f"no row has '{FIRST.label}'")
    bad([[*ROWS[0], "note"], *([*row, ""] for row in ROWS[1:])], "'note'", "not declared")
    bad([*ROWS, ROWS[1][:2]], "row 5", "expected 4 cells", "found 2")
    bad([*ROWS, ["2016", "UKZ13", "2016", "much"]], "row 5", f"'{FIRST.label}'", "'much'")
    bad([*ROWS, ["2016", "UKZ1", "2016", "1"]], "row 5", "'nuts_id'", "'UKZ1'")
    bad([*ROWS, ["2021", "UKZ13", "2021", "1"]], "row 5", "'nuts_year_spec'", "'2021'")
    bad([*ROWS, ROWS[1]], "nuts3_code=UKZ11, year=2015", "2 rows (2, 5)")
