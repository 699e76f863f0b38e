"""Adult social care outcomes framework (ASCOF) 2024-25: 25 tables of councils."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from pipeline.reading.published import Grid, PublishedFile, squash
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers

USERS = "users' survey (ASCS)"
CARERS = "carers' survey (SACE)"
RECORDS = "client level data (CLD)"
SAFEGUARDING = "safeguarding collection (SAC)"
WORKFORCE = "workforce data set (ASC-WDS)"
PROVIDERS = "care directory (CQC)"

PERCENT = "percent"
PER_100_000 = "per 100,000 people"

SURVEY = {
    "margin of error": "margin_of_error",
    "number of respondents": "respondents",
    "outcome": "outcome",
}
RATIO = {"numerator": "numerator", "denominator": "denominator", "outcome": "outcome"}


@dataclass(frozen=True)
class Table:
    """One table: what it measures, where from, in which unit, and since when it is published.

    Attributes:
        title: what stands above it, between its number and its notes.
        measures: the start of a column's heading, after the year, to our measure.
        statistics: the rest of the heading to our statistic.
    """

    measure: str
    title: str
    collection: str
    unit: str = PERCENT
    first: int = 2024
    measures: Mapping[str, str] | None = None
    statistics: Mapping[str, str] | None = None

    def headings(self) -> dict[str, tuple[str, str]]:
        """What follows the year in a heading, to measure and statistic."""
        statistics = self.statistics
        if statistics is None:
            statistics = SURVEY if self.collection in (USERS, CARERS) else RATIO
        return {
            f"{start} {heading}".strip(): (measure, statistic)
            for start, measure in (self.measures or {"": self.measure}).items()
            for heading, statistic in statistics.items()
        }


users = partial(Table, collection=USERS, first=2015)
carers = partial(Table, collection=CARERS, first=2015)
records = partial(Table, collection=RECORDS)

TABLES = {
    "1a": users("quality_of_life", "social care-related quality of life score", unit="score to 24"),
    "1b": users(
        "adjusted_quality_of_life",
        "adjusted social care-related quality of life – impact of adult social care services",
        unit="score to 1",
        first=2016,
    ),
    "1c": carers("carer_quality_of_life", "carer-reported quality of life", unit="score to 12"),
    "1d": users(
        "satisfaction_users",
        "overall satisfaction of people who use services with their care and support",
    ),
    "1e": carers("satisfaction_carers", "overall satisfaction of carers with social services"),
    "2a": records(
        "no_further_support_after_reablement",
        "the proportion of people who received reablement during the year, who previously were "
        "not receiving services, where no further request was made for ongoing support (%)",
    ),
    "2b": records(
        "care_home_admissions_18_64",
        "the number of adults aged 18 to 64 whose long-term support needs are met by admission to "
        "residential and nursing care homes, per 100,000 population",
        unit=PER_100_000,
    ),
    "2c": records(
        "care_home_admissions_65_over",
        "the number of adults aged 65 and over whose long-term support needs are met by admission "
        "to residential and nursing care homes, per 100,000 population",
        unit=PER_100_000,
    ),
    "2d(1)": records(
        "in_community_12_weeks_after_reablement_65_over",
        "the proportion of people aged 65 and over discharged from hospital into reablement and "
        "who remained in the community within 12 weeks of discharge",
    ),
    "2d(2)": records(
        "discharged_into_reablement_65_over",
        "the proportion of people aged 65 and over discharged from hospital, who received "
        "reablement services",
    ),
    "2e(1)": records(
        "at_home_learning_disability_18_64",
        "the proportion of people who receive long-term support with a learning disability, who "
        "live in their home or with family, aged 18 to 64",
    ),
    "2e(2a)": records(
        "at_home_18_64",
        "the proportion of people who receive long-term support who live in their home or with "
        "family, aged 18 to 64",
    ),
    "2e(2b)": records(
        "at_home_65_over",
        "the proportion of people who receive long-term support who live in their home or with "
        "family, aged 65 and over",
    ),
    "3a": users(
        "control_over_daily_life",
        "the proportion of people who use services who have control over their daily life",
    ),
    "3b": carers(
        "carers_consulted",
        "the proportion of carers who report that they have been included or consulted in "
        "discussion about the person they care for",
    ),
    "3c(1)": users(
        "ease_of_finding_information_users",
        "proportion of people who use services who find it easy to find information about services",
    ),
    "3c(2)": carers(
        "ease_of_finding_information_carers",
        "the proportion of carers who find it easy to find information about support",
    ),
    "3d(1a)": records(
        "self_directed_support",
        "the proportion of care users who receive self-directed support",
    ),
    "3d(2a)": records(
        "direct_payments", "the proportion of care users who receive direct payments"
    ),
    "4a": users("feels_safe", "the proportion of people who use services who feel safe"),
    "4b": Table(
        "safeguarding_risk_reduced",
        "the proportion of section 42 safeguarding enquiries where a risk was identified, and the "
        "reported outcome was that this risk was reduced or removed",
        SAFEGUARDING,
        first=2023,
    ),
    "5a(1)": users(
        "social_contact_users",
        "the proportion of people who use services who reported that they had as much social "
        "contact as they would like",
    ),
    "5a(2)": carers(
        "social_contact_carers",
        "the proportion of carers who reported that they had as much social contact as they would "
        "like",
    ),
    "6a": Table(
        "workforce_turnover",
        "the proportion of staff in the formal care workforce leaving their role in the past 12 "
        "months",
        WORKFORCE,
        first=2023,
        statistics={"outcome": "outcome"},
    ),
    "6b": Table(
        "providers_good_or_outstanding",
        "the percentage of residential adult social care providers rated good or outstanding by "
        "CQC",
        PROVIDERS,
        first=2023,
        measures={
            "outstanding": "providers_outstanding",
            "good": "providers_good",
            "other": "providers_below_good",
            "not yet rated": "providers_not_rated",
            "6b": "providers_good_or_outstanding",
        },
    ),
}
"""Number of a table to what it holds."""

PLACE = {
    "Local authority code": "cassr_code",
    "Local authority": "areanm",
    "ONS area code": "ons",
}
HEADING = r"(\d{4}) to (\d{4}) - (.+)"
MARKERS = {"[x]": "x", "[z]": "z", "[c]": "c", ":": "x"}
NONE = "[z]"
COUNCIL = r"^(\d{3}|[A-Z]\d[A-Z]\d[A-Z])$"
TYPES = {
    "S": "Shire Counties",
    "U": "Unitary Authorities",
    "M": "Metropolitan Districts",
    "I": "Inner London",
    "O": "Outer London",
    "D": "District",
}
SOMETIMES = "D"
"""The type that not every table has."""
IN_BRACKETS = r"^(\S+) \((\S+)\)$"
BRACKETED = "2016-17"
"""Carers' figures of this year carry a second one in brackets."""
COUNTS = ("respondents", "numerator", "denominator")
ROUNDED_TO = 5
"""Counts are rounded to it: all but those of providers, and those of councils in the records."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Every table, a row a place, year, measure and statistic."""
    expected = {f"Table_{number}" for number in TABLES}
    strange = [name for name in file.sheets() if name.startswith("Table") and name not in expected]
    if strange:
        raise file.error("expected no other table than those declared", sheet=strange[0])
    last = int(release.period[:4])
    return pl.concat(_table(file, number, table, last) for number, table in TABLES.items())


