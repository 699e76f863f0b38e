from pathlib import Path

from pipeline.reading.source import conform
from pipeline.sources.better_care_fund_plan import COLUMNS, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = list(COLUMNS)


def board(code: str, name: str, beds: str, home: str, joined: str | None = None) -> list[str]:
    joined = joined or code
    rest = ["111", "E12999001", "Nowhere", "Population", "1000", "2023-03-31", "200", "1", "5"]
    return [code, name, beds, home, joined, *rest, joined, "40", "200", "1000", "4"]


ROWS = [
    HEADER,
    board("E06999001", "Fogton", "901000", "402000.25"),
    board("E06999002", "Fog & Mist", "NA", "1000.5", "NA"),
    board("Total", "NA", "901000", "403000.75", "NA"),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("areacd", "areanm", "area_type", "period", "year", "measure", "value", "status")
    when = ("2022-23", 2022)
    beds, home = "planned_bed_based_intermediate_care", "planned_reablement_at_home"
    assert tidied(SOURCE, RELEASE, file, *columns) == [
        ("E06999001", "Fogton", "council", *when, beds, 901000, "ok"),
        ("E06999001", "Fogton", "council", *when, home, 402000.25, "ok"),
        ("E06999002", "Fog & Mist", "council", *when, beds, None, "x"),
        ("E06999002", "Fog & Mist", "council", *when, home, 1000.5, "ok"),
        ("E92000001", "England", "country", *when, beds, 901000, "ok"),
        ("E92000001", "England", "country", *when, home, 403000.75, "ok"),
    ]
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    assert sorted(sums.select("check", "published", "computed").rows()) == [
        (f"total = sum of boards: {beds}", 901000, 901000),
        (f"total = sum of boards: {home}", 403000.75, 403000.75),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    def with_board(*cells: str) -> list[list[str]]:
        return [*ROWS[:-1], board(*cells), ROWS[-1]]

    bad([["Area", *HEADER[1:]], *ROWS[1:]], "no row has 'Code'")
    bad([[*HEADER[:-1], "new"], *ROWS[1:]], "row 1", "column 'new'", "not declared")
    bad(ROWS[:-1], "expected the row Total", "cut short?")
    bad([*ROWS[:-1], ROWS[1][:9], ROWS[-1]], "row 4", "expected 19 cells", "found 9")
    bad(with_board("E06999003", "Mist", "many", "1"), "row 4", "'Bed based", "'many'")
    bad(with_board("Mist", "Mist", "1", "1"), "row 4", "column 'Code'", "'Mist'")
    bad(with_board("E06999003", "Mist", "1", "1", "E06999009"), "row 4", "'LA_code.x'")
    bad(with_board("E06999001", "Fogton", "1", "1"), "areacd=E06999001", "2 rows (2, 4)")
