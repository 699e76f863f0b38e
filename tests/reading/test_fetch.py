"""Getting files: from a mirror, over HTTP, again, and when something is wrong."""

import contextlib
import gzip
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import stamina

from pipeline.edition import Edition
from pipeline.reading import download as module
from pipeline.reading.fetch import FetchError, fetch
from pipeline.reading.limits import MB
from pipeline.reading.source import Release
from tests.reading.test_source import made

CONTENT = b"published bytes " * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    """A publisher that misbehaves in a way named by the address."""

    requests: list[tuple[str, str | None]] = []  # noqa: RUF012 - one server at a time
    ended = threading.Event()

    def do_GET(self) -> None:
        self.asked = self.headers.get("Range")
        self.requests.append((self.path, self.asked))
        self.first = [path for path, _ in self.requests].count(self.path) == 1
        with contextlib.suppress(OSError):
            getattr(self, f"send_{self.path.strip('/')}", self.send_ok)()

    def send_ok(self) -> None:
        if self.asked is None:
            self._answer(200, CONTENT)
            return
        first = int(self.asked.removeprefix("bytes=").removesuffix("-"))
        if first >= len(CONTENT):
            self._answer(416, b"")
            return
        place = f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}"
        self._answer(206, CONTENT[first:], {"Content-Range": place})

    def send_gone(self) -> None:
        self.send_error(404)

    def send_forbidden(self) -> None:
        self.send_error(403)

    def send_flaky(self) -> None:
        if self.first:
            self.send_error(503)
        else:
            self.send_ok()

    def send_busy(self) -> None:
        if self.first:
            self._answer(503, b"", {"Retry-After": "7"})
        else:
            self.send_ok()

    def send_too_many(self) -> None:
        if self.first:
            self._answer(429, b"", {"Retry-After": "7"})
        else:
            self.send_ok()

    def send_long(self) -> None:
        self._answer(503, b"", {"Retry-After": "86400"})

    def send_html(self) -> None:
        self._answer(200, b"<html>Not found</html>")

    def send_loop(self) -> None:
        self._answer(302, b"", {"Location": "/loop"})

    def send_moved(self) -> None:
        self._answer(301, b"", {"Location": "/ok"})

    def send_local(self) -> None:
        self._answer(302, b"", {"Location": "file:///etc/passwd"})

    def send_script(self) -> None:
        self._answer(302, b"", {"Location": "javascript:alert(1)"})

    def send_cut(self) -> None:
        if self.first:
            self._answer(200, CONTENT[:30000], {"Content-Length": str(len(CONTENT))})
        else:
            self.send_ok()

    def send_changes(self) -> None:
        if self.first:
            self._answer(200, b"older bytes " * 1000, {"Content-Length": str(len(CONTENT))})
        else:
            self.send_ok()

    def send_cuts_other_bytes(self) -> None:
        other = CONTENT.swapcase()
        if self.asked is None:
            self._answer(200, other[:30000], {"Content-Length": str(len(other))})
        else:
            place = f"bytes 30000-{len(other) - 1}/{len(other)}"
            self._answer(206, other[30000:], {"Content-Range": place})

    def send_short_by_its_own_count(self) -> None:
        self._answer(200, CONTENT[:30000])

    def send_long_by_its_own_count(self) -> None:
        if self.first:
            self._answer(200, CONTENT, {"Content-Length": str(len(CONTENT) + 5)})
        else:
            self.send_ok()

    def send_zipped(self) -> None:
        self._answer(200, gzip.compress(CONTENT), {"Content-Encoding": "gzip"})

    def send_bomb(self) -> None:
        self._answer(200, gzip.compress(bytes(10**7)), {"Content-Encoding": "gzip"})

    def send_wrong_range(self) -> None:
        if self.asked:
            self._answer(206, CONTENT[10:], {"Content-Range": f"bytes 10-{len(CONTENT) - 1}/*"})
        else:
            self.send_ok()

    def send_zipped_range(self) -> None:
        if self.asked:
            first = int(self.asked.removeprefix("bytes=").removesuffix("-"))
            place = f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}"
            packed = {"Content-Range": place, "Content-Encoding": "gzip"}
            # Bytes from within what is packed unpack to nothing.
            self._answer(206, gzip.compress(CONTENT)[20:], packed)
        else:
            self.send_ok()

    def send_cut_then_whole(self) -> None:
        """Goes on once and is cut again, then has other bytes and no more ranges."""
        if self.asked is None or not self.first:
            self._answer(200, b"other bytes")
        else:
            place = f"bytes 30000-{len(CONTENT) - 1}/{len(CONTENT)}"
            length = str(len(CONTENT) - 30000)
            headers = {"Content-Range": place, "Content-Length": length}
            self._answer(206, CONTENT[30000:40000], headers)

    def send_no_ranges(self) -> None:
        self._answer(200, CONTENT)

    def send_huge(self) -> None:
        self._answer(200, b"", {"Content-Length": str(10**12)})

    def send_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.ended.is_set():
            self.wfile.write(b"x" * 65536)

    def send_stall(self) -> None:
        self._answer(200, CONTENT[:1000], {"Content-Length": str(len(CONTENT))})
        self.ended.wait()

    def send_dribble(self) -> None:
        self._answer(200, CONTENT[:1000], {"Content-Length": str(len(CONTENT))})
        self.send_slow_headers()

    def send_slow_headers(self) -> None:
        while not self.ended.wait(0.05):
            self.wfile.write(b"x")

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


