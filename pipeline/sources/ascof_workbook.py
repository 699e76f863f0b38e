"""Adult social care outcomes framework (ASCOF) 2020-21: the publisher's long table."""

from dataclasses import dataclass

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

PERCENT = "percent"
PER_100_000 = "per 100,000 people"


@dataclass(frozen=True)
class Measure:
    """A measure by the codes of until 2022-23.

    Attributes:
        title: the publisher's words in 2020-21; empty where it was not published then.
        rounded: whether its counts are rounded to 5 (those of the surveys).
    """

    name: str
    title: str = ""
    unit: str = PERCENT
    rounded: bool = False


MEASURES = {
    "1A": Measure(
        "quality_of_life", "Social care-related quality of life", "score to 24", rounded=True
    ),
    "1B": Measure(
        "control_over_daily_life",
        "Proportion of people who use services who have control over their daily life",
        rounded=True,
    ),
    "1C1A": Measure(
        "self_directed_support_users",
        "Proportion of people using social care who receive self-directed support",
    ),
    "1C1B": Measure(
        "self_directed_support_carers", "Proportion of carers who receive self-directed support"
    ),
    "1C2A": Measure(
        "direct_payments_users",
        "Proportion of people using social care who receive direct payments",
    ),
    "1C2B": Measure("direct_payments_carers", "Proportion of carers who receive direct payments"),
    "1D": Measure("carer_quality_of_life", unit="score to 12"),
    "1E": Measure(
        "paid_employment_learning_disability",
        "Proportion of adults with learning disabilities in paid employment",
    ),
    "1F": Measure(
        "paid_employment_mental_health",
        "Proportion of adults in contact with secondary mental health services in paid employment",
    ),
    "1G": Measure(
        "own_home_learning_disability",
        "Proportion of adults with learning disabilities who live in their own home or with their "
        "family",
    ),
    "1H": Measure(
        "independent_living_mental_health",
        "Proportion of adults in contact with secondary mental health services who live "
        "independently, with or without support",
    ),
    "1I1": Measure(
        "social_contact_users",
        "Proportion of people who use services who reported that they had as much social contact "
        "as they would like",
        rounded=True,
    ),
    "1I2": Measure("social_contact_carers"),
    "1J": Measure(
        "adjusted_quality_of_life",
        "Adjusted Social care-related quality of life – impact of Adult Social Care services",
        "score to 1",
    ),
    "2A1": Measure(
        "long_term_admissions_18_64",
        "Long-term support needs of younger adults aged 18-64 met by admission to residential and "
        "nursing care homes, per 100,000 population",
        PER_100_000,
    ),
    "2A2": Measure(
        "long_term_admissions_65_over",
        "Long-term support needs of older adults aged 65 and over met by admission to residential "
        "and nursing care homes, per 100,000 population",
        PER_100_000,
    ),
    "2B1": Measure(
        "at_home_91_days_after_reablement_65_over",
        "Proportion of older people 65 and over who were still at home 91 days after discharge "
        "from hospital into reablement/rehabilitation services effectiveness of the service",
    ),
    "2B2": Measure(
        "offered_reablement_after_discharge_65_over",
        "Proportion of older people 65 and over who were still at home 91 days after discharge "
        "from hospital into reablement/rehabilitation services offered the service",
    ),
    "2C1": Measure("delayed_transfers", unit=PER_100_000),
    "2C2": Measure("delayed_transfers_social_care", unit=PER_100_000),
    "2C3": Measure("delayed_transfers_both", unit=PER_100_000),
    "2D": Measure(
        "sequel_to_short_term_services",
        "Proportion of those that received a short term service during the year where the sequel "
        "to service was either no ongoing support or support of a lower level",
    ),
    "3A": Measure(
        "satisfaction_users",
        "Overall satisfaction of people who use services with their care and support",
        rounded=True,
    ),
    "3B": Measure("satisfaction_carers"),
    "3C": Measure("carers_consulted"),
    "3D1": Measure(
        "ease_of_finding_information_users",
        "Proportion of people who use services and carers who find it easy to find information "
        "about services",
        rounded=True,
    ),
    "3D2": Measure("ease_of_finding_information_carers"),
    "4A": Measure(
        "feels_safe", "Proportion of people who use services who feel safe", rounded=True
    ),
    "4B": Measure(
        "services_make_feel_safe",
        "Proportion of people who use services who say that those services have made them feel "
        "safe and secure",
        rounded=True,
    ),
}
"""Code of a measure until 2022-23 to what it is. The same name means the same quantity."""
PUBLISHED = {code: measure for code, measure in MEASURES.items() if measure.title}

