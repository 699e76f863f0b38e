"""Emergency care: attendances and admissions, by trust and month."""

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
    """Trust and month by measure."""
    return read(file, "org_code", EMERGENCY, every="month")


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """The published shares are those of the counts."""
    return emergency_shares(frame, "org_code")


SOURCE = Source(
    name="accidents_emergency_trust",
    title="Emergency care: attendances and admissions, by trust",
    publisher="NHS England (A&E attendances and emergency admissions)",
    licence="OGL v3.0",
    attribution=ATTRIBUTION,
    grade="derived",
    calendar=NHS_MONTHLY,
    about="Attendances, emergency admissions and those of more than four hours, April 2021 to July "
    "2025, by trust, with trusts that see nobody in emergencies. "
    "Fourteen trusts that tried other standards have no count over four hours until May 2023. "
    "Zeros are kept as published, some of them in place of a missing count.",
    releases=[
        Release(
            file="discharge/england_trust_accidents_emergency.csv",
            url=f"{ADDRESS}.broadcast/england_trust_accidents_emergency.csv",
            sha256="31f59b11a33708902aa16a2e023c9698070388f5b41523ce14f78a79c641c8b1",
            period="2021-2025",
            rows=47370,
        )
    ],
    columns=columns("org_code", MONTH, EMERGENCY_MEASURE, EMERGENCY_VALUE),
    key=("org_code", "period", "measure"),
    tidy=tidy,
    area=("org_code", "trust"),
    markers=MARKERS,
    warnings=("rekeyed", "zero_for_missing"),
    reconcile=reconcile,
)
