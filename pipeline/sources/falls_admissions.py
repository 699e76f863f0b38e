"""Emergency admissions to hospital after falls, people of 65 and over, 2010-11 to 2017-18."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Release, Source
from pipeline.sources._fingertips import ADDRESS, Rate, columns, rates

RATE = Rate(
    measure="falls_admissions_per_100000_aged_65_plus",
    indicator="Emergency hospital admissions due to falls in people aged 65 and over",
    kind="Age standardised rate per 100,000",
    period=r"^\d{4}/\d{2}$",
    markers={"NA": "x"},
)


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """District by financial year."""
    return rates(file, RATE)


SOURCE = Source(
    name="falls_admissions",
    title="Emergency hospital admissions due to falls, people aged 65 and over",
    publisher="Public Health England (Fingertips 22401), joined by Trafford Data Lab",
    licence="OGL v3.0",
    attribution="Contains Public Health England data, licensed under the Open Government Licence "
    "v3.0.",
    grade="derived",
    about="Age-standardised rate per 100,000 people of 65 and over and financial year, for each "
    "district and unitary, Greater Manchester and England. Without a rate are the two smallest "
    "councils in every year, and seven districts in and beside Nottinghamshire in 2016-17. England "
    "is no mean of the districts, and the file has no counts: there is no total to add up to.",
    releases=[
        Release(
            file="falls_admissions/admissions_falls.csv",
            url=f"{ADDRESS}admissions_falls.csv",
            sha256="d2555635349b79a31d9a00e22552cc0d3bb395cead78bb4233ba8ca619ead3d4",
            period="2010-2017",
            rows=2624,
        )
    ],
    columns=columns(
        "Financial year, such as 2012-13.",
        "The year it starts in.",
        RATE.measure,
        "Emergency admissions due to falls per 100,000 people of 65 and over, age-standardised.",
    ),
    key=("areacd", "period", "measure"),
    tidy=tidy,
    area=("areacd", "district"),
    markers=RATE.markers,
    warnings=("rekeyed",),
)
