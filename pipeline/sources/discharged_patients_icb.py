"""Patients discharged from hospital, by integrated care board and day."""

import polars as pl

from pipeline.reading.calendar import NHS_MONTHLY
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source
from pipeline.sources._discharge import ADDRESS, ATTRIBUTION, COUNT, DAY, MARKERS, columns, read

TOTAL = "discharged"
PARTS = {
    "discharged_by_1700": "discharged_by_1700",
    "discharged_between_1701_2359": "discharged_1701_to_2359",
}
FIGURES = {**PARTS, "discharged_total": TOTAL}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Board and day by time of day."""
    return read(file, "icb_code", FIGURES)


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """The two parts of a day make the total, on the days that have parts."""
    part = pl.col("measure").is_in(list(PARTS.values())) & pl.col("value").is_not_null()
    return (
        frame.group_by("icb_code", "period")
        .agg(
            pl.col("value").filter(pl.col("measure") == TOTAL).first().alias("published"),
            pl.col("value").filter(part).sum().alias("computed"),
            part.sum().alias("parts"),
        )
        .filter(pl.col("parts") == len(PARTS))
        .select(
            pl.lit("parts of a day = discharged").alias("check"),
            "period",
            pl.col("icb_code").alias("area"),
            "published",
            "computed",
            pl.lit(0.5).alias("tolerance"),
        )
    )


SOURCE = Source(
    name="discharged_patients_icb",
    title="Patients discharged from hospital, by integrated care board",
    publisher="NHS England (daily discharge situation report)",
    licence="OGL v3.0",
    attribution=ATTRIBUTION,
    grade="derived",
    calendar=NHS_MONTHLY,
    about="Patients discharged on a day from acute beds of a board's trusts, April 2022 to August "
    "2025; by time of day until May 2023 only. One board has no rows after August 2023, so sums "
    "over boards are not England's. Zeros are kept as published though many are gaps in "
    "reporting: on 19 June 2022 all boards have zero.",
    releases=[
        Release(
            file="discharge/england_icb_discharged_patients.csv",
            url=f"{ADDRESS}.broadcast/england_icb_discharged_patients.csv",
            sha256="c2889649c5caed0e80cbb40a0475fcdba0f0151d37f8ffbc9032acb44c06846c",
            period="2022-2025",
            rows=155181,
        )
    ],
    columns=columns(
        "icb_code",
        DAY,
        Column(pl.String, "Discharged in all, or by time of day.", values=(*FIGURES.values(),)),
        COUNT,
    ),
    key=("icb_code", "period", "measure"),
    tidy=tidy,
    markers=MARKERS,
    warnings=(
        "rekeyed",
        "zero_for_missing",
        "areas_drop_out",
    ),
    reconcile=reconcile,
)
