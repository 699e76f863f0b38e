"""Care Quality Commission: ratings of trusts by service and key question, as of February 2019."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers
from pipeline.sources._dates import financial_period, financial_year

RATINGS = {
    1: "Inadequate",
    2: "Requires improvement",
    3: "Good",
    4: "Outstanding",
}
"""Score to rating, on the scale of all inspections here."""
LOWEST = 0
"""Where the file starts counting (CQC_ratings_lookup.csv): its scores are one less."""
QUESTIONS = {
    "Overall": "overall",
    "Safe": "safe",
    "Effective": "effective",
    "Caring": "caring",
    "Responsive": "responsive",
    "Well-led": "well_led",
}
WHOLE = "Overall"
COLUMNS = {
    "ORG_CODE": "org_code",
    "DATE": "date",
    "POPULATION": "service",
    "QUESTION": "question",
    "RATING_SCORE": "text",
}
CODES = {"ods": r"^[0-9A-Z]{3}$", "cqc": r"^1-\d+$"}
"""Kind of code to its form: trusts by their ODS code, other providers by the CQC's own."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Organisation, service and key question by date."""
    grid = file.csv()
    frame = grid.table(grid.header("ORG_CODE", "RATING_SCORE"), COLUMNS)
    code = pl.col("org_code")
    frame = frame.with_columns(
        pl.when(code.str.contains(CODES["ods"]))
        .then(pl.lit("ods"))
        .when(code.str.contains(CODES["cqc"]))
        .then(pl.lit("cqc"))
        .alias("code_type"),
        pl.col("date").str.to_date("%d/%m/%Y", strict=False).alias("day"),
        pl.lit("RATING_SCORE").alias("label"),
    )
    for name, label, right, expected in (
        ("org_code", "ORG_CODE", "code_type", "expected an ODS code or an id of the CQC"),
        ("date", "DATE", "day", "expected a date such as 31/12/2018"),
        ("service", "POPULATION", "service", "expected a service"),
    ):
        grid.refuse(frame.filter(pl.col(right).is_null()), name, label, expected)
    unknown = frame.filter(~pl.col("question").is_in(list(QUESTIONS)).fill_null(False))
    grid.refuse(unknown, "question", "QUESTION", "expected a declared key question")
    scored = numbers(frame, "text", file=file, markers={})
    last = LOWEST + len(RATINGS) - 1
    off = scored.filter(~pl.col("value").is_in([float(s) for s in range(LOWEST, last + 1)]))
    grid.refuse(off, "value", "RATING_SCORE", f"expected a score from {LOWEST} to {last}")
    scored = scored.with_columns(pl.col("value") + (min(RATINGS) - LOWEST))
    return scored.select(
        "org_code",
        "code_type",
        financial_period(pl.col("day")).alias("period"),
        financial_year(pl.col("day")).alias("year"),
        pl.col("day").alias("date"),
        pl.when(pl.col("service") == WHOLE)
        .then(pl.lit("provider"))
        .otherwise(pl.lit("service"))
        .alias("scope"),
        "service",
        pl.col("question").replace_strict(QUESTIONS),
        "value",
        "status",
        pl.col("value")
        .replace_strict(
            {float(score): words for score, words in RATINGS.items()}, return_dtype=pl.String
        )
        .alias("rating"),
        "row",
    )


SOURCE = Source(
    name="cqc_trust_ratings",
    title="CQC ratings of NHS trusts by key question, with Well-led",
    publisher="Care Quality Commission",
    licence="OGL v3.0",
    attribution="Contains Care Quality Commission data, licensed under the Open Government Licence "
    "v3.0; typed again in miqdadasaria/hospital_management (LGPL-3.0).",
    grade="derived",
    about="Latest rating of each provider as of February 2019, by service and key question: a "
    "snapshot, so a rating can be later than what it is set beside, and earlier ones are gone. "
    "The file does not say what its date is the date of. Trusts have ODS codes, other providers "
    "the CQC's own ids; some of these are rated by service only. The words of the scores are "
    "declared in the source; the file that gives them is not read.",
    releases=[
        Release(
            file="cqc_trusts/CQC_ratings.csv",
            url="https://raw.githubusercontent.com/miqdadasaria/hospital_management/"
            "c527a7c5b3e1aef0bec38a66050a87b955d863dc/data/csv/CQC_ratings.csv",
            sha256="e1320674ccb7a5331958dc06bf71c0d32f1f2f28546d15cf62206d1bb2fcc816",
            period="2013-2019",
            rows=8155,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code, or the CQC's own id of a provider."),
        "code_type": Column(pl.String, "Which of the two the code is.", values=tuple(CODES)),
        "period": Column(pl.String, "Financial year of the rating's date, such as 2018-19."),
        "year": Column(pl.Int32, "The year it starts in.", low=2012, high=2018),
        "date": Column(pl.Date, "Date that stands beside the rating."),
        "scope": Column(
            pl.String,
            "Whether the rating is of the provider as a whole or of one service.",
            values=("provider", "service"),
        ),
        "service": Column(pl.String, "Service or population rated, as published."),
        "question": Column(
            pl.String, "Key question, or overall.", values=tuple(QUESTIONS.values())
        ),
        "value": Column(
            pl.Float64,
            "Score: " + ", ".join(f"{score} {words}" for score, words in RATINGS.items()) + ". One "
            "more than in the file, which counts from 0.",
            low=1,
            high=4,
            null=True,
        ),
        "status": STATUS_COLUMN,
        "rating": Column(
            pl.String, "The score in words.", values=tuple(RATINGS.values()), null=True
        ),
    },
    key=("org_code", "service", "question", "date"),
    tidy=tidy,
    area=("org_code", "trust"),
    warnings=(
        "rekeyed",
        "snapshot",
    ),
)
