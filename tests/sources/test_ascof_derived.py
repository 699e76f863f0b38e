from pathlib import Path

import pytest

from pipeline.reading.source import Release
from pipeline.sources.ascof_derived import COLUMNS, MERGED, SOURCE, TITLES
from pipeline.sources.ascof_workbook import MEASURES
from tests.sources.layouts import comma_separated, refused, tidied

FIRST, SECOND, _ = SOURCE.releases
HEADER = [f"{label} " if label.startswith("IMD") else label for label in COLUMNS]
SEQUEL = "The outcome of short-term services: sequel to service"
CARERS = "The proportion of carers who receive direct payments"
AT_HOME = (
    "The proportion of older people (aged 65 and over) who were still at home 91 days after "
    "discharge from hospital into reablement/rehabilitation services"
)
SHARED = "Proportion of people using social care who receive direct payments"


def row(title: str, group: str, value: str, year: str = "2019") -> list[str]:
    return ["Fogshire", "Council", "E10999001", title, group, value, "9000.5", "x", "", year]


ROWS = [
    HEADER,
    row(SEQUEL, "Total", "75.4"),
    row(SEQUEL, "18-64", "80"),
    row(CARERS, "Total", "60"),
    row(CARERS, "18-64", "61"),
    row(CARERS, "65 and over", "58.75"),
    row(AT_HOME, "Female", "82.1"),
    row(AT_HOME, "65 and over", "80.33"),
    ["Foggy Region", "Region", "E12999001", SEQUEL, "Total", "74", "", "", "", "2019"],
    ["England", "England", "E92000001", SEQUEL, "Total", "73", "", "", "", "2019"],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("areacd", "area_type", "code", "measure", "people", "unit", "value", "status")
    place = ("E10999001", "council")
    sequel = ("2D", "sequel_to_short_term_services")
    file = comma_separated(tmp_path, FIRST, ROWS)
    assert tidied(SOURCE, FIRST, file, *columns) == [
        (*place, "1C2B", "direct_payments_carers", "Total", "percent", 60, "ok"),
        (
            *place,
            *("2B1", "at_home_91_days_after_reablement_65_over", "Female", "percent", 82.1, "ok"),
        ),
        (*place, *sequel, "18-64", "percent", 80, "ok"),
        (*place, *sequel, "Total", "percent", 75.4, "ok"),
        ("E12999001", "region", *sequel, "Total", "percent", 74, "ok"),
        ("E92000001", "country", *sequel, "Total", "percent", 73, "ok"),
    ]
    when = {(r["period"], r["year"]) for r in tidied(SOURCE, FIRST, file)}
    assert when == {("2018-19", 2018)}


def test_users_and_carers_under_one_title_are_set_aside(tmp_path: Path) -> None:
    safe = "Proportion of people who use services who feel safe"
    rows = [
        HEADER,
        row(SHARED, "Total", "31.0", "2020"),
        row(SHARED, "Total", "90.0", "2020"),
        row(safe, "Total", "70", "2020"),
    ]
    found = tidied(SOURCE, SECOND, comma_separated(tmp_path, SECOND, rows), "code", "value")
    assert found == [("4A", 70)]
    assert set(MERGED) == {"2019-20"}


@pytest.mark.parametrize("release", SOURCE.releases, ids=lambda release: release.period)
def test_titles_of_a_year(release: Release) -> None:
    codes = list(TITLES[release.period].values())
    assert len(codes) == len(set(codes)) == {"2018": 29, "2019": 22, "2020": 21}[release.period[:4]]
    assert set(codes) <= set(MEASURES)


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, FIRST, comma_separated(tmp_path, FIRST, rows), FIRST.file, *words)

    def with_cell(column: int, value: str) -> list[list[str]]:
        changed = list(ROWS[1])
        changed[column] = value
        return [*ROWS, changed]

    bad([["Place", *HEADER[1:]], *ROWS[1:]], "no row has 'Geographical Description'")
    bad([[*HEADER, "new"], *([*r, ""] for r in ROWS[1:])], "row 1", "column 'new'", "not declared")
    bad([*ROWS, ROWS[1][:6]], "row 11", "expected 10 cells", "found 6")
    bad(with_cell(5, "[c]"), "row 11", "column 'Measure Value'", "'[c]'")
    bad(with_cell(3, "A new measure"), "row 11", "'Measure Group Description'", "'A new measure'")
    bad(with_cell(4, "85 and over"), "row 11", "'Disaggregation Level'", "'85 and over'")
    bad(with_cell(1, "Council Type"), "row 11", "'Geographical Level'", "'Council Type'")
    bad(with_cell(2, "Fogshire"), "row 11", "column 'ONS Code'", "'Fogshire'")
    bad(with_cell(9, "2020"), "row 11", "column 'Year'", "'2020'")
    bad([*ROWS, ROWS[1]], "areacd=E10999001, period=2018-19, code=2D", "2 rows (2, 11)")
