"""Two releases of one period: both are kept, both readings are one query, changes are listed."""

from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl

from pipeline.database.publish import build
from pipeline.reading.revisions import changes, revision_table, views
from pipeline.reading.source import STATUS_COLUMN, Column
from pipeline.tables import Table
from tests.reading.test_source import made

SOURCE = made(
    columns={
        "period": Column(pl.String, "Period."),
        "code": Column(pl.String, "Code."),
        "value": Column(pl.Float64, "Value.", null=True),
    },
    key=("period", "code"),
)
TIDY = pl.DataFrame(
    [
        ("2016-17", "a", 1.0, "2016-17 final", 0),
        ("2017-18", "a", 10.0, "2017-18 provisional", 0),
        ("2017-18", "b", None, "2017-18 provisional", 0),
        ("2017-18", "c", 5.0, "2017-18 provisional", 0),
        ("2017-18", "e", 6.0, "2017-18 provisional", 0),
        ("2017-18", "a", 12.0, "2017-18 final", 1),
        ("2017-18", "b", 7.0, "2017-18 final", 1),
        ("2017-18", "d", 3.0, "2017-18 final", 1),
        ("2017-18", "e", 6.0, "2017-18 final", 1),
    ],
    schema=["period", "code", "value", "release", "revision"],
    orient="row",
)


def test_what_a_later_release_changed_added_and_dropped() -> None:
    found = changes(SOURCE, TIDY)
    assert found.select("key", "kind", "before", "after", "change").rows() == [
        ("period=2017-18, code=a", "changed", 10.0, 12.0, 2.0),
        ("period=2017-18, code=b", "changed", None, 7.0, None),
        ("period=2017-18, code=c", "gone", 5.0, None, None),
        ("period=2017-18, code=d", "added", None, 3.0, None),
    ]
    assert found["from_release"].unique().to_list() == ["2017-18 provisional"]
    assert found["to_release"].unique().to_list() == ["2017-18 final"]


def test_a_revision_names_its_council_and_what_stood_behind_the_values() -> None:
    published = replace(
        SOURCE, area=("code", "council"), columns={**SOURCE.columns, "status": STATUS_COLUMN}
    )
    tidy = TIDY.with_columns(
        pl.when(pl.col("value").is_null()).then(pl.lit("c")).otherwise(pl.lit("ok")).alias("status")
    )
    codes = pl.DataFrame({"kind": ["code"], "code": ["b"], "areacd": ["E06000999"]})
    told = revision_table([changes(published, tidy)], codes).frame
    assert told.select("area_kind", "area", "areacd", "status_before", "status_after").rows() == [
        ("code", "a", None, "ok", "ok"),
        ("code", "b", "E06000999", "c", "ok"),
        ("code", "c", None, "ok", None),
        ("code", "d", None, None, "ok"),
    ]


def test_a_status_that_changes_alone_is_no_revision_of_a_figure() -> None:
    tidy = TIDY.with_columns(pl.col("release").alias("status"))
    assert changes(SOURCE, tidy)["key"].to_list() == changes(SOURCE, TIDY)["key"].to_list()


def test_one_release_of_each_period_has_no_changes() -> None:
    assert changes(SOURCE, TIDY.filter(pl.col("revision") == 0)).is_empty()


def test_both_readings_are_one_query(tmp_path: Path) -> None:
    whole = TIDY.with_columns(pl.lit("made.csv").alias("file"), pl.lit(1).alias("row"))
    path = build(tmp_path / "v", [Table("tidy", "made", whole, "Made.")], views(SOURCE))
    with duckdb.connect(str(path), read_only=True) as connection:

        def read(schema: str) -> dict[str, float | None]:
            query = f"SELECT code, value FROM {schema}.made WHERE period = '2017-18'"  # noqa: S608
            return dict(connection.execute(query).fetchall())

        first, today = read("as_first_published"), read("as_known_today")
    assert first == {"a": 10.0, "b": None, "c": 5.0, "d": 3.0, "e": 6.0}
    assert today == {"a": 12.0, "b": 7.0, "c": 5.0, "d": 3.0, "e": 6.0}
