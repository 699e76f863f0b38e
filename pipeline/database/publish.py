"""Building the DuckDB file beside the published one, and reading it back.

DuckDB has one writer or many readers. So a run writes a new file in a folder of its own and checks
it; ``versions`` makes it public.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from pipeline.database.versions import DATABASE, PublishError, is_full, no_room
from pipeline.edition import LAYERS
from pipeline.tables import Macro, Table, View

STORAGE_VERSION = "v1.4.0"
"""The oldest DuckDB that must be able to open the file."""
KEYED = 2_000_000
"""Rows up to which a table has an index of its key: DuckDB holds the whole of one in memory."""
CALL = re.compile(r"(\w+)\(")
SPILL = ".spill"
MEMORY = "4GB"
"""What DuckDB may hold while it writes or reads the file; the rest waits on the disk."""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def opened(database: Path) -> duckdb.DuckDBPyConnection:
    """The file for reading, of which no more than ``MEMORY`` is held."""
    connection = duckdb.connect(str(database), read_only=True)
    connection.execute(f"SET memory_limit = {_text(MEMORY)}")
    return connection


def build(folder: Path, tables: Sequence[Table], views: Sequence[View] = ()) -> Path:
    """Write tables, views and macros into a new DuckDB file and check it.

    Raises:
        PublishError: a key is not unique, a view cannot be read, the file does not read back what
            was written, or the disk is full.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / DATABASE
    try:
        _fill(path, tables, views)
        _read_back(path, tables, views)
    except (duckdb.IOException, OSError) as problem:
        if is_full(problem, folder):
            raise PublishError(no_room(folder)) from problem
        raise
    return path


def _fill(path: Path, tables: Sequence[Table], views: Sequence[View]) -> None:
    own: dict[str, Any] = {"memory_limit": MEMORY, "temp_directory": str(path.with_name(SPILL))}
    with duckdb.connect(config=own) as connection:
        connection.execute(
            f"ATTACH {_text(str(path))} AS built (STORAGE_VERSION {_text(STORAGE_VERSION)})"
        )
        connection.execute("USE built")
        for layer in LAYERS:
            connection.execute(f"CREATE SCHEMA {layer}")
        for table in tables:
            _write(connection, table)
        # One transaction: thousands of comments, each written out on its own, take seconds.
        connection.begin()
        for table in tables:
            _describe(connection, table)
        for view in _in_order(views):
            _store(connection, view)
        connection.commit()
        connection.execute("USE memory")
        connection.execute("DETACH built")
    shutil.rmtree(path.with_name(SPILL), ignore_errors=True)


def _write(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    target = f"{table.layer}.{_quoted(table.name)}"
    connection.register("incoming", table.schema.to_frame().to_arrow())
    columns = [
        f"{_quoted(name)} {kind}"
        for name, kind, *_ in connection.execute("DESCRIBE FROM incoming").fetchall()
    ]
    if table.grain and table.keyed and table.height() <= KEYED:
        columns.append(f"PRIMARY KEY ({', '.join(map(_quoted, table.grain))})")
    try:
        # The key is declared before the rows come: adding it later leaves a second copy behind.
        connection.execute(f"CREATE TABLE {target} ({', '.join(columns)})")
        for part in table.parts():
            connection.register("incoming", part.to_arrow())
            connection.execute(f"INSERT INTO {target} FROM incoming")
    except duckdb.ConstraintException as problem:
        raise PublishError(f"{target}: not one row per key: {problem}") from problem
    connection.unregister("incoming")


def _describe(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    target = f"{table.layer}.{_quoted(table.name)}"
    connection.execute(f"COMMENT ON TABLE {target} IS {_text(table.about)}")
    explain = {name: table.columns.get(name) for name in table.schema}
    _comment(connection, target, explain)


def _in_order(views: Sequence[View]) -> list[View]:
    """Macros last, and after those that they call: DuckDB looks these up when it stores one."""
    macros = {view.name: view for view in views if isinstance(view, Macro)}
    calls = {
        name: sorted(macros.keys() & set(CALL.findall(view.query)) - {name})
        for name, view in macros.items()
    }
    others = [view for view in views if not isinstance(view, Macro)]
    return [*others, *(macros[name] for name in TopologicalSorter(calls).static_order())]


def _store(connection: duckdb.DuckDBPyConnection, view: View) -> None:
    if isinstance(view, Macro):
        connection.execute(view.query)
        connection.execute(f"COMMENT ON MACRO TABLE {view.name} IS {_text(view.about)}")
        return
    target = f"{view.schema}.{_quoted(view.name)}"
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {view.schema}")
    connection.execute(f"CREATE VIEW {target} AS {view.query}")
    connection.execute(f"COMMENT ON VIEW {target} IS {_text(view.about)}")
    _comment(connection, target, view.columns)


def _comment(
    connection: duckdb.DuckDBPyConnection, target: str, columns: Mapping[str, str | None]
) -> None:
    for name, meaning in columns.items():
        if meaning:
            connection.execute(f"COMMENT ON COLUMN {target}.{_quoted(name)} IS {_text(meaning)}")


def _read_back(path: Path, tables: Sequence[Table], views: Sequence[View]) -> None:
    with duckdb.connect(str(path), read_only=True) as connection:
        for table in tables:
            target = f"{table.layer}.{_quoted(table.name)}"
            ((count,),) = connection.table(target).aggregate("count(*)").fetchall()
            if count != table.height():
                raise PublishError(f"{target}: wrote {table.height()} rows, read {count}")
        for view in views:
            if not isinstance(view, Macro):
                _readable(connection, view)


def _readable(connection: duckdb.DuckDBPyConnection, view: View) -> None:
    target = f"{view.schema}.{_quoted(view.name)}"
    try:
        found = connection.sql(f"FROM {target}").columns
    except duckdb.Error as problem:
        raise PublishError(f"{target}: cannot be read: {problem}") from problem
    if view.columns and list(view.columns) != found:
        raise PublishError(f"{target}: declares {list(view.columns)}, gives {found}")
