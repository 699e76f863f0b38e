"""Each check passes in a plain world and fails in the world that it is there for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.evidence.lead import Lead, lead, leads
from pipeline.evidence.panel import Panel
from pipeline.evidence.sensitivity import benchmark
from pipeline.evidence.settings import BetweenSettings
from pipeline.evidence.within import slope
from pipeline.study.framework import Framework
from pipeline.study.panels import Candidates, first_side, locality_panel, registered, select
from pipeline.study.robustness import (
    _imputed,
    composite_reliability,
    robustness,
    robustness_within,
)
from tests.study.test_panels import INSIDE, MADE_UP, SPEC, built_of, pool_of, put, world

Row = dict[str, Any]
# Inspectors see some of what staff see, so that no one source carries the lead.
PLAIN = world(h=0.6, b=0.1, seed=2).with_columns(
    inspected=0.6 * pl.col("listens") + 0.8 * pl.col("inspected")
)


def rows_of(
    frame: pl.DataFrame,
    reliability: dict[str, float] | None = None,
    all_of: Framework = MADE_UP,
    pool: Candidates | None = None,
) -> list[Row]:
    pool = pool or pool_of(frame, all_of=all_of)
    built = select(pool, all_of, registered(pool.spec, all_of))
    return robustness(pool, built, all_of, reliability or {})


def of(rows: list[Row], kind: str, detail: str = "") -> Row:
    found = [row for row in rows if row["kind"] == kind and detail in row["detail"]]
    assert len(found) == 1, (kind, detail, [row["detail"] for row in found])
    return found[0]


@pytest.fixture(scope="module")
def plain() -> list[Row]:
    return rows_of(PLAIN, {"leadership": 0.8})


def base() -> float:
    panel = built_of(PLAIN).panel
    assert panel is not None
    return lead(panel, MADE_UP.test.between).delta


def test_in_a_plain_world_every_check_is_made_and_passes(plain: list[Row]) -> None:
    assert base() > 0.05
    not_made = [row for row in plain if row["passes"] is not True]
    assert [row["kind"] for row in not_made] == ["split respondents", *["confounder"] * 3]
    made = [row for row in plain if row not in not_made]
    assert {row["kind"] for row in made} == {
        "leave one source out",
        "least coverage",
        "earlier respondents",
        "lagged outcome",
        "outliers",
        "composition",
        "ridge penalty",
        "leave one authority out",
        "placebo",
        "reversed lag",
        "imputation",
        "equal reliability",
        "measured without error",
        "robustness value",
    }
    assert all(row["part"] == "between" and np.isfinite(row["estimate"]) for row in made)
    assert not any(row.get("why_not") for row in made)
    assert {r["detail"] for r in plain if r["kind"] == "leave one source out"} == {
        f"without {one}"
        for one in (
            "staff_survey",
            "inspection",
            "joint_accounts",
            "budget_return",
            "outturn_return",
            "trust_accounts",
        )
    }


def test_other_choices_are_what_selecting_by_hand_gives(plain: list[Row]) -> None:
    for kind, detail, changes in (
        ("leave one source out", "inspection", {"without": frozenset({"inspected"})}),
        ("earlier respondents", "2 years before", {"lag": 2}),
        ("lagged outcome", "", {"lagged_outcome": True}),
        ("outliers", "3 SD", {"cap": 3.0}),
        ("placebo", "roads", {"outcome": "roads"}),
        ("reversed lag", "", {"lag": -1}),
    ):
        panel = built_of(PLAIN, **changes).panel
        assert panel is not None
        expected = lead(panel, MADE_UP.test.between)
        row = of(plain, kind, detail)
        assert_allclose(
            [row["estimate"], row["ci_low"], row["ci_high"], row["p"]],
            [expected.delta, expected.ci_low, expected.ci_high, expected.p_one_sided],
            rtol=1e-12,
        )


def test_one_source_that_carries_the_lead_is_named() -> None:
    rows = rows_of(put(world(h=0.8, b=0.4), pl.lit(True), margin=None))
    failed = [r["detail"] for r in rows if r["kind"] == "leave one source out" and not r["passes"]]
    assert failed == ["without staff_survey"]
    assert of(rows, "leave one source out", "staff_survey")["estimate"] < 0


def test_a_lead_of_budgets_is_held_against_itself() -> None:
    """What agrees with a negative lead is another negative one."""
    rows = rows_of(world(b=0.8, seed=2))
    for kind in ("least coverage", "outliers", "composition", "lagged outcome"):
        own = [row for row in rows if row["kind"] == kind]
        assert all(row["estimate"] < 0 and row["passes"] is True for row in own)


def test_a_side_that_loses_its_only_source_cannot_be_checked() -> None:
    bare = put(PLAIN, pl.lit(True), planned=None, margin=None)
    row = of(rows_of(bare), "leave one source out", "outturn_return")
    assert row["passes"] is None
    assert row["estimate"] is None
    assert row["why_not"] == "no measure of plans or budgets that varies in this panel"


def test_a_lead_that_hangs_on_thinly_observed_values() -> None:
    frame = world(h=0.8, b=0.4).with_columns(listens__coverage=0.6, inspires__coverage=0.6)
    rows = rows_of(frame)
    assert of(rows, "least coverage", "25%")["passes"] is True
    assert of(rows, "least coverage", "75%")["passes"] is False


def test_the_lead_of_indicators_apart_is_shown_under_the_whole_grid_of_penalties() -> None:
    """What two indicators of leadership say by their difference is lost to a large penalty."""
    noise = np.random.default_rng(6).normal(size=PLAIN.height)
    frame = world(h=0.0, b=0.3, seed=2).with_columns(
        listens=pl.col("listens"), inspires=pl.col("listens") + 0.05 * pl.Series(noise)
    )
    # Outcomes follow a year later: shift the difference to the row that it is read from.
    later = frame.select(
        "locality",
        year=pl.col("year") + 1,
        push=(pl.col("inspires") - pl.col("listens")) * 20,
    )
    frame = frame.join(later, on=["locality", "year"], how="left").with_columns(
        delays=pl.col("delays") + pl.col("push").fill_null(0.0)
    )
    rows = [row for row in rows_of(frame) if row["kind"] == "ridge penalty"]
    panel = built_of(frame).panel
    assert panel is not None
    s = MADE_UP.test.between
    wanted = sorted(
        lead(panel, s, composition="indicators", penalty=one).delta for one in s.ridge_grid
    )
    assert [row["estimate"] for row in rows] == pytest.approx([wanted[0], wanted[-1]])
    assert rows[0]["detail"].endswith(f"penalty {max(s.ridge_grid):g}")
    assert [row["passes"] for row in rows] == [False, True]


def test_outliers_that_make_the_lead() -> None:
    """Two places far out on leadership and outcome, in a world that budgets drive."""
    frame = world(b=0.6)
    far = pl.col("locality").is_in(["L004", "L015"])
    frame = put(frame, far & (pl.col("year") == 2014), listens=20.0, inspires=20.0)
    frame = put(frame, far & (pl.col("year") == 2015), delays=-15.0)
    near = replace(MADE_UP.test, multiverse=replace(MADE_UP.test.multiverse, cap=1.0))
    rows = rows_of(frame, all_of=replace(MADE_UP, test=near))
    assert of(rows, "outliers", "drawn in to 1 SD")["passes"] is False
    assert of(rows, "composition", "rank composite")["passes"] is False
    assert of(rows, "composition", "principal component")["passes"] is True
    assert of(rows_of(frame), "outliers", "drawn in to 3 SD")["passes"] is True


def test_one_authority_that_makes_the_lead() -> None:
    one = pl.col("locality") == "L007"
    frame = world(b=0.5).with_columns(
        (pl.col(name) + sign * pl.when(one).then(6.0).otherwise(0.0)).alias(name)
        for name, sign in (("listens", 1), ("inspires", 1), ("delays", -1))
    )
    rows = rows_of(frame)
    lowest = of(rows, "leave one authority out", "lowest")
    assert lowest["detail"] == "lowest: without A007"
    assert lowest["passes"] is False
    assert of(rows, "leave one authority out", "highest")["passes"] is True


def test_the_lowest_and_the_highest_lead_are_those_of_the_jackknife(plain: list[Row]) -> None:
    panel = built_of(PLAIN).panel
    assert panel is not None
    drop = lead(panel, MADE_UP.test.between).drop
    for word, at in (("lowest", drop.argmin()), ("highest", drop.argmax())):
        row = of(plain, "leave one authority out", word)
        assert row["estimate"] == drop[at]
        assert row["detail"] == f"{word}: without A{at:03}"


@pytest.mark.parametrize(("name", "clean"), [("listens", False), ("margin", True)])
def test_a_placebo_that_leadership_leads_on_is_not_clean(name: str, clean: bool) -> None:
    rng = np.random.default_rng(0)
    before = PLAIN.select(
        "locality", pl.col("year") + 1, (3.0 * pl.col(name)).alias("moved")
    ).with_columns(pl.col("year").cast(pl.Int32))
    frame = PLAIN.join(before, on=["locality", "year"], how="left").with_columns(
        roads=pl.col("moved").fill_null(0.0) + pl.Series(rng.normal(size=PLAIN.height))
    )
    row = of(rows_of(frame), "placebo")
    assert row["passes"] is clean
    assert (row["p"] < MADE_UP.test.guards.alpha) is not clean


def test_without_a_placebo_the_check_is_missing() -> None:
    spec = replace(SPEC, placebo=())
    row = of(rows_of(PLAIN, pool=pool_of(PLAIN, spec)), "placebo")
    assert (row["passes"], row["why_not"]) == (
        None,
        "no placebo outcome at this level in the sources",
    )
    empty = put(PLAIN, pl.lit(True), roads=None)
    row = of(rows_of(empty), "placebo")
    assert (row["passes"], row["why_not"]) == (None, "no row is left")


def test_where_the_outcome_brings_leadership_about_the_reversed_lag_leads() -> None:
    forward, back = world(h=0.6), world(back=1.0)
    assert of(rows_of(forward), "reversed lag")["passes"] is True
    row = of(rows_of(back), "reversed lag")
    assert row["passes"] is False
    assert row["ci_low"] > 0


def test_a_world_where_gaps_matter() -> None:
    """What carries the lead is measured on too few rows to be used until its gaps are filled."""
    gaps = pl.Series(np.random.default_rng(0).random(PLAIN.height) < 0.3)
    frame = world(h=0.8, b=0.4).with_columns(
        pl.when(~gaps).then(name).alias(name) for name in ("listens", "inspires")
    )
    panel = built_of(frame).panel
    assert panel is not None
    assert lead(panel, MADE_UP.test.between).delta < 0
    row = of(rows_of(frame), "imputation")
    assert row["passes"] is False
    assert row["estimate"] > 0
    assert "35 of 128 rows with gaps" in row["detail"]


def test_gaps_matter_too_where_the_lead_only_grows() -> None:
    """Inspectors see a little of what staff do: the lead has one sign and not one size."""
    gaps = pl.Series(np.random.default_rng(0).random(PLAIN.height) < 0.3)
    frame = world(h=3.0, seed=3).with_columns(
        inspected=0.1 * pl.col("listens") + 0.8 * pl.col("inspected")
    )
    thin = frame.with_columns(
        pl.when(~gaps).then(name).alias(name) for name in ("listens", "inspires")
    )
    panel = built_of(thin).panel
    assert panel is not None
    own = lead(panel, MADE_UP.test.between)
    row = of(rows_of(thin), "imputation")
    assert row["passes"] is False
    assert own.delta > 0.05
    assert row["estimate"] > own.ci_high + 0.1


def test_gaps_at_random_change_little() -> None:
    rng = np.random.default_rng(0)
    gaps = pl.Series(rng.random(PLAIN.height) < 0.06)
    row = of(rows_of(PLAIN.with_columns(listens=pl.when(~gaps).then("listens"))), "imputation")
    assert row["passes"] is True
    assert row["estimate"] == pytest.approx(base(), abs=0.03)
    assert row["ci_low"] < base() < row["ci_high"]


def test_without_gaps_imputation_gives_the_panels_own_lead(plain: list[Row]) -> None:
    row = of(plain, "imputation")
    assert row["estimate"] == pytest.approx(base(), rel=1e-12)
    assert "0 of 128 rows with gaps" in row["detail"]


def test_noise_on_the_better_measured_side_can_turn_the_lead_round() -> None:
    frame = world(h=0.8, b=0.4)
    worse = {"leadership": 0.95, "partnership": 0.95, "plans": 0.1, "budgets": 0.1}
    row = of(rows_of(frame, worse), "equal reliability")
    assert row["passes"] is False
    assert row["estimate"] < 0
    assert of(rows_of(frame, dict.fromkeys(worse, 0.5)), "equal reliability")["passes"] is True


def test_equally_reliable_sides_are_left_alone() -> None:
    same = dict.fromkeys(("leadership", "partnership", "plans", "budgets"), 0.6)
    row = of(rows_of(PLAIN, same), "equal reliability")
    assert row["estimate"] == pytest.approx(base(), rel=1e-12)


def test_unknown_reliability_counts_as_perfect_and_is_said_so() -> None:
    row = of(rows_of(PLAIN, {"leadership": 0.5}), "equal reliability")
    assert "leadership 0.50, partnership 1.00" in row["detail"]
    assert row["detail"].endswith("; 1 where unknown)")
    none = of(rows_of(PLAIN), "equal reliability")
    assert (none["passes"], none["why_not"]) == (None, "no block's reliability is known")


def test_error_of_measurement_taken_off_leads_back_to_what_was_measured_with_it() -> None:
    """Noise on leadership alone halves its variance's worth; the correction gives it back."""
    frame = put(PLAIN, pl.lit(True), inspires=None, inspected=None, joint_income=None)
    noisy = frame.with_columns(
        listens=pl.col("listens") + pl.Series(np.random.default_rng(5).normal(size=frame.height))
    )
    exact, seen = built_of(frame).panel, built_of(noisy).panel
    assert exact is not None and seen is not None
    share = exact.blocks["leadership"].var() / seen.blocks["leadership"].var()
    row = of(rows_of(noisy, {"leadership": float(share)}), "measured without error")
    truth = lead(exact, MADE_UP.test.between).delta
    assert row["passes"] is True
    assert lead(seen, MADE_UP.test.between).delta < 0.7 * truth
    assert row["estimate"] == pytest.approx(truth, abs=0.05)
    assert "leadership 0.5" in row["detail"] and row["detail"].endswith("; 1 where unknown)")


