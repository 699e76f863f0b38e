from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline.evidence.locality import Within, demean, shared, within_of
from pipeline.evidence.trajectories import (
    one_sided,
    orders,
    sign_flip,
    slope_weights,
    units_of,
)
from tests.evidence.localities import locality_world


def world(**about: object) -> Within:
    panel = locality_world(**about)  # type: ignore[arg-type]
    return within_of(panel.rows(shared(panel)))


def test_localities_move_only_within_their_authority_and_all_orders_come_up() -> None:
    group = np.repeat([0, 1, 2], [3, 1, 2])
    drawn = orders(group, 600, np.random.default_rng(1))
    np.testing.assert_array_equal(np.sort(drawn, axis=1), np.tile(np.arange(6), (600, 1)))
    np.testing.assert_array_equal(group[drawn], np.tile(group, (600, 1)))
    found, count = np.unique(drawn[:, :3], axis=0, return_counts=True)
    assert len(found) == 6
    assert count.min() > 60


def test_slopes_are_those_of_least_squares_on_the_rows_that_stay() -> None:
    """Three replicates by hand: values looked up by locality and year, gaps dropped."""
    w = world(missing=0.15, authorities=12)
    units = units_of(w, w.composite[:, None], w.locality)
    order = np.vstack([np.arange(48), orders(units.group, 2, np.random.default_rng(3))])
    found = slope_weights(w, units, order) @ w.outcome
    value = dict(zip(zip(w.locality, w.year, strict=True), w.composite, strict=True))
    for r in range(3):
        h = np.array(
            [
                value.get((order[r, unit], year), np.nan)
                for unit, year in zip(w.locality, w.year, strict=True)
            ]
        )
        stays = np.isfinite(h)
        assert stays.all() == (r == 0)
        cells = w.cell[stays, None] == np.unique(w.cell[stays])
        x = np.column_stack([h[stays], w.controls[stays], cells])
        by_hand = np.linalg.lstsq(x, w.outcome[stays])[0][0]
        assert found[r] == pytest.approx(by_hand, abs=1e-10)


def test_ties_count_against_the_claim() -> None:
    assert one_sided(np.array([1.0]), np.array([[1.0], [0.0], [2.0]]))[0] == 3 / 4
    assert one_sided(np.array([3.0]), np.array([[1.0], [0.0], [2.0]]))[0] == 1 / 4


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_whole_trajectories_keep_the_size_that_single_rows_exceed(missing: float) -> None:
    """2,000 null outcomes that last, on leadership that lasts."""
    w = world(missing=missing, seed=5)
    rng = np.random.default_rng(6)
    lasting = rng.normal(size=(int(w.locality.max()) + 1, 2000))[w.locality]
    outcomes = lasting + 0.7 * rng.normal(size=lasting.shape)
    units = units_of(w, w.composite[:, None], w.locality)
    single = units_of(w, w.composite[:, None], np.arange(len(w.cell)))
    # Rows are in order of cells, so rows are units that move within their cell.
    single = replace(single, group=w.cell)
    sizes = {}
    for name, one in (("localities", units), ("rows", single)):
        count = len(one.group)
        order = np.vstack([np.arange(count), orders(one.group, 199, rng)])
        slopes = slope_weights(w, one, order) @ outcomes
        sizes[name] = float((one_sided(slopes[0], slopes[1:]) <= 0.05).mean())
    # Monte Carlo error of .005; one design has its own size.
    assert 0.03 <= sizes["localities"] <= 0.07
    assert sizes["rows"] > 0.1


def test_sources_carry_the_mean_of_their_localities() -> None:
    w = world(authorities=5)
    assert w.source is not None
    units = units_of(w, w.composite[:, None], w.source)
    carried = units.values[units.table[w.source, w.year], 0]
    here = (w.source == w.source[0]) & (w.year == w.year[0])
    assert here.sum() == 1
    middle = np.flatnonzero((w.authority == 0) & (w.year == 0))
    assert len(np.unique(w.source[middle])) == 3
    pair = middle[1:3]
    np.testing.assert_allclose(carried[pair], w.composite[pair].mean())
    assert np.abs(demean(carried, w.cell)).max() > 0


def test_sign_flips_drawn_at_random_come_close_to_all_of_them() -> None:
    rng = np.random.default_rng(1)
    differences = rng.normal(size=20) + 0.4
    drawn = sign_flip(differences, 9999, rng)
    assert not drawn.exact
    all_of = sign_flip(differences[:12], 9999, rng)
    assert all_of.exact
    assert all_of.n == 4096
    # The normal approximation of the same sum.
    z = differences.sum() / np.sqrt((differences**2).sum())
    assert drawn.p_one_sided == pytest.approx(stats.norm.sf(z), abs=0.01)
    with pytest.raises(ValueError, match="no differences"):
        sign_flip(np.array([]), 9, rng)
