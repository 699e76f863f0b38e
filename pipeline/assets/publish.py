"""Database, report and the swap that makes both public."""

import dagster as dg
import polars as pl

from pipeline.analysis import MEANINGS, TABLES
from pipeline.assets.keys import group, key, tags
from pipeline.assets.locality import tables as locality_tables
from pipeline.assets.tidy import reconciliations
from pipeline.edition import Edition
from pipeline.meta import (
    SYNTHETIC,
    check_results,
    dictionary,
    framework_table,
    run_table,
    source_tables,
)
from pipeline.publish import Table, build, swap, version_folder, version_name
from pipeline.reconciliation import MEANINGS as MEANINGS_OF_SUMS
from pipeline.revisions import changes, revision_table, views
from pipeline.sources import sources

LAYER = "publish"


def database_tables(edition: Edition, run_id: str, version: str) -> list[Table]:
    """Everything that goes into the DuckDB file."""
    mark = SYNTHETIC if edition.synthetic else ""
    made = []
    revised = []
    for source in sources().values():
        tidy = edition.read("tidy", source.name)
        revised.append(changes(source, tidy))
        made.append(
            Table(
                "tidy",
                source.name,
                tidy,
                f"{mark}{source.title}. {source.about} Provenance: {source.grade}. "
                f"One row: {', '.join((*source.key, 'release'))}.",
                # Unique by check: an index over the long text keys would treble the file.
                columns={name: column.meaning for name, column in source.schema.items()},
            )
        )
    for name, table in locality_tables().items():
        frame = edition.read("locality", name)
        about = f"{mark}{table.about} One row: {', '.join(table.grain)}."
        made.append(Table("locality", name, frame, about, table.grain, table.columns))
    for name, about in TABLES.items():
        frame = edition.read("evidence", name)
        if frame.width:
            frame = frame.select(pl.lit(run_id).alias("run_id"), pl.all())
            made.append(Table("evidence", name, frame, mark + about, columns=MEANINGS))
    made += source_tables(edition)
    coverage = edition.read("meta", "construct_coverage")
    made.append(
        Table(
            "meta",
            "construct_coverage",
            coverage,
            "Which words of the claim each panel can measure, and why an indicator is not used.",
            ("spec_id", "indicator"),
        )
    )
    made.append(
        Table(
            "meta",
            "reconciliation",
            reconciliations(edition),
            "Published totals beside our sums.",
            columns=MEANINGS_OF_SUMS,
        )
    )
    made.append(revision_table(revised))
    names = [("tidy", name) for name in sources()] + [("locality", n) for n in locality_tables()]
    made += [
        check_results(edition, names),
        framework_table(),
        run_table(edition, run_id, version),
    ]
    return [*made, dictionary(made)]


def publish_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """The three assets that end a run."""
    everything = [
        *(key(edition, "tidy", name) for name in sources()),
        *(key(edition, "locality", name) for name in locality_tables()),
        *(key(edition, "evidence", name) for name in TABLES),
    ]

    @dg.asset(
        key=key(edition, LAYER, "database"),
        group_name=group(edition, LAYER),
        tags=tags(edition),
        deps=everything,
        description="A new DuckDB file beside the published one, read back and not yet public.",
        kinds={"duckdb"},
    )
    def database(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        version = version_name(context.run.run_id)
        path = build(
            version_folder(edition, version),
            database_tables(edition, context.run.run_id, version),
            [view for source in sources().values() for view in views(source)],
        )
        edition.record(LAYER, "candidate", {"version": version, "run_id": context.run.run_id})
        return dg.MaterializeResult(
            metadata={"version": version, "megabytes": round(path.stat().st_size / 1e6, 2)}
        )

    @dg.asset(
        key=key(edition, LAYER, "report"),
        group_name=group(edition, LAYER),
        tags=tags(edition),
        deps=[key(edition, LAYER, "database")],
        description="The report of the new database.",
        kinds={"html"},
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from pipeline.report.build import write  # noqa: PLC0415 - charts take a second to import

        folder = version_folder(edition, edition.recall(LAYER, "candidate")["version"])
        pages = write(folder / "rapport.duckdb", folder / "report")
        return dg.MaterializeResult(metadata={"pages": pages})

    @dg.asset(
        key=key(edition, LAYER, "version"),
        group_name=group(edition, LAYER),
        tags=tags(edition),
        deps=[key(edition, LAYER, "report")],
        description="The published version: database and report swapped in together, whole.",
        kinds={"duckdb", "html"},
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        version = edition.recall(LAYER, "candidate")["version"]
        swap(edition, version)
        context.log.info(f"published {version}")
        return dg.MaterializeResult(
            metadata={
                "version": version,
                "database": dg.MetadataValue.path(str(edition.database)),
                "report": dg.MetadataValue.path(str(edition.report)),
            }
        )

    return [database, report, published]
