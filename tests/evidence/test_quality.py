from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipeline.evidence.quality import cronbach_alpha, partial_correlations, sign_agreement
from tests.evidence.worlds import awkward, world


def test_partial_correlations_are_those_of_residuals() -> None:
    panel = awkward(world(h=0.3))
    base = np.column_stack([np.ones(len(panel.year)), panel.controls])
    hat = base @ np.linalg.pinv(base, rcond=1e-10)
    found = partial_correlations(panel)
    for name, x in panel.blocks.items():
        for j in range(x.shape[1]):
            pair = [v - hat @ v for v in (x[:, j], panel.outcome)]
            assert_allclose(found[name][j], np.corrcoef(*pair)[0, 1], atol=1e-9)


def test_an_indicator_that_the_controls_exhaust_has_no_correlation() -> None:
    panel = world()
    exhausted = panel.controls @ np.arange(1.0, 6.0)
    panel = replace(panel, blocks={"budgets": np.column_stack([exhausted, panel.outcome])})
    assert_allclose(partial_correlations(panel)["budgets"], [0, 1], atol=1e-12)


def test_signs_agree_or_cancel() -> None:
    assert sign_agreement(partial_correlations(world(h=0.3))["leadership"]) == 1.0
    cancelling = partial_correlations(world(h=0.5, cancelling=True))
    assert sign_agreement(cancelling["leadership"]) == 0.5
    assert sign_agreement(np.array([0.1, 0.2, -0.1])) == pytest.approx(2 / 3)


def test_alpha_of_parallel_items_is_spearman_brown() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(200_000, 1))
    items = truth + rng.normal(size=(200_000, 4))
    assert cronbach_alpha(items) == pytest.approx(4 * 0.5 / (1 + 3 * 0.5), abs=0.005)


def test_alpha_by_hand() -> None:
    """Variances 1 and 4, covariance 2: alpha = 2 * (1 - 5/9)."""
    assert cronbach_alpha(np.array([[1.0, 2], [2, 4], [3, 6]])) == pytest.approx(8 / 9)
    with pytest.raises(ValueError, match="at least 2"):
        cronbach_alpha(np.ones((5, 1)))
    with pytest.raises(ValueError, match="does not vary"):
        cronbach_alpha(np.ones((5, 2)))
