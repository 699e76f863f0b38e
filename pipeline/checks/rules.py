"""Rules that no single column can keep: of rows beside other tables, totals and earlier figures.

A rule is handed the rows that break it. Great Expectations then holds their number to none, so that
rules stand beside the other expectations in every result, page and message.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from pipeline.checks.counting import held
from pipeline.checks.drift import STATISTICS
from pipeline.checks.suites import Category, Promise, Severity
from pipeline.checks.thresholds import thresholds
from pipeline.database.sqltable import connect
from pipeline.edition import Edition
from pipeline.reading.geography import (
    ABOVE_COUNCILS,
    BODIES,
    body_column,
    known_bodies,
    known_codes,
)
from pipeline.reading.source import Source
from pipeline.reading.switches import switched_off
from pipeline.study.framework import framework
from pipeline.study.results import ALL_PANELS
from pipeline.tables import Rows, height

PATH = Path(__file__).with_name("rules.toml")
TABLE = re.compile(r"\b(tidy|locality|evidence|meta)\.(\w+)")


@dataclass(frozen=True)
class Rule:
    """One rule with the rows that break it.

    Attributes:
        name: a short name, unique within its table.
        asks: what must be so, as a clause.
        todo: what a failure means and what to do.
        failing: the rows that break it; the first columns tell a person which they are.
        hidden: whether what they hold may not be shown.
    """

    name: str
    category: Category
    severity: Severity
    asks: str
    todo: str
    failing: pl.DataFrame
    hidden: bool = False


@dataclass(frozen=True)
class Query:
    """A rule that is one query of ``rules.toml``: the rows that it gives break the rule."""

    table: str
    name: str
    category: Category
    severity: Severity
    asks: str
    todo: str
    sql: str

    @property
    def reads(self) -> list[tuple[str, str]]:
        """The tables of the query, as (layer, name)."""
        return sorted(set(TABLE.findall(self.sql)))

    def held(self, edition: Edition) -> Rule:
        """The rule on an edition's tables; kept where one of them is empty in every panel."""
        failing = pl.DataFrame()
        if all(edition.scan(*one).collect_schema() for one in self.reads):
            with connect(edition, self.reads) as connection:
                failing = connection.sql(self.sql).pl()
        return Rule(self.name, self.category, self.severity, self.asks, self.todo, failing)


@cache
def queries() -> list[Query]:
    """Every rule of ``rules.toml``; one of several tables is a rule of each."""
    entries = tomllib.loads(PATH.read_text(encoding="utf-8"))["rule"]
    found = []
    for entry in entries:
        tables = entry.pop("tables", None) or [entry.pop("table")]
        sql = entry.pop("sql")
        found += [Query(table, sql=sql.replace("{table}", table), **entry) for table in tables]
    return found


def of_table(edition: Edition, layer: str, name: str) -> list[Rule]:
    """The rules of ``rules.toml`` that speak of a table."""
    return [one.held(edition) for one in queries() if one.table == f"{layer}.{name}"]


def totals_agree(sums: pl.DataFrame) -> Rule:
    """Published totals are what the parts add up to, or the difference is explained."""
    return Rule(
        "totals_agree",
        "sums",
        "critical",
        "published totals are the sums of their parts, or the difference is explained",
        "Parts do not add up to the published total: see meta.reconciliation for each "
        "difference; declare a correction if the publisher erred, or explain the difference in "
        "data/explained_differences.toml.",
        sums.filter(~pl.col("settled")).select("check", "period", "area", "published", "computed"),
    )


def nothing_set_aside(aside: pl.DataFrame) -> Rule:
    """No published row was set aside; a warning, since what is set aside is not used."""
    return Rule(
        "nothing_set_aside",
        "values",
        "warning",
        "no published row was set aside",
        "What is set aside is not used, and stands in meta.quarantine with what became of it. Look "
        "it up in the file: widen the declaration if the publisher means it, or declare a "
        "correction in data/corrections.toml.",
        aside.select("file", "row", "column", "value", "rule", "outcome"),
    )


def no_drift(found: pl.DataFrame) -> list[Rule]:
    """One warning a statistic for measures whose newest figures are unlike the ones before."""
    return [
        Rule(
            f"drift_of_{name}",
            "drift",
            "warning",
            asks,
            "The newest figures are unlike the ones before (meta.drift has every measure). Look at "
            "the publisher's notes and at the places named; if it is a change that is known, say "
            "why under [[drift]] in data/explained_differences.toml; if an error, declare a "
            "correction in data/corrections.toml.",
            found.filter(
                pl.col("drifts") & pl.col("explained").is_null() & (pl.col("statistic") == name)
            )
            .sort("change", descending=True, nulls_last=True)
            .select("measure", "place", "period_before", "before", "period_after", "after"),
        )
        for name, asks in STATISTICS.items()
    ]