def _table(file: PublishedFile, number: str, table: Table, last: int) -> pl.DataFrame:
    grid = file.sheet(f"Table_{number}")
    header = grid.header(*PLACE)
    title = squash(grid.rows[0][0]).split("[note")[0].strip()
    if title != f"Table {number}: {table.title}":
        raise grid.error(f"expected the title 'Table {number}: {table.title}', found {title!r}")
    columns = _columns(grid, header, table, last)
    frame = grid.table(header, PLACE | {label: label for label in columns})
    frame = _places(grid, frame, table)
    index = ["cassr_code", "areacd", "areanm", "area_type", "row"]
    long = frame.unpivot(on=list(columns), index=index, variable_name="label", value_name="text")
    meaning = pl.DataFrame(
        [(label, *parts) for label, parts in columns.items()],
        schema=["label", "year", "measure", "statistic"],
        orient="row",
    )
    long = _brackets(long.join(meaning, on="label", how="left", maintain_order="left"), table)
    figures = numbers(long, "text", file=file, sheet=grid.sheet, markers=MARKERS)
    return _unanswered(figures).select(
        *index,
        "basis",
        _period(pl.col("year")).alias("period"),
        pl.col("year").cast(pl.Int32),
        pl.lit(number).alias("table"),
        "measure",
        "statistic",
        _unit(table).alias("unit"),
        pl.lit(table.collection).alias("collection"),
        "value",
        "status",
    )


