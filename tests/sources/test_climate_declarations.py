from pathlib import Path

from pipeline.sources.climate_declarations import COLUMNS, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = [*COLUMNS, "notes"]


def row(registry: str, code: str, *answers: str) -> list[str]:
    return [registry, "Fogshire", code, *answers, ""]


ROWS = [
    HEADER,
    row("QQF", "E10999001", "31/12/2019", 'Y "recognise"', "2030.0", "2050 (unclear)"),
    row("QQG", "E06999001", "", "N - but made pledges", "", "None (in the preamble)"),
    row("QQH", "E06999002", "05/2019", "", "2040.0", "?"),
    row("QQW", "W06999001", "05/2019", "Perhaps", "", ""),
    row("", "", "01/02/2019", "Y", "", ""),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("registry_code", "date_declared", "year", "measure", "value", "status")
    first = ("QQF", "2019-12-31", 2019)
    second, third = ("QQG", None, None), ("QQH", "2019-05", 2019)
    assert tidied(SOURCE, RELEASE, file, *columns) == [
        (*first, "carbon_neutral_year", 2030.0, "ok"),
        (*first, "carbon_neutral_year_whole_area", 2050.0, "ok"),
        (*first, "declared", 1.0, "ok"),
        (*second, "carbon_neutral_year", None, "x"),
        (*second, "carbon_neutral_year_whole_area", None, "z"),
        (*second, "declared", 0.0, "ok"),
        (*third, "carbon_neutral_year", 2040.0, "ok"),
        (*third, "carbon_neutral_year_whole_area", None, "x"),
        (*third, "declared", None, "x"),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    def added(*answers: str) -> list[list[str]]:
        return [*ROWS, row("QQK", "E06999003", *answers)]

    bad([[*HEADER[:4], "declared", *HEADER[5:]], *ROWS[1:]], "no row has 'made_declaration'")
    bad([*ROWS, ROWS[1][:4]], "row 7", "expected 8 cells", "found 4")
    bad(added("2019-12-31", "Y", "", ""), "row 7", "'date_made'", "'2019-12-31'")
    bad(added("", "Perhaps", "", ""), "row 7", "'made_declaration'", "'Perhaps'")
    bad(added("", "Y", "soon", ""), "row 7", "'carbon_neutral_date'", "'soon'")
    bad(added("", "Y", "", "by 2030"), "row 7", "'carbon_neutral_whole_date'", "'by 2030'")
    bad([*ROWS, ROWS[1]], "registry_code=QQF", "2 rows (2, 7)")
