"""Spending power of councils, 2011-12 to 2020-21."""

import polars as pl

from pipeline.reading.calendar import SETTLEMENT
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers

PLACE = {"ons_code": "areacd", "ons_name": "areanm", "class": "class", "region": "region"}
ENDINGS = {str(year): str(year) for year in range(2012, 2022)}
"""Columns: the year that a financial year ends in."""
BREAK = 2016
"""The year from whose April another measure is published."""
EARLIER, LATER = "spending_power_until_2015_16", "spending_power_since_2016_17"
CLASSES = (
    "London borough",
    "Metropolitan district",
    "County council",
    "District council",
    "Unitary authority",
)
MARKERS = {"..": "z"}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """A row a council and year."""
    grid = file.csv()
    frame = grid.table(grid.header(*PLACE), PLACE | ENDINGS)
    coded = pl.col("areacd").str.contains(r"^E(06|07|08|09|10)\d{6}$").fill_null(False)
    grid.refuse(frame.filter(~coded), "areacd", "ons_code", "expected an ONS code")
    known = pl.col("class").is_in(CLASSES).fill_null(False)
    grid.refuse(frame.filter(~known), "class", "class", f"expected one of {', '.join(CLASSES)}")
    index = ["areacd", "areanm", "class", "row"]
    long = frame.unpivot(
        on=list(ENDINGS), index=index, variable_name="label", value_name="text"
    ).with_columns(pl.col("label").cast(pl.Int32).alias("ending"))
    year = pl.col("ending") - 1
    return numbers(long, "text", file=file, markers=MARKERS).select(
        *index,
        pl.format("{}-{}", year, pl.col("ending").cast(pl.String).str.tail(2)).alias("period"),
        year.alias("year"),
        pl.when(year < BREAK).then(pl.lit(EARLIER)).otherwise(pl.lit(LATER)).alias("measure"),
        "value",
        "status",
    )


SOURCE = Source(
    name="spending_power",
    title="Spending power of councils",
    publisher="Ministry of Housing, Communities and Local Government, put together by the "
    "councillorsatthecasino project",
    licence="OGL v3.0",
    attribution="Contains public sector information of the Ministry of Housing, Communities and "
    "Local Government, licensed under the Open Government Licence v3.0.",
    grade="derived",
    calendar=SETTLEMENT,
    about="What the local government finance settlements say that each council can spend, GBP "
    "million, on the codes of before April 2019. The columns are years: that they are the years in "
    "which financial years end is read off the councils abolished in April 2019 and 2020, which "
    "have no figure from 2020 and 2021 on. In 2016-17 every county, unitary, borough and "
    "metropolitan district drops at once: another measure (core spending power) takes the place of "
    "the one before, and the two must not be compared, so they have two names here. Councils new "
    "in 2019 and 2020 are not in the file, nor are the City of London, the Isles of Scilly and "
    "other authorities. Region is not read.",
    releases=[
        Release(
            file="council_finance/csp_SpendingMillions_2012_2021.csv",
            url="https://raw.githubusercontent.com/CaitHRobinson/councillorsatthecasino/"
            "3b079018e4dfe62bbe036977a1c21f08ff6d3f50/spendingpower/SpendingMillions.csv",
            sha256="52c5022de895199ef90cf68808658576f76956876fa3f9eabff8c638ef085a5b",
            period="2011-2020",
            rows=3520,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code, of before April 2019."),
        "areanm": Column(pl.String, "Name as published."),
        "class": Column(pl.String, "Class of council as published.", values=CLASSES),
        "period": Column(pl.String, "Financial year, such as 2016-17."),
        "year": Column(pl.Int32, "The year it starts in."),
        "measure": Column(
            pl.String,
            "Spending power, GBP million, by the definition of its time.",
            values=(EARLIER, LATER),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("areacd", "period"),
    tidy=tidy,
    area=("areacd", "council"),
    markers=MARKERS,
    warnings=(
        "rekeyed",
        "scope_changes",
        "year_inferred",
    ),
)