@pytest.fixture
def address() -> Iterator[str]:
    Server.requests.clear()
    Server.ended.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    Server.ended.set()
    server.shutdown()


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    return Edition("test", "Test", synthetic=False)


def release(url: str, file: str = "folder/file.csv", sha256: str = SHA256) -> Release:
    return Release(file, url, sha256, file)


def test_from_a_mirror_then_kept(tmp_path: Path, edition: Edition) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "folder").mkdir(parents=True)
    (mirror / "folder" / "file.csv").write_bytes(CONTENT)
    source = made(releases=[release("https://example.org/x")])
    assert [one.how for one in fetch(source, edition, mirror)] == ["copied"]
    (mirror / "folder" / "file.csv").unlink()
    assert [one.how for one in fetch(source, edition, mirror)] == ["kept"]
    assert (edition.raw / "folder" / "file.csv").read_bytes() == CONTENT


def test_a_wrong_hash_is_not_kept_and_says_where_to_get_the_file(
    tmp_path: Path, edition: Edition
) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "folder").mkdir(parents=True)
    (mirror / "folder" / "file.csv").write_bytes(b"other bytes")
    source = made(releases=[release("https://example.org/x")])
    with pytest.raises(FetchError) as problem:
        fetch(source, edition, mirror)
    said = str(problem.value)
    assert "are not the declared ones" in said
    assert "address: https://example.org/x" in said
    assert f"put it by hand at: {edition.raw / 'folder' / 'file.csv'}" in said
    assert not (edition.raw / "folder" / "file.csv").exists()


def test_one_file_that_cannot_be_had_does_not_stop_the_others(
    edition: Edition, address: str
) -> None:
    source = made(
        releases=[release(f"{address}/gone", "a/gone.csv"), release(f"{address}/ok", "a/ok.csv")]
    )
    with pytest.raises(FetchError, match=r"1 of 2 files could not be had(.|\n)*404"):
        fetch(source, edition, None)
    assert (edition.raw / "a" / "ok.csv").read_bytes() == CONTENT
    assert [path for path, _ in Server.requests].count("/gone") == 1


