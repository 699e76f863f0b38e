"""Tables that are one SQL file each: a SELECT under a header of comments.

The header says what a row is (``-- grain: areacd, year``) and what each column means
(``-- column areacd: ONS code``); the first lines say what the table is. The inputs are the
tables that the query reads, as ``layer.name``.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import polars as pl

from pipeline.edition import LAYERS, PROJECT, Edition, reference

if TYPE_CHECKING:
    import duckdb

SQL = PROJECT / "sql"
NAMED = re.compile(rf"\b({'|'.join((*LAYERS, 'reference'))})\.(\w+)")
"""A table in a query: a test compares what is found with what DuckDB's parser finds."""
ASIDE = re.compile(r"--[^\n]*|/\*.*?\*/|'[^']*'", re.DOTALL)
"""Comments and text, which name no table."""


class TableError(Exception):
    """A table is not as its file declares."""


class Described(Protocol):
    """A table that says what it is, what a row of it is, and what its columns mean."""

    @property
    def layer(self) -> str:
        """Schema in the database."""

    @property
    def name(self) -> str:
        """Name within the layer."""

    @property
    def grain(self) -> Sequence[str]:
        """Columns that tell a row."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Column to meaning, in order."""


@dataclass(frozen=True)
class SqlTable:
    """One SQL file."""

    layer: str
    name: str
    about: str
    grain: Sequence[str]
    columns: Mapping[str, str]
    query: str

    @cached_property
    def inputs(self) -> list[tuple[str, str]]:
        """The tables that the query reads, as (layer, name), sorted."""
        return sorted(set(NAMED.findall(ASIDE.sub(" ", self.query))))


def parse(path: Path) -> SqlTable:
    """Read one SQL file.

    Raises:
        TableError: the header states no grain or no meaning.
    """
    about: list[str] = []
    columns: dict[str, str] = {}
    grain: list[str] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    last = ""
    for line in (line[2:].strip() for line in lines[:start]):
        key, _, rest = line.partition(":")
        if key == "grain":
            grain = [name.strip() for name in rest.split(",")]
        elif key.startswith("column "):
            last = key.removeprefix("column ").strip()
            columns[last] = rest.strip()
        elif last:
            columns[last] += f" {line}"
        else:
            about.append(line)
    if not grain or not about:
        raise TableError(f"{path}: the header must say what the table is and its '-- grain:'")
    return SqlTable(
        path.parent.name, path.stem, " ".join(about), grain, columns, "\n".join(lines[start:])
    )


@cache
def sql_tables(layer: str) -> dict[str, SqlTable]:
    """Every table of a layer that is a SQL file, by name."""
    return {path.stem: parse(path) for path in sorted((SQL / layer).glob("*.sql"))}


@cache
def _duckdb(process: int) -> "duckdb.DuckDBPyConnection":
    """A process's DuckDB in memory: to open one takes longer than most queries.

    One thread, so that sums are added in one order and the same inputs give the same bytes. Files
    are written again under the same names, so that it keeps nothing of them.
    """
    import duckdb  # noqa: PLC0415 - not needed to define the assets

    return duckdb.connect(config={"threads": 1, "enable_external_file_cache": False})


@contextmanager
def connect(
    edition: Edition, inputs: Sequence[tuple[str, str]]
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """DuckDB with the named tables as views over their files, apart from whatever else is open."""
    own = f"own_{next(_NUMBER)}"
    with _duckdb(os.getpid()).cursor() as connection:
        connection.execute(f"ATTACH ':memory:' AS {own}")
        connection.execute(f"USE {own}")
        try:
            for layer in (*LAYERS, "reference"):
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {layer}")
            for layer, name in inputs:
                if layer == "reference":
                    connection.register(f"_{name}", reference(name).to_arrow())
                    rows = f"_{name}"
                else:
                    # Only the columns and rows that the query needs are read.
                    rows = "'" + str(edition.file(layer, name)).replace("'", "''") + "'"
                connection.execute(f"CREATE VIEW {layer}.{name} AS FROM {rows}")
            yield connection
        finally:
            connection.execute("USE memory")
            connection.execute(f"DETACH {own}")


_NUMBER = count()


def checked(table: Described, frame: pl.DataFrame) -> pl.DataFrame:
    """The result in declared column order, sorted by its grain.

    Raises:
        TableError: columns differ from the header's, or the grain is not unique.
    """
    where = f"{table.layer}.{table.name}"
    missing = [name for name in table.columns if name not in frame.columns]
    extra = [name for name in frame.columns if name not in table.columns]
    if missing or extra:
        raise TableError(f"{where}: header and query differ: missing {missing}, extra {extra}")
    frame = frame.select(table.columns.keys()).sort(*table.grain)
    for name in table.grain:
        if frame[name].null_count():
            raise TableError(f"{where}: {name} is part of the grain and is empty on some rows")
    twice = frame.filter(pl.struct(table.grain).is_duplicated())
    if twice.height:
        raise TableError(
            f"{where}: {twice.height} rows share their grain, first {twice.row(0, named=True)}"
        )
    return frame


def run(table: SqlTable, edition: Edition) -> pl.DataFrame:
    """Run the query on the edition's tables.

    Raises:
        TableError: it is no SELECT that DuckDB understands, or its result is not as declared.
    """
    import duckdb  # noqa: PLC0415

    with connect(edition, table.inputs) as connection:
        try:
            query = connection.sql(table.query)
        except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as problem:
            raise TableError(f"{table.layer}.{table.name}: {problem}") from problem
        return checked(table, query.pl())
