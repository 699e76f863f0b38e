"""One run of an edition at a time.

Two runs would write the same tables and mix. A lock of the operating system ends with the process
that holds it, whatever ends the process: a run that was killed leaves nothing to clear away.
"""

import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import filelock

from pipeline.edition import SCRATCH, Edition

LOCK = ".run.lock"
HOLDER = ".run.json"
WAIT_SECONDS = 4 * 3600
"""How long a scheduled run waits for another one."""
HELD = ("raw", "published", "tables", "records")
"""Folders in which nobody writes but who holds the edition."""
OPEN = ("cache", "logs")
"""Folders in which others write too: a look at what is out of date, a run that waits."""
STALE_SECONDS = 60
"""Age at which a half-written file of theirs is given up: writing one takes a moment."""


class AnotherRun(Exception):  # noqa: N818 - it says what is there, not what went wrong
    """Another run of the edition is under way, and this one, or this step, did nothing."""


@contextmanager
def only_run(
    edition: Edition,
    what: str,
    wait: float = 0,
    say: Callable[[str], None] = lambda message: None,
    run_id: str = "",
) -> Iterator[None]:
    """Hold the edition for one run, and clear away what killed runs left half-written.

    Args:
        what: what holds it, as others are told.
        wait: seconds to wait for another run before giving up.
        say: told that it waits.
        run_id: of the run that Dagster holds it for; empty for a command.

    Raises:
        AnotherRun: another run has it.
    """
    edition.folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(edition)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        if wait <= 0:
            raise AnotherRun(_said(edition)) from None
        say(f"waits for another run of {edition.name}: {_named(edition)}")
        try:
            lock.acquire(timeout=wait, poll_interval=1)
        except filelock.Timeout:
            raise AnotherRun(_said(edition)) from None
    try:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        said = f"{what}, process {os.getpid()} on {socket.gethostname()}, since {started}"
        holder = json.dumps({"what": said, "run": run_id})
        (edition.folder / HOLDER).write_text(holder, encoding="utf-8")
        _clear(edition)
        yield
    finally:
        (edition.folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def check_held(edition: Edition, run_id: str) -> None:
    """Refuse a step whose run does not hold the edition, though another does.

    A step that was lost with its worker may be given out again after its run was killed, and would
    then write what the next run is writing.

    Args:
        run_id: of the step's run; empty for that of a command.

    Raises:
        AnotherRun: another run has it.
    """
    holder = _holder(edition)
    if holder is None or holder["run"] == run_id:
        return
    try:
        # What a killed run left says nothing: nobody holds the lock then.
        _lock(edition).acquire(blocking=False).lock.release()
    except filelock.Timeout:
        raise AnotherRun(_said(edition)) from None


def _clear(edition: Edition) -> None:
    """Delete the half-written files that nobody is writing any more."""
    left = [*edition.folder.glob(f"*{SCRATCH}"), *_scratch(edition, HELD)]
    left += [path for path in _scratch(edition, OPEN) if _age(path) > STALE_SECONDS]
    for path in left:
        path.unlink(missing_ok=True)


def _scratch(edition: Edition, parts: Sequence[str]) -> Iterator[Path]:
    return (path for part in parts for path in (edition.folder / part).rglob(f"*{SCRATCH}"))


def _age(path: Path) -> float:
    """Seconds since a file was written to; none where it has just got its name."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0


def _lock(edition: Edition) -> filelock.BaseFileLock:
    return filelock.FileLock(edition.folder / LOCK, thread_local=False)


def _holder(edition: Edition) -> dict[str, str] | None:
    try:
        holder: dict[str, str] = json.loads((edition.folder / HOLDER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return holder


def _said(edition: Edition) -> str:
    return (
        f"another run of {edition.name} is under way ({_named(edition)}). Nothing was done. Wait "
        "until it has ended, or stop it, and run again"
    )


def _named(edition: Edition) -> str:
    holder = _holder(edition)
    return "it has only just begun" if holder is None else holder["what"]
