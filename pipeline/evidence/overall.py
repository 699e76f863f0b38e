"""The claim as a whole: both halves, and the checks that may take a verdict back."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evidence.rows import Verdict
from pipeline.evidence.verdict import INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED

PART = "overall"


@dataclass(frozen=True)
class Check:
    """One thing that must hold for the claim as a whole.

    Attributes:
        rule_id: name.
        passed: whether it holds; None where it could not be made, which does not support the claim.
        value, threshold: the numbers, where there are any.
        holds, fails, missing: what to say in each case; empty says nothing. With `where`, the rest
            of a sentence that begins with it.
        where: of what it is said, such as "Between authorities".
        decides: whether the claim needs it; one that does not is a caution, and only said.
    """

    rule_id: str
    passed: bool | None
    value: float | None = None
    threshold: float | None = None
    holds: str = ""
    fails: str = ""
    missing: str = ""
    where: str = ""
    decides: bool = True

    @property
    def stands_against(self) -> bool:
        """Whether it takes "supported" back."""
        return self.decides and not self.passed

    @property
    def said(self) -> str:
        """The sentence of the case that it is."""
        if self.passed is None:
            return self.missing
        return self.holds if self.passed else self.fails


def overall(parts: dict[str, str | None], checks: Sequence[Check]) -> list[Verdict]:
    """One row a criterion, with the verdict on the claim and its sentence.

    "Supported" needs both halves and every check that decides; one half "not supported" is enough
    against it; else the answer is "inconclusive".

    Args:
        parts: "between" and "within" -> the half's verdict, None where it cannot be asked.
        checks: what else must hold.
    """
    answers = list(parts.values())
    if any(one == NOT_SUPPORTED for one in answers):
        verdict = NOT_SUPPORTED
    elif all(one == SUPPORTED for one in answers) and not any(c.stands_against for c in checks):
        verdict = SUPPORTED
    else:
        verdict = INCONCLUSIVE
    text = _sentence(verdict, parts, checks)
    rows = [
        Verdict("both", PART, verdict, f"{name}_supported", answer == SUPPORTED, None, None, text)
        for name, answer in parts.items()
    ]
    rows += [
        Verdict(
            "both", PART, verdict, one.rule_id, bool(one.passed), one.value, one.threshold, text
        )
        for one in checks
    ]
    return rows


NAMES = {"between": "between authorities", "within": "inside authorities"}


def _sentence(verdict: str, parts: dict[str, str | None], checks: Sequence[Check]) -> str:
    said = {
        SUPPORTED: "The claim is supported here, between authorities and inside them.",
        NOT_SUPPORTED: "The claim is not supported here.",
        INCONCLUSIVE: "The data here cannot decide the claim.",
    }[verdict]
    halves = "; ".join(
        f"{NAMES[name]}: {answer or 'cannot be asked of these data'}"
        for name, answer in parts.items()
    )
    return " ".join(filter(None, [said, f"{halves[0].upper()}{halves[1:]}.", said_of(checks)]))


def said_of(checks: Sequence[Check]) -> str:
    """What the checks say, those of one place in one sentence."""
    groups: dict[str, list[str]] = {}
    for one in checks:
        if one.said:
            groups.setdefault(one.where, []).append(one.said)
    return " ".join(
        f"{where}, {'; '.join(said.removesuffix('.') for said in own)}." if where else " ".join(own)
        for where, own in groups.items()
    )
