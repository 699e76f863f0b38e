"""The mortality indicator beside the results of acute trusts in the staff survey."""

import polars as pl


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """Mortality of the year before is that of the row of the year before."""
    mortality = frame.filter(pl.col("measure") == "mortality")
    before = frame.filter(pl.col("measure") == "mortality_before")
    return (
        before.select("org_code", "period", "year", "value")
        .join(
            mortality.select("org_code", pl.col("year") + 1, pl.col("value").alias("computed")),
            on=["org_code", "year"],
        )
        .filter(pl.col("value").is_not_null() & pl.col("computed").is_not_null())
        .select(
            pl.lit("mortality before = mortality of the year before").alias("check"),
            "period",
            pl.col("org_code").alias("area"),
            pl.col("value").alias("published"),
            "computed",
            pl.lit(1e-9).alias("tolerance"),
        )
    )
