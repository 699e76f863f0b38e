"""The lead delta = v(H) - v(B) of one specification, light enough for thousands of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy import special

from pipeline.evidence.assess import clusterings, primary
from pipeline.evidence.moments import Moments, design, explained, moments_of_all, stacked
from pipeline.evidence.nested import orthonormal, orthonormal_each
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

    def ranked(x: Array) -> Array:
        # Values that tie share the mean of their ranks.
        ordered = np.sort(x)
        below, up_to = (np.searchsorted(ordered, x, side) for side in ("left", "right"))
        return (below + up_to + 1) / 2.0

    ranks = np.column_stack([ranked(x) for x in np.hstack(list(blocks.values())).T])
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

    Four knots, at the ends and the thirds of the different values; those that differ by rounding
    are one. Columns are the truncated powers of Hastie, Tibshirani and Friedman (2009, 5.2.1).
    """

    def bent(x: Array) -> Array:
        knots = np.quantile(np.unique(x), np.arange(4) / 3.0)
        cubes = np.maximum(x[:, None] - knots, 0.0) ** 3
        chords = (cubes[:, :-1] - cubes[:, -1:]) / (knots[-1] - knots[:-1])
        return standardise(np.column_stack([x, chords[:, :-1] - chords[:, -1:]]))

    means = z_means(blocks).items()
    return {name: bent(np.round(x[:, 0], 9)) for name, x in means if np.ptp(x)}


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
    return leads([panel], s, composition=composition, penalty=penalty)[0]


def leads(
    panels: Sequence[Panel],
    s: BetweenSettings,
    *,
    composition: str = "composite",
    penalty: float = 0.0,
) -> list[Lead]:
    """The lead in each of D panels of the same rows, whose values differ (drawn ones do)."""
    made = [replace(one, blocks=COMPOSITIONS[composition](one.blocks)) for one in panels]
    held = penalty if composition == "indicators" else 0.0
    designs = [design(one) for one in made]
    d = designs[0]
    models = [d.columns(()), d.columns(s.h_blocks), d.columns(s.b_blocks)]

    def statistic(sets: Sequence[Moments]) -> Array:
        """(R, 5, D) of R sets of each panel's rows."""
        r2 = explained(stacked(sets), d.controls, models, held).r2[:, :, 0]
        found = with_roots(r2[:, 1] - r2[:, 0], r2[:, 2] - r2[:, 0])
        return found.reshape(len(sets), -1, 5).transpose(1, 2, 0)

    gathered = [
        clusterings(own, (one.outcome - one.outcome.mean())[:, None], one)
        for own, one in zip(designs, made, strict=True)
    ]
    estimate = statistic([each.total() for each in gathered])[0]
    dropped = gathered[0].split(statistic([each.without_each() for each in gathered]))
    each = [jackknife(estimate, replicates) for replicates in dropped]
    bounds = lead_bounds(each, s.confidence)
    widest = primary([one.part(slice(0, 1)) for one in each], s.confidence)
    p = widest.p_one_sided()
    return [
        Lead(
            delta=float(estimate[0, i]),
            se=float(widest.se[0, i]),
            ci_low=float(bounds.low[i]),
            ci_high=float(bounds.high[i]),
            p_one_sided=float(p[0, i]),
            v_h=float(estimate[1, i]),
            v_b=float(estimate[2, i]),
            drop=dropped[0][:, 0, i],
        )
        for i in range(len(panels))
    ]