def _unanswered(figures: pl.DataFrame) -> pl.DataFrame:
    """Where nobody answered, the zeros of outcome and margin are no figures."""
    nobody = ((pl.col("statistic") == "respondents") & (pl.col("value") == 0)).any()
    nobody = nobody.over("cassr_code", "areanm", "year", "basis")
    return figures.with_columns(
        pl.when(~nobody).then("value").alias("value"),
        pl.when(nobody).then(pl.lit("x")).otherwise("status").alias("status"),
    )


def _columns(grid: Grid, header: int, table: Table, last: int) -> dict[str, tuple[int, str, str]]:
    """Heading to year, measure and statistic; every one must be there for every year."""
    headings = table.headings()
    found: dict[str, tuple[int, str, str]] = {}
    for label in filter(None, map(squash, grid.rows[header])):
        if label in PLACE:
            continue
        parts = re.fullmatch(HEADING, label)
        if parts is None or parts[3] not in headings or int(parts[2]) != int(parts[1]) + 1:
            raise grid.error(
                f"expected a year and one of {', '.join(map(repr, headings))}",
                row=header + 1,
                column=label,
            )
        found[label] = (int(parts[1]), *headings[parts[3]])
    for year in range(table.first, last + 1):
        for heading in headings:
            label = f"{year} to {year + 1} - {heading}"
            if label not in found:
                raise grid.error("expected this column", row=header + 1, column=label)
    early = [label for label, (year, *_) in found.items() if not table.first <= year <= last]
    if early:
        raise grid.error(
            f"expected the years {table.first} to {last + 1}", row=header + 1, column=early[0]
        )
    return found


