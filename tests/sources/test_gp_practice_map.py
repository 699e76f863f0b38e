from datetime import date
from pathlib import Path

from pipeline.sources.gp_practice_map import COLUMNS, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = [*COLUMNS]
PLACE = ["E38000901", "96A", "NHS Fable CCG", "E54000901", "QZA", "Fable"]
REGION = ["E40000901", "Y90", "Synthetic Quarter"]


def row(code: str, *network: str) -> list[str]:
    first = ["GP_PRAC_PAT_LIST", "01Jan2022", code, "FABLE SURGERY", "ZZ1 9ZZ"]
    return [*first, *(network or ("U90001", "FABLE PCN")), *PLACE, *REGION]


ROWS = [HEADER, row("Z90002"), row("Z90001", "U", "Unallocated")]


def test_rows(tmp_path: Path) -> None:
    columns = ("practice_code", "date", "network_code", "network_name", "ccg_org_code", "stp_code")
    day = date(2022, 1, 1)
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        ("Z90001", day, None, None, "96A", "E54000901"),
        ("Z90002", day, "U90001", "FABLE PCN", "96A", "E54000901"),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    def extra(label: str, text: str) -> list[list[str]]:
        new = row("Z90003")
        new[HEADER.index(label)] = text
        return [*ROWS, new]

    bad([["PUB", *HEADER[1:2], "CODE", *HEADER[3:]], *ROWS[1:]], "no row has 'PRACTICE_CODE'")
    bad([[*HEADER, "NEW"], *([*r, ""] for r in ROWS[1:])], "row 1", "'NEW'", "not declared")
    bad([*ROWS, ROWS[1][:9]], "row 4", "expected 16 cells", "found 9")
    bad(extra("PUBLICATION", "OTHER"), "row 4", "'PUBLICATION'", "'OTHER'")
    bad(extra("EXTRACT_DATE", "2022-01-01"), "row 4", "'EXTRACT_DATE'", "'2022-01-01'")
    bad(extra("PRACTICE_CODE", "Z9003"), "row 4", "'PRACTICE_CODE'", "'Z9003'")
    bad(extra("ONS_STP_CODE", "QZA"), "row 4", "'ONS_STP_CODE'", "'QZA'")
    bad([*ROWS, ROWS[1]], "practice_code=Z90002", "2 rows (2, 4)")
