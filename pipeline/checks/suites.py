"""The expectations of each table, made from its declaration."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.edition import Edition
from pipeline.source import STATUS, Source

Category = Literal["schema", "keys", "values", "sums", "coverage"]
COVERAGE = Path(__file__).with_name("coverage.toml")

GUIDANCE: Mapping[Category, str] = {
    "schema": "The table's columns are not the declared ones: make declaration and code agree.",
    "keys": "Rows share a key or have none: find them in the file and row named, and see whether "
    "the publisher repeats a row or the key needs another column.",
    "values": "Values are outside what is declared: look them up at the file and row named; widen "
    "the declaration only when the publisher confirms them.",
    "sums": "Parts do not add up to the published total: see meta.reconciliation for each "
    "difference; declare a correction if the publisher erred, or explain the difference in "
    "data/explained_differences.toml.",
    "coverage": "Fewer rows than the declaration promises: a release is incomplete or a join "
    "lost places.",
}


@dataclass(frozen=True)
class Expectation:
    """One expectation in Great Expectations' own terms.

    Attributes:
        type: its snake-case name.
        only: column and values that a row must have for the expectation to speak of it.
        severity: a failing ``critical`` one stops what is downstream; a ``warning`` is shown.
    """

    type: str
    kwargs: Mapping[str, Any]
    category: Category
    only: tuple[str, Sequence[str]] | None = None
    severity: Literal["critical", "warning"] = "critical"


def _columns(names: Sequence[str]) -> Expectation:
    return Expectation(
        "expect_table_columns_to_match_ordered_list", {"column_list": list(names)}, "schema"
    )


def _unique(names: Sequence[str]) -> Expectation:
    if len(names) == 1:
        return Expectation("expect_column_values_to_be_unique", {"column": names[0]}, "keys")
    return Expectation("expect_compound_columns_to_be_unique", {"column_list": list(names)}, "keys")


def _filled(name: str) -> Expectation:
    return Expectation("expect_column_values_to_not_be_null", {"column": name}, "keys")


def _within(name: str, low: float | None, high: float | None) -> Expectation:
    return Expectation(
        "expect_column_values_to_be_between",
        {"column": name, "min_value": low, "max_value": high},
        "values",
    )


def _one_of(name: str, values: Sequence[str]) -> Expectation:
    return Expectation(
        "expect_column_values_to_be_in_set", {"column": name, "value_set": list(values)}, "values"
    )


def _ons_code(name: str) -> Expectation:
    return Expectation(
        "expect_column_values_to_match_regex", {"column": name, "regex": r"^E\d{8}$"}, "values"
    )


def tidy_suite(source: Source, edition: Edition) -> list[Expectation]:
    """What a tidy table must keep, from the source's declaration."""
    schema = source.schema
    suite = [_columns(list(schema)), _unique([*source.key, "release"])]
    for name, column in schema.items():
        if not column.null:
            suite.append(_filled(name))
        if column.values is not None:
            suite.append(_one_of(name, column.values))
        if column.low is not None or column.high is not None:
            suite.append(_within(name, column.low, column.high))
    if "areacd" in schema:
        suite.append(_ons_code("areacd"))
    if {"value", "status"} <= set(schema):
        observed, hidden = ("status", ["ok"]), ("status", ["c", "x", "z"])
        value = {"column": "value"}
        suite += [
            Expectation("expect_column_values_to_not_be_null", value, "values", observed),
            Expectation("expect_column_values_to_be_null", value, "values", hidden),
        ]
    rows = [release.rows for release in source.releases]
    if not edition.synthetic and all(count is not None for count in rows):
        total = sum(count or 0 for count in rows)
        suite.append(Expectation("expect_table_row_count_to_equal", {"value": total}, "coverage"))
    else:
        suite.append(
            Expectation("expect_table_row_count_to_be_between", {"min_value": 1}, "coverage")
        )
    return suite


def sums_suite() -> list[Expectation]:
    """What a source's reconciliation must keep: totals agree, or the difference is explained."""
    return [
        Expectation(
            "expect_column_values_to_be_in_set", {"column": "settled", "value_set": [True]}, "sums"
        )
    ]


SHARES = ("coverage", "weight", "share", "patient_share", "dominant_trust_weight")


def locality_suite(
    name: str, columns: Sequence[str], grain: Sequence[str], edition: Edition
) -> list[Expectation]:
    """What a locality table must keep, from its header and the names of its columns."""
    suite = [_columns(columns), _unique(grain), *(_filled(column) for column in grain)]
    for column in columns:
        last = column.rsplit("__", 1)[-1]
        if last == "status":
            suite.append(_one_of(column, list(STATUS)))
        elif last in SHARES:
            suite.append(_within(column, 0, 1 + 1e-9))
        elif last == "n_effective":
            suite.append(_within(column, 1 - 1e-9, None))
        elif column.endswith("areacd"):
            suite.append(_ons_code(column))
    suite.append(Expectation("expect_table_row_count_to_be_between", {"min_value": 1}, "coverage"))
    return suite


@dataclass(frozen=True)
class Promise:
    """How many rows of a locality table must have certain columns filled, on the real data."""

    table: str
    filled: Sequence[str]
    years: tuple[int, int]
    rows: int
    why: str


def promises(edition: Edition, table: str) -> list[Promise]:
    """The promises of a table; none for generated data."""
    if edition.synthetic:
        return []
    entries = tomllib.loads(COVERAGE.read_text(encoding="utf-8"))["promise"]
    return [Promise(**entry) for entry in entries if entry["table"] == table]
