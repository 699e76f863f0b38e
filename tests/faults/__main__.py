"""The long faults, each against whole runs: ``make faults``.

Two small runs of the sample, the second with a few more sources, are compared with runs that were
killed at every stage, ran out of disk, lost what they keep, met each other, were restored from a
backup, or took over what an older version left; and `rapport dev` and a Celery worker are killed.
Prints a table and exits with 1 where an outcome is not what it must be.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest

from pipeline.edition import PROJECT
from tests.faults import celery, dev
from tests.faults.small_run import POINTS
from tests.faults.state import database, exports, leftovers, tables

State = dict[str, dict[str, str]]
KEPT = ("raw", "tables", "records", "cache", "published", "versions", "current", "../dagster")
MORE = "--more"
PUBLIC = ("swap: the first link moved", "swap: public, old versions not dropped")
"""Points after which the new version is the published one."""
AGAINST_THE_LAST = "meta.check_results"
"""The table that also speaks of the version that was published before: its drift."""


def state(root: Path) -> State:
    """The tables, the published database and the exports of a data folder."""
    edition = root / "sample"
    return {
        "tables": tables(edition),
        "database": database(edition / "rapport.duckdb"),
        "exports": exports(edition),
    }


def differing(one: State, other: State) -> str:
    """The names of what differs between two states; empty where nothing does."""
    found = [
        f"{part} {name}"
        for part in one
        for name in sorted(one[part].keys() | other[part].keys())
        if one[part].get(name) != other[part].get(name)
    ]
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if found[5:] else "")


class Running:
    """A small run in a process of its own."""

    def __init__(self, root: Path, *options: str) -> None:
        # A file, not a pipe: workers of a run that was killed hold a pipe open.
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.small_run", *options],
            cwd=PROJECT,
            env={**os.environ, "RAPPORT_DATA": str(root)},
            stdout=self._said,
            stderr=subprocess.STDOUT,
        )

    def end(self) -> tuple[int, str]:
        """Wait for it; its exit code and what it printed."""
        code = self.process.wait()
        self._said.seek(0)
        said = self._said.read()
        self._said.close()
        return code, said


def run(root: Path, *options: str) -> tuple[int, str]:
    """A small run to its end: exit code and what it printed."""
    return Running(root, *options).end()


class Faults:
    """The faults, and what came of each."""

    def __init__(self, work: Path, good: Path | None) -> None:
        self.work = work
        self.rows: list[tuple[str, str, bool]] = []
        home = good or work / "undisturbed"
        self.less, self.more = home / "less", home / "more"
        self._undisturbed()
        self.states = {"": state(self.less), MORE: state(self.more)}
        assert differing(*self.states.values())

    def _undisturbed(self) -> None:
        """The run that others are compared with, and the one after it, with more sources."""
        if not self.less.exists():
            self._first(self.less)
        if not self.more.exists():
            shutil.copytree(self.less, self.more, symlinks=True)
            self._first(self.more, MORE)

    @staticmethod
    def _first(root: Path, *options: str) -> None:
        started = time.monotonic()
        code, said = run(root, *options)
        if code:
            shutil.rmtree(root)
            raise SystemExit(f"the undisturbed run failed:\n{said}")
        print(f"undisturbed run: {time.monotonic() - started:.0f} s", flush=True)

    def tell(self, fault: str, happened: str, right: bool) -> None:
        """Keep and print one outcome."""
        happened = " ".join(happened.split())
        self.rows.append((fault, happened, right))
        print(f"{'as it must' if right else 'WRONG':<11} {fault}: {happened}", flush=True)

    def copy(self, name: str) -> Path:
        """A data folder in which the first undisturbed run has been published."""
        root = self.work / name
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.less, root, symlinks=True)
        return root

    def ends_the_same(self, root: Path, *options: str) -> tuple[bool, str]:
        """Run again; whether it ends with the undisturbed run's tables and nothing left over."""
        code, said = run(root, *options)
        if code:
            return False, "the next run fails: " + said.strip()[-300:]
        left = leftovers(root / "sample")
        other = differing(state(root), self.states["".join(options)])
        return not other and not left, (
            "the next run ends with "
            + (f"OTHER contents ({other})" if other else "the tables, database and exports")
            + " of an undisturbed one"
            + (f"; LEFT OVER: {', '.join(left)}" if left else "")
        )

    def published(self, root: Path, *options: str) -> tuple[bool, str]:
        """Whether what is published is whole, and that of an undisturbed run."""
        try:
            found = database(root / "sample" / "rapport.duckdb")
        except duckdb.Error as problem:
            return False, f"published version NOT READABLE ({str(problem).splitlines()[0]})"
        if found == self.states["".join(options)]["database"]:
            return True, f"published version whole, the {'new' if options else 'old'} one"
        return False, "published version OTHER than it was"

    # -----------------------------------------------------------------------------------------

    def killed(self, points: Sequence[str]) -> None:
        """The run after a published one is killed at each point, and goes on until the next."""
        root = self.copy("killed")
        for point in points:
            code, said = run(root, MORE, "--die", point)
            dead = code == -signal.SIGKILL
            right, happened = self.published(root, *([MORE] if point in PUBLIC else []))
            killed = "killed" if dead else f"NOT killed (exit {code}: {said.strip()[-200:]})"
            self.tell(f"kill -9, {point}", f"{killed}, {happened}", dead and right)
        right, happened = self.ends_the_same(root, MORE)
        self.tell(f"after kill -9 at {len(points)} points, one after the other", happened, right)

    def killed_from_nothing(self) -> None:
        """The first run of all is killed at each point, and goes on until the next."""
        root = self.work / "cold"
        shutil.rmtree(root, ignore_errors=True)
        codes = [run(root, "--die", point)[0] for point in POINTS]
        dead = sum(code == -signal.SIGKILL for code in codes)
        right, happened = self.ends_the_same(root)
        self.tell(
            f"kill -9 of the first run of all, {dead} of {len(codes)} times",
            happened,
            right and dead == len(codes),
        )

    def deleted(self, kept: str) -> None:
        """A folder that a run keeps is deleted between two runs."""
        root = self.copy("deleted")
        path = root / "sample" / kept
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
        right, happened = self.ends_the_same(root)
        self.tell(f"deleted: {os.path.normpath(f'sample/{kept}')}", happened, right)

    def two_at_once(self) -> None:
        """A second run begins while the first is under way; and the folder is copied meanwhile."""
        root = self.copy("twice")
        first = Running(root, MORE)
        while first.process.poll() is None and not (root / "sample" / ".run.json").exists():
            time.sleep(0.05)
        code, said = run(root, MORE)
        second = " ".join(said.split())
        backup = self.work / "elsewhere" / "backup"
        shutil.rmtree(backup, ignore_errors=True)
        during = first.process.poll() is None
        shutil.copytree(root, backup, symlinks=True)
        ended, out = first.end()
        other = differing(state(root), self.states[MORE])
        self.tell(
            "two runs at once",
            f"the second says: {second[second.find('another run') :][:90]}...; the first ends "
            f"with {f'OTHER contents ({other})' if other else 'the contents'} of an undisturbed "
            f"one{'' if ended == 0 else out[-200:]}",
            code != 0 and "another run of sample is under way" in second and not other,
        )
        whole, happened = self.published(backup)
        right, then = self.ends_the_same(backup, MORE)
        self.tell(
            "a backup taken during a run, restored elsewhere",
            f"{'' if during else 'NOT taken during the run, '}{happened}; {then}",
            during and whole and right,
        )

    @staticmethod
    def mount(disk: Path, options: str, *more: str) -> None:
        """Make or resize a small disk in memory."""
        subprocess.run(["mount", *more, "-o", options, "tmpfs", str(disk)], check=True)

    def dev(self) -> None:
        """`rapport dev` is killed, and so is what it runs."""
        for row in dev.killed(self.work / "dev"):
            self.tell(*row)

    def celery(self, way: str) -> None:
        """A worker that takes steps of a run is killed."""
        root = self.work / "celery" / way.replace(" ", "_")
        root.mkdir(parents=True)
        try:
            code, happened = celery.killed(root, way)
        except pytest.skip.Exception as problem:
            self.tell("kill -9 of a Celery worker", f"not tried: {problem}", True)
            return
        data = root / "data"
        other = differing(state(data), self.states[""]) if not code else f"exit {code}"
        left = leftovers(data / "sample")
        self.tell(
            f"kill -9 of a Celery worker, its step is {way}",
            f"{happened}, with {f'OTHER contents ({other})' if other else 'the contents'} of an "
            f"undisturbed run{f'; LEFT OVER: {left}' if left else ''}",
            not other and not left,
        )

    def no_room(self) -> None:
        """The disk is full in the middle of a run, at several sizes."""
        if os.name != "posix" or os.geteuid() != 0:
            self.tell("disk full", "not tried: needs root to mount a small disk", True)
            return
        disk = self.work / "disk"
        disk.mkdir()
        need = sum(p.stat().st_size for p in self.less.rglob("*") if p.is_file()) // 2**20
        for free in (1, 6, 14):
            self.mount(disk, f"size={need * 4}m", "-t", "tmpfs")
            try:
                shutil.copytree(self.less, disk / "data", symlinks=True)
                used = shutil.disk_usage(disk).used // 2**20
                self.mount(disk, f"remount,size={used + free}m")
                code, said = run(disk / "data", MORE)
                words = [line for line in said.splitlines() if "room" in line or "space" in line]
                whole, happened = self.published(disk / "data")
                self.mount(disk, f"remount,size={need * 4}m")
                right, then = self.ends_the_same(disk / "data", MORE)
            finally:
                subprocess.run(["umount", disk], check=True)
            told = words[0].strip()[:160] if words else said[-200:]
            self.tell(
                f"disk full, {free} MB free at the start",
                f"exit {code}, says: {told}; {happened}; with room {then}",
                code == 1 and bool(words) and whole and right,
            )

    def upgraded(self, commit: str) -> None:
        """What a whole run of an older version of the code made is taken over by this one."""
        code = self.work / "older"
        root = self.work / "upgraded"
        for folder in (code, root):
            shutil.rmtree(folder, ignore_errors=True)
        code.mkdir()
        git = subprocess.run(
            ["git", "-C", str(PROJECT), "archive", commit], check=False, capture_output=True
        )
        if git.returncode:
            self.tell("upgrade", f"not tried: no commit {commit} here", True)
            return
        subprocess.run(["tar", "-x", "-C", str(code)], input=git.stdout, check=True)
        steps = {
            # Its own packages: today's may lack what it asks for.
            "packages cannot be installed": ["make", "setup", f"PYTHON={sys.executable}"],
            "run fails": [str(code / ".venv" / "bin" / "rapport"), "run", "sample"],
        }
        for wrong, command in steps.items():
            done = subprocess.run(
                command,
                cwd=code,
                env={**os.environ, "RAPPORT_DATA": str(root)},
                check=False,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                said = (done.stdout + done.stderr).strip()[-300:]
                self.tell("upgrade", f"the older version's {wrong}: {said}", False)
                return
        self.taken_over(root, commit)

    def taken_over(self, root: Path, commit: str) -> None:
        """A run over what an older version published."""
        path = root / "sample" / "rapport.duckdb"
        before, reads, whole = database(path), 0, True
        now = Running(root)
        while now.process.poll() is None:
            with duckdb.connect(str(path), read_only=True) as connection:
                # The old version's tables until the new one's are there.
                whole &= connection.table("evidence.verdict").shape[0] > 0
            reads += 1
            time.sleep(0.5)
        ended, said = now.end()
        planned = next((line.strip() for line in said.splitlines() if "steps" in line), "")
        left = leftovers(root / "sample")
        found, first = state(root), self.states[""]
        found["database"][AGAINST_THE_LAST] = first["database"][AGAINST_THE_LAST]
        other = differing(found, first) if not ended else said.strip()[-300:]
        again, then = run(root)
        nothing = "nothing changed since version" in then
        self.tell(
            f"upgrade of what {commit[:7]} left ({len(before)} tables)",
            f"{planned}; readable {reads} times meanwhile; ends with "
            f"{f'OTHER contents ({other})' if other else 'the contents'} of a first run of today's"
            f" code{f'; LEFT OVER: {left}' if left else ''}; after it "
            f"{'nothing is out of date' if nothing else 'SOMETHING IS OUT OF DATE'}",
            not other and not left and whole and nothing and again == 0,
        )


def a_day_older() -> str:
    """The last commit of a day before this one; empty where the history is not there."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(PROJECT), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()

    now = git("log", "-1", "--format=%ct")
    return git("rev-list", "-1", f"--before={int(now) - 86400}", "HEAD") if now else ""


def main() -> None:
    """Try every fault, or those whose name holds a word."""
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--only", default="", help="faults whose name holds this")
    parse.add_argument("--good", type=Path, help="folder of undisturbed runs, to use again")
    parse.add_argument("--older", default=a_day_older(), help="commit to upgrade from")
    asked = parse.parse_args()
    with tempfile.TemporaryDirectory() as work:
        faults = Faults(Path(work), asked.good)
        every: dict[str, Callable[[], None]] = {
            "kill": lambda: faults.killed(tuple(POINTS)),
            "kill from nothing": faults.killed_from_nothing,
            "two at once, backup": faults.two_at_once,
            "disk full": faults.no_room,
            "rapport dev": faults.dev,
            "upgrade": lambda: faults.upgraded(asked.older),
        }
        every |= {
            f"celery, {way}": lambda way=way: faults.celery(way)  # type: ignore[misc]
            for way in celery.WAYS
        }
        every |= {
            f"deleted {kept}": lambda kept=kept: faults.deleted(kept)  # type: ignore[misc]
            for kept in KEPT
        }
        if asked.only in POINTS:
            every = {asked.only: lambda: faults.killed([asked.only])}
        for name, fault in every.items():
            if asked.only in name:
                fault()
    print("\n| fault | what happened | as it must |\n|---|---|---|")
    for fault, happened, right in faults.rows:
        print(f"| {fault} | {happened} | {'yes' if right else 'NO'} |")
    raise SystemExit(0 if all(right for *_, right in faults.rows) else 1)


if __name__ == "__main__":
    main()
