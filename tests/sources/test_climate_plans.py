from datetime import date
from pathlib import Path

from pipeline.sources.climate_plans import COLUMNS, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = [*COLUMNS, "notes"]


def row(code: str, day: str = "", kind: str = "", title: str = "", old: str = "") -> list[str]:
    url = "https://example.org" if title else ""
    return ["QQF", "Fogshire", code, url, day, kind, title, old, "pdf" if title else "", ""]


FOG = "E10999001"
ROWS = [
    HEADER,
    row(FOG, "03/05/22", "Action Plan", "A\nplan", "False"),
    row(FOG, "2020 March 13", "Action plan", "Another", "True"),
    row(FOG),
    row("W06999001", "2020-01-01", "Song", "Cân"),
    ["", "Defunct", "", *[""] * 7],
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("areacd", "entry", "found", "document_type", "title", "date_retrieved")
    assert tidied(SOURCE, RELEASE, file, *columns, "out_of_date", "row") == [
        (FOG, 1, True, "action plan", "A plan", date(2022, 5, 3), False, 2),
        (FOG, 2, True, "action plan", "Another", date(2020, 3, 13), True, 3),
        (FOG, 3, False, None, None, None, None, 4),
    ]


def test_every_way_to_write_a_date(tmp_path: Path) -> None:
    days = ("2021-02-01", "2021/02/01", "1/2/2021", "01/02/21", "1 Feb 2021", "1 February 2021")
    rows = [HEADER, *(row(FOG, day, "Other", "A plan") for day in days)]
    file = comma_separated(tmp_path, RELEASE, rows)
    assert set(tidied(SOURCE, RELEASE, file, "date_retrieved")) == {(date(2021, 2, 1),)}


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["code", *HEADER[1:]], *ROWS[1:]], "no row has 'local-authority-code'")
    bad([*ROWS, ROWS[1][:4]], "row 7", "expected 10 cells", "found 4")
    bad([*ROWS, row(FOG, "13/25/2020", "Other", "x")], "row 7", "'date_retrieved'", "'13/25/2020'")
    bad([*ROWS, row(FOG, "", "Song", "x")], "row 7", "column 'type'", "'song'")
    bad([*ROWS, row(FOG, "", "Other", "x", "maybe")], "row 7", "'out_of_date'", "'maybe'")
    bad([*ROWS, row("Fog", "", "Other", "x")], "row 7", "'gss_code'", "'Fog'")
    bad([*ROWS, ["", *ROWS[1][1:]]], "row 7", "'local-authority-code'", "found None")
