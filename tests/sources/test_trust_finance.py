from pathlib import Path

from pipeline.sources.trust_finance import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = ["ORG_CODE", "YEAR", "FINANCIAL_POSITION", "OP_INCOME", "OP_COST"]
ROWS = [HEADER, ["RZ8", "2010", "-911.5", "101469", "-102487"], ["RZ9", "2018", "0", "0", ""]]


def test_rows(tmp_path: Path) -> None:
    columns = ("org_code", "period", "year", "measure", "value", "status", "row")
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        ("RZ8", "2010-11", 2010, "financial_position", -911.5, "ok", 2),
        ("RZ8", "2010-11", 2010, "operating_cost", -102487.0, "ok", 2),
        ("RZ8", "2010-11", 2010, "operating_income", 101469.0, "ok", 2),
        ("RZ9", "2018-19", 2018, "financial_position", 0.0, "ok", 3),
        ("RZ9", "2018-19", 2018, "operating_cost", None, "x", 3),
        ("RZ9", "2018-19", 2018, "operating_income", 0.0, "ok", 3),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([[*HEADER[:4], "OP_COSTS"], *ROWS[1:]], "row 1", "column 'OP_COSTS'", "not declared")
    bad([HEADER[:4], *(row[:4] for row in ROWS[1:])], "row 1", "column 'OP_COST'")
    bad([*ROWS, ["RZ7", "2011", "12"]], "row 4", "expected 5 cells", "found 3")
    bad([*ROWS, ["RZ7", "2011", "n/k", "1", "-1"]], "row 4", "'FINANCIAL_POSITION'", "'n/k'")
    bad([*ROWS, ["RZ7", "2011/12", "1", "1", "-1"]], "row 4", "'YEAR'", "'2011/12'")
    bad([*ROWS, ROWS[1]], "row 2", "org_code=RZ8, year=2010", "2 rows (2, 4)")
