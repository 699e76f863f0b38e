"""The register of NHS trusts (``etr``), in a vintage before October 2017 and one of 2022."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source

WIDTH = 27
PLACES = {0: "org_code", 1: "org_name", 2: "national_grouping", 9: "postcode"}
"""Cell of the headerless file to column. The health geography in the fourth cell changes its
meaning between vintages and is left out."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a trust."""
    grid = file.csv()
    if not grid.rows or len(grid.rows[0]) != WIDTH:
        found = len(grid.rows[0]) if grid.rows else 0
        raise grid.error(f"expected {WIDTH} cells a row (the file has no header), found {found}")
    frame = pl.DataFrame(
        {name: [row[place] for row in grid.rows] for place, name in PLACES.items()}
        | {
            "open_date": [row[10] for row in grid.rows],
            "close_date": [row[11] for row in grid.rows],
        },
        schema_overrides={"close_date": pl.String},
    ).with_row_index("row", offset=1)
    return grid.dates(frame, "%Y%m%d", open_date="open date", close_date="close date").with_columns(
        pl.lit(release.period).alias("vintage")
    )


ADDRESS = "https://raw.githubusercontent.com/"
SOURCE = Source(
    name="trust_register",
    title="Register of NHS trusts",
    publisher="NHS Organisation Data Service",
    licence="OGL v3.0",
    attribution="Contains NHS ODS data, licensed under the Open Government Licence v3.0.",
    grade="original",
    about="Code, name, postcode and dates of each trust in two vintages of the register. Address "
    "lines and the health geography (whose meaning changes) are not read.",
    releases=[
        Release(
            file="geography/etr_pre-oct2017.csv",
            url=f"{ADDRESS}epiforecasts/covid19-hospital-activity/"
            "4c64aec5d6a5145d607eb50de96081b6ad55880f/data/raw/etr.csv",
            sha256="e581a987455ba2a857125a0d3d4ee4f0386bc9a567761ec296f2a5701c1edf43",
            period="2017",
            rows=239,
        ),
        Release(
            file="geography/etr_2022.csv",
            url=f"{ADDRESS}nhsx-mirror/SystemHierarchies/"
            "0a96ef635c1607736580777f25d903d877ca74f2/data/etr.csv",
            sha256="2f8ffe6fd05bbda8681f4350693142d3f9dfbca5ce57cd5a0208c2830d60cf8a",
            period="2022",
            rows=218,
        ),
    ],
    columns={
        "vintage": Column(pl.String, "Vintage of the register."),
        "org_code": Column(pl.String, "ODS code."),
        "org_name": Column(pl.String, "Name."),
        "national_grouping": Column(pl.String, "NHS region code (Y..)."),
        "postcode": Column(pl.String, "Postcode of the headquarters.", null=True),
        "open_date": Column(pl.Date, "Day it opened.", null=True),
        "close_date": Column(pl.Date, "Day it closed.", null=True),
    },
    key=("vintage", "org_code"),
    tidy=tidy,
)
