"""A publish that is killed, runs out of disk, or meets many readers, in processes of their own.

Whole runs that are killed at every stage: ``make faults``.
"""

import signal
import sqlite3
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest

from pipeline.database.publish import build
from pipeline.database.versions import (
    building,
    drop_unfinished,
    new_version,
    published_version,
    swap,
    versions,
)
from pipeline.edition import Edition
from pipeline.reading.fetch import fetch
from pipeline.runs.execute import execute
from pipeline.runs.lock import only_run
from pipeline.tables import Table
from tests.faults.small_run import POINTS
from tests.faults.state import leftovers
from tests.reading.test_fetch import CONTENT, release
from tests.reading.test_source import made

pytestmark = pytest.mark.long(seconds=25)

TEST = Edition("test", "Test", synthetic=False)


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RAPPORT_KEEP_VERSIONS", "2")
    return TEST


def built(edition: Edition, number: int) -> str:
    """A version ready to be published: ``number`` rows of the value ``number``."""
    version = new_version(edition, "abcdefgh")
    folder = building(edition, version)
    frame = pl.DataFrame({"value": [number] * number})
    build(folder, [Table("locality", "thing", frame, "A thing.")])
    for name in ("report/index.html", "exports/README.md"):
        (folder / name).parent.mkdir()
        (folder / name).write_text(str(number))
    return version


def seen(edition: Edition) -> int:
    """The number that the published version holds, the same in all of its parts."""
    with duckdb.connect(str(edition.database), read_only=True) as connection:
        ((number, rows),) = connection.execute(
            "SELECT value, count(*) FROM locality.thing GROUP BY ALL"
        ).fetchall()
    assert number == rows
    return int(number)


def parts(edition: Edition) -> set[str]:
    return {edition.report.read_text(), (edition.folder / "exports" / "README.md").read_text()}


SWAP = """
import sys
import pytest
from pipeline.database.versions import swap
from tests.faults.small_run import arm
from tests.faults.test_killed import TEST
with pytest.MonkeyPatch.context() as patch:
    arm(sys.argv[1], patch)
    swap(TEST, sys.argv[2])
"""


@pytest.mark.parametrize("point", [one for one in POINTS if one.startswith("swap")])
def test_a_swap_that_is_killed_is_made_good_by_the_next(edition: Edition, point: str) -> None:
    for number in (1, 2):
        swap(edition, built(edition, number))
    killed = built(edition, 3)
    ended = subprocess.run([sys.executable, "-c", SWAP, point, killed], check=False)
    assert ended.returncode == -signal.SIGKILL
    now = seen(edition)
    assert now == (3 if "public, old" in point or "first link" in point else 2)
    assert parts(edition) == {str(now)}
    drop_unfinished(edition)
    last = built(edition, 4)
    swap(edition, last)
    assert (seen(edition), parts(edition), published_version(edition)) == (4, {"4"}, last)
    assert leftovers(edition.folder) == []


STAGE = """
import sys
from pathlib import Path
import polars as pl
import pytest
from pipeline.reading.fetch import fetch
from tests.faults import small_run
from tests.faults.test_killed import TEST, built
from tests.reading.test_fetch import release
from tests.reading.test_source import made
point, mirror = sys.argv[1], Path(sys.argv[2])
if small_run.POINTS[point]:
    small_run.POINTS[point] = (small_run.POINTS[point][0], 1)
with pytest.MonkeyPatch.context() as patch:
    small_run.arm(point, patch)
    if point.startswith("raw"):
        fetch(made(releases=[release("https://example.org/x")]), TEST, mirror)
    elif point.startswith("database"):
        built(TEST, 3)
    else:
        layer, _, name = point.partition(":")[0].partition("/")
        TEST.write(layer, name, pl.DataFrame({"a": [2]}))
"""


