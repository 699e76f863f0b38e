"""The framework's indicators computed: by place and year, then one wide row an authority and year.

The SQL is put together from the framework file alone, never from data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.database.sqltable import TableError, connect
from pipeline.edition import Edition
from pipeline.sources import sources
from pipeline.study.framework import Framework, Indicator, framework

STATUS = """CASE WHEN {complete}
            THEN coalesce(max(status) FILTER (status <> 'ok' AND value IS NOT NULL), 'ok')
            ELSE coalesce(max(status) FILTER (value IS NULL), 'x') END"""
"""That of a figure made of several, of which enough are there or not."""

TRUST_SQL = """
WITH measured AS (
    SELECT
        org_code,
        CAST(year AS INTEGER) AS year,
        count(value) AS parts,
        CASE WHEN {complete} THEN {value} END AS value,
        CASE WHEN {complete} THEN {sampling_variance} END AS sampling_variance,
        CAST(CASE WHEN {complete} THEN {respondents} END AS BIGINT) AS respondents,
        {status} AS status
    FROM (SELECT * FROM {table} WHERE {where} {reported})
    GROUP BY org_code, year
)
SELECT
    '{name}' AS indicator,
    org_code,
    year,
    measured.parts,
    {scale} * measured.value {divided} AS value,
    measured.sampling_variance,
    measured.respondents,
    CASE WHEN measured.value IS NOT NULL AND (1.0 {divided}) IS NULL THEN 'x'
        WHEN measured.value IS NULL AND measured.status = 'ok' THEN 'x'
        ELSE measured.status END AS status,
    CASE WHEN measured.value {divided} IS NOT NULL THEN year END AS reference_year
FROM measured
{joined}
"""

COUNCIL_SQL = """
WITH latest AS (
    SELECT {columns} FROM {table} {latest}
),
measured AS (
    SELECT
        code.areacd,
        {year} AS year,
        count(value) AS parts,
        CASE WHEN {complete} THEN {value} END AS value,
        {status} AS status
    FROM latest AS measure
    JOIN locality.council_code AS code
        ON code.kind = '{kind}' AND code.code = measure.{kind}
    WHERE {where}
    GROUP BY ALL
)
SELECT
    '{name}' AS indicator,
    measured.areacd,
    CAST(measured.year AS INTEGER) AS year,
    measured.parts,
    {scale} * measured.value {divided} AS value,
    CASE WHEN measured.value IS NOT NULL AND (1.0 {divided}) IS NULL THEN 'x'
        WHEN measured.value IS NULL AND measured.status = 'ok' THEN 'x'
        ELSE measured.status END AS status,
    CASE WHEN measured.value {divided} IS NOT NULL THEN {reference_year} END AS reference_year,
    CAST({scale} * measured.value AS DOUBLE) AS numerator,
    CAST({denominator} AS DOUBLE) AS denominator,
    '{carried_as}' AS carried_as
