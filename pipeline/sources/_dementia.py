"""What the files of NHS Digital's recorded dementia diagnoses share: kinds of area, and months."""

import polars as pl

from pipeline.reading.published import Grid

LEVELS = {
    "LTLA": ("council", "district"),
    "UTLA": ("council", "upper_tier"),
    "CC": ("council", "upper_tier"),
    "PHE_REGION": ("region", "region"),
    "COUNTRY_GEOGRAPHICAL": ("country", "country"),
}
"""Kind of area to ``area_type`` and ``level``. Counties are under CC, the others under UTLA."""
LEFT_OUT = ("PHE_CENTRE", "DEVOLVED_AREA", "IMD_DECILE", "ONS_GROUP", "ONS_SUBGROUP")
"""Sums of districts by other groupings; PHE centres repeat the regions under another code."""


def known_kinds(grid: Grid, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of the kinds of area that are read, with ``area_type`` and ``level``."""
    kind = pl.col("org_type")
    every = [*LEVELS, *LEFT_OUT]
    wrong = frame.filter(~kind.is_in(every).fill_null(False))
    grid.refuse(wrong, "org_type", "ORG_TYPE", f"expected one of {', '.join(every)}")
    return frame.filter(kind.is_in(list(LEVELS))).with_columns(
        kind.replace_strict({one: area for one, (area, _) in LEVELS.items()}).alias("area_type"),
        kind.replace_strict({one: level for one, (_, level) in LEVELS.items()}).alias("level"),
    )


def months(grid: Grid, frame: pl.DataFrame) -> pl.DataFrame:
    """The month of each last day, and the financial year it is in."""
    day = pl.col("date").str.to_date("%Y-%m-%d", strict=False)
    frame = frame.with_columns(day.alias("day"))
    wrong = frame.filter((pl.col("day") != pl.col("day").dt.month_end()).fill_null(True))
    grid.refuse(wrong, "date", "ACH_DATE", "expected the last day of a month, as YYYY-MM-DD")
    year, month = pl.col("day").dt.year(), pl.col("day").dt.month()
    return frame.with_columns(
        pl.col("day").dt.strftime("%Y-%m").alias("period"),
        pl.col("day").dt.month_start().alias("month"),
        pl.when(month >= 4).then(year).otherwise(year - 1).alias("year"),
    )
