"""Patients in hospital who do not meet the criteria to reside, by trust and day."""

import polars as pl

from pipeline.reading.calendar import NHS_MONTHLY
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source
from pipeline.sources._discharge import (
    ADDRESS,
    ATTRIBUTION,
    COUNT,
    DAY,
    STAY_MARKERS,
    columns,
    read,
)

FIGURES = {"do_not_meet_criteria_to_reside": "not_meeting_criteria_to_reside"}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Trust and day."""
    return read(file, "org_code", FIGURES, markers=STAY_MARKERS)


SOURCE = Source(
    name="criteria_to_reside_trust",
    title="Patients not meeting the criteria to reside, by trust",
    publisher="NHS England (daily discharge situation report)",
    licence="OGL v3.0",
    attribution=ATTRIBUTION,
    grade="derived",
    calendar=NHS_MONTHLY,
    about="Patients in an acute trust's beds on a day who need not be in hospital any more, April "
    "2022 to August 2025, by trust. Rows without a trust code are left out: none has a figure. "
    "A zero is a day without a report and not available: no trust has fewer than some 50 such "
    "patients on a usual day, and on 19 June 2022 all trusts have zero.",
    releases=[
        Release(
            file="discharge/england_trust_criteria_to_reside.csv",
            url=f"{ADDRESS}.broadcast/england_trust_criteria_to_reside.csv",
            sha256="921a3025b02132ded9bfeb728d058f672854784f3b1c6e9de280943f20eafe59",
            period="2022-2025",
            rows=149239,
        )
    ],
    columns=columns(
        "org_code", DAY, Column(pl.String, "What is counted.", values=(*FIGURES.values(),)), COUNT
    ),
    key=("org_code", "period", "measure"),
    tidy=tidy,
    area=("org_code", "trust"),
    markers=STAY_MARKERS,
    warnings=(
        "rekeyed",
        "areas_drop_out",
    ),
)
