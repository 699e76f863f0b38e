"""Published totals beside our sums, and the differences that are known and explained."""

from dataclasses import dataclass

import polars as pl

from pipeline.edition import PROJECT
from pipeline.reading.declared import entries
from pipeline.reading.published import SourceError
from pipeline.reading.source import Source
from pipeline.tables import Table

PATH = PROJECT / "data" / "explained_differences.toml"
FILE = f"data/{PATH.name}"
SCHEMA = {
    "source": pl.String,
    "check": pl.String,
    "period": pl.String,
    "area": pl.String,
    "published": pl.Float64,
    "computed": pl.Float64,
    "difference": pl.Float64,
    "tolerance": pl.Float64,
    "agrees": pl.Boolean,
    "explained": pl.String,
    "settled": pl.Boolean,
}
MEANINGS = {
    "source": "name of the source",
    "period": "period of the total",
    "area": "place of the total, as published",
    "check": "what was compared",
    "published": "the publisher's total",
    "computed": "the sum of the published parts",
    "difference": "computed less published",
    "tolerance": "largest difference that rounding allows",
    "agrees": "whether they agree; empty where a part or the total is not published",
    "explained": "what is known of why they differ",
    "settled": "whether they agree or the difference is explained",
}


@dataclass(frozen=True)
class Explained:
    """Differences of one check and period that are the publisher's own."""

    source: str
    check: str
    period: str
    rows: int
    largest: float
    why: str


def declared() -> list[Explained]:
    """The entries ``[[difference]]`` of ``data/explained_differences.toml``.

    Raises:
        DeclarationError: the file or an entry is not as expected.
    """
    return entries(PATH, "difference", Explained, beside=("drift",))


def compare(source: Source, table: pl.DataFrame, explained: list[Explained]) -> pl.DataFrame:
    """One row a published total of the source, each with its difference.

    Raises:
        SourceError: an explained difference is not there as declared.
    """
    if source.reconcile is None:
        return pl.DataFrame(schema=SCHEMA)
    gap = pl.col("computed") - pl.col("published")
    found = (
        source.reconcile(table)
        .with_columns(pl.lit(source.name).alias("source"), gap.alias("difference"))
        .with_columns(
            (pl.col("difference").abs() <= pl.col("tolerance")).alias("agrees"),
            pl.lit(None, pl.String).alias("explained"),
        )
    )
    for one in (entry for entry in explained if entry.source == source.name):
        own = (
            (pl.col("check") == one.check)
            & (pl.col("period") == one.period)
            & ~pl.col("agrees")
            & (pl.col("difference").abs() <= one.largest)
        )
        rows = found.filter(own).height
        if rows != one.rows:
            raise SourceError(
                f"{one.check}, {one.period}: expected {one.rows} differences up to {one.largest}, "
                f"found {rows}",
                file=FILE,
                todo="The publisher may have revised the figures: compare, then change or drop it.",
            )
        found = found.with_columns(
            pl.when(own).then(pl.lit(one.why)).otherwise(pl.col("explained")).alias("explained")
        )
    settled = pl.col("agrees") | pl.col("explained").is_not_null()
    return (
        found.with_columns(settled.alias("settled"))
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
        .sort("check", "period", "area")
    )


def sums_table(rows: pl.DataFrame) -> Table:
    """``meta.reconciliation``."""
    return Table(
        "meta",
        "reconciliation",
        rows,
        "Published totals beside our sums.",
        ("source", "check", "period", "area"),
        MEANINGS,
        keyed=False,
    )