def against_published(rows: Rows, before: Rows | None, grain: Sequence[str]) -> list[Rule]:
    """Warnings for a table that is unlike the one that is published.

    Args:
        before: the published table; None where nothing is published.
    """
    limit = thresholds("drift_published")
    unlike: list[tuple[str, str, float | None, float | None]] = []
    if before is not None and (many := height(before)):
        rows, before, count = held(rows), held(before), height(rows)
        if (many - count) / many > limit["rows"]:
            unlike.append(("rows", "", float(many), float(count)))
        earlier = before.collect_schema().names()
        shared = [n for n in rows.collect_schema().names() if n in earlier and n not in grain]
        for name in shared if count else []:
            # One column at a time: a large table is not held.
            was, now = (one.lazy().select(name).collect()[name] for one in (before, rows))
            empty = was.null_count() / many, now.null_count() / count
            if empty[1] - empty[0] > limit["empty"]:
                unlike.append(("empty", name, *empty))
            if not (was.dtype.is_numeric() and now.dtype.is_numeric()):
                continue
            low, middle, high = (was.cast(pl.Float64).quantile(q) for q in (0.25, 0.5, 0.75))
            newest = now.cast(pl.Float64).quantile(0.5)
            if (
                None not in (low, middle, high, newest)
                and high > low  # type: ignore[operator]
                and abs(newest - middle) / (high - low) > limit["median"]  # type: ignore[operator]
            ):
                unlike.append(("median", name, middle, newest))
    schema = {"what": pl.String, "column": pl.String, "before": pl.Float64, "after": pl.Float64}
    found = pl.DataFrame(unlike, schema=schema, orient="row")
    asks = {
        "rows": "about as many rows as in the published version",
        "empty": "no column is emptier than in the published version",
        "median": "no column's median is far from that of the published version",
    }
    return [
        Rule(
            f"like_published_{what}",
            "drift",
            "warning",
            clause,
            "The table is unlike the one that is published. If a source, a declaration or the code "
            "was changed to this end, nothing is to be done: the warning ends with this version. "
            "If not, find the source that changed (rapport releases, meta.drift).",
            found.filter(pl.col("what") == what).select("column", "before", "after"),
        )
        for what, clause in asks.items()
    ]


def known(
    rows: Rows,
    column: str,
    values: set[str],
    where: str,
    severity: Severity = "critical",
) -> Rule:
    """Every value of a column is one of another table's."""
    cells = pl.col(column)
    # A row may be about none of them: the claim without a primary panel names no outcome.
    failing = rows.lazy().filter((cells != "") & ~cells.is_in(list(values)))
    first = [column, *[name for name in rows.collect_schema().names()[:3] if name != column]]
    return Rule(
        f"{column}_known",
        "relations",
        severity,
        f"every {column} is in {where}",
        f"The table names what {where} does not: see whether that one lacks it or a join of this "
        "table took a wrong code.",
        failing.select(first).collect(),
    )


def locality_relations(edition: Edition, name: str, rows: Rows) -> list[Rule]:
    """What a locality table says of others: places and indicators that are there."""
    found, columns = [], rows.collect_schema().names()
    if name not in ("place", "council_code"):
        areas = [one for one in columns if one.endswith("areacd") or one == "areacd_from"]
        if areas:
            # The register and not locality.place, which is made of some of these tables.
            places = set(edition.read("tidy", "council_registry")["areacd"].drop_nulls())
            found += [
                known(rows, one, places, "the register of councils (tidy.council_registry)")
                for one in areas
                if one != "areacd_from"
            ]
        if "areacd_from" in areas:
            codes = edition.read("locality", "council_code").filter(pl.col("kind") == "areacd")
            found.append(known(rows, "areacd_from", set(codes["code"]), "locality.council_code"))
    if "indicator" in columns:
        indicators = set(framework().indicators)
        found.append(known(rows, "indicator", indicators, "the framework (meta.indicator)"))
    if {"indicator", "reference_year"} <= set(columns):
        found.append(stands_no_longer(rows))
    if "trust" in columns and name != "trust_lineage":
        trusts = set(edition.read("locality", "trust_lineage")["trust"].drop_nulls())
        # A body that was split has several trusts, with commas.
        each = rows.with_columns(pl.col("trust").str.split(",")).explode("trust")
        found.append(known(each, "trust", trusts, "locality.trust_lineage"))
    return found


