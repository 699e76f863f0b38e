"""The lead delta = v(H) - v(B) of one specification, light enough for thousands of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from patsy import cr
from scipy import stats

from pipeline.evidence.assess import clusterings, primary
from pipeline.evidence.moments import Moments, design, explained
from pipeline.evidence.nested import orthonormal
from pipeline.evidence.panel import Array, Panel, composites, standardise, z_mean
from pipeline.evidence.resampling import jackknife
from pipeline.evidence.settings import BetweenSettings


@dataclass(frozen=True)
class Lead:
    """One specification's answer; shares of variance.

    Attributes:
        delta: v(H) - v(B).
        se: jackknife standard error, of the wider clustering.
        ci_low, ci_high: bias-corrected jackknife-t interval.
        p_one_sided: that H does not lead.
        v_h, v_b: what each side adds to the controls.
        drop: (G,) delta without each authority.
    """

    delta: float
    se: float
    ci_low: float
    ci_high: float
    p_one_sided: float
    v_h: float
    v_b: float
    drop: Array

    @property
    def influence(self) -> Array:
        """(G,) how much each authority moves delta: its jackknife pseudo-influence, sum 0."""
        size = len(self.drop)
        moved: Array = (size - 1) / size * (self.drop.mean() - self.drop)
        return moved


def rank_means(panel: Panel) -> Panel:
    """One column per block: the z-mean of the indicators' ranks."""
    ranked = {name: stats.rankdata(x, axis=0) for name, x in panel.blocks.items()}
    return replace(panel, blocks={name: z_mean(x)[:, None] for name, x in ranked.items()})


def first_components(panel: Panel) -> Panel:
    """One column per block: its first principal component, pointing as most indicators do."""

    def component(x: Array) -> Array:
        z = standardise(x)
        axis = np.linalg.svd(z, full_matrices=False)[2][0]
        return standardise(z @ (axis * (1.0 if axis.sum() >= 0 else -1.0)))[:, None]

    return replace(panel, blocks={name: component(x) for name, x in panel.blocks.items()})


def splines(panel: Panel) -> Panel:
    """Three columns per block: a natural cubic spline of its z-mean, so that bends count too."""
    curved = {
        name: np.asarray(cr(x[:, 0], df=3, constraints="center"))
        for name, x in composites(panel).blocks.items()
        if np.ptp(x)
    }
    return replace(panel, blocks=curved)


def _as_they_are(panel: Panel) -> Panel:
    return panel


COMPOSITIONS: dict[str, Callable[[Panel], Panel]] = {
    "composite": composites,
    "rank composite": rank_means,
    "principal component": first_components,
    "splines": splines,
    "indicators": _as_they_are,
}
"""How a block's indicators are put together; the last one keeps them apart, under ridge."""


def lead(
    panel: Panel, s: BetweenSettings, *, composition: str = "composite", penalty: float = 0.0
) -> Lead:
    """Estimate the lead of one specification.

    Args:
        panel: the rows; both sides must be measured.
        s: settings.
        composition: one of COMPOSITIONS.
        penalty: ridge penalty, used with "indicators" alone.
    """
    panel = COMPOSITIONS[composition](panel)
    held = penalty if composition == "indicators" else 0.0
    d = design(panel)
    models = [d.columns(()), d.columns(s.h_blocks), d.columns(s.b_blocks)]

    def gains(sets: Moments) -> Array:
        r2 = explained(sets, d.controls, models, held).r2[:, :, 0]
        return r2[:, 1:] - r2[:, :1]

    outcomes = (panel.outcome - panel.outcome.mean())[:, None]
    gathered = clusterings(d, outcomes, panel)
    v_h, v_b = gains(gathered[0].total())[0]
    dropped = [np.diff(gains(one.without_each()), axis=1)[:, 0] * -1 for one in gathered]
    each = [jackknife(np.asarray(v_h - v_b), replicates) for replicates in dropped]
    widest = primary(each, s.confidence)
    low, high = widest.interval(s.confidence)
    return Lead(
        delta=float(widest.estimate),
        se=float(widest.se),
        ci_low=float(low),
        ci_high=float(high),
        p_one_sided=float(widest.p_one_sided()),
        v_h=float(v_h),
        v_b=float(v_b),
        drop=dropped[0],
    )


@dataclass(frozen=True)
class QuickLead:
    """A lead with its spread from influences: no refit, so that a curve of thousands is quick.

    Attributes:
        delta: v(H) - v(B), as in Lead.
        se: of the influences of the authorities.
        ci_low, ci_high: t(G-1), not corrected for bias.
        p_one_sided: that H does not lead.
        influence: (G,) by how much delta moves with the weight of each authority.
    """

    delta: float
    se: float
    ci_low: float
    ci_high: float
    p_one_sided: float
    influence: Array


def quick_lead(
    panel: Panel, s: BetweenSettings, *, composition: str = "composite", penalty: float = 0.0
) -> QuickLead:
    """The lead of one specification; arguments as in `lead`.

    With the weights of an authority's rows, the least sum of squares moves by that authority's own
    squared residuals (the envelope theorem), so one fit gives every influence. Under ridge the
    coefficients' own movement is added, with the columns' scale and controls held.
    """
    panel = COMPOSITIONS[composition](panel)
    held = penalty if composition == "indicators" else 0.0
    d = design(panel)
    authority = panel.authority
    size = int(authority.max()) + 1
    base = orthonormal(d.x[:, np.concatenate([[0], d.controls])])
    outcome = panel.outcome - panel.outcome.mean()
    left = outcome - base @ (base.T @ outcome)
    total = np.bincount(authority, outcome**2, size)
    moved = []
    for names in (s.h_blocks, s.b_blocks):
        columns = d.x[:, d.columns(names)]
        net = columns - base @ (base.T @ columns)
        if not held:
            basis = orthonormal(net)
            residual = left - basis @ (basis.T @ left)
            moved.append(np.bincount(authority, residual**2, size))
            continue
        # Pseudo-inverse: a column that is constant in this specification predicts nothing.
        cross = net.T @ net + held * np.diag((columns**2).sum(axis=0))
        inverse = np.linalg.pinv(cross, hermitian=True)
        beta = inverse @ net.T @ left
        residual = left - net @ beta
        turned = inverse @ net.T @ residual
        shrunk = held * (columns**2) @ (turned * beta)
        own = residual**2 - 2.0 * ((net @ turned) * residual - shrunk)
        scale = float(residual @ residual)
        moved.append(np.bincount(authority, own, size) + (scale - own.sum()) / size)
    delta = float((moved[1].sum() - moved[0].sum()) / total.sum())
    influence = (moved[1] - moved[0] - delta * total) / total.sum()
    se = float(np.sqrt(size / (size - 1) * (influence**2).sum()))
    reach = float(stats.t.ppf((1.0 + s.confidence) / 2.0, size - 1)) * se
    p = float(stats.t.sf(delta / se, size - 1)) if se > 0 else 1.0
    return QuickLead(delta, se, delta - reach, delta + reach, p, influence)