GROUPS = {
    "Total": "",
    "Female": "F",
    "Male": "M",
    "18-64": "1864",
    "65 and over": "65OV",
    "64 and under": "64U",
    "65-84": "6584",
    "65-74": "6574",
    "75-84": "7584",
    "85 and over": "85OV",
}
"""Group of people to the end of a measure's code."""

COLUMNS = {
    "Geographical Code": "cassr_code",
    "Geographical Description": "areanm",
    "Geographical Level": "level",
    "ONS Code": "areacd",
    "ASCOF Measure Code": "full_code",
    "Disaggregation Level": "people",
    "Measure Type": "type",
    "Measure Value": "text",
    "Measure Group": "code",
    "Measure Group Description": "title",
}
LEVELS = {
    "Council": "council",
    "Region": "region",
    "Council Type": "council_type",
    "England": "country",
}
STATISTICS = {
    "Outcome": "outcome",
    "Numerator": "numerator",
    "Denominator": "denominator",
    "Base": "respondents",
    "Margin Of Error": "margin_of_error",
}
COUNTS = ("numerator", "denominator", "respondents")
MARKERS = {"[x]": "x", "[c]": "c"}
ROUNDED_TO = 5


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Every row of the table."""
    grid = file.sheet("in")
    frame = grid.table(grid.header(*COLUMNS), COLUMNS)
    frame = frame.filter(pl.any_horizontal(pl.exclude("row").is_not_null()))
    for name, label, known in (
        ("level", "Geographical Level", LEVELS),
        ("code", "Measure Group", PUBLISHED),
        ("people", "Disaggregation Level", GROUPS),
        ("type", "Measure Type", STATISTICS),
    ):
        wrong = frame.filter(~pl.col(name).is_in(list(known)).fill_null(False))
        grid.refuse(wrong, name, label, f"expected one of {', '.join(known)}")
    titles = pl.col("code").replace_strict({code: m.title for code, m in PUBLISHED.items()})
    wrong = frame.filter(pl.col("title").ne_missing(titles))
    grid.refuse(wrong, "title", "Measure Group Description", "expected the measure's own title")
    full = pl.col("code") + pl.col("people").replace_strict(GROUPS)
    wrong = frame.filter(pl.col("full_code").ne_missing(full))
    grid.refuse(wrong, "full_code", "ASCOF Measure Code", "expected the code of measure and group")
    typed = pl.col("level") == "Council Type"
    coded = pl.col("areacd").str.contains(PLACE_CODE).fill_null(False)
    grid.refuse(frame.filter(typed == coded), "areacd", "ONS Code", "expected an ONS code")
    cells = frame.group_by("cassr_code", maintain_order=True).agg(pl.len(), pl.col("row").first())
    full_set = frame.select("full_code", "type").n_unique()
    # An area may lack what is set aside.
    gone = len(grid.aside.hides(grid.sheet)) if grid.aside else 0
    wrong = cells.filter(~pl.col("len").is_between(full_set - gone, full_set))
    grid.refuse(wrong, "len", "Geographical Code", "expected as many figures for every area")
    frame = frame.with_columns(pl.lit("Measure Value").alias("label"))
    units = {code: measure.unit for code, measure in PUBLISHED.items()}
    return numbers(frame, "text", file=file, sheet=grid.sheet, markers=MARKERS).select(
        "areacd",
        "cassr_code",
        "areanm",
        pl.col("level").replace_strict(LEVELS).alias("area_type"),
        pl.lit(release.period).alias("period"),
        pl.lit(int(release.period[:4])).alias("year"),
        "code",
        pl.col("code").replace_strict({c: m.name for c, m in PUBLISHED.items()}).alias("measure"),
        "people",
        pl.col("type").replace_strict(STATISTICS).alias("statistic"),
        pl.when(pl.col("type").replace_strict(STATISTICS).is_in(COUNTS))
        .then(pl.lit("people"))
        .otherwise(pl.col("code").replace_strict(units))
        .alias("unit"),
        "value",
        "status",
        "row",
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """England against regions, types and councils; outcomes against their parts.

    A sum with a part that is not published has no value.
    """
    by = ["period", "code", "measure", "people", "statistic"]
    counts = frame.filter(pl.col("statistic").is_in(COUNTS))
    england = counts.filter(
        (pl.col("area_type") == "country") & pl.col("value").is_not_null()
    ).select(*by, published="value")
    whole = pl.when(pl.col("value").null_count() == 0).then(pl.col("value").sum())
    columns = ["check", "period", "area", "published", "computed", "tolerance"]
    sums = [
        england.join(
            counts.filter(pl.col("area_type") == kind)
            .group_by(by)
            .agg(computed=whole, tolerance=pl.lit(0.5)),
            on=by,
        )
        .with_columns(
            pl.format("England = sum of {}: {} {} {}", pl.lit(kinds), *by[2:]).alias("check"),
            pl.lit("England").alias("area"),
        )
        .select(columns)
        for kind, kinds in (
            ("region", "regions"),
            ("council_type", "types"),
            ("council", "councils"),
        )
    ]
    wide = frame.pivot(
        "statistic", index=["period", "code", "measure", "people", "cassr_code"], values="value"
    ).filter(pl.col("denominator") > 0)
    code = pl.col("code")
    per_100_000 = [c for c, m in PUBLISHED.items() if m.unit == PER_100_000]
    scale = (
        pl.when(code.is_in(per_100_000))
        .then(100_000.0)
        .when(code == "1A")
        .then(1.0)
        .otherwise(100.0)
    )
    half = pl.when(code.is_in([c for c, m in PUBLISHED.items() if m.rounded])).then(ROUNDED_TO / 2)
    share = pl.col("numerator") / pl.col("denominator")
    ratios = wide.drop_nulls(["outcome", "numerator"]).select(
        pl.format("outcome = numerator / denominator: {} {}", "measure", "people").alias("check"),
        "period",
        pl.col("cassr_code").alias("area"),
        pl.col("outcome").alias("published"),
        (share * scale).alias("computed"),
        (0.051 + scale * half.otherwise(0.0) * (1 + share) / pl.col("denominator")).alias(
            "tolerance"
        ),
    )
    return pl.concat([*sums, ratios])


SOURCE = Source(
    name="ascof_workbook",
    title="Measures of the adult social care outcomes framework, 2020-21",
    publisher="NHS Digital",
    licence="OGL v3.0",
    attribution="Contains information from NHS Digital, licensed under the Open Government "
    "Licence v3.0.",
    grade="original",
    about="All 21 measures of 2020-21 by council, region, type of council and England, for all "
    "people and by sex and age: outcomes, numerators and denominators, and for the users' survey "
    "respondents and margins of error. The survey was voluntary that year: few councils took part "
    "and there are no totals of it. The carers' survey was not held. One council sent no records, "
    "so that sums over councils cannot be made. The file itself "
    "does not say which year it is. Every row is read.",
    releases=[
        Release(
            file="ascof/meas-from-asc-of-eng-2021-open-data-csv_v2.xlsx",
            url="https://raw.githubusercontent.com/ericyang-almaeconomics/social_care_datahub/"
            "c481891bca2bca6dd78f79506204124a65e89186/Data/2021/"
            "meas-from-asc-of-eng-2021-open-data-csv_v2.xlsx",
            sha256="3501cfb404ce3a9621a5d7b1185a78ed83f77fa3b36e70f66852baee98b025f0",
            period="2020-21",
            rows=48970,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code; empty for types of council.", null=True),
        "cassr_code": Column(pl.String, "The publisher's code of the council, region or type."),
        "areanm": Column(pl.String, "Name as published."),
        "area_type": Column(
            pl.String,
            "council, council_type, region or country.",
            values=tuple(LEVELS.values()),
        ),
        "period": Column(pl.String, "Financial year."),
        "year": Column(pl.Int32, "The year it starts in."),
        "code": Column(pl.String, "Code of the measure.", values=tuple(PUBLISHED)),
        "measure": Column(
            pl.String,
            "The measure in words.",
            values=tuple(measure.name for measure in PUBLISHED.values()),
        ),
        "people": Column(pl.String, "Group of people by sex or age.", values=tuple(GROUPS)),
        "statistic": Column(
            pl.String,
            "The outcome, its margin of error and respondents, or its parts.",
            values=tuple(STATISTICS.values()),
        ),
        "unit": Column(pl.String, "Unit of the value."),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("cassr_code", "period", "code", "people", "statistic"),
    tidy=tidy,
    area=("areacd", "council"),
    markers=MARKERS,
    warnings=("voluntary_item",),
    reconcile=reconcile,
)
