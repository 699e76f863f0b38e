"""A run whose steps are taken by Celery workers, as in deploy/celery, one of which is killed.

Redis brings the steps, PostgreSQL keeps Dagster's records, and an S3 server the tables. All are
started here, on loopback.
"""

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from pipeline.edition import PROJECT
from tests.services import a_postgres, free_port, service

BIN = Path(sys.executable).parent
DEPLOY = PROJECT / "deploy"
BUCKET = "rapport"
TOO_LONG = 60
"""Seconds after which a step that was taken is given to another worker."""


@contextmanager
def surroundings(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of runs and workers, while broker, records and object storage are there.

    Raises:
        pytest.skip.Exception: Redis or PostgreSQL is not installed.
    """
    redis = shutil.which("redis-server")
    if redis is None:
        pytest.skip("Redis is not installed (Debian: apt-get install redis-server)")
    pytest.importorskip("dagster_celery", reason="rapport[celery] is not installed")
    home = folder / "data" / "dagster"
    home.mkdir(parents=True)
    shutil.copyfile(DEPLOY / "dagster.yaml", home / "dagster.yaml")
    port = str(free_port())
    command = [redis, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", str(folder)]
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a line a request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, s3 = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{s3}",
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_DEFAULT_REGION": "eu-west-2",
        "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0",
        "CELERY_RESULT_BACKEND": f"redis://127.0.0.1:{port}/1",
        "DAGSTER_HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        "RAPPORT_DATA": str(home.parent),
        "RAPPORT_TABLES": f"s3://{BUCKET}/team",
    }
    with ExitStack() as started, pytest.MonkeyPatch.context() as patch:
        started.callback(server.stop)
        started.enter_context(service(command, folder / "redis.log"))
        settings["DAGSTER_POSTGRES_URL"] = started.enter_context(a_postgres()).url
        for name, value in settings.items():
            patch.setenv(name, value)
        # A server of the same process before it has left what it held.
        httpx.post(f"{settings['AWS_ENDPOINT_URL']}/moto-api/reset").raise_for_status()
        boto3.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
        )
        yield {**os.environ}


class Cluster:
    """Workers and runs in these surroundings."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, "DIE": str(folder / "died")}
        written = (DEPLOY / "celery" / "workers.py").read_text("utf-8")
        shorter = written.replace("SECONDS = 1800", f"SECONDS = {TOO_LONG}")
        assert shorter != written
        (folder / "workers.py").write_text(shorter, "utf-8")

    def worker(self, name: str) -> subprocess.Popen[bytes]:
        """The command of a worker's service, with less time until its step is given to another."""
        (unit,) = (DEPLOY / "celery").glob("*.service")
        lines = unit.read_text("utf-8").splitlines()
        (command,) = [
            line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")
        ]
        return self._started(
            command.replace("/opt/rapport/.venv/bin", str(BIN))
            .replace("/opt/rapport/deploy/celery", str(self.folder))
            .replace("%i@%H", f"{name}@here")
            .split(),
            name,
        )

    def run(self) -> subprocess.Popen[bytes]:
        """A small run, whose steps workers take."""
        module = "tests.faults.on_celery"
        return self._started(
            [str(BIN / "dagster"), "job", "execute", "-m", module, "-j", "sample"], "run"
        )

    def _started(self, command: list[str], name: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=PROJECT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )


def download(folder: Path) -> None:
    """Put what object storage holds where a run of one machine would have it."""
    client = boto3.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for one in page["Contents"]:
            path = folder / "data" / one["Key"].removeprefix("team/")
            path.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(BUCKET, one["Key"], str(path))


def given_out_again(cluster: Cluster, workers: list[subprocess.Popen[bytes]]) -> tuple[int, str]:
    """One of two workers dies, and the other ends the run; the run's exit code, and how."""
    workers += [cluster.worker("one"), cluster.worker("two")]
    run = cluster.run()
    while run.poll() is None and all(one.poll() is None for one in workers):
        time.sleep(0.5)
    died = time.monotonic()
    dead = sum(one.poll() is not None for one in workers)
    code = run.wait()
    waited = time.monotonic() - died
    return code, f"{dead} of 2 workers died; the other ended the run {waited:.0f} s later"


def run_again(cluster: Cluster, workers: list[subprocess.Popen[bytes]]) -> tuple[int, str]:
    """The only worker dies, the run is killed, and another is made with another worker."""
    workers.append(cluster.worker("one"))
    run = cluster.run()
    while run.poll() is None and workers[0].poll() is None:
        time.sleep(0.5)
    # Told to stop it would wait for the step for ever: what is lost is never called back.
    run.kill()
    run.wait()
    workers.append(cluster.worker("two"))
    code = cluster.run().wait()
    return code, "the worker died, the run was killed too; another ended"


WAYS = {"given to another worker": given_out_again, "run again": run_again}


def killed(folder: Path, way: str) -> tuple[int, str]:
    """A run one of whose workers dies with half of the database written.

    Returns:
        The exit code of the last run, and what happened.

    Raises:
        pytest.skip.Exception: Redis, PostgreSQL or the package is not installed.
    """
    workers: list[subprocess.Popen[bytes]] = []
    with surroundings(folder) as environment:
        try:
            outcome = WAYS[way](Cluster(folder, environment), workers)
        finally:
            for one in workers:
                one.terminate()
            for one in workers:
                one.wait()
        download(folder)
    return outcome
