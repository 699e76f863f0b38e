"""Sentences on one council's figures: rounding changes no finding."""

from typing import Any

import pytest

from pipeline.report import council_words as words
from pipeline.report.council_figures import Point, Series
from pipeline.report.place_statistics import Against, Trend

LEAST = 0.5


def measure(unit: str, **own: Any) -> dict[str, Any]:
    return {"unit": unit, "block": "budgets", "polarity": 1, "stands": 0, "static": False} | own


def point(value: float, coverage: float | None = None, of: int | None = 2018) -> Point:
    usable = coverage is None or coverage >= LEAST
    return Point(2018, of, value, "ok", coverage, None, None, usable, None, None, None)


def notes(one: Point) -> str:
    found = Series(measure("mean score"), [one], Against(0, 0, 0, 0), None, None, None)
    return words.notes(one, found, {}, LEAST)


def trend(unit: str, latest: float, own: Trend, england: Trend) -> str:
    found = Series(measure(unit), [point(latest)], Against(0, 0, 0, 0), own, england, None)
    return words.trend(found)


class TestTrend:
    def test_an_interval_without_zero_does_not_read_as_one_with_it(self) -> None:
        told = trend("log GBP thousand", 13.1, Trend(0.014, 0.0077, 0.0207), Trend(0.06, 0, 0.1))
        assert told == (
            "Rises by 0.01 a year (95% interval 0.01 to 0.02). England's median went up by 0.06 a "
            "year."
        )
        told = trend("share", 0.02, Trend(-0.003, -0.006, -0.0002), Trend(-0.001, -0.01, 0.01))
        assert told == (
            "Falls by 0.30 percentage points a year (95% interval −0.60 to −0.02 percentage "
            "points). England's median went down by 0.10 percentage points a year."
        )

    def test_an_end_that_all_but_touches_zero_says_so(self) -> None:
        told = trend("mean score", 3.5, Trend(0.0098, 2e-6, 0.0278), Trend(0.019, 0, 0.1))
        assert "Rises by 0.010 a year (95% interval just above 0 to 0.028)." in told

    def test_decimals_stay_where_nothing_rounds_to_zero(self) -> None:
        told = trend("days per 100,000 adults", 3997, Trend(-66, -192, -7), Trend(76, 1, 90))
        assert told == (
            "Falls by 66 a year (95% interval −192 to −7). England's median went up by 76 a year."
        )

    def test_england_does_not_go_up_by_nothing(self) -> None:
        told = trend("mean score", 3.5, Trend(0.05, 0.02, 0.1), Trend(0.001, -0.1, 0.1))
        assert told.endswith("England's median stayed about the same.")

    def test_an_interval_with_zero_keeps_its_decimals(self) -> None:
        told = trend("percent", 78.4, Trend(-0.9, -2.1, 0.01), Trend(0, 0, 0))
        assert "No clear trend (95% interval of the yearly change −2.1 to 0.0 perc" in told


@pytest.mark.parametrize(
    ("coverage", "told"),
    [
        (0.4959, "49.6% known, too little to compare"),
        (0.48, "48% known, too little to compare"),
        (0.501, "50.1% known"),
        (0.5, "50% known"),
        (0.004, "under 1% known, too little to compare"),
        (0.9999, ""),
    ],
)
def test_what_was_observed_does_not_read_as_enough_where_it_is_not(
    coverage: float, told: str
) -> None:
    assert notes(point(3.0, coverage)) == told


@pytest.mark.parametrize(("of", "told"), [(2018, ""), (2016, "figure of 2016-17"), (None, "")])
def test_a_figure_that_stands_says_of_which_year_it_is(of: int | None, told: str) -> None:
    assert notes(point(3.0, of=of)) == told


def test_says_how_long_a_figure_stands() -> None:
    told = words.unit(measure("GBP per head", stands=1))
    assert told == "£ per head; each figure stands for up to 1 more year, until a newer one"
    assert "stands" not in words.unit(measure("GBP per head"))


def test_a_rating_has_its_word_where_it_is_whole() -> None:
    rated = {"unit": "1 inadequate to 4 outstanding, of the latest inspection"}
    assert words.value(rated, 3.0) == "3 (good)"
    assert words.value(rated, 2.62) == "2.62"
    # A difference of ratings is none.
    assert words.value(rated, 1.0, near=3.0) == "1.00"
    assert words.value({"unit": "1 to 4, of the assessment"}, 3.0) == "3"
