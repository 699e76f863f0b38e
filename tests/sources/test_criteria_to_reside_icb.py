from pathlib import Path

from pipeline.sources.criteria_to_reside_icb import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
ROWS = [
    ["icb22_code", "date", "do_not_meet_criteria_to_reside"],
    ["E54000901", "2022-04-01", "440"],
    ["E54000901", "2023-01-02", "NA"],
    ["E54000901", "2023-01-03", "0"],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("icb_code", "period", "year", "value", "status", "row")
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        ("E54000901", "2022-04-01", 2022, 440.0, "ok", 2),
        ("E54000901", "2023-01-02", 2022, None, "x", 3),
        ("E54000901", "2023-01-03", 2022, None, "x", 4),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["nhs_trust22_code", *ROWS[0][1:]], *ROWS[1:]], "no row has 'icb22_code'")
    bad([*ROWS, ["QZA", "2025-01-02", "3"]], "row 5", "'icb22_code'", "'QZA'")
    bad([*ROWS, ["E54000901", "2025-01-02", "-"]], "row 5", "criteria_to_reside'", "'-'")
    bad([*ROWS, ROWS[1]], "icb_code=E54000901, period=2022-04-01", "2 rows (2, 5)")
