from pathlib import Path

from pipeline.sources.criteria_to_reside_trust import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
ROWS = [
    ["nhs_trust22_code", "date", "do_not_meet_criteria_to_reside"],
    ["RZ9", "2022-04-01", "12"],
    ["RZ9", "2023-03-31", "NA"],
    ["RZ8", "2022-06-19", "0"],
    ["NA", "2025-01-01", "NA"],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("org_code", "period", "year", "measure", "value", "status", "row")
    measure = "not_meeting_criteria_to_reside"
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        ("RZ8", "2022-06-19", 2022, measure, None, "x", 4),
        ("RZ9", "2022-04-01", 2022, measure, 12.0, "ok", 2),
        ("RZ9", "2023-03-31", 2022, measure, None, "x", 3),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["org", *ROWS[0][1:]], *ROWS[1:]], "no row has 'nhs_trust22_code'")
    bad([[*ROWS[0], "new"], *([*r, ""] for r in ROWS[1:])], "row 1", "'new'", "not declared")
    bad([*ROWS, ["RZ7"]], "row 6", "expected 3 cells", "found 1")
    bad([*ROWS, ["NA", "2025-01-02", "3"]], "row 6", "'nhs_trust22_code'", "'NA'")
    bad([*ROWS, ["RZ7X", "2025-01-02", "3"]], "row 6", "'nhs_trust22_code'", "'RZ7X'")
    bad([*ROWS, ["RZ7", "02/01/2025", "3"]], "row 6", "column 'date'", "'02/01/2025'")
    bad([*ROWS, ["RZ7", "2025-01-02", "few"]], "row 6", "criteria_to_reside'", "'few'")
    bad([*ROWS, ROWS[1]], "org_code=RZ9, period=2022-04-01", "2 rows (2, 6)")
