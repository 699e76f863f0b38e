"""Which tables nothing may be published with: their check failed, or was of other rows."""

from pipeline.edition import Edition
from pipeline.runs.steps import CHECKS, Digests, made_before, steps

LOOKED_AT = ("table:", "record:")
"""How labels begin of what a check looks at: its table, and what was noted beside it."""


def stops(severity: str, passed: bool) -> bool:
    """Whether a result stops what is downstream."""
    return severity == "critical" and not passed


def _checks(edition: Edition) -> dict[str, str]:
    """Every table that is checked, as ``layer/name``, and the step that checks it."""
    names = [one for one in steps(edition) if one.endswith(CHECKS)]
    return {one.removesuffix(CHECKS).replace("__", "/", 1): one for one in names}


def failed(edition: Edition) -> list[str]:
    """The tables, as ``layer/name``, whose last check failed critically."""
    return [
        table
        for table in _checks(edition)
        if any(
            stops(row["severity"], row["passed"])
            for row in edition.recall("checks", table.replace("/", ".")) or []
        )
    ]


def unchecked(edition: Edition, digests: Digests) -> list[str]:
    """The tables, as ``layer/name``, that were made and then not checked, since their run ended.

    A check that passed leaves the digests of what it looked at; what is there now has to have them.
    """
    known = failed(edition)
    return [
        table
        for table, step in _checks(edition).items()
        if table not in known and not _as_checked(edition, table, step, digests)
    ]


def _as_checked(edition: Edition, table: str, step: str, digests: Digests) -> bool:
    own = f"table:{table.replace('/', '.')}"
    before = made_before(edition, step)
    if before is None:
        # One that was never made is not published either.
        return digests.of(own) is None
    looked_at = {label for label in before.inputs if label.startswith(LOOKED_AT)}
    return all(before.inputs.get(one) == digests.of(one) for one in looked_at | {own})
