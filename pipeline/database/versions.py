"""The versions of an edition: which one is public, putting another in its place, dropping old ones.

A version is a folder with a database, a report and exports. It is built out of sight, renamed when
it is whole, and made public by moving one symbolic link: a reader that holds the old file open
keeps reading it, one that opens later gets the new one, and nobody sees half of either.

Versions are counted, and the count tells which is later: clocks jump.
"""

import errno
import os
import re
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.edition import Edition
from pipeline.reading.switches import switched_off
from pipeline.settings import settings

DATABASE = "rapport.duckdb"
EXPORTS = "exports"
PARQUET = "parquet/{}__{}.parquet"
"""Where among the exports a table is, by layer and name."""
REPORT = "report"
NEEDED = (DATABASE, f"{REPORT}/index.html", f"{EXPORTS}/README.md")
"""What a version must hold to be published."""

GRACE_SECONDS = 600
"""How long a version that was public stays at least: somebody may be about to open it."""

BUILDING = ".building-"
CURRENT = "current"
CURRENT_TEXT = "current.txt"
"""What names the published version where there are no symbolic links."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_ROOM_SAID = re.compile(
    "No space left|File too large|Disk quota|out of disk|disk is full", re.IGNORECASE
)
UNSURE = "disk I/O error"
"""What SQLite says of a disk that is full and of one that is broken."""
HARDLY_ANY = 20_000_000


class PublishError(Exception):
    """A version is not right and was not published, or cannot be put back."""


def number(version: str) -> int:
    """The count in a version's name; 0 where it has none."""
    counted = re.match(r"(\d+)-", version)
    return int(counted[1]) if counted else 0


def versions(edition: Edition) -> list[str]:
    """The names of the whole versions that are kept, oldest first."""
    names = [path.name for path in _folders(edition) if not path.name.startswith(".")]
    return sorted(names, key=lambda name: (number(name), name))


def _folders(edition: Edition) -> list[Path]:
    home = edition.folder / "versions"
    return [path for path in home.iterdir() if path.is_dir()] if home.exists() else []


def new_version(edition: Edition, run_id: str) -> str:
    """A name for the next version: its count, when it was built, and the run."""
    last = max((number(path.name.removeprefix(BUILDING)) for path in _folders(edition)), default=0)
    return f"{last + 1:04d}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{run_id[:8]}"


def version_folder(edition: Edition, version: str) -> Path:
    """The folder of a whole version."""
    return edition.folder / "versions" / version


def building(edition: Edition, version: str) -> Path:
    """The folder in which a version is built, out of sight."""
    return edition.folder / "versions" / f"{BUILDING}{version}"


