"""The truth of a world is what a very large draw of it shows, by plain least squares."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.calibration.designs import WITHIN, designs
from pipeline.calibration.worlds import (
    FUNDED,
    Block,
    Drawn,
    Levels,
    World,
    blocks_of,
    columns,
    draw,
    leading,
    sampled_truth,
    truth,
    unmasked,
    within_truth,
)
from pipeline.evidence.panel import Array, z_mean
from tests.evidence.worlds import SETTINGS

HARD = World(
    blocks_of(
        Block(effect=0.4, reliability=0.7, on_need=0.4, on_class=0.3, on_innovation=0.2, size=2),
        Block(effect=0.3, reliability=0.8, levels=FUNDED, on_need=-0.3, opposite=True, size=4),
    ),
    need_reliability=0.6,
    trusts=30,
)
"""A world with a little of everything."""


def r2(drawn: Drawn, *blocks: Array) -> float:
    x = np.column_stack([np.ones(len(drawn.earlier)), drawn.panel.controls, *blocks])
    y = drawn.panel.outcome - drawn.panel.outcome.mean()
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return float(1 - residual @ residual / (y @ y))


@pytest.fixture(scope="module")
def large() -> Drawn:
    return draw(replace(HARD, authorities=4000, trusts=3000), np.random.default_rng(1))


def test_the_true_v_is_that_of_a_large_draw(large: Drawn) -> None:
    known = truth(HARD, SETTINGS)
    base = r2(large)
    for side, names in {"v_h": ("leadership", "partnership"), "v_b": ("plans", "budgets")}.items():
        free = [large.panel.blocks[name] for name in names]
        means = [z_mean(x) for x in free]
        assert getattr(known["indicators"], side) == pytest.approx(
            r2(large, *free) - base, abs=0.01
        )
        assert getattr(known["composite"], side) == pytest.approx(
            r2(large, *means) - base, abs=0.01
        )
    assert known["indicators"].v_b > known["composite"].v_b + 0.02


def test_columns_have_variance_one_and_blocks_lie_at_their_levels(large: Drawn) -> None:
    assert large.panel.outcome.var() == pytest.approx(1, abs=0.05)
    for name, x in large.panel.blocks.items():
        assert x.var(axis=0) == pytest.approx(np.ones(x.shape[1]), abs=0.06), name
    exact = replace(HARD, blocks=blocks_of(Block(), Block(levels=FUNDED)))
    panel = draw(exact, np.random.default_rng(2)).panel
    cell = panel.authority * 10 + panel.year - panel.year.min()
    for name, constant in {"plans": True, "budgets": True, "leadership": False}.items():
        spread = [np.ptp(panel.blocks[name][cell == one], axis=0).max() for one in np.unique(cell)]
        assert (max(spread) < 1e-12) == constant, name


def test_the_lasting_share_within_is_that_of_a_large_draw() -> None:
    """From covariances of one place, and of two places of one authority, in different years."""
    world = replace(HARD, authorities=4000, trusts=2500, localities=2)
    panel = draw(world, np.random.default_rng(3)).panel
    y = panel.outcome.reshape(4000, 2, world.years)
    y = y - y.mean(axis=(0, 1))
    pairs = [(s, t) for s in range(world.years) for t in range(world.years) if s != t]
    same = np.mean([(y[:, :, s] * y[:, :, t]).mean() for s, t in pairs])
    other = np.mean([(y[:, 0, s] * y[:, 1, t]).mean() for s, t in pairs])
    assert within_truth(world, SETTINGS).w_star == pytest.approx((same - other) / same, abs=0.02)


def test_the_partial_r2_within_is_that_of_a_large_draw(large: Drawn) -> None:
    panel = large.panel
    cell = panel.authority * 10 + panel.year - panel.year.min()

    def centred(x: Array) -> Array:
        means = np.stack([np.bincount(cell, one) for one in x.T]) / np.bincount(cell)
        return x - means.T[cell]

    cell = np.unique(cell, return_inverse=True)[1]
    h = z_mean(np.hstack([panel.blocks["leadership"], panel.blocks["partnership"]]))
    both = centred(np.column_stack([panel.outcome, h, panel.controls[:, :2]]))
    y, x, controls = both[:, 0], both[:, 1], both[:, 2:]
    left = [v - controls @ np.linalg.lstsq(controls, v, rcond=None)[0] for v in (y, x)]
    known = within_truth(replace(HARD, trusts=3000), SETTINGS)
    assert known.partial_r2 == pytest.approx(np.corrcoef(*left)[0, 1] ** 2, abs=0.01)


def test_the_earlier_outcome_is_that_of_the_year_before_the_predictors() -> None:
    """A row of year t has the outcome of t + 1; t - 1 is that of the row two years up."""
    drawn = draw(HARD, np.random.default_rng(4))
    rows = {key: row for row, key in enumerate(zip(drawn.locality, drawn.panel.year, strict=True))}
    pairs = [(row, rows[place, year - 2]) for (place, year), row in rows.items() if year > 2014]
    now, two_up = np.array(pairs).T
    np.testing.assert_array_equal(drawn.earlier[now], drawn.panel.outcome[two_up])
    np.testing.assert_array_equal(np.isnan(drawn.earlier), drawn.panel.year == 2013)


def test_a_lead_is_what_was_asked_for() -> None:
    base = World(blocks_of(Block(reliability=0.5), Block(effect=0.2, levels=FUNDED)))
    for lead in (0.0, 0.1, 0.2):
        world = leading(base, lead, SETTINGS)
        assert truth(world, SETTINGS)["composite"].delta == pytest.approx(lead, abs=1e-9)


def test_a_penalty_takes_nothing_off_where_indicators_count_alike() -> None:
    v = [truth(HARD, SETTINGS, penalty)["indicators"].v_h for penalty in (0.0, 0.1, 1.0, 10.0)]
    assert v == pytest.approx([v[0]] * 4)
    assert v[0] > 0.2
    assert truth(HARD, SETTINGS, 1.0)["composite"] == truth(HARD, SETTINGS)["composite"]


def test_rows_go_missing_where_outcome_and_leadership_are_poor() -> None:
    world = World(blocks_of(Block(effect=0.33), Block(effect=0.33, levels=FUNDED)), missing=1.0)
    whole = draw(replace(world, missing=0.0), np.random.default_rng(5)).panel
    left = draw(world, np.random.default_rng(5)).panel
    assert 0.6 < len(left.year) / len(whole.year) < 0.95
    assert left.outcome.mean() > whole.outcome.mean() + 0.1
    assert left.blocks["leadership"].mean() > whole.blocks["leadership"].mean() + 0.05
    measured = sampled_truth(world, SETTINGS, np.random.default_rng(6), draws=1)
    assert measured.v_h < measured.v_b - 0.02


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    one, same, other = (draw(HARD, np.random.default_rng(seed)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one.panel.outcome, same.panel.outcome)
    assert not np.array_equal(one.panel.outcome, other.panel.outcome)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        Levels(authority=0.5, row=0.4)
    with pytest.raises(ValueError, match="more than the whole"):
        columns(World(blocks_of(Block(effect=0.9), Block(effect=0.9))))


def test_designs_say_what_they_are() -> None:
    known = designs(SETTINGS)
    assert set(WITHIN) <= set(known)
    for name, one in known.items():
        assert one.null("both") == (one.role == "null"), name
        if one.role == "lead":
            assert one.truth["composite"].delta >= 0.05 - 1e-9, name
    assert known["leadership_16"].truth["composite"].delta == pytest.approx(0.16)
    assert known["opposite_ways"].truth["indicators"].delta > 0.2
    assert known["opposite_ways"].null("composite")
    assert not known["opposite_ways"].null("indicators")
    for name in ("class_left_out", "need_measured_badly", "reverse"):
        assert known[name].truth["composite"].delta > 0.03
        assert known[name].effects == pytest.approx(0, abs=1e-9)
        assert unmasked(known[name].world) != known[name].world
    within = {name: one.within for name, one in known.items() if one.within}
    assert {name for name, one in within.items() if one.partial_r2 < 1e-9} == {
        "nothing",
        "authority_only",
        "need_confounded",
        "shared_trusts_nothing",
        "uneven_nothing",
    }
