"""Declared corrections of publishers' errors."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.edition import PROJECT
from pipeline.reading.declared import entries, meant
from pipeline.reading.published import SourceError
from pipeline.reading.source import STATUS, Source
from pipeline.sources import sources

PATH = PROJECT / "data" / "corrections.toml"


@dataclass(frozen=True)
class Correction:
    """One declared correction.

    Attributes:
        where: column to value, or to a list of values one of which must match; all columns must.
        published: the wrong value, where it is not part of ``where``.
        corrected: the right one; left out where there is none to be had.
        status: the row's status from now on, where it changes.
        rows: how many rows must match.
    """

    source: str
    where: dict[str, Any]
    column: str
    rows: int
    why: str
    evidence: str
    published: Any = None
    corrected: Any = None
    status: str | None = None

    @property
    def matched(self) -> dict[str, Any]:
        """Column to value of the rows it speaks of."""
        wrong = {} if self.published is None else {self.column: self.published}
        return {**self.where, **wrong}

    @property
    def matches(self) -> pl.Expr:
        """Whether a row is one that it speaks of."""
        return pl.all_horizontal(
            pl.col(name).is_in(value if isinstance(value, list) else [value])
            for name, value in self.matched.items()
        )


def declared() -> list[Correction]:
    """The corrections of ``data/corrections.toml``.

    Raises:
        DeclarationError: the file or an entry is not as expected.
    """
    return entries(PATH, "correction", Correction, wrong=_wrong)


def _wrong(one: Correction) -> list[str]:
    """What could not be corrected so, or would correct nothing."""
    schema = sources()[one.source].schema
    used = [*one.where, one.column, *(["status"] if one.status else [])]
    problems = [
        f"{one.source} has no column {name!r}{meant(name, schema)}"
        for name in dict.fromkeys(used)
        if name not in schema
    ]
    if one.corrected is None and one.status is None:
        problems.append("'corrected' or 'status' is missing")
    if one.status and one.status not in STATUS:
        problems.append(f"no status {one.status!r}{meant(one.status, STATUS)}")
    return problems


def corrected(frame: pl.DataFrame, correction: Correction) -> pl.DataFrame:
    """The rows with one correction made, however many match."""
    changes = {correction.column: correction.corrected}
    if correction.status is not None:
        changes["status"] = correction.status
    matches = correction.matches
    return frame.with_columns(
        pl.when(matches).then(pl.lit(new)).otherwise(pl.col(name)).alias(name)
        for name, new in changes.items()
    )


def apply(source: Source, frame: pl.DataFrame, corrections: list[Correction]) -> pl.DataFrame:
    """The source's rows with its corrections made.

    Raises:
        SourceError: a correction matches another number of rows than it declares.
    """
    for correction in (c for c in corrections if c.source == source.name):
        found = frame.filter(correction.matches).height
        if found != correction.rows:
            raise SourceError(
                f"the correction where {correction.matched} expects {correction.rows} rows, "
                f"found {found}",
                file=f"data/{PATH.name}",
                todo="The publisher may have mended the error: compare, then change or drop it.",
            )
        frame = corrected(frame, correction)
    return frame