def stands_no_longer(rows: Rows) -> Rule:
    """A figure's own year is its row's, or as much earlier as the indicator's figures stand."""
    declared = framework().indicators
    of_no_year = pl.col("indicator").is_in([name for name, one in declared.items() if one.static])
    stands = pl.col("indicator").replace_strict(
        {name: one.stands for name, one in declared.items()}, default=0, return_dtype=pl.Int32
    )
    own, empty = pl.col("reference_year"), pl.col("value").is_null() | of_no_year
    fits = (pl.col("year") - own).is_between(0, stands).fill_null(value=False)
    failing = rows.lazy().filter(pl.when(empty).then(own.is_not_null()).otherwise(~fits))
    told = ["year", "indicator", "value", "reference_year"]
    return Rule(
        "stands_no_longer",
        "relations",
        "critical",
        "a figure was published for its row's year, or for one earlier by no more years than the "
        "framework lets it stand",
        "A figure would pass for a newer one: see the query of the table, and how figures stand in "
        "pipeline/study/indicators.py.",
        failing.select(list(dict.fromkeys([rows.collect_schema().names()[0], *told]))).collect(),
    )


def evidence_relations(edition: Edition, name: str, frame: pl.DataFrame) -> list[Rule]:
    """What an evidence table says of others: specifications and indicators that are there."""
    found = []
    if "spec_id" in frame.columns:
        specs = set(edition.read("evidence", "analysis_spec")["spec_id"]) | {ALL_PANELS}
        where = "evidence.analysis_spec"
        if name == "analysis_spec":
            specs, where = set(framework().panels) | {ALL_PANELS}, "the framework"
        found.append(known(frame, "spec_id", specs, where))
    indicators = set(framework().indicators)
    for column in ("indicator", "outcome"):
        if column in frame.columns:
            each = frame.with_columns(pl.col(column).str.split(", ")).explode(column)
            found.append(known(each, column, indicators, "the framework (meta.indicator)"))
    return found


def promised(rows: Rows, promise: Promise) -> Rule:
    """Enough rows have what a promise says."""
    found = height(
        rows.filter(
            pl.all_horizontal(pl.col(name).is_not_null() for name in promise.filled),
            pl.col("year").is_between(*promise.years),
        )
    )
    short = found < promise.rows
    failing = (
        pl.DataFrame({"expected": [promise.rows], "found": [found]}) if short else pl.DataFrame()
    )
    first, last = promise.years
    return Rule(
        f"rows_with_{'_and_'.join(promise.filled)}_{first}_{last}",
        "coverage",
        "critical",
        f"at least {promise.rows} rows of {first} to {last} have {', '.join(promise.filled)}",
        f"{promise.why} Fewer rows than the declaration promises: a release is incomplete, or a "
        "join lost places.",
        failing,
    )


def tidy_relations(edition: Edition, source: Source, rows: Rows) -> list[Rule]:
    """What a tidy table says of places and NHS bodies: they are in a register."""
    found = []
    columns = rows.collect_schema().names()
    if source.area and source.area[1] in ("council", "district") and "areacd" in columns:
        registry = edition.read("tidy", "council_registry")
        codes = known_codes(registry)
        places = rows.filter(~pl.col("areacd").str.slice(0, 3).is_in(ABOVE_COUNCILS))
        if "area_type" in columns:
            places = places.filter(pl.col("area_type") == "council")
        found.append(known(places, "areacd", codes, "the register of councils or its additions"))
    body = body_column(source)
    # Without one of the lists nobody could say which codes are known.
    if body is not None and BODIES.keys().isdisjoint(switched_off()):
        found.append(bodies_known(edition, body, rows))
    return found


def bodies_known(edition: Edition, column: str, rows: Rows) -> Rule:
    """Every NHS body is in a list of them; the figures of one that is not reach no place.

    The lists end in 2022: a body founded since is in none until it is declared.
    """
    columns = rows.collect_schema().names()
    bodies = rows.lazy()
    if "area_type" in columns:
        bodies = bodies.filter(pl.col("area_type") == "trust")
    if "code_type" in columns:
        bodies = bodies.filter(pl.col("code_type") == "ods")
    # Commissioners that answered a survey together have their codes with strokes; a trust that
    # answered sector by sector has each under its own code and a digit.
    each = pl.col(column).str.replace(r"^(\w{3})\d$", "$1").str.split("/")
    failing = (
        bodies.group_by(column)
        .agg(pl.len().alias("rows"), pl.col("file").first(), pl.col("row").min())
        .filter(~each.list.eval(pl.element().is_in(list(known_bodies(edition)))).list.all())
        .sort(column)
        .collect()
    )
    return Rule(
        f"{column}_known",
        "relations",
        "critical",
        f"every {column} is in a list of NHS bodies or its additions",
        "No list of trusts, commissioners or boards of 2010 or later knows the code, so that "
        "its figures may reach no place. Look it up in the file: where it is mistyped, declare a "
        "correction in data/corrections.toml; where the body is real and no list has it, declare "
        "it with the reason in data/reference/trust_code_additions.csv.",
        failing,
    )
