"""Getting files: from a mirror, over HTTP, again, and when something is wrong."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stamina

from pipeline.edition import Edition
from pipeline.fetch import FetchError, fetch
from pipeline.source import Release
from tests.test_source import made

CONTENT = b"published bytes " * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    """A publisher that can misbehave: /ok, /flaky (fails at first), /html, /gone, /cut."""

    requests: list[tuple[str, str | None]] = []  # noqa: RUF012 - one server at a time

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.requests.append((self.path, asked))
        seen = sum(path == self.path for path, _ in self.requests)
        if self.path == "/gone":
            self.send_error(404)
        elif self.path == "/flaky" and seen == 1:
            self.send_error(503)
        elif self.path == "/html":
            self._answer(200, b"<html>Not found</html>")
        elif self.path == "/cut" and seen == 1:
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:30000])
        elif asked:
            first = int(asked.removeprefix("bytes=").removesuffix("-"))
            self._answer(206, CONTENT[first:])
        else:
            self._answer(200, CONTENT)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
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
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
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
