from dataclasses import replace

import numpy as np
import pytest

from pipeline.evidence.variance import (
    _deviance,
    _roots,
    bootstrap_shares,
    evaluate,
    fit,
    independent,
    nested,
    share_interval,
    variance_split,
    within_between,
)
from tests.evidence.localities import SETTINGS, locality_world


def test_the_likelihood_is_that_of_the_whole_covariance_matrix() -> None:
    panel = locality_world(authorities=4, localities=3, years=3, missing=0.2)
    x = np.column_stack([np.ones(len(panel.year)), panel.controls[:, 0]])
    same_authority = panel.authority[:, None] == panel.authority
    same_locality = panel.locality[:, None] == panel.locality
    v = np.eye(len(panel.year)) + 0.6 * same_authority + 1.7 * same_locality
    z = np.column_stack([x, panel.outcome])
    d = nested(x, panel.outcome, panel.authority, panel.locality)
    found = evaluate(d, np.array([0.6]), np.array([1.7]))
    np.testing.assert_allclose(found.cross, [z.T @ np.linalg.solve(v, z)], rtol=1e-10)
    assert found.logdet == pytest.approx(np.linalg.slogdet(v)[1], rel=1e-12)


def test_an_authority_drawn_twice_is_two_authorities() -> None:
    panel = locality_world(authorities=12, localities=3, years=3, missing=0.2)
    x = np.ones((len(panel.year), 1))
    d = nested(x, panel.outcome, panel.authority, panel.locality)
    counts = np.random.default_rng(0).multinomial(12, np.full(12, 1 / 12), size=5)
    shares = bootstrap_shares(d, replace(SETTINGS, n_bootstrap=40))
    assert len(shares) == 40
    for weights in counts.astype(float):
        rows = [np.flatnonzero(panel.authority == g) for g in range(12)]
        picked = [rows[g] for g in range(12) for _ in range(int(weights[g]))]
        chosen = np.concatenate(picked)
        whose = np.repeat(np.arange(len(picked)), [len(one) for one in picked])
        spelled_out = fit(nested(x[chosen], panel.outcome[chosen], whose, panel.locality[chosen]))
        weighted = fit(replace(d, weights=weights[None]))
        assert weighted.loglik == pytest.approx(spelled_out.loglik, rel=1e-12)
        assert weighted.w_star == pytest.approx(spelled_out.w_star, abs=1e-8)


def test_no_other_variances_are_likelier_than_the_fit() -> None:
    """Of many panels fitted at once, each one is at its own minimum, inside or at a bound."""
    panel = locality_world(share=0.1, authorities=12, localities=3, years=3, missing=0.2)
    x = np.ones((len(panel.year), 1))
    whole = nested(x, panel.outcome, panel.authority, panel.locality)
    rng = np.random.default_rng(1)
    counts = rng.multinomial(12, np.full(12, 1 / 12), size=60).astype(float)
    d = replace(whole, weights=counts)
    theta, value = _roots(d, d.n - 1.0)
    assert (theta == 0).any()
    assert (theta > 0).all(axis=1).any()
    np.testing.assert_allclose(_deviance(theta, d, d.n - 1.0, True)[0], value, rtol=1e-12)
    for size in (1e-3, 0.05, 0.4, 2.0):
        for _ in range(10):
            other = np.abs(theta + size * rng.normal(size=theta.shape))
            assert (_deviance(other, d, d.n - 1.0, True)[0] >= value - 1e-9).all()


@pytest.mark.parametrize("reml", [True, False])
def test_the_gradient_is_that_of_the_deviance(reml: bool) -> None:
    panel = locality_world(authorities=6, missing=0.1)
    x = np.column_stack([np.ones(len(panel.year)), panel.controls])
    d = nested(x, panel.outcome, panel.authority, panel.locality)
    at, left = np.array([[0.5, 0.9]]), np.array([float(len(panel.year))])
    for i, step in enumerate(1e-5 * np.eye(2)):
        sides = [float(_deviance(at + sign * step, d, left, reml)[0][0]) for sign in (1, -1)]
        assert _deviance(at, d, left, reml)[1][0, i] == pytest.approx(
            (sides[0] - sides[1]) / 2e-5, rel=1e-6
        )


