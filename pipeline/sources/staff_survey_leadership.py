"""NHS Staff Survey 2012-2018: what staff say of their manager and of senior managers."""

import polars as pl

from pipeline.reading.calendar import STAFF_SURVEY
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers

QUESTIONS = {
    "7a": "My immediate manager encourages those who work for her/him to work as a team",
    "7b": "My immediate manager can be counted on to help me with a difficult task at work",
    "7c": "My immediate manager gives me clear feedback on my work",
    "7d": "My immediate manager asks for my opinion before making decisions that affect my work",
    "7e": "My immediate manager is supportive in a personal crisis",
    "7f": "My immediate manager takes a positive interest in my health and well-being",
    "7g": "My immediate manager values my work",
    "8a": "I know who the senior managers are here",
    "8b": "Communication between senior management and staff is effective",
    "8c": "Senior managers here try to involve staff in important decisions",
    "8d": "Senior managers act on staff feedback",
}
"""Number of a question to its wording."""
FIRST_ASKED = {"7f": 2015, "7g": 2015}

RESPONSES = {
    "SD": "strongly_disagree",
    "D": "disagree",
    "NAND": "neither",
    "A": "agree",
    "SA": "strongly_agree",
}
"""Published letters to our response; the place in this order is the score, from 1."""
MARKERS = {"NA": "x"}
ROUNDED = (2016, 2017)


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Organisation and year by question and response."""
    grid = file.csv()
    answers = {
        f"{question}_{letters}": (question, response, score)
        for question in QUESTIONS
        for score, (letters, response) in enumerate(RESPONSES.items(), 1)
    }
    counts = {f"{question}_N": question for question in QUESTIONS}
    labels = [*answers, *counts]
    columns = {"ORG_CODE": "org_code", "YEAR": "text"} | {label: label for label in labels}
    frame = grid.table(grid.header("ORG_CODE", "YEAR"), columns)
    frame = numbers(
        frame.with_columns(pl.lit("YEAR").alias("label")), "text", file=file, markers={}
    ).select("org_code", pl.col("value").cast(pl.Int32).alias("year"), *labels, "row")
    index = ["org_code", "year", "row"]
    long = frame.unpivot(on=labels, index=index, variable_name="label", value_name="text")
    long = numbers(long, "text", file=file, markers=MARKERS).with_columns(
        pl.col("label").str.split("_").list.first().alias("question")
    )
    respondents = long.filter(pl.col("label").is_in(list(counts)))
    part = respondents.filter(pl.col("value") % 1 != 0)
    if part.height:
        first = part.row(0, named=True)
        raise file.error(
            f"expected a whole number of respondents, found {first['value']}",
            row=first["row"],
            column=first["label"],
        )
    asked = pl.col("year") >= pl.col("question").replace_strict(
        FIRST_ASKED, default=0, return_dtype=pl.Int32
    )
    unanswered = pl.col("value").is_null() & (pl.col("status") == "x")
    return (
        long.filter(pl.col("label").is_in(list(answers)))
        .join(
            respondents.select("row", "question", pl.col("value").alias("respondents")),
            on=["row", "question"],
            how="left",
        )
        .select(
            *index,
            pl.col("year").cast(pl.String).alias("period"),
            "question",
            pl.col("label")
            .replace_strict({label: response for label, (_, response, _) in answers.items()})
            .alias("response"),
            pl.col("label")
            .replace_strict({label: score for label, (_, _, score) in answers.items()})
            .alias("score"),
            "value",
            pl.when(unanswered & ~asked)
            .then(pl.lit("z"))
            .otherwise(pl.col("status"))
            .alias("status"),
            pl.col("respondents").cast(pl.Int32),
        )
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """The five responses to a question make a hundred percent.

    In 2016 and 2017 each is rounded to a whole percent, so five may miss it by 2.5.
    """
    return (
        frame.filter(pl.col("value").is_not_null())
        .group_by("period", "year", "org_code", "question")
        .agg(pl.col("value").sum().alias("computed"))
        .select(
            pl.format("responses = 100 percent: {}", "question").alias("check"),
            "period",
            pl.col("org_code").alias("area"),
            pl.lit(100.0).alias("published"),
            "computed",
            pl.when(pl.col("year").is_in(ROUNDED)).then(2.5).otherwise(0.01).alias("tolerance"),
        )
    )


SOURCE = Source(
    name="staff_survey_leadership",
    title="NHS Staff Survey: immediate managers (7a-7g) and senior managers (8a-8d)",
    publisher="NHS England",
    licence="Unclear: nhsstaffsurveys.com carries a copyright notice, an old entry on data.gov.uk "
    "says OGL. Attribute NHS England.",
    attribution="NHS Staff Survey, NHS England; typed again in miqdadasaria/hospital_management "
    "(LGPL-3.0).",
    grade="derived",
    calendar=STAFF_SURVEY,
    about="Percent of an organisation's staff by response to each of eleven statements, with the "
    "number who answered. 7f and 7g were first asked in 2015. 2016 and 2017 are rounded to whole "
    "percents and also hold bodies that are not acute trusts, some under joined codes such as "
    "01T/01V; the Isle of Wight is R1F1 to R1F3. No other question of the survey is in the file.",
    releases=[
        Release(
            file="nhs_staff_survey/NHS_SS_management.csv",
            url="https://raw.githubusercontent.com/miqdadasaria/hospital_management/"
            "c527a7c5b3e1aef0bec38a66050a87b955d863dc/data/csv/NHS_SS_management.csv",
            sha256="0248c8505993c8f58bf9576315d4ba2ef8f4e763e5c5e098ce967cdcd975755d",
            period="2012-2018",
            rows=76615,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code as published."),
        "period": Column(pl.String, "Year of the survey."),
        "year": Column(pl.Int32, "The same as a number.", low=2012, high=2018),
        "question": Column(
            pl.String,
            "; ".join(f"{number} {wording}" for number, wording in QUESTIONS.items()) + ".",
            values=tuple(QUESTIONS),
        ),
        "response": Column(pl.String, "Answer given.", values=tuple(RESPONSES.values())),
        "score": Column(
            pl.Int32, "1 strongly disagree to 5 strongly agree.", low=1, high=len(RESPONSES)
        ),
        "value": Column(
            pl.Float64,
            "Percent of those who answered; empty where the status says so.",
            low=0,
            high=100,
            null=True,
        ),
        "status": STATUS_COLUMN,
        "respondents": Column(pl.Int32, "Staff who answered the question.", low=1, null=True),
    },
    key=("org_code", "year", "question", "response"),
    tidy=tidy,
    area=("org_code", "trust"),
    markers=MARKERS,
    warnings=("rekeyed", "licence_unclear", "rounded"),
    reconcile=reconcile,
)
