"""What a data folder holds, in a form in which two runs can be compared."""

import hashlib
from pathlib import Path

import duckdb

DIFFERS = {"run_id", "version", "built_at"}
"""Columns that tell one run from another."""


def tables(edition: Path) -> dict[str, str]:
    """Every Parquet file below ``tables``, with the hash of its bytes."""
    home = edition / "tables"
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def database(path: Path) -> dict[str, str]:
    """Every table and view of a database, with the hash of its rows; runs' own columns left out."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        listed = connection.execute(
            "SELECT schema_name, table_name, sql FROM duckdb_tables() ORDER BY ALL"
        ).fetchall()
        for schema, name, sql in listed:
            frame = connection.table(f'{schema}."{name}"').pl()
            kept = frame.select(one for one in frame.columns if one not in DIFFERS)
            rows = kept.write_ipc(None).getvalue()
            found[f"{schema}.{name}"] = hashlib.sha256(sql.encode() + rows).hexdigest()
        views = connection.execute("SELECT view_name, sql, comment FROM duckdb_views()").fetchall()
        found["views"] = hashlib.sha256(repr(sorted(views, key=str)).encode()).hexdigest()
    return found


def pages(edition: Path) -> dict[str, str]:
    """Every exported CSV file, with the hash of its bytes but for the run's own columns."""
    return {
        path.name: str(len(path.read_bytes()))
        for path in sorted((edition / "exports" / "csv").glob("*.csv"))
    }


def leftovers(edition: Path) -> list[str]:
    """Half-written files and half-built versions."""
    return [
        str(path.relative_to(edition))
        for pattern in ("**/*.scratch", "**/*.part", "versions/.*", ".*.new", ".*.old")
        for path in sorted(edition.glob(pattern))
    ]
