"""``evidence.panel_value``: every value that enters a comparison, so that it can be made again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.edition import Edition
from pipeline.evidence.panel import Array, Flags
from pipeline.study.asked import Asked
from pipeline.study.panels import SHARED, Built, differing_inside


@dataclass(frozen=True)
class Variable:
    """One column of a panel's design, over the candidates.

    Attributes:
        value: (n,) as it enters; NaN where it enters neither comparison.
        between, within: (n,) whether it enters.
        place: whether it is measured of the row's locality or authority; None where of no place.
        later: years from the row's year to the value's.
    """

    name: str
    block: str
    value: Array
    between: Flags
    within: Flags
    place: str | None
    later: int


def panel_values(edition: Edition, asked: Sequence[Asked]) -> pl.DataFrame:
    """One row a panel, place, year and variable, with the value's status and the year it is of.

    Args:
        edition: whose locality tables the panels were read from.
        asked: the panels.
    """
    key = ["value_place", "value_year", "variable"]
    statuses = [
        edition.scan("locality", table).select(
            pl.col(place).alias("value_place"),
            pl.col("year").cast(pl.Int64).alias("value_year"),
            pl.col("indicator").alias("variable"),
            "status",
            "reference_year",
        )
        for table, place in (("indicator_place", "areacd"), ("indicator_trust", "org_code"))
    ]
    return (
        pl.concat([_of_panel(one) for one in asked])
        .lazy()
        .join(pl.concat(statuses), on=key, how="left", maintain_order="left")
        .select(pl.lit(edition.synthetic).alias("synthetic"), pl.all())
        .collect()
    )


def _of_panel(asked: Asked) -> pl.DataFrame:
    """Those of one panel, by place, year and variable, in the order of the design."""
    pool = asked.pool
    variables = list(_variables(asked))
    # Of each row, the variables that enter: rows one after another, variables in their order.
    row, which = np.nonzero(np.column_stack([one.between | one.within for one in variables]))

    def each(name: str) -> pl.Series:
        """What is said of a whole variable."""
        return pl.Series(name, [getattr(one, name) for one in variables]).gather(which)

    def cells(name: str) -> pl.Series:
        """What is said of it row by row."""
        return pl.Series(np.column_stack([getattr(one, name) for one in variables])[row, which])

    place = each("place")
    return pool.rows[row].select(
        pl.lit(asked.pool.spec.name).alias("spec_id"),
        "locality",
        "authority",
        pl.col("year").cast(pl.Int64),
        each("name").alias("variable"),
        each("block"),
        cells("between").alias("enters_between"),
        cells("within").alias("enters_within"),
        cells("value").alias("value"),
        pl.when(place == "locality")
        .then("locality")
        .when(place == "authority")
        .then("authority")
        .alias("value_place"),
        (pl.col("year").cast(pl.Int64) + each("later")).alias("value_year"),
    )


def _variables(asked: Asked) -> Iterator[Variable]:
    """The outcome, the controls and the indicators of either comparison."""
    pool, spec = asked.pool, asked.pool.spec
    inside = {} if asked.inside is None else differing_inside(asked.inner, asked.all_of)
    first = _columns(asked.built, {b: range(len(own)) for b, own in asked.built.used.items()})
    second = _columns(asked.inner, inside) if inside else {}
    trusts = spec.grain == "trust_year"
    none = np.zeros(pool.rows.height, dtype=np.bool_)
    for name in {**first, **second}:
        value = np.full(pool.rows.height, np.nan)
        for built, columns in ((asked.built, first), (asked.inner, second)):
            if name in columns:
                block, value[built.keep] = columns[name]
        one = asked.all_of.indicators.get(name)
        if one is None or (trusts and block == "context"):
            place = None
        else:
            place = "authority" if one.level == "council" and block in SHARED else "locality"
        yield Variable(
            name=name,
            block=block,
            value=value,
            between=asked.enters_between if name in first else none,
            within=asked.enters_within if name in second else none,
            place=place,
            later=spec.lag if block == "outcome" else 0,
        )


def _columns(built: Built, indicators: Mapping[str, Sequence[int]]) -> dict[str, tuple[str, Array]]:
    """Variable -> its block and (n,) values, of a comparison with some of the indicators used."""
    found = {built.choices.outcome: ("outcome", built.outcome)}
    found |= {name: ("context", column) for name, column in built.controls.items()}
    for block, own in indicators.items():
        for j in own:
            found[built.used[block][j].name] = (block, built.values[block][:, j])
    return found