FROM measured
{joined}
"""

WIDE = {"locality.population": "*, persons AS value"}
"""What to select of a table that lacks the columns every measured table has."""

POPULATION = ("persons", "aged_18_plus", "aged_65_plus")


def _latest(indicator: Indicator) -> str:
    """The rows as known today: of each key, the one of the last revision."""
    if indicator.table != f"tidy.{indicator.source}":
        return ""
    key = ", ".join(sources()[indicator.source].key)
    return f"QUALIFY revision = max(revision) OVER (PARTITION BY {key})"


def _council_sql(indicator: Indicator, all_of: Framework) -> str:
    kind = "areacd"
    if indicator.table == f"tidy.{indicator.source}":
        source = sources()[indicator.source]
        kind = source.area[0] if source.area else "registry_code"
    if indicator.per in POPULATION:
        joined = (
            "LEFT JOIN locality.population AS per "
            "ON per.areacd = measured.areacd AND per.year = measured.year"
        )
        denominator = f"per.{indicator.per}"
        divided = f"/ {denominator}"
    elif indicator.per:
        below = all_of.indicators[indicator.per]
        inner = _council_sql(below, all_of)
        joined = (
            f"LEFT JOIN ({inner}) AS per "
            "ON per.areacd = measured.areacd AND per.year = measured.year"
        )
        denominator = "nullif(per.value, 0)"
        divided = f"/ {denominator}"
    else:
        joined = divided = ""
        denominator = "NULL"
    return COUNCIL_SQL.format(
        name=indicator.name,
        columns=WIDE.get(indicator.table, "*"),
        table=indicator.table,
        latest=_latest(indicator),
        kind=kind,
        where=f"({indicator.where})",
        complete=indicator.complete,
        status=STATUS.format(complete=indicator.complete),
        value=indicator.value,
        year="CAST(0 AS INTEGER)" if indicator.static else "measure.year",
        reference_year="CAST(NULL AS INTEGER)"
        if indicator.static
        else "CAST(measured.year AS INTEGER)",
        scale=indicator.scale,
        divided=divided,
        denominator=denominator,
        carried_as=_carried_as(indicator),
        joined=joined,
    )


def _carried_as(indicator: Indicator) -> str:
    """How a value passes between councils of different dates."""
    if indicator.carried_by == "population":
        return "rate" if indicator.per else "mean"
    return indicator.carried_by


REPORTED = """QUALIFY value IS NOT NULL OR status = 'q'
    OR count(value) OVER (PARTITION BY org_code, year) = 0"""
"""A mean over what was reported leaves out days and months without a figure, unless all are."""


def _trust_sql(indicator: Indicator, all_of: Framework) -> str:
    joined = divided = ""
    if indicator.per:
        inner = _trust_sql(all_of.indicators[indicator.per], all_of)
        joined = f"LEFT JOIN ({inner}) AS per USING (org_code, year)"
        divided = "/ nullif(per.value, 0)"
    return TRUST_SQL.format(
        **vars(indicator),
        complete=indicator.complete,
        status=STATUS.format(complete=indicator.complete),
        reported="" if indicator.parts else REPORTED,
        joined=joined,
        divided=divided,
    )


def query(indicator: Indicator) -> str:
    """The SQL that measures an indicator by place and year."""
    return (_trust_sql if indicator.level == "trust" else _council_sql)(indicator, framework())


def _inputs(level: str) -> list[tuple[str, str]]:
    wanted = [one for one in framework().indicators.values() if one.level == level]
    tables = {tuple(one.table.split(".", 1)) for one in wanted}
    if level == "council":
        tables |= {("locality", "population"), ("locality", "council_code")}
    return sorted((layer, name) for layer, name in tables)


def indicator_trust(edition: Edition) -> pl.DataFrame:
    """Indicators by NHS organisation and year, as measured.

    Raises:
        TableError: an indicator's SQL cannot be run; the indicator is named.
    """
    return _measured(edition, "trust")


def indicator_council(edition: Edition) -> pl.DataFrame:
    """Indicators by council and financial year, as measured; static ones for every year there is.

    Raises:
        TableError: an indicator's SQL cannot be run; the indicator is named.
    """
    declared = framework()
    frame = _measured(edition, "council")
    static = [name for name, one in declared.indicators.items() if one.static]
    fixed = pl.col("indicator").is_in(static)
    years = frame.filter(~fixed).select("year").unique()
    repeated = frame.filter(fixed).drop("year").join(years, how="cross")
    return pl.concat([frame.filter(~fixed), repeated.select(frame.columns)]).sort(
        "areacd", "year", "indicator"
    )


def _measured(edition: Edition, level: str) -> pl.DataFrame:
    parts: list[tuple[Indicator, pl.DataFrame]] = []
    place = "org_code" if level == "trust" else "areacd"
    with connect(edition, _inputs(level)) as connection:
        for indicator in framework().indicators.values():
            if indicator.level != level:
                continue
            try:
                own = connection.sql(query(indicator)).pl()
            except Exception as problem:
                raise TableError(
                    f"framework.toml, [indicator.{indicator.name}]: {problem}"
                ) from problem
            parts.append((indicator, own))
    # Years in which nothing was measured are still to come.
    newest = pl.concat(own.select("year") for _, own in parts).max().item()
    return pl.concat(
        _standing(own, place, indicator.stands, newest) for indicator, own in parts
    ).sort(place, "year", "indicator")


def _standing(measured: pl.DataFrame, place: str, years: int, newest: int) -> pl.DataFrame:
    """Each value again for so many years after its own, until the place has a newer row, and at
    most to the newest year.

    A newer row without a value, such as a suppressed one, ends it too: it stays as it is, and what
    was published before does not stand for what is held back.
    """
    if not years:
        return measured
    again = pl.DataFrame({"age": range(years + 1)}, schema={"age": pl.Int32})
    standing = (
        measured.join(again, how="cross")
        .with_columns(pl.col("year") + pl.col("age"))
        .filter(pl.col("year") <= newest)
        .sort(place, "year", "age")
        .unique([place, "year"], keep="first", maintain_order=True)
    )
    return standing.filter(pl.col("value").is_not_null() | (pl.col("age") == 0)).drop("age")


def authority_year(edition: Edition) -> pl.DataFrame:
    """One row a council with social care and financial year it existed in; a column an indicator.

    Each indicator ``x`` has ``x__status``; values carried from trusts also have ``x__coverage``
    and ``x__n_effective``. Rows are kept whether or not anything was measured.
    """
    return _place_year(edition, ("upper", "unitary"))


def district_year(edition: Edition) -> pl.DataFrame:
    """The same for districts and unitaries, the localities inside (or alike) an authority."""
    return _place_year(edition, ("lower", "unitary"))


def trust_year(edition: Edition) -> pl.DataFrame:
    """One row an NHS organisation and year with anything measured; a column an indicator."""
    long = edition.read("locality", "indicator_trust")
    register = edition.read("tidy", "trust_register").sort("vintage", "org_code")
    names = register.select("org_code", "org_name").unique("org_code", keep="last")
    wide = long.select("org_code", "year").unique().join(names, on="org_code", how="left")
    lineage = edition.read("locality", "trust_lineage")
    trust = lineage.group_by("org_code").agg(pl.col("trust").sort().str.join(",").alias("trust"))
    wide = wide.join(trust, on="org_code", how="left")
    for indicator in framework().indicators.values():
        if indicator.level == "trust":
            wide = _with_indicator(wide, long, indicator, ("org_code", "year"))
    return wide.sort("org_code", "year")


def _with_indicator(
    wide: pl.DataFrame, long: pl.DataFrame, indicator: Indicator, key: tuple[str, str]
) -> pl.DataFrame:
    """The wide table with one more indicator: value, status and, where carried, its coverage."""
    columns = [
        pl.col("value").alias(indicator.name),
        pl.col("status").alias(f"{indicator.name}__status"),
    ]
    if indicator.stands:
        columns.append(pl.col("reference_year").alias(f"{indicator.name}__reference_year"))
    if indicator.level == "trust" and "coverage" in long.columns:
        columns.append(pl.col("coverage").alias(f"{indicator.name}__coverage"))
        columns.append(pl.col("n_effective").alias(f"{indicator.name}__n_effective"))
    own = long.filter(pl.col("indicator") == indicator.name).select(*key, *columns)
    return wide.join(own, on=list(key), how="left").with_columns(
        pl.col(f"{indicator.name}__status").fill_null("x")
    )


def _place_year(edition: Edition, tiers: Sequence[str]) -> pl.DataFrame:
    declared = framework()
    long = edition.read("locality", "indicator_place").filter(
        # What other councils stand for too small a part of is in indicator_place only.
        pl.col("status").ne("e") | pl.col("coverage").fill_null(1.0).ge(declared.test.min_coverage)
    )
    place = edition.read("locality", "place")
    link = edition.read("locality", "trust_place")
    span = long.filter(~pl.col("indicator").is_in(_always(declared)))["year"]
    first, last = (0, -1) if span.is_empty() else (int(span.min()), int(span.max()))  # type: ignore[arg-type]
    years = pl.DataFrame({"year": range(first, last + 1)}, schema={"year": pl.Int32})
    begin = pl.date(pl.col("year"), 4, 1)
    base = (
        place.filter(pl.col("tier").is_in(tiers))
        .join(years, how="cross")
        .filter(
            pl.col("start_date").is_null() | (pl.col("start_date") <= begin),
            # Some registers give the day after the last one.
            pl.col("end_date").is_null() | (pl.col("end_date") > begin),
        )
        .select(
            "areacd",
            "year",
            "areanm",
            "council_class",
            "region",
            pl.coalesce("county_areacd", "areacd").alias("authority_areacd"),
        )
        .with_columns(pl.col("year").clip(2018, 2024).alias("vintage"))
    )
    dominant = link.filter(pl.col("rank") == 1).select(
        pl.col("vintage").cast(pl.Int32),
        "areacd",
        pl.col("trust").alias("dominant_trust"),
        pl.col("weight").alias("dominant_trust_weight"),
    )
    wide = base.join(dominant, on=["vintage", "areacd"], how="left").drop("vintage")
    for indicator in declared.indicators.values():
        wide = _with_indicator(wide, long, indicator, ("areacd", "year"))
    return wide.sort("areacd", "year")


def _always(declared: Framework) -> Sequence[str]:
    """Indicators that outlast their own year, which say nothing of the years that were measured."""
    return [
        name
        for name, one in declared.indicators.items()
        if one.static or one.stands or one.table == "locality.population"
    ]


@dataclass(frozen=True)
class FrameworkTable:
    """A table made from the framework file, described like one made from a SQL file."""

    name: str
    about: str
    grain: Sequence[str]
    inputs: Sequence[tuple[str, str]]
    make: Callable[[Edition], pl.DataFrame]
    columns: dict[str, str]
    layer: str = "locality"


REFERENCE_YEAR = (
    "year that the figure was published for: the row's, or an earlier one where a figure stands "
    "for years after its own (meta.indicator.stands); empty without a value, and where it is of no "
    "year (meta.indicator.static)"
)
MEASURED = {
    "indicator": "name in the framework",
    "year": "financial year by the year it starts in (surveys: the calendar year)",
    "parts": "published values it is made of",
    "value": "value in the framework's unit, empty where the status says so",
    "status": "what stands behind the value; see meta.dictionary",
    "sampling_variance": "variance of the value from sampling staff",
    "respondents": "staff who answered",
    "reference_year": REFERENCE_YEAR,
}
CARRYING = {
    "numerator": "value before it was divided, in the framework's unit",
    "denominator": "what it was divided by, empty where it was not",
    "carried_as": "how it is carried to councils of other dates on the same ground: rate (both "
    "sides are summed), sum, mean (weighted by people) or none",
}


def framework_tables() -> dict[str, FrameworkTable]:
    """The tables made from the framework, by name."""
    council = [name for name in MEASURED if name not in ("sampling_variance", "respondents")]
    wide = {
        "areacd": "ONS code of the council",
        "year": "financial year by the year it starts in",
        "areanm": "name",
        "council_class": "kind of council",
        "region": "region",
        "authority_areacd": "ONS code of the council with social care: the county of a district, "
        "else the council itself",
        "dominant_trust": "ODS code of the acute trust with the largest weight",
        "dominant_trust_weight": "that trust's weight in the council's carried values",
    }
    trusts = {
        "org_code": "ODS code as published",
        "year": "year of the survey, or the year a financial year starts in",
        "org_name": "name in the latest register that has it",
        "trust": "acute trust of 2022 that carries it on (with commas where it was split)",
    }
    for one in framework().indicators.values():
        value = {
            one.name: f"{one.title}; {one.unit or 'unit of the source'}",
            f"{one.name}__status": f"status of {one.name}",
        }
        if one.stands:
            value[f"{one.name}__reference_year"] = f"year that {one.name} was published for"
        wide |= value
        if one.level == "trust":
            trusts |= value
            wide[f"{one.name}__coverage"] = f"share of trust weight observed for {one.name}"
            wide[f"{one.name}__n_effective"] = f"effective number of trusts behind {one.name}"
    places = [("locality", name) for name in ("indicator_place", "place", "trust_place")]
    tables = [
        FrameworkTable(
            "indicator_trust",
            "The framework's indicators by NHS organisation and year, as measured.",
            ("org_code", "year", "indicator"),
            _inputs("trust"),
            indicator_trust,
            {"org_code": "ODS code as published", **MEASURED},
        ),
        FrameworkTable(
            "indicator_council",
            "The framework's indicators by council and financial year, as measured.",
            ("areacd", "year", "indicator"),
            _inputs("council"),
            indicator_council,
            {
                "areacd": "ONS code of the council",
                **{name: MEASURED[name] for name in council},
                **CARRYING,
            },
        ),
        FrameworkTable(
            "authority_year",
            "One row a council with social care and financial year: outcomes, leadership, "
            "partnership, plans, budgets and context, each with its status.",
            ("areacd", "year"),
            places,
            authority_year,
            wide,
        ),
        FrameworkTable(
            "district_year",
            "One row a district or unitary and financial year, with the authority it belongs to: "
            "the localities that share one plan and one budget.",
            ("areacd", "year"),
            places,
            district_year,
            wide,
        ),
        FrameworkTable(
            "trust_year",
            "One row an NHS organisation and year: leadership, outcomes and finance as measured.",
            ("org_code", "year"),
            [
                ("locality", "indicator_trust"),
                ("locality", "trust_lineage"),
                ("tidy", "trust_register"),
            ],
            trust_year,
            trusts,
        ),
    ]
    return {table.name: table for table in tables}
