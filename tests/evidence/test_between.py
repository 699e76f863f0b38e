"""The whole analysis: known truths, gates, and what must not matter."""

from collections.abc import Iterator
from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.evidence.between import RECOVERED, BetweenResult, between, block_contrast, importance
from pipeline.evidence.coalitions import members, owen_weights, shapley_weights
from pipeline.evidence.moments import design, explained, moments
from pipeline.evidence.panel import Panel, composites
from pipeline.evidence.race import CONTRASTS, run_race
from pipeline.evidence.settings import BetweenSettings
from pipeline.evidence.verdict import (
    DEPENDS,
    INCONCLUSIVE,
    NOT_SUPPORTED,
    SUPPORTED,
    Direction,
    direction_note,
)
from tests.evidence.worlds import QUICK, awkward, shuffled, sse, world

FULL = replace(
    QUICK, n_bootstrap=99, kfold_repeats=2, n_simulations=40, power_effects=(0.0, 0.1, 0.2)
)
TABLES = ("block_fit", "block_contrast", "importance", "cv_losses", "model_tests", "power")


def verdicts(result: BetweenResult) -> dict[str, str]:
    return {row.composition: row.verdict for row in result.verdict}


def deltas(result: BetweenResult) -> dict[str, float]:
    return {
        row.composition: row.estimate for row in result.block_contrast if row.estimand == "delta"
    }


def test_a_world_that_leadership_drives_is_supported() -> None:
    result = between(world(h=0.4), QUICK)
    assert verdicts(result) == {"composite": SUPPORTED, "indicators": SUPPORTED, "both": SUPPORTED}
    assert result.verdict[-1].sentence.startswith(
        "Measures of leadership and partnership predict the outcome better"
    )


def test_a_world_that_budgets_drive_is_not_supported() -> None:
    result = between(world(b=0.5), QUICK)
    assert verdicts(result)["both"] == NOT_SUPPORTED
    assert all(delta < -0.05 for delta in deltas(result).values())


def test_a_world_that_nothing_drives_is_not_called_supported() -> None:
    for seed in range(20):
        assert SUPPORTED not in verdicts(between(world(seed=seed), QUICK)).values()


def test_indicators_that_cancel_leave_the_answer_to_the_composition() -> None:
    result = between(world(h=0.8, cancelling=True), QUICK)
    found = verdicts(result)
    assert found["indicators"] == SUPPORTED
    assert found["composite"] != SUPPORTED
    assert found["both"] == DEPENDS
    assert "depends on how the indicators are put together" in result.verdict[-1].sentence


def test_every_table_is_filled_and_the_headlines_are_one_a_contrast() -> None:
    result = between(world(h=0.1), FULL)
    for table in TABLES:
        assert getattr(result, table), table
    headlines = [(r.composition, r.estimand) for r in result.block_contrast if r.headline]
    assert len(headlines) == len(set(headlines)) == 2 * 7
    schemes = {row.scheme for row in result.cv_losses}
    assert schemes == {"leave-one-authority-out", "grouped K-fold", "forward"}
    assert {row.composition for row in result.model_tests} == {"composite", "indicators"}
    assert len(result.block_fit) == 2 * 8


def test_importances_have_the_jackknife_of_their_own_value() -> None:
    panel = world(h=0.2)
    race = run_race("composite", composites(panel), (0.0,), QUICK)
    rows = {row.name: row for row in importance(race, QUICK)}
    d = design(composites(panel))
    models = [d.columns(members(mask, race.players)) for mask in range(8)]
    y = (panel.outcome - panel.outcome.mean())[:, None]
    for kind, weights in (
        ("owen", owen_weights(3, [0b011, 0b100])),
        ("shapley", shapley_weights(3)),
    ):
        by_cluster = []
        for codes in (panel.authority, panel.dominant_trust):
            assert codes is not None
            deleted = moments(d.x, y, codes, int(codes.max()) + 1).without_each()
            values = explained(deleted, d.controls, models, 0.0).r2[:, :, 0] @ weights.T
            size = len(values)
            by_cluster.append(values.std(axis=0) * np.sqrt(size - 1))
        for i, name in enumerate(race.players):
            se = {"owen": rows[name].se, "shapley": rows[name].shapley_se}[kind]
            assert min(abs(se - one[i]) for one in by_cluster) < 1e-10
    assert rows["leadership"].se != rows["leadership"].shapley_se
    assert_allclose(
        (rows["leadership"].ci_high - rows["leadership"].ci_low) / rows["leadership"].se,
        2 * stats.t.ppf(0.975, race.jackknives[0].clusters[0] - 1),
        rtol=0.03,
    )


