"""Dagster's instance is begun by one process at a time."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import _home
from pipeline.edition import PROJECT

OPEN = """
import sys
from pathlib import Path
from pipeline.runs.instance import instance
print("ready", flush=True)
while not Path(sys.argv[1]).exists():
    pass
with instance():
    pass
"""


def test_processes_that_begin_it_at_once_leave_one_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock this fails in most attempts: the first of two editions' runs together."""
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(home := _home()))
    opening = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(tmp_path / "go")],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for one in opening:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    (tmp_path / "go").touch()
    assert [(one.communicate()[1], one.returncode) for one in opening] == [("", 0)] * 3
    found = sorted(home.rglob("*.db"))
    assert found
    for database in found:
        connection = sqlite3.connect(database)
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchall() == [(1,)]
        connection.close()
