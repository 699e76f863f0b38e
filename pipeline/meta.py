"""The tables that describe the others: sources, dictionary, checks, reconciliation, run."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import polars as pl

from pipeline.corrections import declared
from pipeline.edition import Edition
from pipeline.framework import framework
from pipeline.publish import Table
from pipeline.source import STATUS, WARNINGS
from pipeline.sources import sources

PACKAGES = ("rapport", "dagster", "duckdb", "polars", "great-expectations", "numpy", "statsmodels")
SYNTHETIC = "SYNTHETIC: every figure is generated. "


def _rows(rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def source_tables(edition: Edition) -> list[Table]:
    """``meta.source``, ``meta.release``, ``meta.usage_warning`` and ``meta.correction``."""
    listed, releases, warnings = [], [], []
    for one in sources().values():
        fetched = {each["file"]: each for each in edition.recall("fetched", one.name) or []}
        listed.append(
            {
                "source": one.name,
                "title": one.title,
                "publisher": "generated" if edition.synthetic else one.publisher,
                "licence": "none needed" if edition.synthetic else one.licence,
                "attribution": SYNTHETIC.strip() if edition.synthetic else one.attribution,
                "provenance": "synthetic" if edition.synthetic else one.grade,
                "about": one.about,
                "files": len(one.releases),
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
            _rows(listed, dict.fromkeys(listed[0], text) | {"files": pl.Int64}),
            "Every source: publisher, licence, attribution and provenance.",
            ("source",),
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
        ),
        Table(
            "meta",
            "usage_warning",
            _rows(warnings, dict.fromkeys(("source", "usage_warning", "meaning"), text)),
            "What to mind when a source is used.",
            ("source", "usage_warning"),
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
            "Publishers' errors that were corrected, and why.",
        ),
    ]


def dictionary(tables: Sequence[Table]) -> Table:
    """``meta.dictionary``: every table and column, and every status."""
    rows = []
    for table in tables:
        rows.append((table.layer, table.name, "", "", table.about))
        rows += [
            (table.layer, table.name, column, str(kind), table.columns.get(column, ""))
            for column, kind in table.frame.schema.items()
        ]
    rows += [("status", name, "", "", meaning) for name, meaning in STATUS.items()]
    frame = pl.DataFrame(
        rows,
        schema=dict.fromkeys(("layer", "table", "column", "type", "meaning"), pl.String),
        orient="row",
    )
    return Table(
        "meta",
        "dictionary",
        frame,
        "Every table and column with its meaning; layer 'status' lists the statuses.",
        ("layer", "table", "column"),
    )


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
    }
    return Table(
        "meta",
        "check_results",
        _rows(rows, schema),
        "What Great Expectations found: one row an expectation.",
        columns={
            "severity": "critical stops what is downstream, warning is shown",
            "failing": "rows that fail",
            "message": "what was found, where, and what to do",
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
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }
    return Table(
        "meta",
        "run",
        pl.DataFrame([row]),
        (SYNTHETIC if edition.synthetic else "")
        + "The run that made this file, and the framework it was made under.",
        ("run_id",),
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
    )
