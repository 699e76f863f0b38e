"""The tables that describe the others: sources, dictionary, checks, reconciliation, run."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from platform import python_version
from typing import Any

import polars as pl

from pipeline.edition import GENERATED, Edition
from pipeline.reading.corrections import declared
from pipeline.reading.source import STATUS, WARNINGS
from pipeline.reading.switches import switched_off
from pipeline.sources import sources
from pipeline.study.framework import framework
from pipeline.tables import Table, View

PACKAGES = (
    "rapport",
    "dagster",
    "duckdb",
    "polars",
    "great-expectations",
    "numpy",
    "scipy",
)


def _rows(rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def source_tables(edition: Edition) -> list[Table]:
    """``meta.source``, ``meta.release``, ``meta.usage_warning`` and ``meta.correction``."""
    listed, releases, warnings = [], [], []
    off = switched_off()
    for one in sources().values():
        fetched = {each["file"]: each for each in edition.recall("fetched", one.name) or []}
        listed.append(
            {
                "source": one.name,
                "title": one.title,
                "publisher": "generated" if edition.synthetic else one.publisher,
                "licence": "none needed" if edition.synthetic else one.licence,
                "attribution": GENERATED if edition.synthetic else one.attribution,
                "provenance": "synthetic" if edition.synthetic else one.grade,
                "about": one.about,
                "files": len(one.releases),
                "switched_off": one.name in off,
                "why_switched_off": off.get(one.name),
            }
        )
        for release in one.releases:
            known = fetched.get(release.file, {})
            releases.append(
                {
                    "source": one.name,
                    "release": release.id,
                    "revision": release.revision,
                    "period": release.period,
                    "published": release.published or None,
                    "file": release.file,
                    "url": None if edition.synthetic else release.url,
                    "sha256": known.get("sha256", release.sha256),
                    "bytes": known.get("bytes"),
                    "rows": release.rows,
                }
            )
        warnings += [
            {"source": one.name, "usage_warning": name, "meaning": WARNINGS[name]}
            for name in one.warnings
        ]
    text = pl.String
    return [
        Table(
            "meta",
            "source",
            _rows(
                listed,
                dict.fromkeys(listed[0], text) | {"files": pl.Int64, "switched_off": pl.Boolean},
            ),
            "Every source: publisher, licence, attribution and provenance.",
            ("source",),
            {
                "source": "name of the source and of its table in schema tidy",
                "title": "what it is",
                "publisher": "who publishes it",
                "licence": "terms it is published under",
                "attribution": "whom to name when it is used",
                "provenance": "original, derived (reshaped by a third party), scraped or synthetic",
                "about": "what its rows hold",
                "files": "published files declared",
                "switched_off": "whether it was left out: its table is empty",
                "why_switched_off": "the declared reason",
            },
        ),
        Table(
            "meta",
            "release",
            _rows(
                releases,
                dict.fromkeys(releases[0], text)
                | {"revision": pl.Int64, "bytes": pl.Int64, "rows": pl.Int64},
            ),
            "Every published file with its address, hash and the rows it gave.",
            ("source", "release"),
            {
                "source": "name of the source",
                "release": "release, as in the column release of its table",
                "revision": "0 for the first release held of a period, 1 for the next, and so on",
                "period": "what it covers",
                "published": "day it was published or last revised; empty where no day is stated",
                "file": "path of the file in a mirror",
                "url": "its pinned address; empty for generated files",
                "sha256": "hash of its bytes as they were read",
                "bytes": "its size; empty where it was not fetched",
                "rows": "rows that it is declared to give",
            },
        ),
        Table(
            "meta",
            "usage_warning",
            _rows(warnings, dict.fromkeys(("source", "usage_warning", "meaning"), text)),
            "What to mind when a source is used.",
            ("source", "usage_warning"),
            {
                "source": "name of the source",
                "usage_warning": "name of the warning",
                "meaning": "the warning in words",
            },
        ),
        Table(
            "meta",
            "correction",
            _rows(
                []
                if edition.synthetic
                else [
                    {
                        "source": one.source,
                        "matches": str(one.where),
                        "column": one.column,
                        "published": str(one.published) if one.published is not None else None,
                        "corrected": str(one.corrected)
                        if one.corrected is not None
                        else f"no value, status {one.status}",
                        "rows": one.rows,
                        "why": one.why,
                        "evidence": one.evidence,
                    }
                    for one in declared()
                ],
                dict.fromkeys(("source", "matches", "column", "published", "corrected"), text)
                | {"rows": pl.Int64, "why": text, "evidence": text},
            ),
            "Publishers' errors that were corrected, and why; none in generated files.",
            ("source", "matches", "column"),
            {
                "source": "name of the source",
                "matches": "which rows, as column and value",
                "column": "column that was wrong",
                "published": "what was published; empty where rows are told by other columns alone",
                "corrected": "what stands in the tables instead",
                "rows": "rows it changed",
                "why": "what was wrong",
                "evidence": "how that is known",
            },
        ),
    ]


TABLE = {
    "layer": (pl.String, "schema; main holds the views and macros for common questions"),
    "name": (pl.String, "name"),
    "kind": (pl.String, "table, view or macro (a view with parameters)"),
    "grain": (pl.String, "columns that tell a row, with commas"),
    "columns": (pl.Int64, "number of columns; empty for macros"),
    "rows": (pl.Int64, "number of rows; empty for views and macros"),
    "sources": (pl.String, "sources it is made of, with commas; empty for meta and what reads all"),
    "about": (pl.String, "what it holds"),
}
DICTIONARY = {
    "layer": (pl.String, "schema; status for what a status means"),
    "table": (pl.String, "table or view; the status where the layer is status"),
    "column": (pl.String, "column; empty for the table itself"),
    "type": (pl.String, "type of the column; empty for views"),
    "meaning": (pl.String, "what it is"),
}


def _described(
    name: str, rows: list[Any], columns: dict[str, Any], about: str, grain: Sequence[str]
) -> Table:
    kinds = {column: kind for column, (kind, _) in columns.items()}
    meanings = {column: meaning for column, (_, meaning) in columns.items()}
    frame = pl.DataFrame(rows, schema=kinds, orient="row")
    return Table("meta", name, frame, about, grain, meanings)


def _catalogue(rows: list[Any]) -> Table:
    about = "Every table, view and macro: what it holds and what a row of it is."
    return _described("table", rows, TABLE, about, ("layer", "name"))


def _dictionary(rows: list[Any]) -> Table:
    about = "Every table and column with its meaning; layer 'status' lists the statuses."
    return _described("dictionary", rows, DICTIONARY, about, ("layer", "table", "column"))


def catalogue(tables: Sequence[Table], views: Sequence[View]) -> list[Table]:
    """``meta.table`` and ``meta.dictionary`` of everything, themselves among it.

    The readings of tidy tables have the columns of those tables and are not repeated.
    """
    every = [*tables, _catalogue([]), _dictionary([])]
    words: list[tuple[str, ...]] = []
    for table in every:
        words.append((table.layer, table.name, "", "", table.about))
        words += [
            (table.layer, table.name, column, str(kind), table.columns.get(column, ""))
            for column, kind in table.schema.items()
        ]
    for view in views:
        if view.schema == "main":
            words.append((view.schema, view.name, "", "", view.about))
            words += [
                (view.schema, view.name, column, "", meaning)
                for column, meaning in view.columns.items()
            ]
    words += [("status", name, "", "", meaning) for name, meaning in STATUS.items()]
    heights = {"table": len(every) + len(views), "dictionary": len(words)}
    listed = [
        (
            one.layer,
            one.name,
            "table",
            ", ".join(one.grain),
            len(one.schema),
            heights.get(one.name, 0)
            if one.layer == "meta" and one.name in heights
            else one.height(),
            ", ".join(one.sources),
            one.about,
        )
        for one in every
    ] + [
        (
            one.schema,
            one.name,
            one.kind,
            ", ".join(one.grain),
            None if one.kind == "macro" else len(one.columns),
            None,
            "",
            one.about,
        )
        for one in views
    ]
    return [_catalogue(listed), _dictionary(words)]


def check_results(edition: Edition, names: Sequence[tuple[str, str]]) -> Table:
    """``meta.check_results``: one row an expectation of the last run of each table."""
    rows = [
        row for layer, name in names for row in edition.recall("checks", f"{layer}.{name}") or []
    ]
    schema = {
        "layer": pl.String,
        "table": pl.String,
        "category": pl.String,
        "expectation": pl.String,
        "column": pl.String,
        "severity": pl.String,
        "passed": pl.Boolean,
        "failing": pl.Int64,
        "message": pl.String,
        "asks": pl.String,
        "guidance": pl.String,
    }
    return Table(
        "meta",
        "check_results",
        _rows(rows, schema),
        "What Great Expectations found: one row an expectation or rule.",
        columns={
            "layer": "schema of the table that was checked",
            "table": "its name",
            "category": "kind of check",
            "expectation": "what was expected",
            "column": "column it is about; empty where it is about the table",
            "passed": "whether it holds",
            "severity": "critical stops what is downstream; warning and info are shown",
            "failing": "rows that fail",
            "message": "what was found, where, and what to do; empty where it holds",
            "asks": "what must be so, in words",
            "guidance": "what a failure means and what to do",
        },
    )


def run_table(edition: Edition, run_id: str, version_name: str) -> Table:
    """``meta.run``: which run made this file, with what."""
    declared_framework = framework()
    row = {
        "run_id": run_id,
        "version": version_name,
        "edition": edition.name,
        "title": edition.title,
        "synthetic": edition.synthetic,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "framework_sha256": declared_framework.hash,
        "framework_registered": declared_framework.registered(),
        "packages": ", ".join(
            [f"python {python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
        ),
    }
    return Table(
        "meta",
        "run",
        pl.DataFrame([row]),
        "The run that made this file, and the framework it was made under.",
        ("run_id",),
        {
            "run_id": "run of the pipeline, as in the evidence tables",
            "version": "name of the published version: its number, when it was built, and the run",
            "edition": "england (the real data) or sample (generated)",
            "title": "title of the edition",
            "synthetic": "whether every figure is generated",
            "built_at": "when the file was built, in universal time",
            "framework_sha256": "hash of the framework file's content",
            "framework_registered": "whether that is the registered framework; results under "
            "another one are exploratory",
            "packages": "versions of Python and of the packages that compute",
        },
    )


def framework_table() -> Table:
    """``meta.indicator``: the framework's indicators as they were used."""
    rows = [asdict(one) for one in framework().indicators.values()]
    return Table(
        "meta",
        "indicator",
        pl.DataFrame(rows),
        "The framework's indicators: the words they stand for, where and how they are measured.",
        ("name",),
        {
            "name": "name of the indicator, as in the locality and evidence tables",
            "block": "block of the framework",
            "words": "words of the claim that it stands for",
            "title": "what it measures",
            "instrument": "survey, inspection or return it is part of",
            "source": "source it is read from",
            "level": "what it is measured at: council or trust",
            "value": "SQL: the value, an aggregate by place and year",
            "family": "instruments that are one survey or inspection in different files; "
            "indicators of one family never explain each other",
            "where": "SQL: the rows it is made of",
            "table": "table it is read from",
            "sampling_variance": "SQL: variance from sampling, where there are samples",
            "respondents": "SQL: how many answered, where there are samples",
            "parts": "published values it must be made of; 0 takes whatever was observed",
            "per": "what it is divided by",
            "scale": "what it is then multiplied by",
            "polarity": "1 where more is better, -1 where less is",
            "unit": "unit, where the framework states one",
            "static": "whether it has one value for all years",
            "stands": "years that a value stands for after its own, until the next one, and up to "
            "the newest year that anything is measured in",
            "carried_by": "how a council without a value takes it from councils of another date: "
            "by population, as a sum, or not",
        },
    )


COVERAGE = {
    "spec_id": "panel in the framework",
    "block": "block of the framework",
    "words": "words of the claim that the indicator stands for",
    "indicator": "name in the framework",
    "title": "what it measures",
    "source": "source it is read from",
    "measured_share": "share of the panel's rows that it is measured on",
    "used": "whether the panel uses it",
    "why_not": "why it does not; empty where it does",
}


def coverage_table(coverage: pl.DataFrame) -> Table:
    """``meta.construct_coverage``."""
    return Table(
        "meta",
        "construct_coverage",
        coverage,
        "Which words of the claim each panel can measure, and why an indicator is not used.",
        ("spec_id", "indicator"),
        COVERAGE,
    )
