"""Emergency care: attendances and admissions, by integrated care board and month."""

import polars as pl

from pipeline.reading.calendar import NHS_MONTHLY
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Release, Source
from pipeline.sources._discharge import (
    ADDRESS,
    ATTRIBUTION,
    EMERGENCY,
    EMERGENCY_MEASURE,
    EMERGENCY_VALUE,
    MARKERS,
    MONTH,
    columns,
    emergency_shares,
    read,
)


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Board and month by measure."""
    return read(file, "icb_code", EMERGENCY, every="month")


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """The published shares are those of the counts."""
    return emergency_shares(frame, "icb_code")


SOURCE = Source(
    name="accidents_emergency_icb",
    title="Emergency care: attendances and admissions, by integrated care board",
    publisher="NHS England (A&E attendances and emergency admissions)",
    licence="OGL v3.0",
    attribution=ATTRIBUTION,
    grade="derived",
    calendar=NHS_MONTHLY,
    about="Attendances, emergency admissions and those of more than four hours, April 2022 to July "
    "2025, by board. Zeros are kept as published: one board has zero attendances over four hours "
    "in its first six months, in place of a missing count.",
    releases=[
        Release(
            file="discharge/england_icb_accidents_emergency.csv",
            url=f"{ADDRESS}.broadcast/england_icb_accidents_emergency.csv",
            sha256="32acec1b607bfc19b91bbf802afbcc1f6ea00d0282b4c049083349959f3d184b",
            period="2022-2025",
            rows=10080,
        )
    ],
    columns=columns("icb_code", MONTH, EMERGENCY_MEASURE, EMERGENCY_VALUE),
    key=("icb_code", "period", "measure"),
    tidy=tidy,
    markers=MARKERS,
    warnings=("rekeyed", "zero_for_missing"),
    reconcile=reconcile,
)
