"""Getting published files: from a mirror or from their pinned addresses, verified and kept."""

import csv
import hashlib
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.edition import Edition, replacing
from pipeline.reading.source import Release, Source

WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)


class FetchError(Exception):
    """Files that could not be had, each with its address and where to put it by hand."""


@dataclass(frozen=True)
class Fetched:
    """What happened to one file."""

    file: str
    sha256: str
    bytes: int
    how: Literal["kept", "copied", "downloaded"]


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def manifest(folder: Path) -> dict[str, str]:
    """File to sha256, from the ``MANIFEST.csv`` of a mirror."""
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        return {row["file"]: row["sha256"] for row in csv.DictReader(stream)}


def _fetch_one(
    release: Release,
    sha256: str,
    target: Path,
    mirror: Path | None,
    progress: Callable[[str], None],
) -> Fetched:
    if target.exists() and digest(target) == sha256:
        return Fetched(release.file, sha256, target.stat().st_size, "kept")
    target.parent.mkdir(parents=True, exist_ok=True)
    if mirror is not None:
        origin = mirror / release.file
        if not origin.exists():
            raise FetchError(f"{release.file}: not in the mirror {mirror}")
        with replacing(target) as scratch:
            shutil.copyfile(origin, scratch)
            _verify(release, scratch, sha256, f"the mirror {mirror}")
        return Fetched(release.file, sha256, target.stat().st_size, "copied")
    part = target.with_name(f".{target.name}.part")
    _download_whole(release, part, sha256, progress)
    part.replace(target)
    return Fetched(release.file, sha256, target.stat().st_size, "downloaded")


def _download_whole(
    release: Release, part: Path, sha256: str, progress: Callable[[str], None]
) -> None:
    """Download until the bytes are the declared ones; what was resumed is begun anew once."""
    if part.exists() and digest(part) == sha256:
        return
    import httpx  # noqa: PLC0415 - only where something is downloaded

    from pipeline.reading.download import DownloadError, RefusedError, download  # noqa: PLC0415

    for last in (False, True):
        try:
            went_on = download(release, part, progress)
        except DownloadError as problem:
            if isinstance(problem, RefusedError):
                part.unlink(missing_ok=True)
            raise FetchError(f"{release.file}: {problem}") from problem
        except (httpx.HTTPError, OSError) as problem:
            raise FetchError(f"{release.file}: {type(problem).__name__}: {problem}") from problem
        try:
            _verify(release, part, sha256, "its address")
        except FetchError:
            part.unlink()
            if last or not went_on:
                raise
            progress(f"{release.file}: the part from before fits no more; begun anew")
        else:
            return


def _verify(release: Release, path: Path, sha256: str, origin: str) -> None:
    found = digest(path)
    if found != sha256:
        with path.open("rb") as stream:
            page = WEB_PAGE.match(stream.read(1000)) and not release.file.endswith(".html")
        raise FetchError(
            f"{release.file}: the bytes from {origin} are not the declared ones "
            f"(sha256 {found[:12]}..., expected {sha256[:12]}..., {path.stat().st_size} bytes"
            f"{'; it is a web page and not the file' if page else ''})"
        )


def fetch(
    source: Source,
    edition: Edition,
    mirror: Path | None,
    hashes: Mapping[str, str] | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> list[Fetched]:
    """Bring every file of a source into the edition's raw folder.

    A file that is there with the right bytes is kept. Every file is tried, so that what could be
    had is had even when another fails.

    Args:
        mirror: folder laid out as the declared file names; None to use the addresses.
        hashes: file to sha256, instead of the declared ones (for generated files).

    Raises:
        FetchError: at least one file could not be had; each is named with its address and the
            place to put it by hand.
    """
    done: list[Fetched] = []
    problems: list[str] = []
    for number, release in enumerate(source.releases, 1):
        target = edition.raw / release.file
        sha256 = release.sha256 if hashes is None else hashes.get(release.file, "")
        try:
            done.append(_fetch_one(release, sha256, target, mirror, progress))
        except FetchError as problem:
            problems.append(
                f"  - {problem}\n    address: {release.url}\n    put it by hand at: {target}"
            )
        if number % 10 == 0 or number == len(source.releases):
            size = sum(one.bytes for one in done) / 1e6
            progress(f"{source.name}: {len(done)} of {len(source.releases)} files, {size:.1f} MB")
    if problems:
        raise FetchError(
            f"source {source.name}: {len(problems)} of {len(source.releases)} files could not be "
            "had; what needs them stops, everything else goes on\n" + "\n".join(problems)
        )
    return done
