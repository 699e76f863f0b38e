"""The wild cluster bootstrap against refits of every set of signs by statsmodels."""

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm

from pipeline.evidence.panel import Array, Ints
from pipeline.evidence.wild import wild_test

Rows = tuple[Array, Array, Array, Ints]


def rows(columns: int, seed: int = 0, effect: float = 0.3) -> Rows:
    """Seven clusters of unequal size with a shock each."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(7), [3, 4, 5, 6, 7, 8, 9])
    shock = rng.normal(size=(7, 1 + columns))
    base = np.column_stack([np.ones(len(codes)), rng.normal(size=len(codes))])
    added = shock[codes, 1:] + rng.normal(size=(len(codes), columns))
    y = effect * added[:, 0] + 0.5 * base[:, 1] + shock[codes, 0] + rng.normal(size=len(codes))
    return y, base, added, codes


def refitted(y: Array, base: Array, added: Array, codes: Ints) -> tuple[float, float]:
    """Wald statistic by clusters, and its p over all sets of signs, every one refitted."""
    x = np.column_stack([base, added])
    restriction = np.eye(x.shape[1])[base.shape[1] :]

    def wald(outcome: Array) -> float:
        fit = sm.OLS(outcome, x).fit(
            cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}
        )
        return float(np.squeeze(fit.wald_test(restriction, use_f=False, scalar=True).statistic))

    null = sm.OLS(y, base).fit()
    observed = wald(y)
    drawn = [
        wald(null.fittedvalues + null.resid * np.array(signs)[codes])
        for signs in product([1, -1], repeat=7)
    ]
    return observed, float(np.mean(np.array(drawn) >= observed * (1 - 1e-6)))


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("effect", [0.0, 0.6])
def test_every_set_of_signs_is_a_refit(columns: int, effect: float) -> None:
    one = rows(columns, effect=effect)
    found = wild_test(*one, n=99, seed=1)
    assert found is not None
    assert (found.exact, found.n, found.columns) == (True, 128, columns)
    statistic, p = refitted(*one)
    assert found.statistic == pytest.approx(statistic, rel=1e-8)
    assert found.p == pytest.approx(p)
    assert found.p >= 2 / 128  # as they are and all turned round: ties count


def test_with_many_clusters_signs_are_drawn_and_agree_with_all_of_them() -> None:
    y, base, added, codes = rows(1)
    double = np.concatenate([codes, codes + 7, codes + 14])
    many = tuple(np.concatenate([part, part, part]) for part in (y, base, added))
    found = wild_test(*many, double, n=1999, seed=1)
    again = wild_test(*many, double, n=1999, seed=1)
    assert found is not None
    assert found == again
    assert (found.exact, found.n) == (False, 2000)
    other = wild_test(*many, double, n=1999, seed=2)
    assert other is not None
    assert found.p == pytest.approx(other.p, abs=0.04)


def test_its_size_is_nominal_with_eight_clusters() -> None:
    """400 worlds without an effect in which predictor and outcome both have a shock a cluster."""
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(8), [2, 3, 4, 5, 6, 8, 12, 20])
    hits = 0
    for _ in range(400):
        shock = rng.normal(size=(8, 2))
        x, y = (shock[codes, i] + rng.normal(size=len(codes)) for i in (0, 1))
        found = wild_test(y, np.ones((len(codes), 1)), x[:, None], codes, n=99, seed=0)
        assert found is not None
        hits += found.p < 0.05
    assert hits / 400 < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_nothing_added_is_no_test() -> None:
    y, base, _, codes = rows(1)
    assert wild_test(y, base, base[:, 1:], codes, n=99, seed=0) is None
    assert wild_test(base[:, 1], base, np.ones((len(y), 1)), codes, n=99, seed=0) is None
