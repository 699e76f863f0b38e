"""Rates of Public Health England's Fingertips as Trafford Data Lab keeps them: a row a place."""

from dataclasses import dataclass

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import PLACE_CODE, STATUS_COLUMN, VALUE, Column, numbers

COLUMNS = {
    "area_code": "areacd",
    "area_name": "areanm",
    "period": "period",
    "value": "text",
    "indicator": "indicator",
    "measure": "kind",
    "unit": "unit",
    "significance": "significance",
}
AREA_TYPES = {
    "E06": "council",
    "E07": "council",
    "E08": "council",
    "E09": "council",
    "E47": "combined_authority",
    "E92": "country",
}
"""First three characters of a code to the kind of place."""
SIGNIFICANCE = ("Better", "Similar", "Worse", "Not compared")
ADDRESS = (
    "https://raw.githubusercontent.com/traffordDataLab/dashboard/"
    "83e9bc0cd14d1fac19c743c1e5eece54e0145458/data/health/"
)


@dataclass(frozen=True)
class Rate:
    """What a file must say of its figures, and our name for them."""

    measure: str
    indicator: str
    kind: str
    period: str
    markers: dict[str, str]


def rates(file: PublishedFile, rate: Rate) -> pl.DataFrame:
    """District (and England, and Greater Manchester) by period."""
    grid = file.csv()
    frame = grid.table(grid.header(*COLUMNS), COLUMNS)
    for name, label, text in (
        ("indicator", "indicator", rate.indicator),
        ("kind", "measure", rate.kind),
        ("unit", "unit", "Persons"),
    ):
        wrong = frame.filter(pl.col(name).ne_missing(text))
        grid.refuse(wrong, name, label, f"expected {text!r}")
    wrong = frame.filter(~pl.col("period").str.contains(rate.period).fill_null(False))
    grid.refuse(wrong, "period", "period", "not as declared")
    wrong = frame.filter(~pl.col("significance").is_in(SIGNIFICANCE).fill_null(False))
    expected = f"expected one of {', '.join(SIGNIFICANCE)}"
    grid.refuse(wrong, "significance", "significance", expected)
    starts = pl.col("areacd").str.head(3)
    known = pl.col("areacd").str.contains(PLACE_CODE) & starts.is_in(list(AREA_TYPES))
    wrong = frame.filter(~known.fill_null(False))
    grid.refuse(wrong, "areacd", "area_code", "expected the code of an English district or council")
    frame = frame.with_columns(pl.lit("value").alias("label"))
    return numbers(frame, "text", file=file, markers=rate.markers).select(
        "areacd",
        "areanm",
        starts.replace_strict(AREA_TYPES).alias("area_type"),
        pl.col("period").str.replace("/", "-", literal=True),
        pl.col("period").str.head(4).cast(pl.Int32).alias("year"),
        pl.lit(rate.measure).alias("measure"),
        "value",
        "status",
        "significance",
        "row",
    )


def columns(period: str, year: str, measure: str, meaning: str) -> dict[str, Column]:
    """The columns of such a table."""
    return {
        "areacd": Column(pl.String, "ONS code."),
        "areanm": Column(pl.String, "Name as published."),
        "area_type": Column(
            pl.String,
            "council (district or unitary), combined_authority (Greater Manchester), or country "
            "(England).",
            values=tuple(dict.fromkeys(AREA_TYPES.values())),
        ),
        "period": Column(pl.String, period),
        "year": Column(pl.Int32, year),
        "measure": Column(pl.String, meaning, values=(measure,)),
        "value": VALUE,
        "status": STATUS_COLUMN,
        "significance": Column(
            pl.String, "How the publisher compares it, in its words.", values=SIGNIFICANCE
        ),
    }
