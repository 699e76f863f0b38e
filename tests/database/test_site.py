"""The reports that Dagster's UI links to are served on this machine, and nothing else is."""

import socket
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from pipeline.database.site import served
from pipeline.edition import SAMPLE


def free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    page = SAMPLE.report.parent / "sources" / "one.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>One</p>")
    SAMPLE.report.write_text("<p>Front</p>")
    (SAMPLE.folder / "rapport.duckdb").write_text("secret")
    return f"http://127.0.0.1:{free()}"


def test_pages_are_served_by_edition(address: str) -> None:
    with served(address) as told:
        assert f"{address}/sample/" in told
        for name, text in (("", "Front"), ("index.html", "Front"), ("sources/one.html", "One")):
            with urlopen(f"{address}/sample/{name}") as answer:
                assert text in answer.read().decode()


@pytest.mark.parametrize(
    "path", ["", "nowhere/index.html", "sample/../rapport.duckdb", "sample/%2e%2e/rapport.duckdb"]
)
def test_nothing_else_is_served(address: str, path: str) -> None:
    with served(address), pytest.raises(HTTPError, match="404"):
        urlopen(f"{address}/{path}")


def test_an_address_elsewhere_is_not_served_here() -> None:
    with served("https://reports.example.org/rapport") as told:
        assert "https://reports.example.org/rapport" in told
        assert "somebody else" in told


def test_a_taken_address_is_said_and_stops_nothing(address: str) -> None:
    with served(address), served(address) as told:
        assert "cannot be used" in told
        assert "RAPPORT_SITE_URL" in told
