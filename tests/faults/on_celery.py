"""The sample's definitions as in deploy/celery, with small runs; loaded by a run and by workers.

Where ``DIE`` names a file that is not there, the first worker that has written half of the
database's tables makes it and dies.
"""

import os
import signal
import tempfile
from pathlib import Path

import pytest
from dagster_celery import celery_executor

from pipeline.definitions import definitions
from pipeline.edition import SAMPLE
from tests.faults import small_run

POINT = "database: half of the tables written"


def once() -> None:
    """End as by ``kill -9``, for the first who comes."""
    try:
        Path(os.environ["DIE"]).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


patch = pytest.MonkeyPatch()
scratch = tempfile.TemporaryDirectory()
small_run.prepare(patch, Path(scratch.name), more=False)
if "DIE" in os.environ:
    patch.setattr(small_run, "die", once)
    small_run.arm(POINT, patch)

defs = definitions(SAMPLE, celery_executor)
