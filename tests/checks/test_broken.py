"""A broken input for every kind of check that any suite holds, and nothing left without one.

A synthetic England is made once. Each case breaks one table of it, runs that table's check as a run
does, and sees that exactly this check fails, says so, and stops the run if it is critical.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import dagster as dg
import polars as pl
import pytest

from pipeline.checks.asset_checks import (
    categories_of,
    check_evidence,
    check_locality,
    check_tidy,
    tidy_categories,
)
from pipeline.checks.engine import Checked, Result
from pipeline.checks.passed import checked_tables
from pipeline.checks.rules import Rule, queries
from pipeline.checks.suites import Expectation
from pipeline.database.versions import EXPORTS, PARQUET
from pipeline.definitions import definitions
from pipeline.edition import EDITIONS, SAMPLE, Edition
from pipeline.sources import sources

pytestmark = pytest.mark.long(seconds=95)

Break = Callable[[pl.DataFrame], pl.DataFrame]
FIRST = pl.int_range(pl.len()) == 0
TIDY = "oflog_adult_social_care"
PLACE = "indicator_place"


@pytest.fixture(scope="module")
def made(sample_tables: Path) -> Path:
    """The tables of a synthetic England, as they are and as they are published."""
    (SAMPLE.folder / EXPORTS / PARQUET).parent.mkdir(parents=True)
    for layer, table in checked_tables():
        if layer != "tidy":
            published = SAMPLE.folder / EXPORTS / PARQUET.format(layer, table)
            published.write_bytes(SAMPLE.table(layer, table).read_bytes())
    return sample_tables


def checked(layer: str, table: str) -> tuple[list[dict[str, object]], bool]:
    """Run the check of one table as Dagster runs it: its results, and whether it stops the run."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = (
            definitions(SAMPLE)
            .resolve_job_def("sample")
            .execute_in_process(
                op_selection=[f"sample__{layer}__{table}__checks"],
                instance=instance,
                raise_on_error=False,
            )
        )
    return SAMPLE.recall("checks", f"{layer}.{table}"), not result.success


def kind(expectation: str) -> str:
    """What an expectation is of: promises of rows, and codes that must be known, are one each."""
    if expectation.startswith("rows_with_"):
        return "rows_with"
    return "known" if expectation.endswith("_known") else expectation


@dataclass(frozen=True)
class Case:
    """One broken table and what must fail."""

    layer: str
    table: str
    category: str
    kind: str
    change: Break
    kept: tuple[str, str] | None = None
    """The table that is broken, where it is not the one that is checked."""

    @property
    def id(self) -> str:
        return f"{self.layer}-{self.category}-{self.kind}-{self.table}"


