"""SQL files say what they are, what they read, and keep to it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.database.sqltable import SqlTable, TableError, connect, parse, run, sql_tables
from pipeline.edition import Edition

SQL = """-- What it is,
-- in two lines.
-- grain: code, year
-- column code: a code
--   that goes on
-- column year: a year
-- column total: a sum
SELECT code, year, sum(value) AS total
FROM tidy.things AS things
WHERE code IN (SELECT code FROM reference.listed)
GROUP BY ALL
"""


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    made = Edition("test", "Test", synthetic=False)
    things = pl.DataFrame({"code": ["b", "a", "a"], "year": [1, 1, 1], "value": [1.0, 2.0, 3.0]})
    made.write("tidy", "things", things)
    return made


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "locality" / "table.sql"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    return path


def test_header_and_inputs_are_read(tmp_path: Path) -> None:
    table = parse(written(tmp_path, SQL))
    assert (table.layer, table.name) == ("locality", "table")
    assert table.about == "What it is, in two lines."
    assert table.grain == ["code", "year"]
    assert table.columns == {"code": "a code that goes on", "year": "a year", "total": "a sum"}
    assert table.inputs == [("reference", "listed"), ("tidy", "things")]


def test_what_is_no_query_is_an_error_that_names_the_table(
    tmp_path: Path, edition: Edition
) -> None:
    text = SQL.replace("WHERE code IN (SELECT code FROM reference.listed)", "")
    table = parse(written(tmp_path, text.replace("SELECT", "SELEKT")))
    with pytest.raises(TableError, match=r"locality\.table: .*SELEKT"):
        run(table, edition)


def parsed(node: Any) -> Iterator[tuple[str, str]]:
    """Every table with a schema below a node of a query as DuckDB's parser reads it."""
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE" and node["schema_name"]:
            yield node["schema_name"], node["table_name"]
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from parsed(one)


@pytest.mark.parametrize("table", sql_tables("locality").values(), ids=lambda table: table.name)
def test_inputs_are_those_that_the_parser_of_duckdb_finds(table: SqlTable) -> None:
    ((text,),) = duckdb.execute("SELECT json_serialize_sql(?)", [table.query]).fetchall()
    assert table.inputs == sorted(set(parsed(json.loads(text))))


def test_comments_and_text_name_no_table(tmp_path: Path) -> None:
    text = SQL + "\n-- and not tidy.spoken_of, nor /* tidy.this */ 'tidy.that'\n"
    table = parse(written(tmp_path, text + "-- nor\n/* tidy.these,\ntidy.those */"))
    assert table.inputs == [("reference", "listed"), ("tidy", "things")]


def test_the_result_is_sorted_by_its_grain(tmp_path: Path, edition: Edition) -> None:
    text = SQL.replace("WHERE code IN (SELECT code FROM reference.listed)", "")
    frame = run(parse(written(tmp_path, text)), edition)
    assert frame.rows() == [("a", 1, 5.0), ("b", 1, 1.0)]


def test_sums_are_added_in_one_order(edition: Edition) -> None:
    with connect(edition, [("tidy", "things")]) as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sum(value) AS total", "sum(value) AS sum_of_all", r"missing \['total'\]"),
        ("-- column total: a sum\n", "", r"extra \['total'\]"),
        ("sum(value) AS total", "value AS total", "rows share their grain"),
        ("SELECT code,", "SELECT NULL AS code,", "part of the grain and is empty"),
        ("-- grain: code, year\n", "", "grain"),
    ],
)
def test_a_table_that_breaks_its_promise_is_refused(
    tmp_path: Path, edition: Edition, old: str, new: str, said: str
) -> None:
    text = SQL.replace("WHERE code IN (SELECT code FROM reference.listed)", "").replace(old, new)
    with pytest.raises(TableError, match=said):
        run(parse(written(tmp_path, text)), edition)


def test_every_sql_file_describes_every_column() -> None:
    for table in sql_tables("locality").values():
        assert table.inputs
        assert all(table.columns.values())
        assert set(table.grain) <= set(table.columns)
