"""The log of each run: one JSON line an event, kept by number, and the run's summary read from it.

Every process of a run appends to the same file, ``logs/<time>-<run>.jsonl`` of the edition, so the
summary holds whatever the executor was.
"""

import json
import logging
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.edition import EDITIONS, Edition, replacing
from pipeline.settings import settings

UNCHANGED = "unchanged"
"""What a step says that was not redone."""
ENDS = {
    "PIPELINE_SUCCESS": "run succeeded",
    "PIPELINE_FAILURE": "run failed",
    "PIPELINE_CANCELED": "run cancelled",
}
KINDS = {
    "PIPELINE_START": "run started",
    **ENDS,
    "STEP_START": "started",
    "STEP_SUCCESS": "done",
    "STEP_FAILURE": "failed",
    "STEP_UP_FOR_RETRY": "waiting for another attempt",
    "STEP_RESTARTED": "started again",
    "ASSET_MATERIALIZATION": "made",
}
"""Dagster's events that are kept, and what they are called in the log."""
DONE_WITH = ("done", "failed")


@dataclass(frozen=True)
class Failure:
    """One step that failed: which, and what was wrong, where, what was expected and what to do."""

    asset: str
    problem: str


@dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes:
        started, ended: ISO times in universal time; ``ended`` is empty while it runs, or where it
            was killed.
        status: started, succeeded, failed or cancelled.
        redone, unchanged: steps that were done, and steps whose inputs were as before.
        not_run: steps that needed one that failed; like the others, checks of tables among them.
        slowest: the longest steps with their seconds.
        peak_megabytes: the most memory that the run's main process held.
        log: name of the log file.
    """

    run_id: str
    started: str
    ended: str = ""
    seconds: float | None = None
    status: str = "started"
    redone: Sequence[str] = ()
    unchanged: Sequence[str] = ()
    not_run: Sequence[str] = ()
    failed: Sequence[Failure] = ()
    slowest: Sequence[tuple[str, float]] = ()
    peak_megabytes: int | None = None
    log: str = ""

    def line(self) -> str:
        """The run in one line."""
        parts = [
            f"{self.started[:16].replace('T', ' ')} {self.status}",
            f"{len(self.redone)} steps done",
            f"{len(self.unchanged)} unchanged",
            f"{len(self.failed)} failed",
        ]
        if self.not_run:
            parts.append(f"{len(self.not_run)} not run")
        if self.seconds is not None:
            parts.append(f"{self.seconds:.0f} s")
        if self.peak_megabytes is not None:
            parts.append(f"{self.peak_megabytes:,} MB at most")
        return ", ".join(parts)


def logs(edition: Edition) -> Path:
    """The folder of an edition's logs."""
    return edition.folder / "logs"


def now() -> str:
    """The time, as logs have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def log_of(edition: Edition, run_id: str) -> Path | None:
    """The log of a run, None where it is not kept any more."""
    return next(logs(edition).glob(f"*-{run_id[:8]}.jsonl"), None)


def peak_megabytes() -> int | None:
    """The most memory this process has held so far; None where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return None
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def asset_of(step: str) -> str:
    """``tidy/ascof`` of the step ``england__tidy__ascof``."""
    return step.partition("__")[2].replace("__", "/")


def cause(error: Any) -> str:
    """The message of what really went wrong, without the frames around it."""
    while error is not None and error.cause and str(error.cls_name).startswith("Dagster"):
        error = error.cause
    if error is None:
        return "no message"
    return re.sub(rf"^[\w.]*\b{re.escape(error.cls_name or '')}: ", "", str(error.message).strip())


class JsonLines(logging.Handler):
    """Appends a line an event to the run's log, and keeps its summary when the run ends."""

    def __init__(self, edition: Edition, run_id: str) -> None:
        super().__init__()
        self._edition = edition
        self._run_id = run_id
        self._started: dict[str, float] = {}
        known = log_of(edition, run_id)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        self._path = known or logs(edition) / f"{stamp}-{run_id[:8]}.jsonl"

    def emit(self, record: logging.LogRecord) -> None:
        """Write down what is worth keeping of a record."""
        try:
            line = self._line(record)
            if line is not None:
                append(self._path, {"time": now(), "run_id": self._run_id, **line})
                if line["event"] in ENDS.values():
                    keep(self._edition, self._path)
        except OSError as problem:
            # A full disk must not take the run down for the sake of its log.
            sys.stderr.write(f"{self._path}: {problem}\n")

    def _line(self, record: logging.LogRecord) -> dict[str, Any] | None:
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        step = str(meta.get("step_key") or "")
        line: dict[str, Any] = {"event": "said"}
        if step:
            line["asset"] = asset_of(step)
        if event is None:
            message = str(meta.get("orig_message", record.getMessage()))
            return _said(line, message, record)
        kind = str(event.event_type_value)
        if kind not in KINDS:
            return None
        line["event"] = KINDS[kind]
        if kind == "STEP_START":
            self._started[step] = record.created
        elif kind in ("STEP_SUCCESS", "STEP_FAILURE"):
            line["seconds"] = round(record.created - self._started.get(step, record.created), 2)
        if kind == "STEP_FAILURE":
            line["message"] = cause(event.event_specific_data.error)
        elif kind == "ASSET_MATERIALIZATION":
            made = event.event_specific_data.materialization
            line["asset"] = "/".join(made.asset_key.path[1:])
            rows = made.metadata.get("dagster/row_count")
            if rows is not None:
                line["rows"] = rows.value
        elif kind in ENDS:
            line["peak_megabytes"] = peak_megabytes()
        elif kind == "PIPELINE_START":
            prune(self._edition)
        return line