def test_a_passing_fault_is_tried_again(edition: Edition, address: str) -> None:
    said: list[str] = []
    fetched = fetch(made(releases=[release(f"{address}/flaky")]), edition, None, None, said.append)
    assert [one.how for one in fetched] == ["downloaded"]
    assert said[0] == "folder/file.csv: attempt 2 of 4"
    assert [path for path, _ in Server.requests] == ["/flaky", "/flaky"]


def test_a_cut_download_goes_on_from_where_it_stopped(edition: Edition, address: str) -> None:
    fetch(made(releases=[release(f"{address}/cut")]), edition, None)
    assert Server.requests == [("/cut", None), ("/cut", "bytes=30000-")]
    assert (edition.raw / "folder" / "file.csv").read_bytes() == CONTENT


def test_a_page_in_place_of_the_file_is_refused(edition: Edition, address: str) -> None:
    with pytest.raises(FetchError, match="are not the declared ones"):
        fetch(made(releases=[release(f"{address}/html")]), edition, None)
    assert list((edition.raw / "folder").iterdir()) == []


def test_progress_is_told(edition: Edition, address: str) -> None:
    said: list[str] = []
    fetch(made(releases=[release(f"{address}/ok")]), edition, None, progress=said.append)
    assert said == ["made: 1 of 1 files, 0.1 MB"]


# ---------------------------------------------------------------------------------------------
# Servers that misbehave.


def fetched(edition: Edition, url: str, part: bytes | None = None) -> str:
    """What became of the file: "whole", or the message; with ``part`` already there before."""
    source = made(releases=[release(url)])
    target = edition.raw / "folder" / "file.csv"
    scratch = target.with_name(".file.csv.part")
    if part is not None:
        target.parent.mkdir(parents=True)
        scratch.write_bytes(part)
    try:
        fetch(source, edition, None)
    except FetchError as problem:
        assert not target.exists()
        return str(problem)
    assert target.read_bytes() == CONTENT
    assert not scratch.exists()
    return "whole"


def asked() -> list[str]:
    return [path for path, _ in Server.requests]


@pytest.mark.parametrize(
    "path", ["moved", "busy", "too_many", "long_by_its_own_count", "zipped", "changes", "no_ranges"]
)
def test_what_passes_or_can_be_mended_ends_whole(edition: Edition, address: str, path: str) -> None:
    assert fetched(edition, f"{address}/{path}") == "whole"


@pytest.mark.parametrize(
    ("path", "said", "requests"),
    [
        ("loop", "TooManyRedirects", 6),
        ("local", "sends on to file:///etc/passwd, which is not followed", 1),
        ("script", "sends on to javascript:alert(1), which is not followed", 1),
        ("huge", "larger than the 100 MB that a published file may have", 1),
        ("short_by_its_own_count", "not the declared ones", 1),
        ("html", "it is a web page and not the file", 1),
        ("forbidden", "403", 1),
        ("long", "503", 1),
    ],
)
def test_what_cannot_be_mended_is_asked_for_once_and_said(
    edition: Edition, address: str, path: str, said: str, requests: int
) -> None:
    assert said in fetched(edition, f"{address}/{path}")
    assert len(asked()) == requests
    assert list((edition.raw / "folder").iterdir()) == []


