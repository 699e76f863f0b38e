"""The long faults, each against whole runs: ``make faults``.

A run of the sample, undisturbed, is compared with runs that were killed at every stage, that ran
out of disk, that lost their caches or met each other. Prints a table and exits with 1 where an
outcome is not what it must be.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.small_run import POINTS
from tests.faults.state import database, leftovers, pages, tables

State = tuple[dict[str, str], dict[str, str], dict[str, str]]
CACHES = ("raw", "tables", "records", "published", "versions", "current", "../dagster")


def state(root: Path) -> State:
    """The tables, the published database and the exports of a data folder."""
    edition = root / "sample"
    return tables(edition), database(edition / "rapport.duckdb"), pages(edition)


def start(root: Path, *options: str) -> subprocess.Popen[str]:
    """A run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.small_run", *options],
        env={**os.environ, "RAPPORT_DATA": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(root: Path, *options: str) -> tuple[int, str]:
    """A run to its end: exit code and what it printed."""
    process = start(root, *options)
    said, _ = process.communicate()
    return process.returncode, said


class Faults:
    """The faults, and what came of each."""

    def __init__(self, work: Path, good: Path | None) -> None:
        self.work = work
        self.rows: list[tuple[str, str, bool]] = []
        self.good = good or work / "undisturbed"
        if not (self.good / "sample" / "rapport.duckdb").exists():
            started = time.monotonic()
            code, said = run(self.good)
            if code:
                raise SystemExit(f"the undisturbed run failed:\n{said}")
            print(f"undisturbed run: {time.monotonic() - started:.0f} s", flush=True)
        self.state = state(self.good)

    def tell(self, fault: str, happened: str, right: bool) -> None:
        """Keep and print one outcome."""
        self.rows.append((fault, happened, right))
        print(f"{'as it must' if right else 'WRONG':<11} {fault}: {happened}", flush=True)

    def copy(self, name: str) -> Path:
        """A data folder in which the undisturbed run has been published."""
        root = self.work / name
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.good, root, symlinks=True)
        return root

    def ends_the_same(self, root: Path) -> tuple[bool, str]:
        """Run again; whether it ends with the undisturbed run's tables and nothing left over."""
        code, said = run(root)
        if code:
            return False, "the next run fails: " + said.strip().splitlines()[-1]
        left = leftovers(root / "sample")
        same = state(root) == self.state
        return same and not left, (
            f"the next run ends with {'the same' if same else 'OTHER'} tables and database"
            + (f"; left over: {', '.join(left)}" if left else "")
        )

    def readable(self, root: Path) -> bool:
        """Whether what is published is whole, and what it was."""
        return database(root / "sample" / "rapport.duckdb") == self.state[1]

    # -----------------------------------------------------------------------------------------

    def killed(self, point: str) -> None:
        """A run over a published one is killed at a point."""
        root = self.copy("killed")
        code, _ = run(root, "--all", "--die", point)
        readable = self.readable(root)
        right, happened = self.ends_the_same(root)
        dead = code == -signal.SIGKILL
        self.tell(
            f"kill -9, {point}",
            f"{'killed' if dead else f'NOT killed ({code})'}, published version "
            f"{'whole' if readable else 'NOT READABLE'}; {happened}",
            dead and readable and right,
        )

    def killed_from_nothing(self) -> None:
        """The first run of all is killed at one stage after the other."""
        root = self.work / "cold"
        codes = [run(root, "--all", "--die", point)[0] for point in POINTS]
        right, happened = self.ends_the_same(root)
        self.tell(
            f"kill -9 of the first run, {len(POINTS)} times in a row",
            happened,
            right and set(codes) == {-signal.SIGKILL},
        )

    def deleted(self, cache: str) -> None:
        """A folder that a run keeps is deleted between two runs."""
        root = self.copy("deleted")
        path = root / "sample" / cache
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
        right, happened = self.ends_the_same(root)
        self.tell(f"deleted: {path.resolve().relative_to(root.resolve())}", happened, right)

    def two_at_once(self) -> None:
        """A second run begins while the first is under way."""
        root = self.copy("twice")
        first = start(root, "--all")
        while first.poll() is None and not (root / "sample" / ".run.json").exists():
            time.sleep(0.05)
        code, said = run(root)
        second = " ".join(said.split())
        out, _ = first.communicate()
        same = state(root) == self.state
        self.tell(
            "two runs at once",
            f"the second says: {second[second.find('another run') :][:90]}...; the first ends "
            f"with {'the same' if same else 'OTHER'} tables"
            f"{'' if first.returncode == 0 else out[-200:]}",
            code != 0 and "another run of sample is under way" in second and same,
        )

    @staticmethod
    def mount(disk: Path, options: str, *more: str) -> None:
        """Make or resize a small disk in memory."""
        subprocess.run(["mount", *more, "-o", options, "tmpfs", str(disk)], check=True)

    def no_room(self) -> None:
        """The disk is full in the middle of a run, at several sizes."""
        if os.name != "posix" or os.geteuid() != 0:
            self.tell("disk full", "not tried: needs root to mount a small disk", True)
            return
        disk = self.work / "disk"
        disk.mkdir()
        need = sum(p.stat().st_size for p in self.good.rglob("*") if p.is_file()) // 2**20
        self.mount(disk, f"size={need * 4}m", "-t", "tmpfs")
        try:
            shutil.copytree(self.good, disk / "data", symlinks=True)
            used = shutil.disk_usage(disk).used // 2**20
            for free in (1, 6, 14):
                self.mount(disk, f"remount,size={used + free}m")
                code, said = run(disk / "data", "--all")
                words = [line for line in said.splitlines() if "room" in line or "space" in line]
                readable = self.readable(disk / "data")
                self.mount(disk, f"remount,size={need * 4}m")
                right, happened = self.ends_the_same(disk / "data")
                told = words[0].strip()[:160] if words else said[-200:]
                self.tell(
                    f"disk full, {free} MB free at the start",
                    f"exit {code}, says: {told}; published version "
                    f"{'whole' if readable else 'NOT READABLE'}; with room {happened}",
                    code == 1 and bool(words) and readable and right,
                )
        finally:
            subprocess.run(["umount", disk], check=True)


def main() -> None:
    """Try every fault, or those whose name holds a word."""
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--only", default="", help="faults whose name holds this")
    parse.add_argument("--good", type=Path, help="data folder of an undisturbed run, to use again")
    asked = parse.parse_args()
    with tempfile.TemporaryDirectory() as work:
        faults = Faults(Path(work), asked.good)
        every: dict[str, Callable[[], None]] = {
            f"kill {point}": lambda point=point: faults.killed(point)  # type: ignore[misc]
            for point in POINTS
        }
        every["kill from nothing"] = faults.killed_from_nothing
        every |= {
            f"deleted {cache}": lambda cache=cache: faults.deleted(cache)  # type: ignore[misc]
            for cache in CACHES
        }
        every["two at once"] = faults.two_at_once
        every["disk full"] = faults.no_room
        for name, fault in every.items():
            if asked.only in name:
                fault()
    print("\n| fault | what happened | as it must |\n|---|---|---|")
    for fault, happened, right in faults.rows:
        print(f"| {fault} | {happened} | {'yes' if right else 'NO'} |")
    raise SystemExit(0 if all(right for *_, right in faults.rows) else 1)


if __name__ == "__main__":
    main()
