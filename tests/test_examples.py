"""The database that a run makes says what it holds, and answers the questions of sql/examples."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.assets.publish import database_tables, database_views
from pipeline.database import dictionary
from pipeline.database.locality import tables
from pipeline.database.meta import PACKAGES
from pipeline.database.publish import build
from pipeline.database.sqltable import SqlTable, sql_tables
from pipeline.edition import ENGLAND, PROJECT, SAMPLE
from pipeline.study.framework import framework
from pipeline.study.results import KEYS, TABLES
from pipeline.tables import Macro
from tests.few import PANELS

EXAMPLES = sql_tables("examples")


@pytest.fixture(scope="module")
def path(sample_tables: Path) -> Path:
    """The database of a synthetic England, made of generated files as a run makes it."""
    held = database_tables(SAMPLE, "run-1", "v1")
    return build(sample_tables / "v1", held, database_views(SAMPLE))


@pytest.fixture
def connection(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(path), read_only=True) as opened:
        yield opened


# What the file says of itself.


def test_every_table_view_macro_and_column_has_a_comment(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    silent = connection.execute(
        "SELECT schema_name || '.' || table_name || '.' || column_name FROM duckdb_columns() "
        "WHERE NOT internal AND coalesce(comment, '') = '' UNION ALL "
        "SELECT table_name FROM duckdb_tables() WHERE coalesce(comment, '') = '' UNION ALL "
        "SELECT view_name FROM duckdb_views() "
        "WHERE NOT internal AND coalesce(comment, '') = '' UNION ALL "
        "SELECT function_name FROM duckdb_functions() "
        "WHERE NOT internal AND coalesce(comment, '') = ''"
    ).fetchall()
    assert silent == []


def test_everything_that_holds_figures_is_marked_as_synthetic(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    unmarked = connection.execute(
        "SELECT layer, name FROM meta.\"table\" WHERE NOT starts_with(about, 'SYNTHETIC') "
        "ORDER BY ALL"
    ).fetchall()
    assert unmarked == [("meta", "dictionary"), ("meta", "table")]
    real = [view.about for view in database_views(ENGLAND)]
    assert not any("SYNTHETIC" in about for about in real)


def test_the_dictionary_explains_every_column(connection: duckdb.DuckDBPyConnection) -> None:
    unexplained = connection.execute(
        'SELECT layer, "table", "column" FROM meta.dictionary WHERE trim(meaning) = \'\''
    ).fetchall()
    missing = connection.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
        "WHERE NOT internal AND schema_name NOT LIKE 'as\\_%' ESCAPE '\\' EXCEPT "
        'SELECT layer, "table", "column" FROM meta.dictionary'
    ).fetchall()
    assert (unexplained, missing) == ([], [])


def test_everything_in_the_file_is_listed_with_its_rows(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    listed = connection.execute(
        'SELECT layer, name, kind, "rows" FROM meta."table" ORDER BY ALL'
    ).fetchall()
    held = connection.execute(
        "SELECT schema_name, table_name, 'table' FROM duckdb_tables() UNION ALL "
        "SELECT schema_name, view_name, 'view' FROM duckdb_views() WHERE NOT internal UNION ALL "
        "SELECT schema_name, function_name, 'macro' FROM duckdb_functions() WHERE NOT internal "
        "ORDER BY ALL"
    ).fetchall()
    assert [row[:3] for row in listed] == held
    for layer, name, kind, rows in listed:
        if kind == "table":
            found = connection.table(f'{layer}."{name}"').aggregate("count(*)").fetchall()
            assert found == [(rows,)], name


@pytest.mark.parametrize("layer", ["locality", "evidence"])
def test_the_grain_is_enforced(connection: duckdb.DuckDBPyConnection, layer: str) -> None:
    listed = connection.execute(
        'SELECT name, grain FROM meta."table" WHERE layer = ? ORDER BY name', [layer]
    ).fetchall()
    keys = connection.execute(
        "SELECT table_name, array_to_string(constraint_column_names, ', ') "
        "FROM duckdb_constraints() WHERE schema_name = ? AND constraint_type = 'PRIMARY KEY' "
        "ORDER BY table_name",
        [layer],
    ).fetchall()
    assert keys == listed
    assert len(listed) == len(TABLES if layer == "evidence" else tables())


def test_every_evidence_table_has_a_key() -> None:
    assert list(KEYS) == list(TABLES)


def test_the_run_names_what_computed_it(connection: duckdb.DuckDBPyConnection) -> None:
    (run,) = connection.table("meta.run").pl().to_dicts()
    assert (run["run_id"], run["version"], run["synthetic"]) == ("run-1", "v1", True)
    assert run["framework_sha256"] == framework().hash
    assert [one.split()[0] for one in run["packages"].split(", ")] == ["python", *PACKAGES]
    ids = connection.execute("SELECT DISTINCT run_id FROM evidence.verdict").fetchall()
    assert ids == [("run-1",)]


def test_the_written_dictionary_is_the_one_that_the_declarations_give() -> None:
    assert dictionary.PATH.read_text(encoding="utf-8") == dictionary.text(), (
        "run: python -m pipeline.database.dictionary"
    )


# Views and macros.


def test_macros_give_the_columns_they_declare(connection: duckdb.DuckDBPyConnection) -> None:
    values = {"wanted": "'E06000901'", "measure": "'delayed_days_rate'"}
    macros = [view for view in database_views(SAMPLE) if isinstance(view, Macro)]
    assert macros
    for macro in macros:
        ((parameters,),) = connection.execute(
            "SELECT parameters FROM duckdb_functions() WHERE function_name = ?", [macro.name]
        ).fetchall()
        call = f"{macro.name}({', '.join(values[one] for one in parameters)})"
        found = connection.sql(f"FROM {call}").pl()
        assert found.columns == list(macro.columns)
        assert found.height
        assert not found.select(macro.grain).is_duplicated().any(), macro.name


def test_a_council_is_found_by_any_of_its_codes_and_by_part_of_its_name(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    ((areacd, ecode, name),) = connection.execute(
        "SELECT areacd, code.code, areanm FROM locality.council_code AS code "
        "JOIN locality.place AS place USING (areacd) WHERE kind = 'ecode' AND tier = 'unitary' "
        "ORDER BY ALL LIMIT 1"
    ).fetchall()
    for wanted in (areacd, ecode, name, name[1:-1].upper()):
        found = connection.execute("SELECT areacd FROM council(?)", [wanted]).fetchall()
        assert (areacd,) in found, wanted


ASKING = (
    "compare($wanted, $measure)",
    "indicator_over_time($wanted, $measure)",
    "trusts_behind($wanted)",
)
"""Macros that take a council's code or whole name."""


