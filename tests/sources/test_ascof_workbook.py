from pathlib import Path
from typing import Any

import pytest

from pipeline.reading.ingest import one_release
from pipeline.reading.source import conform
from pipeline.sources.ascof_workbook import COLUMNS, SOURCE
from tests.sources.layouts import refused, tidied, workbook

RELEASE = SOURCE.releases[0]
HEADER = list(COLUMNS)
TITLE = (
    "Proportion of those that received a short term service during the year where the sequel to "
    "service was either no ongoing support or support of a lower level"
)
AREAS = {
    "England": ["England", "England", "England", "E92000001"],
    "FG": ["FG", "Foggy Region", "Region", "E12999001"],
    "S": ["S", "Shire Counties", "Council Type", None],
    "199": ["199", "Fogshire", "Council", "E10999001"],
}


def rows(**figures: tuple[str, str, str]) -> list[list[Any]]:
    """Numerator, denominator and outcome of people of 18 to 64 by area."""
    return [
        HEADER,
        *(
            [*AREAS[area], "2D1864", "18-64", kind, text, "2D", TITLE]
            for area, texts in figures.items()
            for kind, text in zip(("Numerator", "Denominator", "Outcome"), texts, strict=True)
        ),
    ]


GOOD = rows(
    England=("60", "80", "75"),
    FG=("60", "80", "75"),
    S=("60", "80", "75"),
    **{"199": ("[c]", "[x]", "75.5")},
)


def test_rows(tmp_path: Path) -> None:
    file = workbook(tmp_path, RELEASE, {"in": GOOD})
    columns = ("cassr_code", "areacd", "area_type", "statistic", "unit", "value", "status")
    found = tidied(SOURCE, RELEASE, file, *columns)
    assert found[:3] == [
        ("199", "E10999001", "council", "denominator", "people", None, "x"),
        ("199", "E10999001", "council", "numerator", "people", None, "c"),
        ("199", "E10999001", "council", "outcome", "percent", 75.5, "ok"),
    ]
    assert found[-1] == ("S", None, "council_type", "outcome", "percent", 75, "ok")
    when = {
        (row["period"], row["year"], row["code"], row["measure"], row["people"])
        for row in tidied(SOURCE, RELEASE, file)
    }
    assert when == {("2020-21", 2020, "2D", "sequel_to_short_term_services", "18-64")}


def test_an_area_may_lack_what_is_set_aside(tmp_path: Path) -> None:
    wrong = list(GOOD)
    wrong[1] = ["&xxe;" if cell == "Numerator" else cell for cell in GOOD[1]]
    found = one_release(SOURCE, RELEASE, workbook(tmp_path, RELEASE, {"in": wrong}).path)
    assert found.frame.height == len(GOOD) - 2
    assert found.aside.select("row", "value").rows() == [(2, "&xxe;")]


def test_reconciliation(tmp_path: Path) -> None:
    file = workbook(tmp_path, RELEASE, {"in": GOOD})
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    found = {(r["check"], r["area"]): r for r in sums.rows(named=True)}
    england = "England = sum of {}: sequel_to_short_term_services 18-64 numerator"
    regions = found[england.format("regions"), "England"]
    assert (regions["published"], regions["computed"]) == (60, 60)
    assert found[england.format("types"), "England"]["computed"] == 60
    assert found[england.format("councils"), "England"]["computed"] is None
    ratio = found["outcome = numerator / denominator: sequel_to_short_term_services 18-64", "FG"]
    assert (ratio["computed"], ratio["tolerance"]) == (75, pytest.approx(0.051))


def test_bad_files(tmp_path: Path) -> None:
    def bad(changed: list[list[Any]], *words: str, name: str = "in") -> None:
        refused(SOURCE, RELEASE, workbook(tmp_path, RELEASE, {name: changed}), RELEASE.file, *words)

    def edit(row: int, column: int, value: Any) -> list[list[Any]]:
        changed = [list(one) for one in GOOD]
        changed[row][column] = value
        return changed

    bad(GOOD, "expected a sheet named 'in'", name="data")
    bad(edit(0, 7, "Value"), "no row has 'Measure Value'")
    bad([[*HEADER, "New"], *GOOD[1:]], "row 1", "column 'New'", "not declared")
    bad(edit(1, 7, "many"), "row 2", "column 'Measure Value'", "'many'")
    bad(edit(1, 8, "9Z"), "row 2", "column 'Measure Group'", "'9Z'")
    bad(edit(1, 9, "Renamed"), "row 2", "'Measure Group Description'", "'Renamed'")
    bad(edit(1, 4, "2D"), "row 2", "column 'ASCOF Measure Code'", "'2D'")
    bad(edit(1, 5, "Everyone"), "row 2", "column 'Disaggregation Level'", "'Everyone'")
    bad(edit(1, 6, "Rate"), "row 2", "column 'Measure Type'", "'Rate'")
    bad(edit(1, 2, "County"), "row 2", "column 'Geographical Level'", "'County'")
    bad(edit(10, 3, None), "row 11", "column 'ONS Code'")
    bad(GOOD[:-1], "row 11", "column 'Geographical Code'", "as many figures for every area")
    bad([*GOOD[:-1], GOOD[-2]], "cassr_code=199", "2 rows (12, 13)")
