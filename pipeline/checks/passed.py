"""Which tables nothing may be published with: their check failed, or was of other rows."""

from pipeline.database.locality import tables
from pipeline.edition import Edition
from pipeline.runs.steps import CHECKS, Digests, made_before
from pipeline.sources import sources
from pipeline.study.results import TABLES

LOOKED_AT = ("table:", "record:")
"""How labels begin of what a check looks at: its table, and what was noted beside it."""


def stops(severity: str, passed: bool) -> bool:
    """Whether a result stops what is downstream."""
    return severity == "critical" and not passed


def checked_tables() -> list[tuple[str, str]]:
    """Layer and name of every table that has a suite."""
    return [
        *(("tidy", name) for name in sources()),
        *(("locality", name) for name in tables()),
        *(("evidence", name) for name in TABLES),
    ]


def failed(edition: Edition) -> list[str]:
    """The tables, as ``layer/name``, whose last check failed critically."""
    return [
        f"{layer}/{name}"
        for layer, name in checked_tables()
        if any(
            stops(row["severity"], row["passed"])
            for row in edition.recall("checks", f"{layer}.{name}") or []
        )
    ]


def unchecked(edition: Edition, digests: Digests) -> list[str]:
    """The tables, as ``layer/name``, that were made and then not checked, since their run ended.

    A check that passed leaves the digests of what it looked at; what is there now has to have them.
    """
    known = failed(edition)
    return [
        f"{layer}/{name}"
        for layer, name in checked_tables()
        if f"{layer}/{name}" not in known and not _as_checked(edition, layer, name, digests)
    ]


def _as_checked(edition: Edition, layer: str, name: str, digests: Digests) -> bool:
    own = f"table:{layer}.{name}"
    before = made_before(edition, f"{layer}__{name}{CHECKS}")
    if before is None:
        # One that was never made is not published either.
        return digests.of(own) is None
    looked_at = {label for label in before.inputs if label.startswith(LOOKED_AT)}
    return all(before.inputs.get(one) == digests.of(one) for one in looked_at | {own})
