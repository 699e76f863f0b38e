"""Cinelli and Hazlett's Darfur example, and simulated confounders."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.evidence.panel import Array
from pipeline.evidence.sensitivity import (
    Confounder,
    adjusted,
    benchmark,
    group_partial_r2,
    group_robustness_value,
    partial_r2,
)

# Cinelli and Hazlett (2020), table 1, and the example of R package sensemakr (GPL-3).
T, DF = 4.18445, 783


def robustness_value(t: float, df: float, q: float = 1.0, alpha: float | None = None) -> float:
    """Of one column."""
    return group_robustness_value(t**2, 1, df, q, alpha)


def test_darfur() -> None:
    """Published to five decimals."""
    assert partial_r2(T, DF) == pytest.approx(0.02187, abs=5e-6)
    assert robustness_value(T, DF) == pytest.approx(0.13878, abs=5e-6)
    assert robustness_value(T, DF, alpha=0.05) == pytest.approx(0.07626, abs=5e-6)
    assert robustness_value(-T, DF) == robustness_value(T, DF)


@pytest.mark.parametrize(
    ("times", "shares", "estimate", "se", "t"),
    [
        (1, (0.0092, 0.1246), 0.0752, 0.0219, 3.4389),
        (2, (0.0183, 0.2493), 0.0529, 0.0204, 2.6002),
        (3, (0.0275, 0.3741), 0.0304, 0.0187, 1.6281),
    ],
)
def test_darfur_benchmarks(
    times: int, shares: tuple[float, float], estimate: float, se: float, t: float
) -> None:
    """Confounders 1, 2 and 3 times as strong as being female; t -9.789 and -2.680, published."""
    confounder = benchmark(partial_r2(-2.680, DF), partial_r2(-9.789, DF), times, times)
    found = (confounder.with_column, confounder.with_outcome)
    assert found == pytest.approx(shares, abs=6e-5)
    left = adjusted(0.09731582, 0.02325654, DF, confounder)
    assert left.estimate == pytest.approx(estimate, abs=6e-5)
    assert left.se == pytest.approx(se, abs=6e-5)
    # The t statistics that go in are published to three decimals.
    assert left.t == pytest.approx(t, abs=2e-3)


def test_a_confounder_of_the_robustness_value_takes_everything_away() -> None:
    for q in (0.5, 1.0):
        rv = robustness_value(T, DF, q)
        left = adjusted(-0.0973, 0.0973 / T, DF, Confounder(rv, rv))
        assert left.estimate == pytest.approx(-0.0973 * (1 - q), abs=1e-12)


def test_one_of_the_robustness_value_with_alpha_leaves_a_t_at_the_limit() -> None:
    rv = robustness_value(T, DF, alpha=0.05)
    left = adjusted(0.0973, 0.0973 / T, DF, Confounder(rv, rv))
    assert left.t == pytest.approx(stats.t.isf(0.025, DF - 1), abs=1e-9)


def fit(y: Array, x: Array, given: Array) -> tuple[float, float, int]:
    """F statistic of columns x given other columns, coefficient of the first, residual df."""
    whole = np.column_stack([x, given])
    beta, small = (np.linalg.lstsq(m, y, rcond=None)[0] for m in (whole, given))
    sse, base = ((y - whole @ beta) ** 2).sum(), ((y - given @ small) ** 2).sum()
    df = len(y) - whole.shape[1]
    return (base - sse) / x.shape[1] / (sse / df), float(beta[0]), df


@pytest.fixture
def data() -> tuple[Array, Array, Array]:
    """Outcome, confounder and [column, others] with an intercept at the end."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=400)
    x = 0.6 * z + rng.normal(size=400)
    others = rng.normal(size=(400, 2))
    y = 0.3 * x + 0.8 * z + others[:, 0] + rng.normal(size=400)
    return y, z, np.column_stack([x, others, np.ones(400)])


def test_the_bias_is_that_of_a_real_confounder(data: tuple[Array, Array, Array]) -> None:
    """Leave a column out on purpose: the formula gives the coefficient with it, exactly."""
    y, z, x = data
    f, short, df = fit(y, x[:, :1], x[:, 1:])
    _, long, _ = fit(y, x[:, :1], np.column_stack([z, x[:, 1:]]))
    strength = []
    for outcome, given in ((x[:, 0], x[:, 1:]), (y, x)):
        part, _, left = fit(outcome, z[:, None], given)
        strength.append(group_partial_r2(part, 1, left))
    se = abs(short) / np.sqrt(f)
    assert adjusted(short, se, df, Confounder(*strength)).estimate == pytest.approx(long, abs=1e-9)


def test_a_group_of_one_is_a_column_and_a_block_is_its_fitted_index(
    data: tuple[Array, Array, Array],
) -> None:
    y, _, x = data
    f, _, df = fit(y, x[:, :1], x[:, 1:])
    assert group_partial_r2(f, 1, df) == pytest.approx(partial_r2(np.sqrt(f), df))
    block, given = x[:, :3], x[:, 3:]
    f, _, df = fit(y, block, given)
    index = block @ np.linalg.lstsq(x, y, rcond=None)[0][:3]
    alone, _, df_index = fit(y, index[:, None], given)
    assert_allclose(group_partial_r2(f, 3, df), group_partial_r2(alone, 1, df_index))
    assert_allclose(
        group_robustness_value(f, 3, df), robustness_value(np.sqrt(alone), df_index), rtol=1e-9
    )


def test_with_alpha_a_block_has_no_robustness_just_where_its_f_test_fails() -> None:
    limit = stats.f.isf(0.05, 4, 99)
    # One degree of freedom goes to the confounder: critical F at df - 1, scaled back to df.
    edge = limit * 100 / 99
    assert group_robustness_value(edge * 0.999, 4, 100, alpha=0.05) == 0
    assert 0 < group_robustness_value(edge * 1.001, 4, 100, alpha=0.05) < 0.01


def test_a_huge_effect_uses_the_bound_that_then_holds() -> None:
    """Where reach times critical f passes 1, no confounder explains more of the outcome than all.

    The adjusted t at (column share = value, best outcome share) sits at the limit.
    """
    t, df, alpha = 60.0, 10, 0.05
    rv = robustness_value(t, df, alpha=alpha)
    limit = stats.t.isf(alpha / 2, df - 1)

    def least_t(column: float) -> float:
        shares = np.linspace(0, 1 - 1e-9, 200_001)
        bias = np.sqrt(df * shares * column / (1 - column))
        left = (t - bias) / np.sqrt((1 - shares) / (1 - column) * df / (df - 1))
        return float(left[shares <= column].min())

    assert 0.9 < rv < 1
    assert least_t(rv) == pytest.approx(limit, rel=1e-3)
    assert least_t(rv - 0.01) > limit


def test_impossible_requests_are_refused() -> None:
    for arguments in ({"df": 1}, {"df": 10, "q": 0}, {"df": 10, "alpha": 1}):
        with pytest.raises(ValueError, match="no robustness value"):
            robustness_value(2.0, **arguments)
    with pytest.raises(ValueError, match="no confounder"):
        benchmark(0.4, 0.1, 3.0)
    assert benchmark(0.3, 0.6, 1.0, 5.0).with_outcome == 1.0
