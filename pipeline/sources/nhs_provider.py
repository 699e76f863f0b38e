"""NHS organisations by kind: acute, mental health, ambulance, community, commissioner."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source

KINDS = {
    "Acute": "acute",
    "Mental Health": "mental_health",
    "Ambulance": "ambulance",
    "Community Provider Trust": "community",
    "Clinical Commissioning Group": "commissioner",
}
COLUMNS = {
    "ORG_CODE": "org_code",
    "ORG_NAME": "org_name",
    "ORG_TYPE": "org_type",
    "HEE_REGION_CODE": "hee_region",
    "SPECIALIST": "specialist",
}
TRUTH = {"TRUE": True, "FALSE": False}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row an organisation."""
    grid = file.csv()
    frame = grid.table(grid.header("ORG_CODE", "ORG_TYPE"), COLUMNS)
    for name, label, right, expected in (
        ("org_code", "ORG_CODE", pl.col("org_code").str.contains(r"^[0-9A-Z]{3}$"), "an ODS code"),
        ("org_type", "ORG_TYPE", pl.col("org_type").is_in(list(KINDS)), "a declared kind"),
        ("hee_region", "HEE_REGION_CODE", pl.col("hee_region").str.contains(r"^YDF\d\d$"), "YDF.."),
        ("specialist", "SPECIALIST", pl.col("specialist").is_in(list(TRUTH)), "TRUE or FALSE"),
    ):
        grid.refuse(frame.filter(~right.fill_null(False)), name, label, f"expected {expected}")
    return frame.with_columns(
        pl.col("org_type").replace_strict(KINDS),
        pl.col("specialist").replace_strict(TRUTH, return_dtype=pl.Boolean),
    )


SOURCE = Source(
    name="nhs_provider",
    title="NHS organisations by kind",
    publisher="NHS Organisation Data Service and Health Education England",
    licence="OGL v3.0",
    attribution="Contains NHS England data, licensed under the Open Government Licence v3.0; typed "
    "again in miqdadasaria/hospital_management (LGPL-3.0).",
    grade="derived",
    about="Kind of each organisation, its region of Health Education England, and whether an acute "
    "trust is a specialist one. The file states no date: its organisations are those of about "
    "2018, each once. Blanks after codes and names are dropped.",
    releases=[
        Release(
            file="geography/nhs_provider.csv",
            url="https://raw.githubusercontent.com/miqdadasaria/hospital_management/"
            "c527a7c5b3e1aef0bec38a66050a87b955d863dc/data/csv/nhs_provider.csv",
            sha256="838c160ab542f027d840aebd05a4d6e619a41758a55a01f1d6e73d8c01480524",
            period="2018",
            rows=431,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code."),
        "org_name": Column(pl.String, "Name as published."),
        "org_type": Column(pl.String, "Kind of organisation.", values=tuple(KINDS.values())),
        "hee_region": Column(pl.String, "Region code of Health Education England (YDF..)."),
        "specialist": Column(pl.Boolean, "Whether it is a specialist acute trust."),
    },
    key=("org_code",),
    tidy=tidy,
    area=("org_code", "trust"),
    warnings=("rekeyed",),
)
