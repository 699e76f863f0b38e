"""Releases of one period side by side: as first published, as known today, and what changed."""

from collections.abc import Sequence

import polars as pl

from pipeline.reading.source import Source
from pipeline.tables import Table, View

READINGS = {
    "as_first_published": ("min", "The first release held of every value."),
    "as_known_today": ("max", "The last release held of every value."),
}
"""Schema of views to the revision it takes and what it is."""

SCHEMA = {
    "source": pl.String,
    "key": pl.String,
    "area_kind": pl.String,
    "area": pl.String,
    "period": pl.String,
    "from_release": pl.String,
    "to_release": pl.String,
    "kind": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
    "change": pl.Float64,
    "status_before": pl.String,
    "status_after": pl.String,
}


def views(source: Source) -> list[View]:
    """The two readings of a source, as views over its tidy table."""
    key = ", ".join(f'"{name}"' for name in source.key)
    return [
        View(
            schema,
            source.name,
            f'FROM tidy."{source.name}" '
            f"QUALIFY revision = {pick}(revision) OVER (PARTITION BY {key})",
            f"{about} {source.title}.",
            source.key,
            {name: column.meaning for name, column in source.schema.items()},
        )
        for schema, (pick, about) in READINGS.items()
    ]


def key_text(key: Sequence[str]) -> pl.Expr:
    """What tells a row, as text: ``period=2017-18, ecode=E0101``."""
    return pl.concat_str(
        [
            pl.format("{}={}", pl.lit(name), pl.col(name).cast(pl.String).fill_null(""))
            for name in key
        ],
        separator=", ",
    )


def compare(
    key: Sequence[str], before: pl.DataFrame, after: pl.DataFrame, columns: Sequence[str]
) -> pl.DataFrame:
    """Rows that two frames do not share, by key.

    Returns:
        The key, ``kind`` (changed, added or gone), and of every column its value ``before`` and
        ``after`` as a struct of these two names. Rows that are the same are left out.
    """
    own = [pl.struct(columns).alias("own")] if columns else [pl.lit(True).alias("own")]
    both = before.select(*key, *own).join(
        after.select(*key, *own),
        on=list(key),
        how="full",
        suffix="_after",
        coalesce=True,
        nulls_equal=True,
    )
    was, now = pl.col("own"), pl.col("own_after")
    kind = (
        pl.when(now.is_null())
        .then(pl.lit("gone"))
        .when(was.is_null())
        .then(pl.lit("added"))
        .when(was.ne_missing(now))
        .then(pl.lit("changed"))
    )
    found = both.with_columns(kind.alias("kind")).filter(pl.col("kind").is_not_null())
    return found.select(
        *key,
        "kind",
        *(
            pl.struct(
                was.struct.field(name).alias("before"), now.struct.field(name).alias("after")
            ).alias(name)
            for name in columns
        ),
    )


def changes(source: Source, rows: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Rows of ``meta.revision``: values that a later release of a period changed, added or dropped.

    Only periods with more than one release are compared, each release with the one before it.
    """
    held = rows.lazy()
    once = held.select(pl.col("revision").n_unique()).collect().item() < 2
    if once or "value" not in held.collect_schema():
        return pl.DataFrame(schema=SCHEMA)
    names = held.collect_schema().names()
    told = [name for name in ("value", "status") if name in names]
    needed = dict.fromkeys((*source.key, "period", "release", "revision", *told))
    again = held.filter(pl.col("revision") > 0).select("period").unique()
    # No more of a long table than what can differ is held in memory.
    tidy = held.select(*needed).join(again, on="period", how="semi").collect()
    parts = []
    for later in range(1, int(tidy["revision"].max()) + 1):  # type: ignore[arg-type]
        after = tidy.filter(pl.col("revision") == later)
        before = tidy.filter(pl.col("revision") == later - 1).join(
            after.select("period").unique(), on="period", how="semi"
        )
        both = compare(source.key, before, after, told)
        for frame, name in ((before, "from_release"), (after, "to_release")):
            releases = frame.select("period", pl.col("release").alias(name))
            both = both.join(releases.unique(maintain_order=True), on="period", how="left")
        was, now = _both("value")
        # A status alone may change: that is no revision of a figure.
        revised = both.filter((pl.col("kind") != "changed") | was.ne_missing(now))
        place = source.area[0] if source.area and source.area[0] in source.key else None
        statuses = _both("status") if "status" in told else (pl.lit(None), pl.lit(None))
        parts.append(
            revised.select(
                pl.lit(source.name).alias("source"),
                key_text(source.key).alias("key"),
                pl.lit(place, pl.String).alias("area_kind"),
                (pl.col(place) if place else pl.lit(None)).cast(pl.String).alias("area"),
                "period",
                "from_release",
                "to_release",
                "kind",
                was.alias("before"),
                now.alias("after"),
                (now - was).alias("change"),
                *(
                    one.cast(pl.String).alias(f"status_{name}")
                    for one, name in zip(statuses, ("before", "after"), strict=True)
                ),
            )
        )
    return pl.concat(parts).sort("key", "to_release")


def _both(column: str) -> tuple[pl.Expr, pl.Expr]:
    """A column of ``compare``, before and after."""
    pair = pl.col(column).struct
    return pair.field("before"), pair.field("after")


def revision_table(found: Sequence[pl.DataFrame], codes: pl.DataFrame) -> Table:
    """``meta.revision`` of all sources, each with the council that ``codes`` gives its place."""
    council = codes.rename({"kind": "area_kind", "code": "area"})
    every = pl.concat([pl.DataFrame(schema=SCHEMA), *found])
    frame = every.join(council, on=["area_kind", "area"], how="left", maintain_order="left")
    return Table(
        "meta",
        "revision",
        frame.select(*list(SCHEMA)[:4], "areacd", *list(SCHEMA)[4:]),
        "What a later release of a period changed, value by value.",
        ("source", "key", "to_release"),
        {
            "source": "name of the source",
            "key": "what tells the row within a release",
            "area_kind": "column of the source that tells the place, as in locality.council_code",
            "area": "code of the place as published",
            "areacd": "ONS code of the council; empty where the place is none",
            "period": "period of the value",
            "from_release": "earlier release",
            "to_release": "later release",
            "kind": "changed, added or gone",
            "before": "value in the earlier release",
            "after": "value in the later release",
            "change": "after less before",
            "status_before": "what stood behind the earlier value",
            "status_after": "what stands behind the later value",
        },
    )
