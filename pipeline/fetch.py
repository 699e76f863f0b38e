"""Getting published files: from a mirror or from their pinned addresses, verified and kept."""

import asyncio
import csv
import hashlib
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

import httpx
import stamina

from pipeline.edition import Edition, replacing
from pipeline.limits import (
    DOWNLOAD_SECONDS,
    FILE_BYTES,
    MB,
    REDIRECTS,
    RETRY_AFTER_SECONDS,
)
from pipeline.source import Release, Source

TIMEOUT = httpx.Timeout(30.0, connect=15.0)
ATTEMPTS = 4
PASSING = (408, 416, 425, 429, 500, 502, 503, 504)
"""Statuses after which another attempt may help."""
WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)

# A retry is told through the run's own log, in words.
stamina.instrumentation.set_on_retry_hooks([])


class FetchError(Exception):
    """Files that could not be had, each with its address and where to put it by hand."""


class RefusedError(FetchError):
    """What a server sends is more, or from elsewhere, than a published file may be."""


class TooSlowError(FetchError):
    """A server did not send all of a file in the time it is given."""


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


def _again(problem: Exception) -> bool | float:
    """Whether another attempt may help, or the seconds after which the server says it may."""
    if isinstance(problem, httpx.HTTPStatusError):
        if problem.response.status_code not in PASSING:
            return False
        asked = problem.response.headers.get("Retry-After", "")
        seconds = float(asked) if re.fullmatch(r"\d{1,6}", asked) else 0.0
        return seconds if 0 < seconds <= RETRY_AFTER_SECONDS else seconds == 0
    return isinstance(problem, httpx.TransportError) and not isinstance(
        problem, httpx.UnsupportedProtocol
    )


async def _sent_on(answer: httpx.Response) -> None:
    """Refuse to be sent to anything but the web, or from a guarded connection to an open one."""
    if answer.has_redirect_location:
        onward = urljoin(str(answer.url), answer.headers["Location"])
        scheme = onward.partition(":")[0].lower()
        if scheme != "https" and (scheme != "http" or answer.url.scheme == "https"):
            raise RefusedError(f"{answer.url} sends on to {onward}, which is not followed")


def download(
    release: Release, part: Path, progress: Callable[[str], None], *, resume: bool = True
) -> bool:
    """Fetch from the release's address to ``part``, going on from what is already there.

    Args:
        resume: whether to go on; only right where the hash of the whole is compared afterwards,
            since the bytes at the address may have changed meanwhile.

    Returns:
        Whether it went on from an earlier part.

    Raises:
        RefusedError: the server sends too much, or sends on to where we do not go.
        TooSlowError: it took too long.
        httpx.HTTPError, OSError: it could not be had.
    """
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    went_on = False
    for attempt in stamina.retry_context(on=_again, attempts=ATTEMPTS, timeout=DOWNLOAD_SECONDS):
        if attempt.num > 1:
            progress(f"{release.file}: attempt {attempt.num} of {ATTEMPTS}")
        with attempt:
            if not resume:
                part.unlink(missing_ok=True)
            went_on |= asyncio.run(_in_time(release.url, part, deadline - time.monotonic()))
    return went_on


async def _in_time(url: str, part: Path, seconds: float) -> bool:
    try:
        # Over all: a server that sends a byte now and then, even of its headers, is cut off too.
        async with asyncio.timeout(seconds):
            return await _receive(url, part)
    except TimeoutError as problem:
        raise TooSlowError(
            f"not whole after {DOWNLOAD_SECONDS} s; what came is kept, and the next run goes on "
            "from there"
        ) from problem


async def _receive(url: str, part: Path) -> bool:
    done = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    async with (
        httpx.AsyncClient(
            follow_redirects=True,
            max_redirects=REDIRECTS,
            timeout=TIMEOUT,
            event_hooks={"response": [_sent_on]},
        ) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
        answer.raise_for_status()
        goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
        encoded = answer.headers.get("Content-Encoding", "identity") != "identity"
        place = answer.headers.get("Content-Range", "")
        if goes_on and (encoded or not place.startswith(f"bytes {done}-")):
            part.unlink(missing_ok=True)
            raise httpx.RemoteProtocolError(f"asked for bytes from {done}, got {place or 'others'}")
        size = done if goes_on else 0
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit():
            _limit(size + int(announced))
        with part.open("ab" if goes_on else "wb") as stream:
            async for chunk in answer.aiter_bytes() if encoded else answer.aiter_raw():
                size += len(chunk)
                _limit(size)
                stream.write(chunk)
    return goes_on


def _limit(size: int) -> None:
    if size > FILE_BYTES:
        raise RefusedError(f"larger than the {FILE_BYTES // MB} MB that a published file may have")


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
    while True:
        try:
            went_on = download(release, part, progress)
        except (RefusedError, TooSlowError) as problem:
            if isinstance(problem, RefusedError):
                part.unlink(missing_ok=True)
            raise FetchError(f"{release.file}: {problem}") from problem
        except (httpx.HTTPError, OSError) as problem:
            raise FetchError(f"{release.file}: {type(problem).__name__}: {problem}") from problem
        try:
            _verify(release, part, sha256, "its address")
        except FetchError:
            part.unlink()
            if not went_on:
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