def test_reliabilities_that_cannot_be_right_and_none() -> None:
    row = of(rows_of(PLAIN, {"leadership": 0.01}), "measured without error")
    assert (row["estimate"], row["passes"]) == (None, None)
    assert row["why_not"].startswith("reliabilities too low")
    row = of(rows_of(PLAIN), "measured without error")
    assert row["why_not"] == "no block's reliability is known"


@pytest.mark.parametrize(("need", "passes"), [(0.1, True), (3.0, False)])
def test_a_confounder_like_the_strongest_control(need: float, passes: bool) -> None:
    row = of(rows_of(world(h=0.6, b=0.1, need=need)), "robustness value")
    assert row["passes"] is passes
    assert 0 < row["estimate"] < 1
    if not passes:
        assert "the strongest control (need)" in row["detail"]


ALONE = put(PLAIN, pl.lit(True), inspires=None, inspected=None, joint_income=None)
"""One indicator on the first side."""

Left = Callable[[np.ndarray], np.ndarray]


def net_of_the_rest() -> tuple[np.ndarray, np.ndarray, Callable[[int], Left]]:
    """Leadership and outcome of length 1, net of the controls and the other side; and how a column
    is made net of all of these but one control.
    """
    panel = built_of(ALONE).panel
    assert panel is not None
    # One z-mean a block, as the check has it.
    budgets = (panel.blocks["budgets"] / panel.blocks["budgets"].std(axis=0)).sum(axis=1)
    rivals = np.column_stack([np.ones(len(panel.year)), panel.blocks["plans"], budgets])

    def net_of(controls: np.ndarray) -> Left:
        rest = np.linalg.qr(np.column_stack([rivals, controls]))[0]

        def left(column: np.ndarray) -> np.ndarray:
            out = column - rest @ (rest.T @ column)
            return np.asarray(out / np.linalg.norm(out))

        return left

    left = net_of(panel.controls)
    return (
        left(panel.blocks["leadership"][:, 0]),
        left(panel.outcome),
        lambda column: net_of(np.delete(panel.controls, column, axis=1)),
    )


