"""A small run of the sample, through every stage, killed at a named point where asked.

One panel, the sources that it needs (the others are switched off), few draws and few pages. With
``--more`` a few more sources are switched on, so that after a run without it something is due at
every stage, and what is published is different.

``python -m tests.faults.small_run [--more] [--die POINT]``, with ``RAPPORT_DATA`` as ever.
"""

import argparse
import os
import signal
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

WRITTEN = "written and not in its place"
POINTS: dict[str, tuple[str, int] | None] = {
    "raw: a file copied and not yet verified": ("pipeline.reading.fetch:_verify", 1),
    f"tidy/cqc_trust_ratings: {WRITTEN}": None,
    f"locality/authority_year: {WRITTEN}": None,
    f"evidence/verdict: {WRITTEN}": None,
    "checks: one half done": ("pipeline.checks.engine:check", 3),
    "database: half of the tables written": ("pipeline.database.publish:_write", 60),
    "database: written, not described": ("pipeline.database.publish:_describe", 1),
    "database: not read back": ("pipeline.database.publish:_read_back", 1),
    "report: its pages half written": ("pathlib:Path.write_text", 4),
    "exports: before the workbook": ("pipeline.database.exports:write_workbook", 1),
    "swap: before the files are on the disk": ("pipeline.database.versions:_settle", 1),
    "swap: renamed and not public": ("pipeline.database.versions:_publish", 1),
    "swap: the first link moved": ("pipeline.database.versions:_point", 2),
    "swap: public, old versions not dropped": ("pipeline.database.versions:_drop_old", 1),
}
"""Where to die, in the way of the data: before a call of a function, counted; without one before
a table's file is put in its place."""


def die(*_: object, **__: object) -> None:
    """End as by ``kill -9``."""
    os.kill(os.getpid(), signal.SIGKILL)


def counted(function: Callable[..., Any], call: int, fits: Callable[..., bool]) -> Any:
    """The function, which dies before its so many-th call that fits."""
    seen = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        seen += fits(*args)
        if seen == call:
            die()
        return function(*args, **kwargs)

    return wrapped


def arm(point: str, patch: pytest.MonkeyPatch) -> None:
    """See to it that this process dies at a point."""
    called = POINTS[point]
    if called:
        place, call = called
        module_name, _, name = place.partition(":")
        holder: Any = import_module(module_name)
        *outer, name = name.split(".")
        for one in outer:
            holder = getattr(holder, one)
        in_report = name == "write_text"
        patch.setattr(
            holder,
            name,
            counted(
                getattr(holder, name),
                call,
                lambda *args: not in_report or "report" in Path(args[0]).parts,
            ),
        )
        return
    from pipeline.edition import Edition  # noqa: PLC0415

    layer, _, name = point.partition(":")[0].partition("/")
    write = Edition.write

    def armed(self: Edition, *args: Any) -> Any:
        if args[:2] == (layer, name):
            patch.setattr(Path, "replace", die)
        return write(self, *args)

    patch.setattr(Edition, "write", armed)


def prepare(patch: pytest.MonkeyPatch, folder: Path, *, more: bool) -> None:
    """See to it that runs of this process are small ones.

    Args:
        folder: where the file that switches the other sources off is put.
        more: a few more sources are switched on.
    """
    from pipeline.reading import switches  # noqa: PLC0415
    from tests import few  # noqa: PLC0415

    few.small_run(patch, folder, few.BROKEN)
    if not more:
        with switches.PATH.open("a", encoding="utf-8") as off:
            off.writelines(f'{name} = "A smaller run."\n' for name in sorted(few.BROKEN))


def main() -> None:
    """Run, and exit with 1 where the run fails."""
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--die", choices=POINTS)
    parse.add_argument("--more", action="store_true", help="a few more sources are switched on")
    asked = parse.parse_args()

    from pipeline.cli import _home  # noqa: PLC0415
    from pipeline.edition import SAMPLE  # noqa: PLC0415
    from pipeline.runs.execute import execute  # noqa: PLC0415
    from pipeline.runs.quiet import quiet_exit  # noqa: PLC0415

    _home()
    quiet_exit()
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        prepare(patch, Path(folder), more=asked.more)
        if asked.die:
            arm(asked.die, patch)
        raise SystemExit(0 if execute(SAMPLE, None) else 1)


if __name__ == "__main__":
    main()
