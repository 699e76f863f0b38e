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
from pipeline.evidence.resampling import Jackknife, jackknives, wider
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
    lead: Jackknife,
    v_h: Array,
    v_b: Array,
    held: Losses,
    ahead: Losses | None,
    at: tuple[int, int, int],
    s: BetweenSettings,
) -> Evidence:
    """Gather what the rule reads.

    Args:
        lead: primary jackknife of delta, (m,).
        v_h, v_b: (m,).
        held: leave-one-authority-out losses.
        ahead: forward losses, None without a second year.
        at: positions of controls alone, controls + H and controls + B among the losses' models.
        s: settings.
    """
    none, h, b = at
    ci_low, ci_high = lead.interval(s.confidence)
    q2 = held.q2()
    return Evidence(
        delta=lead.estimate,
        ci_low=ci_low,
        ci_high=ci_high,
        upper=lead.upper(s.confidence),
        loao_p=authority_test(held, h, b).p_one_sided,
        q2_h=q2[h],
        q2_controls=q2[none],
        delta_forward=np.full_like(v_h, np.nan) if ahead is None else ahead.lead(h, b),
        v_h=v_h,
        v_b=v_b,
    )


def assess(d: Design, panel: Panel, outcomes: Array, s: BetweenSettings) -> Evidence:
    """Evidence by least squares for outcomes (n, m); the panel gives clusters and years only."""
    h, b = d.columns(s.h_blocks), d.columns(s.b_blocks)
    models = [d.columns(()), h, b]

    def gains(sets: Moments) -> Array:
        r2 = explained(sets, d.controls, models, 0.0).r2
        return r2[:, 1:] - r2[:, :1]

    def delta(sets: Moments) -> Array:
        v = gains(sets)
        return v[:, 0] - v[:, 1]

    gathered = clusterings(d, outcomes, panel)
    authorities = gathered[0]
    v_h, v_b = gains(authorities.total())[0]
    size = len(authorities.xx)
    plain = Shrinkage((h, b), LEAST_SQUARES, np.zeros(size, dtype=np.int64))
    steps = forward_steps(
        d, outcomes, panel.authority, panel.year, within_year=s.forward_within_year
    )
    return evidence(
        lead=primary(jackknives(delta, gathered), s.confidence),
        v_h=v_h,
        v_b=v_b,
        held=leave_one_authority_out(authorities, d.controls, models, np.zeros(size)),
        ahead=forward(steps, d.lasting_controls, models, plain),
        at=(0, 1, 2),
        s=s,
    )
