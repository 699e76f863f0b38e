"""Where each column comes from: read out of the SQL by sqlglot, declared for what is not SQL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from pipeline.database.locality import tables
from pipeline.database.sqltable import SqlTable, sql_tables
from pipeline.edition import reference
from pipeline.sources import sources
from pipeline.study.framework import Framework, Panel, framework
from pipeline.study.indicators import FrameworkTable, query
from pipeline.study.results import ESTIMATES
from pipeline.tables import Table

if TYPE_CHECKING:
    from sqlglot.schema import MappingSchema

RAW = "raw"
"""The layer of published files, whose columns are the publishers' own."""


@dataclass(frozen=True, order=True)
class Link:
    """One column and one column that it is made of.

    Attributes:
        indicator: indicator of the framework that this holds for; empty where it holds for all.
        input_column: empty where the input is a source's published files.
    """

    layer: str
    table: str
    column: str
    indicator: str
    input_layer: str
    input_table: str
    input_column: str


Input = tuple[str, str, str]
"""Layer, table and column."""

WIDE = {
    "areacd": [("place", "areacd")],
    "year": [("indicator_place", "year")],
    "areanm": [("place", "areanm")],
    "council_class": [("place", "council_class")],
    "region": [("place", "region")],
    "authority_areacd": [("place", "areacd"), ("place", "county_areacd")],
    "dominant_trust": [("trust_place", "trust")],
    "dominant_trust_weight": [("trust_place", "weight")],
}
"""Columns of authority_year and district_year that are no indicators, and what they are made of."""


@cache
def links() -> tuple[Link, ...]:
    """Every link between columns of the database, sorted; parsing takes about a second."""
    found: set[Link] = set()
    for source in sources().values():
        found |= {
            Link("tidy", source.name, column, "", RAW, source.name, "") for column in source.schema
        }
    for table in tables().values():
        found |= set(_of_sql(table) if isinstance(table, SqlTable) else _of_framework(table))
    for folder in ("views", "macros"):
        for table in sql_tables(folder).values():
            found |= set(_of_sql(table, "main"))
    found |= set(_of_panels(framework()))
    for name, (columns, inputs) in ESTIMATES.items():
        found |= {Link("evidence", name, column, "", *one) for column in columns for one in inputs}
    return tuple(sorted(found))


def inputs(layer: str, table: str) -> dict[str, list[Input]]:
    """Column -> the columns it is made of, for one table; columns made of none are left out."""
    found: dict[str, dict[Input, None]] = {}
    for one in links():
        if (one.layer, one.table) == (layer, table) and one.input_column:
            made_of = (one.input_layer, one.input_table, one.input_column)
            found.setdefault(one.column, {})[made_of] = None
    return {column: list(made_of) for column, made_of in found.items()}


def lineage_table() -> Table:
    """``meta.lineage``."""
    meanings = {
        "layer": "schema of the table",
        "table": "table, view or macro",
        "column": "its column",
        "indicator": "indicator of the framework that this holds for; empty where it holds for all",
        "input_layer": "schema of the table it is made of; raw for published files, reference for "
        "the small tables that come with the project",
        "input_table": "that table; the source where it is published files",
        "input_column": "its column; empty where it is published files (columns file and row of "
        "the table say which)",
    }
    frame = pl.DataFrame(
        [astuple(one) for one in links()],
        schema=dict.fromkeys(meanings, pl.String),
        orient="row",
    )
    about = (
        "Where each column comes from: the columns that its values are computed from. Columns that "
        "only join or choose rows are not listed, nor are counts of rows."
    )
    return Table("meta", "lineage", frame, about, tuple(meanings), meanings)


@cache
def _schema() -> "MappingSchema":
    """What columns each table has, for names that a query does not qualify."""
    from sqlglot.schema import MappingSchema  # noqa: PLC0415 - a tenth of a second

    columns: dict[str, dict[str, Iterable[str]]] = {
        "tidy": {one.name: one.schema for one in sources().values()},
        "locality": {one.name: one.columns for one in tables().values()},
        "main": {one.name: one.columns for one in sql_tables("views").values()},
        "reference": {
            name: reference(name).columns
            for table in tables().values()
            for layer, name in table.inputs
            if layer == "reference"
        },
    }
    typed: dict[str, object] = {
        layer: {name: dict.fromkeys(own, "text") for name, own in named.items()}
        for layer, named in columns.items()
    }
    return MappingSchema(typed, dialect="duckdb")


