from pathlib import Path

from pipeline.sources.area_codes import COLUMNS, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = [*list(COLUMNS)[:10], "CTRYCD", *list(COLUMNS)[10:]]
NOW = ("E06999002", "Fogton and Mist")


def row(code: str, current: str, country: str = "England", region: str = "E12999001") -> list[str]:
    place = [code, "Fogton", *NOW, *NOW, "", "", region, "Somewhere", "E92000001", country]
    return [*place, current, NOW[0]]


ROWS = [
    HEADER,
    row("E06999001", "FALSE"),
    row("E06999002", "TRUE"),
    row("W06999001", "TRUE", "Wales", ""),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("areacd", "active_areacd", "upper_areacd", "combined_areacd", "current", "row")
    assert tidied(SOURCE, RELEASE, file, *columns) == [
        ("E06999001", "E06999002", "E06999002", None, False, 2),
        ("E06999002", "E06999002", "E06999002", None, True, 3),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["LAD", *HEADER[1:]], *ROWS[1:]], "no row has 'LADCD'")
    bad([*ROWS, ROWS[1][:4]], "row 5", "expected 14 cells", "found 4")
    bad([*ROWS, row("Fogton", "FALSE")], "row 5", "'LADCD'", "'Fogton'")
    bad([*ROWS, row("E06999003", "FALSE", region="")], "row 5", "'RGNCD'", "None")
    bad([*ROWS, row("E06999003", "FALSE", "Mars")], "row 5", "'CTRYNM'", "'Mars'")
    bad([*ROWS, row("E06999003", "yes")], "row 5", "'Current'", "'yes'")
    bad([*ROWS, row("E06999003", "TRUE")], "row 5", "'LADCD_ACTIVE'", "to be its own")
    bad([*ROWS, ROWS[1]], "areacd=E06999001", "2 rows (2, 5)")
