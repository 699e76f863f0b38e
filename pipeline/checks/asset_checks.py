"""The suites as Dagster asset checks; a failing critical one stops what is downstream."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from pipeline.assets import shown
from pipeline.assets.keys import key
from pipeline.assets.once import doing, is_due
from pipeline.checks.passed import stops
from pipeline.checks.suites import (
    Category,
    evidence_suite,
    locality_suite,
    promises,
    tidy_suite,
)
from pipeline.checks.words import said
from pipeline.database.locality import reads, tables
from pipeline.database.versions import EXPORTS, PARQUET
from pipeline.edition import Edition
from pipeline.reading.geography import BODIES, body_column
from pipeline.reading.quarantine import disclosive
from pipeline.reading.source import Source
from pipeline.reading.switches import lost, switched_off
from pipeline.runs.runlog import UNCHANGED
from pipeline.runs.steps import checks_step
from pipeline.sources import sources
from pipeline.study.framework import framework
from pipeline.study.results import KEYS, TABLES

if TYPE_CHECKING:
    from pipeline.checks.engine import Checked, Result

MEANING: dict[Category, str] = {
    "schema": "Columns are the declared ones, in their order.",
    "keys": "Every row has its key, and no two rows share one.",
    "values": "Values are within what is declared, and statuses say what is missing. A few "
    "published rows that fail are set aside in meta.quarantine.",
    "sums": "Parts and areas add up to their totals.",
    "coverage": "No rows were lost.",
    "drift": "Figures are like those of the period before and of the published version.",
    "relations": "Codes, measures and figures agree with the tables they come from.",
}
"""What a check of each category says; the result lists what fails and what to do."""


def _checks(
    edition: Edition,
    layer: str,
    name: str,
    categories: Sequence[Category],
    outcome: Callable[[], "Checked"],
    *,
    of: Source | None = None,
    beside: Sequence[dg.AssetKey] = (),
) -> dg.AssetChecksDefinition:
    asset = key(edition, layer, name)
    step = checks_step(edition, layer, name, of)

    def checked(context: dg.AssetCheckExecutionContext) -> list["Result"]:
        """The results; those of the last time where table and suite are as they were."""
        from pipeline.checks.engine import Result  # noqa: PLC0415

        if not is_due(context, edition, step):
            context.log.info(UNCHANGED)
            return [Result(**row) for row in edition.recall("checks", f"{layer}.{name}")]

        def work() -> list[Result]:
            found = outcome()
            edition.record("checks", f"{layer}.{name}", [one.row() for one in found.results])
            edition.record(DOCUMENTED, f"{layer}.{name}", found.documented)
            return list(found.results)

        return doing(context, edition, step, work, right=_right)[0]

    @dg.multi_asset_check(
        name=f"{edition.name}__{step.name}",
        specs=[
            dg.AssetCheckSpec(
                category,
                asset=asset,
                additional_deps=beside,
                blocking=True,
                description=MEANING[category],
            )
            for category in categories
        ],
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        from pipeline.report.check_pages import address  # noqa: PLC0415 - imports templates

        results = checked(context)
        # What fails critically is not published, so its page would be an earlier version's.
        shows = results and _right(results)
        page = shown.report(edition, address(f"{layer}.{name}")) if shows else {}
        for category in categories:
            own = [one for one in results if one.category == category]
            failed = [one for one in own if not one.passed and one.severity != "info"]
            critical = [one for one in failed if stops(one.severity, one.passed)]
            for one in own:
                if not one.passed:
                    say = context.log.error if one in critical else context.log.warning
                    say(f"{layer}.{name}: {one.expectation} {one.column}: {one.message}")
            yield dg.AssetCheckResult(
                check_name=category,
                asset_key=asset,
                passed=not failed,
                severity=(
                    dg.AssetCheckSeverity.ERROR
                    if critical or not failed
                    else dg.AssetCheckSeverity.WARN
                ),
                description=said(own),
                metadata={
                    "expectations": len(own),
                    "failed": len(failed),
                    **page,
                },
            )

    return checks


def _right(results: Sequence["Result"]) -> bool:
    """Whether nothing fails that stops what is downstream."""
    return not any(stops(one.severity, one.passed) for one in results)


DOCUMENTED = "documented"
"""The kind of record that holds a table's rows of Data Docs."""


def tidy_categories(source: Source) -> list[Category]:
    """The categories that a tidy table is checked by."""
    categories: list[Category] = ["schema", "keys", "values", "coverage", "relations"]
    if source.reconcile is not None:
        categories.append("sums")
    if {"value", "status"} <= set(source.columns):
        categories.append("drift")
    return categories