def ridge_leads(panel: Panel, s: BetweenSettings, grid: Sequence[float]) -> Array:
    """(P,) the lead of indicators kept apart under each penalty of a grid, without its interval."""
    d = design(replace(panel, blocks=_apart(panel.blocks)))
    outcome = (panel.outcome - panel.outcome.mean())[:, None]
    everyone = moments_of_all(d.x, outcome)
    sides = [d.columns(s.h_blocks), d.columns(s.b_blocks)]
    r2 = [explained(everyone, d.controls, sides, penalty).r2[0, :, 0] for penalty in grid]
    return np.array([h - b for h, b in r2])


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
    panel: Panel, s: BetweenSettings, columns: Composed, penalty: float, controls: Sequence[Array]
) -> list[dict[str, QuickLead]]:
    """The leads of one set of rows and indicators, whatever is held constant.

    With the weights of an authority's rows, the least sum of squares moves by that authority's own
    squared residuals (the envelope theorem), so one fit gives every influence. Under ridge the
    index's own movement is added, with the columns' scale and controls held.

    Args:
        panel: the rows; its blocks and controls are not read.
        s: settings.
        columns: its sides under each composition; both must be measured.
        penalty: ridge penalty, used with "indicators" alone.
        controls: R sets of controls, (n, c) each.

    Returns:
        For each set of controls, the lead under each composition.
    """
    authority, size = panel.authority, int(panel.authority.max()) + 1
    outcome = panel.outcome - panel.outcome.mean()
    every = [side for sides in columns.values() for side in sides]
    all_columns = np.hstack([outcome[:, None], *every])
    # (R, n, 1 + k) what each set of controls leaves of the outcome and of all columns.
    together = np.empty((len(controls), *all_columns.shape))
    for i, held_constant in enumerate(controls):
        base = orthonormal(np.column_stack([np.ones(len(outcome)), standardise(held_constant)]))
        together[i] = all_columns - base @ (base.T @ all_columns)
    left = together[:, :, :1]
    ends = 1 + np.cumsum([0, *(side.shape[1] for side in every)])
    nets = iter([together[:, :, first:last] for first, last in pairwise(ends)])
    cells = authority + size * np.arange(len(controls))[:, None]
    total = np.bincount(authority, outcome**2, size)
    reach = float(special.stdtrit(size - 1, (1.0 + s.confidence) / 2.0))

    def added_up(values: Array) -> Array:
        """(R, G) sums of (R, n, 1) over each authority's rows."""
        sums = np.bincount(cells.ravel(), values.ravel()).reshape(len(controls), size)
        return np.asarray(sums, dtype=np.float64)

    def moved(columns: Array, net: Array, held: float) -> Array:
        """(R, G) how the least sum of squares moves with each authority's weight."""
        turned_net = net.transpose(0, 2, 1)
        if not held:
            basis = orthonormal_each(net)
            return added_up((left - basis @ (basis.transpose(0, 2, 1) @ left)) ** 2)
        # Pseudo-inverse: a column that is constant in this specification predicts nothing.
        cross = turned_net @ net + held * np.diag((columns**2).sum(axis=0))
        inverse = np.linalg.pinv(cross, hermitian=True)
        beta = inverse @ (turned_net @ left)
        index = net @ beta
        square = _inner(index, index)
        slope = np.where(square > 0, _inner(index, left) / np.where(square > 0, square, 1.0), 0.0)
        residual = left - slope * index
        turned = slope * (inverse @ (turned_net @ residual))
        shrunk = held * columns**2 @ (turned * beta)
        own = residual**2 - 2.0 * ((net @ turned) * (left - index) - shrunk)
        scale = _inner(residual, residual) - own.sum(axis=1, keepdims=True)
        ridge: Array = added_up(own) + scale[:, 0] / size
        return ridge

    def quick(h: Array, b: Array) -> Iterator[QuickLead]:
        """The lead of each set of controls; h and b (R, G)."""
        whole = total.sum()
        ahead = b - h
        deltas = ahead.sum(axis=1) / whole
        influences = (ahead - deltas[:, None] * total) / whole
        spreads = np.sqrt(size / (size - 1) * (influences**2).sum(axis=1))
        moves = spreads > 0
        p = np.where(moves, special.stdtr(size - 1, -deltas / np.where(moves, spreads, 1.0)), 1.0)
        for delta, se, own, influence in zip(
            *map(np.ndarray.tolist, (deltas, spreads, p)), influences, strict=True
        ):
            yield QuickLead(delta, se, delta - reach * se, delta + reach * se, own, influence)

    found: list[dict[str, QuickLead]] = [{} for _ in controls]
    for name, sides in columns.items():
        held = penalty if name == "indicators" else 0.0
        h, b = (moved(side, next(nets), held) for side in sides)
        for one, own in zip(found, quick(h, b), strict=True):
            one[name] = own
    return found


def _inner(one: Array, other: Array) -> Array:
    """(R, 1, 1) products of vectors (R, n, 1)."""
    product: Array = one.transpose(0, 2, 1) @ other
    return product
