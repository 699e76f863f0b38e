"""NHS Staff Survey 2015-2019, acute trusts: engagement, openness and mortality."""

import polars as pl

from pipeline.reading.calendar import STAFF_SURVEY
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers
from pipeline.sources._mortality import reconcile

MEASURES = {
    "Engagement": ("engagement", "engagement, 0 to 1"),
    "FreedomSpeak": ("freedom_to_speak", "freedom to speak up, 0 to 1"),
    "Openness": ("openness", "openness about errors and incidents, 0 to 1"),
    "RecommendCare": ("recommend_care", "share who would recommend the care, 0 to 1"),
    "RecommendWork": ("recommend_work", "share who would recommend the workplace, 0 to 1"),
    "WorkStress": ("work_stress", "share unwell from work-related stress, 0 to 1"),
    "rr": ("response_rate", "response rate of the survey, 0 to 1"),
    "Survey.clinical.proportion": (
        "clinical_share",
        "share of clinical staff among those who answered, 0 to 1",
    ),
    "SHMI.index": ("mortality", "summary hospital-level mortality indicator, 1 as expected"),
    "SHMI.before": ("mortality_before", "the same a year earlier"),
}
"""Published column to our measure and its meaning."""
KEY = {"Code": "org_code", "Year.index": "period"}
UNREAD = "Responses"
MARKERS = {"NA": "x"}
CODE = r"^[0-9A-Z]{3,4}$"


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Trust and year by measure."""
    grid = file.csv()
    labels = {label: label for label in (*MEASURES, UNREAD)}
    frame = grid.table(grid.header("Code", "Year.index"), KEY | labels)
    nameless = frame.filter(pl.col("org_code").is_null())
    if nameless.height > 1:
        raise file.error(
            f"expected one row without a code at most, found {nameless.height}",
            row=nameless["row"][1],
            column="Code",
        )
    frame = frame.filter(pl.col("org_code").is_not_null())
    for name, label, pattern, expected in (
        ("org_code", "Code", CODE, "expected an ODS code"),
        ("period", "Year.index", r"^20\d\d$", "expected a year"),
    ):
        wrong = frame.filter(~pl.col(name).str.contains(pattern).fill_null(False))
        grid.refuse(wrong, name, label, expected)
    long = frame.unpivot(
        on=list(MEASURES),
        index=["row", "org_code", "period"],
        variable_name="label",
        value_name="text",
    )
    return numbers(long, "text", file=file, markers=MARKERS).select(
        "org_code",
        "period",
        pl.col("period").cast(pl.Int32).alias("year"),
        pl.col("label")
        .replace_strict({k: name for k, (name, _) in MEASURES.items()})
        .alias("measure"),
        "value",
        "status",
        "row",
    )


SOURCE = Source(
    name="staff_survey_acute",
    title="NHS Staff Survey: engagement and openness of acute trusts, 2015-2019",
    publisher="NHS England",
    licence="Unclear: nhsstaffsurveys.com carries a copyright notice, an old entry on data.gov.uk "
    "says OGL. Attribute NHS England.",
    attribution="NHS Staff Survey, NHS England; mortality: NHS Digital; joined and rescaled in "
    "ebmgt/NHS-wellbeing (AGPL-3.0).",
    grade="derived",
    calendar=STAFF_SURVEY,
    about="Results of acute trusts by year, with the mortality indicator beside them. The scales "
    "are the collector's, from 0 to 1, and the file does not explain them. Some years of a trust "
    "are empty, such as those before a merger. The Isle of Wight has its mortality under R1F and "
    "its clinical share under R1F1; what the survey found there is most likely what stands under "
    "RF1, a code that no list of NHS bodies knows, and is left there. The number of responses "
    "repeats one value in all years of a trust and is not read; nor is one row that has no code.",
    releases=[
        Release(
            file="nhs_staff_survey/data.NHS.2015_2019.csv",
            url="https://raw.githubusercontent.com/ebmgt/NHS-wellbeing/"
            "a164806e0be85275387b10fbcce5f5de7064d118/files/data%20%28csv%20and%20rda%29/"
            "data.NHS.2015_2019.csv",
            sha256="f22f1866c523afaf320cf75e705957cc1005ea186458856491797caf0775aa27",
            period="2015-2019",
            rows=7020,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code as published."),
        "period": Column(pl.String, "Year of the survey."),
        "year": Column(pl.Int32, "The same as a number.", low=2015, high=2019),
        "measure": Column(
            pl.String,
            "; ".join(f"{name}: {words}" for name, words in MEASURES.values()) + ".",
            values=tuple(name for name, _ in MEASURES.values()),
        ),
        "value": Column(
            pl.Float64, "Score or share; empty where the status says so.", low=0, high=2, null=True
        ),
        "status": STATUS_COLUMN,
    },
    key=("org_code", "year", "measure"),
    tidy=tidy,
    area=("org_code", "trust"),
    markers=MARKERS,
    warnings=("rekeyed", "licence_unclear", "unit_not_stated"),
    reconcile=reconcile,
)
