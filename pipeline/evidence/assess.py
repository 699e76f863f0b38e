"""The numbers that the rule reads, for many outcomes on one design at once."""

from functools import reduce

import numpy as np

from pipeline.evidence.crossval import (
    Losses,
    Shrinkage,
    authority_test,
    forward,
    forward_steps,
    leave_one_authority_out,
)
from pipeline.evidence.moments import Design, Moments, explained, moments
from pipeline.evidence.panel import Array, Panel
from pipeline.evidence.resampling import Jackknife, jackknives, lead_bounds, wider, with_roots
from pipeline.evidence.settings import BetweenSettings
from pipeline.evidence.verdict import Evidence

LEAST_SQUARES = (0.0,)


def clusterings(d: Design, outcomes: Array, panel: Panel) -> list[Moments]:
    """Moments by authority and, where the panel has it, by dominant trust; outcomes (n, m)."""
    codes = [panel.authority]
    if panel.dominant_trust is not None:
        codes.append(panel.dominant_trust)
    return [moments(d.x, outcomes, one, int(one.max()) + 1) for one in codes]


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


def assess(d: Design, panel: Panel, outcomes: Array, s: BetweenSettings) -> Evidence:
    """Evidence by least squares for outcomes (n, m); the panel gives clusters and years only."""
    h, b = d.columns(s.h_blocks), d.columns(s.b_blocks)
    models = [d.columns(()), h, b]

    def leads(sets: Moments) -> Array:
        r2 = explained(sets, d.controls, models, 0.0).r2
        return with_roots(r2[:, 1] - r2[:, 0], r2[:, 2] - r2[:, 0])

    gathered = clusterings(d, outcomes, panel)
    authorities = gathered[0]
    size = len(authorities.xx)
    plain = Shrinkage((h, b), LEAST_SQUARES, np.zeros(size, dtype=np.int64))
    steps = forward_steps(
        d, outcomes, panel.authority, panel.year, within_year=s.forward_within_year
    )
    return evidence(
        lead=jackknives(leads, gathered),
        held=leave_one_authority_out(authorities, d.controls, models, np.zeros(size)),
        ahead=forward(steps, d.lasting_controls, models, plain),
        at=(0, 1, 2),
        s=s,
    )
