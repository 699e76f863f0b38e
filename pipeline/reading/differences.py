"""What a source's newer figures change against the older ones, and what they no longer cover."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.edition import PROJECT
from pipeline.reading.declared import entries
from pipeline.reading.published import EXAMPLES, SourceError
from pipeline.reading.revisions import compare, key_text
from pipeline.reading.source import Source

PATH = PROJECT / "data" / "accepted_changes.toml"
TIMES = ("period", "year", "vintage", "date")
"""Columns that say when, the first that a source has."""
FIGURES = ("measure", "question", "statistic")
"""Columns that say what a figure is of."""
NOT_PLACES = (*TIMES, *FIGURES, "basis", "level", "part", "sheet")
EVER = "always"
"""The period of a source that has none."""


@dataclass(frozen=True)
class Lost:
    """Coverage that is gone: these places, or figures of every place (``measure=...``), in each of
    these periods; no places where all are.
    """

    periods: Sequence[str]
    places: Sequence[str]

    def __str__(self) -> str:
        when = "" if tuple(self.periods) == (EVER,) else f" in {some(self.periods)}"
        if not self.places:
            return f"nothing left{when}"
        figures = sum("=" in one for one in self.places)
        counts = ((len(self.places) - figures, "place"), (figures, "figure"))
        told = [f"{n} {what}{'s' * (n > 1)}" for n, what in counts if n]
        return f"{' and '.join(told)} fewer{when}: {some(self.places)}"


@dataclass(frozen=True)
class Difference:
    """Newer figures against older ones of the same source.

    Attributes:
        rows_before, rows_after: rows in force, of each period the latest release.
        keys_added, keys_gone: rows by key.
        values_changed: cells of rows that both have.
        largest_change: largest relative change of a number that both have.
        periods_added: periods that are new, each with its places and those of the one before.
        lost: places and periods that had a figure and have none.
        examples: a few of each, in words.
    """

    rows_before: int
    rows_after: int
    columns_added: Sequence[str]
    columns_gone: Sequence[str]
    keys_added: int
    keys_gone: int
    values_changed: int
    largest_change: float | None
    periods_added: Sequence[str]
    lost: Sequence[Lost]
    examples: Sequence[str]


@dataclass(frozen=True)
class Accepted:
    """Lost coverage that is known and taken as it is."""

    source: str
    periods: Sequence[str]
    why: str
    places: Sequence[str] = ()


def accepted() -> list[Accepted]:
    """The entries of ``data/accepted_changes.toml``.

    Raises:
        DeclarationError: the file or an entry is not as expected.
    """
    return entries(PATH, "accepted", Accepted)


def some(names: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(names) - EXAMPLES
    return ", ".join(names[:EXAMPLES]) + (f" and {more} more" if more > 0 else "")


def latest(source: Source, table: pl.DataFrame) -> pl.DataFrame:
    """The rows in force: a release gives way, period by period, to a later one of the same keys."""
    if table["revision"].n_unique() < 2:
        return table
    period = [name for name in TIMES[:1] if name in table.columns]
    old = pl.col("revision") < pl.col("revision").max().over(source.key)
    return table.join(table.filter(old), on=["release", *period], how="anti")


def covered(source: Source, table: pl.DataFrame) -> pl.DataFrame:
    """Every ``period, place`` with at least one figure.

    The date of a place's latest state is no period: it moves on.
    """
    keys = [name for name in source.key if name not in NOT_PLACES]
    place = source.area[0] if source.area else (keys or list(source.key))[0]
    return _with_figures(source, table, pl.col(place).cast(pl.String))


def _covered_and_asked(source: Source, table: pl.DataFrame) -> pl.DataFrame:
    """The same, and every ``period, place`` of a kind of figure that any has: ``measure=...``."""
    kinds = [
        _with_figures(source, table, pl.format(f"{name}={{}}", name))
        for name in source.key
        if name in FIGURES
    ]
    return pl.concat([covered(source, table), *kinds])


def _with_figures(source: Source, table: pl.DataFrame, place: pl.Expr) -> pl.DataFrame:
    times = [] if "snapshot" in source.warnings else [n for n in TIMES if n in source.key]
    time = times[0] if times else None
    rows = table.filter(pl.col("value").is_not_null()) if "value" in table.columns else table
    when = pl.lit(EVER) if time is None else pl.col(time).cast(pl.String)
    return rows.select(when.alias("period"), place.alias("place")).drop_nulls().unique()


def lost(source: Source, before: pl.DataFrame, after: pl.DataFrame) -> list[Lost]:
    """Coverage that ``before`` has and ``after`` has not, like periods together."""
    had, has = (_covered_and_asked(source, one) for one in (before, after))
    kept = set(has["period"])
    gone = (
        had.join(has, on=["period", "place"], how="anti")
        .group_by("period")
        .agg(pl.col("place").sort())
        .sort("period")
    )
    alike: dict[tuple[str, ...], list[str]] = {}
    for period, places in gone.iter_rows():
        alike.setdefault(tuple(places) if period in kept else (), []).append(period)
    return [Lost(tuple(periods), places) for places, periods in alike.items()]


def differ(source: Source, before: pl.DataFrame, after: pl.DataFrame) -> Difference:
    """Compare two readings of a source, each with one row a key."""
    columns = [name for name in source.columns if name not in source.key]
    added = [name for name in source.columns if name not in before.columns]
    gone = [name for name in before.columns if name not in source.schema]
    shared = [name for name in columns if name in before.columns]
    cast = {name: after.schema[name] for name in (*source.key, *shared) if name in before.columns}
    before = before.cast(cast, strict=False)  # type: ignore[arg-type]
    comparable = set(source.key) <= set(before.columns)
    rows = (
        compare(source.key, before, after, shared)
        if comparable
        else compare(source.key, after.clear(), after.clear(), [])
    ).with_columns(key_text(source.key).alias("_key"))
    cells = _cells(rows, shared)
    kinds = dict(rows["kind"].value_counts().iter_rows())
    return Difference(
        rows_before=before.height,
        rows_after=after.height,
        columns_added=added,
        columns_gone=gone,
        keys_added=kinds.get("added", 0),
        keys_gone=kinds.get("gone", 0),
        values_changed=cells.height,
        largest_change=cells["relative"].max(),  # type: ignore[arg-type]
        periods_added=_added(covered(source, before), covered(source, after)),
        lost=lost(source, before, after) if comparable else [],
        examples=[
            *(
                f"{key}: {column} {was} -> {now}"
                + (f" (by {relative:.0%})" if relative is not None else "")
                for key, column, was, now, relative in cells.head(EXAMPLES).iter_rows()
            ),
            *(
                f"{kind}: {key}"
                for kind in ("gone", "added")
                for key in rows.filter(pl.col("kind") == kind)["_key"].sort().head(2)
            ),
        ],
    )


def _added(had: pl.DataFrame, has: pl.DataFrame) -> list[str]:
    places = dict(has.group_by("period").len().sort("period").iter_rows())
    known = set(had["period"])
    said = []
    for before, period in zip([None, *places], places, strict=False):
        if period not in known:
            beside = f"; {places[before]} in {before}" if before else ""
            said.append(f"{period} ({places[period]} places{beside})")
    return said


def _cells(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """``key, column, before, after, relative``: cells that changed, the largest change first."""
    changed = rows.filter(pl.col("kind") == "changed")
    schema = {"key": pl.String, "column": pl.String, "before": pl.String, "after": pl.String}
    parts = [pl.DataFrame(schema=schema | {"relative": pl.Float64})]
    for name in columns:
        was, now = (pl.col(name).struct.field(side) for side in ("before", "after"))
        number = changed.select(was).to_series().dtype.is_numeric()
        relative = (now - was).abs() / pl.when(was != 0).then(was.abs()) if number else pl.lit(None)
        parts.append(
            changed.filter(was.ne_missing(now)).select(
                pl.col("_key").alias("key"),
                pl.lit(name).alias("column"),
                was.cast(pl.String).fill_null("empty").alias("before"),
                now.cast(pl.String).fill_null("empty").alias("after"),
                relative.cast(pl.Float64).alias("relative"),
            )
        )
    return pl.concat(parts).sort("relative", "key", descending=[True, False], nulls_last=True)


def refuse_loss(
    source: Source, before: pl.DataFrame | None, after: pl.DataFrame, known: Sequence[Accepted]
) -> None:
    """Stop a source whose releases cover less than what is published, unless it is accepted.

    Args:
        before: rows in force in the published version; None where there is nothing to compare.
        after: rows in force now.
        known: lost coverage that is accepted.

    Raises:
        SourceError: places or periods are gone and not accepted, or an accepted one is back.
    """
    own = [one for one in known if one.source == source.name]
    has = set(_covered_and_asked(source, after).iter_rows()) if own else set()
    periods = {period for period, _ in has}
    for one in own:
        back = sorted(
            {(period, "") for period in periods & set(one.periods)}
            if not one.places
            else has & {(period, place) for period in one.periods for place in one.places}
        )
        if back:
            raise SourceError(
                f"{source.name}: accepted as gone, but there are figures of "
                + some([" ".join(pair).strip() for pair in back]),
                file=f"data/{PATH.name}",
                todo="Change the entry or drop it.",
            )
    if before is None:
        return
    taken = {(period, place) for one in own for period in one.periods for place in one.places}
    whole = {period for one in own if not one.places for period in one.periods}
    left = []
    for gone in lost(source, before, after):
        if gone.places:
            for period in gone.periods:
                places = [place for place in gone.places if (period, place) not in taken]
                left += [Lost((period,), places)] if places else []
        elif missing := [period for period in gone.periods if period not in whole]:
            left.append(Lost(missing, ()))
    if left:
        raise SourceError(
            f"{source.name} covers less than what is published: {'; '.join(map(str, left))}",
            file=source.releases[-1].file,
            todo="Nothing was replaced. If the publisher means it, accept it in "
            f"data/{PATH.name}:\n" + "\n".join(_entry(source, one) for one in left),
        )


def _entry(source: Source, one: Lost) -> str:
    lines = ["[[accepted]]", f'source = "{source.name}"', f"periods = {_toml(one.periods)}"]
    if one.places:
        lines.append(f"places = {_toml(one.places)}")
    return "\n".join(f"    {line}" for line in (*lines, 'why = ""'))


def _toml(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
