from dataclasses import replace

import numpy as np
import pytest

from pipeline.evidence.assess import LEAST_SQUARES
from pipeline.evidence.moments import design
from pipeline.evidence.panel import Array, Panel, composites, standardise
from pipeline.evidence.power import APART, BOTH, detectable, power, take_apart
from pipeline.evidence.race import run_race
from pipeline.evidence.simulated import simulated
from pipeline.evidence.verdict import SUPPORTED, decide, rules
from tests.evidence.worlds import QUICK, world

EFFECTS = (0.0, 0.05, 0.1, 0.2, 0.3)
SETTINGS = replace(QUICK, n_simulations=200, power_effects=EFFECTS)


def test_the_strength_gives_the_lead_it_was_asked_for() -> None:
    """Checked by its definition, R2 of the noiseless outcome on rows, over signal and noise."""
    panel = composites(world(h=0.1, b=0.2))
    w = take_apart(panel.outcome, design(panel), QUICK)
    controls = np.column_stack([np.ones(len(panel.year)), panel.controls])
    sides = {
        "h": np.hstack([panel.blocks["leadership"], panel.blocks["partnership"]]),
        "b": panel.blocks["budgets"],
    }
    for lead in (0.0, 0.05, 0.2):
        strength = w.strength(lead)
        assert strength is not None
        signal = w.need + w.rival + strength * w.signal
        whole = signal @ signal + w.residual @ w.residual
        explained = {}
        for side, x in sides.items():
            full = np.hstack([controls, x])
            fitted = full @ np.linalg.lstsq(full, signal, rcond=None)[0]
            explained[side] = fitted @ fitted / whole
        assert explained["h"] - explained["b"] == pytest.approx(lead, abs=1e-12)
    assert w.strength(1.0) is None


def test_the_parts_add_up_to_the_outcome() -> None:
    panel = composites(world(h=0.1, b=0.2))
    w = take_apart(panel.outcome, design(panel), QUICK)
    x = np.column_stack([np.ones(len(panel.year)), panel.controls, *panel.blocks.values()])
    residual = panel.outcome - x @ np.linalg.lstsq(x, panel.outcome, rcond=None)[0]
    shrink = np.sqrt((len(residual) - x.shape[1]) / len(residual))
    np.testing.assert_allclose(w.residual * shrink, residual, atol=1e-10)
    for part in (w.rival, w.signal):
        np.testing.assert_allclose(panel.controls.T @ part, 0, atol=1e-8)


@pytest.mark.parametrize("composition", ["composite", BOTH])
def test_power_grows_with_the_lead_and_is_small_without_one(composition: str) -> None:
    rows = [row for row in power(world(h=0.1, b=0.1), SETTINGS) if row.composition == composition]
    supported = [row.p_supported for row in rows]
    assert [row.true_effect for row in rows] == list(EFFECTS)
    assert supported[0] <= 0.05
    assert supported == sorted(supported)
    assert supported[-1] > 0.95
    for row in rows:
        assert row.p_supported + row.p_not_supported + row.p_inconclusive == pytest.approx(1)
        assert row.mde80 == rows[0].mde80
    assert rows[0].mde80 is not None
    assert 0.05 < rows[0].mde80 < 0.3


def test_both_compositions_find_no_more_than_one_of_them() -> None:
    """In a world whose indicators are mostly noise, averages find a lead that ridge misses."""
    rows = power(world(h=0.1, b=0.1), replace(SETTINGS, n_simulations=APART))
    found = {(row.composition, row.true_effect): row.p_supported for row in rows}
    for lead in EFFECTS:
        assert found[BOTH, lead] <= found["composite", lead]
    assert found[BOTH, 0.1] < found["composite", 0.1]


