"""Downloading a published file: in attempts, resumed, and cut off where a server goes too far."""

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import httpx

from pipeline.reading.limits import (
    DOWNLOAD_SECONDS,
    FILE_BYTES,
    MB,
    REDIRECTS,
    RETRY_AFTER_SECONDS,
)
from pipeline.reading.source import Release
from pipeline.retry import attempts

TIMEOUT = httpx.Timeout(30.0, connect=15.0)
ATTEMPTS = 4
PASSING = (408, 416, 425, 429, 500, 502, 503, 504)
"""Statuses after which another attempt may help."""


class DownloadError(Exception):
    """A file could not be had from its address."""


class RefusedError(DownloadError):
    """What a server sends is more, or from elsewhere, than a published file may be."""


class TooSlowError(DownloadError):
    """A server did not send all of a file in the time it is given."""


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
        Whether the answer that made it whole went on from an earlier part.

    Raises:
        RefusedError: the server sends too much, or sends on to where we do not go.
        TooSlowError: it took too long.
        httpx.HTTPError, OSError: it could not be had.
    """
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    went_on = False
    for attempt in attempts(on=_again, attempts=ATTEMPTS, timeout=DOWNLOAD_SECONDS):
        if attempt.num > 1:
            progress(f"{release.file}: attempt {attempt.num} of {ATTEMPTS}")
        with attempt:
            if not resume:
                part.unlink(missing_ok=True)
            went_on = asyncio.run(_in_time(release.url, part, deadline - time.monotonic()))
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
