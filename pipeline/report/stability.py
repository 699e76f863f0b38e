"""What becomes of the lead when something else is chosen: every check, passed or not."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.read import WITHIN, Analysis, Names, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    capital,
    counted,
    interval,
    joined,
    minus,
    number,
    part,
    percent,
    points,
    words,
)

SHARES = ("robustness value",)
"""Kinds whose estimate is a share and not a lead."""
ASKED = {
    "leave one source out": "Is the direction the same without one source?",
    "least coverage": "Is the direction the same when more, or less, must have been observed?",
    "earlier respondents": "Is the direction the same when measures are taken a year earlier?",
    "split respondents": "Is the direction the same when other staff give the measures?",
    "lagged outcome": "Is the direction the same with the outcome of the same year held constant?",
    "ridge penalty": "Is the direction the same however much measures on their own are shrunken?",
    "outliers": "Is the direction the same when extreme values are drawn in?",
    "composition": "Is the direction the same when measures are put together in another way?",
    "leave one authority out": "Is the direction the same whichever authority is left out?",
    "placebo": "Is there no lead on an outcome that leadership should not move?",
    "reversed lag": "Is the lead no larger on the outcome of the year before?",
    "imputation": "Is the answer the same when gaps are filled?",
    "equal reliability": "Is the direction the same when both sides are measured equally well?",
    "measured without error": "Is the direction the same without error of measurement?",
    "robustness value": "Would it take more than the strongest known circumstance to undo it?",
    "multiverse": "Do most ways to set up the comparison agree on the direction?",
}
"""Kinds of checks, each as a question whose good answer is yes."""


@dataclass(frozen=True)
class Passed:
    """How many checks passed, failed or could not be made."""

    passed: int
    failed: int
    impossible: int

    @property
    def said(self) -> str:
        """In words."""
        made = self.passed + self.failed
        said = f"{number(self.passed)} of {counted(made, 'check')} passed"
        if self.impossible:
            said += f"; {number(self.impossible)} could not be made"
        return said


def counts(analysis: Analysis) -> Passed:
    """Count the checks of a panel."""
    rows = [row for row in analysis.results["robustness"] if not _for_reading(row)]
    return Passed(
        sum(row["passes"] is True for row in rows),
        sum(row["passes"] is False for row in rows),
        sum(row["passes"] is None for row in rows),
    )


def _for_reading(row: Row) -> bool:
    """Whether a row is a figure and no check."""
    return row["passes"] is None and not row["why_not"] and row["estimate"] is not None


def checks(
    analysis: Analysis, names: Names, titles: Mapping[str, str], *, passed: bool
) -> DataTable | None:
    """The checks of a panel that pass; or those that fail, and after them those not made.

    Args:
        analysis: the panel.
        names: of councils and trusts.
        titles: of sources and indicators.
        passed: which of both.
    """
    rows = [
        row
        for row in analysis.results["robustness"]
        if not _for_reading(row) and (row["passes"] is True) is passed
    ]
    if not rows:
        return None
    return DataTable(
        "The checks that pass" if passed else "The checks that fail, then those not made",
        ["Check", "What was chosen instead", "What was found", "Answer"],
        [
            [
                text(
                    ASKED.get(row["kind"], capital(row["kind"])),
                    "inside authorities" if row.get("part") == WITHIN else "",
                ),
                text(minus(capital(plain(row["detail"], names, titles)))),
                _found(row, analysis.settings["multiverse"]["same_sign"]),
                _answer(row),
            ]
            for row in sorted(rows, key=lambda one: one["passes"] is None)
        ],
        "evidence.robustness: part, kind, detail, estimate, ci_low, ci_high, passes, why_not",
    )


def plain(detail: str, names: Names, titles: Mapping[str, str]) -> str:
    """What was chosen, with names in place of codes."""

    if detail == "none":
        return "there is none"

    def named(found: re.Match[str]) -> str:
        word = found[0]
        return f"'{titles[word]}'" if word in titles else words(names.of(word))

    told = detail.replace("council_class=", "class of council: ")
    told = told.replace("that of a null world", "what chance alone gives where there is no lead")
    return re.sub(r"\w+", named, told)


def _found(row: Row, least: float) -> Cell:
    value = row["estimate"]
    if value is None:
        return absent()
    known = row["ci_low"] is not None and row["ci_high"] is not None
    if row["kind"] in SHARES:
        return figure(percent(value))
    if row["kind"] == "multiverse":
        ends = f"interval {percent(row['ci_low'])} to {percent(row['ci_high'])}" if known else ""
        return figure(part(value, least), ends)
    if row.get("part") == WITHIN:
        low, high = row["ci_low"], row["ci_high"]
        ends = f"interval {number(low, 2)} to {number(high, 2)}" if known else ""
        return figure(f"slope {number(value, 2, signed=True)}", ends)
    ends = f"interval {interval(row['ci_low'], row['ci_high'], 2)}" if known else ""
    return figure(f"{points(value, 2)} points", ends)


def _answer(row: Row) -> Cell:
    if row["passes"] is None:
        return text("Could not be made", capital(row["why_not"] or ""))
    return text("Yes: passed") if row["passes"] else text("No: failed")


def summary(analyses: Sequence[Analysis]) -> DataTable:
    """How many checks passed, panel by panel."""
    rows = []
    for analysis in analyses:
        found = counts(analysis)
        none = not found.passed + found.failed
        failed = dict.fromkeys(
            row["kind"] for row in analysis.results["robustness"] if row["passes"] is False
        )
        rows.append(
            [
                text(analysis.name, link=analysis.page),
                absent("No lead was estimated") if none else figure(number(found.passed)),
                absent() if none else figure(number(found.failed)),
                absent() if none else figure(number(found.impossible)),
                text(capital(joined(list(failed))) or ("\u2013" if none else "No kind")),
            ]
        )
    return DataTable(
        "Checks of the lead, panel by panel",
        ["Panel", "Passed", "Failed", "Could not be made", "Kinds that failed"],
        rows,
        "evidence.robustness: kind, passes",
        narrow="pairs",
    )
