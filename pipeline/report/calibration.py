"""How often the test is right: what it said of worlds whose truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.edition import PROJECT
from pipeline.evidence.settings import READINGS
from pipeline.report.answer import Fact
from pipeline.report.read import BETWEEN, BOTH, OVERALL, WITHIN, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import capital, composition, counted, number, percent, points, words

RESULTS = PROJECT / "docs" / "calibration.csv"
COVERED = "coverage_met"
GIVEN = ("supported", "not_supported", "inconclusive", "depends")
"""Shares of worlds by verdict."""
PARTS = {BETWEEN: "Between authorities", WITHIN: "Inside authorities", OVERALL: "The whole claim"}
ROLES = {
    "null": "Nothing to find: 'supported' would be wrong",
    "linked": "No lead between authorities, but a link inside: 'supported' would be right",
    "lead": "Leadership leads: 'supported' would be right",
    "limit": "Something that the rule cannot see: 'supported' would be wrong",
}


@dataclass(frozen=True)
class Calibration:
    """What is shown of the calibration.

    Attributes:
        facts: the numbers that matter: false alarms, what the rule cannot see, and coverage.
        limits: what falls short of its target, in words.
        verdicts: how often each verdict was given, a table for each kind of world.
        coverage: how often the interval held the truth.
    """

    facts: Sequence[Fact]
    limits: Sequence[str]
    verdicts: Sequence[DataTable]
    coverage: DataTable | None


def calibration(path: Path = RESULTS) -> Calibration | None:
    """The recorded calibration, None where none was recorded."""
    if not path.exists():
        return None
    rows = [row | {"role": _role(row)} for row in pl.read_csv(path).to_dicts()]
    size = [row for row in rows if row["size_met"] is not None]
    covering = [row for row in rows if row["coverage_met"] is not None]
    return Calibration(
        facts=_facts(rows, size, covering),
        limits=[*_outdated(rows), *_limits(size, covering)],
        verdicts=[table for role in ROLES if (table := _verdicts(rows, role))],
        coverage=_coverage(covering),
    )


def _role(row: Row) -> str:
    """The role of one part of a world: without a lead between, there may be a link inside."""
    linked = row["role"] == "null" and row["part"] == WITHIN and row["size_met"] is None
    return "linked" if linked else str(row["role"])


def _world(row: Row) -> str:
    return capital(words(row["design"]))


def _case(row: Row) -> str:
    way = "" if row["composition"] == BOTH else f", {composition(row['composition']).lower()}"
    return f"{_world(row)} ({PARTS[row['part']].lower()}{way})"


def _facts(rows: Sequence[Row], size: Sequence[Row], covering: Sequence[Row]) -> list[Fact]:
    facts = []
    joint = [row for row in size if row["composition"] == BOTH]
    if joint:
        worst = max(joint, key=lambda row: float(row["supported"]))
        facts.append(
            Fact(
                "False alarms: worlds with nothing to find that were called 'supported'",
                f"at most {percent(worst['supported'], 1)}",
                f"largest of {counted(len(joint), 'case')} of {number(worst['worlds'])} worlds: "
                f"{_case(worst)}",
            )
        )
    unseen = [
        row
        for row in rows
        if (row["role"], row["part"], row["composition"]) == ("limit", BETWEEN, BOTH)
    ]
    if unseen:
        by_share = sorted(unseen, key=lambda row: float(row["supported"]))
        low, worst = by_share[0], by_share[-1]
        facts.append(
            Fact(
                "Worlds without a lead, of a kind that the rule cannot see, that were called "
                "'supported'",
                f"{percent(low['supported'], 1)} to {percent(worst['supported'], 1)}",
                f"of worlds, over {counted(len(unseen), 'kind')}; most often: {_case(worst)}",
            )
        )
    if covering:
        low = min(covering, key=lambda row: float(row["covered"]))
        high = max(float(row["covered"]) for row in covering)
        facts.append(
            Fact(
                "Intervals that held the truth",
                f"{percent(low['covered'])} to {percent(high)}",
                f"of worlds, over {counted(len(covering), 'case')}; lowest: {_case(low)}",
            )
        )
    return facts


def _outdated(rows: Sequence[Row]) -> list[str]:
    """What to mind where another form of the rule was calibrated than the one in use."""
    if all(row.get("readings") == READINGS for row in rows):
        return []
    return [
        "These figures are of the test as it was before its last change: what it reads off the "
        "data was changed since, its thresholds were not. Until the calibration is run again, "
        "they do not show how often the test of today is right."
    ]


def _limits(size: Sequence[Row], covering: Sequence[Row]) -> list[str]:
    said = []
    for what, rows, met in (
        ("False alarms are above their target", size, "size_met"),
        ("The interval holds the truth less, or more, often than it should", covering, COVERED),
    ):
        missed = sum(not row[met] for row in rows)
        if missed:
            said.append(f"{what} in {number(missed)} of {counted(len(rows), 'case')}.")
    return said


def _verdicts(rows: Sequence[Row], role: str) -> DataTable | None:
    own = [row for row in rows if row["role"] == role and row["composition"] == BOTH]
    if not own:
        return None
    return DataTable(
        f"{ROLES[role]}; percent of worlds given each verdict",
        [
            "World",
            "True lead, points",
            "Supported",
            "Not supported",
            "Inconclusive",
            "Depends on composition",
            "Target",
        ],
        [
            [
                text(_world(row), PARTS[row["part"]]),
                figure(points(row["delta_of_effects"])),
                *(_given(row, verdict) for verdict in GIVEN),
                _target(row["size_met"]),
            ]
            for row in own
        ],
        narrow="pairs",
    )


def _given(row: Row, verdict: str) -> Cell:
    """The share of worlds given a verdict; in some the question could be asked in no world."""
    if not any(row[one] for one in GIVEN):
        return absent("could not be asked")
    return figure(percent(row[verdict], 1))


def _target(met: bool | None) -> Cell:
    return text("Not set" if met is None else "Met" if met else "Missed")


def _coverage(covering: Sequence[Row]) -> DataTable | None:
    if not covering:
        return None
    return DataTable(
        "Share of worlds whose interval held the truth, lowest first",
        ["World", "Held the truth", "True value", "Mean estimate", "Target"],
        [
            [
                text(_world(row), _case(row).partition(" (")[2].removesuffix(")")),
                figure(percent(row["covered"], 1)),
                figure(number(row["truth"], 3)),
                figure(number(row["mean_estimate"], 3)),
                text("Met" if row["coverage_met"] else "Missed"),
            ]
            for row in sorted(covering, key=lambda one: float(one["covered"]))
        ],
        narrow="pairs",
    )
