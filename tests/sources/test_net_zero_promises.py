from pathlib import Path

from pipeline.sources.net_zero_promises import COLUMNS, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = [*COLUMNS, "wording"]


def row(registry: str, code: str, scope: str, target: str, url: str = "") -> list[str]:
    return [registry, "Fogshire", code, scope, target, url, ""]


ROWS = [
    HEADER,
    row("QQF", "E10999001", "Whole area", "2050.0", "https://example.org"),
    row("QQF", "E10999001", "Council operations", ""),
    row("QQG", "E06999001", "No promise", ""),
    row("QQW", "W06999001", "Whole area", "2050.0"),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("registry_code", "areacd", "scope", "measure", "value", "status", "row")
    assert tidied(SOURCE, RELEASE, file, *columns) == [
        ("QQF", "E10999001", "council_operations", "net_zero_year", None, "x", 3),
        ("QQF", "E10999001", "whole_area", "net_zero_year", 2050.0, "ok", 2),
        ("QQG", "E06999001", "no_promise", "net_zero_year", None, "z", 4),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([[*HEADER[:4], "year", *HEADER[5:]], *ROWS[1:]], "no row has 'target'")
    bad([*ROWS, ROWS[1][:4]], "row 6", "expected 7 cells", "found 4")
    bad([*ROWS, row("QQH", "E06999002", "Whole area", "soon")], "row 6", "'target'", "'soon'")
    bad([*ROWS, row("QQH", "E06999002", "No promise", "2030")], "row 6", "no promise", "2030")
    bad([*ROWS, row("QQH", "E06999002", "The moon", "2030")], "row 6", "'scope'", "'The moon'")
    bad([*ROWS, ROWS[1]], "registry_code=QQF, scope=whole_area", "2 rows (2, 6)")
