"""Checking a table that is too large to be held at once, a piece at a time.

Rows with the same key are in the same piece, so that duplicates are found; whatever else is asked
of rows holds of the table when it holds of each piece. What was found is put together as if the
table had been looked at as a whole.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from pipeline.tables import Rows, height, most

CELLS = 32_000_000
"""The most cells that are held at once: two million rows of a table of sources."""
KEPT = 200
"""Failing rows that are named to the library, the first ones; it names no more values itself."""
NUMBER = "row number"
"""The column of a piece that says where in the table its rows stand, from 0."""


def held(rows: Rows) -> Rows:
    """The rows in memory, unless they are more than a piece."""
    return rows.lazy().collect() if height(rows) <= most(rows, CELLS) else rows


def pieces(rows: pl.LazyFrame, key: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The rows in about as many as a piece holds, with their numbers, in their order."""
    count = -(-height(rows) // most(rows, CELLS))
    numbered = rows.with_row_index(NUMBER)
    for one in range(count):
        own = pl.struct(key).hash(seed=1) % count == one
        yield numbered.filter(own).collect(engine="streaming").sort(NUMBER)


def shortened(outcome: Any) -> Any:
    """What was found of a piece, of which no more failing rows than ``KEPT`` are named."""
    result = outcome.result
    if "unexpected_list" in result:
        result["unexpected_list"] = result["unexpected_list"][:KEPT]
        named = len(result["unexpected_list"])
        result["unexpected_index_list"] = result["unexpected_index_list"][:named]
    return outcome


def joined(parts: Sequence[Any], examples: int) -> Any:
    """What Great Expectations would have found of the whole, from what it found of each piece.

    Args:
        parts: its results of one expectation, a piece each, shortened.
        examples: how many failing values are kept.
    """
    failed = [one.result for one in parts if not one.success]
    whole = next((one for one in parts if not one.success), parts[0])
    found = whole.result

    def total(name: str) -> int:
        return sum(one.result.get(name) or 0 for one in parts)

    def percent(of: int, count: int) -> float | None:
        return count / of * 100 if of else None

    rows, missing, unexpected = map(total, ("element_count", "missing_count", "unexpected_count"))
    shares = {"unexpected_percent": percent(rows - missing, unexpected)}
    if "missing_count" in found:
        shares |= {
            "missing_percent": percent(rows, missing),
            "unexpected_percent_total": percent(rows, unexpected),
            "unexpected_percent_nonmissing": percent(rows - missing, unexpected),
        }
        found["missing_count"] = missing
    found |= {"element_count": rows, "unexpected_count": unexpected, **shares}
    if failed:
        found |= _failing(failed, examples)
    return whole


def _failing(failed: Sequence[dict[str, Any]], examples: int) -> dict[str, Any]:
    """The first failing rows of all pieces, their values, and which values fail most often."""
    rows = [
        row
        for one in failed
        for row in zip(one["unexpected_index_list"], one["unexpected_list"], strict=True)
    ]
    rows = sorted(rows, key=lambda row: row[0])[:KEPT]
    numbers, values = [number for number, _ in rows], [value for _, value in rows]
    plain = [tuple(one.values()) if isinstance(one, dict) else one for one in values]
    most = Counter(plain).most_common(examples)
    return {
        "unexpected_index_list": numbers,
        "unexpected_list": values,
        "partial_unexpected_index_list": numbers[:examples],
        "partial_unexpected_list": values[:examples],
        "partial_unexpected_counts": [{"value": value, "count": count} for value, count in most],
    }
