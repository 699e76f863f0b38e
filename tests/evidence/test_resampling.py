import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.evidence.resampling import bootstrap_weights, jackknife, wider


def test_jackknife_of_a_mean_is_the_textbook_standard_error() -> None:
    x = np.random.default_rng(0).normal(1.0, 2.0, size=25)
    deleted = np.array([np.delete(x, i).mean() for i in range(25)])
    found = jackknife(np.array([x.mean()]), deleted[:, None])
    assert_allclose(found.se, x.std(ddof=1) / 5)
    assert_allclose(found.bias, 0, atol=1e-12)
    assert_allclose(
        np.ravel(found.interval(0.95)), stats.ttest_1samp(x, 0).confidence_interval(0.95)
    )
    assert_allclose(found.p_one_sided(), stats.ttest_1samp(x, 0, alternative="greater").pvalue)
    one_sided = stats.ttest_1samp(x, 0, alternative="less").confidence_interval(0.95).high
    assert_allclose(found.upper(0.95), one_sided)


def test_bias_correction_makes_the_variance_unbiased() -> None:
    x = np.random.default_rng(1).normal(size=12)
    deleted = np.array([np.delete(x, i).var() for i in range(12)])
    found = jackknife(np.array([x.var()]), deleted[:, None])
    assert_allclose(found.centre(), x.var(ddof=1))
    assert_allclose(found.centre(corrected=False), x.var())


def test_the_wider_interval_is_taken_estimate_by_estimate() -> None:
    rng = np.random.default_rng(2)
    estimate = np.array([0.1, 0.2])
    first = jackknife(estimate, estimate + rng.normal(size=(40, 2)) * [0.001, 0.01])
    second = jackknife(estimate, estimate + rng.normal(size=(15, 2)) * [0.01, 0.001])
    both = wider(first, second, 0.95)
    assert list(both.second) == [True, False]
    assert list(both.clusters) == [15, 40]
    for i, source in enumerate((second, first)):
        assert_allclose(np.array(both.interval(0.95))[:, i], np.array(source.interval(0.95))[:, i])
        assert both.upper(0.95)[i] == source.upper(0.95)[i]


def test_nothing_that_varies_is_no_evidence() -> None:
    flat = jackknife(np.zeros(1), np.zeros((9, 1)))
    assert_allclose(flat.p_one_sided(), 1)


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        jackknife(np.zeros(1), np.zeros((1, 1)))
    with pytest.raises(ValueError, match="at least 2"):
        jackknife(np.zeros(2), np.zeros((9, 1)))


def test_bootstrap_draws_whole_samples() -> None:
    weights = bootstrap_weights(30, 500, np.random.default_rng(0))
    assert weights.shape == (500, 30)
    assert (weights.sum(axis=1) == 30).all()
    assert abs(weights.mean() - 1) < 1e-12
    assert abs(weights.var() - 29 / 30) < 0.05
    assert abs(weights.mean(axis=0) - 1).max() < 4 * np.sqrt(29 / 30 / 500)
