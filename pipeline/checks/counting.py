"""Which rows of a table break its expectations, counted by Polars: all of a suite in one pass.

An empty cell, and a figure that is not a number, is a missing one, of which most expectations say
nothing. A table that is too large to be held is read as it is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from polars import selectors as cs

from pipeline.checks.suites import Expectation
from pipeline.tables import Rows, height, most

CELLS = 32_000_000
"""The most cells that are held at once: two million rows of a table of sources."""
NAMED = 100_000
"""The most failing rows of an expectation that are named, the first ones."""
NUMBER = "row number"

BREAKS: Mapping[str, Callable[..., pl.Expr]] = {
    "expect_column_values_to_not_be_null": lambda column: pl.col(column).is_null(),
    "expect_column_values_to_be_null": lambda column: pl.col(column).is_not_null(),
    "expect_column_values_to_be_between": lambda column, min_value, max_value: (
        (pl.col(column) < pl.lit(min_value)) | (pl.col(column) > pl.lit(max_value))
    ),
    "expect_column_values_to_be_in_set": lambda column, value_set: ~pl.col(column).is_in(value_set),
    "expect_column_values_to_match_regex": lambda column, regex: (
        ~pl.col(column).cast(pl.String).str.contains(regex)
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": lambda **given: (
        (pl.col(given["column_A"]) < pl.col(given["column_B"]))
        | ((pl.col(given["column_A"]) == pl.col(given["column_B"])) & ~pl.lit(given["or_equal"]))
    ),
}
"""Expectation of a row by itself to whether it is broken; null where what it asks about is."""
KEYS = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")


@dataclass(frozen=True)
class Count:
    """How many rows an expectation speaks of, how many miss what it asks about, how many fail."""

    rows: int
    missing: int = 0
    failing: int = 0


def held(rows: Rows) -> Rows:
    """The rows in memory, unless they are too many."""
    return rows.lazy().collect() if height(rows) <= most(rows, CELLS) else rows


def counted(rows: Rows, suite: Sequence[Expectation]) -> list[Count]:
    """The counts of each expectation, in the suite's order.

    Raises:
        KeyError: nothing here says which rows break an expectation.
    """
    asked = [_asked(rows, one) for one in suite]
    sums = [mask.sum() for one in asked for mask in one]
    named = [one.alias(str(number)) for number, one in enumerate(sums)]
    found = iter(_of(rows, lambda every: every.select(named)).rows()[0] if named else ())
    return [Count(*(next(found) for _ in one)) for one in asked]


def failing(rows: Rows, one: Expectation) -> tuple[list[int], list[Any]]:
    """The numbers of the rows that break an expectation, from 0, and what they hold there."""
    columns, (*_, breaks) = _columns(one), _asked(rows, one)
    found = _of(rows, lambda every: every.filter(breaks).select(NUMBER, *columns).head(NAMED))
    numbers, cells = found[NUMBER].to_list(), found.select(columns)
    if "column_list" in one.kwargs:
        return numbers, cells.to_dicts()
    return numbers, cells.rows() if cells.width > 1 else cells.to_series().to_list()


def _of(rows: Rows, asked: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
    """What is asked of the rows with their numbers, from 0."""
    every = rows.lazy().with_columns(cs.float().fill_nan(None)).with_row_index(NUMBER)
    return asked(every).collect(engine="streaming" if isinstance(rows, pl.LazyFrame) else "auto")


def _columns(one: Expectation) -> list[str]:
    """The columns whose cells it asks about."""
    single = [one.kwargs[name] for name in ("column", "column_A", "column_B") if name in one.kwargs]
    return single or list(one.kwargs["column_list"])


def _asked(rows: Rows, one: Expectation) -> list[pl.Expr]:
    """Whether a row is spoken of, misses what is asked about, and fails: the parts of ``Count``."""
    spoken = pl.col(NUMBER).is_not_null()
    if one.only is not None:
        spoken = pl.col(one.only[0]).is_in(one.only[1])
    if one.type.startswith("expect_table_"):
        return [spoken]
    columns = _columns(one)
    empty = [pl.col(name).is_null() for name in columns]
    if one.type in KEYS:
        return [
            spoken,
            pl.all_horizontal(empty),
            pl.col(NUMBER).is_in(_repeated(rows, columns).implode()),
        ]
    return [spoken, spoken & pl.any_horizontal(empty), spoken & BREAKS[one.type](**one.kwargs)]


def _repeated(rows: Rows, key: Sequence[str]) -> pl.Series:
    """The numbers of the rows that share their key, unless all of it is missing, with another."""
    alike = _of(rows, lambda every: every.select(pl.struct(key).hash())).to_series()
    numbers = alike.is_duplicated().arg_true()
    # Different keys may be alike in their hash.
    own = pl.col(NUMBER).is_in(numbers.implode()) & ~pl.all_horizontal(pl.col(key).is_null())
    found = _of(rows, lambda every: every.filter(own).select(NUMBER, *key))
    return found.filter(pl.struct(key).is_duplicated())[NUMBER]
