from pathlib import Path

from pipeline.sources.dementia_estimates import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = ["", "NAME", "ORG_TYPE", "ACH_DATE", "VALUE_REGISTER", "VALUE_ESTIMATE"]
ROWS = [
    HEADER,
    ["0", "FOGSHIRE", "LTLA", "2017-01-31", "60.0", "90.4"],
    ["1", "FOGSHIRE", "CC", "2017-01-31", "60.0", ""],
    ["2", "FOGSHIRE", "PHE_REGION", "2017-01-31", "60.0", "90.4"],
    ["3", "FOG GROUP", "ONS_GROUP", "2017-01-31", "60.0", "90.4"],
    ["4", "ENGLAND", "COUNTRY_GEOGRAPHICAL", "2017-01-31", "60.0", "90.6"],
]


def test_rows_keep_names_and_levels_apart(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("areanm", "area_type", "level", "period", "year", "measure", "value", "status")
    month = ("2017-01", 2016)
    estimate, register = "dementia_estimate_aged_65_plus", "dementia_register_aged_65_plus"
    assert tidied(SOURCE, RELEASE, file, *columns) == [
        ("ENGLAND", "country", "country", *month, estimate, 90.6, "ok"),
        ("ENGLAND", "country", "country", *month, register, 60.0, "ok"),
        ("FOGSHIRE", "council", "district", *month, estimate, 90.4, "ok"),
        ("FOGSHIRE", "council", "district", *month, register, 60.0, "ok"),
        ("FOGSHIRE", "region", "region", *month, estimate, 90.4, "ok"),
        ("FOGSHIRE", "region", "region", *month, register, 60.0, "ok"),
        ("FOGSHIRE", "council", "upper_tier", *month, estimate, None, "x"),
        ("FOGSHIRE", "council", "upper_tier", *month, register, 60.0, "ok"),
    ]
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(SOURCE.tidy(file, RELEASE)).filter(check=f"{CHECK}: {estimate}")
    assert sums.select("published", "computed", "tolerance").rows() == [(90.6, 90.4, 0.1)]


CHECK = "England = sum of district areas"


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([[*HEADER[:4], "REGISTER", HEADER[5]], *ROWS[1:]], "no row has 'VALUE_REGISTER'")
    bad([[*HEADER, "CODE"], *([*row, ""] for row in ROWS[1:])], "column 'CODE'", "not declared")
    bad([*ROWS, ROWS[1][:4]], "row 7", "expected 6 cells", "found 4")
    bad([*ROWS, [*ROWS[1][:3], "2017-02-28", "1", "n/k"]], "row 7", "'VALUE_ESTIMATE'", "'n/k'")
    bad([*ROWS, [*ROWS[1][:3], "Feb 17", "1", "1"]], "row 7", "'ACH_DATE'", "'Feb 17'")
    bad([*ROWS, ["6", "FOG", "ICB", "2017-01-31", "1", "1"]], "row 7", "'ORG_TYPE'", "'ICB'")
    bad([*ROWS, ROWS[1]], "level=district, areanm=FOGSHIRE", "2 rows (2, 7)")
