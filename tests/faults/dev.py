"""`rapport dev` with all of Dagster's own processes, one of which is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from tests.services import free_port

COMMAND = Path(sys.executable).with_name("rapport")
LOOKS = 600
"""Times that the page is asked for, twice a second."""


def up(port: int, starter: subprocess.Popen[bytes]) -> bool:
    """Whether Dagster's page answers at last."""
    for _ in range(LOOKS):
        if starter.poll() is not None:
            return False
        try:
            return httpx.get(f"http://127.0.0.1:{port}/server_info", timeout=60).is_success
        except httpx.TransportError:
            time.sleep(0.5)
    return False


def killed(root: Path) -> Iterator[tuple[str, str, bool]]:
    """What is left where `rapport dev` is killed, or the `dagster dev` that it runs."""
    for name in ("rapport dev", "the dagster dev that it runs"):
        port = free_port()
        starter = subprocess.Popen(
            [str(COMMAND), "dev", "--port", str(port)],
            env={
                **os.environ,
                "RAPPORT_DATA": str(root),
                "RAPPORT_SITE_URL": f"http://localhost:{free_port()}",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        answered = up(port, starter)
        own = psutil.Process(starter.pid).children(recursive=True) if answered else []
        victim = starter.pid if name == "rapport dev" else own[0].pid if own else 0
        if victim:
            os.kill(victim, signal.SIGKILL)
        else:
            starter.kill()
        starter.wait()
        psutil.wait_procs(own, timeout=300)
        left = [one for one in own if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        yield (
            f"kill -9 of {name}",
            f"of {len(own)} processes of Dagster {len(left)} are left"
            if answered
            else "NOT tried: the page did not come up",
            len(own) > 2 and not left,
        )
        for one in left:
            one.kill()
