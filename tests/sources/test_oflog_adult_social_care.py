from pathlib import Path

from pipeline.sources.oflog_adult_social_care import COLUMNS, MEASURES, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = [
    *("Financial year", "Local authority code", "Local authority name", "Grouping", "Entity_Name"),
    *("Region", "Measure", "Code", "Value", "MEDIAN", "MADs_from_median", "rank_order"),
]


def row(year: str, areacd: str, code: str, value: str, title: str | None = None) -> list[str]:
    words = title or MEASURES[code][1]
    rest = ["70", "0.5", "desc"]
    return [year, areacd, "Fogshire", "LA_Raw", "Counties", "Nowhere", words, code, value, *rest]


ROWS = [
    HEADER,
    row("2015-16", "E10999001", "ASC5", "74.5"),
    row("2016-17", "E10999001", "ASC5", ""),
    row("2016-17", "E10999001", "ASC2", "0"),
]


def test_rows(tmp_path: Path) -> None:
    columns = ("areacd", "areanm", "period", "year", "measure", "measure_name", "value", "status")
    place = ("E10999001", "Fogshire")
    assert set(HEADER) == set(COLUMNS)
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        (*place, "2015-16", 2015, "ASC5", "sequel_to_short_term_services", 74.5, "ok"),
        (*place, "2016-17", 2016, "ASC2", "quality_of_life", 0.0, "ok"),
        (*place, "2016-17", 2016, "ASC5", "sequel_to_short_term_services", None, "x"),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["Year", *HEADER[1:]], *ROWS[1:]], "no row has 'Financial year'")
    bad([[*HEADER, "new"], *([*r, ""] for r in ROWS[1:])], "row 1", "column 'new'", "not declared")
    bad([*ROWS, ROWS[1][:7]], "row 5", "expected 12 cells", "found 7")
    bad([*ROWS, row("2016-17", "E10999002", "ASC5", "high")], "row 5", "'Value'", "'high'")
    bad([*ROWS, row("2016-17", "E10999002", "ASC9", "1", "A new one")], "row 5", "'Measure'")
    bad([*ROWS, row("2016-17", "E10999002", "ASC5", "1", "Renamed")], "row 5", "'Renamed'")
    bad([*ROWS, row("2016/17", "E10999002", "ASC5", "1")], "row 5", "'Financial year'")
    bad([*ROWS, row("2016-17", "Fogshire", "ASC5", "1")], "row 5", "'Local authority code'")
    grouped = row("2016-17", "E10999002", "ASC5", "1")
    grouped[3] = "Region_Mean"
    bad([*ROWS, grouped], "row 5", "column 'Grouping'", "'Region_Mean'")
    bad([*ROWS, ROWS[1]], "row 2", "period=2015-16, measure=ASC5", "2 rows (2, 5)")
