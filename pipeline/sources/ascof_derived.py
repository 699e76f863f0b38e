"""Adult social care outcomes framework (ASCOF) 2018-19 to 2020-21, reshaped by a third party."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import (
    PLACE_CODE,
    STATUS_COLUMN,
    VALUE,
    Column,
    Release,
    Source,
    numbers,
)
from pipeline.sources.ascof_workbook import LEVELS, MEASURES, PUBLISHED

TITLES_2018 = {
    "Social care-related quality of life score": "1A",
    "The proportion of people who use services who have control over their daily life": "1B",
    "The proportion of people who use services who receive self-directed support": "1C1A",
    "The proportion of carers who receive self-directed support": "1C1B",
    "The proportion of people who use services who receive direct payments": "1C2A",
    "The proportion of carers who receive direct payments": "1C2B",
    "Carer-reported quality of life score": "1D",
    "The proportion of adults with a learning disability in paid employment": "1E",
    "The proportion of adults in contact with secondary mental health services in paid "
    "employment": "1F",
    "The proportion of adults with a learning disability who live in their own home or with their "
    "family": "1G",
    "The proportion of adults in contact with secondary mental health services living "
    "independently, with or without support": "1H",
    "The proportion of people who use services who reported that they had as much social contact "
    "as they would like": "1I1",
    "The proportion of carers who reported that they had as much social contact as they would "
    "like": "1I2",
    PUBLISHED["1J"].title: "1J",
    PUBLISHED["2A1"].title: "2A1",
    PUBLISHED["2A2"].title: "2A2",
    "The proportion of older people (aged 65 and over) who were still at home 91 days after "
    "discharge from hospital into reablement/rehabilitation services": "2B1",
    "The proportion of older people (aged 65 and over) who received reablement/rehabilitation "
    "services after discharge from hospital": "2B2",
    "Delayed transfers of care from hospital, per 100,000 population": "2C1",
    "Delayed transfers of care from hospital that are attributable to adult social care, per "
    "100,000 population": "2C2",
    "Delayed transfers of care from hospital that are jointly attributable to NHS and adult "
    "social care, per 100,000 population": "2C3",
    "The outcome of short-term services: sequel to service": "2D",
    PUBLISHED["3A"].title: "3A",
    "Overall satisfaction of carers with social services": "3B",
    "The proportion of carers who report that they have been included or consulted in discussion "
    "about the person they care for": "3C",
    "The proportion of people who use services who find it easy to find information about "
    "support": "3D1",
    "The proportion of carers who find it easy to find information about support": "3D2",
    "The proportion of people who use services who feel safe": "4A",
    "The proportion of people who use services who say that those services have made them feel "
    "safe and secure": "4B",
}
TITLES_2020 = {measure.title: code for code, measure in PUBLISHED.items()}
CARERS = ("1C1B", "1C2B")
TITLES_2019 = {
    **{title: code for title, code in TITLES_2020.items() if code not in CARERS},
    "Delayed transfers of care from hospital per 100,000 population": "2C1",
    "Delayed transfers of care from hospital which are attributable to adult social care per "
    "100,000 population": "2C2",
    "Delayed transfers of care from hospital which are jointly attributable to the NHS and adult "
    "social care per 100,000 population": "2C3",
}
TITLES = {"2018-19": TITLES_2018, "2019-20": TITLES_2019, "2020-21": TITLES_2020}
"""Year to the titles of its measures and their codes."""

COLUMNS = {
    "Geographical Description": "areanm",
    "Geographical Level": "level",
    "ONS Code": "areacd",
    "Measure Group Description": "title",
    "Disaggregation Level": "people",
    "Measure Value": "text",
    "IMD - Average rank": "deprivation",
    "Annual Pay Mean": "pay",
    "Population": "population",
    "Year": "ending",
}
KEPT_LEVELS = {name: kind for name, kind in LEVELS.items() if kind != "council_type"}
KEPT_GROUPS = ("Total", "Female", "Male", "18-64", "65 and over")
MERGED = {"2019-20": ("1C1A", "1C2A")}
"""Measures whose title also stands for carers: users and carers cannot be told apart."""
REABLEMENT = ("2B1", "2B2")
"""Published by other ages: the figure of everybody of 65 and over is made by the third party."""


def set_aside(period: str) -> pl.Expr:
    """Rows that are not what their title says, or not the publisher's."""
    code, people = pl.col("code"), pl.col("people")
    return (
        code.is_in(MERGED.get(period, ()))
        | (code.is_in(CARERS) & (people != "Total"))
        | (code.is_in(REABLEMENT) & (people == "65 and over"))
    )


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """The outcomes of one year, but for those set aside."""
    grid = file.csv()
    frame = grid.table(grid.header(*COLUMNS), COLUMNS)
    year = int(release.period[:4])
    for name, label, known in (
        ("level", "Geographical Level", KEPT_LEVELS),
        ("title", "Measure Group Description", TITLES[release.period]),
        ("people", "Disaggregation Level", KEPT_GROUPS),
        ("ending", "Year", [str(year + 1)]),
    ):
        wrong = frame.filter(~pl.col(name).is_in(list(known)).fill_null(False))
        grid.refuse(wrong, name, label, "not as declared")
    coded = pl.col("areacd").str.contains(PLACE_CODE).fill_null(False)
    grid.refuse(frame.filter(~coded), "areacd", "ONS Code", "expected an ONS code")
    frame = frame.with_columns(
        pl.col("title").replace_strict(TITLES[release.period]).alias("code"),
        pl.lit("Measure Value").alias("label"),
    ).filter(~set_aside(release.period))
    measures = pl.col("code")
    return numbers(frame, "text", file=file, markers={}).select(
        "areacd",
        "areanm",
        pl.col("level").replace_strict(KEPT_LEVELS).alias("area_type"),
        pl.lit(release.period).alias("period"),
        pl.lit(year).alias("year"),
        "code",
        measures.replace_strict({code: m.name for code, m in MEASURES.items()}).alias("measure"),
        "people",
        measures.replace_strict({code: m.unit for code, m in MEASURES.items()}).alias("unit"),
        "value",
        "status",
        "row",
    )


