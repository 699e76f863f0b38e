"""People of 65 and over recorded with dementia by their general practice, monthly 2016-2018."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import (
    PLACE_CODE,
    STATUS_COLUMN,
    VALUE,
    Column,
    Release,
    Source,
    numbers,
)
from pipeline.sources._dementia import known_kinds, months

COLUMNS = {
    "INDICATOR": "indicator",
    "ORG_TYPE": "org_type",
    "ORG_CODE": "areacd",
    "NAME": "areanm",
    "ACH_DATE": "date",
    "MEASURE": "source_measure",
    "VALUE": "text",
    "DQ": "mark",
}
"""Beside these stands an index column without a heading."""
FIXED = {
    "indicator": ("INDICATOR", "DEMENTIA: 65+ ESTIMATED DIAGNOSIS RATE"),
    "source_measure": ("MEASURE", "DEMENTIA_REGISTER_65_PLUS"),
}
DOUBTFUL = "1.0"
"""The publisher's mark of doubtful quality."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Area by month."""
    grid = file.csv()
    frame = grid.table(grid.header(*COLUMNS), COLUMNS)
    for name, (label, text) in FIXED.items():
        wrong = frame.filter(pl.col(name).ne_missing(text))
        grid.refuse(wrong, name, label, f"expected {text!r}")
    wrong = frame.filter(pl.col("mark").ne_missing(DOUBTFUL) & pl.col("mark").is_not_null())
    grid.refuse(wrong, "mark", "DQ", f"expected {DOUBTFUL!r} or nothing")
    frame = months(grid, known_kinds(grid, frame))
    wrong = frame.filter(~pl.col("areacd").str.contains(PLACE_CODE).fill_null(False))
    grid.refuse(wrong, "areacd", "ORG_CODE", "expected an ONS code such as E07000001")
    frame = numbers(
        frame.with_columns(pl.lit("VALUE").alias("label")), "text", file=file, markers={}
    )
    doubtful = (pl.col("status") == "ok") & pl.col("mark").is_not_null()
    return frame.select(
        "areacd",
        "areanm",
        "area_type",
        "level",
        "period",
        "month",
        "year",
        pl.lit("dementia_register_aged_65_plus").alias("measure"),
        "value",
        pl.when(doubtful).then(pl.lit("u")).otherwise("status").alias("status"),
        "row",
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """England against districts, upper-tier councils and regions, every month.

    A council without districts stands at both levels: its two figures must be one.
    """
    whole = pl.when(pl.col("value").null_count() == 0).then(pl.col("value").sum())
    england = frame.filter(pl.col("level") == "country").select(
        "period", area="areacd", published="value"
    )
    parts = [
        england.join(
            frame.filter(pl.col("level") == level).group_by("period").agg(computed=whole),
            on="period",
        ).with_columns(pl.lit(f"England = sum of {level} areas").alias("check"))
        for level in ("district", "upper_tier", "region")
    ]
    upper = frame.filter(pl.col("level") == "upper_tier")
    district = frame.filter(pl.col("level") == "district")
    parts.append(
        upper.join(district, on=["areacd", "period"]).select(
            "period",
            area="areacd",
            published="value",
            computed="value_right",
            check=pl.lit("council at both levels"),
        )
    )
    columns = ("check", "period", "area", "published", "computed")
    return pl.concat([part.select(columns) for part in parts]).with_columns(
        pl.lit(0.5).alias("tolerance")
    )


SOURCE = Source(
    name="dementia_register",
    title="Recorded dementia diagnoses: register of people aged 65 and over",
    publisher="NHS Digital",
    licence="OGL v3.0",
    attribution="Contains NHS Digital data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="People of 65 and over with a diagnosis of dementia on the record of their general "
    "practice, at the end of each month from May 2016 to July 2018: 326 districts and unitaries "
    "(level district), 152 upper-tier councils, regions and England. Rows were picked out of the "
    "publisher's file, its columns are as they were. Not read: centres of Public Health England "
    "(the regions again), devolved areas (whose codes and names change), deprivation deciles and "
    "ONS groups, all of them sums of districts. The publisher's mark DQ (what it means is not in "
    "the file) makes a figure unreliable (u): nearly all are of the three smallest councils; the "
    "one of Watford in April 2018 is far below its neighbouring months. The mark may stand at one "
    "level and not at the other.",
    releases=[
        Release(
            file="dementia/dem_reg_2016-2018.csv",
            url="https://raw.githubusercontent.com/ABlack-git/MSD_IT_TASK/"
            "a2d577635d5fd9b0f2803b0521f8f210508fe9c5/tmp/dem_reg_2016-2018.csv",
            sha256="20531d3c1c35f7161fb77fcba93ec602bd3b320086c024ab2029f3b0a0ff8326",
            period="2016-2018",
            rows=13176,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code."),
        "areanm": Column(pl.String, "Name as published, in capitals."),
        "area_type": Column(
            pl.String,
            "council, region, or country (England).",
            values=("council", "region", "country"),
        ),
        "level": Column(
            pl.String,
            "district (and every council that has none), upper_tier (council), region, country. A "
            "council without districts stands at both of the first two.",
            values=("district", "upper_tier", "region", "country"),
        ),
        "period": Column(pl.String, "Month, as YYYY-MM; the count is of its last day."),
        "month": Column(pl.Date, "First day of the month."),
        "year": Column(pl.Int32, "Financial year by the year it starts in."),
        "measure": Column(
            pl.String,
            "People of 65 and over on the register.",
            values=("dementia_register_aged_65_plus",),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("areacd", "level", "period", "measure"),
    tidy=tidy,
    area=("areacd", "district"),
    warnings=("rekeyed",),
    reconcile=reconcile,
)