def slope_beside(d: np.ndarray, y: np.ndarray, with_column: float, with_outcome: float) -> float:
    """The slope of y on d beside a confounder that explains these shares of d, and of y given d."""
    other = np.random.default_rng(0).normal(size=len(y))
    e = y - (y @ d) * d
    e /= np.linalg.norm(e)
    other -= (other @ d) * d + (other @ e) * e
    other /= np.linalg.norm(other)
    apart = np.sqrt(with_outcome) * e + np.sqrt(1 - with_outcome) * other
    z = np.sqrt(with_column) * d + np.sqrt(1 - with_column) * apart
    return float(np.linalg.lstsq(np.column_stack([d, z]), y, rcond=None)[0][0])


def test_the_robustness_value_is_what_a_confounder_must_explain() -> None:
    """A confounder that explains as much of leadership and of the outcome takes it all away.

    With one indicator on the first side; partial R2 of both is the robustness value.
    """
    value = of(rows_of(ALONE), "robustness value")["estimate"]
    d, y, _ = net_of_the_rest()
    # z has correlation sqrt(value) with d, and partial correlation sqrt(value) with y given d.
    assert slope_beside(d, y, value, value) == pytest.approx(0.0, abs=1e-9)


def test_what_is_left_beside_a_confounder_as_strong_as_a_control() -> None:
    """A confounder of the strength of the benchmark leaves just the share that the row says."""
    d, y, others = net_of_the_rest()
    whole = float(d @ y)
    panel = built_of(ALONE).panel
    assert panel is not None
    shares: dict[int, list[float]] = {}
    for column in range(panel.controls.shape[1]):
        without = others(column)
        own = without(panel.controls[:, column])
        lead_left, outcome_left = without(panel.blocks["leadership"][:, 0]), without(panel.outcome)
        alone = outcome_left - (outcome_left @ lead_left) * lead_left
        beside = own - (own @ lead_left) * lead_left
        with_outcome = (alone @ beside) ** 2 / ((alone @ alone) * (beside @ beside))
        shares[column] = []
        for times in (1, 2, 3):
            confounder = benchmark((own @ lead_left) ** 2, float(with_outcome), times, times)
            strength = confounder.with_column, confounder.with_outcome
            shares[column].append(max(0.0, slope_beside(d, y, *strength) / whole))
    expected = min(shares.values(), key=lambda one: one[0])
    found = [row for row in rows_of(ALONE) if row["kind"] == "confounder"]
    assert_allclose([row["estimate"] for row in found], expected, atol=1e-9)
    assert all(row["passes"] is None for row in found)
    assert 1 > expected[0] > expected[1] > expected[2] >= 0
    said = of(rows_of(ALONE), "robustness value")["detail"]
    assert f"at least {expected[0]:.0%} of the association would be left" in said