def _said(line: dict[str, Any], message: str, record: logging.LogRecord) -> dict[str, Any] | None:
    """The line of what a step or Dagster says on the way."""
    if message.startswith("Dependencies for step"):
        return {"event": "not run", "asset": asset_of(message.split()[3])}
    if record.levelno < logging.INFO:
        return None
    level = {"level": record.levelname.lower()} if record.levelno >= logging.WARNING else {}
    return {**line, **level, "message": message}


def append(path: Path, line: dict[str, Any]) -> None:
    """Add a line to a log; lines of several processes do not mix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a log; one that a kill cut short is left out."""
    found = []
    # Bytes: as text, lines also end at characters that JSON leaves as they are within a message.
    for text in path.read_bytes().splitlines():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
    return found


def prune(edition: Edition) -> None:
    """Drop the oldest logs and summaries beyond the number that is kept."""
    for folder, pattern in ((logs(edition), "*.jsonl"), (logs(edition), "*.json")):
        for old in sorted(folder.glob(pattern))[: -settings().logs]:
            old.unlink(missing_ok=True)


@dataclass
class _Steps:
    ended: dict[str, str] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    errors: dict[str, list[str]] = field(default_factory=dict)
    not_run: dict[str, None] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def summarise(lines: Iterable[dict[str, Any]], log: str = "") -> Summary:
    """The summary of a run, of the lines of its log."""
    every = list(lines)
    if not every:
        return Summary("", "", log=log)
    steps = _Steps()
    for line in every:
        _count(steps, line)
    last = every[-1]
    over = last["event"] in ENDS.values()
    status = str(last["event"]).removeprefix("run ")
    seconds = None
    if over:
        span = datetime.fromisoformat(last["time"]) - datetime.fromisoformat(every[0]["time"])
        seconds = span.total_seconds()
    failed = [
        # A table's check says what it found before it fails.
        Failure(asset, "\n".join(steps.errors.get(asset, [])) or steps.problems.get(asset, ""))
        for asset, event in steps.ended.items()
        if event == "failed"
    ]
    done = [asset for asset, event in steps.ended.items() if event == "done"]
    return Summary(
        run_id=str(last["run_id"]),
        started=str(every[0]["time"]),
        ended=str(last["time"]) if over else "",
        seconds=seconds,
        status=status if over else "started",
        redone=[asset for asset in done if asset not in steps.unchanged],
        unchanged=[asset for asset in done if asset in steps.unchanged],
        not_run=list(steps.not_run),
        failed=failed,
        slowest=sorted(steps.seconds.items(), key=lambda one: -one[1])[:5],
        peak_megabytes=last.get("peak_megabytes"),
        log=log,
    )


def _count(steps: _Steps, line: dict[str, Any]) -> None:
    asset, event = line.get("asset", ""), line["event"]
    if not asset:
        return
    if event in DONE_WITH:
        steps.ended[asset] = event
        steps.seconds[asset] = line.get("seconds", 0.0)
        steps.problems[asset] = line.get("message", "")
    elif event == "not run":
        steps.not_run[asset] = None
    elif event == "said" and line["message"] == UNCHANGED:
        steps.unchanged.add(asset)
    elif event == "said" and line.get("level") in ("error", "critical"):
        steps.errors.setdefault(asset, []).append(line["message"])


def keep(edition: Edition, log: Path) -> Summary:
    """Summarise a run from its log, and keep the summary beside it."""
    found = summarise(read(log), log.name)
    with replacing(log.with_suffix(".json")) as scratch:
        scratch.write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")
    return found


def history(edition: Edition) -> list[Summary]:
    """The runs whose logs are kept, the latest first; one that was killed counts as started."""
    found = []
    for log in sorted(logs(edition).glob("*.jsonl"), reverse=True):
        kept = log.with_suffix(".json")
        try:
            content = json.loads(kept.read_text(encoding="utf-8"))
            failed = [Failure(**one) for one in content.pop("failed")]
            found.append(Summary(**content, failed=failed))
        except (OSError, ValueError, TypeError, KeyError):
            found.append(summarise(read(log), log.name))
    return [one for one in found if one.run_id]


def edition_of(job: str) -> Edition | None:
    """The edition that a job belongs to, by its name."""
    return EDITIONS.get(job.partition("__")[0])
