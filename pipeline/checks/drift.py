"""Whether a source's newest figures look like the ones before, measure by measure.

The newest release of a source holds its newest period; that period is set beside the one before,
of the same measure and as known today. Days are taken a year at a time, because one day differs
from the next in any case. Totals above places are left out. A place that reports nothing but zeros
in both periods, such as a district in a return on social care, does not say how places move: it
counts as a place, and not for median, spread and moves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.checks.thresholds import thresholds
from pipeline.reading.declared import entries, meant
from pipeline.reading.differences import NOT_PLACES, TIMES, latest
from pipeline.reading.geography import ABOVE_COUNCILS
from pipeline.reading.published import SourceError
from pipeline.reading.reconciliation import FILE, PATH
from pipeline.reading.revisions import key_text
from pipeline.reading.source import Source
from pipeline.tables import Table

SCHEMA = {
    "source": pl.String,
    "measure": pl.String,
    "statistic": pl.String,
    "period_before": pl.String,
    "period_after": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
    "change": pl.Float64,
    "limit": pl.Float64,
    "place": pl.String,
    "drifts": pl.Boolean,
    "explained": pl.String,
}
MEANINGS = {
    "source": "name of the source",
    "measure": "measure, as column and value of the source's key",
    "statistic": "what is compared: areas, empty, median, spread or largest; the last three of "
    "places that report more than zeros",
    "period_before": "the period before the newest one that has the measure",
    "period_after": "the newest period that has the measure",
    "before": "the statistic in the period before; of largest, the place's figure",
    "after": "the statistic in the newest period; of largest, the place's figure",
    "change": "what is held against the limit: areas lost as a share; share of empty figures "
    "risen; median moved, and largest move of a place less the median move, in spreads; spread as "
    "a ratio",
    "limit": "largest change that raises no warning; empty where there are too few places to say",
    "place": "of largest, the place that moved most, and in rows of their own all others beyond "
    "the limit",
    "drifts": "whether the change is beyond its limit",
    "explained": "why it drifts, as declared",
}
STATISTICS: Mapping[str, str] = {
    "areas": "about as many places have a figure as in the period before",
    "empty": "about as few figures are empty as in the period before",
    "median": "the median place is near the one of the period before",
    "spread": "places differ about as much as in the period before",
    "largest": "no place moves far from how the others move",
}
"""Statistic to what its check asks."""
DAY = r"^\d{4}-\d{2}-\d{2}$"


def _time(source: Source, table: pl.DataFrame) -> str | None:
    """The column that says when: of daily figures their year."""
    if "snapshot" in source.warnings:
        return None
    found = next((name for name in TIMES if name in source.key), None)
    if found is None:
        return None
    daily = table[found].dtype == pl.String and bool(table[found].str.contains(DAY).any())
    return "year" if daily and "year" in table.columns else None if daily else found


def _place(source: Source) -> str:
    keys = [name for name in source.key if name not in NOT_PLACES]
    return source.area[0] if source.area else (keys or list(source.key))[0]


def compared(source: Source, table: pl.DataFrame) -> pl.DataFrame:
    """Every measure's newest period beside the one before, one row a statistic.

    Every place that moves too far has a row of its own, so that one that is explained hides none.
    Empty where a source has one period, no period, or no figures.
    """
    empty = pl.DataFrame(schema=SCHEMA)
    if not {"value", "status"} <= set(source.columns) or not table.height:
        return empty
    time, place = _time(source, table), _place(source)
    if time is None:
        return empty
    measure = [name for name in source.key if name not in (place, *TIMES)]
    area = pl.col(place).cast(pl.String)
    places = ~area.str.contains(f"^({'|'.join(ABOVE_COUNCILS)})") & (area.str.len_chars() > 1)
    if "area_type" in table.columns:
        places &= pl.col("area_type") != "country"
    rows = latest(source, table.filter(places)).select(
        pl.lit("").alias("_all"),
        *measure,
        pl.col(place).cast(pl.String).alias("_place"),
        pl.col(time).cast(pl.String).alias("_when"),
        "value",
    )
    group = ["_all", *measure]
    newest = (
        rows.select(*group, "_when")
        .unique()
        .sort("_when", descending=True)
        .group_by(group)
        .agg(
            pl.col("_when").first().alias("_after"),
            pl.col("_when").get(1, null_on_oob=True).alias("_before"),
        )
        .drop_nulls(["_before"])
    )
    if not newest.height:
        return empty
    when = pl.col("_when")
    rows = rows.join(newest, on=group, nulls_equal=True).filter(
        (when == pl.col("_after")) | (when == pl.col("_before"))
    )
    value = pl.col("value")
    by = [*group, "_before", "_after"]
    idle = value.eq(0).all().over([*by, "_place"])
    rows = rows.with_columns(pl.when(~idle).then(value).alias("_moving"))
    moving = pl.col("_moving")
    sides = {
        side: rows.filter(pl.col("_when") == pl.col(f"_{side}"))
        .group_by(by)
        .agg(
            pl.col("_place").filter(value.is_not_null()).n_unique().cast(pl.Float64).alias("areas"),
            value.is_null().mean().alias("empty"),
            pl.col("_place")
            .filter(moving.is_not_null())
            .n_unique()
            .cast(pl.Float64)
            .alias("moving"),
            moving.median().alias("median"),
            (moving.quantile(0.75) - moving.quantile(0.25)).alias("spread"),
        )
        for side in ("before", "after")
    }
    both = sides["before"].join(sides["after"], on=by, suffix="_after", nulls_equal=True)
    moves = both.join(_moves(rows, by), on=by, how="left", nulls_equal=True)
    return _long(source, measure, both, moves)


def _moves(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Of every measure, how far each place is ``off`` the median move, the furthest first."""
    each = (
        rows.filter(pl.col("_moving").is_not_null())
        .group_by([*by, "_place"])
        .agg(
            *(
                pl.col("_moving").filter(pl.col("_when") == pl.col(f"_{side}")).mean().alias(name)
                for side, name in (("before", "was"), ("after", "now"))
            )
        )
    )
    moved = each.with_columns((pl.col("now") - pl.col("was")).alias("move")).drop_nulls("move")
    off = (pl.col("move") - pl.col("move").median().over(by)).abs()
    return (
        moved.with_columns(off.alias("off"), pl.len().over(by).alias("paired"))
        .sort("off", "_place", descending=[True, False])
        .with_columns(pl.int_range(pl.len()).over(by).alias("rank"))
        .rename({"_place": "place"})
    )


