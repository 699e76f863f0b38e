"""What the whole within rule would say, were the true link known: on the panel's own design."""

import numpy as np

from pipeline.evidence.locality import Within, demean
from pipeline.evidence.nested import orthonormal
from pipeline.evidence.panel import Array, Ints
from pipeline.evidence.power import power_rows
from pipeline.evidence.rows import Power
from pipeline.evidence.settings import WithinSettings
from pipeline.evidence.trajectories import one_sided, slope_weights, units_of
from pipeline.evidence.within_effect import by_authority, by_trust, upper_partial_r2
from pipeline.evidence.within_rows import VarianceSplit
from pipeline.evidence.within_rules import WithinEvidence, decide, rules

DESIGN = (
    "this panel's leadership and controls; whole authorities' residuals with random signs; share "
    "of the lasting variation within authorities as found"
)


def share_found(split: VarianceSplit, m: int) -> dict[str, Array]:
    """W* and its interval as the rule reads them, m times over; NaN where they are unknown."""
    found = {"w_star": split.w_star, "w_low": split.ci_low, "w_high": split.ci_high}
    return {name: np.full(m, np.nan if x is None else x) for name, x in found.items()}


def power(w: Within, order: Ints, split: VarianceSplit, s: WithinSettings) -> tuple[Power, ...]:
    """The rule on simulated outcomes, for the composite, at each true partial R2 of the settings.

    An outcome is a slope on the composite net of the controls, just strong enough for the true
    partial R2, plus the residuals of the data with one random sign for each whole authority, which
    keeps what lasts in a locality and what its neighbours share. Signs of whole authorities leave
    the split of the lasting variation as it is, so W* and its interval are those of the data: where
    they do not pass, no link makes the rule say "supported". All effects see the same signs.

    Args:
        w: the panel.
        order: (R, L) permutations of localities.
        split: the variance split of the data.
        s: settings.

    Returns:
        A row for each true effect, each with the panel's minimum detectable effect.
    """
    if s.n_simulations == 0:
        return ()
    basis = orthonormal(w.controls)
    both = np.column_stack([demean(w.composite, w.cell), w.outcome])
    both -= basis @ (basis.T @ both)
    h, y = both.T
    residual = y - h * (h @ y) / (h @ h)
    # The fit to controls and composite used up degrees of freedom; cells are not fitted again.
    free = len(y) - int(w.cell.max()) - 1
    residual *= np.sqrt(free / (free - basis.shape[1] - 1))
    rng = np.random.default_rng(s.seed)
    signs = rng.choice([-1.0, 1.0], size=(int(w.authority.max()) + 1, s.n_simulations))
    noise = signs[w.authority] * residual[:, None]
    units = units_of(w, w.composite[:, None], w.locality)
    here = np.vstack([np.arange(len(units.group)), order])
    weights = slope_weights(w, units, here)
    # Slopes are linear in the outcome: what chance does is the same for every true effect.
    by_noise, by_signal = weights @ noise, weights @ h
    said = {}
    sets = by_authority(w, w.composite, noise)
    trusts = by_trust(w, w.composite, noise)
    # What h is made of: the composite less what the controls say of it.
    composite = demean(w.composite, w.cell)
    by = np.linalg.pinv(w.controls) @ (composite - h)
    direction = np.concatenate([[0.0], -by, [1.0]])
    for effect in s.power_effects:
        strength = np.sqrt(effect / (1.0 - effect) * (residual @ residual) / (h @ h))
        slopes = by_noise + strength * by_signal[:, None]
        jack = sets.raised(strength * direction).jackknife
        p, upper = one_sided(slopes[0], slopes[1:]), upper_partial_r2(jack, s.confidence)
        if trusts is not None:
            other = trusts.raised(strength * direction).jackknife
            p = np.maximum(p, other.p_one_sided(False))
            upper = np.maximum(upper, upper_partial_r2(other, s.confidence))
        said[effect] = decide(
            rules(
                WithinEvidence(
                    **share_found(split, s.n_simulations),
                    slope=slopes[0],
                    p=p,
                    partial_r2=jack.estimate**2,
                    upper=upper,
                ),
                s,
            )
        )
    return power_rows(said, DESIGN, s.power_target)