def test_the_bootstrap_row_is_a_percentile_interval_of_the_draws() -> None:
    settings = replace(QUICK, n_bootstrap=400)
    race = run_race("composite", composites(world(h=0.2)), (0.0,), settings)
    rows = [r for r in block_contrast(race, settings) if r.ci_method.startswith("percentile")]
    row = next(r for r in rows if r.estimand == "delta")
    drawn = np.sort(race.drawn[:, CONTRASTS.index("delta")])
    assert drawn[9] <= row.ci_low <= drawn[10]
    assert drawn[389] <= row.ci_high <= drawn[390]
    jackknifed = race.jackknives[0].se[race.names.index("delta")]
    assert row.se == pytest.approx(jackknifed, rel=0.2)


def test_the_headline_is_the_wider_of_the_two_clusterings() -> None:
    rows = [r for r in between(world(h=0.2), QUICK).block_contrast if r.estimand == "delta"]
    for composition in ("composite", "indicators"):
        corrected = [
            r for r in rows if r.composition == composition and r.ci_method.startswith(RECOVERED)
        ]
        assert len(corrected) == 2
        widths = {r.headline: (r.ci_high or 0) - (r.ci_low or 0) for r in corrected}
        assert widths[True] > widths[False]


def test_an_inconclusive_answer_names_the_detectable_lead() -> None:
    panel = world(h=0.12, b=0.05, authorities=40, seed=5)
    result = between(panel, replace(FULL, n_simulations=200, power_effects=(0.0, 0.1, 0.2, 0.4)))
    assert verdicts(result)["both"] == INCONCLUSIVE
    averages, mde = result.power[0].mde80, result.power[-1].mde80
    assert (result.power[-1].composition, result.verdict[-1].composition) == ("both", "both")
    assert averages is not None and mde is not None
    assert averages < mde
    assert f"a true lead of about {100 * mde:.1f} points" in result.verdict[-1].sentence


def without(panel: Panel, *names: str) -> Panel:
    return replace(panel, blocks={k: x for k, x in panel.blocks.items() if k not in names})


def test_leadership_can_stand_alone_and_the_sentence_says_so() -> None:
    result = between(without(world(h=0.5), "partnership"), QUICK)
    text = result.verdict[-1].sentence
    assert text.startswith(
        "Measures of leadership predict the outcome better than measures of budgets"
    )
    assert "No measure of partnership could be used here, so leadership alone stood for" in text
    assert "No measure of plans could be used here" in text
    rows = [row for row in result.importance if row.composition == "composite"]
    assert [row.name for row in rows] == ["H", "B", "leadership", "budgets"]
    assert rows[0].owen == rows[2].owen


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: without(p, "budgets"), "no measure of plans or budgets"),
        (lambda p: without(p, "leadership", "partnership"), "no measure of leadership or partner"),
        (
            lambda p: replace(p, blocks={**p.blocks, "budgets": np.ones((len(p.year), 1))}),
            "no measure of plans or budgets that varies",
        ),
        (lambda p: replace(p, outcome=np.ones(len(p.year))), "outcome does not vary"),
        (lambda p: replace(p, dominant_trust=p.authority * 0), "share one dominant-trust"),
        (
            lambda p: replace(p, dominant_trust=np.where(p.authority < 58, 0, p.authority - 57)),
            "8 rows without the largest dominant-trust",
        ),
        (
            lambda p: replace(p, controls=np.random.default_rng(0).normal(size=(len(p.year), 235))),
            "too few for",
        ),
    ],
)
def test_a_gate_stops_with_a_reason(change: Any, reason: str) -> None:
    result = between(change(world()), QUICK)
    assert result.stopped is not None
    assert reason in result.stopped
    assert result == BetweenResult(result.stopped)


