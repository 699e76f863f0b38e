from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipeline.evidence.panel import Array
from pipeline.evidence.quality import cronbach_alpha
from pipeline.evidence.reliability import (
    _one_factor,
    disattenuated,
    equalise,
    omega_total,
    respondent_reliability,
)
from tests.evidence.worlds import world


def congeneric(loadings: list[float], n: int = 50_000, seed: int = 0) -> Array:
    """Standardised items of one factor with the given loadings."""
    rng = np.random.default_rng(seed)
    weights = np.array(loadings)
    return rng.normal(size=(n, 1)) * weights + rng.normal(size=(n, len(weights))) * np.sqrt(
        1 - weights**2
    )


def test_omega_recovers_the_loadings_and_exceeds_alpha_when_they_differ() -> None:
    loadings = [0.9, 0.7, 0.5, 0.3]
    items = congeneric(loadings)
    truth = 2.4**2 / (2.4**2 + sum(1 - x**2 for x in loadings))
    assert omega_total(items) == pytest.approx(truth, abs=0.005)
    standardised = (items - items.mean(axis=0)) / items.std(axis=0)
    assert omega_total(items) > cronbach_alpha(standardised) + 0.01


def test_omega_of_equal_loadings_is_alpha() -> None:
    items = congeneric([0.7, 0.7, 0.7, 0.7])
    assert omega_total(items) == pytest.approx(cronbach_alpha(items), abs=0.002)


def test_omega_is_free_of_units_and_of_the_order_of_items() -> None:
    items = congeneric([0.9, 0.7, 0.5, 0.3], n=60)
    assert omega_total(items[:, ::-1] * 100 + 3) == pytest.approx(omega_total(items), abs=1e-6)


def test_one_factor_leaves_the_likelihood_no_higher_place() -> None:
    """Each uniqueness moved a little fits worse; without a fit there is no omega."""
    items = congeneric([0.9, 0.7, 0.5, 0.3, 0.6], n=80)
    correlations = np.corrcoef(items.T)
    found = _one_factor(correlations)
    assert found is not None
    loadings, unique = found

    def distance(unique: Array) -> float:
        fitted = correlations / np.sqrt(np.outer(unique, unique))
        rest = np.linalg.eigvalsh(fitted)[:-1]
        return float((rest - np.log(rest) - 1).sum())

    assert loadings**2 + unique == pytest.approx(np.ones(5), abs=1e-8)
    for one in 1e-4 * np.eye(5):
        assert min(distance(unique + one), distance(unique - one)) > distance(unique)
    twice = np.column_stack([items[:, 0], items[:, 0] + 1e-9 * items[:, 1], items[:, 2:]])
    assert omega_total(twice) is None


def test_omega_needs_three_items_that_vary() -> None:
    items = congeneric([0.7, 0.7, 0.7], n=30)
    for bad in (items[:, :2], items[:3]):
        with pytest.raises(ValueError, match="at least 3 items"):
            omega_total(bad)
    with pytest.raises(ValueError, match="does not vary"):
        omega_total(np.column_stack([items, np.ones(30)]))


def test_reliability_of_means_of_respondents() -> None:
    """True variance 1; 25 respondents of variance 10 each: 1 / (1 + 10/25)."""
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(20_000, 1)) + np.sqrt(10) * rng.normal(size=(20_000, 25))
    found = respondent_reliability(answers.mean(axis=1), answers.var(axis=1, ddof=1) / 25)
    assert found == pytest.approx(1 / 1.4, abs=0.01)


def test_reliability_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="all be there"):
        respondent_reliability(np.array([1.0, np.nan]), np.ones(2))
    with pytest.raises(ValueError, match="all be there"):
        respondent_reliability(np.arange(3.0), np.empty(0))
    with pytest.raises(ValueError, match="do not vary"):
        respondent_reliability(np.ones(3), np.ones(3))
    assert respondent_reliability(np.array([1.0, 2.0, 3.0]), np.full(3, 4.0)) == -3


def test_one_column_is_spearmans_correction() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=50)
    y = x + rng.normal(size=50)
    r2 = np.corrcoef(x, y)[0, 1] ** 2
    found = disattenuated(y, np.empty((50, 0)), x[:, None], np.array([0.8]), 0.9)
    assert found == pytest.approx(r2 / 0.8 / 0.9)


