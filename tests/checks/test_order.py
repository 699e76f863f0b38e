"""A table is checked before what is made of it, so its checks may read only what it is made of."""

import polars as pl
import pytest

from pipeline.assets.evidence import NEEDS
from pipeline.checks.rules import Query, locality_relations, queries
from pipeline.database.locality import tables
from pipeline.edition import SAMPLE, Edition


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
