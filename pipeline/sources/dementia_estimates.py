"""Register of dementia beside the estimate of all who have it, monthly in 2017, by name only."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers
from pipeline.sources._dementia import LEFT_OUT, LEVELS, known_kinds, months

MEASURES = {
    "VALUE_REGISTER": "dementia_register_aged_65_plus",
    "VALUE_ESTIMATE": "dementia_estimate_aged_65_plus",
}
COLUMNS = {"NAME": "areanm", "ORG_TYPE": "org_type", "ACH_DATE": "date"} | {
    label: label for label in MEASURES
}
"""Beside these stands an index column without a heading."""
DIGIT = 0.05
"""Half of the last digit of an estimate."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Area (by name) and month by measure."""
    grid = file.csv()
    frame = grid.table(grid.header(*COLUMNS), COLUMNS)
    frame = months(grid, known_kinds(grid, frame))
    long = frame.unpivot(
        on=list(MEASURES),
        index=["areanm", "area_type", "level", "period", "month", "year", "row"],
        variable_name="label",
        value_name="text",
    )
    return (
        numbers(long, "text", file=file, markers={})
        .with_columns(pl.col("label").replace_strict(MEASURES).alias("measure"))
        .drop("label")
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """England against districts, upper-tier councils and regions, every month.

    Estimates have one decimal: a sum of n of them may miss England by (n + 1) / 20.
    """
    by = ["period", "measure"]
    whole = pl.when(pl.col("value").null_count() == 0).then(pl.col("value").sum())
    england = frame.filter(pl.col("level") == "country").select(*by, published="value")
    parts = [
        england.join(
            frame.filter(pl.col("level") == level)
            .group_by(by)
            .agg(computed=whole, tolerance=DIGIT * (pl.len() + 1)),
            on=by,
        ).with_columns(
            pl.format("England = sum of {} areas: {}", pl.lit(level), "measure").alias("check")
        )
        for level in ("district", "upper_tier", "region")
    ]
    return pl.concat(parts).select(
        "check", "period", pl.lit("England").alias("area"), "published", "computed", "tolerance"
    )


SOURCE = Source(
    name="dementia_estimates",
    title="Recorded and estimated dementia among people aged 65 and over, 2017, by name",
    publisher="NHS Digital, joined by a third party",
    licence="OGL v3.0",
    attribution="Contains NHS Digital data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="People of 65 and over on the dementia register and estimated to have dementia, at the "
    "end of each month of 2017, for the same areas as in dementia_register. The file has names "
    "and no codes, and a county can share a name with a district or region: the table keeps the "
    "names and is joined to nothing. The share of one in the other is the estimated diagnosis "
    f"rate. Not read: {', '.join(LEFT_OUT)}, which are sums of districts.",
    releases=[
        Release(
            file="dementia/dem_rev_vs_est_2107.csv",
            url="https://raw.githubusercontent.com/ABlack-git/MSD_IT_TASK/"
            "a2d577635d5fd9b0f2803b0521f8f210508fe9c5/tmp/dem_rev_vs_est_2107.csv",
            sha256="f6273c52451735f101e79d802f7c65a5a87ad899e1aaa25812f604ae9e0cd5e6",
            period="2017",
            rows=11712,
        )
    ],
    columns={
        "areanm": Column(pl.String, "Name as published, in capitals; unique within its level."),
        "area_type": Column(
            pl.String,
            "council, region, or country (England).",
            values=("council", "region", "country"),
        ),
        "level": Column(
            pl.String,
            "district (and every council that has none), upper_tier (council), region, country.",
            values=tuple(dict.fromkeys(level for _, level in LEVELS.values())),
        ),
        "period": Column(pl.String, "Month, as YYYY-MM; the count is of its last day."),
        "month": Column(pl.Date, "First day of the month."),
        "year": Column(pl.Int32, "Financial year by the year it starts in."),
        "measure": Column(
            pl.String,
            "People of 65 and over on the register, or estimated to have dementia.",
            values=tuple(MEASURES.values()),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("level", "areanm", "period", "measure"),
    tidy=tidy,
    warnings=(
        "rekeyed",
        "model_based",
        "names_only",
    ),
    reconcile=reconcile,
)
