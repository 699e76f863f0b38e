"""What a run prints: a line a step, and failures in words."""

import logging
import sys
import time
from typing import Any

import dagster as dg

from pipeline.runs.runlog import JsonLines, edition_of


class _Lines(logging.Handler):
    """Writes a line when a step ends, and whatever a step says on the way."""

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[str, float] = {}
        self._said: dict[str, str] = {}
        self._done = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Print what a person who waits wants to know of a record."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        step = str(meta.get("step_key") or "").replace("__", "/")
        if event is None:
            said = str(meta.get("orig_message", record.getMessage()))
            if said.startswith("Dependencies for step"):
                self._skipped(step)
            elif record.levelno >= logging.ERROR:
                self._print(f"  ! {step}: {said}")
            elif record.levelno >= logging.WARNING:
                self._print(f"  note     {said}")
            elif record.levelno >= logging.INFO:
                self._said[step] = said
                if any(word in said for word in (" files, ", " pages", " panels: ", ": attempt ")):
                    self._print(f"       {said}")
            return
        kind = str(event.event_type_value)
        if kind == "STEP_START":
            self._started[step] = time.monotonic()
        elif kind == "STEP_SUCCESS":
            self._done += 1
            seconds = time.monotonic() - self._started.get(step, time.monotonic())
            if not step.endswith("/checks"):
                self._print(
                    f"  {self._done:3d}  {step:<52} {seconds:6.1f} s  {self._said.get(step, '')}"
                )
        elif kind == "STEP_FAILURE":
            self._print(f"  FAILED  {step}")

    def _skipped(self, step: str) -> None:
        if not step.endswith("/checks"):
            self._print(f"  not run {step} (it needs one that failed)")

    def _print(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@dg.logger({}, description="A JSON line an event, in the edition's folder of logs.")
def log_file(context: dg.InitLoggerContext) -> logging.Logger:
    """The logger that keeps every run's log."""
    logger = logging.getLogger(f"rapport.log.{context.run_id}")
    logger.setLevel(logging.DEBUG)
    edition = edition_of(context.job_def.name) if context.job_def is not None else None
    logger.handlers = [JsonLines(edition, context.run_id)] if edition and context.run_id else []
    logger.propagate = False
    return logger


@dg.logger({}, description="One line a step.")
def console(context: dg.InitLoggerContext) -> logging.Logger:
    """The logger of runs started from the command line and in the UI."""
    logger = logging.getLogger("rapport.console")
    logger.setLevel(logging.DEBUG)
    logger.handlers = [_Lines()]
    logger.propagate = False
    return logger
