"""Held-out errors against refits on the rows, the penalty chosen again in every training set."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.evidence.crossval import (
    Losses,
    Shrinkage,
    authority_test,
    choose_penalty,
    fold_of_each,
    forward,
    forward_steps,
    kfold_sets,
    nadeau_bengio_test,
)
from pipeline.evidence.moments import design, moments
from pipeline.evidence.panel import Array, Panel
from pipeline.evidence.race import run_race
from tests.evidence.worlds import QUICK, sse, world

GRID = (0.01, 0.1, 1.0, 10.0)
H, B = ("leadership", "partnership"), ("budgets",)


def stack(panel: Panel, names: tuple[str, ...]) -> Array:
    return np.column_stack([panel.blocks[name] for name in names])


def chosen(panel: Panel, controls: Array, train: Array, folds: Array) -> float:
    """The penalty by refitting on rows."""
    errors = []
    for penalty in GRID:
        total = 0.0
        for fold in np.unique(folds):
            held = folds[panel.authority] == fold
            for names in (H, B):
                total += sse(
                    controls,
                    stack(panel, names),
                    panel.outcome,
                    train & ~held,
                    train & held,
                    penalty=penalty,
                )
        errors.append(total)
    return GRID[int(np.argmin(errors))]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return world(h=0.1, b=0.1, authorities=30, seed=5)


def test_the_penalty_is_chosen_within_each_training_set_and_the_losses_follow(
    panel: Panel,
) -> None:
    race = run_race("indicators", panel, GRID, QUICK)
    folds = fold_of_each(30, QUICK.inner_folds, np.random.default_rng(QUICK.seed))
    everyone = np.ones(len(panel.year), dtype=bool)
    assert race.penalty == chosen(panel, panel.controls, everyone, folds)
    picked = set()
    for g in range(30):
        test = panel.authority == g
        penalty = chosen(panel, panel.controls, ~test, folds)
        picked.add(penalty)
        for names, mask in ((H, race.h), (B, race.b)):
            expected = sse(
                panel.controls, stack(panel, names), panel.outcome, ~test, test, penalty=penalty
            )
            assert_allclose(race.held.sse[g, mask, 0], expected, rtol=1e-8)
    assert len(picked) > 1, "the world must make the choice matter"


def test_forward_uses_the_past_alone_and_no_year_dummies(panel: Panel) -> None:
    race = run_race("indicators", panel, GRID, QUICK)
    folds = fold_of_each(30, QUICK.inner_folds, np.random.default_rng(QUICK.seed))
    lasting = panel.controls[:, :2]
    assert race.ahead is not None
    assert race.years == (2013, 2014, 2015)
    for step, year in enumerate(race.years):
        past, now = panel.year < year, panel.year == year
        penalty = chosen(panel, lasting, past, folds)
        for names, mask in ((H, race.h), (B, race.b)):
            expected = sse(lasting, stack(panel, names), panel.outcome, past, now, penalty=penalty)
            assert_allclose(race.ahead.sse[step, mask, 0], expected, rtol=1e-8)
        centred = panel.outcome[now] - panel.outcome[past].mean()
        assert_allclose(race.ahead.sst[step, 0], (centred**2).sum())


def test_a_single_candidate_is_taken_as_it_is(panel: Panel) -> None:
    d = design(panel)
    groups = moments(d.x, panel.outcome[:, None], panel.authority, 30)
    how = Shrinkage((d.columns(H), d.columns(B)), (0.0,), np.zeros(30, dtype=np.int64))
    assert_allclose(choose_penalty(groups, np.ones((3, 30)), d.controls, how), np.zeros(3))


def test_a_first_year_with_too_few_rows_is_no_step() -> None:
    small = world(authorities=12, years=3)  # 12 columns, 12 rows a year
    d = design(small)
    assert d.x.shape[1] == 11
    y = small.outcome[:, None]
    assert [
        s.year for s in forward_steps(d, y, small.authority, small.year, within_year=False)
    ] == [2013, 2014]
    keep = small.authority < 11
    steps = forward_steps(
        type(d)(d.x[keep], d.controls, d.lasting_controls, d.blocks),
        y[keep],
        small.authority[keep],
        small.year[keep],
        within_year=False,
    )
    assert [s.year for s in steps] == [2014]


def test_within_year_a_national_swing_changes_nothing_forward() -> None:
    panel = world()
    swing = 5.0 * (panel.year - panel.year.min()) ** 2
    drift = 2.0 * (panel.year - panel.year.min())
    leadership = panel.blocks["leadership"] + drift[:, None]
    shifted = replace(
        panel,
        outcome=panel.outcome + swing,
        blocks={**panel.blocks, "leadership": leadership},
    )

    def lead(one: Panel, *, within_year: bool) -> float:
        d = design(one)
        models = [d.columns(()), d.columns(H), d.columns(B)]
        y = (one.outcome - one.outcome.mean())[:, None]
        steps = forward_steps(d, y, one.authority, one.year, within_year=within_year)
        how = Shrinkage(
            (models[1], models[2]), (0.0,), np.zeros(len(np.unique(one.authority)), int)
        )
        found = forward(steps, d.lasting_controls, models, how)
        assert found is not None
        return float(found.lead(1, 2)[0])

    assert_allclose(lead(shifted, within_year=True), lead(panel, within_year=True), rtol=1e-9)
    assert abs(lead(shifted, within_year=False) - lead(panel, within_year=False)) > 0.1


def losses(h: Array, b: Array, n_test: float, n_train: float) -> Losses:
    sse_ = np.stack([h, b], axis=1)[:, :, None]
    ones = np.ones(len(h))
    return Losses(sse_, (h + b)[:, None], n_test * ones, n_train * ones)


def test_the_authority_t_is_a_paired_t() -> None:
    rng = np.random.default_rng(0)
    h, b = rng.uniform(1, 2, size=(2, 40))
    found = authority_test(losses(h, b + 0.1, 4, 100), 0, 1)
    expected = stats.ttest_rel(b + 0.1, h, alternative="greater")
    assert_allclose([found.statistic[0], found.p_one_sided[0]], [*expected])
    low = expected.confidence_interval(0.9).low
    all_ = losses(h, b + 0.1, 4, 100)
    lead = all_.lead(0, 1)[0]
    one_sided_reach = found.se[0] * stats.t.ppf(0.9, 39)
    assert_allclose(lead - one_sided_reach, low * 40 / all_.sst.sum())


def test_nadeau_and_bengio_widen_the_variance_by_the_overlap() -> None:
    rng = np.random.default_rng(0)
    h, b = rng.uniform(1, 2, size=(2, 50))
    found = nadeau_bengio_test(losses(h, b + 0.2, 20, 80), 0, 1)
    d = (b + 0.2 - h) / 20
    expected = d.mean() / np.sqrt(d.var(ddof=1) * (1 / 50 + 0.25))
    assert_allclose(found.statistic, expected)
    assert_allclose(found.p_one_sided, stats.t.sf(expected, 49))


def test_kfold_holds_out_every_authority_once_a_repeat() -> None:
    sets = kfold_sets(31, 5, 4, np.random.default_rng(0))
    assert sets.shape == (20, 31)
    for repeat in sets.reshape(4, 5, 31):
        assert_allclose(repeat.sum(axis=0), 1)
        assert set(repeat.sum(axis=1)) == {6, 7}
    assert not np.array_equal(sets[:5], sets[5:10])