def _places(grid: Grid, frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Each row is England, a region, a type of council or a council.

    The workforce is also published for two councils in one row, which has no code.
    """
    frame = frame.filter(pl.any_horizontal(pl.exclude("row").is_not_null()))
    code, ons, name = pl.col("cassr_code"), pl.col("ons"), pl.col("areanm")
    titles = code.replace_strict(TYPES, default=None)
    frame = frame.with_columns(
        pl.when((code == "England") & ons.str.contains(r"^E92\d{6}$"))
        .then(pl.lit("country"))
        .when(code.str.contains(r"^[A-Z]{1,2}$") & ons.str.contains(r"^E12\d{6}$"))
        .then(pl.lit("region"))
        .when((ons == NONE) & (name == titles))
        .then(pl.lit("council_type"))
        .when((ons == NONE) & (code == NONE) & pl.lit(table.collection == WORKFORCE))
        .then(pl.lit("joint"))
        .when(code.str.contains(COUNCIL) & ons.str.contains(r"^E(06|08|09|10)\d{6}$"))
        .then(pl.lit("council"))
        .alias("area_type")
    )
    strange = frame.filter(pl.col("area_type").is_null())
    grid.refuse(
        strange,
        "cassr_code",
        "Local authority code",
        "expected a council, region, type of council or England, with its ONS code",
    )
    found = set(frame["area_type"]) | set(frame.filter(code.is_in(list(TYPES)))["areanm"])
    wanted = ["country", "region", "council", *TYPES.values()]
    missing = [one for one in wanted if one not in found and one != TYPES[SOMETIMES]]
    if missing:
        raise grid.error(f"expected the rows {', '.join(missing)}, found none; cut short?")
    return frame.with_columns(ons.replace(NONE, None).alias("areacd"))


def _brackets(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Cells such as ``5.4 (6.8)`` as two rows: the official figure, and the one in brackets."""
    official = frame.with_columns(pl.lit("official").alias("basis"))
    if table.collection != CARERS:
        return official
    parts = official.with_columns(
        first=pl.col("text").str.extract(IN_BRACKETS, 1),
        second=pl.col("text").str.extract(IN_BRACKETS, 2),
    )
    two = (_period(pl.col("year")) == BRACKETED) & pl.col("second").is_not_null()
    first = pl.when(two).then("first").otherwise("text")
    reviewed = parts.filter(two).with_columns(text="second", basis=pl.lit("reviewed"))
    return pl.concat([parts.with_columns(text=first), reviewed]).select(official.columns)


def _period(year: pl.Expr) -> pl.Expr:
    return pl.format("{}-{}", year, ((year + 1) % 100).cast(pl.String).str.zfill(2))


def _unit(table: Table) -> pl.Expr:
    counted = "providers" if table.collection == PROVIDERS else "people"
    counts = pl.col("statistic").is_in(COUNTS)
    return pl.when(counts).then(pl.lit(counted)).otherwise(pl.lit(table.unit))


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """England against its regions, types and councils; outcomes against their parts; ratings.

    ``z`` says that a place was not there or not asked, so it is no part of a sum; but in the
    safeguarding table it hides figures that the totals hold, and then there is no sum.
    """
    key = ["table", "measure", "statistic", "basis", "period"]
    counts = frame.filter(pl.col("statistic").is_in(COUNTS)).with_columns(
        pl.when(pl.col("collection") == PROVIDERS).then(0.1).otherwise(ROUNDED_TO / 2).alias("half")
    )
    england = counts.filter(pl.col("area_type") == "country").select(*key, published="value")
    england = england.filter(pl.col("published").is_not_null())
    hidden = pl.col("status").is_in(["c", "x"]) | (
        (pl.col("status") == "z") & (pl.col("collection") == SAFEGUARDING)
    )
    sums = [
        england.join(
            counts.filter(pl.col("area_type") == kind)
            .group_by(key)
            .agg(
                pl.when(~hidden.any()).then(pl.col("value").sum()).alias("computed"),
                (pl.col("half") * (pl.col("value").count() + 1)).first().alias("tolerance"),
            ),
            on=key,
        ).with_columns(
            pl.format("England = sum of {}: {} {} {}", pl.lit(kinds), *key[1:4]).alias("check"),
            pl.lit("England").alias("area"),
        )
        for kind, kinds in (
            ("region", "regions"),
            # Safeguarding has a type without figures, which hides nothing.
            ("council_type", "types"),
            ("council", "councils"),
        )
    ]
    columns = ["check", "period", "area", "published", "computed", "tolerance"]
    parts = [part.select(columns) for part in (*sums, _ratios(frame), _ratings(frame))]
    return pl.concat(parts)


def _wide(frame: pl.DataFrame, on: str, index: Sequence[str]) -> pl.DataFrame:
    return frame.pivot(on, index=[*index, "cassr_code", "areanm", "period"], values="value")


def _ratios(frame: pl.DataFrame) -> pl.DataFrame:
    """Outcomes have one decimal place; rounded counts leave room around what they give."""
    counted = frame.filter(pl.col("collection").is_in([RECORDS, SAFEGUARDING, PROVIDERS]))
    wide = _wide(counted, "statistic", ["measure", "collection", "area_type"]).drop_nulls()
    rounded = (pl.col("collection") == SAFEGUARDING) | (
        (pl.col("collection") == RECORDS) & (pl.col("area_type") != "council")
    )
    units = counted.filter(pl.col("statistic") == "outcome").select("measure", "unit").unique()
    half = pl.when(rounded).then(ROUNDED_TO / 2).otherwise(0.0)
    scale = pl.when(pl.col("unit") == PER_100_000).then(100_000.0).otherwise(100.0)
    share = pl.col("numerator") / pl.col("denominator")
    return (
        wide.filter(pl.col("denominator") > 0)
        .join(units, on="measure")
        .select(
            pl.format("outcome = numerator / denominator: {}", "measure").alias("check"),
            "period",
            pl.format("{} {}", "cassr_code", "areanm").alias("area"),
            pl.col("outcome").alias("published"),
            (share * scale).alias("computed"),
            (0.051 + scale * half * (1 + share) / pl.col("denominator")).alias("tolerance"),
        )
    )


def _ratings(frame: pl.DataFrame) -> pl.DataFrame:
    """Providers rated good and outstanding add up to those that are either."""
    wanted = (pl.col("collection") == PROVIDERS) & (pl.col("statistic") == "numerator")
    wide = _wide(frame.filter(wanted), "measure", [])
    return wide.select(
        pl.lit("good or outstanding = good + outstanding").alias("check"),
        "period",
        pl.format("{} {}", "cassr_code", "areanm").alias("area"),
        pl.col("providers_good_or_outstanding").alias("published"),
        (pl.col("providers_good") + pl.col("providers_outstanding")).alias("computed"),
        pl.lit(0.5).alias("tolerance"),
    ).drop_nulls()


SOURCE = Source(
    name="ascof",
    title="Measures of the adult social care outcomes framework, 2024-25",
    publisher="Department of Health and Social Care",
    licence="OGL v3.0",
    attribution="Contains public sector information of the Department of Health and Social Care, "
    "licensed under the Open Government Licence v3.0.",
    grade="original",
    about="All 25 tables by council, region, type of council and England: outcomes with their "
    "margins of error and respondents, or numerators and denominators. The users' survey goes back "
    "to 2015-16 (in 2020-21 few councils took part), the carers' survey was held in 2016-17, "
    "2018-19, 2021-22 and 2023-24; safeguarding, turnover and ratings cover two years, the client "
    "records 2024-25 only. The client records replaced another return in 2024-25, so that 2a to "
    "3d(2a) must not be joined to measures of earlier years (2a not to 2D or ASC5, 2d not to 2B); "
    "the publisher calls them statistics in development and self-directed support not comparable. "
    "Survey totals of 2024-25 hold the year before for one council that sent none. Ratings "
    "labelled 2023-24 are those of April 2024; in 2024-25 the providers not yet rated are counted "
    "as good or outstanding, the year before they are not. In 2016-17 carers' figures are also "
    "given for those assessed or reviewed in the year (basis reviewed). A survey figure with zero "
    "respondents is not available, whatever stands there. Counties that became unitaries without "
    "other change stand under today's codes in all years. Cover, contents, notes and the log of "
    "changes are not read.",
    releases=[
        Release(
            file="ascof/ascof_2024_25.ods",
            url="https://raw.githubusercontent.com/Susai23/Lincolnshire-Adult-Social-Care-pipeline/"
            "1b9479ebe8e2a64c9818216d2f483b25c354766b/Raw%20data/ascof_2024_25.ods",
            sha256="e4b06416b2b5b31ba9c4db7d64f52cce5c8cffc95e391458e2e5c626f1439226",
            period="2024-25",
            rows=76046,
        )
    ],
    columns={
        "areacd": Column(
            pl.String, "ONS code; empty for types of council and the joint row.", null=True
        ),
        "cassr_code": Column(
            pl.String,
            "The publisher's code of a council, region or type; a county and its successor can "
            "share it.",
        ),
        "areanm": Column(pl.String, "Name as published."),
        "area_type": Column(
            pl.String,
            "council, joint (two councils in one row), council_type, region or country.",
            values=("council", "joint", "council_type", "region", "country"),
        ),
        "period": Column(pl.String, "Financial year, such as 2016-17."),
        "year": Column(pl.Int32, "The year it starts in."),
        "table": Column(pl.String, "Number of the table.", values=tuple(TABLES)),
        "measure": Column(
            pl.String,
            "What is measured, in words.",
            values=tuple(
                dict.fromkeys(
                    measure for table in TABLES.values() for measure, _ in table.headings().values()
                )
            ),
        ),
        "statistic": Column(
            pl.String,
            "The outcome, its margin of error and respondents, or its parts.",
            values=("outcome", "margin_of_error", *COUNTS),
        ),
        "basis": Column(
            pl.String,
            "official, or reviewed: carers who were assessed or reviewed in the year (2016-17).",
            values=("official", "reviewed"),
        ),
        "unit": Column(pl.String, "Unit of the value."),
        "collection": Column(pl.String, "Survey or return that it comes from."),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("measure", "statistic", "basis", "period", "cassr_code", "areanm"),
    tidy=tidy,
    area=("areacd", "council"),
    markers=MARKERS,
    warnings=(
        "scope_changes",
        "later_vintage",
        "in_development",
    ),
    reconcile=reconcile,
)
