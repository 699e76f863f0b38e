"""The registered rule for the between-authorities half, and its sentence in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.panel import Array, Flags
from pipeline.evidence.rows import Verdict
from pipeline.evidence.settings import BetweenSettings

SUPPORTED = "supported"
NOT_SUPPORTED = "not supported"
INCONCLUSIVE = "inconclusive"
DEPENDS = "inconclusive: depends on how the block is composed"
PART = "between"


@dataclass(frozen=True)
class Evidence:
    """The numbers that the rule reads, (m,) each: one for the data, many for simulated outcomes.

    Attributes:
        delta: v(H) - v(B).
        ci_low, ci_high: primary two-sided interval of delta.
        upper: one-sided upper bound of delta from the same clustering.
        loao_p: one-sided p that H loses less on authorities held out.
        q2_h, q2_controls: leave-one-authority-out Q2.
        delta_forward: lead forward in time; NaN where the panel has no second year.
        v_h, v_b: what each side adds to the controls.
    """

    delta: Array
    ci_low: Array
    ci_high: Array
    upper: Array
    loao_p: Array
    q2_h: Array
    q2_controls: Array
    delta_forward: Array
    v_h: Array
    v_b: Array


@dataclass(frozen=True)
class Rule:
    """One row of the registered rule, for m outcomes."""

    rule_id: str
    passed: Flags
    value: Array
    threshold: Array
    unmet: str


NOT_SUPPORTED_RULE = "upper_bound_below_equivalence"


def rules(e: Evidence, s: BetweenSettings) -> list[Rule]:
    """Every rule; all but the last must hold for "supported", the last alone for the opposite."""

    def constant(value: float) -> Array:
        return np.full_like(e.delta, value)

    zero = constant(0.0)
    delta_min, alpha = constant(s.delta_min), constant(s.loao_alpha)
    equivalence = constant(s.equivalence_upper)
    return [
        Rule("ci_low_above_zero", e.ci_low > 0, e.ci_low, zero, "the interval reaches zero"),
        Rule("delta_at_least_min", e.delta >= delta_min, e.delta, delta_min, "the lead is small"),
        Rule(
            "loao_p_below_alpha",
            e.loao_p < alpha,
            e.loao_p,
            alpha,
            "the lead is not sure for authorities that were left out",
        ),
        Rule(
            "q2_h_above_controls",
            e.q2_h > e.q2_controls,
            e.q2_h,
            e.q2_controls,
            "need and circumstance alone do as well for authorities that were left out",
        ),
        Rule(
            "forward_lead_positive",
            e.delta_forward > 0,
            e.delta_forward,
            zero,
            "one year of outcomes cannot show a lead in predicting a later year"
            if np.isnan(e.delta_forward).all()
            else "there is no lead in predicting a later year",
        ),
        Rule(
            NOT_SUPPORTED_RULE,
            e.upper < equivalence,
            e.upper,
            equivalence,
            "a lead that matters is not ruled out",
        ),
    ]


def decide(checked: list[Rule]) -> NDArray[np.str_]:
    """(m,) verdicts; where a very precise panel passes both, "supported" stands: it is first."""
    for_it = np.logical_and.reduce([r.passed for r in checked if r.rule_id != NOT_SUPPORTED_RULE])
    against = next(r.passed for r in checked if r.rule_id == NOT_SUPPORTED_RULE)
    return np.where(for_it, SUPPORTED, np.where(against, NOT_SUPPORTED, INCONCLUSIVE))


def joined(names: tuple[str, ...]) -> str:
    """The names as running text: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def unmeasured_note(declared: tuple[str, ...], measured: tuple[str, ...]) -> str:
    """A sentence naming the blocks of one side that this panel does not measure, or nothing."""
    missing = tuple(name for name in declared if name not in measured)
    if not missing:
        return ""
    return (
        f"No measure of {joined(missing)} could be used here, so {joined(measured)} alone stood "
        f"for {joined(declared)}."
    )