def put(column: str, value: object, where: pl.Expr = FIRST) -> Break:
    """A frame with one value in the first of some rows."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        chosen = where & (where.cast(pl.Int32).cum_sum() == 1)
        kind = frame.schema[column] if frame.schema[column] != pl.Null else pl.String
        return frame.with_columns(
            pl.when(chosen).then(pl.lit(value, kind)).otherwise(column).cast(kind).alias(column)
        )

    return change


def times(column: str, factor: float, where: pl.Expr = FIRST) -> Break:
    """A frame with one number larger in the first of some rows."""
    chosen = where & (where.cast(pl.Int32).cum_sum() == 1)
    more = pl.when(chosen).then(pl.col(column) * factor + 1).otherwise(column).alias(column)
    return lambda frame: frame.with_columns(more)


def twice(frame: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame, frame.head(1)])


def turned(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(reversed(frame.columns))


def none(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.clear()


def half(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.head(frame.height // 2)


def emptied(column: str) -> Break:
    return lambda frame: frame.with_columns(pl.lit(None, frame.schema[column]).alias(column))


def moved(column: str) -> Break:
    return lambda frame: frame.with_columns(pl.col(column) * 1000 + 1e6)


def without(column: str) -> Break:
    return lambda frame: frame.drop(column)


ok = pl.col("status") == "ok"
BETWEEN = "expect_column_values_to_be_between"
COLUMNS = "expect_table_columns_to_match_ordered_list"
FILLED = "expect_column_values_to_not_be_null"
EMPTY = "expect_column_values_to_be_null"
ONE_OF = "expect_column_values_to_be_in_set"
FORM = "expect_column_values_to_match_regex"
ALONE = "expect_column_values_to_be_unique"
TOGETHER = "expect_compound_columns_to_be_unique"
ROWS = "expect_table_row_count_to_be_between"
AT_LEAST = "expect_column_pair_values_a_to_be_greater_than_b"

SHARES = "staff_survey_organisations"
CASES = [
    Case("tidy", TIDY, "schema", COLUMNS, turned),
    Case("tidy", TIDY, "keys", TOGETHER, twice),
    Case("tidy", TIDY, "keys", FILLED, put("areanm", None)),
    Case("tidy", SHARES, "values", BETWEEN, put("value", 101.0, ok)),
    Case("tidy", TIDY, "values", ONE_OF, put("measure", "ASC9")),
    Case("tidy", TIDY, "values", FORM, put("areacd", "Leeds")),
    Case("tidy", TIDY, "values", FILLED, put("value", None, ok)),
    Case("tidy", TIDY, "values", EMPTY, put("status", "c", ok)),
    Case("tidy", TIDY, "coverage", ROWS, none),
    Case("tidy", TIDY, "relations", "known", put("areacd", "E06009999")),
    Case("tidy", "staff_survey_leadership", "relations", "known", put("org_code", "RXX")),
    Case("locality", PLACE, "schema", COLUMNS, turned),
    Case("locality", "place", "keys", ALONE, twice),
    Case("locality", PLACE, "keys", TOGETHER, twice),
    Case("locality", PLACE, "keys", FILLED, put("indicator", None)),
    Case("locality", PLACE, "values", BETWEEN, put("coverage", 1.5)),
    Case("locality", PLACE, "values", ONE_OF, put("status", "secret")),
    Case("locality", PLACE, "values", FORM, put("areacd", "Leeds")),
    Case("locality", PLACE, "coverage", ROWS, none),
    Case("locality", PLACE, "relations", "known", put("areacd", "E06009999")),
    Case("locality", PLACE, "drift", "like_published_rows", half),
    Case("locality", PLACE, "drift", "like_published_empty", emptied("value")),
    Case("locality", PLACE, "drift", "like_published_median", moved("value")),
    Case("locality", PLACE, "relations", "stands_no_longer", put("reference_year", 2001, ok)),
    Case("locality", "trust_place", "sums", "weights_sum_to_one", times("weight", 0.5)),
    Case("locality", "population", "sums", "ages_within_all", times("aged_65_plus", 100)),
    Case(
        "locality",
        "dementia_register_share",
        "sums",
        "share_is_registered_over_estimated",
        times("value", 2, pl.col("value").is_not_null()),
    ),
    Case(
        "locality",
        PLACE,
        "relations",
        "measured_values_unchanged",
        times("value", 2, ok & pl.col("coverage").is_null() & pl.col("value").is_not_null()),
    ),
    Case(
        "locality",
        PLACE,
        "relations",
        "empty_values_have_a_reason",
        put("value", None, ok & pl.col("value").is_not_null()),
    ),
    Case(
        "evidence", "block_fit", "schema", "expect_table_columns_to_match_set", without("synthetic")
    ),
    Case("evidence", "block_fit", "keys", TOGETHER, twice),
    Case("evidence", "analysis_spec", "keys", ALONE, twice),
    Case("evidence", "block_fit", "keys", FILLED, put("coalition", None)),
    Case("evidence", "block_fit", "values", BETWEEN, put("r2", 1.2)),
    Case("evidence", "block_fit", "values", ONE_OF, put("composition", "mixed")),
    Case("evidence", "verdict", "values", ONE_OF, put("verdict", "perhaps")),
    Case("evidence", "block_contrast", "values", AT_LEAST, put("ci_low", 9.0)),
    Case("evidence", "block_fit", "coverage", ROWS, none),
    Case("evidence", "block_fit", "relations", "known", put("spec_id", "another")),
    Case("evidence", "block_fit", "drift", "like_published_rows", half),
    Case("evidence", "block_fit", "drift", "like_published_empty", emptied("v")),
    Case("evidence", "block_fit", "drift", "like_published_median", moved("r2")),
    Case(
        "evidence",
        "block_contrast",
        "sums",
        "parts_sum_to_what_is_explained",
        times("estimate", 2, pl.col("estimand") == "common"),
    ),
    Case(
        "evidence",
        "block_contrast",
        "values",
        "estimate_within_interval",
        times("estimate", 2, pl.col("ci_method").str.starts_with("jackknife")),
    ),
    Case(
        "evidence",
        "block_contrast",
        "values",
        "corrected_interval_beside_estimate",
        times("estimate", 2, pl.col("ci_method").str.starts_with("bias-corrected")),
    ),
    Case(
        "evidence",
        "importance",
        "sums",
        "shares_sum_to_what_is_explained",
        times("shapley", 2, pl.col("level") == "block"),
    ),
    Case("evidence", "power", "sums", "verdicts_sum_to_one", put("p_supported", 0.123456)),
    Case("evidence", "variance_split", "sums", "shares_of_what_lasts", put("w_star", 0.123456)),
    Case(
        "evidence",
        "analysis_spec",
        "relations",
        "every_panel_is_answered",
        lambda frame: frame.filter(pl.col("spec_id") != "districts_dementia"),
        ("evidence", "verdict"),
    ),
    Case("evidence", "panel", "relations", "rows_as_specified", lambda frame: frame[1:]),
    Case(
        "evidence",
        "panel",
        "relations",
        "rows_as_compared_within",
        put("enters_within", False, pl.col("enters_within") & pl.col("enters_between")),
    ),
    Case(
        "evidence",
        "panel",
        "relations",
        "every_row_is_used",
        put("ranked_within", False, pl.col("enters_within")),
    ),
    Case("evidence", "panel", "relations", "localities_are_there", put("locality", "E06009999")),
    Case("evidence", "panel_value", "relations", "every_row_has_every_value", twice),
    Case("evidence", "panel_value", "relations", "values_as_measured", put("value", 0.123456)),
    Case("evidence", "panel_value", "values", "nothing_hidden_enters", put("status", "c")),
    Case(
        "evidence",
        "verdict",
        "relations",
        "lead_as_estimated",
        times("value", 2, pl.col("rule_id") == "delta_at_least_min"),
    ),
    Case(
        "evidence",
        "verdict",
        "relations",
        "within_as_estimated",
        times("value", 2, pl.col("rule_id") == "slope_positive"),
    ),
    Case("evidence", "verdict", "relations", "one_verdict", put("verdict", "perhaps")),
    Case("evidence", "within_effect", "relations", "rows_as_split", put("n_rows", 3)),
    *(
        Case(
            "evidence", one.table.removeprefix("evidence."), "relations", one.name, put("n_rows", 3)
        )
        for one in queries()
        if one.name == "rows_as_specified" and one.table != "evidence.panel"
    ),
    Case(
        "locality",
        "place",
        "sums",
        "overlaps_within_one",
        lambda frame: pl.concat(
            [
                frame,
                frame.with_columns(
                    pl.col("areacd_from").alias("areacd_to"),
                    pl.lit(1.5).alias("share_of_from"),
                ),
            ]
        ),
        ("locality", "council_overlap"),
    ),
]
"""What is broken in tables as they were made."""


@pytest.fixture
def broken(made: Path, request: pytest.FixtureRequest) -> Iterator[Case]:
    """One table broken, and whole again afterwards."""
    case: Case = request.param
    layer, table = case.kept or (case.layer, case.table)
    path = SAMPLE.table(layer, table)
    whole = path.read_bytes()
    SAMPLE.write(layer, table, case.change(SAMPLE.read(layer, table)))
    yield case
    path.write_bytes(whole)


CHECKS: dict[str, Callable[..., Any]] = {
    "tidy": check_tidy,
    "locality": check_locality,
    "evidence": check_evidence,
}


def results_of(layer: str, table: str) -> list[Result]:
    """What the check of one table finds, without a run."""
    found: list[Result] = CHECKS[layer](
        SAMPLE, sources()[table] if layer == "tidy" else table
    ).results
    return found


@pytest.mark.parametrize("broken", CASES, indirect=True, ids=lambda case: case.id)
def test_a_broken_table_fails_its_check_with_a_message(broken: Case) -> None:
    results = results_of(broken.layer, broken.table)
    failed = [
        one
        for one in results
        if not one.passed
        and (one.category, kind(one.expectation)) == (broken.category, broken.kind)
    ]
    assert failed, [one.expectation for one in results if not one.passed]
    assert all(one.message and one.guidance in one.message for one in failed)
    assert all(one.failing >= 1 for one in failed)


def one_case(layer: str, name: str) -> Case:
    return next(one for one in CASES if (one.layer, one.kind) == (layer, name))


@pytest.mark.parametrize(
    ("broken", "worst"),
    [
        *((one_case(layer, TOGETHER), "critical") for layer in CHECKS),
        (next(one for one in CASES if one.table == "staff_survey_leadership"), "critical"),
        (one_case("locality", "like_published_rows"), "warning"),
        (one_case("evidence", "like_published_rows"), "warning"),
        (one_case("evidence", "like_published_empty"), "warning"),
        (one_case("evidence", "corrected_interval_beside_estimate"), "info"),
    ],
    indirect=["broken"],
    ids=lambda one: one.id if isinstance(one, Case) else one,
)
def test_what_fails_stops_the_run_if_it_is_critical(broken: Case, worst: str) -> None:
    results, stopped = checked(broken.layer, broken.table)
    failed = {one["severity"] for one in results if not one["passed"]}
    assert worst in failed
    assert stopped == ("critical" in failed) == (worst == "critical")
    assert results == [one.row() for one in results_of(broken.layer, broken.table)]


ELSEWHERE = {
    # Layer, category and kind to the test that breaks a published file for it.
    ("tidy", "values", "nothing_set_aside"): "tests/reading/test_quarantine.py",
    ("tidy", "sums", "totals_agree"): "tests/test_bad_input.py",
    ("tidy", "keys", ALONE): "tests/checks/test_engine.py",
    ("tidy", "coverage", "expect_table_row_count_to_equal"): "tests/checks/test_engine.py",
    ("locality", "coverage", "rows_with"): "tests/checks/test_engine.py",
    **{
        ("tidy", "drift", f"drift_of_{name}"): "tests/checks/test_drift.py"
        for name in ("areas", "empty", "median", "spread", "largest")
    },
}


def asked_of(layer: str, table: str) -> set[tuple[str, str, str]]:
    """What the check of one table asks, without an answer: all of them take a minute."""
    asked: set[tuple[str, str, str]] = set()

    def ask(
        layer: str, _: str, __: pl.DataFrame, suite: list[Expectation], rules: list[Rule]
    ) -> Checked:
        asked.update((layer, one.category, one.type) for one in suite)
        asked.update((layer, one.category, kind(one.name)) for one in rules)
        return Checked([], [])

    with patch("pipeline.checks.engine.check", ask):
        results_of(layer, table)
    return asked


@pytest.mark.usefixtures("made")
def test_every_kind_of_check_of_every_suite_has_a_broken_case() -> None:
    have = {(one.layer, one.category, one.kind) for one in CASES} | set(ELSEWHERE)
    for layer, table in checked_tables():
        asked = asked_of(layer, table)
        assert asked, f"{layer}.{table} is checked by nothing"
        assert asked - have == set()


def test_every_query_has_a_broken_case() -> None:
    have = {(f"{one.layer}.{one.table}", one.kind) for one in CASES}
    assert {(one.table, one.name) for one in queries()} - have == set()


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=lambda edition: edition.name)
def test_every_table_has_its_blocking_checks_in_the_definitions(edition: Edition) -> None:
    graph = definitions(edition).resolve_asset_graph()
    for layer, table in checked_tables():
        key = dg.AssetKey([edition.name, layer, table])
        specs = {
            one.name: graph.get(one).blocking for one in graph.get_check_keys_for_assets({key})
        }
        wanted = (
            tidy_categories(sources()[table]) if layer == "tidy" else categories_of(layer, table)
        )
        assert specs == dict.fromkeys(wanted, True)


@pytest.mark.usefixtures("made")
def test_a_table_that_no_panel_fills_is_told_and_stops_nothing() -> None:
    path = SAMPLE.table("evidence", "within_effect")
    whole = path.read_bytes()
    SAMPLE.write("evidence", "within_effect", pl.DataFrame())
    try:
        for table in ("within_effect", "verdict"):
            results, stopped = checked("evidence", table)
            assert not stopped
            told = [one for one in results if not one["passed"] and one["severity"] == "info"]
            assert bool(told) == (table == "within_effect")
    finally:
        path.write_bytes(whole)


@pytest.mark.usefixtures("made")
def test_a_check_that_cannot_run_fails_the_run_and_is_no_pass() -> None:
    def impossible(*_: object, **__: object) -> None:
        raise RuntimeError("could not run")

    with patch("pipeline.checks.engine._validated", impossible):
        _, stopped = checked("locality", "place")
    assert stopped