def asked(connection: duckdb.DuckDBPyConnection, call: str, wanted: str, measure: str) -> list[Any]:
    values = {"wanted": wanted, "measure": measure}
    return connection.execute(
        f"FROM {call}", {name: one for name, one in values.items() if f"${name}" in call}
    ).fetchall()


@pytest.mark.parametrize("call", ASKING)
def test_a_council_is_asked_for_by_its_code_or_whole_name_however_it_is_written(
    connection: duckdb.DuckDBPyConnection, call: str
) -> None:
    ((name,),) = connection.execute(
        "SELECT areanm FROM locality.place WHERE areacd = 'E06000901'"
    ).fetchall()
    by_code = asked(connection, call, "E06000901", "delayed_days_rate")
    assert by_code
    for wanted in ("e06000901", name.upper(), f" {name[0]}.{name[1:]}'"):
        assert asked(connection, call, wanted, "delayed_days_rate") == by_code, wanted


@pytest.mark.parametrize("call", ASKING)
def test_a_council_that_there_is_none_of_is_an_error_with_a_hint(
    connection: duckdb.DuckDBPyConnection, call: str
) -> None:
    ((name,),) = connection.execute(
        "SELECT areanm FROM locality.place WHERE areacd = 'E06000901'"
    ).fetchall()
    for wanted in (name[:-1], "Hartlepol"):
        with pytest.raises(duckdb.Error, match=f"'{wanted}'.*FROM council"):
            asked(connection, call, wanted, "delayed_days_rate")
    nobody = call.replace("$wanted", "'Hartlepol'").replace("$measure", "'delayed'")
    connection.execute(f"EXPLAIN FROM {nobody}")


