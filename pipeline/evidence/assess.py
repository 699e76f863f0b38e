"""The numbers that the rule reads, for many outcomes on one design at once."""

from functools import reduce

import numpy as np

from pipeline.evidence.crossval import Losses, authority_test
from pipeline.evidence.moments import Design, moments
from pipeline.evidence.panel import Array, Panel
from pipeline.evidence.resampling import Clusterings, Jackknife, lead_bounds, wider
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
