from pathlib import Path

from pipeline.reading.source import conform
from pipeline.sources._discharge import EMERGENCY
from pipeline.sources.accidents_emergency_trust import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
ROWS = [
    ["nhs_trust22_code", *EMERGENCY, "date"],
    ["RZ9", "1000", "NA", "300", "45", "NA", "0.15", "April 2021"],
    ["RZ9", "1000", "255", "0", "0", "0.26", "NA", "January 2025"],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("org_code", "period", "year", "measure", "value", "status", "row")
    first, second = ("RZ9", "2021-04", 2021), ("RZ9", "2025-01", 2024)
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        (*first, "attendances", 1000.0, "ok", 2),
        (*first, "attendances_over_4_hours", None, "x", 2),
        (*first, "emergency_admissions", 300.0, "ok", 2),
        (*first, "emergency_admissions_over_4_hours", 45.0, "ok", 2),
        (*first, "share_of_attendances_over_4_hours", None, "x", 2),
        (*first, "share_of_emergency_admissions_over_4_hours", 0.15, "ok", 2),
        (*second, "attendances", 1000.0, "ok", 3),
        (*second, "attendances_over_4_hours", 255.0, "ok", 3),
        (*second, "emergency_admissions", 0.0, "ok", 3),
        (*second, "emergency_admissions_over_4_hours", 0.0, "ok", 3),
        (*second, "share_of_attendances_over_4_hours", 0.26, "ok", 3),
        (*second, "share_of_emergency_admissions_over_4_hours", None, "x", 3),
    ]


def test_shares_are_those_of_the_counts(tmp_path: Path) -> None:
    off = ["RZ8", "1000", "255", "300", "45", "0.27", "0.15", "April 2021"]
    file = comma_separated(tmp_path, RELEASE, [*ROWS, off])
    assert SOURCE.reconcile is not None
    found = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    near = (found["published"] - found["computed"]).abs() <= found["tolerance"]
    assert (found.height, near.sum()) == (4, 3)


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    def extra(**cells: str) -> list[list[str]]:
        return [*ROWS, [cells.get(label, cell) for label, cell in zip(*ROWS[:2], strict=True)]]

    bad([["org", *ROWS[0][1:]], *ROWS[1:]], "no row has 'nhs_trust22_code'")
    bad([[*ROWS[0], "new"], *([*r, ""] for r in ROWS[1:])], "row 1", "'new'", "not declared")
    bad([*ROWS, ROWS[1][:5]], "row 4", "expected 8 cells", "found 5")
    bad(extra(date="2021-05-01"), "row 4", "'date'", "expected a month", "'2021-05-01'")
    bad(extra(nhs_trust22_code="Total"), "row 4", "'nhs_trust22_code'", "'Total'")
    bad(extra(date="May 2021", total_attendances="many"), "row 4", "'total_attendances'", "'many'")
    bad(extra(), "org_code=RZ9, period=2021-04", "2 rows (2, 4)")
