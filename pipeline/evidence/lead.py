"""The lead delta = v(H) - v(B) of one specification, light enough for thousands of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from pipeline.evidence.assess import clusterings, primary
from pipeline.evidence.moments import Moments, design, explained
from pipeline.evidence.nested import orthonormal
from pipeline.evidence.panel import Array, Panel, standardise, z_means
from pipeline.evidence.resampling import jackknife, lead_bounds, with_roots
from pipeline.evidence.settings import BetweenSettings


@dataclass(frozen=True)
class Lead:
    """One specification's answer; shares of variance.

    Attributes:
        delta: v(H) - v(B).
        se: jackknife standard error, of the wider clustering.
        ci_low, ci_high: see `lead_bounds`.
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


Blocks = Mapping[str, Array]
"""Block name -> (n, k) columns."""


def rank_means(blocks: Blocks) -> Blocks:
    """One column per block: the z-mean of the indicators' ranks."""
    ends = np.cumsum([x.shape[1] for x in blocks.values()])
    ranks = stats.rankdata(np.hstack(list(blocks.values())), axis=0)
    return z_means(dict(zip(blocks, np.split(ranks, ends[:-1], axis=1), strict=True)))


def first_components(blocks: Blocks) -> Blocks:
    """One column per block: its first principal component, pointing as most indicators do."""

    def component(x: Array) -> Array:
        z = standardise(x)
        axis = np.linalg.eigh(z.T @ z)[1][:, -1]
        return z @ (axis * (1.0 if axis.sum() >= 0 else -1.0))

    found = standardise(np.column_stack([component(x) for x in blocks.values()]))
    return {name: column[:, None] for name, column in zip(blocks, found.T, strict=True)}


def splines(blocks: Blocks) -> Blocks:
    """Three columns per block: a natural cubic spline of its z-mean, so that bends count too.

    Knots are quantiles of the different values: those that differ by rounding are one.
    """
    from patsy import cr  # noqa: PLC0415 - brings pandas along

    return {
        name: standardise(np.asarray(cr(np.round(x[:, 0], 9), df=3, constraints="center")))
        for name, x in z_means(blocks).items()
        if np.ptp(x)
    }


def _apart(blocks: Blocks) -> Blocks:
    return {name: standardise(x) for name, x in blocks.items()}