@pytest.mark.parametrize(
    "point",
    [one for one in POINTS if one.startswith(("raw", "tidy", "evidence", "database: half"))],
)
def test_what_a_stage_left_when_it_was_killed_is_cleared_away(
    edition: Edition, point: str, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "folder").mkdir(parents=True)
    (mirror / "folder" / "file.csv").write_bytes(CONTENT)
    swap(edition, built(edition, 1))
    tables = [("tidy", "cqc_trust_ratings"), ("evidence", "verdict")]
    for table in tables:
        edition.write(*table, pl.DataFrame({"a": [1]}))
    ended = subprocess.run([sys.executable, "-c", STAGE, point, str(mirror)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert leftovers(edition.folder) != []
    # What was there before is whole, and what was half-written is not taken for it.
    assert (seen(edition), parts(edition)) == (1, {"1"})
    assert [edition.read(*table)["a"].to_list() for table in tables] == [[1], [1]]
    assert not (edition.raw / "folder" / "file.csv").exists()
    with only_run(edition, "the next run"):
        drop_unfinished(edition)
        assert leftovers(edition.folder) == []
        fetch(made(releases=[release("https://example.org/x")]), edition, mirror)
        swap(edition, built(edition, 2))
    assert (edition.raw / "folder" / "file.csv").read_bytes() == CONTENT
    assert seen(edition) == 2


BUILD = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
from tests.faults.test_killed import TEST, built
built(TEST, 2_000_000)
"""


def test_a_database_for_which_there_is_no_room(edition: Edition) -> None:
    swap(edition, built(edition, 1))
    ended = subprocess.run(
        [sys.executable, "-c", BUILD, "20000"], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "PublishError: no room on the disk of" in ended.stderr
    assert "The published version stays as it is. Make room" in ended.stderr
    assert (seen(edition), parts(edition)) == (1, {"1"})
    drop_unfinished(edition)
    swap(edition, built(edition, 2))
    assert seen(edition) == 2
    assert leftovers(edition.folder) == []


@pytest.mark.parametrize(
    ("said", "free", "full"),
    [
        ("database or disk is full", 10**9, True),
        ("disk I/O error", 10**6, True),
        ("disk I/O error", 10**9, False),
        ("no such table: runs", 10**6, False),
    ],
)
def test_a_disk_too_full_for_dagsters_own_records_is_told_in_words(
    edition: Edition,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    said: str,
    free: int,
    full: bool,
) -> None:
    def failing(*_: object, **__: object) -> None:
        try:
            raise sqlite3.OperationalError(said)
        except sqlite3.OperationalError as problem:
            raise RuntimeError("an event was not stored") from problem

    monkeypatch.setattr("pipeline.runs.execute._redo", failing)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=free))
    if not full:
        with pytest.raises(RuntimeError, match="an event was not stored"):
            execute(edition, None)
        return
    assert not execute(edition, None)
    told = capsys.readouterr().out
    assert "writing: no room on the disk of" in told
    assert "Make room" in told


READ = """
import sys, time
from pathlib import Path
from tests.faults.test_killed import TEST, seen
print("ready", flush=True)
last, opened = 0, 0
while not Path(sys.argv[1]).exists():
    number = seen(TEST)
    assert number >= last, f"{number} after {last}"
    last, opened = number, opened + 1
    time.sleep(0.01)
print(opened, last)
"""
HOLD = """
import sys, time
from pathlib import Path
import duckdb
from tests.faults.test_killed import TEST
with duckdb.connect(str(TEST.database), read_only=True) as connection:
    print("ready", flush=True)
    reads = 0
    while not Path(sys.argv[1]).exists():
        assert connection.execute("SELECT DISTINCT value FROM locality.thing").fetchall() == [(1,)]
        reads += 1
        time.sleep(0.05)
print(reads, 1)
"""


def test_readers_through_a_hundred_publishes(
    edition: Edition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes open the file again and again, one holds the first version all along."""
    monkeypatch.setattr("pipeline.database.versions.GRACE_SECONDS", 0.5)
    # Built before anybody reads, so that they follow one another faster than a reader opens one.
    first, *later = [built(edition, number) for number in range(1, 101)]
    swap(edition, first)
    done = tmp_path / "done"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(done)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for script in (READ, READ, HOLD)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for version in later:
        swap(edition, version)
        time.sleep(0.02)
    done.touch()
    for reader, last in zip(readers, (100, 100, 1), strict=True):
        out, problem = reader.communicate(timeout=60)
        assert reader.returncode == 0, problem
        reads, final = map(int, out.split())
        assert reads > 0
        assert final <= last
    assert seen(edition) == 100
    # What the third reader held was deleted under it.
    assert first not in versions(edition)


def test_every_point_to_die_at_is_there() -> None:
    """A function that was renamed would let ``make faults`` kill nothing."""
    for place, _ in filter(None, POINTS.values()):
        module, _, name = place.partition(":")
        found = import_module(module)
        for one in name.split("."):
            found = getattr(found, one)
        assert callable(found)
