"""One tidy table a source."""

from contextlib import suppress

import dagster as dg
import polars as pl

from pipeline.assets import shown
from pipeline.assets.keys import DATA_TEAM, key, source_group, source_tags
from pipeline.assets.once import code_of, once
from pipeline.checks.drift import SCHEMA as DRIFT
from pipeline.checks.drift import compared, explain
from pipeline.checks.drift import declared as explained_drift
from pipeline.edition import Edition
from pipeline.reading.corrections import declared
from pipeline.reading.differences import accepted, latest, refuse_loss
from pipeline.reading.geography import refuse_unknown
from pipeline.reading.ingest import ingest
from pipeline.reading.notices import keep, line
from pipeline.reading.quarantine import SCHEMA as QUARANTINE
from pipeline.reading.reconciliation import SCHEMA as SUMS
from pipeline.reading.reconciliation import compare
from pipeline.reading.reconciliation import declared as explained_differences
from pipeline.reading.releases import newly_declared
from pipeline.reading.source import Source
from pipeline.reading.switches import stand_in, switched_off
from pipeline.runs.steps import tidy_step
from pipeline.sources import sources

REGISTRY = "council_registry"


def tidy_asset(edition: Edition, source: Source) -> dg.AssetsDefinition:
    """The asset that makes a source's files one long table."""
    step = tidy_step(edition, source)
    deps = [key(edition, "raw", source.name)]
    if len(source.releases) > 1:
        deps.append(key(edition, "release", source.name))
    if source.area is not None and source.name != REGISTRY:
        deps.append(key(edition, "tidy", REGISTRY))

    @dg.asset(
        key=key(edition, "tidy", source.name),
        group_name=source_group(edition, source),
        tags=source_tags(edition, source),
        owners=DATA_TEAM,
        deps=deps,
        description=shown.about_source(edition, source),
        metadata={"dagster/column_schema": shown.source_schema(source)},
        kinds={"polars", "parquet"},
        code_version=code_of(step),
    )
    @once(edition, step, [key(edition, "tidy", source.name)])
    def table(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        why = switched_off().get(source.name)
        if why is not None:
            edition.write("tidy", source.name, stand_in(source))
            edition.write("meta", f"reconciliation_{source.name}", pl.DataFrame(schema=SUMS))
            for kind, schema in (("quarantine", QUARANTINE), ("drift", DRIFT)):
                edition.write("meta", f"{kind}_{source.name}", pl.DataFrame(schema=schema))
            keep(edition, "declared", source.name, [])
            context.log.info(f"switched off: {why}")
            return dg.MaterializeResult(metadata=shown.switched_off(edition, why))
        # What is declared of publishers' errors speaks of real files alone.
        real = not edition.synthetic
        made = ingest(source, edition, declared() if real else [])
        frame = made.table
        if source.area is not None:
            own = source.name == REGISTRY
            refuse_unknown(source, frame, frame if own else edition.read("tidy", REGISTRY))
        sums = compare(source, frame, explained_differences() if real else [])
        if real:
            noticed, before = newly_declared(source, edition, frame)
            keep(edition, "declared", source.name, noticed)
            for one in noticed:
                context.log.warning(line(one))
            refuse_loss(source, before, latest(source, frame), accepted())
        drifted = explain(compared(source, frame), explained_drift() if real else [])
        # Nothing is written before everything that can refuse it has been asked.
        edition.write("tidy", source.name, frame)
        edition.write("meta", f"reconciliation_{source.name}", sums)
        edition.write("meta", f"quarantine_{source.name}", made.aside)
        edition.record("quarantine", source.name, {"missing": made.missing})
        edition.write("meta", f"drift_{source.name}", drifted)
        if made.aside.height:
            context.log.warning(
                f"{made.aside.height} cells of published rows fail a rule and were set aside; see "
                "meta.quarantine"
            )
        context.log.info(f"{frame.height:,} rows, {sums.height:,} published totals compared")
        metadata = shown.tidy(edition, source, frame, sums)
        metadata["rows set aside"] = dg.MetadataValue.int(made.aside.height)
        return dg.MaterializeResult(metadata=metadata)

    return table


def tidy_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """All tidy assets of an edition."""
    return [tidy_asset(edition, source) for source in sources().values()]


def of_sources(edition: Edition, kind: str) -> pl.DataFrame:
    """What is kept of every source: ``reconciliation``, ``quarantine`` or ``drift``.

    A source that was last read before such a table was kept has none yet.
    """
    empty = {"reconciliation": SUMS, "quarantine": QUARANTINE, "drift": DRIFT}[kind]
    found = [pl.DataFrame(schema=empty)]
    for name in sources():
        with suppress(FileNotFoundError):
            found.append(edition.read("meta", f"{kind}_{name}"))
    return pl.concat(found)
