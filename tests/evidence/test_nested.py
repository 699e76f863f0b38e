import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipeline.evidence.nested import classic_f, robust_f
from pipeline.evidence.panel import standardise


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(20), 5)
    base = np.column_stack([np.ones(100), standardise(rng.normal(size=(100, 2)))])
    added = standardise(rng.normal(size=(100, 3)))
    y = added[:, 0] * 0.2 + rng.normal(size=20)[codes] + rng.normal(size=100)
    return y, base, added, codes


def test_redundant_columns_change_nothing(data: tuple) -> None:
    y, base, added, codes = data
    more_base = np.column_stack([base, base[:, 1] - base[:, 2]])
    more_added = np.column_stack([added, added @ [1, 1, 0], base[:, 1], np.zeros(100)])
    for found, expected in (
        (classic_f(y, more_base, more_added), classic_f(y, base, added)),
        (robust_f(y, more_base, more_added, codes), robust_f(y, base, added, codes)),
    ):
        assert (found.df1, expected.df1) == (3, 3)
        assert_allclose(
            [found.statistic, found.df2, found.p],
            [expected.statistic, expected.df2, expected.p],
            rtol=1e-9,
        )


def test_nothing_added_is_no_test(data: tuple) -> None:
    y, base, _, codes = data
    for found in (classic_f(y, base, base[:, 1:]), robust_f(y, base, base[:, 1:], codes)):
        assert found.df1 == 0
        assert np.isnan(found.p)


def test_the_robust_test_keeps_its_size_where_the_classic_one_does_not() -> None:
    """Predictors and residuals that vary by authority: classic F takes rows for evidence."""
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(30), 6)
    rejected = np.zeros(2)
    for _ in range(300):
        added = standardise(rng.normal(size=(30, 2))[codes])
        y = rng.normal(size=30)[codes] + 0.5 * rng.normal(size=180)
        base = np.ones((180, 1))
        rejected += [classic_f(y, base, added).p < 0.05, robust_f(y, base, added, codes).p < 0.05]
    assert rejected[0] / 300 > 0.3
    assert rejected[1] / 300 < 0.08
