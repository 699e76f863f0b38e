"""Climate plans of councils: one row a document that was found, or a council with none."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source
from pipeline.sources._climate import ADDRESS, CODES, LICENCE, PLACE, PUBLISHER, english

COLUMNS = PLACE | {
    "url": "url",
    "date_retrieved": "text",
    "type": "document_type",
    "title": "title",
    "out_of_date": "out_of_date",
    "file_type": "file_type",
}
TYPES = (
    "action plan",
    "biodiversity plan",
    "climate strategy",
    "engagement plan",
    "meeting minutes",
    "other",
    "other plan",
    "policy statement",
    "pre-plan",
    "progress report",
    "summary document",
)
FORMATS = {
    r"^\d{4}-\d\d-\d\d$": "%Y-%m-%d",
    r"^\d{4}/\d\d/\d\d$": "%Y/%m/%d",
    r"^\d{1,2}/\d{1,2}/\d{4}$": "%d/%m/%Y",
    r"^\d{1,2}/\d{1,2}/\d\d$": "%d/%m/%y",
    r"^\d{1,2} [A-Z][a-z]{2} \d{4}$": "%d %b %Y",
    r"^\d{1,2} [A-Z][a-z]+ \d{4}$": "%d %B %Y",
    r"^\d{4} [A-Z][a-z]+ \d{1,2}$": "%Y %B %d",
}
"""The ways in which volunteers wrote a date; the day always comes before the month."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council and document; ``entry`` counts a council's rows as they come."""
    grid = file.csv()
    frame = english(grid, grid.table(grid.header(*COLUMNS), COLUMNS, others=True))
    text = pl.col("text")
    dates = [
        pl.when(text.str.contains(pattern)).then(text.str.to_date(form, strict=False))
        for pattern, form in FORMATS.items()
    ]
    frame = frame.with_columns(
        pl.coalesce(dates).alias("date_retrieved"),
        pl.col("document_type").str.to_lowercase(),
        pl.col("title").str.replace_all(r"\s+", " "),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("registry_code").alias("entry"),
        pl.col("out_of_date")
        .replace_strict({"True": True, "False": False}, default=None, return_dtype=pl.Boolean)
        .alias("old"),
    )
    wrong = frame.filter(text.is_not_null() & pl.col("date_retrieved").is_null())
    grid.refuse(wrong, "text", "date_retrieved", "expected a date, day before month")
    wrong = frame.filter(pl.col("out_of_date").is_not_null() & pl.col("old").is_null())
    grid.refuse(wrong, "out_of_date", "out_of_date", "expected True or False")
    wrong = frame.filter(~pl.col("document_type").is_in(TYPES))
    grid.refuse(wrong, "document_type", "type", f"expected one of {', '.join(TYPES)}")
    return frame.with_columns(
        pl.any_horizontal(pl.col("url", "title").is_not_null()).alias("found"),
        pl.col("old").alias("out_of_date"),
    ).drop("text", "old")


SOURCE = Source(
    name="climate_plans",
    title="Climate plans published by English councils",
    publisher=PUBLISHER,
    licence=LICENCE,
    attribution="mySociety and Climate Emergency UK, CC BY 4.0.",
    grade="original",
    about="Documents on climate that volunteers found on the pages of each English council, former "
    "ones and combined authorities too, with the kind of document; a council with none has a row "
    "whose found is false. Other nations' are left out. What a plan says, its period, scope and "
    "state are not in the file (the columns are empty); columns about the council itself are not "
    "read. About climate only: at most a sign that a council publishes plans at all.",
    releases=[
        Release(
            file="council_plans/climate_plans.csv",
            url=f"{ADDRESS}local_authority_climate_plans_metadata/plans.csv",
            sha256="5618fab4e5e8b212cf3017c0858ac1d83cd97ff07123ddaf2101933a86c92754",
            period="2025",
            rows=895,
        )
    ],
    columns=CODES
    | {
        "entry": Column(pl.Int32, "Number of the row among those of the council.", low=1),
        "found": Column(pl.Boolean, "Whether the row is a document, or tells that none was found."),
        "document_type": Column(pl.String, "Kind of document.", values=TYPES, null=True),
        "title": Column(pl.String, "Title of the document.", null=True),
        "url": Column(pl.String, "Where it was.", null=True),
        "file_type": Column(pl.String, "Kind of file.", null=True),
        "date_retrieved": Column(pl.Date, "When it was found there.", null=True),
        "out_of_date": Column(pl.Boolean, "Whether volunteers call it out of date.", null=True),
    },
    key=("registry_code", "entry"),
    warnings=("volunteer_reading",),
    tidy=tidy,
    area=("areacd", "council"),
)
