"""Dagster's event log in SQLite, with a connection that lasts.

Dagster's own opens a new engine and a new connection for every statement, and compiles the
statement anew. A whole run writes thousands of events, and that took most of its own time.

The configuration in every data folder names this module, so that its name stays.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy.pool import StaticPool

BUSY_SECONDS = 90
"""How long a statement waits for another process to end its own."""
OPEN = 4
"""Files that stay open: the index, and the runs that were written last."""


class EventLog(SqliteEventLogStorage):
    """The files are Dagster's own, in the same place, so that either can read the other's."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, sa.Engine] = OrderedDict()
        self._there: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "EventLog":
        """`base_dir` is DAGSTER_HOME."""
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._engines:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard),
                # One connection, which the lock lets one thread use at a time.
                poolclass=StaticPool,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            )
            # With a write-ahead log a power cut can cost the last events, never the file.
            sa.event.listen(engine, "connect", _wait_less)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            self._engines[shard] = engine
            if len(self._engines) > OPEN:
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def has_table(self, table_name: str) -> bool:
        """Asked for every check: a table that is there stays."""
        if table_name not in self._there and super().has_table(table_name):
            self._there.add(table_name)
        return table_name in self._there

    def wipe(self) -> None:
        """Delete all events, and let go of the files."""
        self._close()
        self._there.clear()
        super().wipe()

    def dispose(self) -> None:
        """Let go of the files."""
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _wait_less(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
