"""Dagster's instance: where it keeps runs, events and schedules."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance
from filelock import FileLock

LOCK = ".instance.lock"


@contextmanager
def instance() -> Iterator[DagsterInstance]:
    """The instance that ``DAGSTER_HOME`` names.

    One process at a time opens it: two that begin its files at once leave a database that says it
    has two versions, and that no later run can open.
    """
    with FileLock(Path(os.environ["DAGSTER_HOME"]) / LOCK):
        opened = DagsterInstance.get()
    with opened:
        yield opened