@cache
def _read(sql: str) -> dict[str, set[Input]]:
    """Column of a query -> the columns of stored tables that its values are computed from."""
    from sqlglot import exp, parse_one  # noqa: PLC0415
    from sqlglot.lineage import lineage  # noqa: PLC0415

    tree = parse_one(sql, dialect="duckdb")
    if isinstance(tree, exp.Create):  # a macro: its parameters are no columns of a table
        given = {exp.column(one.name) for one in tree.this.expressions}
        tree = tree.expression.transform(lambda node: exp.null() if node in given else node)
    nodes = lineage(None, tree, _schema(), dialect="duckdb", trim_selects=False)
    return {
        column: {
            (leaf.source.db, leaf.source.name, leaf.name.rpartition(".")[2].strip('"'))
            for leaf in node.walk()
            if not leaf.downstream and isinstance(leaf.source, exp.Table) and leaf.source.db
        }
        for column, node in nodes.items()
    }


def _of_sql(table: SqlTable, layer: str = "locality") -> Iterator[Link]:
    for column, made_of in _read(table.query).items():
        for one in made_of:
            yield Link(layer, table.name, column, "", *one)


def _of_framework(table: FrameworkTable) -> Iterator[Link]:
    declared = framework()
    if table.name in ("indicator_council", "indicator_trust"):
        level = table.name.removeprefix("indicator_")
        for one in declared.indicators.values():
            if one.level == level:
                # Many differ only in what rows they choose, which says nothing of columns.
                for column, made_of in _read(query(replace(one, name="", where="true"))).items():
                    if column in table.columns:
                        yield from (
                            Link("locality", table.name, column, one.name, *each)
                            for each in made_of
                        )
        return
    if table.name == "trust_year":
        base: Mapping[str, Sequence[tuple[str, str]]] = {
            "org_code": [("indicator_trust", "org_code")],
            "year": [("indicator_trust", "year")],
            "trust": [("trust_lineage", "trust")],
        }
        yield Link("locality", table.name, "org_name", "", "tidy", "trust_register", "org_name")
        long = "indicator_trust"
    else:
        base, long = WIDE, "indicator_place"
    for column, parts in base.items():
        for name, own in parts:
            yield Link("locality", table.name, column, "", "locality", name, own)
    for column in table.columns:
        name, _, part = column.partition("__")
        if name in declared.indicators:
            yield Link("locality", table.name, column, name, "locality", long, part or "value")


def _of_panels(declared: Framework) -> Iterator[Link]:
    """``evidence.panel_value``, and ``evidence.panel``, whose blocks are means of indicators."""
    sides = declared.test.between
    for panel in declared.panels.values():
        trusts = panel.grain == "trust_year"
        for table in ("panel", "panel_value"):
            code = "org_code" if trusts else "areacd"
            yield Link("evidence", table, "locality", "", "locality", panel.grain, code)
            yield Link("evidence", table, "year", "", "locality", panel.grain, "year")
            yield Link("evidence", table, "authority", "", "locality", *_authority(panel))
        if not trusts:
            trust = (panel.grain, "dominant_trust")
            yield Link("evidence", "panel", "dominant_trust", "", "locality", *trust)
        family = declared.indicators[panel.outcome].family
        made_of = [("outcome_polarised", panel.outcome)] + [
            (one.block, one.name)
            for one in declared.of_block(*sides.h_blocks, *sides.b_blocks)
            if one.family != family
        ]
        made_of += [("", name) for name in panel.controls]
        for column, name in made_of:
            # A trust's circumstances, and what is measured of authorities, are councils' own.
            own = name in tables()[panel.grain].columns
            table = panel.grain if own else "authority_year"
            if column:
                yield Link("evidence", "panel", column, name, "locality", table, name)
            yield Link("evidence", "panel_value", "value", name, "locality", table, name)
            status = f"{name}__status"
            yield Link("evidence", "panel_value", "status", name, "locality", table, status)


def _authority(panel: Panel) -> tuple[str, str]:
    if panel.grain == "trust_year":
        return "trust_authority", panel.authority
    return panel.grain, panel.authority
