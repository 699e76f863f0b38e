"""Releases of one period side by side: as first published, as known today, and what changed."""

from collections.abc import Sequence

import polars as pl

from pipeline.publish import Table, View
from pipeline.source import Source

READINGS = {
    "as_first_published": ("min", "The first release held of every value."),
    "as_known_today": ("max", "The last release held of every value."),
}
"""Schema of views to the revision it takes and what it is."""

SCHEMA = {
    "source": pl.String,
    "key": pl.String,
    "period": pl.String,
    "from_release": pl.String,
    "to_release": pl.String,
    "kind": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
    "change": pl.Float64,
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
        )
        for schema, (pick, about) in READINGS.items()
    ]


def changes(source: Source, tidy: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``meta.revision``: values that a later release of a period changed, added or dropped.

    Only periods with more than one release are compared, each release with the one before it.
    """
    if "value" not in tidy.columns or tidy["revision"].n_unique() < 2:
        return pl.DataFrame(schema=SCHEMA)
    parts = []
    for later in range(1, int(tidy["revision"].max()) + 1):  # type: ignore[arg-type]
        after = tidy.filter(pl.col("revision") == later)
        before = tidy.filter(pl.col("revision") == later - 1).join(
            after.select("period").unique(), on="period", how="semi"
        )
        own = [*source.key, "value", "release"]
        both = before.select(own).join(
            after.select(own), on=list(source.key), how="full", suffix="_after", coalesce=True
        )
        releases = [
            frame.select("period", pl.col("release").alias(name)).unique(maintain_order=True)
            for frame, name in ((before, "from_release"), (after, "to_release"))
        ]
        for frame in releases:
            both = both.join(frame, on="period", how="left")
        gone, new = pl.col("release_after").is_null(), pl.col("release").is_null()
        parts.append(
            both.filter(gone | new | pl.col("value").ne_missing(pl.col("value_after"))).select(
                pl.lit(source.name).alias("source"),
                pl.concat_str(
                    [
                        pl.format("{}={}", pl.lit(name), pl.col(name).cast(pl.String))
                        for name in source.key
                    ],
                    separator=", ",
                ).alias("key"),
                "period",
                "from_release",
                "to_release",
                pl.when(gone)
                .then(pl.lit("gone"))
                .when(new)
                .then(pl.lit("added"))
                .otherwise(pl.lit("changed"))
                .alias("kind"),
                pl.col("value").alias("before"),
                pl.col("value_after").alias("after"),
                (pl.col("value_after") - pl.col("value")).alias("change"),
            )
        )
    return pl.concat(parts).sort("key", "to_release")


def revision_table(found: Sequence[pl.DataFrame]) -> Table:
    """``meta.revision`` of all sources."""
    return Table(
        "meta",
        "revision",
        pl.concat([pl.DataFrame(schema=SCHEMA), *found]),
        "What a later release of a period changed, value by value.",
        columns={
            "key": "what tells the row within a release",
            "kind": "changed, added or gone",
            "before": "value in the earlier release",
            "after": "value in the later release",
            "change": "after less before",
        },
    )
