"""Column lineage names real columns of real tables, and reaches the published files."""

import pytest

from pipeline.database.lineage import RAW, WIDE, Link, inputs, lineage_table, links
from pipeline.database.locality import tables
from pipeline.database.meta import framework_table
from pipeline.database.sqltable import SqlTable, sql_tables
from pipeline.edition import reference
from pipeline.sources import sources
from pipeline.study.framework import framework
from pipeline.study.results import MEANINGS, TABLES


def columns(layer: str, table: str) -> set[str]:
    """The columns that a table really has."""
    if layer == "tidy":
        return set(sources()[table].schema)
    if layer == "locality":
        return set(tables()[table].columns)
    if layer == "main":
        return set((sql_tables("views") | sql_tables("macros"))[table].columns)
    if layer == "reference":
        return set(reference(table).columns)
    if layer == "meta":
        assert table == "indicator"
        return set(framework_table().columns)
    assert layer == "evidence"
    assert table in TABLES
    return set(MEANINGS)


def test_every_link_is_between_columns_that_exist() -> None:
    for one in links():
        assert one.column in columns(one.layer, one.table), one
        if one.input_layer == RAW:
            assert (one.input_table, one.input_column) == (one.table, "")
        else:
            assert one.input_column in columns(one.input_layer, one.input_table), one
        assert not one.indicator or one.indicator in framework().indicators


COUNTED = {
    ("council_plan", "status"): "always ok",
    ("council_plan", "measure"): "a constant",
    ("council_plan", "year"): "counted up",
    ("council_inspection", "inspectorate"): "a constant",
    ("council_overlap", "weight_basis"): "a constant",
    ("not_carried", "years"): "a count",
    ("population", "year"): "counted up",
    ("population", "status"): "made of which year stands in",
    ("trust_indicator", "organisations"): "a count",
}
"""Columns that are made of no column of another table."""


@pytest.mark.parametrize("name", sorted(sql_tables("locality")))
def test_every_column_of_a_sql_table_has_its_origin(name: str) -> None:
    table = tables()[name]
    assert isinstance(table, SqlTable)
    found = inputs("locality", name)
    without = {column for column in table.columns if column not in found}
    assert without == {column for own, column in COUNTED if own == name}
    read = {(layer, one) for made_of in found.values() for layer, one, _ in made_of}
    assert read <= set(table.inputs)


@pytest.mark.parametrize("name", sorted(set(tables()) - set(sql_tables("locality"))))
def test_tables_of_the_framework_are_declared_in_full(name: str) -> None:
    constant = {"indicator", "carried_as"}
    if name == "indicator_council":
        constant |= {"parts"} - set(inputs("locality", name))
    assert set(tables()[name].columns) - constant == set(inputs("locality", name)) - constant
    assert {
        (layer, table)
        for made_of in inputs("locality", name).values()
        for layer, table, _ in made_of
    } <= {*tables()[name].inputs, ("locality", "council_code")}


def test_joins_and_filters_are_no_origin_and_arithmetic_is() -> None:
    made = inputs("locality", "icb_year")
    assert made["patients_not_meeting_criteria"] == [("tidy", "criteria_to_reside_icb", "value")]
    assert set(made["able_to_make_improvements"]) == {
        ("tidy", "trust_icb_catchment", "value"),
        ("locality", "indicator_trust", "value"),
    }


def test_a_macros_parameters_are_no_columns_of_what_it_reads() -> None:
    assert inputs("main", "the_indicator") == {"indicator": [("meta", "indicator", "name")]}
    assert set(inputs("main", "council")["whole"]) == {
        ("locality", "place", "areanm"),
        ("locality", "council_code", "code"),
    }


def test_an_indicator_is_followed_to_its_published_files() -> None:
    """The rate of delayed days: days and population, through the tables between."""
    name = "delayed_days_rate"
    reached: set[tuple[str, str]] = set()
    seen: set[Link] = set()
    todo = [("locality", "authority_year", name)]
    while todo:
        at = todo.pop()
        for one in links():
            fits = one.indicator in ("", name) and (one.layer, one.table, one.column) == at
            if fits and one not in seen:
                seen.add(one)
                if one.input_layer == RAW:
                    reached.add((one.table, one.column))
                todo.append((one.input_layer, one.input_table, one.input_column))
    assert ("delayed_transfers", "value") in reached
    assert ("population", "value") in reached
    assert not {source for source, _ in reached} & {"cqc_council_assessments", "spending_power"}


def test_blocks_are_made_of_their_own_indicators_and_never_of_the_outcomes_survey() -> None:
    declared = framework().indicators
    for one in links():
        if (one.layer, one.table) == ("evidence", "panel") and one.column in framework().blocks:
            assert declared[one.indicator].block == one.column
    assert set(WIDE) <= set(tables()["authority_year"].columns)


def test_the_table_has_a_key_and_says_what_its_columns_are() -> None:
    table = lineage_table()
    assert table.frame.select(table.grain).is_duplicated().sum() == 0
    assert set(table.columns) == set(table.frame.columns)
    assert table.frame.null_count().sum_horizontal().sum() == 0
