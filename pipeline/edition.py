"""Where a run keeps its files: one folder an edition, ``data/sample`` or ``data/england``."""

import io
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from pipeline import trace
from pipeline.settings import settings

if TYPE_CHECKING:
    from upath import UPath

Place: TypeAlias = "Path | UPath"
"""A file or folder, on a file system or in object storage."""

SYNTHETIC = "SYNTHETIC: "
"""Written before every title of generated data."""
GENERATED = f"{SYNTHETIC}every figure is generated. None is about a real place."
LAYERS = ("tidy", "locality", "evidence", "meta")
PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds ``sql`` and the committed part of ``data``."""


def data_root() -> Path:
    """The folder of all data: ``RAPPORT_DATA``, else ``data`` beside the package."""
    return settings().data or PROJECT / "data"


def reference(name: str) -> pl.DataFrame:
    """A committed small table of ``data/reference``, every column as text."""
    trace.read(f"reference:{name}")
    return pl.read_csv(PROJECT / "data" / "reference" / f"{name}.csv", infer_schema_length=0)


SCRATCH = ".scratch"
"""How the name of a half-written file ends; a later run deletes what a killed one left."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A scratch path that replaces ``path`` whole when the block succeeds, and vanishes if not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not one of tempfile's: only who made it could read what it becomes.
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}{SCRATCH}")
    scratch.touch(exist_ok=False)
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def keep(place: Place, content: bytes) -> None:
    """Write a file whole: readers see the old one or the new one, never a part."""
    if isinstance(place, Path):
        with replacing(place) as scratch:
            scratch.write_bytes(content)
    else:
        # An object appears when its upload is complete, and not before.
        place.fs.pipe_file(place.path, content)


def contents(place: Place) -> bytes:
    """The bytes of a file, all of one version.

    Raises:
        FileNotFoundError: there is none.
    """
    # One request: an object that is replaced meanwhile would break off a reading in parts.
    return place.read_bytes() if isinstance(place, Path) else bytes(place.fs.cat_file(place.path))


@dataclass(frozen=True)
class Edition:
    """One set of inputs and everything made of it.

    Tables, records and published files are in ``shared``, which is object storage where
    ``RAPPORT_TABLES`` says so, and otherwise ``folder``. What is published is always in
    ``folder``: DuckDB and a reader's browser open files.

    ``synthetic`` says that every figure is generated, and is shown wherever a figure is shown.
    ``home`` is a folder for all of it, whatever the environment says, for worlds made and dropped.
    """

    name: str
    title: str
    synthetic: bool
    home: Path | None = None

    @property
    def folder(self) -> Path:
        """The edition's folder under the data root, or under its own home."""
        return (self.home or data_root()) / self.name

    @property
    def _storage(self) -> str | None:
        """The object storage that tables and records are in, None for the edition's folder."""
        return settings().tables if self.home is None else None

    @property
    def shared(self) -> Place:
        """Where the machines that share the work find each other's tables, records and files."""
        tables = self._storage
        if tables is None:
            return self.folder
        from upath import UPath  # noqa: PLC0415 - only where object storage is used

        # Others write there too: what it holds is asked each time.
        return UPath(tables, use_listings_cache=False) / self.name

    def share(self, path: Path) -> None:
        """Give a file below ``folder`` to the other machines."""
        if self._storage is not None:
            keep(self.shared / path.relative_to(self.folder).as_posix(), path.read_bytes())

    def bring(self, path: Path) -> None:
        """Have on this machine a file below ``folder`` that another machine shared, if one did."""
        if self._storage is not None:
            there = self.shared / path.relative_to(self.folder).as_posix()
            if there.exists():
                keep(path, contents(there))

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

    @property
    def mark(self) -> str:
        """Written before a title; nothing where data are real."""
        return SYNTHETIC if self.synthetic else ""

    @property
    def notice(self) -> str:
        """Written before a text; nothing where data are real."""
        return f"{GENERATED} " if self.synthetic else ""

    def table(self, layer: str, name: str) -> Place:
        """The Parquet file of one table.

        Raises:
            ValueError: there is no such layer.
        """
        if layer not in LAYERS:
            raise ValueError(f"no layer {layer!r}; layers are {', '.join(LAYERS)}")
        return self.shared / "tables" / layer / f"{name}.parquet"

    def write(self, layer: str, name: str, frame: pl.DataFrame) -> Place:
        """Write one table whole: readers see the old file or the new one, never a part."""
        path = self.table(layer, name)
        content = io.BytesIO()
        frame.write_parquet(content, compression="zstd", statistics=True)
        keep(path, content.getvalue())
        trace.made(f"table:{layer}.{name}")
        return path

    def file(self, layer: str, name: str) -> Path:
        """A table's Parquet file on this machine, for engines that read what they need of it.

        Every reading of a table comes through here.

        Raises:
            FileNotFoundError: it has not been made yet.
        """
        trace.read(f"table:{layer}.{name}")
        path = self.table(layer, name)
        if not isinstance(path, Path):
            there, path = path, self.folder / "tables" / layer / f"{name}.parquet"
            keep(path, contents(there))
        if not path.exists():
            raise FileNotFoundError(f"{layer}.{name} has not been made yet: {path}")
        return path

    def read(self, layer: str, name: str) -> pl.DataFrame:
        """Read one table.

        Raises:
            FileNotFoundError: it has not been made yet.
        """
        return pl.read_parquet(self.file(layer, name))

    def scan(self, layer: str, name: str) -> pl.LazyFrame:
        """One table, of which only what is asked for is read.

        Raises:
            FileNotFoundError: it has not been made yet.
        """
        return pl.scan_parquet(self.file(layer, name))

    def note(self, kind: str, name: str) -> Place:
        """The path of a small JSON record kept beside the tables (check results, fetches)."""
        return self.shared / "records" / kind / f"{name}.json"

    def record(self, kind: str, name: str, content: Any) -> None:
        """Keep a small JSON record."""
        trace.made(f"record:{kind}/{name}")
        keep(self.note(kind, name), json.dumps(content, indent=1, default=str).encode())

    def recall(self, kind: str, name: str) -> Any:
        """Read a record back, or None where there is none."""
        trace.read(f"record:{kind}/{name}")
        path = self.note(kind, name)
        return json.loads(contents(path)) if path.exists() else None

    def forget(self, kind: str, name: str) -> None:
        """Drop a record, where there is one."""
        self.note(kind, name).unlink(missing_ok=True)


SAMPLE = Edition("sample", "Synthetic England (generated, not real data)", synthetic=True)
ENGLAND = Edition("england", "England", synthetic=False)
EDITIONS = {edition.name: edition for edition in (SAMPLE, ENGLAND)}