def test_nothing_is_checked_of_a_panel_that_is_stopped() -> None:
    assert rows_of(PLAIN.filter(pl.col("authority") < "A029")) == []
    assert rows_of(put(PLAIN, pl.lit(True), delays=None)) == []


def test_an_inspections_few_scores_can_be_checked() -> None:
    """All that is known of leadership is one score of four."""
    rng = np.random.default_rng(0)
    frame = put(PLAIN, pl.lit(True), listens=None, inspires=None, joint_income=None)
    for scores in (2, 4):
        score = pl.Series(rng.integers(1, scores + 1, size=frame.height).astype(float))
        rows = rows_of(frame.with_columns(inspected=score))
        assert of(rows, "composition", "splines")["estimate"] is not None


# Reliability of composites.


def samples(variance: dict[str, float]) -> pl.DataFrame:
    return pl.concat(
        [
            PLAIN.select(
                "locality",
                "year",
                pl.lit(name).alias("indicator"),
                pl.lit(one, pl.Float64).alias("sampling_variance"),
            )
            for name, one in variance.items()
        ]
    )


def test_reliability_of_one_indicator_is_one_less_its_share_of_error() -> None:
    built = built_of(put(PLAIN, pl.lit(True), inspires=None, inspected=None))
    spread = built.values["leadership"][:, 0].var(ddof=1)
    found = composite_reliability(built, samples({"listens": 0.3 * spread}), MADE_UP)
    assert found == pytest.approx({"leadership": 0.7})


