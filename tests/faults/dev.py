"""`rapport dev` with all of Dagster's own processes, one of which is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import psutil

from tests.services import Service, free_port, wait

COMMAND = Path(sys.executable).with_name("rapport")


def answers(page: str) -> bool:
    """Whether Dagster's page is there."""
    return httpx.get(page, timeout=60).is_success


def killed(root: Path) -> Iterator[tuple[str, str, bool]]:
    """What is left where `rapport dev` is killed, or the `dagster dev` that it runs."""
    root.mkdir(parents=True)
    for name in ("rapport dev", "the dagster dev that it runs"):
        port, log = free_port(), root / "dev.log"
        with log.open("wb") as stream:
            starter = subprocess.Popen(
                [str(COMMAND), "dev", "--port", str(port)],
                env={
                    **os.environ,
                    "RAPPORT_DATA": str(root),
                    "RAPPORT_SITE_URL": f"http://localhost:{free_port()}",
                },
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
        page = f"http://127.0.0.1:{port}/server_info"
        try:
            answered = wait("the page", partial(answers, page), Service(starter, log))
        except AssertionError as problem:
            print(problem)
            answered = False
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
