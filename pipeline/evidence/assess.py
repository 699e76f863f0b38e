"""The numbers that the rule reads, for many outcomes on one design at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from pipeline.evidence.crossval import (
    Losses,
    Shrinkage,
    authority_test,
    forward,
    forward_steps,
    scored,
)
from pipeline.evidence.moments import Design, Fit, Moments, Net, fit, moments, net_of_controls
from pipeline.evidence.panel import Array, Panel
from pipeline.evidence.resampling import (
    Clusterings,
    Jackknife,
    jackknife,
    lead_bounds,
    wider,
    with_roots,
)
from pipeline.evidence.settings import BetweenSettings
from pipeline.evidence.verdict import Evidence

LEAST_SQUARES = (0.0,)


def clusterings(d: Design, outcomes: Array, panel: Panel) -> Clusterings:
    """Moments by authority and, where the panel has it, by dominant trust; outcomes (n, m)."""
    authority, trust = panel.authority, panel.dominant_trust
    size = int(authority.max()) + 1
    authorities = moments(d.x, outcomes, authority, size)
    if trust is None:
        return Clusterings(authorities, authorities.some(slice(0)), (np.arange(size),))
    # The authority of one row of each trust, and whether it is that of all, and they all its rows.
    first = np.unique(trust, return_index=True)[1]
    own = authority[first]
    strange = np.bincount(trust, authority != own[trust])
    same = (strange == 0) & (np.bincount(trust) == np.bincount(authority)[own])
    number = np.cumsum(~same) - 1
    rows = ~same[trust]
    trusts = moments(d.x[rows], outcomes[rows], number[trust[rows]], int((~same).sum()))
    return Clusterings(authorities, trusts, (np.arange(size), np.where(same, own, size + number)))


def primary(each: list[Jackknife], confidence: float) -> Jackknife:
    """The wider of the clusterings' intervals."""
    return reduce(lambda one, other: wider(one, other, confidence), each)


def evidence(
    *,
    lead: list[Jackknife],
    held: Losses,
    ahead: Losses | None,
    at: tuple[int, int, int],
    s: BetweenSettings,
) -> Evidence:
    """Gather what the rule reads.

    Args:
        lead: jackknives of delta, v and their roots (5, m), see `with_roots`, one a clustering.
        held: leave-one-authority-out losses.
        ahead: forward losses, None without a second year.
        at: positions of controls alone, controls + H and controls + B among the losses' models.
        s: settings.
    """
    none, h, b = at
    delta, v_h, v_b = lead[0].estimate[:3]
    interval = lead_bounds(lead, s.confidence)
    # One-sided: of the clustering that the interval comes from.
    one_sided = [lead_bounds([one], 2.0 * s.confidence - 1.0).high for one in lead]
    q2 = held.q2()
    return Evidence(
        delta=delta,
        ci_low=interval.low,
        ci_high=interval.high,
        upper=np.where(interval.second, one_sided[-1], one_sided[0]),
        loao_p=authority_test(held, h, b).p_one_sided,
        q2_h=q2[h],
        q2_controls=q2[none],
        delta_forward=np.full_like(delta, np.nan) if ahead is None else ahead.lead(h, b),
        v_h=v_h,
        v_b=v_b,
    )


@dataclass(frozen=True)
class Squares:
    """All that the rule reads of m outcomes, by least squares. Each is quadratic in the outcome.

    Attributes:
        everyone: (1, 4, m) total sum of squares, and what controls, + H and + B leave of it.
        without: the same without each cluster (G, 4, m), one a clustering.
        held: leave-one-authority-out losses of controls, + H and + B.
        ahead: forward losses of the same, None without a second year.
    """

    everyone: Array
    without: tuple[Array, ...]
    held: Losses
    ahead: Losses | None

    def evidence(self, s: BetweenSettings) -> Evidence:
        """What the rule reads."""

        def leads(squares: Array) -> Array:
            share = squares / squares[:, :1]
            return with_roots(share[:, 1] - share[:, 2], share[:, 1] - share[:, 3])

        estimate = leads(self.everyone)[0]
        lead = [jackknife(estimate, leads(one)) for one in self.without]
        return evidence(lead=lead, held=self.held, ahead=self.ahead, at=(0, 1, 2), s=s)


def quadratic(r: float) -> tuple[float, float, float]:
    """Weights that give, of what is quadratic in an outcome, that with r times a signal: of the
    outcome without the signal, with all of it, and of the signal alone.
    """
    return 1.0 - r, r, r * r - r


def weighted(each: Sequence[Squares], weights: Sequence[float]) -> Squares:
    """The weighted sum of what was fitted on the same rows."""

    def summed(parts: Sequence[Array]) -> Array:
        return np.asarray(sum(w * part for w, part in zip(weights, parts, strict=True)))

    def losses(parts: Sequence[Losses]) -> Losses:
        sse, sst = (summed([getattr(part, name) for part in parts]) for name in ("sse", "sst"))
        return replace(parts[0], sse=sse, sst=sst)

    ahead = [one.ahead for one in each if one.ahead is not None]
    return Squares(
        everyone=summed([one.everyone for one in each]),
        without=tuple(summed(own) for own in zip(*(one.without for one in each), strict=True)),
        held=losses([one.held for one in each]),
        ahead=losses(ahead) if ahead else None,
    )


def squares(d: Design, panel: Panel, outcomes: Array, s: BetweenSettings) -> Squares:
    """Sums of squares of outcomes (n, m); the panel gives clusters and years only."""
    h, b = d.columns(s.h_blocks), d.columns(s.b_blocks)
    models = [d.columns(()), h, b]

    def fitted(sets: Moments) -> tuple[Net, list[Fit]]:
        net = net_of_controls(sets, d.controls)
        return net, [fit(net, columns, 0.0) for columns in models]

    def left(net: Net, fits: list[Fit]) -> Array:
        return np.stack([net.sst, *(one.sse for one in fits)], axis=1)

    gathered = clusterings(d, outcomes, panel)
    authorities, everyone = gathered.authorities, gathered.total()
    without = [fitted(everyone.less(one)) for one in (authorities, gathered.trusts)]
    # No penalty is chosen, so that whose rows they are does not matter.
    one = np.zeros_like(panel.authority)
    plain = Shrinkage((h, b), LEAST_SQUARES, one[:1])
    steps = forward_steps(d, outcomes, one, panel.year, within_year=s.forward_within_year)
    return Squares(
        everyone=left(*fitted(everyone)),
        without=tuple(gathered.split(np.concatenate([left(*one) for one in without]))),
        held=scored(authorities, *without[0]),
        ahead=forward(steps, d.lasting_controls, models, plain),
    )