def test_errors_of_one_survey_are_taken_as_one_error() -> None:
    """Sum of z-scores: its error variance is the square of the summed error SDs."""
    built = built_of(PLAIN)
    x = built.values["leadership"]
    noise = dict(
        zip(("listens", "inspires"), [0.2, 0.4] * x[:, :2].var(axis=0, ddof=1), strict=True)
    )
    found = composite_reliability(built, samples(noise), MADE_UP)
    z = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    expected = 1 - (np.sqrt(0.2) + np.sqrt(0.4)) ** 2 / z.sum(axis=1).var(ddof=1)
    assert found == pytest.approx({"leadership": expected})
    assert composite_reliability(built, samples({"listens": 1e9}), MADE_UP) == {"leadership": 0.0}
    assert composite_reliability(built, samples({"spend": 1.0}), MADE_UP) == {}


# The same checks inside authorities.


def inner_rows(frame: pl.DataFrame) -> list[Row]:
    return robustness_within(pool_of(frame, INSIDE), MADE_UP)


INNER = world(0.6, places=3, seed=2)


def test_inside_authorities_a_plain_world_passes_every_check() -> None:
    rows = inner_rows(INNER)
    # One source of what varies inside authorities: without it nothing is left to compare.
    alone = of(rows, "leave one source out")
    assert (alone["detail"], alone["passes"]) == ("without staff_survey", None)
    assert alone["why_not"] == "nothing is left to compare within authorities"
    # Roads are the authority's, one value for its localities.
    roads = of(rows, "placebo")
    assert (roads["passes"], roads["why_not"]) == (
        None,
        "the placebo outcome does not differ between localities of one authority",
    )
    split = of(rows, "split respondents")
    made = [row for row in rows if row not in (alone, roads, split)]
    assert all(row["passes"] is True and np.isfinite(row["estimate"]) for row in made)
    assert {row["part"] for row in rows} == {"within"}
    assert {row["kind"] for row in made} == {
        "leave one authority out",
        "least coverage",
        "earlier respondents",
        "lagged outcome",
        "outliers",
        "reversed lag",
        "imputation",
    }


