"""Patients in hospital who do not meet the criteria to reside, by integrated care board and day."""

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
    """Board and day."""
    return read(file, "icb_code", FIGURES, markers=STAY_MARKERS)


SOURCE = Source(
    name="criteria_to_reside_icb",
    title="Patients not meeting the criteria to reside, by integrated care board",
    publisher="NHS England (daily discharge situation report)",
    licence="OGL v3.0",
    attribution=ATTRIBUTION,
    grade="derived",
    calendar=NHS_MONTHLY,
    about="Patients in acute beds of a board's trusts on a day who need not be in hospital any "
    "more, April 2022 to August 2025, by board. One board has no rows after August 2023, so sums "
    "over boards are not England's. A zero is a day without a report and not available; on a day "
    "when only some of its trusts reported, a board's figure is too low.",
    releases=[
        Release(
            file="discharge/england_icb_criteria_to_reside.csv",
            url=f"{ADDRESS}.broadcast/england_icb_criteria_to_reside.csv",
            sha256="ca826c9df935ca0f4609107a313f6ac8618ef4656f60645b5974eca76e7e5fc7",
            period="2022-2025",
            rows=51727,
        )
    ],
    columns=columns(
        "icb_code", DAY, Column(pl.String, "What is counted.", values=(*FIGURES.values(),)), COUNT
    ),
    key=("icb_code", "period", "measure"),
    tidy=tidy,
    markers=STAY_MARKERS,
    warnings=(
        "rekeyed",
        "areas_drop_out",
    ),
)
