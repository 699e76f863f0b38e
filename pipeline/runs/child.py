"""A program that ends with the process that started it, whatever ended that.

The starter holds one end of a pipe, and the other is the program's input. The system closes the
starter's end with the starter, even after ``kill -9``; the program then gets what Ctrl-C sends, and
ends in its own time together with what it started itself. On Windows a console's Ctrl-C reaches
every process by itself, and nothing stands in for it where the starter is killed.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

POSIX = os.name == "posix"


def run(module: str, arguments: Sequence[str], folder: Path) -> int:
    """Run a Python module beside this process, to its end; its exit code.

    Ctrl-C, SIGTERM and SIGHUP of this process are passed on to it, and waited for. Where it is
    killed itself, what it started is told to end.

    Args:
        module: a module that ``python -m`` runs.
        folder: the folder that it runs in.
    """
    command = [sys.executable, "-m", __name__, module] if POSIX else [sys.executable, "-m", module]
    # In a session of its own it hears of Ctrl-C from here alone.
    with subprocess.Popen(
        [*command, *arguments],
        cwd=folder,
        stdin=subprocess.PIPE if POSIX else None,
        start_new_session=POSIX,
    ) as child:

        def pass_on(*_: object) -> None:
            if POSIX:
                child.terminate()

        before = {
            number: signal.signal(number, pass_on)
            for name in ("SIGINT", "SIGTERM", "SIGHUP")
            if (number := getattr(signal, name, None)) is not None
        }
        try:
            code = child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if POSIX and code < 0:
        # It was killed, and could tell nobody.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
    return code


def _end_with_the_starter() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_starter, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
