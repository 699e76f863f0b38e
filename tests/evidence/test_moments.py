"""Fits from cross-products against stacked least squares on the rows."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipeline.evidence.moments import (
    design,
    explained,
    fit,
    loss,
    loss_of_mean,
    moments,
    net_of_controls,
)
from pipeline.evidence.panel import Panel
from tests.evidence.worlds import awkward, predict, sse, sse_of_index, unbalanced, world


@pytest.fixture(params=[world, lambda: awkward(world())], ids=["plain", "rank-deficient"])
def panel(request: pytest.FixtureRequest) -> Panel:
    return request.param()


def test_every_deletion_agrees_with_least_squares_on_its_rows(panel: Panel) -> None:
    d, y = design(panel), panel.outcome - panel.outcome.mean()
    groups = moments(d.x, y[:, None], panel.authority, 60)
    columns = d.columns(("leadership", "partnership"))
    x = np.column_stack([panel.blocks["leadership"], panel.blocks["partnership"]])
    for penalty in (0.0, 0.3):
        net = net_of_controls(groups.without_each(), d.controls)
        found = fit(net, columns, penalty)
        inside = found.sse[:, 0]
        outside = loss(groups, found.coefficients(net))[:, 0]
        mean = loss_of_mean(groups, net)[:, 0]
        for g in range(60):
            test = panel.authority == g
            expected = sse(panel.controls, x, panel.outcome, ~test, test, penalty=penalty)
            assert_allclose(outside[g], expected, rtol=1e-9)
            free = sse_of_index(panel.controls, x, panel.outcome, ~test, penalty)
            assert_allclose(inside[g], free, rtol=1e-9)
            centred = panel.outcome[test] - panel.outcome[~test].mean()
            assert_allclose(mean[g], (centred**2).sum(), rtol=1e-9)


def test_a_dummy_that_vanishes_from_the_training_rows_predicts_nothing() -> None:
    """Ten classes of one authority each: what rounding leaves of their dummies must not count."""
    panel = unbalanced(world())
    dummies = panel.authority[:, None] == np.arange(10)
    panel = replace(panel, controls=np.column_stack([panel.controls, dummies]))
    d, x = design(panel), panel.blocks["budgets"]
    groups = moments(d.x, panel.outcome[:, None] - panel.outcome.mean(), panel.authority, 60)
    net = net_of_controls(groups.without_each(), d.controls)
    coefficients = fit(net, d.columns(("budgets",)), 0.0).coefficients(net)
    found = loss(groups, coefficients)[:, 0]
    assert list(net.rank[:12]) == [15] * 10 + [16] * 2
    for g in range(12):
        test = panel.authority == g
        assert_allclose(found[g], sse(panel.controls, x, panel.outcome, ~test, test), rtol=1e-8)


def test_collinear_and_constant_block_columns_count_once(panel: Panel) -> None:
    d = design(panel)
    doubled = Panel(
        panel.outcome,
        panel.controls,
        {
            "budgets": np.column_stack(
                [
                    panel.blocks["budgets"],
                    panel.blocks["budgets"] @ [1, 2],
                    panel.controls[:, 1],
                    np.full(len(panel.year), 5.0),
                ]
            )
        },
        panel.authority,
        None,
        panel.year,
    )
    y = (panel.outcome - panel.outcome.mean())[:, None]
    found = []
    for one, columns in ((d, d.columns(("budgets",))), (design(doubled), None)):
        chosen = one.columns(("budgets",)) if columns is None else columns
        whole = moments(one.x, y, panel.authority, 60).total()
        found.append(explained(whole, one.controls, [chosen], 0.0))
    assert_allclose(found[0].r2, found[1].r2, rtol=1e-10)
    assert_allclose(found[1].df, 2)
    assert_allclose(found[0].adjusted, found[1].adjusted, rtol=1e-10)


def test_effective_parameters_are_the_trace_of_the_hat_matrix() -> None:
    panel = world(authorities=12)
    d = design(panel)
    everyone = np.ones(len(panel.year), dtype=bool)
    x = panel.blocks["budgets"]
    hat = 0.0
    for i in range(len(panel.year)):
        unit = np.zeros(len(panel.year))
        unit[i] = 1.0
        full = predict(panel.controls, x, unit, everyone, everyone, penalty=0.7)[i]
        hat += full - predict(panel.controls, x[:, :0], unit, everyone, everyone)[i]
    y = (panel.outcome - panel.outcome.mean())[:, None]
    net = net_of_controls(moments(d.x, y, panel.authority, 12).total(), d.controls)
    assert_allclose(fit(net, d.columns(("budgets",)), 0.7).df, [hat], rtol=1e-9)


def test_many_outcomes_at_once_are_each_on_their_own() -> None:
    panel = world()
    d = design(panel)
    outcomes = np.column_stack([panel.outcome, panel.controls[:, 0], panel.blocks["budgets"]])
    outcomes -= outcomes.mean(axis=0)
    sets = [d.columns(("leadership",)), d.columns(("budgets",))]
    together = explained(
        moments(d.x, outcomes, panel.authority, 60).without_each(), d.controls, sets, 0.1
    ).r2
    for m in range(outcomes.shape[1]):
        alone = explained(
            moments(d.x, outcomes[:, [m]], panel.authority, 60).without_each(),
            d.controls,
            sets,
            0.1,
        ).r2
        assert_allclose(together[:, :, [m]], alone, rtol=1e-10, atol=1e-12)


def test_a_weighted_sum_is_the_rows_repeated() -> None:
    panel = world(authorities=20)
    d, y = design(panel), panel.outcome[:, None]
    weights = np.random.default_rng(0).integers(0, 3, size=20)
    rows = np.repeat(np.arange(len(y)), weights[panel.authority])
    whole = moments(d.x[rows], y[rows], np.zeros(len(rows), dtype=np.int64), 1)
    drawn = moments(d.x, y, panel.authority, 20).weighted(weights[None].astype(float))
    for found, expected in ((drawn.xx, whole.xx), (drawn.xy, whole.xy), (drawn.yy, whole.yy)):
        assert_allclose(found, expected, atol=1e-10)
    assert_allclose(drawn.n, [len(rows)])
