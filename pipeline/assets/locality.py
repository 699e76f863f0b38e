"""The locality tables: one row a place and period."""

import dagster as dg

from pipeline.assets import shown
from pipeline.assets.keys import ANALYSTS, group, key, tags
from pipeline.assets.once import code_of, once
from pipeline.database.locality import LAYER, make, tables
from pipeline.database.sqltable import SqlTable
from pipeline.edition import Edition
from pipeline.runs.steps import steps
from pipeline.study.indicators import FrameworkTable


def locality_asset(edition: Edition, table: SqlTable | FrameworkTable) -> dg.AssetsDefinition:
    """The asset of one locality table."""
    step = steps(edition)[f"{LAYER}__{table.name}"]

    @dg.asset(
        key=key(edition, LAYER, table.name),
        group_name=group(edition, LAYER),
        tags=tags(edition),
        owners=ANALYSTS,
        deps=[key(edition, layer, name) for layer, name in table.inputs if layer != "reference"],
        description=f"{table.about} One row: {', '.join(table.grain)}.",
        kinds={"duckdb", "parquet"} if isinstance(table, SqlTable) else {"polars", "parquet"},
        code_version=code_of(step),
    )
    @once(edition, step, [key(edition, LAYER, table.name)])
    def made(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        frame = make(table, edition)
        edition.write(LAYER, table.name, frame)
        context.log.info(f"{frame.height:,} rows")
        return dg.MaterializeResult(metadata=shown.locality(edition, table, frame))

    return made


def locality_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """All locality assets of an edition."""
    return [locality_asset(edition, table) for table in tables().values()]
