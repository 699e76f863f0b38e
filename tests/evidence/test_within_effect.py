from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline.calibration.designs import designs
from pipeline.calibration.worlds import draw
from pipeline.evidence.crossval import fold_of_each
from pipeline.evidence.locality import LocalityPanel, Within, demean, shared, within_of
from pipeline.evidence.panel import Array
from pipeline.evidence.trajectories import orders, units_of
from pipeline.evidence.within_effect import (
    by_trust,
    cross_fit,
    fold_moments,
    folds_of,
    index_by_trust,
    jackknife_r,
    track_column,
    track_indicators,
    upper_partial_r2,
)
from pipeline.study.framework import framework
from tests.evidence.localities import SETTINGS, locality_world

pytestmark = pytest.mark.long(seconds=10)


def world(slope: float = 0.0, **about: object) -> Within:
    panel = locality_world(slope, **about)  # type: ignore[arg-type]
    return within_of(panel.rows(shared(panel)))


def partial(w: Within, x: Array, rows: Array) -> float:
    """Partial correlation from stacked least squares, dummies written out."""
    base = np.column_stack([w.cell[rows, None] == np.unique(w.cell[rows]), w.controls[rows]])
    left = [v[rows] - base @ np.linalg.lstsq(base, v[rows])[0] for v in (x, w.outcome)]
    return float(left[0] @ left[1] / np.sqrt((left[0] @ left[0]) * (left[1] @ left[1])))


def test_the_jackknife_leaves_out_one_authority_at_a_time() -> None:
    w = world(0.2, authorities=8, missing=0.1)
    found = jackknife_r(w, w.composite, w.outcome[:, None])
    everyone = np.ones(len(w.cell), dtype=bool)
    assert found.estimate[0] == pytest.approx(partial(w, w.composite, everyone), abs=1e-10)
    without = np.array([partial(w, w.composite, w.authority != g) for g in range(8)])
    se = np.sqrt(7 / 8 * ((without - without.mean()) ** 2).sum())
    assert found.se[0] == pytest.approx(se, abs=1e-10)
    reach = stats.t.ppf(0.95, 7) * se
    assert upper_partial_r2(found, 0.95)[0] == pytest.approx(
        (found.estimate[0] + reach) ** 2, abs=1e-10
    )


def test_the_jackknife_by_trust_leaves_out_rows_and_takes_means_of_those_that_stay() -> None:
    """Against least squares on the rows of all other trusts, with one to leave out at a time."""
    w = world(0.2, authorities=20, missing=0.1)
    assert w.trust is not None
    found = by_trust(w, w.composite, w.outcome[:, None])
    assert found is not None
    jack = found.jackknife
    size = int(w.trust.max()) + 1
    without = np.array([partial(w, w.composite, w.trust != one) for one in range(size)])
    assert jack.estimate[0] == pytest.approx(partial(w, w.composite, w.trust >= 0), abs=1e-10)
    se = np.sqrt((size - 1) / size * ((without - without.mean()) ** 2).sum())
    assert jack.se[0] == pytest.approx(se, abs=1e-10)


def test_authorities_that_draw_on_one_trust_are_held_out_together() -> None:
    w = world(0.2, authorities=20)
    most = np.arange(20) % 7
    fold = folds_of(replace(w, trust=most[w.authority]), SETTINGS)
    assert all(len(np.unique(fold[most == one])) == 1 for one in range(7))
    assert len(np.unique(fold)) == SETTINGS.inner_folds


def test_a_clear_link_the_other_way_has_an_upper_bound_of_zero() -> None:
    w = world(-0.5)
    assert upper_partial_r2(jackknife_r(w, w.composite, w.outcome[:, None]), 0.95)[0] == 0.0


def ridge(w: Within, rows: Array, penalty: float) -> Array:
    """Weights by stacked rows: controls free, each indicator held by its own sum of squares."""
    c, h = w.controls[rows], demean(w.indicators, w.cell)[rows]
    own = (h**2).sum(axis=0)
    extra = np.column_stack([np.zeros((h.shape[1], c.shape[1])), np.diag(np.sqrt(penalty * own))])
    x = np.vstack([np.column_stack([c, h]), extra])
    y = np.concatenate([w.outcome[rows], np.zeros(h.shape[1])])
    return np.asarray(np.linalg.lstsq(x, y)[0])


def test_the_index_is_learned_on_other_authorities_with_a_penalty_chosen_there() -> None:
    w = world(0.1, authorities=12, missing=0.1)
    grid = (0.01, 0.3, 3.0)
    fold_of = np.arange(12) % 4
    fold = fold_of[w.authority]
    units = units_of(w, w.indicators, w.locality)
    here = np.arange(len(units.group))[None]
    c = w.controls.shape[1]
    found = cross_fit(fold_moments(w, units, here, fold), np.arange(1, 1 + c), grid)
    x = np.column_stack([w.controls, demean(w.indicators, w.cell)])
    index = np.empty(len(w.cell))
    for out in range(4):
        errors = []
        for penalty in grid:
            error = 0.0
            for held in set(range(4)) - {out}:
                beta = ridge(w, (fold != out) & (fold != held), penalty)
                error += ((w.outcome - x @ beta)[fold == held] ** 2).sum()
            errors.append(error)
        best = grid[int(np.argmin(errors))]
        assert found.penalty[out, 0] == best
        weights = ridge(w, fold != out, best)[c:]
        np.testing.assert_allclose(found.weights[out, 0], weights, atol=1e-9)
        index[fold == out] = (w.indicators @ weights)[fold == out]
    everyone = np.ones(len(fold), dtype=bool)
    assert found.r[0] == pytest.approx(partial(w, index, everyone), abs=1e-9)
    alignment = demean(index, w.cell) @ demean(w.indicators, w.cell).sum(axis=1)
    assert found.alignment[0] == pytest.approx(alignment, rel=1e-9)