@pytest.mark.parametrize("path", ["endless", "bomb"])
def test_a_server_that_never_ends_is_cut_off(
    edition: Edition, address: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILE_BYTES", 2 * MB)
    assert "larger than the 2 MB" in fetched(edition, f"{address}/{path}")
    assert list((edition.raw / "folder").iterdir()) == []


@pytest.mark.parametrize("path", ["dribble", "slow_headers"])
def test_a_server_that_dribbles_is_cut_off(
    edition: Edition, address: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DOWNLOAD_SECONDS", 0.5)
    said = fetched(edition, f"{address}/{path}")
    assert "not whole after 0.5 s; what came is kept, and the next run goes on" in said


def test_a_server_that_stalls_is_tried_again_and_given_up(
    edition: Edition, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", httpx.Timeout(0.2))
    assert "ReadTimeout" in fetched(edition, f"{address}/stall")
    assert asked() == ["/stall"] * 3


def test_from_a_guarded_to_an_open_connection_is_not_followed() -> None:
    answer = httpx.Response(
        302,
        headers={"Location": "http://example.org/file"},
        request=httpx.Request("GET", "https://example.org/file"),
    )
    with pytest.raises(module.RefusedError, match=r"sends on to http://example\.org/file"):
        module.asyncio.run(module._sent_on(answer))


def test_the_wait_that_a_server_asks_for_is_kept() -> None:
    def problem(status: int, **headers: str) -> httpx.HTTPStatusError:
        request = httpx.Request("GET", "https://example.org")
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.HTTPStatusError(
            "", request=request, response=httpx.Response(status, headers=names)
        )

    assert module._again(problem(429, Retry_After="7")) == 7
    assert module._again(problem(503, Retry_After="Wed, 21 Oct 2026 07:28:00 GMT")) is True
    assert module._again(problem(503)) is True
    assert module._again(problem(503, Retry_After="86400")) is False
    assert module._again(problem(404, Retry_After="7")) is False
    assert module._again(httpx.UnsupportedProtocol("file")) is False


@pytest.mark.parametrize(
    ("path", "part", "requests"),
    [
        ("ok", CONTENT[:30000], 1),
        ("ok", CONTENT, 0),
        ("ok", b"older bytes " * 1000, 2),
        ("ok", CONTENT + b"and more", 2),
        ("wrong_range", CONTENT[:30000], 2),
        ("zipped_range", CONTENT[:30000], 2),
        ("no_ranges", b"older bytes " * 1000, 1),
    ],
)
def test_a_part_from_before_is_gone_on_from_or_begun_anew(
    edition: Edition, address: str, path: str, part: bytes, requests: int
) -> None:
    assert fetched(edition, f"{address}/{path}", part) == "whole"
    assert len(asked()) == requests


def test_wrong_bytes_that_come_in_parts_are_begun_anew_once(edition: Edition, address: str) -> None:
    assert "not the declared ones" in fetched(edition, f"{address}/cuts_other_bytes")
    assert [place for _, place in Server.requests] == [None, "bytes=30000-"] * 2
    assert list((edition.raw / "folder").iterdir()) == []


def test_wrong_bytes_of_one_answer_are_not_asked_for_again(edition: Edition, address: str) -> None:
    """What an earlier attempt added to a part is gone when the next answer is the whole file."""
    said = fetched(edition, f"{address}/cut_then_whole", CONTENT[:30000])
    assert "not the declared ones" in said
    assert len(asked()) == 2


def test_a_copy_from_a_mirror_leaves_the_mirror_as_it_is(tmp_path: Path, edition: Edition) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "folder").mkdir(parents=True)
    file = mirror / "folder" / "file.csv"
    file.write_bytes(CONTENT)
    file.chmod(0o444)
    (mirror / "folder").chmod(0o555)
    mirror.chmod(0o555)

    def state() -> list[tuple[Path, int, int, int]]:
        found = [(path, path.stat()) for path in sorted(mirror.rglob("*"))]
        return [(path, one.st_mode, one.st_size, one.st_mtime_ns) for path, one in found]

    before = state()
    fetch(made(releases=[release("https://example.org/x")]), edition, mirror)
    assert state() == before
    kept = edition.raw / "folder" / "file.csv"
    assert kept.stat().st_mode & 0o200
    mirror.chmod(0o755)
    (mirror / "folder").chmod(0o755)


@pytest.mark.parametrize("file", ["../up.csv", "/etc/passwd", "a/../../b.csv", "C:/x.csv", "a\\b"])
def test_a_release_stays_inside_its_mirror(file: str) -> None:
    with pytest.raises(ValueError, match="expected a path inside a mirror"):
        release("https://example.org/x", file)
