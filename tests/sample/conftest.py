from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
import pytest

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Source, conform
from pipeline.sample import Truth, World, build
from pipeline.sources import sources
from tests.conftest import MadeOnce
from tests.made import published_sample


@dataclass(frozen=True)
class Sample:
    """A generated England, and the tidy tables that the sources make of it."""

    folder: Path
    truth: Truth
    world: World

    def file(self, source: Source, number: int = 0) -> PublishedFile:
        release = source.releases[number]
        return PublishedFile(self.folder / release.file, release.file)

    def tidy(self, name: str) -> pl.DataFrame:
        if name not in self._tables:
            source = sources()[name]
            parts = [
                conform(source, release, source.tidy(self.file(source, number), release))
                for number, release in enumerate(source.releases)
            ]
            self._tables[name] = pl.concat(parts)
        return self._tables[name]

    @cached_property
    def _tables(self) -> dict[str, pl.DataFrame]:
        return {}


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory, made_once: MadeOnce) -> Sample:
    world = build()
    folder = made_once(published_sample, tmp_path_factory.mktemp("published"))
    return Sample(folder, world.truth(), world)
