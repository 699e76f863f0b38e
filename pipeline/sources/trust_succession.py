"""Which NHS organisation took over from which, and when."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a succession, as published (all kinds of organisation)."""
    frame = file.rdata("lookup_trust_trust").with_row_index("row", offset=1)
    return frame.select(
        pl.col("old_code").alias("org_code"),
        pl.col("new_code").alias("successor_code"),
        pl.col("date").cast(pl.String).str.slice(0, 10).str.to_date("%Y-%m-%d").alias("date"),
        "row",
    )


SOURCE = Source(
    name="trust_succession",
    title="Succession of NHS organisation codes",
    publisher="NHS Organisation Data Service, joined by the geographr project",
    licence="OGL v3.0",
    attribution="Contains NHS ODS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Old and new ODS codes with the date of succession, for every kind of organisation and "
    "back to 1992. Known to be incomplete for some mergers of acute trusts: the additions are "
    "declared in data/reference/trust_succession_additions.csv.",
    releases=[
        Release(
            file="geography/lookup_trust_trust.rda",
            url="https://raw.githubusercontent.com/humaniverse/geographr/"
            "c026be5cc76cb576358082b53f1f13d69ab577ae/data/lookup_trust_trust.rda",
            sha256="7cf922fcd82565c0d1203fa8a4030e11a8a42d9aeccb9c19adc55c3de6962de3",
            period="1992-2022",
            rows=25480,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code that ended or gave something up."),
        "successor_code": Column(pl.String, "ODS code that took over."),
        "date": Column(pl.Date, "Day of the succession."),
    },
    key=("org_code", "successor_code", "date"),
    tidy=tidy,
)
