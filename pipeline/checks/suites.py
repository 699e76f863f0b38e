"""The expectations of each table, made from its declaration."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from pipeline.edition import Edition
from pipeline.reading.source import PLACE_CODE, STATUS, Source
from pipeline.study.results import KEYS

Category = Literal["schema", "keys", "values", "sums", "coverage", "drift", "relations"]
Severity = Literal["critical", "warning", "info"]
COVERAGE = Path(__file__).with_name("coverage.toml")

GUIDANCE: Mapping[Category, str] = {
    "schema": "The table's columns are not the declared ones: make declaration and code agree.",
    "keys": "Rows share a key or have none: find them in the file and row named, and see whether "
    "the publisher repeats a row or the key needs another column.",
    "values": "Values are outside what is declared: look them up at the file and row named; widen "
    "the declaration only when the publisher confirms them.",
    "sums": "Parts do not add up to their whole: see which of the two is wrong.",
    "coverage": "Fewer rows than the declaration promises: a release is incomplete or a join "
    "lost places.",
    "drift": "Figures are unlike the ones before: see whether the publisher says why.",
    "relations": "The table does not agree with another: find which of the two is wrong.",
}
"""What a failure of a category means and what to do, where an expectation does not say it."""


@dataclass(frozen=True)
class Expectation:
    """One expectation in Great Expectations' own terms.

    Attributes:
        type: its snake-case name.
        only: column and values that a row must have for the expectation to speak of it.
        severity: a failing ``critical`` one stops what is downstream; a ``warning`` and an
            ``info`` are shown.
        hidden: whether failing values may not be shown, because they may tell of few people.
    """

    type: str
    kwargs: Mapping[str, Any]
    category: Category
    only: tuple[str, Sequence[str]] | None = None
    severity: Severity = "critical"
    hidden: bool = False

    @property
    def asks(self) -> str:
        """What must be so, as a clause."""
        said = ASKS[self.type].format_map(_Words(self.kwargs))
        if self.only is None:
            return said
        column, values = self.only
        return f"{said}, where {column} is {' or '.join(values)}"


ASKS = {
    "expect_table_columns_to_match_ordered_list": "the columns are the declared ones, in order",
    "expect_table_columns_to_match_set": "the columns {column_set} are there",
    "expect_column_values_to_be_unique": "no two rows share {column}",
    "expect_compound_columns_to_be_unique": "no two rows share {column_list}",
    "expect_column_values_to_not_be_null": "{column} is filled",
    "expect_column_values_to_be_null": "{column} is empty",
    "expect_column_values_to_be_between": "{column} is between {min_value} and {max_value}",
    "expect_column_values_to_be_in_set": "{column} is one of {value_set}",
    "expect_column_values_to_match_regex": "{column} has the form {regex}",
    "expect_column_pair_values_a_to_be_greater_than_b": "{column_A} is at least {column_B}",
    "expect_table_row_count_to_equal": "its number of rows is {value}",
    "expect_table_row_count_to_be_between": "its number of rows is {min_value} or more",
}
"""Expectation to what it asks; the names of its own parameters stand in braces."""
SHOWN = 6


class _Words(dict[str, Any]):
    """Parameters as words: lists with commas and cut short, an open end as such."""

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if isinstance(value, list | tuple):
            more = ", ..." if len(value) > SHOWN else ""
            return ", ".join(map(str, value[:SHOWN])) + more
        if value is None:
            return "anything"
        return f"{value:.10g}" if isinstance(value, float) else str(value)


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
        "expect_column_values_to_match_regex", {"column": name, "regex": PLACE_CODE}, "values"
    )


def tidy_suite(source: Source, edition: Edition, missing: int = 0) -> list[Expectation]:
    """What a tidy table must keep, from the source's declaration.

    Args:
        missing: the most rows that may be lacking because published ones were set aside.
    """
    schema = source.schema
    figures = {"value", "status"} <= set(schema)
    suite = [_columns(list(schema)), _unique([*source.key, "release"])]
    for name, column in schema.items():
        # A figure may be empty where its status says why.
        if not column.null and not (figures and name == "value"):
            suite.append(_filled(name))
        if column.values is not None:
            suite.append(_one_of(name, column.values))
        if column.low is not None or column.high is not None:
            suite.append(_within(name, column.low, column.high))
    if "areacd" in schema:
        suite.append(_ons_code("areacd"))
    if figures:
        observed, hidden = ("status", ["ok"]), ("status", ["c", "x", "z", "q"])
        value = {"column": "value"}
        suite += [
            Expectation("expect_column_values_to_not_be_null", value, "values", observed),
            Expectation("expect_column_values_to_be_null", value, "values", hidden),
        ]
    rows = [release.rows for release in source.releases]
    if not edition.synthetic and all(count is not None for count in rows):
        total = sum(count or 0 for count in rows)
        suite.append(
            Expectation("expect_table_row_count_to_equal", {"value": total}, "coverage")
            if not missing
            else Expectation(
                "expect_table_row_count_to_be_between",
                {"min_value": total - missing, "max_value": total},
                "coverage",
            )
        )
    else:
        suite.append(
            Expectation("expect_table_row_count_to_be_between", {"min_value": 1}, "coverage")
        )
    return suite


SHARES = ("coverage", "weight", "share", "patient_share", "dominant_trust_weight")
COUNTS = (
    "persons",
    "aged_18_plus",
    "aged_65_plus",
    "parts",
    "respondents",
    "sampling_variance",
    "registered",
    "estimated",
    "days",
    "size",
    "organisations",
)
YEARS = (1990, 2040)

PROBABILITIES = {
    "p",
    "p_one_sided",
    "p_perm",
    "p_by_trust",
    "beta_w_p",
    "p_supported",
    "p_not_supported",
    "p_inconclusive",
    "r2",
    "partial_r2_within",
    "partial_r2_upper",
    "icc_authority",
    "w_star",
    "coverage_min",
    "coverage_median",
    "within_var_share",
    "block_sign_agreement",
}
PERCENTS = {"missing_pct"}
AT_MOST_ONE = {"adj_r2", "q2_loao", "q2_forward", "v", "reliability", "block_alpha", "block_omega"}
NOT_NEGATIVE = {
    "se",
    "sse",
    "sst",
    "df1",
    "df2",
    "df",
    "k",
    "penalty",
    "shapley_se",
    "beta_w_se",
    "sigma2_authority",
    "sigma2_locality",
    "sigma2_resid",
    "spec_n_rows",
    "mde80",
}
PAIRS = (
    ("ci_low", "ci_high"),
    ("boot_low", "boot_high"),
    ("shapley_ci_low", "shapley_ci_high"),
    ("partial_r2_within", "partial_r2_upper"),
)
"""Lower and upper end."""
VOCABULARIES: Mapping[str, Sequence[str]] = {
    "part": ("between", "within", "overall"),
    "composition": (
        "composite",
        "rank composite",
        "principal component",
        "indicators",
        "indicators, least squares",
        "both",
    ),
}
MAY_BE_EMPTY = ("discordant_sets", "published_comparison")
"""Evidence tables without a row where no panel has what they list."""


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
        elif last in COUNTS:
            suite.append(_within(column, 0, None))
        elif last in ("year", "reference_year"):
            suite.append(_within(column, *YEARS))
    suite.append(Expectation("expect_table_row_count_to_be_between", {"min_value": 1}, "coverage"))
    return suite


def evidence_suite(name: str, frame: pl.DataFrame) -> list[Expectation]:
    """What an evidence table must keep, from its key and the names of its columns.

    Columns that are empty on every row are left to the schema. A table that no panel fills has no
    columns, which is worth knowing and no fault.
    """
    if not frame.width:
        return [
            Expectation(
                "expect_table_row_count_to_be_between",
                {"min_value": 1},
                "coverage",
                severity="info",
            )
        ]
    from pipeline.evidence.verdict import (  # noqa: PLC0415 - imports numpy
        DEPENDS,
        INCONCLUSIVE,
        NOT_SUPPORTED,
        SUPPORTED,
    )

    words = {**VOCABULARIES, "verdict": (SUPPORTED, NOT_SUPPORTED, INCONCLUSIVE, DEPENDS)}
    columns, kinds = frame.columns, frame.schema
    needed = list(dict.fromkeys((*KEYS[name], "synthetic")))
    suite = [
        Expectation(
            "expect_table_columns_to_match_set",
            {"column_set": needed, "exact_match": False},
            "schema",
        ),
        _unique(KEYS[name]),
    ]
    suite += [_filled(one) for one in KEYS[name]]
    for column in columns:
        if kinds[column].is_numeric():
            if column in PROBABILITIES:
                suite.append(_within(column, 0, 1 + 1e-9))
            elif column in PERCENTS:
                suite.append(_within(column, 0, 100))
            elif column in AT_MOST_ONE:
                suite.append(_within(column, None, 1 + 1e-9))
            elif column in NOT_NEGATIVE or column.startswith("n_"):
                suite.append(_within(column, 0, None))
        elif column in words and kinds[column] == pl.String:
            suite.append(_one_of(column, words[column]))
    suite += [
        Expectation(
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": high,
                "column_B": low,
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
            "values",
        )
        for low, high in PAIRS
        if low in columns and kinds[low].is_numeric() and kinds[high].is_numeric()
    ]
    fewest = 0 if name in MAY_BE_EMPTY else 1
    suite.append(
        Expectation("expect_table_row_count_to_be_between", {"min_value": fewest}, "coverage")
    )
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
