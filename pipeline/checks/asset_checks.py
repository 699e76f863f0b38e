"""The suites as Dagster asset checks; a failing critical one stops what is downstream."""

from collections.abc import Callable, Iterator, Sequence

import dagster as dg

from pipeline.assets.keys import key
from pipeline.assets.locality import reads, tables
from pipeline.checks.suites import (
    Category,
    locality_suite,
    promises,
    sums_suite,
    tidy_suite,
)
from pipeline.checks.words import said
from pipeline.edition import Edition
from pipeline.framework import framework
from pipeline.source import Source
from pipeline.sources import sources
from pipeline.switches import lost, switched_off

MEANING: dict[Category, str] = {
    "schema": "Columns are the declared ones, in their order.",
    "keys": "Every row has its key, and no two rows share one.",
    "values": "Values are within what is declared, and statuses say what is missing.",
    "sums": "Parts and areas add up to the published totals.",
    "coverage": "No rows were lost.",
}


def _checks(
    edition: Edition,
    layer: str,
    name: str,
    categories: Sequence[Category],
    outcome: Callable[[], list["Result"]],  # type: ignore[name-defined] # noqa: F821
) -> dg.AssetChecksDefinition:
    asset = key(edition, layer, name)

    @dg.multi_asset_check(
        name=f"{edition.name}__{layer}__{name}__checks",
        specs=[
            dg.AssetCheckSpec(category, asset=asset, blocking=True, description=MEANING[category])
            for category in categories
        ],
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        results = outcome()
        edition.record("checks", f"{layer}.{name}", [one.row() for one in results])
        for category in categories:
            own = [one for one in results if one.category == category]
            failed = [one for one in own if not one.passed]
            critical = [one for one in failed if one.severity == "critical"]
            for one in failed:
                context.log.error(f"{layer}.{name}: {one.expectation} {one.column}: {one.message}")
            yield dg.AssetCheckResult(
                check_name=category,
                asset_key=asset,
                passed=not failed,
                severity=(
                    dg.AssetCheckSeverity.ERROR
                    if critical or not failed
                    else dg.AssetCheckSeverity.WARN
                ),
                description=said(category, own),
                metadata={"expectations": len(own), "failed": len(failed)},
            )

    return checks


def tidy_checks(edition: Edition, source: Source) -> dg.AssetChecksDefinition:
    """The checks of one tidy table."""
    categories: list[Category] = ["schema", "keys", "values", "coverage"]
    if source.reconcile is not None:
        categories.append("sums")

    def outcome() -> "list[Result]":  # type: ignore[name-defined] # noqa: F821
        from pipeline.checks.engine import run  # noqa: PLC0415 - imports Great Expectations

        if source.name in switched_off():
            return []
        frame = edition.read("tidy", source.name)
        results = run("tidy", source.name, frame, tidy_suite(source, edition))
        if source.reconcile is not None:
            sums = edition.read("meta", f"reconciliation_{source.name}")
            results += run("tidy", source.name, sums, sums_suite())
        return results

    return _checks(edition, "tidy", source.name, categories, outcome)


def locality_checks(edition: Edition, name: str) -> dg.AssetChecksDefinition:
    """The checks of one locality table."""
    table = tables()[name]

    def outcome() -> "list[Result]":  # type: ignore[name-defined] # noqa: F821
        from pipeline.checks.engine import keep_promise, run  # noqa: PLC0415

        frame = edition.read("locality", name)
        suite = locality_suite(name, list(table.columns), table.grain, edition)
        held = promises(edition, name)
        off = switched_off()
        if off and not off.keys().isdisjoint(reads(name)):
            # How many rows there must be is promised with everything on.
            suite = [one for one in suite if one.category != "coverage"]
            own = {source for layer, source in table.inputs if layer == "tidy"}
            gone = lost(framework(), off)
            held = [
                one for one in held if own.isdisjoint(off) and gone.keys().isdisjoint(one.filled)
            ]
        kept = [keep_promise("locality", frame, one) for one in held]
        return run("locality", name, frame, suite) + kept

    return _checks(edition, "locality", name, ["schema", "keys", "values", "coverage"], outcome)


def all_checks(edition: Edition) -> list[dg.AssetChecksDefinition]:
    """The checks of every tidy and locality table."""
    return [tidy_checks(edition, source) for source in sources().values()] + [
        locality_checks(edition, name) for name in tables()
    ]