def both(w: Within, n: int = 199) -> tuple:
    units = units_of(w, w.composite[:, None], w.locality)
    order = orders(units.group, n, np.random.default_rng(2))
    return track_column(w, units, order), track_indicators(w, order, SETTINGS)


def test_a_link_is_found_by_both_compositions_in_its_direction() -> None:
    for slope in (0.3, -0.3):
        for track in both(world(slope)):
            assert np.sign(track.slope) == np.sign(slope) == track.direction
            assert track.partial_r2 > 0.1
            assert (track.p_perm < 0.05) == (slope > 0)


def test_indicators_that_cancel_are_seen_only_one_by_one() -> None:
    composite, indicators = both(world(0.6, cancelling=True))
    assert composite.partial_r2 < 0.02
    assert indicators.partial_r2 > 0.1


def test_the_index_has_its_size_on_outcomes_that_last() -> None:
    """150 null outcomes that last; weights are learned again in every permutation."""
    # Without trusts, whose p is another one and takes most of the time.
    w = replace(world(authorities=25, localities=4, years=3, seed=9), trust=None)
    rng = np.random.default_rng(10)
    units = units_of(w, w.indicators, w.locality)
    order = orders(units.group, 99, rng)
    rejected = []
    for _ in range(150):
        lasting = rng.normal(size=int(w.locality.max()) + 1)[w.locality]
        null = replace(w, outcome=demean(lasting + 0.7 * rng.normal(size=len(lasting)), w.cell))
        rejected.append(track_indicators(null, order, SETTINGS).p_perm <= 0.05)
    assert np.mean(rejected) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 150)


def ridge_on(w: Within, rows: Array, penalty: float) -> Array:
    """Weights of the indicators on some rows, dummies and controls written out."""
    base = np.column_stack([w.cell[rows, None] == np.unique(w.cell[rows]), w.controls[rows]])
    project = base @ np.linalg.pinv(base)
    x, y = (v[rows] - project @ v[rows] for v in (w.indicators, w.outcome))
    cell = w.cell[rows, None] == np.unique(w.cell[rows])
    own = ((w.indicators[rows] - cell @ np.linalg.pinv(cell) @ w.indicators[rows]) ** 2).sum(axis=0)
    return np.asarray(np.linalg.solve(x.T @ x + penalty * np.diag(own), x.T @ y))


def test_the_index_by_trust_is_learned_on_other_trusts() -> None:
    """Against fits on the rows of the other trusts, one a fold, with one penalty to choose from."""
    w = world(0.2, authorities=20, missing=0.1)
    assert w.trust is not None
    settings = replace(SETTINGS, ridge_grid=(0.3,))
    found = index_by_trust(w, settings)
    assert found is not None
    size = int(w.trust.max()) + 1
    fold = fold_of_each(size, 5, np.random.default_rng(settings.seed))[w.trust]

    def r(keep: Array) -> float:
        index = np.zeros(len(fold))
        for i in range(5):
            weights = ridge_on(w, keep & (fold != i), 0.3)
            index[fold == i] = w.indicators[fold == i] @ weights
        return partial(w, index, keep)

    everyone = np.ones(len(fold), dtype=bool)
    assert found.estimate[0] == pytest.approx(r(everyone), abs=1e-9)
    without = np.array([r(w.trust != one) for one in range(size)])
    se = np.sqrt((size - 1) / size * ((without - without.mean()) ** 2).sum())
    assert found.se[0] == pytest.approx(se, abs=1e-9)


def test_without_shared_trusts_there_is_no_index_by_trust() -> None:
    w = world(0.2, authorities=20)
    assert w.trust is not None
    assert index_by_trust(replace(w, trust=None), SETTINGS) is None
    assert index_by_trust(replace(w, trust=np.arange(len(w.trust))), SETTINGS) is None
    assert index_by_trust(replace(w, trust=w.trust % 2), SETTINGS) is None  # nothing to learn on


def test_few_trusts_behind_both_do_not_make_a_link() -> None:
    """Leadership and what nothing explains are mostly the trusts': size of the index by trust."""
    design = designs(framework().test.between)["shared_trusts_nothing"]
    hits, worlds = 0, 60
    for seed in range(worlds):
        drawn = draw(design.world, np.random.default_rng(seed))
        panel = drawn.panel
        inner = LocalityPanel(
            panel.outcome,
            {name: panel.blocks[name] for name in ("leadership", "partnership")},
            panel.controls,
            panel.authority,
            drawn.locality,
            panel.year,
            panel.dominant_trust,
        )
        found = index_by_trust(within_of(inner.rows(shared(inner))), SETTINGS)
        assert found is not None
        hits += bool(found.p_one_sided(corrected=False)[0] < 0.05)
    assert hits / worlds < 0.05 + 2 * np.sqrt(0.05 * 0.95 / worlds)
