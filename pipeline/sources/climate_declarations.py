"""Declarations of a climate emergency by councils."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source
from pipeline.sources._climate import ADDRESS, CODES, LICENCE, PLACE, PUBLISHER, english

MEASURES = {
    "made_declaration": "declared",
    "carbon_neutral_date": "carbon_neutral_year",
    "carbon_neutral_whole_date": "carbon_neutral_year_whole_area",
}
COLUMNS = PLACE | {"date_made": "date"} | {label: label for label in MEASURES}
DECLARED = "made_declaration"
NO_YEAR = (
    ("?", "x"),
    ("None", "z"),
    ("No - new council", "z"),
    ("Council - abolished", "z"),
    ("Aspiration", "z"),
)
"""First words of an answer without a year of the council's own, and the status it has."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council by answer; the publisher's words stand beside what is read out of them."""
    grid = file.csv()
    frame = english(grid, grid.table(grid.header(*COLUMNS), COLUMNS, others=True))
    day = pl.col("date").str.extract_groups(r"^(?:(\d\d)/)?(\d\d)/(\d{4})$")
    parts = [day.struct.field(name) for name in ("3", "2", "1")]
    frame = frame.with_columns(
        pl.concat_str(parts, separator="-", ignore_nulls=True).alias("date_declared"),
        parts[0].alias("period"),
    ).with_columns(pl.col("date_declared").replace("", None))
    wrong = frame.filter(pl.col("date").is_not_null() & pl.col("period").is_null())
    grid.refuse(wrong, "date", "date_made", "expected a date such as 31/12/2019")
    index = [*PLACE.values(), "date_declared", "period", "row"]
    long = frame.unpivot(on=list(MEASURES), index=index, variable_name="label", value_name="words")
    words, declared = pl.col("words"), pl.col("label") == DECLARED
    letter = words.str.head(1).replace_strict({"Y": 1.0, "N": 0.0}, default=None)
    year = words.str.extract(r"^(20\d\d)(?:\D|$)").cast(pl.Float64)
    none = pl.coalesce(
        pl.when(words.str.starts_with(start)).then(pl.lit(status)) for start, status in NO_YEAR
    )
    long = long.with_columns(
        pl.when(declared).then(letter).otherwise(year).alias("value")
    ).with_columns(
        pl.when(words.is_null())
        .then(pl.lit("x"))
        .when(pl.col("value").is_not_null())
        .then(pl.lit("ok"))
        .when(~declared)
        .then(none)
        .alias("status")
    )
    for label in MEASURES:
        wrong = long.filter((pl.col("label") == label) & pl.col("status").is_null())
        expected = "Y or N" if label == DECLARED else "a year, or words declared as none"
        grid.refuse(wrong, "words", label, f"expected {expected}")
    return long.with_columns(
        pl.col("label").replace_strict(MEASURES).alias("measure"),
        pl.col("period").cast(pl.Int32).alias("year"),
    ).drop("label")


SOURCE = Source(
    name="climate_declarations",
    title="Climate emergency declarations of English councils",
    publisher=PUBLISHER,
    licence=LICENCE,
    attribution="mySociety and Climate Emergency UK, CC BY 4.0.",
    grade="original",
    about="Whether each English council, combined authority and the Greater London Authority "
    "declared a climate emergency, when (of refusals: the day of the motion), and by which year it "
    "wants to be carbon neutral. Answers are volunteers' words, kept in words: an answer that "
    "starts with Y or N is one, however it goes on. Left out: other nations, and two former "
    "councils without any code. Columns on nature, adaptation and government, links and notes are "
    "not read.",
    releases=[
        Release(
            file="council_plans/climate_emergency_declarations.csv",
            url=f"{ADDRESS}local_authority_climate_emergency_declarations/declarations.csv",
            sha256="6230436e8d7f5852712ff8e1caaceba84604bb9f113490cf28bb783de4afd4c7",
            period="2025",
            rows=1029,
        )
    ],
    columns=CODES
    | {
        "date_declared": Column(
            pl.String, "Day of the motion, as YYYY-MM-DD; without the day if unknown.", null=True
        ),
        "period": Column(pl.String, "Calendar year of the motion.", null=True),
        "year": Column(pl.Int32, "The same as a number.", null=True),
        "measure": Column(
            pl.String,
            "declared (1 yes, 0 no), or the year to be carbon neutral, in all or for the whole "
            "area.",
            values=tuple(MEASURES.values()),
        ),
        "words": Column(pl.String, "The answer as published.", null=True),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("registry_code", "measure"),
    warnings=("volunteer_reading",),
    tidy=tidy,
    area=("areacd", "council"),
)
