from dataclasses import replace

import numpy as np
import pytest

from pipeline.evidence.locality import shared, within_of
from pipeline.evidence.rows import Power
from pipeline.evidence.trajectories import orders
from pipeline.evidence.within_power import power
from pipeline.evidence.within_rows import VarianceSplit
from tests.evidence.localities import SETTINGS, locality_world

SPLIT = VarianceSplit(0.5, 0.5, 0.5, 1 / 3, 0.5, 0.31, 0.69, "profile")
MANY = replace(SETTINGS, n_simulations=200)


def rows(
    split: VarianceSplit = SPLIT, *, slope: float = 0.1, authorities: int = 40, seed: int = 1
) -> tuple[Power, ...]:
    panel = locality_world(slope, authorities=authorities)
    w = within_of(panel.rows(shared(panel)))
    group = np.repeat(np.arange(authorities), 4)
    order = orders(group, SETTINGS.n_permutations, np.random.default_rng(1))
    return power(w, order, split, replace(MANY, seed=seed))


def test_power_rises_with_the_link_and_is_nominal_without_one() -> None:
    found = rows()
    supported = [row.p_supported for row in found]
    assert [row.true_effect for row in found] == list(SETTINGS.power_effects)
    # One-sided 5% and two Monte Carlo errors; the least partial R2 makes it rarer.
    assert supported[0] <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    assert supported == sorted(supported)
    assert supported[-1] > 0.95
    assert found[0].p_not_supported > 0.2
    assert found[-1].p_not_supported == 0.0
    for row in found:
        assert row.p_supported + row.p_not_supported + row.p_inconclusive == pytest.approx(1)
        assert row.mde80 == found[0].mde80
    assert found[0].mde80 is not None
    assert 0.02 < found[0].mde80 < 0.15


def test_more_authorities_find_weaker_links() -> None:
    few, many = rows(authorities=25)[0].mde80, rows(authorities=100)[0].mde80
    assert few is not None
    assert many is not None
    assert many < few


def test_what_the_data_show_of_the_link_does_not_matter_for_power() -> None:
    """Another true slope leaves the residuals, and so the power, as they were."""
    for one, other in zip(rows(slope=0.0), rows(slope=0.8), strict=True):
        assert one.p_supported == pytest.approx(other.p_supported, abs=0.02)


def test_no_link_supports_the_claim_where_nothing_lasts_within() -> None:
    found = rows(replace(SPLIT, ci_low=0.1))
    assert {row.p_supported for row in found} == {0.0}
    assert found[0].mde80 is None
    unknown = rows(replace(SPLIT, w_star=None, ci_low=None, ci_high=None))
    assert {row.p_supported for row in unknown} == {0.0}
    nothing = rows(replace(SPLIT, ci_low=0.0, ci_high=0.1))
    assert {row.p_not_supported for row in nothing} == {1.0}


def test_same_seed_same_rows_another_seed_others() -> None:
    assert rows() == rows()
    assert rows() != rows(seed=2)