def test_thirty_authorities_are_enough_and_twenty_nine_are_not() -> None:
    assert between(world(authorities=30), QUICK).stopped is None
    assert between(world(authorities=29), QUICK).stopped == "29 authorities, fewer than 30"


def test_a_block_on_neither_side_is_an_error() -> None:
    panel = world()
    with pytest.raises(ValueError, match=r"neither side of the claim: .*luck"):
        between(replace(panel, blocks={**panel.blocks, "luck": panel.controls}), QUICK)


def test_one_year_gives_no_forward_lead_and_so_no_support() -> None:
    panel = world(h=2.0, authorities=200, years=1)
    result = between(panel, QUICK)
    assert result.stopped is None
    assert verdicts(result)["composite"] == INCONCLUSIVE
    assert all(row.q2_forward is None for row in result.block_fit)
    assert not [row for row in result.block_contrast if row.estimand == "delta_forward"]


def test_rank_deficient_controls_change_nothing_but_what_they_must() -> None:
    """Values, jackknife deletions and held-out errors as least squares on the rows has them."""
    panel = awkward(world(h=0.2, authorities=30))
    race = run_race("indicators", panel, (0.0,), QUICK)
    x = np.column_stack([panel.blocks["leadership"], panel.blocks["partnership"]])
    everyone = np.ones(len(panel.year), dtype=bool)
    total = ((panel.outcome - panel.outcome.mean()) ** 2).sum()
    assert_allclose(
        race.fit.r2[0, race.h, 0],
        1 - sse(panel.controls, x, panel.outcome, everyone, everyone) / total,
        rtol=1e-10,
    )
    assert race.fit.rank == 1 + 2 + 3 + 1  # the doubled and the constant control do not count
    for g in (4, 5):
        test = panel.authority == g
        expected = sse(panel.controls, x, panel.outcome, ~test, test)
        assert_allclose(race.held.sse[g, race.h, 0], expected, rtol=1e-8)
    clean = run_race(
        "indicators", replace(panel, controls=panel.controls[:, [0, 1, 2, 3, 4, 7]]), (0.0,), QUICK
    )
    for one, other in zip(race.jackknives, clean.jackknives, strict=True):
        assert_allclose(one.se, other.se, rtol=1e-8)
        assert_allclose(one.bias, other.bias, atol=1e-9)


def numbers(result: BetweenResult) -> Iterator[tuple[Any, ...]]:
    for table in (*TABLES, "verdict"):
        yield from (astuple(row) for row in getattr(result, table))


def assert_same(found: BetweenResult, expected: BetweenResult, atol: float) -> None:
    pairs = list(zip(numbers(found), numbers(expected), strict=True))
    for one, other in pairs:
        for a, b in zip(one, other, strict=True):
            if isinstance(a, float) and not isinstance(a, bool):
                assert a == pytest.approx(b, rel=atol, abs=atol), (one, other)
            else:
                assert a == b


def test_row_order_does_not_matter() -> None:
    panel = world(h=0.15, b=0.1)
    assert_same(between(shuffled(panel), FULL), between(panel, FULL), 1e-10)


def test_units_of_predictors_do_not_matter() -> None:
    panel = world(h=0.15, b=0.1)
    scaled = replace(
        panel,
        controls=panel.controls * [1e6, 1e-3, 1, 1, 1] + 40,
        blocks={name: x * [1e5, 1e-4] - 7 for name, x in panel.blocks.items()},
    )
    assert_same(between(scaled, FULL), between(panel, FULL), 1e-9)


