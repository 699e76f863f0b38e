"""Where the patients of each acute trust live: shares by district."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source
from pipeline.sources._catchment import reconcile


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a trust and district with patients in it."""
    frame = file.rdata("lookup_nhs_trusts22_ltla21").with_row_index("row", offset=1)
    return frame.select(
        pl.col("nhs_trust22_code").alias("org_code"),
        pl.col("ltla21_code").alias("areacd"),
        pl.col("proportion_trust_came_from_ltla").alias("value"),
        pl.lit("ok").alias("status"),
        "row",
    )


SOURCE = Source(
    name="trust_catchment",
    title="Catchment of acute trusts by district",
    publisher="Office for Health Improvement and Disparities, joined by the geographr project",
    licence="OGL v3.0",
    attribution="Contains OHID and NHS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Share of each acute trust's patients that live in each district, for the trusts of 2022 "
    "on the districts of 2021, several years pooled.",
    releases=[
        Release(
            file="geography/lookup_nhs_trusts22_ltla21.rda",
            url="https://raw.githubusercontent.com/humaniverse/geographr/"
            "c026be5cc76cb576358082b53f1f13d69ab577ae/data/lookup_nhs_trusts22_ltla21.rda",
            sha256="57f795f5bd83d600dbd881691803f9568f546e3267588cf1c2b5867b19c23a10",
            period="2022",
            rows=5670,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code of the trust in 2022."),
        "areacd": Column(pl.String, "ONS code of the district in 2021."),
        "value": Column(pl.Float64, "Share of the trust's patients living there.", low=0, high=1),
        "status": Column(pl.String, "Always ok.", values=("ok",)),
    },
    key=("org_code", "areacd"),
    tidy=tidy,
    area=("areacd", "district"),
    warnings=("residence_not_use", "later_vintage"),
    reconcile=reconcile,
)