def drop_unfinished(edition: Edition) -> list[str]:
    """Delete what runs that were killed or failed left half-built; return the names."""
    left = [path for path in _folders(edition) if path.name.startswith(BUILDING)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return sorted(path.name.removeprefix(BUILDING) for path in left)


def published_version(edition: Edition) -> str | None:
    """The name of the published version, or None where none is there."""
    link, text = edition.folder / CURRENT, edition.folder / CURRENT_TEXT
    if link.is_symlink():
        name = link.readlink().name
    elif text.exists():
        name = text.read_text(encoding="utf-8").strip()
    else:
        return None
    return name if version_folder(edition, name).is_dir() else None


def swap(edition: Edition, version: str) -> None:
    """Make a built version the published one, and drop the oldest beyond the last few.

    Where the system has no symbolic links (Windows without the right), the files are copied and
    each part is replaced whole.

    Raises:
        PublishError: the version lacks its database, report or exports, or there is no room.
    """
    built, whole = building(edition, version), version_folder(edition, version)
    folder = built if built.exists() else whole
    keep = settings().keep_versions
    for needed in (folder / name for name in NEEDED):
        if not needed.exists():
            raise PublishError(f"{needed} is missing; the published version stays as it is")
    try:
        _settle(folder)
        if folder is built:
            built.rename(whole)
            _settle_names(whole.parent)
        _publish(edition, version)
    except OSError as problem:
        if is_full(problem, edition.folder):
            raise PublishError(no_room(edition.folder)) from problem
        raise
    _drop_old(edition, keep)


def no_room(folder: Path) -> str:
    """What is said when the disk is full."""
    free = shutil.disk_usage(folder).free / 1e6
    return (
        f"no room on the disk of {folder} ({free:.0f} MB free). The published version stays as it "
        f"is. Make room (RAPPORT_KEEP_VERSIONS says how many versions are kept) and run again"
    )


def is_full(problem: BaseException, folder: Path) -> bool:
    """Whether an error, or one that it came from, says that the disk of a folder is full."""
    seen: BaseException | None = problem
    while seen is not None:
        said = str(seen)
        if getattr(seen, "errno", None) in NO_ROOM or NO_ROOM_SAID.search(said):
            return True
        if UNSURE in said and shutil.disk_usage(folder).free < HARDLY_ANY:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _settle(folder: Path) -> None:
    """Wait until every file is on the disk: a power cut must not leave a link to half of it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("r+b") as stream:
                os.fsync(stream.fileno())
        else:
            _settle_names(path)
    _settle_names(folder)


def _settle_names(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can tell."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _publish(edition: Edition, version: str) -> None:
    previous = published_version(edition)
    if previous is not None:
        os.utime(version_folder(edition, previous))
    if _can_link(edition.folder):
        _point(edition.folder / CURRENT, f"versions/{version}")
        for name in (DATABASE, REPORT, EXPORTS):
            _point(edition.folder / name, f"{CURRENT}/{name}")
        (edition.folder / CURRENT_TEXT).unlink(missing_ok=True)
    else:
        _copy(edition, version)
    _settle_names(edition.folder)


def _can_link(folder: Path) -> bool:
    probe = folder / ".link.probe"
    try:
        probe.unlink(missing_ok=True)
        probe.symlink_to("nowhere")
        probe.unlink()
    except OSError as problem:
        if problem.errno in (*NO_ROOM, errno.EROFS):
            raise
        return False
    return True


def _point(link: Path, target: str) -> None:
    """Make or move a symbolic link in one step."""
    scratch = link.with_name(f".{link.name}.new")
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(target)
    if link.is_dir() and not link.is_symlink():  # copied there when links were not to be had
        _aside(link)
    scratch.replace(link)


def _copy(edition: Edition, version: str) -> None:
    folder = version_folder(edition, version)
    scratch = edition.folder / f".{DATABASE}.new"
    shutil.copyfile(folder / DATABASE, scratch)
    try:
        scratch.replace(edition.folder / DATABASE)
    except PermissionError as problem:
        raise PublishError(
            f"{edition.folder / DATABASE} is held open by a program, and this system cannot "
            "replace a file in use. Close it and run again; the published version stays as it is"
        ) from problem
    for name in (REPORT, EXPORTS):
        target = edition.folder / name
        fresh = target.with_name(f".{name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(folder / name, fresh)
        if target.is_symlink():
            target.unlink()
        elif target.exists():
            _aside(target)
        fresh.rename(target)
    named = edition.folder / f".{CURRENT_TEXT}.new"
    named.write_text(version, encoding="utf-8")
    named.replace(edition.folder / CURRENT_TEXT)
    link = edition.folder / CURRENT
    if link.is_symlink():
        link.unlink()


def _aside(folder: Path) -> None:
    """Take a folder out of the way at once, then delete it."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    folder.rename(old)
    shutil.rmtree(old, ignore_errors=True)


def _drop_old(edition: Edition, keep: int) -> None:
    """Delete all but the last few versions, the published one, and what was public just now."""
    public = published_version(edition)
    for old in versions(edition)[:-keep]:
        folder = version_folder(edition, old)
        # A stamp of the future says that the clock was set back, and nothing of the age.
        age = time.time() - folder.stat().st_mtime
        if old != public and not 0 <= age < GRACE_SECONDS:
            # Out of sight first: a half-deleted version must not look like a whole one.
            hidden = building(edition, old)
            folder.rename(hidden)
            shutil.rmtree(hidden, ignore_errors=True)


# ---------------------------------------------------------------------------------------------
# Looking at versions, and going back.


@dataclass(frozen=True)
class Described:
    """What a kept version says of itself.

    Attributes:
        built_at: when it was built, in universal time; empty where it cannot be read.
        rows: rows of its tidy, locality and evidence tables.
        verdict: of the claim as a whole.
        problem: why it cannot be read; empty where it can.
    """

    version: str
    public: bool
    built_at: str = ""
    rows: int = 0
    verdict: str = ""
    problem: str = ""


def describe(edition: Edition, version: str) -> Described:
    """Read out of a version's own database what it is; a damaged one is described as such."""
    public = version == published_version(edition)
    folder = version_folder(edition, version)
    lacking = [name for name in NEEDED if not (folder / name).exists()]
    if lacking:
        return Described(version, public, problem=f"{lacking[0]} is missing")
    import duckdb  # noqa: PLC0415 - not needed to define the assets

    try:
        with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
            ((built_at,),) = connection.execute("SELECT built_at FROM meta.run").fetchall()
            ((rows,),) = connection.execute(
                "SELECT coalesce(sum(rows), 0)::BIGINT FROM meta.\"table\" WHERE layer <> 'meta'"
            ).fetchall()
            verdicts = connection.execute(
                "SELECT DISTINCT verdict FROM evidence.verdict WHERE spec_id = 'all_panels'"
            ).fetchall()
    except duckdb.Error as problem:
        return Described(version, public, problem=f"cannot be read: {str(problem).splitlines()[0]}")
    return Described(version, public, built_at, rows, ", ".join(one for (one,) in verdicts))


def shown_again(edition: Edition) -> dict[str, str]:
    """The sources that are switched off and that the published version holds, with the reasons."""
    off = switched_off()
    if not off or published_version(edition) is None:
        return {}
    import duckdb  # noqa: PLC0415 - half a second

    with duckdb.connect(str(edition.database), read_only=True) as connection:
        listed = connection.table("meta.source")
        if "switched_off" in listed.columns:
            listed = listed.filter("NOT switched_off")
        held = {name for (name,) in listed.select("source").fetchall()}
    return {name: why for name, why in off.items() if name in held}


def rollback(edition: Edition, version: str | None = None) -> tuple[Described | None, Described]:
    """Publish a kept version again; without a name, the one before the published one.

    Args:
        version: its name, or its count.

    Returns:
        What was published before, and what is published now.

    Raises:
        PublishError: there is no such version, it is the published one already, or it is damaged.
    """
    kept, public = versions(edition), published_version(edition)
    if version is None:
        earlier = kept[: kept.index(public)] if public in kept else kept
        if not earlier:
            since = f" from before {public}" if public else ""
            raise PublishError(f"{edition.name}: no version is kept{since}")
        wanted = earlier[-1]
    else:
        found = [one for one in kept if one == version or str(number(one)) == version.lstrip("0")]
        if len(found) != 1:
            raise PublishError(
                f"{edition.name}: no version {version!r}; there are {', '.join(kept) or 'none'}"
            )
        wanted = found[0]
    if wanted == public:
        raise PublishError(f"{edition.name}: {wanted} is the published version already")
    now = describe(edition, wanted)
    if now.problem:
        raise PublishError(f"{edition.name}: {wanted} cannot be put back: {now.problem}")
    before = describe(edition, public) if public else None
    _publish(edition, wanted)
    return before, describe(edition, wanted)