def _long(
    source: Source, measure: Sequence[str], both: pl.DataFrame, moves: pl.DataFrame
) -> pl.DataFrame:
    limit = thresholds("drift")
    few = float(limit["fewest_places"])
    fair = pl.min_horizontal("moving", "moving_after") >= few
    spread = pl.when(pl.col("spread") > 0).then("spread")
    # Quarters of few small counts fall together by chance, so that none apart says nothing.
    ratio = pl.when(pl.col("spread_after") > 0).then("spread_after") / spread
    lost = pl.col("areas") - pl.col("areas_after")
    # Statistic: its two values, the change, whether the change says anything.
    made: dict[str, tuple[str, str, pl.Expr, pl.Expr]] = {
        "areas": ("areas", "areas_after", lost / pl.col("areas"), lost >= limit["areas_fewest"]),
        "empty": (
            "empty",
            "empty_after",
            pl.col("empty_after") - pl.col("empty"),
            pl.max_horizontal("areas", "areas_after") >= few,
        ),
        "median": (
            "median",
            "median_after",
            (pl.col("median_after") - pl.col("median")).abs() / spread,
            fair,
        ),
        "spread": ("spread", "spread_after", pl.max_horizontal(ratio, 1 / ratio), fair),
        "largest": (
            "was",
            "now",
            pl.col("off") / spread,
            (pl.col("paired") >= few)
            & (
                (pl.col("now") - pl.col("was")).abs() > limit["largest_share"] * pl.col("was").abs()
            ),
        ),
    }
    parts = [
        (moves if name == "largest" else both).select(
            pl.lit(source.name).alias("source"),
            (key_text(measure) if measure else pl.lit("every figure")).alias("measure"),
            pl.lit(name).alias("statistic"),
            pl.col("_before").alias("period_before"),
            pl.col("_after").alias("period_after"),
            pl.col(was).alias("before"),
            pl.col(now).alias("after"),
            change.alias("change"),
            pl.when(says).then(pl.lit(limit[name])).alias("limit"),
            (pl.col("place") if name == "largest" else pl.lit(None)).alias("place"),
            pl.lit(None).alias("explained"),
            (pl.col("rank") if name == "largest" else pl.lit(0)).alias("rank"),
        )
        for name, (was, now, change, says) in made.items()
    ]
    beyond = (pl.col("change") > pl.col("limit")).fill_null(False)
    return (
        pl.concat(parts, how="vertical_relaxed")
        .with_columns(beyond.alias("drifts"))
        .filter(pl.col("drifts") | pl.col("rank").fill_null(0).eq(0))
        .sort("measure", "statistic", "rank")
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    )


@dataclass(frozen=True)
class Explained:
    """Why a source's newest period is unlike the one before.

    Attributes:
        measure, statistic, place: of what it speaks; of all where they are left out.
    """

    source: str
    period: str
    why: str
    measure: str | None = None
    statistic: str | None = None
    place: str | None = None


def explain(found: pl.DataFrame, known: Sequence[Explained]) -> pl.DataFrame:
    """The comparisons with the reasons that are declared for those that drift.

    An entry speaks of one newest period, and sleeps once there is a newer one.

    Raises:
        SourceError: an entry of the newest period explains nothing that drifts.
    """
    newest = set(found.select("source", "period_after").iter_rows())
    for one in known:
        if (one.source, one.period) not in newest:
            continue
        own = (pl.col("source") == one.source) & (pl.col("period_after") == one.period)
        for name, value in (("measure", one.measure), ("statistic", one.statistic)):
            own &= pl.col(name) == value if value else pl.lit(True)
        there = found.filter(own).height
        own &= pl.col("place") == one.place if one.place else pl.lit(True)
        if there and not found.filter(own & pl.col("drifts")).height:
            raise SourceError(
                f"[[drift]] of {one.source}, {one.period}: nothing drifts there any more",
                file=FILE,
                todo="The publisher may have revised the figures: change the entry or drop it.",
            )
        found = found.with_columns(
            pl.when(own & pl.col("drifts"))
            .then(pl.lit(one.why))
            .otherwise("explained")
            .alias("explained")
        )
    return found


def declared() -> list[Explained]:
    """The entries ``[[drift]]`` of the explained differences.

    Raises:
        DeclarationError: the file or an entry is not as expected.
    """
    return entries(PATH, "drift", Explained, beside=("difference",), wrong=_wrong)


def _wrong(one: Explained) -> list[str]:
    if one.statistic is None or one.statistic in STATISTICS:
        return []
    return [f"no statistic {one.statistic!r}{meant(one.statistic, STATISTICS)}"]


def drift_table(rows: pl.DataFrame) -> Table:
    """``meta.drift``."""
    return Table(
        "meta",
        "drift",
        rows,
        "Every measure's newest period beside the one before.",
        ("source", "measure", "statistic", "place"),
        MEANINGS,
        keyed=False,
    )