def check_tidy(edition: Edition, source: Source) -> "Checked":
    """Hold a tidy table to its suite and rules."""
    from pipeline.checks import rules  # noqa: PLC0415
    from pipeline.checks.counting import held  # noqa: PLC0415
    from pipeline.checks.engine import Checked, check  # noqa: PLC0415 - imports the library

    # Read before anything else, so that a check of what is switched off is of this table too.
    table = edition.scan("tidy", source.name)
    if source.name in switched_off():
        return Checked([], [])
    rows = held(table)
    aside = edition.read("meta", f"quarantine_{source.name}")
    missing = (edition.recall("quarantine", source.name) or {}).get("missing", 0)
    asked = [
        rules.nothing_set_aside(aside),
        *rules.tidy_relations(edition, source, rows),
        *rules.no_drift(edition.read("meta", f"drift_{source.name}")),
        *rules.of_table(edition, "tidy", source.name),
    ]
    if source.reconcile is not None:
        asked.append(rules.totals_agree(edition.read("meta", f"reconciliation_{source.name}")))
    suite = tidy_suite(source, edition, missing)
    if disclosive(source):
        suite = [replace(one, hidden=one.kwargs.get("column") == "value") for one in suite]
        asked = [replace(one, hidden=one.category == "drift") for one in asked]
    return check("tidy", source.name, rows, suite, asked)


def tidy_checks(edition: Edition, source: Source) -> dg.AssetChecksDefinition:
    """The checks of one tidy table."""

    return _checks(
        edition,
        "tidy",
        source.name,
        tidy_categories(source),
        lambda: check_tidy(edition, source),
        of=source,
        beside=[key(edition, "tidy", name) for name in BODIES if body_column(source)],
    )


def _published(edition: Edition, layer: str, name: str) -> pl.LazyFrame | None:
    """A table of the published version, None where there is none.

    It is read out of the exports: opening the database takes as long as checking a small table.
    """
    path = edition.folder / EXPORTS / PARQUET.format(layer, name)
    return pl.scan_parquet(path.resolve()) if path.exists() else None


def check_locality(edition: Edition, name: str) -> "Checked":
    """Hold a locality table to its suite, rules and promises."""
    from pipeline.checks import rules  # noqa: PLC0415
    from pipeline.checks.counting import held  # noqa: PLC0415
    from pipeline.checks.engine import check  # noqa: PLC0415

    table = tables()[name]
    rows = held(edition.scan("locality", name))
    suite = locality_suite(name, list(table.columns), table.grain, edition)
    promised = promises(edition, name)
    off = switched_off()
    if off and not off.keys().isdisjoint(reads(name)):
        # How many rows there must be is promised with everything on.
        suite = [one for one in suite if one.category != "coverage"]
        own = {source for layer, source in table.inputs if layer == "tidy"}
        gone = lost(framework(), off)
        promised = [
            one for one in promised if own.isdisjoint(off) and gone.keys().isdisjoint(one.filled)
        ]
    asked = [
        *(rules.promised(rows, one) for one in promised),
        *rules.locality_relations(edition, name, rows),
        *rules.against_published(rows, _published(edition, "locality", name), table.grain),
        *rules.of_table(edition, "locality", name),
    ]
    return check("locality", name, rows, suite, asked)


def locality_checks(edition: Edition, name: str) -> dg.AssetChecksDefinition:
    """The checks of one locality table."""
    return _checks(
        edition,
        "locality",
        name,
        categories_of("locality", name),
        lambda: check_locality(edition, name),
    )


def check_evidence(edition: Edition, name: str) -> "Checked":
    """Hold an evidence table to its suite and rules."""
    from pipeline.checks import rules  # noqa: PLC0415
    from pipeline.checks.engine import check  # noqa: PLC0415

    frame = edition.read("evidence", name)
    return check(
        "evidence",
        name,
        frame,
        evidence_suite(name, frame),
        [
            *rules.evidence_relations(edition, name, frame),
            *rules.against_published(frame, _published(edition, "evidence", name), KEYS[name]),
            *rules.of_table(edition, "evidence", name),
        ],
    )


def evidence_checks(edition: Edition, name: str) -> dg.AssetChecksDefinition:
    """The checks of one evidence table."""

    return _checks(
        edition,
        "evidence",
        name,
        categories_of("evidence", name),
        lambda: check_evidence(edition, name),
    )


def categories_of(layer: str, name: str) -> list[Category]:
    """The categories that a locality or evidence table is checked by."""
    from pipeline.checks.rules import queries  # noqa: PLC0415

    asked = {one.category for one in queries() if one.table == f"{layer}.{name}"}
    always: list[Category] = ["schema", "keys", "values", "coverage", "drift", "relations"]
    return [*always, "sums"] if "sums" in asked else always


def all_checks(edition: Edition) -> list[dg.AssetChecksDefinition]:
    """The checks of every tidy, locality and evidence table."""
    return [
        *(tidy_checks(edition, source) for source in sources().values()),
        *(locality_checks(edition, name) for name in tables()),
        *(evidence_checks(edition, name) for name in TABLES),
    ]
