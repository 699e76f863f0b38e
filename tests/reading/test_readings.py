"""A release's file is read once, and again when it, its declaration or its reader changed."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.edition import ENGLAND, Edition
from pipeline.reading.readings import Readings, forget
from pipeline.reading.source import Release, Source
from pipeline.sources import sources

FRAME = pl.DataFrame({"a": ["x", None], "b": [1.5, None]})


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    return ENGLAND


@pytest.fixture
def source(edition: Edition) -> Source:
    """A source of three files of a few bytes each."""
    releases = [Release(f"x/{n}.csv", "", "", f"201{n}") for n in range(3)]
    for one in releases:
        path = edition.raw / one.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one.file)
    return replace(sources()["delayed_transfers"], releases=releases)


def read(source: Source, edition: Edition) -> list[str]:
    """The files that had to be read; all come out as the frame, read or kept."""
    readings = Readings(source, edition)
    for one in source.releases:
        assert readings.of(one, lambda: FRAME).equals(FRAME)
    readings.prune()
    return readings.read


def kept(source: Source, edition: Edition) -> list[Path]:
    return sorted((edition.folder / "cache" / "read" / source.name).glob("*"))


def test_a_new_file_is_the_only_one_read(source: Source, edition: Edition) -> None:
    first = replace(source, releases=source.releases[:2])
    assert read(first, edition) == ["x/0.csv", "x/1.csv"]
    assert read(first, edition) == []
    assert read(source, edition) == ["x/2.csv"]


def test_other_bytes_or_another_declaration_are_read_again(
    source: Source, edition: Edition
) -> None:
    read(source, edition)
    (edition.raw / "x/1.csv").write_text("other")
    assert read(source, edition) == ["x/1.csv"]
    first, *others = source.releases
    again = replace(source, releases=[replace(first, label="revised"), *others])
    assert read(again, edition) == ["x/0.csv"]
    assert len(kept(source, edition)) == 3


def test_another_reader_reads_all_again(
    source: Source, edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(source, edition)
    monkeypatch.setattr("pipeline.reading.readings.code_version", lambda *roots: "another")
    assert len(read(source, edition)) == 3
    monkeypatch.setattr("pipeline.reading.readings.packages", lambda: "another")
    assert len(read(source, edition)) == 3


def test_a_damaged_reading_is_not_used(source: Source, edition: Edition) -> None:
    read(source, edition)
    path = kept(source, edition)[0]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert len(read(source, edition)) == 1


def test_a_single_file_is_not_kept(source: Source, edition: Edition) -> None:
    one = replace(source, releases=source.releases[:1])
    assert read(one, edition) == ["x/0.csv"]
    assert kept(one, edition) == []


def test_forgetting_reads_again(source: Source, edition: Edition) -> None:
    read(source, edition)
    forget(edition, source, ["x/1.csv"])
    assert read(source, edition) == ["x/1.csv"]
    forget(edition, source)
    assert len(read(source, edition)) == 3


def test_reading_again_says_whether_the_result_is_another(source: Source, edition: Edition) -> None:
    first = source.releases[0]
    assert Readings(source, edition).again(first, lambda: FRAME)
    assert not Readings(source, edition).again(first, lambda: FRAME)
    assert Readings(source, edition).again(first, lambda: FRAME.head(1))
    assert len(kept(source, edition)) == 1
