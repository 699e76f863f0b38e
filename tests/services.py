"""Services that tests start for themselves on loopback, and stop."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.edition import PROJECT

LOOKS = 1200
"""Times that a service is asked, twice a second, whether it is there."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait(what: str, until: Callable[[], Any], running: "Service") -> Any:
    """What `until` gives once it gives something; a busy machine takes its time."""
    for _ in range(LOOKS):
        assert running.process.poll() is None, running.log.read_text("utf-8")
        try:
            found = until()
        except httpx.TransportError:
            found = None
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"waited in vain for {what}")


@dataclass
class Service:
    """A process and what it says."""

    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def service(command: list[str], log: Path) -> Iterator[Service]:
    """A process that runs meanwhile, and is told to stop as the system's manager does."""
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=stream, stderr=subprocess.STDOUT)
    try:
        yield Service(process, log)
        assert process.poll() is None, log.read_text("utf-8")
    finally:
        process.terminate()
        process.wait(120)


class Postgres:
    """A cluster of its own on loopback, under a user who is not root."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs, self.port = folder, programs, free_port()
        self.user = "postgres" if os.geteuid() == 0 else None
        secret = folder / "password"
        secret.write_text("made-up", "utf-8")
        if self.user:
            shutil.chown(folder, self.user)
            shutil.chown(secret, self.user)
        self("initdb", "-D", "cluster", "-U", "rapport", "-A", "scram-sha-256",
             "--pwfile=password", "-E", "UTF8", "--locale=C")  # fmt: skip
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {folder}"
        self("pg_ctl", "-D", "cluster", "-o", options, "-l", "log", "-w", "-s", "start")
        self("createdb", "rapport")

    @property
    def url(self) -> str:
        return f"postgresql+psycopg2://rapport:made-up@127.0.0.1:{self.port}/rapport"

    def __call__(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs."""
        env = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "rapport",
               "PGPASSWORD": "made-up", "LC_ALL": "C", "PATH": os.environ["PATH"]}  # fmt: skip
        with (self.folder / "said").open("w", encoding="utf-8") as said:
            done = subprocess.run(
                [str(self.programs / program), *arguments],
                user=self.user, env=env, cwd=self.folder, stdout=said, stderr=said, check=False,
            )  # fmt: skip
        assert done.returncode == 0, (self.folder / "said").read_text("utf-8")


@contextmanager
def a_postgres() -> Iterator[Postgres]:
    """A cluster while the block runs; the test is skipped where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="rapport-postgres-"))
    made = None
    try:
        made = Postgres(folder, (found[-1] if found else Path(str(on_path))).parent)
        yield made
    finally:
        if made:
            made("pg_ctl", "-D", "cluster", "-m", "fast", "-w", "-s", "stop")
        shutil.rmtree(folder, ignore_errors=True)
