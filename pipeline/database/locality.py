"""The locality tables: which there are, which sources each is made of, and how it is made."""

from functools import cache

import polars as pl

from pipeline.database.sqltable import SqlTable, checked, run, sql_tables
from pipeline.edition import Edition
from pipeline.study.indicators import FrameworkTable, framework_tables

LAYER = "locality"


@cache
def tables() -> dict[str, SqlTable | FrameworkTable]:
    """Every locality table, by name."""
    return {**sql_tables(LAYER), **framework_tables()}


def reads(name: str) -> set[str]:
    """The sources that a locality table is made of, through whatever tables."""
    found: set[str] = set()
    for layer, table in tables()[name].inputs:
        if layer == "tidy":
            found.add(table)
        elif layer == LAYER:
            found |= reads(table)
    return found


def make(table: SqlTable | FrameworkTable, edition: Edition) -> pl.DataFrame:
    """Compute one table from the edition's files."""
    if isinstance(table, SqlTable):
        return run(table, edition)
    return checked(table, table.make(edition))
