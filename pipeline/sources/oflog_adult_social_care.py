"""Office for Local Government: seven adult social care measures, 2015-16 to 2022-23."""

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

MEASURES = {
    "ASC1": ("carer_quality_of_life", "Outcome, ASC Carer Quality of Life"),
    "ASC2": ("quality_of_life", "Outcome, ASC Quality of Life"),
    "ASC3": (
        "ease_of_finding_information_users",
        "Outcome, Ease of finding information about services : service users",
    ),
    "ASC4": (
        "ease_of_finding_information_carers",
        "Outcome, Ease of finding information about support : carers",
    ),
    "ASC5": (
        "sequel_to_short_term_services",
        "Outcome, Outcome of short-term services: sequel to service",
    ),
    "ASC6": ("requests_resulting_in_service", "Outcome, Requests resulting in a service"),
    "ASC7": ("workforce_turnover", "Outcome, Workforce turnover rate"),
}
"""Code to our name and to the published name."""

COLUMNS = {
    "Financial year": "period",
    "Local authority code": "areacd",
    "Local authority name": "areanm",
    "Code": "measure",
    "Measure": "title",
    "Value": "text",
    "Grouping": "grouping",
    "Entity_Name": "class",
    "Region": "region",
    "MEDIAN": "median",
    "MADs_from_median": "deviation",
    "rank_order": "order",
}
GROUPING = "LA_Raw"


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council and financial year by measure."""
    grid = file.csv()
    frame = grid.table(grid.header(*COLUMNS), COLUMNS)
    titles = {code: title for code, (_, title) in MEASURES.items()}
    expected = pl.col("measure").replace_strict(titles, default=None)
    grid.refuse(
        frame.filter(pl.col("title").ne_missing(expected)), "title", "Measure", "not as declared"
    )
    grid.refuse(
        frame.filter(pl.col("grouping").ne_missing(GROUPING)),
        "grouping",
        "Grouping",
        "not as declared",
    )
    for name, label, pattern in (
        ("period", "Financial year", r"^\d{4}-\d{2}$"),
        ("areacd", "Local authority code", PLACE_CODE),
    ):
        wrong = frame.filter(~pl.col(name).str.contains(pattern).fill_null(False))
        grid.refuse(wrong, name, label, "not as declared")
    frame = frame.with_columns(pl.lit("Value").alias("label"))
    return numbers(frame, "text", file=file, markers={}).select(
        "areacd",
        "areanm",
        "period",
        pl.col("period").str.head(4).cast(pl.Int32).alias("year"),
        "measure",
        pl.col("measure")
        .replace_strict({code: name for code, (name, _) in MEASURES.items()})
        .alias("measure_name"),
        "value",
        "status",
        "row",
    )


SOURCE = Source(
    name="oflog_adult_social_care",
    title="Adult social care measures of the Office for Local Government",
    publisher="Office for Local Government, Ministry of Housing, Communities and Local Government "
    "(from NHS Digital and Skills for Care)",
    licence="OGL v3.0",
    attribution="Contains public sector information of the Ministry of Housing, Communities and "
    "Local Government, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Seven measures by upper-tier council and financial year, not every one in every year: "
    "ASC1 carers' quality of life (score to 12), ASC2 quality of life (adjusted, 0 to 1), ASC3 "
    "and ASC4 ease of finding information, users and carers (percent), ASC5 what follows "
    "short-term support (percent needing none or less), ASC6 requests resulting in a service (per "
    "100,000 adults), ASC7 turnover of the workforce (percent). Region, class, median, deviation "
    "and rank of the same file are not read.",
    releases=[
        Release(
            file="ascof/oflog_ASC_data.csv",
            url="https://raw.githubusercontent.com/communitiesuk/oflog-automated-text/"
            "8036fa87bff7902004956b0561765af21af665da/src/lib/ASC_data.csv",
            sha256="7faa2acd7337d21ed9fe82c57f66878d349e98dbac1e1c8357d1d4cc920d87e9",
            period="2015-2022",
            rows=6376,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code."),
        "areanm": Column(pl.String, "Name as published."),
        "period": Column(pl.String, "Financial year, such as 2016-17."),
        "year": Column(pl.Int32, "The year it starts in."),
        "measure": Column(pl.String, "Code of the measure.", values=tuple(MEASURES)),
        "measure_name": Column(
            pl.String,
            "The measure in words.",
            values=tuple(name for name, _ in MEASURES.values()),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("areacd", "period", "measure"),
    tidy=tidy,
    area=("areacd", "council"),
    warnings=("rekeyed", "zero_for_missing"),
)
