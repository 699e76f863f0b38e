"""Public money for research and innovation by small region (NUTS 3), 2006 to 2020."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers

MEASURES = {
    "gbp_innovate_uk_funding": "innovate_uk_funding_gbp",
    "total_ukri_funding": "ukri_funding_gbp",
}
COLUMNS = {"year": "period", "nuts_id": "nuts3_code", "nuts_year_spec": "nuts_vintage"}
VINTAGES = ("2006", "2010", "2013", "2016")
PATTERNS = {
    "period": ("year", r"^20\d\d$"),
    "nuts3_code": ("nuts_id", r"^UK[A-Z][A-Z0-9]{2}$"),
    "nuts_vintage": ("nuts_year_spec", f"^({'|'.join(VINTAGES)})$"),
}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Region by year; one funder a file."""
    grid = file.csv()
    label = release.label
    frame = grid.table(grid.header(*COLUMNS, label), COLUMNS | {label: "text"})
    for name, (heading, pattern) in PATTERNS.items():
        wrong = frame.filter(~pl.col(name).str.contains(pattern).fill_null(False))
        grid.refuse(wrong, name, heading, "not as declared")
    frame = frame.with_columns(pl.lit(label).alias("label"))
    return numbers(frame, "text", file=file, markers={}).select(
        "nuts3_code",
        pl.col("nuts_vintage").cast(pl.Int32),
        "period",
        pl.col("period").cast(pl.Int32).alias("year"),
        pl.lit(MEASURES[label]).alias("measure"),
        "value",
        "status",
        "row",
    )


ADDRESS = (
    "https://raw.githubusercontent.com/nestauk/beis-indicators/"
    "c1124f6cdfd2ef94d9a93727ea2ecbcc49cb814f/ds/data/processed/"
)

SOURCE = Source(
    name="innovation_grants",
    title="Innovate UK and UKRI funding by NUTS 3 region",
    publisher="Innovate UK and UK Research and Innovation, added up by Nesta",
    licence="OGL v3.0",
    attribution="Contains Innovate UK and UKRI data, licensed under the Open Government Licence "
    "v3.0; regional sums by Nesta.",
    grade="derived",
    about="Pounds awarded to organisations in each NUTS 3 region of the United Kingdom and year: "
    "by Innovate UK (2010 to August 2020), and by UKRI as a whole (2006 to 2019, the money of a "
    "project given to the place of its leading organisation). Regions follow the NUTS edition of "
    "the year, and a region without awards often has no row. Joined to nothing: no table from NUTS "
    "3 to councils is among the sources, and a region and a council are seldom the same.",
    releases=[
        Release(
            file="innovation_grants/gbp_innovate_uk_funding.nuts3.csv",
            url=f"{ADDRESS}innovate_uk/gbp_innovate_uk_funding.nuts3.csv",
            sha256="3eba43b2be7f97149cf5fc0299b644bdb4c735f4c353475f2dd884da1c491d64",
            period="2010-2020",
            rows=1719,
            label="gbp_innovate_uk_funding",
        ),
        Release(
            file="innovation_grants/total_ukri_funding.nuts3.csv",
            url=f"{ADDRESS}gtr/total_ukri_funding.nuts3.csv",
            sha256="4a0760b57b0307f2765f94ec9b2d4b6b692599ca21ea98a594065af53d03d05a",
            period="2006-2019",
            rows=1805,
            label="total_ukri_funding",
        ),
    ],
    columns={
        "nuts3_code": Column(pl.String, "NUTS 3 code."),
        "nuts_vintage": Column(pl.Int32, "Edition of the NUTS codes.", low=2006, high=2016),
        "period": Column(pl.String, "Year."),
        "year": Column(pl.Int32, "The same as a number."),
        "measure": Column(pl.String, "Funder, in pounds.", values=tuple(MEASURES.values())),
        "value": Column(pl.Float64, "Pounds awarded.", low=0, null=True),
        "status": STATUS_COLUMN,
    },
    key=("nuts3_code", "year", "measure"),
    tidy=tidy,
    warnings=("rekeyed",),
)
