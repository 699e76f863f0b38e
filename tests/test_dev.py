"""`rapport dev` takes with it what it started."""

import os
import signal
import subprocess
import sys

import pytest

PARENT = """
import sys
from pipeline.cli import _with_child
raise SystemExit(_with_child([sys.executable, "-c", sys.argv[1]]))
"""
CHILD = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("ready", flush=True)
while True:
    time.sleep(0.01)
"""


@pytest.mark.skipif(os.name != "posix", reason="a console of Windows tells every process itself")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_command_ends_with_the_process_that_started_it(name: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    parent.send_signal(getattr(signal, name))
    # The child's own exit code: it was told, and waited for.
    assert parent.wait(timeout=30) == 7
    # Nobody holds the pipe open any more.
    assert parent.stdout.read() == ""
    parent.stdout.close()
