"""Where a run keeps its files: one folder an edition, ``data/sample`` or ``data/england``."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

LAYERS = ("tidy", "locality", "evidence", "meta")
PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds ``sql`` and the committed part of ``data``."""


def data_root() -> Path:
    """The folder of all data: ``RAPPORT_DATA``, else ``data`` beside the package."""
    configured = os.environ.get("RAPPORT_DATA")
    return Path(configured) if configured else PROJECT / "data"


def reference(name: str) -> pl.DataFrame:
    """A committed small table of ``data/reference``, every column as text."""
    return pl.read_csv(PROJECT / "data" / "reference" / f"{name}.csv", infer_schema_length=0)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A scratch path that replaces ``path`` whole when the block succeeds, and vanishes if not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    scratch = Path(name)
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


@dataclass(frozen=True)
class Edition:
    """One set of inputs and everything made of it.

    ``synthetic`` says that every figure is generated, and is shown wherever a figure is shown.
    """

    name: str
    title: str
    synthetic: bool

    @property
    def folder(self) -> Path:
        """The edition's folder under the data root."""
        return data_root() / self.name

    @property
    def database(self) -> Path:
        """The published DuckDB file (follows the current version)."""
        return self.folder / "rapport.duckdb"

    @property
    def report(self) -> Path:
        """The front page of the published report (follows the current version)."""
        return self.folder / "report" / "index.html"

    @property
    def noticed(self) -> Path:
        """What was last noticed of new and changed files, as Markdown."""
        return self.folder / "releases.md"

    @property
    def published_files(self) -> Path:
        """Where the sample's own published files are generated (unused by ``england``)."""
        return self.folder / "published"

    @property
    def raw(self) -> Path:
        """The folder of published files, byte for byte, laid out as a mirror is."""
        return self.folder / "raw"

    def table(self, layer: str, name: str) -> Path:
        """The Parquet file of one table."""
        if layer not in LAYERS:
            raise ValueError(f"no layer {layer!r}; layers are {', '.join(LAYERS)}")
        return self.folder / "tables" / layer / f"{name}.parquet"

    def write(self, layer: str, name: str, frame: pl.DataFrame) -> Path:
        """Write one table whole: readers see the old file or the new one, never a part."""
        path = self.table(layer, name)
        with replacing(path) as scratch:
            frame.write_parquet(scratch, compression="zstd", statistics=True)
        return path

    def read(self, layer: str, name: str) -> pl.DataFrame:
        """Read one table."""
        return pl.read_parquet(self.table(layer, name))

    def note(self, kind: str, name: str) -> Path:
        """The path of a small JSON record kept beside the tables (check results, fetches)."""
        return self.folder / "records" / kind / f"{name}.json"

    def record(self, kind: str, name: str, content: Any) -> None:
        """Keep a small JSON record."""
        with replacing(self.note(kind, name)) as scratch:
            scratch.write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")

    def recall(self, kind: str, name: str) -> Any:
        """Read a record back, or None where there is none."""
        path = self.note(kind, name)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


SAMPLE = Edition("sample", "Synthetic England (generated, not real data)", synthetic=True)
ENGLAND = Edition("england", "England", synthetic=False)
EDITIONS = {edition.name: edition for edition in (SAMPLE, ENGLAND)}