COMPOSITIONS: dict[str, Callable[[Blocks], Blocks]] = {
    "composite": z_means,
    "rank composite": rank_means,
    "principal component": first_components,
    "splines": splines,
    "indicators": _apart,
}
"""How a block's indicators become standardised columns; the last one keeps them all, for ridge."""


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
    panel = replace(panel, blocks=COMPOSITIONS[composition](panel.blocks))
    held = penalty if composition == "indicators" else 0.0
    d = design(panel)
    models = [d.columns(()), d.columns(s.h_blocks), d.columns(s.b_blocks)]

    def leads(sets: Moments) -> Array:
        r2 = explained(sets, d.controls, models, held).r2[:, :, 0]
        return with_roots(r2[:, 1] - r2[:, 0], r2[:, 2] - r2[:, 0])

    outcomes = (panel.outcome - panel.outcome.mean())[:, None]
    gathered = clusterings(d, outcomes, panel)
    estimate = leads(gathered[0].total())[0]
    dropped = [leads(one.without_each()) for one in gathered]
    each = [jackknife(estimate, replicates) for replicates in dropped]
    bounds = lead_bounds([one.part(np.arange(5)[:, None]) for one in each], s.confidence)
    widest = primary([one.part(slice(0, 1)) for one in each], s.confidence)
    delta, v_h, v_b = (float(one) for one in estimate[:3])
    return Lead(
        delta=delta,
        se=float(widest.se[0]),
        ci_low=float(bounds.low[0]),
        ci_high=float(bounds.high[0]),
        p_one_sided=float(widest.p_one_sided()[0]),
        v_h=v_h,
        v_b=v_b,
        drop=dropped[0][:, 0],
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
    """The lead of one specification; arguments as in `lead`."""
    return quick_leads(panel, s, composed(panel.blocks, s, (composition,)), penalty)[composition]


Composed = Mapping[str, tuple[Array, Array]]
"""Composition -> standardised columns (n, k) of each side; the same whatever is held constant."""


def composed(blocks: Blocks, s: BetweenSettings, compositions: Sequence[str]) -> Composed:
    """Both sides of a panel under several compositions."""

    def sides(made: Blocks) -> tuple[Array, Array]:
        h, b = (
            np.hstack([nothing, *(made[name] for name in side if name in made)])
            for side in (s.h_blocks, s.b_blocks)
        )
        return h, b

    nothing = np.empty((len(next(iter(blocks.values()))), 0))
    return {name: sides(COMPOSITIONS[name](blocks)) for name in compositions}


def quick_leads(
    panel: Panel, s: BetweenSettings, columns: Composed, penalty: float
) -> dict[str, QuickLead]:
    """The lead under several compositions of the same rows, indicators and controls.

    With the weights of an authority's rows, the least sum of squares moves by that authority's own
    squared residuals (the envelope theorem), so one fit gives every influence. What the controls
    leave of the outcome is common to all compositions. Under ridge the index's own movement is
    added, with the columns' scale and controls held.

    Args:
        panel: the rows; its blocks are not read.
        s: settings.
        columns: its sides under each composition; both must be measured.
        penalty: ridge penalty, used with "indicators" alone.
    """
    authority, size = panel.authority, int(panel.authority.max()) + 1
    ones = np.ones((len(authority), 1))
    base = orthonormal(np.hstack([ones, standardise(panel.controls)]))
    outcome = panel.outcome - panel.outcome.mean()
    left = outcome - base @ (base.T @ outcome)
    total = np.bincount(authority, outcome**2, size)
    reach = float(special.stdtrit(size - 1, (1.0 + s.confidence) / 2.0))

    def moved(columns: Array, net: Array, held: float) -> Array:
        """(G,) how the least sum of squares moves with each authority's weight."""
        if not held:
            basis = orthonormal(net)
            residual = left - basis @ (basis.T @ left)
            return np.asarray(np.bincount(authority, residual**2, size), dtype=np.float64)
        # Pseudo-inverse: a column that is constant in this specification predicts nothing.
        cross = net.T @ net + held * np.diag((columns**2).sum(axis=0))
        inverse = np.linalg.pinv(cross, hermitian=True)
        beta = inverse @ net.T @ left
        index = net @ beta
        square = float(index @ index)
        slope = float(index @ left) / square if square > 0 else 0.0
        residual = left - slope * index
        turned = slope * (inverse @ net.T @ residual)
        shrunk = held * (columns**2) @ (turned * beta)
        own = residual**2 - 2.0 * ((net @ turned) * (left - index) - shrunk)
        scale = float(residual @ residual)
        ridge: Array = np.bincount(authority, own, size) + (scale - own.sum()) / size
        return ridge

    def quick(h: Array, b: Array) -> QuickLead:
        delta = float((b.sum() - h.sum()) / total.sum())
        influence = (b - h - delta * total) / total.sum()
        se = float(np.sqrt(size / (size - 1) * (influence**2).sum()))
        p = float(special.stdtr(size - 1, -delta / se)) if se > 0 else 1.0
        return QuickLead(delta, se, delta - reach * se, delta + reach * se, p, influence)

    every = [side for sides in columns.values() for side in sides]
    together = np.hstack(every)
    together -= base @ (base.T @ together)
    nets = iter(np.split(together, np.cumsum([side.shape[1] for side in every])[:-1], axis=1))
    found = {}
    for name, sides in columns.items():
        held = penalty if name == "indicators" else 0.0
        found[name] = quick(*(moved(side, next(nets), held) for side in sides))
    return found
