"""A table is checked before what is made of it, so its checks may read only what it is made of."""

import polars as pl
import pytest

from pipeline.assets.evidence import NEEDS
from pipeline.checks.asset_checks import tidy_checks
from pipeline.checks.rules import Query, locality_relations, queries, tidy_relations
from pipeline.database.locality import tables
from pipeline.edition import SAMPLE, Edition
from pipeline.reading.geography import BODIES, body_column
from pipeline.reading.source import Source
from pipeline.sources import sources


def upstream(name: str) -> set[tuple[str, str]]:
    """Every table that a locality table is made of, through whatever tables."""
    own = {(layer, table) for layer, table in tables()[name].inputs}
    return own.union(*(upstream(table) for layer, table in own if layer == "locality"))


COLUMNS = ("areacd", "former_areacds", "kind", "code", "trust")


@pytest.mark.parametrize("name", sorted(tables()))
def test_relations_read_only_what_is_made_before(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[tuple[str, str]] = set()

    def record(self: Edition, layer: str, table: str) -> pl.DataFrame:
        read.add((layer, table))
        return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))

    monkeypatch.setattr(Edition, "read", record)
    frame = pl.DataFrame(schema=dict.fromkeys(tables()[name].columns, pl.String))
    locality_relations(SAMPLE, name, frame)
    # The register goes before every table that has places.
    assert read <= upstream(name) | {("tidy", "council_registry")}


@pytest.mark.parametrize("source", sources().values(), ids=lambda one: one.name)
def test_relations_of_a_source_read_only_what_is_made_before(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {name for names in BODIES.values() for name in names} | {"areacd", "former_areacds"}
    empty = pl.DataFrame(
        schema={**dict.fromkeys(columns, pl.String), "date": pl.Date, "row": pl.Int32}
    )
    read: set[str] = set()

    def record(self: Edition, layer: str, table: str) -> pl.DataFrame:
        assert layer == "tidy"
        read.add(table)
        return empty

    monkeypatch.setattr(Edition, "read", record)
    own = {name: column.kind for name, column in source.schema.items()}
    rows = pl.DataFrame(schema=own)
    tidy_relations(SAMPLE, source, rows)
    # The check waits for the lists of NHS bodies, its table for the register of councils.
    check = tidy_checks(SAMPLE, source)
    waits = {key.path[-1] for key in check.keys_by_input_name.values()}
    assert read <= waits | ({"council_registry"} if source.area else set())
    assert (waits > {source.name}) == (body_column(source) is not None)


@pytest.mark.parametrize("query", queries(), ids=lambda one: f"{one.table}-{one.name}")
def test_queries_read_only_what_is_made_before(query: Query) -> None:
    layer, _, name = query.table.partition(".")
    if layer == "locality":
        before = upstream(name) | {(layer, name)}
    else:
        # All evidence tables are made together, and are checked when all are there.
        before = {("locality", need) for need in NEEDS}.union(*map(upstream, NEEDS))
    assert {one for one in query.reads if one[0] != "evidence"} <= before
    assert layer == "evidence" or not any(one[0] == "evidence" for one in query.reads)
