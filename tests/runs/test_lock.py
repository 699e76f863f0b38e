"""One run of an edition at a time, and a lock that does not outlive its holder."""

import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.edition import EDITIONS, SAMPLE, SCRATCH, Edition
from pipeline.runs import holding
from pipeline.runs.execute import execute
from pipeline.runs.lock import AnotherRun, only_run

HOLD = """
import sys, time
from pipeline.edition import Edition
from pipeline.runs.lock import only_run
with only_run(Edition("test", "Test", synthetic=False), "the first run"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    made = Edition("test", "Test", synthetic=False)
    monkeypatch.setitem(EDITIONS, "test", made)
    return made


def other_process() -> subprocess.Popen[str]:
    started = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "held\n"
    return started


def test_a_second_run_stops_and_a_killed_one_leaves_no_lock(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = other_process()
    expected = (
        rf"another run of test is under way \(the first run, process {first.pid} on .*Nothing"
    )
    with pytest.raises(AnotherRun, match=expected), only_run(edition, "the second run"):
        pass
    result = CliRunner().invoke(app, ["rollback", "test"])
    assert result.exit_code == 1
    assert "another run of test is under way" in result.output
    first.send_signal(signal.SIGKILL)
    first.wait()
    with only_run(edition, "the second run"):
        pass


@pytest.mark.usefixtures("edition")
def test_the_command_stops_while_another_run_is_under_way() -> None:
    with only_run(SAMPLE, "the first run"), pytest.raises(AnotherRun, match="the first run"):
        execute(SAMPLE, None)


def test_a_run_waits_when_it_is_told_to(edition: Edition) -> None:
    first = other_process()
    heard: list[str] = []

    def say(message: str) -> None:
        heard.append(message)
        assert first.stdin is not None
        first.stdin.write("\n")
        first.stdin.flush()

    with only_run(edition, "the second run", wait=60, say=say):
        assert first.wait(60) == 0
    assert heard[0].startswith("waits for another run of test: the first run, process")


def test_the_next_run_clears_away_half_written_files(edition: Edition) -> None:
    left = edition.folder / "tables" / "tidy" / f".one.parquet.abc{SCRATCH}"
    part = edition.folder / "raw" / ".file.csv.part"
    table = edition.folder / "tables" / "tidy" / "one.parquet"
    for path in (left, part, table):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with only_run(edition, "a run"):
        assert not left.exists()
    assert part.exists()
    assert table.exists()


def test_a_run_of_the_ui_waits_for_the_lock(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "WAIT_SECONDS", 0)
    done: list[str] = []

    @dg.asset(key=["test", "raw", "thing"])
    def thing() -> None:
        done.append("done")

    definitions = dg.Definitions(
        [thing],
        jobs=[dg.define_asset_job("a_job")],
        executor=holding.one_run_at_a_time(edition, dg.in_process_executor),
    )
    job = definitions.resolve_job_def("a_job")

    def run() -> bool:
        with dg.DagsterInstance.ephemeral() as instance:
            made = instance.create_run_for_job(job)
            events = list(execute_run_iterator(InMemoryJob(job), made, instance))
        return events[-1].event_type == dg.DagsterEventType.RUN_SUCCESS

    with only_run(edition, "the first run"):
        assert not run()
    assert done == []
    assert run()
    assert done == ["done"]
