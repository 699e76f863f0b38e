"""What the checks beside an estimate do to the claim, and what is said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.evidence.overall import Check
from pipeline.rounding import percent_beside
from pipeline.study.framework import Framework

Row = dict[str, Any]

NAMES = {"between": "Between authorities", "within": "Inside authorities"}


@dataclass(frozen=True)
class Guard:
    """What takes "supported" back: its rule, and what to say if it fails."""

    rule_id: str
    fails: str


GUARDS = {
    "placebo": Guard(
        "placebos_clean",
        "leadership also leads on a placebo that it should not move, so what it picks up may be "
        "something else.",
    ),
    "imputation": Guard("imputation_agrees", "filling the gaps changes the answer."),
    "reversed lag": Guard(
        "reversed_lag_smaller",
        "earlier outcomes go with leadership as much as later ones do, so which comes first is "
        "not settled.",
    ),
    "lagged outcome": Guard(
        "lagged_outcome_agrees",
        "the answer turns round once results of the same year are held constant, so what goes with "
        "leadership may have been there before.",
    ),
    "earlier respondents": Guard(
        "earlier_respondents_agree",
        "the answer turns round with predictors of a year earlier, so it may hang on the mood of "
        "those who answered in one year.",
    ),
    "leave one source out": Guard("sources_agree", "the answer hangs on one source."),
    "leave one authority out": Guard("authorities_agree", "the answer hangs on one authority."),
    "least coverage": Guard(
        "coverage_agrees",
        "the answer changes with how much of a carried value must have been observed.",
    ),
    "equal reliability": Guard(
        "equal_reliability_agrees",
        "the lead turns round when both sides are measured equally well.",
    ),
}
"""Kind of check -> what it does to the claim."""
DIRECTION = "between_goes_with_better_outcomes"
NEEDED = ("placebo", "imputation")
"""Checks without which the claim cannot be supported between authorities."""


def claim_checks(robust: Sequence[Row], all_of: Framework) -> list[Check]:
    """What must hold beside both halves: one sign over specifications, and every guard."""
    least = all_of.test.multiverse.same_sign
    checks = []
    for part in dict.fromkeys(row["part"] for row in robust):
        own = [row for row in robust if row["part"] == part]
        curve = [r for r in own if r["kind"] == "multiverse" and r["passes"] is not None]
        rule, where = f"{part}_multiverse_same_sign", NAMES[part]
        if not curve:
            missing = "no other specification could be estimated."
            checks.append(Check(rule, None, missing=missing, where=where))
        for row in curve:
            share = row["estimate"]
            said = percent_beside(share, least)
            checks.append(
                Check(
                    rule,
                    row["passes"],
                    share,
                    least,
                    holds=f"{said} of the specifications have one sign.",
                    fails="the sign depends on how the comparison is set up: "
                    f"{said} of the specifications have the commoner one, and "
                    f"it must be that of the registered one, in at least {least:.0%}.",
                    where=where,
                )
            )
        for kind, guard in GUARDS.items():
            made = [r["passes"] for r in own if r["kind"] == kind and r["passes"] is not None]
            if made or (part == "between" and kind in NEEDED):
                checks.append(
                    Check(
                        f"{part}_{guard.rule_id}",
                        all(made) if made else None,
                        fails=guard.fails,
                        missing=f"the check by {kind} could not be made.",
                        where=where,
                    )
                )
    return checks


def cautions(rows: Mapping[str, Sequence[Row]]) -> list[Check]:
    """What is said beside a lead between authorities and decides nothing.

    Whether leadership's side goes with better outcomes; whether more than the strongest known
    circumstance would be needed to undo it; and which side error of measurement works against.

    No threshold was declared for these before the data were read.

    Args:
        rows: of the panel's tables.
    """
    lead = _one(rows["block_contrast"], composition="composite", estimand="delta", headline=True)
    side = _one(rows["importance"], composition="composite", level="superblock", name="H")
    if lead is None or side is None:
        return []
    found = [
        Check(
            DIRECTION,
            side["slope"] > 0,
            side["slope"],
            0.0,
            fails=_worse(side, lead["estimate"]),
            where=NAMES["between"],
            decides=False,
        )
    ]
    confounder = _one(rows["robustness"], kind="robustness value")
    if confounder is not None:
        found.append(
            Check(
                "between_confounder_must_be_strong",
                confounder["passes"],
                confounder["estimate"],
                fails="something unmeasured that is no stronger than the strongest known "
                "circumstance could be all there is to leadership.",
                where=NAMES["between"],
                decides=False,
            )
        )
    exact = _one(rows["robustness"], kind="measured without error")
    if exact is not None and exact["estimate"] is not None:
        found.append(_attenuation(lead["estimate"], exact["estimate"]))
    return found


def _worse(side: Row, lead: float) -> str:
    """What is said of a side that goes with worse outcomes: clearly, or where it leads."""
    more = "more of what stands for leadership and partnership"
    if side["slope_ci_high"] < 0:
        return f"{more} goes with worse results, so what it explains does not speak for it."
    if lead > 0:
        return f"{more} goes rather with worse results than with better ones, though not clearly."
    return ""


def _attenuation(lead: float, exact: float) -> Check:
    """What error of measurement does to a lead, given the lead without it."""
    said = ""
    if exact > lead > 0:
        said = (
            "leadership is measured with the more error and leads all the same: its lead is, if "
            "anything, too small."
        )
    elif exact < 0 < lead:
        said = "corrected for error of measurement the lead of leadership turns round."
    elif lead < 0 < exact:
        said = (
            "error in measuring leadership may be why plans and budgets lead: corrected for it, "
            "the lead turns round."
        )
    elif lead < 0 and exact > lead:
        said = "error in measuring leadership may be part of why plans and budgets lead."
    rule = "between_lead_stands_without_error"
    return Check(
        rule,
        exact * lead > 0,
        exact,
        0.0,
        holds=said,
        fails=said,
        where=NAMES["between"],
        decides=False,
    )


def _one(rows: Sequence[Row], **wanted: Any) -> Row | None:
    """The first row with these values, or None."""
    return next((r for r in rows if all(r.get(k) == v for k, v in wanted.items())), None)
