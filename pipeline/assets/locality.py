"""The locality tables: one row a place and period."""

from functools import cache

import dagster as dg
import polars as pl

from pipeline.assets import shown
from pipeline.assets.keys import ANALYSTS, group, key, tags
from pipeline.assets.once import code_of, once
from pipeline.edition import Edition
from pipeline.indicators import FrameworkTable, framework_tables
from pipeline.sqltable import SqlTable, checked, run, sql_tables
from pipeline.steps import steps

LAYER = "locality"


@cache
def tables() -> dict[str, SqlTable | FrameworkTable]:
    """Every locality table, by name."""
    return {**sql_tables(LAYER), **framework_tables()}


def reads(name: str) -> set[str]:
    """The sources that a locality table is made of, through whatever tables."""
    found: set[str] = set()
    for layer, table in tables()[name].inputs:
        if layer == "tidy":
            found.add(table)
        elif layer == LAYER:
            found |= reads(table)
    return found


def make(table: SqlTable | FrameworkTable, edition: Edition) -> pl.DataFrame:
    """Compute one table from the edition's files."""
    if isinstance(table, SqlTable):
        return run(table, edition)
    return checked(table, table.make(edition))


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