def test_units_of_the_outcome_do_not_matter_to_shares() -> None:
    panel = world(h=0.15, b=0.1)
    scaled = replace(panel, outcome=1000 * panel.outcome + 5)
    one, other = between(scaled, FULL), between(panel, FULL)
    for table in ("block_fit", "block_contrast", "importance", "power", "verdict"):
        drop = {name: () for name in TABLES if name != table}
        assert_same(
            replace(one, **drop, verdict=()) if table != "verdict" else replace(one, **drop),
            replace(other, **drop, verdict=()) if table != "verdict" else replace(other, **drop),
            1e-9,
        )


def test_same_seed_same_bytes() -> None:
    panel = world(h=0.15, b=0.1)
    assert repr(between(panel, FULL)) == repr(between(panel, FULL))
    other = between(panel, replace(FULL, seed=FULL.seed + 1))
    assert repr(other) != repr(between(panel, FULL))


def test_composites_and_indicators_share_one_path() -> None:
    """Blocks of one indicator without shrinkage give the same numbers under both."""
    panel = world(h=0.2)
    single = replace(panel, blocks={name: x[:, :1] for name, x in panel.blocks.items()})
    settings: BetweenSettings = replace(QUICK, ridge_grid=(0.0,))
    one = run_race("same", single, (0.0,), settings)
    other = run_race("same", composites(single), (0.0,), settings)
    assert_allclose(one.fit.r2, other.fit.r2, rtol=1e-10)
    assert_allclose(one.held.sse, other.held.sse, rtol=1e-10)


def test_the_interval_of_a_coalition_is_that_of_refits_without_each_authority() -> None:
    panel = composites(world(h=0.4))
    columns = {
        "controls": panel.controls,
        "leadership": np.column_stack([panel.controls, panel.blocks["leadership"]]),
    }

    def v(keep: Any) -> float:
        y = panel.outcome[keep]
        total = ((y - y.mean()) ** 2).sum()
        left = {}
        for name, x in columns.items():
            full = np.column_stack([np.ones(len(y)), x[keep]])
            left[name] = ((y - full @ np.linalg.lstsq(full, y, rcond=None)[0]) ** 2).sum()
        return float((left["controls"] - left["leadership"]) / total)

    everyone = np.ones(len(panel.outcome), dtype=bool)
    size = int(panel.authority.max()) + 1
    without = np.array([v(panel.authority != one) for one in range(size)])
    se = np.sqrt((size - 1) / size * ((without - without.mean()) ** 2).sum())
    centre = v(everyone) - (size - 1) * (without.mean() - v(everyone))
    reach = stats.t.ppf(0.975, size - 1) * se

    result = between(replace(panel, dominant_trust=None), QUICK)
    row = next(
        one
        for one in result.block_fit
        if (one.composition, one.coalition) == ("composite", "leadership")
    )
    assert_allclose([row.v, row.se], [v(everyone), se], rtol=1e-9)
    assert_allclose([row.ci_low, row.ci_high], [centre - reach, centre + reach], rtol=1e-9)
    controls = next(one for one in result.block_fit if one.coalition == "controls")
    assert (controls.se, controls.ci_low, controls.ci_high) == (None, None, None)


# Which way a side goes.


def turned(panel: Panel, *names: str) -> Panel:
    """The panel with these blocks measured the other way round."""
    return replace(panel, blocks=panel.blocks | {name: -panel.blocks[name] for name in names})


