"""Estimated dementia diagnosis rate of people of 65 and over by district, 2017 and 2018."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Release, Source
from pipeline.sources._fingertips import ADDRESS, Rate, columns, rates

RATE = Rate(
    measure="dementia_diagnosis_rate_percent",
    indicator="Estimated dementia diagnosis rate (aged 65 and over)",
    kind="Proportion",
    period=r"^\d{4}$",
    markers={},
)


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """District by year."""
    return rates(file, RATE)


SOURCE = Source(
    name="dementia_diagnosis",
    title="Estimated dementia diagnosis rate, people aged 65 and over",
    publisher="Public Health England (Fingertips 92949, from NHS Digital), joined by Trafford Data "
    "Lab",
    licence="OGL v3.0",
    attribution="Contains Public Health England data, licensed under the Open Government Licence "
    "v3.0.",
    grade="derived",
    about="People on the dementia register as a percentage of those estimated to have dementia, "
    "for each district and unitary, Greater Manchester and England. The figures of 2017 are of "
    "the end of April 2017: register over estimate of that month (dementia_estimates) agrees with "
    "each of the 322 whose names match, that of no other month does. England is no mean of the "
    "districts, and the file has no counts: there is no total to add up to. The month of 2018 is "
    "not stated and has no estimate to tell it by; the rates go best with the register of March.",
    releases=[
        Release(
            file="dementia/dementia_diagnosis.csv",
            url=f"{ADDRESS}dementia_diagnosis.csv",
            sha256="57705c966e76c236ffb8e533ca20135125ee01dd7a7f4707fc418c6c5e8d188d",
            period="2017-2018",
            rows=656,
        )
    ],
    columns=columns(
        "Year, as published.",
        "The same as a number.",
        RATE.measure,
        "People on the register per hundred estimated to have dementia, 65 and over.",
    ),
    key=("areacd", "period", "measure"),
    tidy=tidy,
    area=("areacd", "district"),
    warnings=("rekeyed", "model_based"),
)
