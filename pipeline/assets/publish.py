"""Database, report, exports and the swap that makes them public."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl

from pipeline.assets import shown
from pipeline.assets.evidence import NEEDS
from pipeline.assets.keys import DATA_TEAM, group, key, tags
from pipeline.assets.once import code_of, once
from pipeline.assets.tidy import of_sources
from pipeline.checks.asset_checks import DOCUMENTED
from pipeline.checks.drift import drift_table
from pipeline.checks.passed import checked_tables, failed, unchecked
from pipeline.database.lineage import lineage_table
from pipeline.database.locality import reads
from pipeline.database.locality import tables as locality_tables
from pipeline.database.meta import (
    catalogue,
    check_results,
    coverage_table,
    framework_table,
    run_table,
    source_tables,
)
from pipeline.database.sqltable import sql_tables
from pipeline.database.versions import (
    DATABASE,
    EXPORTS,
    REPORT,
    PublishError,
    building,
    drop_unfinished,
    new_version,
    swap,
)
from pipeline.edition import Edition
from pipeline.reading.notices import notice_table
from pipeline.reading.quarantine import quarantine_table
from pipeline.reading.reconciliation import sums_table
from pipeline.reading.revisions import changes, revision_table, views
from pipeline.reading.switches import switched_off
from pipeline.runs.run_tables import run_tables
from pipeline.runs.steps import Digests, steps
from pipeline.sources import sources
from pipeline.study.results import KEYS, MEANINGS, TABLES
from pipeline.tables import Macro, Table, View

LAYER = "publish"


def _switched(off: Mapping[str, str], source: str) -> str:
    return f"SWITCHED OFF, so empty: {off[source].rstrip('.')}. " if source in off else ""


def database_tables(edition: Edition, run_id: str, version: str) -> list[Table]:
    """Everything that goes into the DuckDB file."""
    made = []
    revised = []
    off = switched_off()
    for source in sources().values():
        tidy = edition.scan("tidy", source.name)
        revised.append(changes(source, tidy))
        made.append(
            Table(
                "tidy",
                source.name,
                tidy,
                f"{_switched(off, source.name)}{source.title}. {source.about} "
                f"Provenance: {source.grade}. One row: {', '.join((*source.key, 'release'))}.",
                (*source.key, "release"),
                {name: column.meaning for name, column in source.schema.items()},
                # Unique by check: an index over the long text keys would treble the file.
                keyed=False,
                sources=(source.name,),
            )
        )
    for name, table in locality_tables().items():
        frame = edition.scan("locality", name)
        about = f"{table.about} One row: {', '.join(table.grain)}."
        made.append(
            Table(
                "locality",
                name,
                frame,
                about,
                table.grain,
                table.columns,
                sources=sorted(reads(name)),
            )
        )
    used = sorted(set().union(*map(reads, NEEDS)))
    for name, about in TABLES.items():
        result = edition.read("evidence", name)
        if result.width:
            result = result.select(pl.lit(run_id).alias("run_id"), pl.all())
            # A column that is empty in every panel has no type of its own.
            result = result.with_columns(pl.selectors.by_dtype(pl.Null).cast(pl.String))
            said = f"{about} One row: {', '.join(KEYS[name])}."
            made.append(Table("evidence", name, result, said, KEYS[name], MEANINGS, sources=used))
    made += source_tables(edition)
    made.append(coverage_table(edition.read("meta", "construct_coverage")))
    made.append(sums_table(of_sources(edition, "reconciliation")))
    made.append(quarantine_table(of_sources(edition, "quarantine")))
    made.append(drift_table(of_sources(edition, "drift")))
    codes = edition.read("locality", "council_code")
    made += [revision_table(revised, codes), notice_table(edition)]
    made += [
        check_results(edition, checked_tables()),
        framework_table(),
        run_table(edition, run_id, version),
        lineage_table(),
        *run_tables(edition, run_id),
    ]
    made = [replace(one, about=edition.notice + one.about) for one in made]
    return [*made, *catalogue(made, database_views(edition))]


def refuse_unchecked(edition: Edition) -> None:
    """Stop before anything is published that did not pass its checks as it is now: a run of one
    source alone meets what another run left.

    Raises:
        PublishError: the last check of a table failed, or was of other rows.
    """
    if names := failed(edition):
        raise PublishError(
            f"{', '.join(names)}: the last check of it failed, and nothing is published with "
            "such a table. Run again with that source once its file is mended"
        )
    digests = Digests(edition)
    names = unchecked(edition, digests)
    digests.keep()
    if names:
        raise PublishError(
            f"{', '.join(names)}: it was made anew and not checked since, as when a run was ended "
            "between the two, and nothing is published with such a table. This checks it: rapport "
            f"run {edition.name}"
        )


def database_views(edition: Edition) -> list[View]:
    """The readings of every source, and what is stored for common questions."""
    made = [view for source in sources().values() for view in views(source)]
    for folder, kind in (("views", View), ("macros", Macro)):
        for name, one in sql_tables(folder).items():
            about = f"{one.about} One row: {', '.join(one.grain)}."
            made.append(kind("main", name, one.query, about, one.grain, one.columns))
    return [replace(one, about=edition.notice + one.about) for one in made]


def candidate(edition: Edition) -> Path:
    """The folder of the version that is being built.

    Raises:
        PublishError: none is; the four assets that end a run belong together.
    """
    recorded = edition.recall(LAYER, "candidate")
    folder = building(edition, recorded["version"]) if recorded else None
    if folder is None or not folder.exists():
        raise PublishError(
            "no new database waits to be published; make publish/database first, and with it "
            "report, exports and version"
        )
    return folder


def publish_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """The four assets that end a run."""
    every = steps(edition)
    everything = [
        *(key(edition, "tidy", name) for name in sources()),
        *(key(edition, "locality", name) for name in locality_tables()),
        *(key(edition, "evidence", name) for name in TABLES),
    ]

    @dg.asset(
        key=key(edition, LAYER, "database"),
        group_name=group(edition, LAYER),
        tags=tags(edition),
        owners=DATA_TEAM,
        deps=everything,
        description="A new DuckDB file beside the published one, read back and not yet public.",
        kinds={"duckdb"},
        code_version=code_of(every["publish__database"]),
    )
    @once(edition, every["publish__database"], [key(edition, LAYER, "database")])
    def database(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        refuse_unchecked(edition)
        for left in drop_unfinished(edition):
            context.log.info(f"deleted {left}, which an earlier run left unfinished")
        version = new_version(edition, context.run.run_id)
        tables = database_tables(edition, context.run.run_id, version)
        from pipeline.database.publish import build  # noqa: PLC0415 - not needed to define the assets

        path = build(building(edition, version), tables, database_views(edition))
        edition.record(LAYER, "candidate", {"version": version, "run_id": context.run.run_id})
        return dg.MaterializeResult(metadata=shown.database(edition, path, tables))

    @dg.asset(
        key=key(edition, LAYER, "report"),
        group_name=group(edition, LAYER),
        tags=tags(edition),
        owners=DATA_TEAM,
        deps=[key(edition, LAYER, "database")],
        description="The report of the new database: the answer, and a page for every panel, "
        "council, source and table that was checked. Static pages that open from a folder.",
        kinds={"html"},
        code_version=code_of(every["publish__report"]),
    )
    @once(edition, every["publish__report"], [key(edition, LAYER, "report")])
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from pipeline.report.build import write  # noqa: PLC0415 - charts take a second to import

        folder = candidate(edition)
        shutil.rmtree(folder / REPORT, ignore_errors=True)
        names = [f"{layer}.{name}" for layer, name in checked_tables()]
        documented = {name: edition.recall(DOCUMENTED, name) or [] for name in names}
        pages = write(folder / DATABASE, folder / REPORT, documented, context.log.info)
        said = f"{pages:,} pages of the new database, public once the version is."
        return dg.MaterializeResult(metadata=shown.folder(edition, folder / REPORT, said))

    @dg.asset(
        key=key(edition, LAYER, "exports"),
        group_name=group(edition, LAYER),
        tags=tags(edition),
        owners=DATA_TEAM,
        deps=[key(edition, LAYER, "database")],
        description="Parquet, CSV with CSVW metadata and a workbook of the new database.",
        kinds={"parquet", "csv", "excel"},
        code_version=code_of(every["publish__exports"]),
    )
    @once(edition, every["publish__exports"], [key(edition, LAYER, "exports")])
    def exported(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from pipeline.database.exports import write  # noqa: PLC0415 - only a run writes workbooks

        folder = candidate(edition)
        shutil.rmtree(folder / EXPORTS, ignore_errors=True)
        files = write(folder / DATABASE, folder / EXPORTS)
        said = f"{files:,} files of the new database, public once the version is."
        return dg.MaterializeResult(metadata=shown.folder(edition, folder / EXPORTS, said))

    @dg.asset(
        key=key(edition, LAYER, "version"),
        group_name=group(edition, LAYER),
        tags=tags(edition),
        owners=DATA_TEAM,
        deps=[key(edition, LAYER, "report"), key(edition, LAYER, "exports")],
        description="The published version: database, report and exports swapped in together, "
        "whole.",
        kinds={"duckdb", "html"},
        code_version=code_of(every["publish__version"]),
    )
    @once(edition, every["publish__version"], [key(edition, LAYER, "version")])
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        candidate(edition)
        version = edition.recall(LAYER, "candidate")["version"]
        swap(edition, version)
        context.log.info(f"published {version}")
        verdict = edition.read("evidence", "verdict")
        return dg.MaterializeResult(metadata=shown.published(edition, version, verdict))

    return [database, report, exported, published]
