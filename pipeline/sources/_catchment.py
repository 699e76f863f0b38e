"""What the shares of acute trusts' patients by place have in common."""

import polars as pl


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """Each trust's shares add up to one."""
    return (
        frame.group_by("org_code")
        .agg(pl.col("value").sum().alias("computed"))
        .select(
            pl.lit("shares of a trust add up to 1").alias("check"),
            pl.lit("pooled").alias("period"),
            pl.col("org_code").alias("area"),
            pl.lit(1.0).alias("published"),
            "computed",
            pl.lit(1e-6).alias("tolerance"),
        )
    )
