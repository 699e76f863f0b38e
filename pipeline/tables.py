"""What a table, a view and a macro of the database are, and what each says of itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import polars as pl

Rows: TypeAlias = pl.DataFrame | pl.LazyFrame
"""A table: held where it is small, else read as needed."""
PART = 10_000_000
"""Cells of a table that are held at once while it is written."""


def height(rows: Rows) -> int:
    """How many rows there are."""
    return int(rows.lazy().select(pl.len()).collect().item())


def most(rows: Rows, cells: int) -> int:
    """How many of a table's rows have so many cells; 1 at least."""
    return max(1, cells // max(1, len(rows.collect_schema())))


@dataclass(frozen=True)
class Table:
    """One table of the database with what it says of itself.

    Attributes:
        frame: its rows; a lazy frame is read in parts while it is written.
        grain: columns that tell a row, the primary key unless ``keyed`` is off.
        columns: column to meaning.
        keyed: off where an index over long text keys would swell the file. A table of more than
            ``KEYED`` rows has none either; its rows were told apart when it was made.
        sources: the sources it is made of.
    """

    layer: str
    name: str
    frame: Rows
    about: str
    grain: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    keyed: bool = True
    sources: Sequence[str] = ()

    @property
    def schema(self) -> pl.Schema:
        """Columns and their types."""
        return self.frame.collect_schema()

    def height(self) -> int:
        """How many rows there are."""
        return height(self.frame)

    def parts(self) -> Iterator[pl.DataFrame]:
        """The rows in order, so many at a time that memory stays small."""
        rows = most(self.frame, PART)
        for start in range(0, self.height(), rows):
            yield self.frame.lazy().slice(start, rows).collect()


@dataclass(frozen=True)
class View:
    """One stored query of the database, described like a table."""

    schema: str
    name: str
    query: str
    about: str
    grain: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str = "view"


@dataclass(frozen=True)
class Macro(View):
    """One stored query with parameters: its query is the statement that creates it."""

    kind: str = "macro"
