"""Newest figures unlike the ones before are told, measure by measure, and can be explained."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest

from pipeline.checks.drift import Explained, compared, explain
from pipeline.checks.engine import check
from pipeline.checks.rules import no_drift
from pipeline.reading.published import SourceError
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column
from tests.reading.test_source import made

SOURCE = made(
    columns={
        "areacd": Column(pl.String, "Code."),
        "period": Column(pl.String, "Year."),
        "measure": Column(pl.String, "Measure."),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("areacd", "period", "measure"),
    area=("areacd", "council"),
)


SAME = [float(x) for x in range(40)]


def table(after: Sequence[float | None], before: Sequence[float | None] = SAME) -> pl.DataFrame:
    """Forty places with the figures 0 to 39, or those before, and then others."""
    rows = [
        (f"E{6000001 + place:08}", period, "m", value, "ok" if value is not None else "x")
        for period, values in (("2016", before), ("2017", after))
        for place, value in enumerate(values)
    ]
    names = ("areacd", "period", "measure", "value", "status")
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        release=pl.lit("one"), revision=pl.lit(0, pl.Int32), file=pl.lit("f"), row=pl.lit(1)
    )


def drifting(after: list[float | None]) -> dict[str, str]:
    found = check("tidy", "made", pl.DataFrame(), [], no_drift(compared(SOURCE, table(after))))
    assert all(one.severity == "warning" for one in found.results)
    return {one.expectation: one.message for one in found.results if not one.passed}


def test_figures_like_the_ones_before_raise_no_warning() -> None:
    assert drifting([x + 1 for x in SAME]) == {}


@pytest.mark.parametrize(
    ("after", "statistic", "words"),
    [
        (SAME[:30], "areas", "period_before 2016, before 40, period_after 2017, after 30"),
        ([*SAME[:30], *[None] * 10], "empty", "before 0, period_after 2017, after 0.25"),
        ([x + 500 for x in SAME], "median", "before 19.5, period_after 2017, after 519.5"),
        ([x / 10 for x in SAME], "spread", "period_after 2017"),
        ([*SAME[:39], 5000.0], "largest", "place E06000040, period_before 2016, before 39"),
    ],
)
def test_each_statistic_can_drift(after: list[float | None], statistic: str, words: str) -> None:
    found = drifting(after)
    assert words in found[f"drift_of_{statistic}"]
    assert "explained_differences.toml" in found[f"drift_of_{statistic}"]


@pytest.mark.parametrize(
    ("before", "after", "drifts"),
    [(40, 37, True), (40, 38, False), (20, 17, True), (20, 18, False)],
)
def test_a_share_of_places_is_lost_and_at_least_three(
    before: int, after: int, drifts: bool
) -> None:
    found = compared(SOURCE, table(SAME[:after], SAME[:before]))
    assert found.filter(pl.col("statistic") == "areas")["drifts"].to_list() == [drifts]


def test_an_explained_drift_raises_no_warning_and_a_stale_explanation_is_refused() -> None:
    entry = Explained("made", "2017", "Known.", statistic="median")
    moved = compared(SOURCE, table([x + 500 for x in SAME]))
    explained = explain(moved, [entry])
    assert explained.filter("drifts")["explained"].to_list() == ["Known."]
    assert all(one.failing.is_empty() for one in no_drift(explained))
    calm = compared(SOURCE, table(SAME))
    with pytest.raises(SourceError, match="nothing drifts there any more"):
        explain(calm, [entry])
    assert explain(calm, [replace(entry, period="2016")]).height == calm.height


NOTHING = [0.0] * 100


def test_places_that_report_nothing_do_not_say_how_far_places_move() -> None:
    """Zeros of districts in a return on social care would make every county's move a far one."""
    found = compared(SOURCE, table([*SAME[:39], 99.0, *NOTHING], [*SAME, *NOTHING]))
    assert found.filter("drifts").is_empty()
    by_name = {row["statistic"]: row for row in found.iter_rows(named=True)}
    assert by_name["areas"]["after"] == 140
    assert by_name["median"]["before"] == 20
    assert by_name["spread"]["before"] == 19
    few = compared(SOURCE, table([*SAME[:15], *NOTHING], [*SAME[:15], *NOTHING]))
    assert few.filter(pl.col("statistic").is_in(["median", "spread", "largest"]))[
        "limit"
    ].to_list() == [None, None, None]


def test_quarters_of_few_small_counts_that_fall_together_are_no_drift() -> None:
    before = [float(place % 3) for place in range(40)]
    after = [float(place % 3 > 0) + float(place % 30 == 0) for place in range(40)]
    found = compared(SOURCE, table([*after, *NOTHING], [*before, *NOTHING]))
    assert found.filter("drifts").is_empty()


def test_an_explained_place_does_not_hide_others_that_move_as_far() -> None:
    entry = Explained("made", "2017", "One council's.", place="E06000040")
    moved = compared(SOURCE, table([*SAME[:38], 3000.0, 5000.0]))
    assert moved.filter("drifts")["place"].to_list() == ["E06000040", "E06000039"]
    explained = explain(moved, [entry])
    assert explained.filter("drifts")["explained"].to_list() == ["One council's.", None]
    with pytest.raises(SourceError, match="nothing drifts there any more"):
        explain(moved, [replace(entry, place="E06000001")])


def test_one_period_and_no_figures_are_nothing_to_compare() -> None:
    assert compared(SOURCE, table([]).filter(pl.col("period") == "2016")).is_empty()
