"""All subsets against statsmodels, LMG against relaimpo's published values and its definition."""

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from pipeline.evidence.moments import design, moments
from pipeline.evidence.panel import Array, Panel
from pipeline.evidence.resampling import bootstrap_weights
from pipeline.evidence.subsets import (
    MOST,
    entries,
    indicator_importance,
    indicator_values,
    subset_gains,
)
from tests.evidence.worlds import world

REFERENCE = Path(__file__).parent.parent / "reference"


def r2(panel: Panel, x: Array, keep: Array, weights: Array) -> float:
    """R2 of controls and the chosen indicators by weighted least squares."""
    columns = np.column_stack([np.ones(len(x)), panel.controls, x[:, keep]])
    return float(sm.WLS(panel.outcome, columns, weights=weights).fit().rsquared)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return world(h=0.2, b=0.1, authorities=30)


def test_every_subset_is_that_of_statsmodels(panel: Panel) -> None:
    d = design(panel)
    columns, x = d.columns(tuple(d.blocks)), np.hstack(list(panel.blocks.values()))
    by_authority = moments(d.x, panel.outcome[:, None], panel.authority, 30)
    draws = bootstrap_weights(30, 2, np.random.default_rng(1))
    found = subset_gains(by_authority.weighted(draws), d.controls, columns)
    assert found.shape == (64, 2)
    for one, weights in enumerate(draws[:, panel.authority]):
        base = r2(panel, x, np.zeros(6, dtype=bool), weights)
        expected = [
            r2(panel, x, (subset >> np.arange(6) & 1).astype(bool), weights) - base
            for subset in range(64)
        ]
        assert_allclose(found[:, one], expected, atol=1e-9)


def swiss(*always: str) -> tuple[Panel, list[str]]:
    """The provinces of swiss, one cluster each; some columns are controls."""
    columns = np.genfromtxt(REFERENCE / "swiss.csv", delimiter=",", names=True, deletechars='"')
    names = [name for name in columns.dtype.names if name not in ("rownames", "Fertility", *always)]
    n = len(columns)
    panel = Panel(
        outcome=columns["Fertility"].astype(float),
        controls=np.column_stack([np.empty((n, 0)), *(columns[name] for name in always)]),
        blocks={"all": np.column_stack([columns[name].astype(float) for name in names])},
        authority=np.arange(n),
        dominant_trust=None,
        year=np.zeros(n, dtype=np.int64),
    )
    return panel, names


@pytest.mark.parametrize("always", [(), ("Education",)])
def test_relaimpo_has_the_same_values(always: tuple[str, ...]) -> None:
    """LMG, first and last of relaimpo 2.2-7, with and without a regressor that is always in."""
    published = json.loads((REFERENCE / "relaimpo_swiss.json").read_text())
    published = published["always_Education"] if always else published
    panel, names = swiss(*always)
    values = indicator_importance(panel, 0.95).values.estimate
    for row, kind in enumerate(("lmg", "first", "last")):
        expected = [published[kind][name] for name in names]
        assert_allclose(values[row], expected, rtol=1e-9)


def test_the_shapley_value_is_the_mean_over_all_orders_of_entry() -> None:
    gains = np.random.default_rng(2).random((16, 3))
    gains[0] = 0.0
    expected = np.zeros((4, 3))
    for order in permutations(range(4)):
        before = 0
        for player in order:
            expected[player] += (gains[before | 1 << player] - gains[before]) / 24
            before |= 1 << player
    shapley, first, last = entries(gains)
    assert_allclose(shapley, expected, atol=1e-12)
    assert_allclose(shapley.sum(axis=0), gains[15], atol=1e-12)
    assert_allclose(first[2], gains[4])
    assert_allclose(last[2], gains[15] - gains[11])


def test_first_last_and_the_sum_are_those_of_refits(panel: Panel) -> None:
    single = replace(panel, blocks={name: x[:, :1] for name, x in panel.blocks.items()})
    found = indicator_importance(single, 0.95)
    assert found.blocks == ("leadership", "partnership", "budgets")
    x = np.hstack(list(single.blocks.values()))
    everyone = np.ones(len(x))
    base, full = (r2(single, x, np.full(3, keep), everyone) for keep in (False, True))
    assert_allclose(found.values.estimate[0].sum(), full - base, atol=1e-9)
    for player in range(3):
        alone = np.arange(3) == player
        assert_allclose(found.values.estimate[1, player], r2(single, x, alone, everyone) - base)
        assert_allclose(found.values.estimate[2, player], full - r2(single, x, ~alone, everyone))


def test_standard_errors_are_those_of_refits_without_each_cluster(panel: Panel) -> None:
    one = replace(panel, dominant_trust=None)
    found = indicator_importance(one, 0.95).values
    x = np.hstack(list(panel.blocks.values()))
    last = np.arange(6) != 5

    def worth(keep: Array) -> float:
        everything = r2(panel, x, np.ones(6, dtype=bool), keep.astype(float))
        return everything - r2(panel, x, last, keep.astype(float))

    without = np.array([worth(panel.authority != g) for g in range(30)])
    assert_allclose(found.se[2, 5], without.std() * np.sqrt(29), rtol=1e-6)
    wide = indicator_importance(panel, 0.95).values
    assert (wide.se >= found.se * 0.999).all()
    assert wide.second.any()


def test_a_doubled_indicator_shares_with_its_twin_and_a_constant_gets_nothing(panel: Panel) -> None:
    budgets = panel.blocks["budgets"]
    odd = np.column_stack([budgets, 3.0 * budgets[:, 0] + 1.0, np.full(len(budgets), 5.0)])
    values = indicator_importance(
        replace(panel, blocks={**panel.blocks, "budgets": odd}), 0.95
    ).values.estimate
    assert_allclose(values[0, 4], values[0, 6], atol=1e-12)
    assert_allclose(values[2, [4, 6]], 0.0, atol=1e-9)
    assert_allclose(values[:, 7], 0.0, atol=1e-12)


def test_chunks_make_no_difference(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    d = design(panel)
    groups = moments(d.x, panel.outcome[:, None], panel.authority, 30)
    draws = groups.weighted(bootstrap_weights(30, 7, np.random.default_rng(1)))
    whole = indicator_values(draws, d.controls, d.columns(tuple(d.blocks)))
    assert whole.shape == (7, 3, 6)
    monkeypatch.setattr("pipeline.evidence.subsets.CHUNK", 128)
    parts = indicator_values(draws, d.controls, d.columns(tuple(d.blocks)))
    assert_allclose(parts, whole, rtol=0, atol=1e-14)


def test_too_many_indicators_are_an_error(panel: Panel) -> None:
    many = np.random.default_rng(0).normal(size=(len(panel.year), MOST + 1))
    with pytest.raises(ValueError, match=f"at most {MOST}"):
        indicator_importance(replace(panel, blocks={"leadership": many}), 0.95)
