from pathlib import Path

from pipeline.reading.source import conform
from pipeline.sources.discharged_patients_icb import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
PARTS = ("discharged_by_1700", "discharged_between_1701_2359")
ROWS = [
    ["icb22_code", "date", *PARTS, "discharged_total"],
    ["E54000901", "2023-05-31", "60", "40", "100"],
    ["E54000901", "2023-06-01", "NA", "NA", "90"],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("period", "year", "measure", "value", "status", "row")
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        ("2023-05-31", 2023, "discharged", 100.0, "ok", 2),
        ("2023-05-31", 2023, "discharged_1701_to_2359", 40.0, "ok", 2),
        ("2023-05-31", 2023, "discharged_by_1700", 60.0, "ok", 2),
        ("2023-06-01", 2023, "discharged", 90.0, "ok", 3),
        ("2023-06-01", 2023, "discharged_1701_to_2359", None, "x", 3),
        ("2023-06-01", 2023, "discharged_by_1700", None, "x", 3),
    ]


def test_parts_make_the_total(tmp_path: Path) -> None:
    rows = [*ROWS, ["E54000902", "2023-05-31", "60", "41", "100"]]
    file = comma_separated(tmp_path, RELEASE, rows)
    assert SOURCE.reconcile is not None
    found = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE))).sort("area")
    assert found["area"].to_list() == ["E54000901", "E54000902"]  # no parts, no check
    assert found["published"].to_list() == [100.0, 100.0]
    assert found["computed"].to_list() == [100.0, 101.0]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    renamed = [*ROWS[0][:4], "discharged_all"]
    bad([renamed, *ROWS[1:]], "row 1", "'discharged_all'", "not declared")
    bad([*ROWS, ["E54000901", "2023-06-02", "1", "2"]], "row 4", "expected 5 cells")
    bad([*ROWS, ["E54000901", "2023-06-02", "1", "2", "x"]], "row 4", "'discharged_total'", "'x'")
    bad([*ROWS, ["E54000901", "June 2023", "1", "2", "3"]], "row 4", "'date'", "'June 2023'")
    bad([*ROWS, ROWS[1]], "icb_code=E54000901, period=2023-05-31", "2 rows (2, 4)")