def test_inside_authorities_gaps_filled_give_the_slope_pooled() -> None:
    """Without gaps every completed panel is the panel: its own slope, and the jackknife's t."""
    inside = locality_panel(
        select(pool_of(INNER, INSIDE), MADE_UP, first_side(registered(INSIDE, MADE_UP), MADE_UP)),
        MADE_UP,
    )
    assert inside is not None
    own = slope(inside, "composite")
    assert own is not None
    row = of(inner_rows(INNER), "imputation")
    assert_allclose(row["estimate"], own.beta, rtol=1e-12)
    reach = (row["ci_high"] - row["ci_low"]) / 2
    df = 31 * 32 / 34  # Barnard and Rubin's, nothing missing: G-1 = 31 of the whole
    assert_allclose(reach, stats.t.ppf(0.975, df) * own.se, rtol=1e-9)
    assert "0 of 384 rows with gaps" in row["detail"]


def test_inside_authorities_the_slopes_without_each_are_those_of_leaving_it_out() -> None:
    pool = pool_of(INNER, INSIDE)
    rows = robustness_within(pool, MADE_UP)
    for word, name in (("lowest", min), ("highest", max)):
        row = of(rows, "leave one authority out", word)
        code = row["detail"].rpartition(" ")[2]
        built = select(pool, MADE_UP, first_side(registered(INSIDE, MADE_UP), MADE_UP))
        panel = locality_panel(built, MADE_UP)
        assert panel is not None
        codes = built.rows["authority"].unique().sort().to_list()
        rest = slope(panel.rows(np.flatnonzero(panel.authority != codes.index(code))), "composite")
        own = slope(panel, "composite")
        assert rest is not None and own is not None
        # Left out of the sums, with the scale of all: near what its rows' removal gives.
        assert row["estimate"] == pytest.approx(rest.beta, abs=0.01)
        assert row["estimate"] == name(own.drop)