@pytest.mark.parametrize("call", ASKING[:2])
def test_an_indicator_that_there_is_none_of_is_an_error_with_a_hint(
    connection: duckdb.DuckDBPyConnection, call: str
) -> None:
    with pytest.raises(duckdb.Error, match=r"'delayed'.*FROM meta\.indicator"):
        asked(connection, call, "E06000901", "delayed")
    with pytest.raises(duckdb.Error, match="no indicator has the name"):
        asked(connection, f"{call} WHERE year = 2016", "E06000901", "delayed")


def test_no_rows_are_no_error_where_nothing_was_measured(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    ((district,),) = connection.execute(
        "SELECT min(areacd) FROM locality.place WHERE tier = 'lower' AND comparators IS NULL"
    ).fetchall()
    assert asked(connection, ASKING[0], district, "delayed_days_rate") == []


def test_latest_is_the_newest_value_of_each_council_and_indicator(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    latest = connection.sql("SELECT areacd, indicator, year, value FROM latest").pl()
    measured = connection.sql(
        "SELECT areacd, indicator, year, value FROM locality.indicator_place "
        "WHERE value IS NOT NULL"
    ).pl()
    newest = measured.sort("year").group_by("areacd", "indicator").last()
    order = ["areacd", "indicator"]
    assert latest.sort(order).equals(newest.select(latest.columns).sort(order))


def test_a_figure_that_stands_for_later_years_says_its_own(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Inspections, once each, and what the views show of them."""
    published = connection.execute(
        "SELECT DISTINCT areacd, year FROM locality.council_inspection WHERE value IS NOT NULL "
        "AND measure = 'impact_of_leaders' ORDER BY ALL"
    ).fetchall()
    once = connection.execute(
        "SELECT areacd, year FROM locality.indicator_place WHERE indicator = 'impact_of_leaders' "
        "AND reference_year = year ORDER BY ALL"
    ).fetchall()
    assert published == once
    later = connection.sql(
        "FROM latest WHERE indicator = 'impact_of_leaders' AND reference_year < year"
    ).pl()
    assert later.height
    wrong = connection.sql(
        "SELECT wide.areacd FROM locality.authority_year AS wide "
        "JOIN locality.indicator_place AS long USING (areacd, year) "
        "WHERE indicator = 'impact_of_leaders' "
        "AND impact_of_leaders__reference_year IS DISTINCT FROM reference_year"
    ).pl()
    assert wrong.is_empty()


def test_peers_are_the_comparators_with_their_own_values(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    wrong = connection.execute(
        "SELECT count(*), count(*) FILTER (peers.peer_value IS DISTINCT FROM own.value) "
        "FROM peers LEFT JOIN locality.indicator_place AS own "
        "ON own.areacd = peer_areacd AND own.indicator = peers.indicator AND own.year = peers.year"
    ).fetchall()
    ((rows, differ),) = wrong
    assert rows
    assert differ == 0
    listed = connection.execute(
        "SELECT areacd, string_agg(DISTINCT peer_areacd, ',' ORDER BY peer_areacd) FROM peers "
        "GROUP BY areacd ORDER BY areacd"
    ).fetchall()
    declared = connection.execute(
        "SELECT areacd, array_to_string(list_sort(string_split(comparators, ',')), ',') "
        "FROM locality.place WHERE comparators IS NOT NULL "
        "AND areacd IN (SELECT areacd FROM locality.indicator_place) ORDER BY areacd"
    ).fetchall()
    assert listed == declared


def test_comparing_a_council_shows_it_and_five_others_every_year(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = connection.sql("FROM compare('E06000901', 'delayed_days_rate')").pl()
    assert found.group_by("year").len()["len"].unique().to_list() == [6]
    own = connection.sql("FROM indicator_over_time('E06000901', 'delayed_days_rate')").pl()
    zero = found.filter(pl.col("peer_rank") == 0).sort("year")
    assert zero["value"].equals(own["value"])


# Examples.


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_answers_its_question(
    connection: duckdb.DuckDBPyConnection, example: SqlTable
) -> None:
    found = connection.sql(example.query).pl()
    assert found.columns == list(example.columns)
    assert found.height
    assert not found.select(example.grain).is_duplicated().any()


def question(example: SqlTable) -> str:
    return example.about.partition("?")[0] + "?"


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_states_its_question_and_a_caution(example: SqlTable) -> None:
    asked, _, rest = example.about.partition("? ")
    assert asked != example.about
    answer, _, caution = rest.partition(" Caution: ")
    assert answer
    assert caution


def test_the_examples_are_all_listed_for_analysts() -> None:
    listed = [
        line
        for line in (PROJECT / "docs" / "analysts.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("- [") and "sql/examples/" in line
    ]
    wanted = [f"- [{question(one)}](../sql/examples/{name}.sql)" for name, one in EXAMPLES.items()]
    assert sorted(listed) == sorted(wanted)


def test_the_cautious_examples_say_what_they_leave_out(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fallen = connection.sql(EXAMPLES["delayed_transfers_fell_most"].query).pl()
    clear = fallen["slope"] < -2 * fallen["slope_se"]
    assert fallen["sure"].equals(clear.alias("sure"))
    assert fallen["slope"].is_sorted()
    ((estimated,),) = connection.execute(
        "SELECT count(*) FROM locality.indicator_place "
        "WHERE indicator = 'delayed_days_rate' AND status = 'e'"
    ).fetchall()
    assert estimated
    assert fallen["years"].max() == 8


# The lines that work a result out again.

METHODS = PROJECT / "docs" / "methods.md"
DOCUMENTED = "districts_dementia"


@pytest.mark.parametrize("panel", PANELS)
def test_the_documented_lines_give_what_is_published(
    connection: duckdb.DuckDBPyConnection, path: Path, panel: str
) -> None:
    text = METHODS.read_text(encoding="utf-8").partition("## To work it out again")[2]
    lines = text.partition("```python\n")[2].partition("```")[0]
    lines = lines.replace("data/england/rapport.duckdb", str(path)).replace(DOCUMENTED, panel)
    between, _, within = lines.partition("# Within authorities:")
    found: dict[str, Any] = {}
    exec(between, found)
    published = dict(
        connection.execute(
            "SELECT composition, estimate FROM evidence.block_contrast "
            "WHERE spec_id = ? AND estimand = 'delta' AND headline",
            [panel],
        ).fetchall()
    )
    assert found["lead"] == pytest.approx(published["composite"], rel=1e-9, abs=1e-12)
    assert found["lead_apart"] == pytest.approx(published["indicators"], rel=1e-9, abs=1e-12)
    explained = [
        v
        for (v,) in connection.execute(
            "SELECT v FROM evidence.block_fit WHERE spec_id = ? AND composition = 'composite'",
            [panel],
        ).fetchall()
    ]
    for side in ("v_h", "v_b"):
        assert pytest.approx(found[side], rel=1e-9, abs=1e-12) in explained
    if panel == DOCUMENTED:
        exec(f"#{within}", found)
        ((slope,),) = connection.execute(
            "SELECT estimate FROM evidence.within_effect WHERE spec_id = ? "
            "AND composition = 'composite' AND model = 'authority x year fixed effects'",
            [panel],
        ).fetchall()
        assert found["slope"] == pytest.approx(slope, rel=1e-9)


# The notebook.

NOTEBOOK = PROJECT / "notebooks" / "explore.py"


def test_the_notebook_opens_the_file_read_only() -> None:
    tree = ast.parse(NOTEBOOK.read_text(encoding="utf-8"))
    opened = [
        {word.arg: ast.literal_eval(word.value) for word in node.keywords}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "duckdb.connect"
    ]
    assert opened == [{"read_only": True}]


def test_the_notebook_runs(path: Path) -> None:
    pytest.importorskip("marimo")
    done = subprocess.run(
        [sys.executable, NOTEBOOK, "--database", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