HUB = (
    "https://raw.githubusercontent.com/ericyang-almaeconomics/social_care_datahub/"
    "284a28a4094fce5e4d57686d2d94e85ad0250c14/Data/"
)
FILES = """
    2018-19 2019 15311 51181c1f38cee61ff163a10439293e0b4d42252e535200dd0a42dde2c289c390
    2019-20 2020 9785 71aa5892cc65456166f6ba1804bee660c3023991762339aacf6e11b599efb2cb
    2020-21 2021 5573 d4e8ccd057cb414b3eb52127b7f2cf8fb44236a7f58e7f7fed51561976a552c9
"""  # one file a line: year, the year it ends in, rows, sha256

SOURCE = Source(
    name="ascof_derived",
    title="Outcomes of the adult social care outcomes framework, 2018-19 to 2020-21",
    publisher="NHS Digital, reshaped by the social_care_datahub project",
    licence="OGL v3.0",
    attribution="Contains information from NHS Digital, licensed under the Open Government "
    "Licence v3.0.",
    grade="derived",
    about="Outcomes by council, region and England, for all people and by sex and age, without "
    "margins or numbers of people. What the publisher suppressed or did not have is not in the "
    "files, so a place that is missing is not known to be one or the other. Set aside: direct "
    "payments and self-directed support of 2019-20, where users and carers stand under one title; "
    "the same of carers by age in the other years, and reablement of everybody of 65 and over by "
    "age band, which the project made itself out of other ages. 2020-21 is in the publisher's own "
    "table too (ascof_workbook): use that. Deprivation, pay and population, which were joined to "
    "the outcomes, are not read.",
    releases=[
        Release(
            file=f"ascof/derived_final_data_{ending}.csv",
            url=f"{HUB}{ending}/final_data_{ending}.csv",
            sha256=sha256,
            period=period,
            rows=int(rows),
        )
        for period, ending, rows, sha256 in (line.split() for line in FILES.split("\n") if line)
    ],
    columns={
        "areacd": Column(pl.String, "ONS code."),
        "areanm": Column(pl.String, "Name as published."),
        "area_type": Column(
            pl.String, "council, region or country.", values=tuple(KEPT_LEVELS.values())
        ),
        "period": Column(pl.String, "Financial year, such as 2018-19."),
        "year": Column(pl.Int32, "The year it starts in."),
        "code": Column(pl.String, "Code of the measure.", values=tuple(MEASURES)),
        "measure": Column(
            pl.String,
            "The measure in words.",
            values=tuple(measure.name for measure in MEASURES.values()),
        ),
        "people": Column(pl.String, "Group of people by sex or age.", values=KEPT_GROUPS),
        "unit": Column(pl.String, "Unit of the value."),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("areacd", "period", "code", "people"),
    tidy=tidy,
    area=("areacd", "council"),
    warnings=(
        "rekeyed",
        "voluntary_item",
        "suppressed_rows_dropped",
    ),
)