@pytest.mark.parametrize("part", ["between", "within"])
def test_staff_who_answered_cannot_be_split_and_a_row_says_so(part: str) -> None:
    def said(all_of: Framework) -> Row:
        if part == "within":
            rows = robustness_within(pool_of(INNER, INSIDE, all_of), all_of)
        else:
            rows = rows_of(PLAIN, all_of=all_of)
        row = of(rows, "split respondents")
        assert (row["part"], row["estimate"], row["passes"]) == (part, None, None)
        return row

    listens = replace(MADE_UP.indicators["listens"], respondents="max(respondents)")
    survey = replace(MADE_UP, indicators={**MADE_UP.indicators, "listens": listens})
    assert "one figure an organisation" in said(survey)["why_not"]
    assert "no measure used here is a survey" in said(MADE_UP)["why_not"]


def test_slopes_are_those_of_selecting_by_hand() -> None:
    rows = inner_rows(INNER)
    base = first_side(registered(INSIDE, MADE_UP), MADE_UP)
    for kind, choices in (
        ("reversed lag", replace(base, lag=-1)),
        ("earlier respondents", replace(base, lag=2)),
        ("lagged outcome", replace(base, lagged_outcome=True)),
        ("outliers", replace(base, cap=3.0)),
    ):
        panel = locality_panel(select(pool_of(INNER, INSIDE), MADE_UP, choices), MADE_UP)
        assert panel is not None
        expected = slope(panel, "composite")
        assert expected is not None
        row = of(rows, kind)
        assert (row["estimate"], row["p"]) == (expected.beta, expected.p_one_sided)


def test_inside_authorities_an_outcome_that_brings_leadership_about_shows() -> None:
    row = of(inner_rows(world(back=1.0, places=3, seed=2)), "reversed lag")
    assert row["passes"] is False
    assert row["estimate"] > 0


def test_inside_authorities_what_hangs_on_thin_coverage_shows() -> None:
    """Where most was observed the link runs the other way."""
    few = pl.col("authority") < "A016"
    frame = pl.concat(
        [world(2.0, places=3, seed=2).filter(few), world(-0.5, places=3, seed=2).filter(~few)]
    ).with_columns(listens__coverage=pl.when(few).then(0.6).otherwise(0.95))
    loose = replace(MADE_UP, test=replace(MADE_UP.test, min_measured=0.3))
    rows = robustness_within(pool_of(frame, INSIDE, loose), loose)
    assert of(rows, "least coverage", "25%")["passes"] is True
    assert of(rows, "least coverage", "75%")["passes"] is False


def test_what_is_imputed_for_an_authority_is_one_value_for_its_localities(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An authority's gap is filled once a draw: as if it were known, but for the uncertainty."""
    gap = pl.col("authority").is_in(["A003", "A011", "A027"]) & (pl.col("year") == 2013)
    frame = put(INNER, gap, spending=None)
    pool = pool_of(frame, INSIDE)
    base = lead(selected(pool), MADE_UP.test.between)
    seen: list[Panel] = []

    def watched(panels: Sequence[Panel], s: BetweenSettings) -> list[Lead]:
        seen.extend(panels)
        return leads(panels, s)

    monkeypatch.setattr("pipeline.study.robustness.leads", watched)
    _imputed(pool, MADE_UP, base)
    drawn = [panel.blocks["budgets"][:, 0] for panel in seen]
    assert len(drawn) == MADE_UP.test.guards.imputations
    assert np.ptp(np.stack(drawn), axis=0).max() > 0.1
    for panel, x in zip(seen, drawn, strict=True):
        cell = panel.authority * 10_000 + panel.year
        assert all(np.ptp(x[cell == one]) == 0 for one in np.unique(cell))


def selected(pool: Candidates) -> Panel:
    panel = select(pool, MADE_UP, registered(pool.spec, MADE_UP)).panel
    assert panel is not None
    return panel
