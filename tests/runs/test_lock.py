"""One run of an edition at a time, and a lock that does not outlive its holder."""

import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from dagster._core.utils import make_new_run_id
from typer.testing import CliRunner

from pipeline.assets.once import check_turn, once
from pipeline.cli import app
from pipeline.edition import EDITIONS, SAMPLE, SCRATCH, Edition, replacing
from pipeline.runs import holding
from pipeline.runs.execute import execute
from pipeline.runs.lock import HOLDER, STALE_SECONDS, AnotherRun, only_run
from pipeline.runs.plan import COMMAND
from pipeline.runs.steps import Step

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


@pytest.mark.parametrize(
    "folder", [".", "raw/source", "published", "tables/tidy", "records/checks"]
)
def test_the_next_run_clears_away_half_written_files(edition: Edition, folder: str) -> None:
    left = edition.folder / folder / f".one.abc{SCRATCH}"
    part = edition.folder / folder / ".one.part"
    whole = edition.folder / folder / "one"
    left.parent.mkdir(parents=True)
    for path in (left, part, whole):
        path.touch()
    with only_run(edition, "a run"):
        assert not left.exists()
    assert part.exists()
    assert whole.exists()


@pytest.mark.parametrize("folder", ["cache/read/source", "logs"])
def test_where_others_write_too_only_what_is_old_is_cleared_away(
    edition: Edition, folder: str
) -> None:
    whole = edition.folder / folder / "digests.json"
    old = whole.with_name(f".one.abc{SCRATCH}")
    old.parent.mkdir(parents=True)
    old.touch()
    past = time.time() - STALE_SECONDS - 1
    os.utime(old, (past, past))
    with replacing(whole) as scratch:
        scratch.write_text("{}")
        with only_run(edition, "a run"):
            assert not old.exists()
    assert whole.read_text() == "{}"


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


def test_a_step_that_is_given_out_again_while_the_next_run_is_under_way(edition: Edition) -> None:
    done: list[str] = []
    code = count()
    key = dg.AssetKey(["test", "raw", "thing"])

    @dg.asset(key=key)
    # Of other code each time, so that it is always out of date.
    @once(edition, Step("raw__thing", lambda: str(next(code))), [key])
    def thing(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        done.append(context.run.run_id)
        return dg.MaterializeResult()

    job = dg.Definitions([thing], jobs=[dg.define_asset_job("a_job")]).resolve_job_def("a_job")

    def problem(**how: Any) -> str:
        """What the step says; empty when it was done. Its run holds nothing by itself."""
        result = job.execute_in_process(raise_on_error=False, **how)
        failed = result.filter_events(lambda event: event.is_step_failure)
        assert result.success is not bool(failed)
        told = failed[0].step_failure_data.user_failure_data if failed else None
        return str(told.description) if told else ""

    own, command = make_new_run_id(), {COMMAND: "run"}
    with only_run(edition, "the next run", run_id=make_new_run_id()):
        assert "another run of test is under way (the next run, " in problem(run_id=own)
        assert "another run of test is under way (the next run, " in problem(tags=command)
    with only_run(edition, "rapport run test"):
        assert "another run of test is under way (rapport run test, " in problem(run_id=own)
    assert done == []
    with only_run(edition, "rapport run test"):
        assert not problem(tags=command)
    with only_run(edition, "its own run", run_id=own):
        assert not problem(run_id=own)
    # What a killed run leaves behind does not hold.
    (edition.folder / HOLDER).write_text('{"what": "killed", "run": "killed"}', "utf-8")
    assert not problem()
    assert len(done) == 3


@pytest.mark.parametrize(("status", "begins"), [("STARTED", True), ("FAILURE", False)])
def test_a_step_of_a_run_that_has_ended_does_nothing(
    edition: Edition, status: str, begins: bool
) -> None:
    run = dg.DagsterRun(job_name="a_job", status=dg.DagsterRunStatus(status))
    if begins:
        check_turn(run, edition)
        return
    with pytest.raises(dg.Failure, match=r"has ended \(FAILURE\)"):
        check_turn(run, edition)
