"""The registered rule for the within-authorities half, and its sentence in plain words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evidence.panel import Array
from pipeline.evidence.rows import Power, Verdict
from pipeline.evidence.settings import WithinSettings
from pipeline.evidence.verdict import (
    DEPENDS,
    INCONCLUSIVE,
    NOT_SUPPORTED,
    SUPPORTED,
    Rule,
    agreement_rows,
    joined,
    rule_rows,
)
from pipeline.evidence.within_rows import LeftOut, VarianceSplit

PART = "within"


@dataclass(frozen=True)
class WithinEvidence:
    """The numbers that the rule reads, (m,) each: one for the data, many for simulated outcomes.

    Attributes:
        w_star, w_low, w_high: share of the lasting variation within authorities and its interval;
            NaN where it cannot be told.
        slope: of the outcome on leadership within; see Tracking.
        p: one-sided, permutation of locality trajectories.
        partial_r2: partial within R2.
        upper: one-sided upper bound of it in the direction of the claim.
    """

    w_star: Array
    w_low: Array
    w_high: Array
    slope: Array
    p: Array
    partial_r2: Array
    upper: Array


AGAINST = ("partial_r2_upper_below_min", "w_star_upper_below_min")


def rules(e: WithinEvidence, s: WithinSettings) -> list[Rule]:
    """Every rule; the last two each say "not supported", the others must all hold for the claim."""

    def constant(value: float) -> Array:
        return np.full_like(e.slope, value)

    share, least = constant(s.w_star_min), constant(s.partial_r2_min)
    return [
        Rule(
            "w_star_low_above_min",
            e.w_low > share,
            e.w_low,
            share,
            "it is not sure that enough of what lasts differs within authorities",
        ),
        Rule(
            "slope_positive",
            e.slope > 0,
            e.slope,
            constant(0.0),
            "localities with more of it do not have the better outcome",
        ),
        Rule(
            "trajectory_p_below_alpha",
            e.p < s.alpha,
            e.p,
            constant(s.alpha),
            "so much could be chance",
        ),
        Rule(
            "partial_r2_at_least_min",
            e.partial_r2 >= least,
            e.partial_r2,
            least,
            "the share of the differences that goes with it is small",
        ),
        Rule(
            AGAINST[0],
            e.upper < least,
            e.upper,
            least,
            "a link that matters is not ruled out",
        ),
        Rule(
            AGAINST[1],
            e.w_high < share,
            e.w_high,
            share,
            "differences within authorities that last are not ruled out",
        ),
    ]


def decide(checked: list[Rule]) -> NDArray[np.str_]:
    """(m,) verdicts."""
    for_it = np.logical_and.reduce([r.passed for r in checked if r.rule_id not in AGAINST])
    against = np.logical_or.reduce([r.passed for r in checked if r.rule_id in AGAINST])
    return np.where(for_it, SUPPORTED, np.where(against, NOT_SUPPORTED, INCONCLUSIVE))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def reach_sentence(power: tuple[Power, ...], checked: list[Rule], s: WithinSettings) -> str:
    """What link the panel could have found; nothing where power was not simulated."""
    if not power:
        return ""
    if not checked[0].passed[0]:
        return (
            "Whatever the link, this panel could not support the claim, because it does not show "
            f"that more than {_percent(s.w_star_min)} of the lasting differences lie within "
            "authorities."
        )
    share = f"{100 * s.power_target:g}% of cases"
    if power[0].mde80 is not None:
        return (
            f"With this panel, a true link with {_percent(power[0].mde80)} of the differences "
            f"within authorities would be found by one average of the measures in {share}, and by "
            "both ways of putting them together in fewer; a weaker one is easily missed."
        )
    return (
        f"With this panel, even a true link with {_percent(power[-1].true_effect)} of the "
        f"differences within authorities would be found in fewer than {share}."
    )


@dataclass(frozen=True)
class Setting:
    """What a sentence says about the panel besides the numbers."""

    blocks: tuple[str, ...]
    years: int
    left_out: LeftOut
    split: VarianceSplit

    @property
    def named(self) -> str:
        """The measures as running text."""
        return f"measures of {joined(self.blocks)}"

    def notes(self, s: WithinSettings) -> str:
        """How the variation lies, and what was not used."""
        said = []
        if self.split.w_star is not None:
            said.append(
                f"Of the differences that last, {_percent(self.split.w_star)} lie between "
                f"localities of one authority ({100 * s.confidence:g}% interval "
                f"{_percent(self.split.ci_low or 0.0)} to {_percent(self.split.ci_high or 0.0)})."
            )
        elif self.split.sigma2_locality is None:
            when = "one year only" if self.years == 1 else "no locality in more than one year"
            said.append(f"The panel has {when}, so it cannot tell which differences last.")
        else:
            said.append("No lasting differences between places were found.")
        if self.left_out.authority_years:
            lost = self.left_out
            whole = (
                f", and {lost.authorities} authorities had no other rows"
                if lost.authorities
                else ""
            )
            said.append(
                f"{lost.authority_years} authority-years with a single locality have nothing to "
                f"compare within and were left out{whole}."
            )
        return " ".join(said)


def sentence(
    e: WithinEvidence,
    checked: list[Rule],
    setting: Setting,
    s: WithinSettings,
    *,
    reversed_: bool,
    reach: str,
) -> str:
    """One composition's verdict in plain words.

    Args:
        e: the numbers, for one outcome.
        checked: its rules; those not met are named.
        setting: the panel.
        s: settings.
        reversed_: whether more leadership goes with less of the outcome.
        reach: what the panel could have found, said where it is inconclusive.
    """
    verdict = str(decide(checked)[0])
    h = setting.named
    explained = f"{_percent(e.partial_r2[0])} of the differences in the outcome between them"
    among = "Among localities that share one authority's plan and budget,"
    said: list[str]
    if verdict == SUPPORTED:
        said = [
            f"{among} higher {h} are associated with a better outcome: {explained} go with them, "
            f"which chance would bring about with a probability of {e.p[0]:.2g}."
        ]
    elif reversed_ and e.upper[0] == 0:
        said = [
            f"{among} higher {h} are not associated with a better outcome. It is the other way "
            f"round: they are associated with a worse one, and {explained} go with them."
        ]
    elif verdict == NOT_SUPPORTED and checked[-2].passed[0]:
        said = [
            f"{among} {h} are not associated with the outcome by a margin that matters: "
            f"{explained} go with them, and the data rule out, at one-sided "
            f"{100 * s.confidence:g}% confidence, a share above {_percent(e.upper[0])} in the "
            f"direction of the claim ('not supported' needs {_percent(s.partial_r2_min)} to be "
            "ruled out)."
        ]
    elif verdict == NOT_SUPPORTED:
        said = [
            "Too little of what lasts differs between localities that share one authority's plan "
            f"and budget for the claim to hold there: less than {_percent(s.w_star_min)} of the "
            f"lasting differences, whatever {h} go with."
        ]
    else:
        unmet = [r.unmet for r in checked if r.rule_id not in AGAINST and not r.passed[0]]
        # Where it cannot be told what lasts, the notes say so in better words.
        if setting.split.w_star is None and not checked[0].passed[0]:
            unmet[0] = "what share of the lasting differences lies within authorities"
        said = [
            f"These data cannot tell whether, among localities that share one authority's plan and "
            f"budget, {h} are associated with a better outcome: {explained} go with them.",
            f"Missing for a clear yes: {'; '.join(unmet)}.",
            reach,
        ]
    return " ".join(filter(None, [*said, setting.notes(s)]))


def composition_rows(composition: str, checked: list[Rule], text: str) -> list[Verdict]:
    """One row a rule."""
    return rule_rows(PART, str(decide(checked)[0]), composition, checked, text)


@dataclass(frozen=True)
class Answer:
    """What one composition says: its verdict, the sign of its link, and its sentence.

    An index whose slope is not in its direction was learned and did not carry over.
    """

    verdict: str
    direction: float
    slope: float
    text: str

    @property
    def way(self) -> str:
        """Where the outcome goes with higher values, in words."""
        if self.slope * self.direction < 0:
            return "what was learned on other authorities does not carry over"
        return f"higher values go with a {'better' if self.direction > 0 else 'worse'} outcome"


def combined_rows(
    composite: Answer, indicators: Answer, setting: Setting, s: WithinSettings, reach: str
) -> list[Verdict]:
    """The verdict of both compositions together.

    They must agree in verdict and in sign; else the answer depends on how the block is composed.
    Values are the indicators', thresholds the composite's; verdicts have no number.
    """
    same_verdict = composite.verdict == indicators.verdict
    same_sign = bool(np.sign(composite.direction) == np.sign(indicators.direction))
    verdict, text = composite.verdict, composite.text
    if not (same_verdict and same_sign):
        verdict = DEPENDS

        said = (
            "These data cannot tell whether, among localities that share one authority's plan and "
            f"budget, {setting.named} are associated with a better outcome, because it depends on "
            "how the indicators are put together. With one average of them the answer is "
            f"'{composite.verdict}' ({composite.way}); with every indicator on its own it is "
            f"'{indicators.verdict}' ({indicators.way})."
        )
        text = " ".join(filter(None, [said, reach, setting.notes(s)]))
    directions = indicators.direction, composite.direction
    return agreement_rows(PART, verdict, (same_sign, *directions), same_verdict, text)
