"""What a data folder holds, in a form in which two runs can be compared."""

import hashlib
import io
from pathlib import Path

import duckdb
import polars as pl

DIFFERS = {"run_id", "version", "built_at", "in_this_run"}
"""Columns that tell one run from another."""
HISTORY = "run_history"
"""The table that grows with every run."""


def tables(edition: Path) -> dict[str, str]:
    """Every Parquet file below ``tables``, with the hash of its bytes."""
    home = edition / "tables"
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def _hash(frame: pl.DataFrame, *also: str) -> str:
    """The hash of a table's rows, without the columns that tell one run from another."""
    content = io.BytesIO("".join(also).encode())
    content.seek(0, io.SEEK_END)
    kept = frame.select(one for one in frame.columns if one not in DIFFERS)
    # Neither how the rows came in parts nor what is left in memory under a null is in Parquet.
    kept.rechunk().write_parquet(content, compression="uncompressed")
    return hashlib.sha256(content.getvalue()).hexdigest()


def database(path: Path) -> dict[str, str]:
    """Every table and view of a database, with the hash of its rows; what tells of runs left out.

    Raises:
        duckdb.Error: it cannot be read.
    """
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        listed = connection.execute(
            "SELECT schema_name, table_name, sql FROM duckdb_tables() ORDER BY ALL"
        ).fetchall()
        for schema, name, sql in listed:
            if name != HISTORY:
                frame = connection.table(f'{schema}."{name}"').pl()
                if (schema, name) == ("meta", "table"):
                    frame = frame.filter(pl.col("name") != HISTORY)
                found[f"{schema}.{name}"] = _hash(frame, sql)
        views = connection.execute("SELECT view_name, sql, comment FROM duckdb_views()").fetchall()
        found["views"] = hashlib.sha256(repr(sorted(views, key=str)).encode()).hexdigest()
    return found


def exports(edition: Path) -> dict[str, str]:
    """Every exported CSV file, with the hash of its rows; what tells of runs left out."""
    return {
        path.name: _hash(pl.read_csv(path, infer_schema=False))
        for path in sorted((edition / "exports" / "csv").glob("*.csv"))
    }


def leftovers(edition: Path) -> list[str]:
    """Half-written files and half-built versions."""
    return [
        str(path.relative_to(edition))
        for pattern in ("**/*.scratch", "**/*.part", "versions/.*", ".*.new", ".*.old")
        for path in sorted(edition.glob(pattern))
    ]
