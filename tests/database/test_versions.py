"""Versions: which are kept, which is public, going back, and systems and clocks that differ."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.database import versions as module
from pipeline.database.publish import build
from pipeline.database.versions import (
    PublishError,
    building,
    describe,
    drop_unfinished,
    new_version,
    published_version,
    rollback,
    swap,
    version_folder,
    versions,
)
from pipeline.edition import EDITIONS, Edition
from pipeline.settings import SettingsError
from pipeline.tables import Table

KEEP = "RAPPORT_KEEP_VERSIONS"


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Edition]:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(module, "GRACE_SECONDS", 0)
    made = Edition("test", "Test", synthetic=False)
    monkeypatch.setitem(EDITIONS, "test", made)
    yield made


def publish(edition: Edition, verdict: str) -> str:
    """Publish a version that says a verdict, as a run does."""
    version = new_version(edition, "abcdefghij")
    tables = {
        "run": {"built_at": "2026-01-02T03:04:05+00:00"},
        "table": {"layer": "tidy", "rows": 1234},
    }
    folder = building(edition, version)
    build(
        folder,
        [Table("meta", name, pl.DataFrame([row]), "") for name, row in tables.items()]
        + [
            Table(
                "evidence",
                "verdict",
                pl.DataFrame({"spec_id": ["all_panels"], "verdict": [verdict]}),
                "",
            )
        ],
    )
    for name in ("report/index.html", "exports/README.md"):
        (folder / name).parent.mkdir()
        (folder / name).write_text(verdict)
    swap(edition, version)
    return version


def public(edition: Edition) -> set[str]:
    """The verdicts that readers see in the database, the report and the exports."""
    with duckdb.connect(str(edition.database), read_only=True) as connection:
        ((seen,),) = connection.execute("SELECT verdict FROM evidence.verdict").fetchall()
    return {seen, edition.report.read_text(), (edition.folder / "exports/README.md").read_text()}


def said(*command: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(command))
    return result.exit_code, " ".join(result.output.split())


def test_only_the_last_versions_are_kept(edition: Edition) -> None:
    made = [publish(edition, str(count)) for count in range(5 + 3)]
    assert versions(edition) == made[3:]
    assert sorted(path.name for path in (edition.folder / "versions").iterdir()) == made[3:]


def test_how_many_are_kept_is_configured(edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEEP, "2")
    made = [publish(edition, str(count)) for count in range(4)]
    assert versions(edition) == made[2:]


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_to_keep_is_refused_before_anything_moves(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    publish(edition, "first")
    with monkeypatch.context() as patch:
        patch.setenv(KEEP, said)
        with pytest.raises(SettingsError, match=f"{KEEP}: expected a whole number .*'{said}'"):
            publish(edition, "second")
    assert public(edition) == {"first"}


def test_a_version_that_was_public_just_now_stays_for_a_while(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP, "1")
    monkeypatch.setattr(module, "GRACE_SECONDS", 600)
    first, second = publish(edition, "first"), publish(edition, "second")
    assert versions(edition) == [first, second]
    past = time.time() - 601
    os.utime(version_folder(edition, first), (past, past))
    third = publish(edition, "third")
    assert versions(edition) == [second, third]


def test_the_time_counts_from_when_a_version_was_last_public(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP, "1")
    monkeypatch.setattr(module, "GRACE_SECONDS", 600)
    first = publish(edition, "first")
    past = time.time() - 86400
    os.utime(version_folder(edition, first), (past, past))
    second = publish(edition, "second")
    assert versions(edition) == [first, second]


def test_a_version_whose_deletion_is_cut_short_is_none(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP, "1")
    first = publish(edition, "first")
    with monkeypatch.context() as patch:
        patch.setattr(module.shutil, "rmtree", lambda path, **how: None)
        second = publish(edition, "second")
    assert versions(edition) == [second]
    assert building(edition, first).is_dir()
    assert drop_unfinished(edition) == [first]


def test_a_version_is_on_the_disk_before_it_is_public(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(edition, "first")
    public_then: dict[int, str | None] = {}

    def waited(handle: int) -> None:
        public_then.setdefault(os.fstat(handle).st_ino, published_version(edition))

    monkeypatch.setattr(module.os, "fsync", waited)
    second = publish(edition, "second")
    whole = version_folder(edition, second)
    for path in (whole.parent, whole, *whole.rglob("*")):
        assert public_then.get(path.stat().st_ino) == first, path
    assert public_then[edition.folder.stat().st_ino] == second


def test_a_clock_that_jumps_back_changes_no_order(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEEP, "2")
    monkeypatch.setattr(module, "GRACE_SECONDS", 600)
    now = [datetime(2026, 5, 1, tzinfo=UTC)]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return now[0]

    monkeypatch.setattr(module, "datetime", Clock)
    monkeypatch.setattr(module.time, "time", lambda: now[0].timestamp())  # noqa: PLW0108
    monkeypatch.setattr(
        module.os,
        "utime",
        lambda path, utime=os.utime: utime(path, (now[0].timestamp(), now[0].timestamp())),
    )
    made = [publish(edition, "May"), publish(edition, "still May")]
    now[0] = datetime(2020, 1, 1, tzinfo=UTC)
    made.append(publish(edition, "back in 2020"))
    now[0] += timedelta(seconds=601)
    made.append(publish(edition, "and on"))
    assert sorted(made) != sorted(made, key=lambda name: name[5:])
    assert published_version(edition) == made[-1]
    # Stamps of the future do not keep versions for years.
    assert versions(edition) == made[2:]
    assert public(edition) == {"and on"}


def test_unfinished_versions_are_not_listed_and_are_deleted(edition: Edition) -> None:
    first = publish(edition, "first")
    half = building(edition, new_version(edition, "killed-run"))
    half.mkdir()
    (half / "rapport.duckdb").write_bytes(b"half")
    assert versions(edition) == [first]
    assert drop_unfinished(edition) == [half.name.removeprefix(".building-")]
    assert not half.exists()
    assert public(edition) == {"first"}


def test_back_to_the_version_before_and_forward_again(edition: Edition) -> None:
    first, second = publish(edition, "supported"), publish(edition, "rejected")
    code, text = said("rollback", "test")
    assert code == 0
    assert f"{first} is published again" in text
    assert "verdict: supported" in text
    assert f"It replaces {second}, which is kept" in text
    assert public(edition) == {"supported"}
    code, text = said("rollback", "test")
    assert (code, "no version is kept from before" in text) == (1, True)
    assert said("rollback", "test", "2")[0] == 0
    assert public(edition) == {"rejected"}
    third = publish(edition, "open")
    assert public(edition) == {"open"}
    assert versions(edition) == [first, second, third]


def test_what_is_published_is_kept_however_old(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(edition, "first")
    publish(edition, "second")
    rollback(edition, first)
    monkeypatch.setenv(KEEP, "1")
    module._drop_old(edition, 1)
    assert first in versions(edition)
    assert public(edition) == {"first"}


@pytest.mark.parametrize("wanted", ["7", "nonsense", "..", "../test", ""])
def test_a_version_that_is_not_there_is_refused(edition: Edition, wanted: str) -> None:
    only = publish(edition, "only")
    code, text = said("rollback", "test", wanted)
    assert code == 1
    assert f"no version {wanted!r}; there are {only}" in text
    assert public(edition) == {"only"}


def test_a_damaged_version_is_listed_as_such_and_not_put_back(edition: Edition) -> None:
    first, second = publish(edition, "first"), publish(edition, "second")
    (version_folder(edition, first) / "rapport.duckdb").write_bytes(b"damaged")
    code, text = said("versions", "test")
    assert code == 0
    assert f"{first} cannot be read" in text
    assert f"* {second} 2026-01-02T03:04:05 1,234 second" in text
    code, text = said("rollback", "test", first)
    assert (code, f"{first} cannot be put back: cannot be read" in text) == (1, True)
    assert public(edition) == {"second"}
    shutil.rmtree(version_folder(edition, first) / "report")
    assert describe(edition, first).problem == "report/index.html is missing"


def test_nothing_to_list_and_nothing_to_put_back(edition: Edition) -> None:
    assert "no version is kept yet; run: rapport run test" in said("versions", "test")[1]
    code, text = said("rollback", "test")
    assert (code, "no version is kept" in text) == (1, True)


def test_deleted_versions_are_not_taken_for_published(edition: Edition) -> None:
    publish(edition, "first")
    shutil.rmtree(edition.folder / "versions")
    assert published_version(edition) is None
    publish(edition, "again")
    assert public(edition) == {"again"}


def without_links(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "A required privilege is not held by the client")

    patch.setattr(Path, "symlink_to", refuse)


def test_where_there_are_no_links_copies_are_public(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_links(monkeypatch)
    first = publish(edition, "first")
    (edition.folder / "report" / "old_page.html").write_text("of the version before")
    second = publish(edition, "second")
    assert published_version(edition) == second
    assert not edition.database.is_symlink()
    assert public(edition) == {"second"}
    assert not (edition.folder / "report" / "old_page.html").exists()
    rollback(edition)
    assert published_version(edition) == first
    assert public(edition) == {"first"}
    assert not list(edition.folder.glob(".*.new")) + list(edition.folder.glob(".*.old"))


def test_from_links_to_copies_and_back(edition: Edition) -> None:
    publish(edition, "linked")
    with pytest.MonkeyPatch.context() as patch:
        without_links(patch)
        copied = publish(edition, "copied")
        assert (published_version(edition), public(edition)) == (copied, {"copied"})
    linked = publish(edition, "linked again")
    assert (published_version(edition), public(edition)) == (linked, {"linked again"})
    assert edition.database.is_symlink()


def test_a_file_that_cannot_be_replaced_says_who_holds_it(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_links(monkeypatch)
    first = publish(edition, "first")
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if Path(target).name == "rapport.duckdb":
            raise PermissionError(errno.EACCES, "in use")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(PublishError, match="held open by a program"):
        publish(edition, "second")
    assert published_version(edition) == first
    assert public(edition) == {"first"}


def test_a_full_disk_at_the_swap_leaves_what_is_published(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(edition, "first")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "symlink_to", full)
        with pytest.raises(PublishError, match=r"no room on the disk .* stays as it is.*run again"):
            publish(edition, "second")
    assert public(edition) == {"first"}
    publish(edition, "third")
    assert public(edition) == {"third"}