@pytest.mark.parametrize("grid", [LEAST_SQUARES, QUICK.ridge_grid], ids=["least squares", "ridge"])
@pytest.mark.parametrize("shared", [False, True], ids=["", "shared trusts"])
def test_simulated_outcomes_are_read_as_the_race_reads_them(
    grid: tuple[float, ...], shared: bool
) -> None:
    """Penalties are chosen anew in each training set, whatever the strength of the signal."""
    panel = world(h=0.2, b=0.2, authorities=40, seed=3)
    if shared:
        panel = replace(panel, dominant_trust=panel.authority // 2)
    rng = np.random.default_rng(4)
    first = panel.outcome[:, None] + rng.normal(size=(len(panel.year), 3))
    signal = rng.normal(size=len(panel.year)) + panel.blocks["leadership"][:, 0]
    first, signal = first - first.mean(axis=0), signal - signal.mean()
    found = simulated(panel, first, signal, grid, QUICK)
    for r in (0.0, 0.4):
        numbers = found.evidence(r, QUICK)
        for at in range(3):
            one = replace(panel, outcome=first[:, at] + r * signal)
            wanted = run_race("any", one, grid, QUICK).evidence
            for name, value in vars(wanted).items():
                np.testing.assert_allclose(
                    getattr(numbers, name)[at], value[0], rtol=1e-7, err_msg=name
                )
        some = found.evidence(r, QUICK, np.array([2]))
        np.testing.assert_allclose(some.delta, numbers.delta[2:])


def test_same_seed_same_rows_another_seed_others() -> None:
    panel = world(h=0.1, b=0.1, authorities=40)
    few = replace(SETTINGS, n_simulations=50)
    assert power(panel, few) == power(panel, few)
    assert power(panel, few) != power(panel, replace(few, seed=few.seed + 1))
    assert power(panel, QUICK) == ()


def test_the_detectable_effect_is_interpolated() -> None:
    assert detectable({0.0: 0.0, 0.1: 0.7, 0.2: 0.9}, 0.8) == pytest.approx(0.15)
    assert detectable({0.0: 0.0, 0.1: 0.7}, 0.8) is None
    assert detectable({0.1: 0.9}, 0.8) == 0.1


def clustered_noise(panel: Panel, simulations: int, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    authorities = int(panel.authority.max()) + 1
    return np.asarray(
        0.6 * rng.normal(size=(authorities, simulations))[panel.authority]
        + 0.8 * rng.normal(size=(len(panel.year), simulations))
    )


@pytest.mark.parametrize("strength", [0.0, 0.3], ids=["nothing on either side", "equal sides"])
def test_a_true_delta_of_zero_is_seldom_called_supported(strength: float) -> None:
    """2,000 simulated worlds on one small design; nominal 5% plus two Monte Carlo errors."""
    panel = composites(world(authorities=40, years=3, seed=11))
    d = design(panel)
    h = standardise(panel.blocks["leadership"] + panel.blocks["partnership"])
    # Net of the controls and of one length: nothing but the noise makes v(H) and v(B) differ.
    controls = d.x[:, : 1 + len(d.controls)]
    h_net, b_net = (
        x - controls @ np.linalg.lstsq(controls, x, rcond=None)[0]
        for x in (h, panel.blocks["budgets"])
    )
    signal = strength * (h_net / np.linalg.norm(h_net) + b_net / np.linalg.norm(b_net))
    outcomes = signal * np.sqrt(len(panel.year)) + clustered_noise(panel, 2000, seed=12)
    none = np.zeros(len(panel.year))
    measured = simulated(panel, outcomes - outcomes.mean(axis=0), none, LEAST_SQUARES, QUICK)
    found = decide(rules(measured.evidence(0.0, QUICK), QUICK))
    assert (found == SUPPORTED).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 2000)


def test_a_strong_lead_is_called_supported() -> None:
    panel = composites(world(authorities=40, years=3, seed=11))
    h = panel.blocks["leadership"] + panel.blocks["partnership"]
    noise = clustered_noise(panel, 200, seed=12)
    signal = h[:, 0] - h.mean()
    measured = simulated(panel, noise - noise.mean(axis=0), signal, LEAST_SQUARES, QUICK)
    said = decide(rules(measured.evidence(0.8, QUICK), QUICK))
    assert (said == SUPPORTED).mean() > 0.9
