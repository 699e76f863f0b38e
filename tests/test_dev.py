"""`rapport dev` takes with it what it started, however it ends. With Dagster: ``make faults``."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="a console of Windows tells every process itself"
)

STARTER = """
import sys
from pathlib import Path
from pipeline.runs import child
raise SystemExit(child.run("program", [], Path(sys.argv[1])))
"""
PROGRAM = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
try:
    print("ready", os.getpid(), flush=True)
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    own.terminate()
    own.wait()
    print("ended in its own time", flush=True)
    sys.exit(7)
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that runs a program beside it, which has a process of its own; and its number."""
    (tmp_path / "program.py").write_text(PROGRAM, "utf-8")
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    ready, number = starter.stdout.readline().split()
    assert ready == "ready"
    try:
        yield starter, int(number)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(int(number), signal.SIGKILL)
        starter.kill()
        starter.wait()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_is_passed_on_and_its_end_waited_for(
    started: tuple[subprocess.Popen[str], int], name: str
) -> None:
    starter, _ = started
    starter.send_signal(getattr(signal, name))
    # All who hold the pipe have ended, and the program's own exit code was waited for.
    assert starter.communicate(timeout=60)[0] == "ended in its own time\n"
    assert starter.returncode == 7


def test_a_starter_that_is_killed_leaves_nothing(
    started: tuple[subprocess.Popen[str], int],
) -> None:
    starter, _ = started
    starter.kill()
    assert starter.communicate(timeout=60)[0] == "ended in its own time\n"
    assert starter.returncode == -signal.SIGKILL


def test_a_program_that_is_killed_leaves_nothing(
    started: tuple[subprocess.Popen[str], int],
) -> None:
    starter, program = started
    os.kill(program, signal.SIGKILL)
    assert starter.communicate(timeout=60)[0] == ""
