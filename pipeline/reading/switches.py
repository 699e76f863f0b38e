"""Sources that are switched off, in one declared place, and what the results lose by it.

A source that is off is neither fetched nor read: an empty table of the same columns stands in for
it, so that everything built on it goes on without it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import get_args

import polars as pl

from pipeline.database.sqltable import sql_tables
from pipeline.edition import PROJECT
from pipeline.reading.declared import DeclarationError, meant, read, tables
from pipeline.reading.source import Grade, Source
from pipeline.sources import sources
from pipeline.study.framework import Framework

PATH = PROJECT / "data" / "switched_off.toml"

GEOGRAPHY = {
    "council_registry": "which councils there are and were",
    "district_history": "which districts became which",
    "population": "rates per head, and parts of merged districts",
    "trust_catchment": "where the patients of each trust live",
    "trust_finance": "the size that weighs each trust",
    "trust_succession": "which trust carries on which",
}
"""Sources that no place can be built without, and what they are needed for."""

MEASURING = ("leadership", "partnership", "plans", "budgets", "outcome")
"""Blocks whose words are the claim's."""


class SwitchError(DeclarationError):
    """What is to be switched off is not there, or cannot be done without."""


def switched_off() -> dict[str, str]:
    """Source to the reason why it is off, in alphabetical order; empty where everything is on.

    Raises:
        DeclarationError: the file is not as expected.
        SwitchError: an entry names no source, or one that the geography cannot do without.
    """
    return dict(_read(read(PATH)))


@lru_cache(maxsize=8)
def _read(text: str) -> dict[str, str]:
    off: dict[str, str] = {}
    for selection, entries in tables(PATH.name, text, ("sources", "grades", "licences")).items():
        if not isinstance(entries, dict):
            raise SwitchError(
                f"data/{PATH.name}: expected [{selection}], in one bracket. Write it so"
            )
        for wanted, why in entries.items():
            if not isinstance(why, str) or not why.strip():
                raise SwitchError(
                    f"data/{PATH.name}, [{selection}] {wanted}: expected the reason, as in "
                    f'{wanted} = "The publisher asked for it."; found {why!r}'
                )
            found = [one for one in sources().values() if _selected(one, selection, wanted)]
            if not found:
                raise SwitchError(f"data/{PATH.name}, [{selection}]: {_nothing(selection, wanted)}")
            for one in found:
                needed = GEOGRAPHY.get(one.name)
                if needed:
                    raise SwitchError(
                        f"data/{PATH.name}, [{selection}] {wanted}: the source {one.name} cannot "
                        f"be switched off: without it nothing says {needed}, and no figure "
                        "reaches a place. Name single sources under [sources] instead."
                    )
                reason = why if selection == "sources" else f"{selection[:-1]} {wanted}: {why}"
                off.setdefault(one.name, reason)
    return dict(sorted(off.items()))


def _selected(source: Source, selection: str, wanted: str) -> bool:
    if selection == "sources":
        return source.name == wanted
    if selection == "grades":
        return source.grade == wanted
    return source.licence.casefold().startswith(wanted.casefold())


def _nothing(selection: str, wanted: str) -> str:
    if selection == "sources":
        return f"no source {wanted!r}{meant(wanted, sources())}"
    if selection == "grades" and wanted not in get_args(Grade):
        return f"no grade {wanted!r}{meant(wanted, get_args(Grade))}"
    return f"no source has the {selection[:-1]} {wanted!r}"


def stand_in(source: Source) -> pl.DataFrame:
    """The empty table that stands in for a source that is off."""
    return pl.DataFrame(schema={name: column.kind for name, column in source.schema.items()})


def lost(framework: Framework, off: Mapping[str, str]) -> dict[str, str]:
    """Indicator to why it is unmeasured: its source, or that of what it is divided by, is off."""
    found: dict[str, str] = {}
    for one in framework.indicators.values():
        below = framework.indicators.get(one.per)
        for source in (one.source, below.source if below else ""):
            if source in off:
                found.setdefault(one.name, f"source {source} is switched off: {off[source]}")
    return found


def explained(coverage: pl.DataFrame, framework: Framework, off: Mapping[str, str]) -> pl.DataFrame:
    """``meta.construct_coverage`` with a source that is off as the reason of what is unmeasured."""
    gone = lost(framework, off)
    if not gone or "why_not" not in coverage.columns:
        return coverage
    why = pl.col("indicator").replace_strict(gone, default=None, return_dtype=pl.String)
    return coverage.with_columns(
        pl.when(~pl.col("used")).then(why).alias("_why"),
    ).select(
        pl.coalesce("_why", "why_not").alias("why_not") if name == "why_not" else pl.col(name)
        for name in coverage.columns
    )


def losses(framework: Framework, off: Mapping[str, str]) -> list[str]:
    """What the results lose, in sentences; none where everything is on."""
    gone = lost(framework, off)
    indicators = [framework.indicators[name] for name in gone]
    said = []
    for source, why in off.items():
        own = [f"'{one.title}' ({one.block})" for one in indicators if one.source == source]
        readers = [
            f"locality.{name}"
            for name, table in sql_tables("locality").items()
            if ("tidy", source) in table.inputs
        ]
        said.append(
            f"{source} is switched off ({why.rstrip('.')}): "
            + (f"no measure of {'; '.join(own)}" if own else "no indicator reads it")
            + (f"; {', '.join(readers)} goes without it" if readers else "")
            + "."
        )
    said += [
        f"'{one.title}' ({one.block}) loses what it is divided by."
        for one in indicators
        if one.source not in off
    ]
    for words in dict.fromkeys(one.words for one in framework.of_block(*MEASURING)):
        if all(one.name in gone for one in framework.of_block(*MEASURING) if one.words == words):
            said.append(f"The words '{words}' have no measure left.")
    for panel in framework.panels.values():
        for used in (panel.outcome, *panel.controls):
            if used in gone:
                said.append(
                    f"The panel '{panel.title}' loses its "
                    f"{'outcome' if used == panel.outcome else 'control'} "
                    f"'{framework.indicators[used].title}' and cannot be estimated."
                )
    return said