@dataclass(frozen=True)
class Sides:
    """Names of the blocks on each side, and which of them the panel measures."""

    h_declared: tuple[str, ...]
    h_measured: tuple[str, ...]
    b_declared: tuple[str, ...]
    b_measured: tuple[str, ...]

    def named(self) -> tuple[str, str]:
        """Both sides as running text."""
        return f"measures of {joined(self.h_measured)}", f"measures of {joined(self.b_measured)}"

    def notes(self) -> str:
        """What is not measured."""
        sides = (self.h_declared, self.h_measured), (self.b_declared, self.b_measured)
        return " ".join(filter(None, (unmeasured_note(*side) for side in sides)))


def _points(share: float) -> str:
    text = f"{100 * share:.1f}"
    return "0.0" if text == "-0.0" else text


def reach_sentence(mde: float | None, searched_to: float | None, s: BetweenSettings) -> str:
    """What lead the panel could have found; nothing where power was not simulated.

    Args:
        mde: minimum detectable effect, None where it lies beyond the leads simulated.
        searched_to: largest lead simulated, None if none was.
        s: settings.
    """
    share = f"{100 * s.power_target:g}% of cases"
    if mde is not None:
        return (
            f"With this panel, a true lead of about {_points(mde)} points would be found in "
            f"{share}; a smaller one is easily missed."
        )
    if searched_to is not None:
        return (
            f"With this panel, even a true lead of {_points(searched_to)} points would be found in "
            f"fewer than {share}."
        )
    return ""


@dataclass(frozen=True)
class Direction:
    """How far the outcome moves with a block, in standard deviations, and the interval of that."""

    slope: float
    low: float
    high: float


def direction_note(blocks: Mapping[str, Direction], lead: float, s: BetweenSettings) -> str:
    """A sentence on blocks of H that go with worse outcomes; nothing where none does.

    A share of variance has no direction, so that a side can lead and go with worse outcomes. Said
    where the whole interval is below 0; and of a side that leads, wherever the estimate is.
    """
    clear = [name for name, one in blocks.items() if one.high < 0]
    towards = [
        name for name, one in blocks.items() if lead > 0 and one.slope < 0 and name not in clear
    ]
    if not (clear or towards):
        return ""

    def sized(names: list[str]) -> str:
        return joined(
            tuple(
                f"{name} (slope {blocks[name].slope:.2f}, {100 * s.confidence:g}% interval "
                f"{blocks[name].low:.2f} to {blocks[name].high:.2f})"
                for name in names
            )
        )

    said = []
    if clear:
        said.append(f"more {sized(clear)} is associated with worse, not better, results")
    if towards:
        said.append(
            f"the estimate for {sized(towards)} is towards worse results, though its interval "
            "reaches zero"
        )
    return (
        "What a side explains counts in either direction, and here, with all else held constant, "
        f"{'; '.join(said)}."
    )


def sentence(
    e: Evidence,
    checked: list[Rule],
    sides: Sides,
    s: BetweenSettings,
    reach: str,
    *,
    direction: str = "",
) -> str:
    """One composition's verdict in plain words.

    Args:
        e: the numbers, for one outcome.
        checked: its rules; those not met are named.
        sides: the blocks.
        s: settings.
        reach: what the panel could have found, said where it is inconclusive.
        direction: whether more of H goes with worse outcomes, see `direction_note`.
    """
    verdict = str(decide(checked)[0])
    h, b = sides.named()
    level = f"{100 * s.confidence:g}%"
    interval = f"{level} interval {_points(e.ci_low[0])} to {_points(e.ci_high[0])}"
    lead = _points(e.delta[0])
    points = "percentage points more of the differences in the outcome between places"
    if verdict == SUPPORTED:
        said = [
            f"{h.capitalize()} predict the outcome better than {b}: they are associated with "
            f"{lead} {points} ({interval}).",
            "They also predict better for authorities that were left out and for later years.",
        ]
    elif verdict == NOT_SUPPORTED and e.ci_high[0] < 0:
        said = [
            f"{h.capitalize()} do not predict the outcome better than {b}. It is the other way "
            f"round: {b} are associated with {_points(-e.delta[0])} {points} ({level} interval "
            f"{_points(-e.ci_high[0])} to {_points(-e.ci_low[0])})."
        ]
    elif verdict == NOT_SUPPORTED:
        said = [
            f"{h.capitalize()} do not predict the outcome better than {b} by a margin that "
            f"matters: the estimated lead is {lead} percentage points of the differences in the "
            f"outcome between places, and the data rule out, at one-sided {level} confidence, a "
            f"lead above {_points(e.upper[0])} ('not supported' needs a lead of "
            f"{_points(s.equivalence_upper)} to be ruled out)."
        ]
    else:
        unmet = [r.unmet for r in checked if r.rule_id != NOT_SUPPORTED_RULE and not r.passed[0]]
        said = [
            f"These data cannot tell whether {h} predict the outcome better than {b}: the "
            f"estimated lead is {lead} percentage points of the differences in the outcome between "
            f"places ({interval}).",
            f"Missing for a clear yes: {'; '.join(unmet)}.",
            reach,
        ]
    if verdict != SUPPORTED and max(e.v_h[0], e.v_b[0]) < s.delta_min:
        said.append(
            "Neither side is associated with much here; the interval is then too wide rather than "
            "too narrow."
        )
    return " ".join(filter(None, [*said, direction, sides.notes()]))


