"""Every run leaves a log of JSON lines and a summary, whatever becomes of it."""

import json
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pytest

from pipeline.edition import SAMPLE
from pipeline.runs.alerts import failed
from pipeline.runs.console import log_file
from pipeline.runs.execute import why
from pipeline.runs.runlog import (
    UNCHANGED,
    Summary,
    append,
    history,
    log_of,
    logs,
    peak_megabytes,
    prune,
    read,
    summarise,
)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    return tmp_path


@dg.op(name="sample__tidy__good", out=dg.Out(dg.Nothing))
def good(context: dg.OpExecutionContext) -> None:
    context.log.info("2 rows")
    context.log_event(
        dg.AssetMaterialization(
            ["sample", "tidy", "good"], metadata={"dagster/row_count": dg.MetadataValue.int(2)}
        )
    )


@dg.op(name="sample__tidy__same", out=dg.Out(dg.Nothing))
def same(context: dg.OpExecutionContext) -> None:
    context.log.info(UNCHANGED)


@dg.op(name="sample__tidy__bad", ins={"before": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing))
def bad(context: dg.OpExecutionContext) -> None:
    try:
        raise KeyError("inside")
    except KeyError as problem:
        raise ValueError("x.xls, row 3: expected a number. Declare a correction.") from problem


@dg.op(name="sample__locality__late", ins={"before": dg.In(dg.Nothing)})
def late() -> None:
    """Never reached."""


@dg.job(name="sample", logger_defs={"log_file": log_file}, config={"loggers": {"log_file": {}}})
def broken() -> None:
    same()
    late(before=bad(before=good()))


def run() -> Summary:
    result = broken.execute_in_process(raise_on_error=False)
    assert not result.success
    return next(one for one in history(SAMPLE) if one.run_id == result.run_id)


def test_a_line_an_event_with_what_it_is_about() -> None:
    found = run()
    path = log_of(SAMPLE, found.run_id)
    assert path is not None
    lines = read(path)
    assert {line["run_id"] for line in lines} == {found.run_id}
    assert all({"time", "event"} <= set(line) for line in lines)
    events = [(line["event"], line.get("asset")) for line in lines]
    assert events[0] == ("run started", None)
    assert ("started", "tidy/good") in events
    made = next(line for line in lines if line["event"] == "made")
    assert (made["asset"], made["rows"]) == ("tidy/good", 2)
    done = next(line for line in lines if line["event"] == "done" and line["asset"] == "tidy/good")
    assert done["seconds"] >= 0
    said = next(line for line in lines if line.get("message") == "2 rows")
    assert said["asset"] == "tidy/good"
    failure = next(line for line in lines if line["event"] == "failed")
    assert failure["asset"] == "tidy/bad"
    assert events[-1] == ("run failed", None)


def test_the_summary_says_what_was_done_unchanged_failed_and_not_run() -> None:
    found = run()
    assert found.status == "failed"
    assert list(found.redone) == ["tidy/good"]
    assert list(found.unchanged) == ["tidy/same"]
    assert [one.asset for one in found.failed] == ["tidy/bad"]
    assert list(found.not_run) == ["locality/late"]
    assert found.seconds is not None
    assert found.peak_megabytes is None or found.peak_megabytes > 10
    assert "1 steps done, 1 unchanged, 1 failed, 1 not run" in found.line()


def test_why_gives_the_message_the_log_and_what_to_do() -> None:
    found = run()
    said = why(SAMPLE, found)
    assert "tidy/bad: x.xls, row 3: expected a number. Declare a correction." in said
    assert "What was published before stays as it is." in said
    assert str(logs(SAMPLE) / found.log) in said
    assert "rapport run sample" in said


def test_what_was_not_run_is_counted_alike_wherever_it_is_told() -> None:
    run = Summary("r", "2026-01-01", status="failed", not_run=["tidy/a", "tidy/a/checks"])
    assert "2 not run" in run.line()
    assert "2 were not run" in failed(SAMPLE, run).text
    assert "2 steps need what failed and were not run." in why(SAMPLE, run)


def test_what_a_check_found_stands_for_its_failure() -> None:
    lines = [
        {"time": "2026-01-01T00:00:00+00:00", "run_id": "r", "event": "run started"},
        _said("tidy/x/checks", "error", "tidy.x: found 3 rows at file f row 7."),
        _event("failed", "tidy/x/checks", "1 blocking asset check failed"),
        {"time": "2026-01-01T00:00:09+00:00", "run_id": "r", "event": "run failed"},
    ]
    found = summarise(lines)
    assert found.failed[0].problem == "tidy.x: found 3 rows at file f row 7."
    assert found.seconds == 9


def test_a_run_that_was_killed_is_told_as_not_ended() -> None:
    logs(SAMPLE).mkdir(parents=True)
    lines = [
        {"time": "2026-01-01T00:00:00+00:00", "run_id": "abc", "event": "run started"},
        _event("started", "tidy/x", "") | {"run_id": "abc"},
    ]
    text = "\n".join(map(json.dumps, lines)) + '\n{"time": "2026-01-01T00:0'
    (logs(SAMPLE) / "20260101T000000Z-abc.jsonl").write_text(text)
    (found,) = history(SAMPLE)
    assert (found.run_id, found.status) == ("abc", "started")
    assert "stopped from outside" in why(SAMPLE, found)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\r", "é"])
def test_a_message_is_read_back_whatever_it_holds(data: Path, mark: str) -> None:
    path = data / "a.jsonl"
    line = {"message": f"sheet 'A{mark}B'"}
    append(path, line)
    append(path, line)
    assert read(path) == [line, line]


def test_a_line_that_is_cut_within_a_letter_is_left_out(data: Path) -> None:
    path = data / "a.jsonl"
    append(path, {"message": "one"})
    with path.open("ab") as stream:
        stream.write('{"message": "é'.encode()[:-1])
    assert read(path) == [{"message": "one"}]


def test_only_so_many_logs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_LOGS", "2")
    logs(SAMPLE).mkdir(parents=True)
    names = [f"2026010{day}T000000Z-run.json" for day in range(1, 6)]
    for name in names:
        (logs(SAMPLE) / name).write_text("{}")
        (logs(SAMPLE) / f"{name}l").write_text("")
    prune(SAMPLE)
    kept = sorted(path.name for path in logs(SAMPLE).iterdir())
    assert kept == sorted([*names[3:], *(f"{name}l" for name in names[3:])])


def test_memory_is_measured_where_the_system_tells() -> None:
    peak = peak_megabytes()
    assert peak is None or 10 < peak < 1_000_000


def _said(asset: str, level: str, message: str) -> dict[str, object]:
    return _event("said", asset, message) | {"level": level}


def _event(event: str, asset: str, message: str) -> dict[str, object]:
    time = "2026-01-01T00:00:01+00:00"
    return {"time": time, "run_id": "r", "event": event, "asset": asset, "message": message}


def test_no_log_is_no_run() -> None:
    empty: Sequence[Summary] = history(SAMPLE)
    assert list(empty) == []
    assert "no run is on record" in why(SAMPLE, None)