def test_shares_do_not_know_the_direction_and_the_slopes_and_the_sentence_do() -> None:
    """Leadership that goes with worse outcomes leads by as much, and it is said."""
    panel = world(h=0.4)
    good, bad = between(panel, QUICK), between(turned(panel, "leadership"), QUICK)
    assert verdicts(good) == verdicts(bad)
    assert deltas(bad) == pytest.approx(deltas(good), abs=1e-9)
    slopes = [
        {
            (r.composition, r.name): (r.slope, r.slope_ci_low, r.slope_ci_high)
            for r in one.importance
        }
        for one in (good, bad)
    ]
    for key, own in slopes[0].items():
        slope, low, high = slopes[1][key]
        if key[1] == "leadership":
            assert (slope, low, high) == pytest.approx((-own[0], -own[2], -own[1]), abs=1e-9)
            assert own[1] > 0
        elif key[1] != "H":
            assert slope == pytest.approx(own[0], abs=1e-9)
    said = "What a side explains counts in either direction"
    assert all(said not in row.sentence for row in good.verdict)
    assert all(said in row.sentence for row in bad.verdict)
    text = bad.verdict[-1].sentence
    assert "more leadership (slope -0." in text
    assert "is associated with worse, not better, results." in text
    assert "partnership (" not in text
    both = between(turned(panel, "leadership", "partnership"), QUICK).verdict[-1].sentence
    assert "more leadership (slope -0." in both and " and partnership (slope -0." in both


def test_slopes_are_least_squares_on_everything() -> None:
    panel = world(h=0.3, b=0.2)
    small = composites(panel)
    columns = np.column_stack([*small.blocks.values(), panel.controls, np.ones(len(panel.year))])
    beta = np.linalg.lstsq(columns, panel.outcome, rcond=None)[0] / panel.outcome.std(ddof=1)
    rows = {r.name: r for r in between(panel, QUICK).importance if r.composition == "composite"}
    expected = dict(zip(small.blocks, beta[:3], strict=True))
    expected |= {"H": beta[0] + beta[1], "B": beta[2]}
    assert {name: row.slope for name, row in rows.items()} == pytest.approx(expected, abs=1e-9)


def test_under_ridge_all_of_a_blocks_indicators_move_together() -> None:
    """Two that pull in opposite directions explain much, and together go nowhere."""
    found = {}
    for cancelling in (False, True):
        rows = between(world(h=0.8, cancelling=cancelling), QUICK).importance
        own = {row.name: row for row in rows if row.composition == "indicators"}
        found[cancelling] = own["leadership"]
    assert found[True].first > 0.2
    slopes = [found[one].slope for one in (False, True)]
    assert slopes[0] is not None and slopes[1] is not None
    assert slopes[0] > 0.5
    assert abs(slopes[1]) < 0.2 * slopes[0]


def test_slopes_have_the_wider_jackknifes_interval() -> None:
    panel = world(h=0.3)
    race = run_race("composite", composites(panel), (0.0,), QUICK)
    rows = {row.name: row for row in importance(race, QUICK)}
    low, high = (ends[0] for ends in race.slopes[0].interval(QUICK.confidence))
    other = tuple(ends[0] for ends in race.slopes[1].interval(QUICK.confidence))
    wide = max([(low, high), other], key=lambda ends: ends[1] - ends[0])
    row = rows["leadership"]
    assert (row.slope_ci_low, row.slope_ci_high) == pytest.approx(wide)


def test_a_lead_that_is_only_towards_worse_is_said_with_its_doubt() -> None:
    s = QUICK
    weak = {"leadership": Direction(-0.1, -0.3, 0.1), "partnership": Direction(0.2, 0.1, 0.3)}
    said = direction_note(weak, 0.05, s)
    assert "the estimate for leadership (slope -0.10, " in said
    assert "95% interval -0.30 to 0.10) is towards worse results, though" in said
    assert direction_note(weak, -0.05, s) == ""
    clear = weak | {"leadership": Direction(-0.2, -0.3, -0.1)}
    assert "more leadership (slope -0.20, 95%" in direction_note(clear, -0.05, s)
    assert direction_note({"leadership": Direction(0.1, -0.1, 0.3)}, 0.1, s) == ""
