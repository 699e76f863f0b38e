"""The financial year of a date, April to March."""

import polars as pl


def financial_year(day: pl.Expr) -> pl.Expr:
    """The year that it starts in, of dates."""
    return (day.dt.year() - (day.dt.month() < 4).cast(pl.Int32)).cast(pl.Int32)


def financial_period(day: pl.Expr) -> pl.Expr:
    """The same as it is written, such as 2022-23."""
    year = financial_year(day)
    return pl.format("{}-{}", year, ((year + 1) % 100).cast(pl.String).str.zfill(2))
