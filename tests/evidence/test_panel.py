from dataclasses import replace

import numpy as np
import pytest

from pipeline.evidence.moments import design
from pipeline.evidence.panel import composites, standardise, z_mean
from tests.evidence.worlds import SETTINGS, world


def test_missing_values_are_refused() -> None:
    panel = world()
    outcome = panel.outcome.copy()
    outcome[3] = np.nan
    with pytest.raises(ValueError, match="outcome holds values that are missing"):
        replace(panel, outcome=outcome)
    block = panel.blocks["budgets"].copy()
    block[0, 1] = np.inf
    with pytest.raises(ValueError, match="budgets holds values that are missing"):
        replace(panel, blocks={**panel.blocks, "budgets": block})


def test_shapes_and_codes_are_checked() -> None:
    panel = world()
    with pytest.raises(ValueError, match="controls must be"):
        replace(panel, controls=panel.controls[:-1])
    with pytest.raises(ValueError, match="without indicators"):
        replace(panel, blocks={"budgets": np.empty((len(panel.year), 0))})
    with pytest.raises(ValueError, match="every code from 0"):
        replace(panel, authority=panel.authority * 2)
    with pytest.raises(ValueError, match="authority must be"):
        replace(panel, authority=panel.authority.astype(float))
    with pytest.raises(ValueError, match="non-empty vector"):
        replace(panel, outcome=panel.outcome[:, None])


def test_composites_keep_order_and_weigh_indicators_equally() -> None:
    panel = world()
    scaled = replace(
        panel, blocks={**panel.blocks, "budgets": panel.blocks["budgets"] * [1e6, 1e-6] + 9}
    )
    found, expected = composites(scaled), composites(panel)
    assert list(found.blocks) == ["leadership", "partnership", "budgets"]
    assert found.blocks["budgets"].shape == (len(panel.year), 1)
    np.testing.assert_allclose(found.blocks["budgets"], expected.blocks["budgets"], atol=1e-9)


def test_a_constant_indicator_leaves_the_composite_to_the_others() -> None:
    x = world().blocks["budgets"]
    np.testing.assert_allclose(
        z_mean(np.column_stack([x[:, 0], np.full(len(x), 0.1)])), standardise(x[:, 0])
    )
    assert not standardise(np.full(50, 0.1)).any()


def test_only_functions_of_the_year_do_not_last() -> None:
    panel = world(years=4)  # controls: two measures, three year dummies
    assert list(design(panel).lasting_controls) == [1, 2]
    empty = replace(panel, controls=np.empty((len(panel.year), 0)))
    assert design(empty).lasting_controls.size == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"confidence": 95}, "confidence must lie between"),
        ({"ridge_grid": ()}, "ridge_grid must be"),
        ({"ridge_grid": (-1.0, 1.0)}, "cannot be negative"),
        ({"power_effects": (0.1, 0.0)}, "power_effects must be"),
        ({"inner_folds": 1}, "at least 2 folds"),
        ({"n_bootstrap": -1}, "n_bootstrap cannot be negative"),
        ({"b_blocks": ("leadership",)}, "both sides"),
    ],
)
def test_settings_that_mean_nothing_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SETTINGS, **change)