def test_balanced_panels_have_the_closed_form_of_the_analysis_of_variance() -> None:
    panel = locality_world(authorities=60, localities=5, years=3, seed=2)
    y = panel.outcome.reshape(60, 5, 3)
    found = fit(
        nested(np.ones((len(panel.year), 1)), panel.outcome, panel.authority, panel.locality)
    )
    resid = ((y - y.mean(axis=2, keepdims=True)) ** 2).sum() / (300 * 2)
    means = y.mean(axis=2)
    locality = means.var(axis=1, ddof=1).mean() - resid / 3
    authority = means.mean(axis=1).var(ddof=1) - (locality + resid / 3) / 5
    np.testing.assert_allclose(
        [found.authority, found.locality, found.resid], [authority, locality, resid], rtol=1e-6
    )


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_within_is_recovered(share: float) -> None:
    found = variance_split(
        locality_world(share=share, authorities=150, localities=5, seed=3), SETTINGS
    )
    assert found.w_star == pytest.approx(share, abs=0.08)
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert 0.05 < found.ci_high - found.ci_low < 0.3


def test_authorities_alone_leave_nothing_within() -> None:
    found = variance_split(locality_world(share=0.0, authorities=100), SETTINGS)
    assert found.w_star == pytest.approx(0.0, abs=0.05)
    assert found.ci_low == 0.0
    assert found.ci_high is not None
    assert found.ci_high < SETTINGS.w_star_min


def test_the_interval_covers_as_often_as_it_says() -> None:
    """60 panels at the rule's own threshold; nominal 95%, two and a half errors of .028."""
    inside = []
    for seed in range(60):
        panel = locality_world(share=0.2, authorities=30, years=3, seed=100 + seed)
        d = nested(np.ones((len(panel.year), 1)), panel.outcome, panel.authority, panel.locality)
        low, high = share_interval(d, fit(d), 0.95)
        inside.append(low <= 0.2 <= high)
    assert np.mean(inside) >= 0.88


def test_the_bootstrap_only_widens() -> None:
    panel = locality_world(authorities=30, missing=0.1)
    plain = variance_split(panel, SETTINGS)
    found = variance_split(panel, replace(SETTINGS, n_bootstrap=60))
    assert found.w_star == plain.w_star
    assert found.boot_low is not None
    assert found.boot_high is not None
    assert found.w_star is not None
    assert found.boot_low < found.w_star < found.boot_high
    assert found.ci_low == min(plain.ci_low or 0, found.boot_low)
    assert found.ci_high == max(plain.ci_high or 0, found.boot_high)


def test_one_year_cannot_tell_what_lasts() -> None:
    found = variance_split(locality_world(years=1), SETTINGS)
    assert found.w_star is None
    assert found.sigma2_locality is None
    assert found.ci_method == "none: no locality in more than one year"
    assert 0 < found.icc_authority < 1


def test_within_and_between_are_told_apart() -> None:
    """Leadership pulls within authorities and, the other way, between them."""
    panel = locality_world(authorities=150, seed=4)
    h = np.hstack(list(panel.leadership.values())).sum(axis=1)
    mean = (np.bincount(panel.authority, h) / np.bincount(panel.authority))[panel.authority]
    panel = replace(panel, outcome=panel.outcome + 0.3 * (h - mean) - 0.2 * mean)
    found = {row.term: row for row in within_between(panel)}
    unit = h.std(ddof=1) / panel.outcome.std(ddof=1)
    for term, truth in (("within", 0.3), ("between", -0.2), ("contextual", -0.5)):
        row = found[term]
        assert row.estimate is not None
        assert row.se is not None
        assert abs(row.estimate - truth * unit) < 3 * row.se
        assert row.se < 0.2
    assert found["contextual"].estimate == pytest.approx(
        (found["between"].estimate or 0) - (found["within"].estimate or 0)
    )


def test_columns_that_others_make_up_are_dropped() -> None:
    x = np.random.default_rng(1).normal(size=(20, 3))
    np.testing.assert_array_equal(
        independent(np.column_stack([x[:, :2], x[:, 0] - x[:, 1], x[:, 2], np.zeros(20)])), x
    )