def composition_rows(composition: str, checked: list[Rule], text: str) -> list[Verdict]:
    """One row a rule."""
    return rule_rows(PART, str(decide(checked)[0]), composition, checked, text)


def rule_rows(
    part: str, verdict: str, composition: str, checked: list[Rule], text: str
) -> list[Verdict]:
    """One row a rule of either half."""
    return [
        Verdict(
            composition,
            part,
            verdict,
            rule.rule_id,
            bool(rule.passed[0]),
            number(rule.value[0]),
            number(rule.threshold[0]),
            text,
        )
        for rule in checked
    ]


def combined_rows(
    composite: tuple[str, float, str],
    indicators: tuple[str, float, str],
    sides: Sides,
    reach: str,
    direction: str = "",
) -> list[Verdict]:
    """The verdict of both compositions together, each given as (verdict, delta, sentence).

    They must agree in verdict and in the sign of delta; else the answer depends on how the block is
    composed. Values are the indicators', thresholds the composite's; verdicts have no number.
    """
    same_verdict = composite[0] == indicators[0]
    same_sign = bool(np.sign(composite[1]) == np.sign(indicators[1]))
    if same_verdict and same_sign:
        verdict, text = composite[0], composite[2]
    else:
        verdict = DEPENDS
        h, b = sides.named()
        said = (
            f"These data cannot tell whether {h} or {b} predict better, because it depends on how "
            f"the indicators are put together. "
        )
        if same_verdict:
            said += (
                f"Both ways give '{composite[0]}', but the sign of the lead of {h} differs: "
                f"{_points(composite[1])} percentage points with one average for each block and "
                f"{_points(indicators[1])} with every indicator on its own. By the registered rule "
                "leads of different sign leave it open, however small they are."
            )
        else:
            said += (
                f"With one average for each block the answer is '{composite[0]}' (a lead of "
                f"{_points(composite[1])} percentage points for {h}); with every indicator on its "
                f"own it is '{indicators[0]}' (a lead of {_points(indicators[1])})."
            )
        text = " ".join(filter(None, [said, direction, reach, sides.notes()]))
    leads = indicators[1], composite[1]
    return agreement_rows(PART, verdict, (same_sign, *leads), same_verdict, text)


def agreement_rows(
    part: str, verdict: str, sign: tuple[bool, float, float], same_verdict: bool, text: str
) -> list[Verdict]:
    """What both compositions say together, in either half.

    sign: whether they have the same, and what has it: the indicators' value, the composite's.
    """
    return [
        Verdict("both", part, verdict, "compositions_same_sign", *sign, text),
        Verdict("both", part, verdict, "compositions_same_verdict", same_verdict, None, None, text),
    ]


def number(value: float) -> float | None:
    """A finite float, or None."""
    return float(value) if np.isfinite(value) else None
