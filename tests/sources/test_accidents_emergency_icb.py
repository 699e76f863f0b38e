from pathlib import Path

from pipeline.sources._discharge import EMERGENCY
from pipeline.sources.accidents_emergency_icb import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
ROWS = [
    ["icb22_code", *EMERGENCY, "date"],
    ["E54000901", "1000", "0", "300", "45", "0", "0.15", "April 2022"],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("icb_code", "period", "year", "measure", "value", "status")
    month = ("E54000901", "2022-04", 2022)
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        (*month, "attendances", 1000.0, "ok"),
        (*month, "attendances_over_4_hours", 0.0, "ok"),
        (*month, "emergency_admissions", 300.0, "ok"),
        (*month, "emergency_admissions_over_4_hours", 45.0, "ok"),
        (*month, "share_of_attendances_over_4_hours", 0.0, "ok"),
        (*month, "share_of_emergency_admissions_over_4_hours", 0.15, "ok"),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["nhs_trust22_code", *ROWS[0][1:]], ROWS[1]], "no row has 'icb22_code'")
    bad([*ROWS, ["RZ9", *ROWS[1][1:]]], "row 3", "'icb22_code'", "'RZ9'")
    bad([*ROWS, ROWS[1]], "icb_code=E54000901, period=2022-04", "2 rows (2, 3)")
