"""NHS Staff Survey 2012-2019, acute trusts: scores on the survey's own scales, and mortality."""

import polars as pl

from pipeline.reading.calendar import STAFF_SURVEY
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers
from pipeline.sources._mortality import reconcile

SHEET = "data.NHS.2012_2019"
MEASURES = {
    "Engagement.Index": ("engagement", "engagement, 1 to 5"),
    "Engagement.Index.dichot": ("engagement_share", "engagement as a share, 0 to 1"),
    "RecommendWork.Index": ("recommend_work", "would recommend the workplace, 1 to 5"),
    "RecommendWork.Index.dichot": ("recommend_work_share", "the same as a share, 0 to 1"),
    "RecommendCare.Index": ("recommend_care", "would recommend the care, 1 to 5"),
    "RecommendCare.Index.dichot": ("recommend_care_share", "the same as a share, 0 to 1"),
    "WorkStress.Index": ("work_stress", "share unwell from work-related stress, 0 to 1"),
    "Survey.clinical.proportion": (
        "clinical_share",
        "share of clinical staff among those who answered, 0 to 1",
    ),
    "SHMI.Index": ("mortality", "summary hospital-level mortality indicator, 1 as expected"),
    "SHMI.before": ("mortality_before", "the same a year earlier"),
}
"""Published column to our measure and its meaning."""
KEY = {"Code": "org_code", "Year.Index": "period", "Name": "org_name"}
EMPTY = {"FreedomSpeak.Index": "0", "Openness.Index": "0", "X": "NA"}
"""Columns without content, and the only text beside NA that they hold."""
UNREAD = ("HEE.region.code", "HEE.region.name", "North", "North.v.South")
ANSWERED = "Responses"
MARKERS = {"NA": "x"}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Trust and year by measure."""
    grid = file.sheet(SHEET)
    labels = {label: label for label in (*MEASURES, *EMPTY, *UNREAD, ANSWERED)}
    frame = grid.table(grid.header("Code", "Year.Index"), KEY | labels)
    for name, label, right, expected in (
        ("org_code", "Code", pl.col("org_code").str.contains(r"^[0-9A-Z]{3}$"), "an ODS code"),
        ("period", "Year.Index", pl.col("period").str.contains(r"^20\d\d$"), "a year"),
        *(
            (label, label, pl.col(label).is_in([text, *MARKERS]), f"nothing but {text}")
            for label, text in EMPTY.items()
        ),
    ):
        grid.refuse(frame.filter(~right.fill_null(False)), name, label, f"expected {expected}")
    index = ["row", "org_code", "org_name", "period"]
    long = frame.unpivot(
        on=[*MEASURES, ANSWERED], index=index, variable_name="label", value_name="text"
    )
    long = numbers(long, "text", file=file, sheet=grid.sheet, markers=MARKERS)
    answered = long.filter(pl.col("label") == ANSWERED)
    part = answered.filter(pl.col("value") % 1 != 0)
    grid.refuse(part, "value", ANSWERED, "expected a whole number")
    return (
        long.filter(pl.col("label") != ANSWERED)
        .join(answered.select("row", pl.col("value").alias("respondents")), on="row")
        .select(
            "row",
            "org_code",
            pl.when(~pl.col("org_name").is_in(list(MARKERS))).then("org_name"),
            "period",
            pl.col("period").cast(pl.Int32).alias("year"),
            pl.col("label")
            .replace_strict({k: name for k, (name, _) in MEASURES.items()})
            .alias("measure"),
            "value",
            "status",
            pl.col("respondents").cast(pl.Int32),
        )
    )


SOURCE = Source(
    name="staff_survey_acute_scores",
    title="NHS Staff Survey: scores of acute trusts, 2012-2019",
    publisher="NHS England",
    licence="Unclear: nhsstaffsurveys.com carries a copyright notice, an old entry on data.gov.uk "
    "says OGL. Attribute NHS England.",
    attribution="NHS Staff Survey, NHS England; mortality: NHS Digital; joined in "
    "ebmgt/NHS-wellbeing (AGPL-3.0).",
    grade="derived",
    calendar=STAFF_SURVEY,
    about="Results of acute trusts by year on scales of 1 to 5 and as shares, with the mortality "
    "indicator beside them. The scales are inferred from the figures. Freedom to speak and "
    "openness are zero in every row, which is no result, and are not read; nor are the regions.",
    releases=[
        Release(
            file="nhs_staff_survey/data.NHS.2012_2019.xlsx",
            url="https://raw.githubusercontent.com/ebmgt/NHS-wellbeing/"
            "a164806e0be85275387b10fbcce5f5de7064d118/files/data%20%28csv%20and%20rda%29/"
            "data.NHS.2012_2019.xlsx",
            sha256="0a00e1c8436027b4b75dfe8858feaf52c5c9c982ead3c0131b6ef05993776fe1",
            period="2012-2019",
            rows=10840,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code as published."),
        "org_name": Column(pl.String, "Name as published.", null=True),
        "period": Column(pl.String, "Year of the survey."),
        "year": Column(pl.Int32, "The same as a number.", low=2012, high=2019),
        "measure": Column(
            pl.String,
            "; ".join(f"{name}: {words}" for name, words in MEASURES.values()) + ".",
            values=tuple(name for name, _ in MEASURES.values()),
        ),
        "value": Column(
            pl.Float64, "Score or share; empty where the status says so.", low=0, high=5, null=True
        ),
        "status": STATUS_COLUMN,
        "respondents": Column(
            pl.Int32, "Staff of the trust who answered that year.", low=1, null=True
        ),
    },
    key=("org_code", "year", "measure"),
    tidy=tidy,
    area=("org_code", "trust"),
    markers=MARKERS,
    warnings=("rekeyed", "licence_unclear", "unit_not_stated"),
    reconcile=reconcile,
)
