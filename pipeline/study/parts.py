"""The parts of what is worked out about a panel: each on its own, so that workers share them."""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from pipeline.evidence.between import between
from pipeline.evidence.panel import Panel
from pipeline.evidence.subsets import KINDS, indicator_importance
from pipeline.evidence.within import within
from pipeline.study.asked import Asked, Tables
from pipeline.study.described import described
from pipeline.study.framework import Framework
from pipeline.study.multiverse import Outcome, SetUps, estimates, set_up_pieces
from pipeline.study.panels import Built, Choices, Row
from pipeline.study.results import TABLES
from pipeline.study.robustness import composite_reliability, robustness, robustness_within

Done = Mapping[tuple[Choices, str], Outcome]


def _between(asked: Asked) -> Tables:
    """What one side explains beyond the other, by authorities."""
    panel = asked.estimated
    if panel is None:
        return {}
    result = between(panel, asked.all_of.test.between)
    rows: dict[str, list[Row]] = {
        name: [dict(vars(one)) for one in getattr(result, name)]
        for name in TABLES
        if hasattr(result, name)
    }
    rows["power"] = [{"part": "between"} | row for row in rows["power"]]
    _name_authorities(rows["cv_losses"], asked.built)
    return rows


def _importance(asked: Asked) -> Tables:
    """What each indicator is worth."""
    panel = asked.estimated
    if panel is None:
        return {}
    return {"importance": _indicator_rows(asked.built, panel, asked.all_of)}


def _indicator_rows(built: Built, panel: Panel, all_of: Framework) -> list[Row]:
    """Importance of each indicator by least squares on all of them."""
    try:
        found = indicator_importance(panel, all_of.test.between.confidence)
    except ValueError:
        return []
    low, high = found.values.interval(all_of.test.between.confidence)
    at = {name: i for i, name in enumerate(KINDS)}
    rows = []
    for i, (block, place) in enumerate(zip(found.blocks, found.places, strict=True)):
        value = {name: float(found.values.estimate[row, i]) for name, row in at.items()}
        rows.append(
            {
                "composition": "indicators, least squares",
                "level": "indicator",
                "name": built.used[block][place].name,
                "first": value["first"],
                "last": value["last"],
                "shapley": value["shapley"],
                "shapley_se": float(found.values.se[at["shapley"], i]),
                "shapley_ci_low": float(low[at["shapley"], i]),
                "shapley_ci_high": float(high[at["shapley"], i]),
            }
        )
    return rows


def _name_authorities(losses: list[Row], built: Built) -> None:
    """Give losses the authority's code in place of its number."""
    names = built.rows["authority"].unique().sort().to_list()
    for row in losses:
        number = row.pop("authority")
        row["authority"] = None if number is None else names[number]
        row["fold"] = row["authority"] or str(row["fold"])


def _robust(asked: Asked, long: pl.DataFrame) -> Tables:
    """The checks beside the lead between authorities."""
    if asked.stopped:
        return {}
    reliability = composite_reliability(asked.built, long, asked.all_of)
    return {"robustness": robustness(asked.pool, asked.built, asked.all_of, reliability)}


def _specified(asked: Asked, some: SetUps, penalty: float | None) -> Done:
    """A piece of the multiverse."""
    if asked.stopped and asked.compared_within is None:
        return {}
    return estimates(asked.pool, asked.all_of, some, penalty)


def _robust_within(asked: Asked) -> Tables:
    """The checks beside the slope within authorities."""
    if asked.compared_within is None:
        return {}
    return {"robustness": robustness_within(asked.pool, asked.all_of)}


def _within(asked: Asked) -> Tables:
    """What differs among localities of one authority, with names instead of codes."""
    panel = asked.compared_within
    if panel is None:
        return {}
    found = within(panel, asked.all_of.test.within)
    names = {
        key: asked.inner.rows[key].unique().sort().to_list() for key in ("authority", "locality")
    }
    rows: dict[str, list[Row]] = {
        table: [dict(vars(one)) for one in getattr(found, table)]
        for table in ("variance_split", "within_effect", "discordant_sets", "verdict")
    }
    for row in rows["discordant_sets"]:
        row["authority"] = names["authority"][row["authority"]]
        for key in ("adopters", "others"):
            if key in row:
                row[key] = ", ".join(names["locality"][one] for one in row[key])
    rows["power"] = [{"part": "within"} | dict(vars(one)) for one in found.power]
    return rows


@dataclass(frozen=True)
class Piece:
    """A part of what is worked out about a panel; it needs no other part.

    All pieces of a panel hold the same packed bytes, so that a worker unpacks them once.
    """

    panel: str
    part: Callable[..., Any]
    packed: bytes
    more: tuple[Any, ...] = ()

    def done(self) -> Any:
        """What the part gives."""
        return self.part(_unpacked(self.packed), *self.more)


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> Asked:
    asked: Asked = pickle.loads(packed)
    return asked


def pieces(asked: Asked, long: pl.DataFrame) -> list[Piece]:
    """What is dealt out of a panel, in the order in which `put_together` reads it."""
    penalty = asked.penalty()
    parts: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (described, (long,)),
        (_between, ()),
        (_importance, ()),
        (_robust, (long,)),
        (_robust_within, ()),
        (_within, ()),
        *((_specified, (some, penalty)) for some in set_up_pieces(asked.pool, asked.all_of)),
    ]
    packed = pickle.dumps(asked)
    return [Piece(asked.pool.spec.name, part, packed, more) for part, more in parts]


def on_one_thread(piece: Piece) -> tuple[str, Any]:
    """A piece's panel and what it gives; more threads would only wait for each other."""
    with threadpool_limits(1):
        return piece.panel, piece.done()
