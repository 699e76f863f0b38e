"""NHS trust accounts 2010-11 to 2018-19: position, operating income and operating cost."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers

MEASURES = {
    "FINANCIAL_POSITION": "financial_position",
    "OP_INCOME": "operating_income",
    "OP_COST": "operating_cost",
}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Organisation and year by measure."""
    grid = file.csv()
    columns = {"ORG_CODE": "org_code", "YEAR": "text"} | {label: label for label in MEASURES}
    frame = grid.table(grid.header("ORG_CODE", "YEAR"), columns)
    frame = numbers(
        frame.with_columns(pl.lit("YEAR").alias("label")), "text", file=file, markers={}
    ).select("org_code", pl.col("value").cast(pl.Int32).alias("year"), *MEASURES, "row")
    long = frame.unpivot(
        on=list(MEASURES),
        index=["org_code", "year", "row"],
        variable_name="label",
        value_name="text",
    )
    following = (pl.col("year") + 1) % 100
    return numbers(long, "text", file=file, markers={}).select(
        "org_code",
        pl.format("{}-{}", "year", following.cast(pl.String).str.zfill(2)).alias("period"),
        "year",
        pl.col("label").replace_strict(MEASURES).alias("measure"),
        "value",
        "status",
        "row",
    )


SOURCE = Source(
    name="trust_finance",
    title="NHS trust financial position, operating income and operating cost",
    publisher="NHS Improvement and its predecessors (consolidation of trust accounts)",
    licence="OGL v3.0",
    attribution="Contains NHS England data, licensed under the Open Government Licence v3.0; typed "
    "again in miqdadasaria/hospital_management (LGPL-3.0).",
    grade="derived",
    about="Three figures of every trust's accounts, by year. The file states neither unit nor "
    "kind of year: magnitudes are those of GBP thousand, and the year appears to be the one a "
    "financial year starts in. Costs are negative as published. Years in which trusts merged hold "
    "part of a year's cost, and some ended trusts have a cost of nothing: poor weights.",
    releases=[
        Release(
            file="nhs_trust_finance/financial_positions.csv",
            url="https://raw.githubusercontent.com/miqdadasaria/hospital_management/"
            "c527a7c5b3e1aef0bec38a66050a87b955d863dc/data/csv/financial_positions.csv",
            sha256="2b95e392946b0b817b9423972bd1a41fa6c537d0af9eb323519cdbc8622790e9",
            period="2010-2018",
            rows=6549,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code as published."),
        "period": Column(pl.String, "Financial year, such as 2012-13 (appears to be)."),
        "year": Column(
            pl.Int32,
            "Year as published; appears to be the one the financial year starts in.",
            low=2010,
            high=2018,
        ),
        "measure": Column(
            pl.String,
            "financial_position, operating_income, or operating_cost (negative).",
            values=tuple(MEASURES.values()),
        ),
        "value": Column(
            pl.Float64,
            "GBP thousand, by magnitude; the file states no unit. Empty where the status says so.",
            null=True,
        ),
        "status": STATUS_COLUMN,
    },
    key=("org_code", "year", "measure"),
    tidy=tidy,
    area=("org_code", "trust"),
    warnings=("rekeyed", "unit_not_stated", "part_years"),
)