def test_a_block_is_seen_as_if_measured_without_error() -> None:
    """With error, the gain over the controls falls short; corrected, it is that of the truth."""
    rng = np.random.default_rng(3)
    n = 100_000
    control = rng.normal(size=(n, 1))
    truth = 0.5 * control + rng.normal(size=(n, 1)) + rng.normal(size=(n, 2))
    y = control[:, 0] + truth @ [0.6, 0.2] + 2 * rng.normal(size=n)
    reliability = np.array([0.6, 0.8])
    noise = truth.std(axis=0) * np.sqrt(1 / reliability - 1)
    seen = truth + noise * rng.normal(size=(n, 2))
    perfect = disattenuated(y, control, truth, np.ones(2))
    assert disattenuated(y, control, seen, reliability) == pytest.approx(perfect, rel=0.02)
    assert disattenuated(y, control, seen, np.ones(2)) < 0.8 * perfect


def test_perfect_measures_give_the_plain_gain() -> None:
    panel = world(h=0.3)
    gains = []
    for x in (panel.controls, np.column_stack([panel.controls, panel.blocks["leadership"]])):
        design = np.column_stack([np.ones(len(x)), x])
        fitted = design @ np.linalg.lstsq(design, panel.outcome, rcond=None)[0]
        gains.append(1 - ((panel.outcome - fitted) ** 2).sum() / panel.outcome.var() / len(x))
    found = disattenuated(panel.outcome, panel.controls, panel.blocks["leadership"], np.ones(2))
    assert found == pytest.approx(gains[1] - gains[0])


def test_reliabilities_that_cannot_be_are_refused() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 1)) + 0.3 * rng.normal(size=(200, 2))
    y = rng.normal(size=200)
    with pytest.raises(ValueError, match="too low"):
        disattenuated(y, np.empty((200, 0)), x, np.array([0.5, 0.5]))
    with pytest.raises(ValueError, match="above 0"):
        disattenuated(y, np.empty((200, 0)), x, np.array([0.5, 1.1]))


def test_equalising_brings_every_block_down_to_the_worst() -> None:
    """Each block's squared correlation with its truth is then the lowest reliability."""
    panel = world(authorities=4000)
    rng = np.random.default_rng(5)
    reliability = {"leadership": 0.5, "partnership": 0.7, "budgets": 0.9}
    truth = panel.blocks
    seen = {
        name: x + np.sqrt(1 / reliability[name] - 1) * x.std(axis=0) * rng.normal(size=x.shape)
        for name, x in truth.items()
    }
    equal = equalise(replace(panel, blocks=seen), reliability, rng)
    for name, x in equal.blocks.items():
        for j in range(x.shape[1]):
            assert np.corrcoef(x[:, j], truth[name][:, j])[0, 1] ** 2 == pytest.approx(
                0.5, abs=0.03
            )
    assert_allclose(equal.blocks["leadership"], seen["leadership"])
    assert equal.outcome is panel.outcome


def test_a_value_of_a_whole_authority_stays_one() -> None:
    panel = world(years=4)
    of_authority = np.random.default_rng(6).normal(size=(60, 1))[panel.authority]
    blocks = {"leadership": panel.blocks["leadership"], "budgets": of_authority}
    # Two localities in each authority and year.
    year = np.tile([2012, 2012, 2013, 2013], 60)
    equal = equalise(
        replace(panel, blocks=blocks, year=year),
        {"leadership": 0.5, "budgets": 0.9},
        np.random.default_rng(7),
    )
    noisy = equal.blocks["budgets"].reshape(60, 2, 2)
    assert_allclose(noisy[:, :, 0], noisy[:, :, 1])
    assert np.ptp(noisy[:, :, 0] - noisy[:, :, 1]) == 0
    assert (noisy[:, 0, 0] != noisy[:, 1, 0]).all()


def test_a_block_without_a_reliability_is_named() -> None:
    with pytest.raises(ValueError, match="budgets"):
        equalise(world(), {"leadership": 1, "partnership": 1}, np.random.default_rng(0))
    with pytest.raises(ValueError, match="above 0"):
        equalise(
            world(),
            {"leadership": 1, "partnership": 0, "budgets": 1},
            np.random.default_rng(0),
        )
