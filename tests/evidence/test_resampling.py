import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.evidence.resampling import (
    Jackknife,
    bootstrap_weights,
    jackknife,
    lead_bounds,
    wider,
    with_roots,
)


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


def leads(
    v_h: float, v_b: float, spread: float, size: int, *, seed: int = 3, together: float = 0.0
) -> Jackknife:
    """A jackknife of two shares, each root with the same spread, and the roots' correlation."""
    roots = np.sqrt([v_h, v_b])
    moved = np.random.default_rng(seed).normal(size=(size, 2))
    moved = (moved - moved.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(moved.T)).T)
    moved[:, 1] = together * moved[:, 0] + np.sqrt(1.0 - together**2) * moved[:, 1]
    replicates = (roots + moved * spread / (size - 1)) ** 2
    estimate = with_roots(roots[None, :1] ** 2, roots[None, 1:] ** 2)[0]
    return jackknife(estimate, with_roots(replicates[:, :1], replicates[:, 1:]))


def test_limits_of_a_lead_are_recovered_from_those_of_roots() -> None:
    """With independent shares, as Zou and Donner's formula has them on intervals of the roots."""
    v, se, size = np.array([0.16, 0.01]), 0.05, 4001
    own = leads(0.16, 0.01, se * np.sqrt(size), size)
    assert_allclose(own.se[3:, 0], se, rtol=0.001)
    reach = stats.t.ppf(0.975, size - 1) * own.se[3:, 0]
    low, high = np.maximum(np.sqrt(v) - reach, 0) ** 2, (np.sqrt(v) + reach) ** 2
    centre = own.centre()[0, 0]
    recovered = (
        centre - np.hypot(v[0] - low[0], high[1] - v[1]),
        centre + np.hypot(high[0] - v[0], v[1] - low[1]),
    )
    plain = np.ravel(own.part(slice(0, 1)).interval(0.95))
    found = lead_bounds([own], 0.95)
    assert_allclose(found.low, min(recovered[0], plain[0]), rtol=0.01)
    assert_allclose(found.high, max(recovered[1], plain[1]), rtol=0.01)
    assert recovered[1] > plain[1] + 0.005  # a large share may be larger still


def test_shares_that_move_together_make_a_narrower_interval_and_apart_a_wider() -> None:
    """Zou and Donner's formula with the shares' correlation."""
    v, se, size = np.array([0.25, 0.16]), 0.05, 4001
    for together in (0.6, -0.6):
        own = leads(0.25, 0.16, se * np.sqrt(size), size, together=together)
        reach = stats.t.ppf(0.975, size - 1) * own.se[3:, 0]
        below, above = v - (np.sqrt(v) - reach) ** 2, (np.sqrt(v) + reach) ** 2 - v
        centre, plain = own.centre()[0, 0], np.ravel(own.part(slice(0, 1)).interval(0.95))
        low, high = (
            np.sqrt(one**2 + other**2 - 2 * together * one * other)
            for one, other in ((below[0], above[1]), (above[0], below[1]))
        )
        found = lead_bounds([own], 0.95)
        assert_allclose(found.low, min(centre - low, plain[0]), rtol=0.02)
        assert_allclose(found.high, max(centre + high, plain[1]), rtol=0.02)


def test_a_lead_s_interval_is_never_inside_the_jackknife_and_of_the_wider_clustering() -> None:
    each = [leads(0.02, 0.09, 0.3, 60), leads(0.02, 0.09, 0.3, 12)]
    bounds = [lead_bounds([one], 0.95) for one in each]
    for one, bound in zip(each, bounds, strict=True):
        low, high = one.part(slice(0, 1)).interval(0.95)
        assert (bound.low <= low[0]).all()
        assert (bound.high >= high[0]).all()
    both = lead_bounds(each, 0.95)
    widths = [float((one.high - one.low)[0]) for one in bounds]
    assert widths[1] > widths[0]
    assert both.second.all()
    assert_allclose([both.low, both.high], [bounds[1].low, bounds[1].high])


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
