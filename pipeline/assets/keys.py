"""Asset keys, and what an asset shows of its table."""

from collections.abc import Mapping

import dagster as dg
import polars as pl

from pipeline.edition import Edition

PREVIEW_ROWS = 6
PREVIEW_COLUMNS = 8


def key(edition: Edition, layer: str, name: str) -> dg.AssetKey:
    """The key of a table's asset: ``edition / layer / name``."""
    return dg.AssetKey([edition.name, layer, name])


def group(edition: Edition, layer: str) -> str:
    """The group an asset is shown in."""
    return f"{edition.name}_{layer}"


def tags(edition: Edition) -> dict[str, str]:
    """Tags of every asset of an edition."""
    return {"synthetic": "true" if edition.synthetic else "false"}


def shown(frame: pl.DataFrame, columns: Mapping[str, str]) -> dict[str, dg.MetadataValue]:
    """Rows, a small table and the columns with their meaning, for the asset's page."""
    head = frame.select(frame.columns[:PREVIEW_COLUMNS]).head(PREVIEW_ROWS)
    lines = [
        "| " + " | ".join(head.columns) + " |",
        "|" + "---|" * head.width,
        *(
            "| " + " | ".join("" if c is None else str(c) for c in row) + " |"
            for row in head.rows()
        ),
    ]
    schema = dg.TableSchema(
        columns=[
            dg.TableColumn(name, str(kind), description=columns.get(name))
            for name, kind in frame.schema.items()
        ]
    )
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(frame.height),
        "dagster/column_schema": dg.MetadataValue.table_schema(schema),
        "first rows": dg.MetadataValue.md("\n".join(lines)),
    }
    for name in ("period", "year"):
        if name in frame.columns and frame.height:
            span = f"{frame[name].min()!s} to {frame[name].max()!s}"
            metadata["period"] = dg.MetadataValue.text(span)
            break
    return metadata
