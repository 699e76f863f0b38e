"""Every kind of expectation can fail, says where, and never passes unrun."""

import os
from dataclasses import replace

import polars as pl
import pytest

from pipeline.checks.engine import HIDDEN, check, run
from pipeline.checks.rules import Rule, promised
from pipeline.checks.suites import Expectation, Promise, locality_suite, tidy_suite
from pipeline.edition import ENGLAND, SAMPLE
from pipeline.reading.source import Column, conform
from tests.reading.test_source import RELEASE, made

SOURCE = made(
    columns={
        "areacd": Column(pl.String, "Code."),
        "value": Column(pl.Float64, "Value.", low=0, null=True),
        "status": Column(pl.String, "Status.", values=("ok", "c", "x")),
    },
    key=("areacd",),
)
GOOD = conform(
    SOURCE,
    RELEASE,
    pl.DataFrame(
        {
            "areacd": ["E06000001", "E06000002"],
            "value": [1.0, None],
            "status": ["ok", "c"],
            "row": [2, 3],
        }
    ),
)
SUITE = tidy_suite(SOURCE, SAMPLE)


def test_nothing_phones_home() -> None:
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def failing(frame: pl.DataFrame) -> dict[str, str]:
    results = run("tidy", "made", frame, tidy_suite(SOURCE, SAMPLE))
    return {f"{r.expectation} {r.column}".strip(): r.message for r in results if not r.passed}


def test_a_good_table_passes_everything() -> None:
    assert failing(GOOD) == {}


@pytest.mark.parametrize(
    ("change", "expectation"),
    [
        (pl.lit("E06000001").alias("areacd"), "expect_compound_columns_to_be_unique"),
        (pl.lit("Leeds").alias("areacd"), "expect_column_values_to_match_regex areacd"),
        (pl.lit(-1.0).alias("value"), "expect_column_values_to_be_between value"),
        (pl.lit("secret").alias("status"), "expect_column_values_to_be_in_set status"),
        (pl.lit("ok").alias("status"), "expect_column_values_to_not_be_null value"),
        (pl.lit("c").alias("status"), "expect_column_values_to_be_null value"),
        (pl.lit(None, pl.String).alias("release"), "expect_column_values_to_not_be_null release"),
        (pl.lit(1).alias("new"), "expect_table_columns_to_match_ordered_list"),
    ],
)
def test_each_expectation_can_fail(change: pl.Expr, expectation: str) -> None:
    found = failing(GOOD.with_columns(change))
    assert expectation in found
    assert found[expectation]


def test_no_rows_and_wrong_counts_fail() -> None:
    assert "expect_table_row_count_to_be_between" in failing(GOOD.clear())
    counted = made(
        columns=SOURCE.columns,
        key=SOURCE.key,
        releases=[type(RELEASE)(**{**vars(RELEASE), "rows": 9})],
    )
    results = run("tidy", "made", GOOD, tidy_suite(counted, ENGLAND))
    assert [r.expectation for r in results if not r.passed] == ["expect_table_row_count_to_equal"]


def test_a_failure_names_the_file_and_row() -> None:
    message = failing(GOOD.with_columns(pl.lit("Leeds").alias("areacd")))[
        "expect_column_values_to_match_regex areacd"
    ]
    assert "Leeds" in message
    assert "file folder/file.csv, row 2" in message


def test_what_is_hidden_is_in_no_result_and_no_page() -> None:
    suite = [replace(one, hidden=one.kwargs.get("column") == "value") for one in SUITE]
    found = check("tidy", "made", GOOD.with_columns(pl.lit(-7.25).alias("value")), suite)
    failed = [
        (result, page)
        for result, page in zip(found.results, found.documented, strict=True)
        if not result.passed
    ]
    assert len(failed) == 2
    for result, page in failed:
        assert HIDDEN in result.message
        assert "7.25" not in f"{result} {page}"
        assert "unexpected values found" in page["words"]


def test_an_expectation_that_cannot_run_is_an_error_and_no_pass() -> None:
    nonsense = Expectation("expect_column_values_to_be_unique", {"column": "absent"}, "keys")
    with pytest.raises(RuntimeError, match="could not run"):
        run("tidy", "made", GOOD, [nonsense])


def test_an_expectation_whose_rows_nobody_counts_is_no_pass() -> None:
    unknown = Expectation("expect_column_values_to_be_increasing", {"column": "value"}, "values")
    with pytest.raises(KeyError, match="increasing"):
        run("tidy", "made", GOOD, [unknown])


@pytest.mark.parametrize("kind", [pl.Null, pl.String])
def test_a_column_without_a_value_breaks_nothing_that_is_asked_of_values(kind: type) -> None:
    frame = GOOD.with_columns(pl.lit(None, kind).alias("areacd"), pl.lit(None, kind).alias("file"))
    suite = [
        Expectation(
            "expect_column_values_to_match_regex", {"column": "areacd", "regex": "^E"}, "values"
        ),
        Expectation(
            "expect_column_values_to_be_in_set", {"column": "file", "value_set": ["a"]}, "values"
        ),
    ]
    assert [one.passed for one in run("tidy", "made", frame, suite)] == [True, True]


def test_what_nothing_asks_about_may_be_of_any_type() -> None:
    frame = GOOD.with_columns(pl.lit([1, 2]).alias("release"), pl.lit(b"x").alias("file"))
    suite = [one for one in tidy_suite(SOURCE, SAMPLE) if one.kwargs.get("column") == "value"]
    assert [one.passed for one in run("tidy", "made", frame, suite)] == [True] * len(suite)


def test_a_rule_fails_by_the_rows_that_break_it() -> None:
    def broken_by(rows: int) -> Rule:
        failing = pl.DataFrame({"areacd": ["E06000001"] * rows})
        return Rule("told", "values", "warning", "it is so", "See to it.", failing)

    found = check("tidy", "made", GOOD, [], [broken_by(0), broken_by(2)])
    assert [(one.failing, one.passed) for one in found.results] == [(0, True), (2, False)]
    assert [one["observed"] for one in found.documented] == ["0", "2"]


def test_locality_tables_keep_shares_statuses_and_grain() -> None:
    columns = ["areacd", "year", "x__status", "x__coverage", "x__n_effective"]
    suite = locality_suite("t", columns, ("areacd", "year"), SAMPLE)
    good = pl.DataFrame([["E06000001"], [2012], ["ok"], [1.0], [2.5]], schema=columns)
    assert all(r.passed for r in run("locality", "t", good, suite))
    bad = good.with_columns(pl.lit(1.2).alias("x__coverage"), pl.lit(0.3).alias("x__n_effective"))
    assert {r.column for r in run("locality", "t", bad, suite) if not r.passed} == {
        "x__coverage",
        "x__n_effective",
    }


def test_a_promise_of_rows_is_kept_or_told() -> None:
    frame = pl.DataFrame({"year": [2012, 2012, 2013], "a": [1.0, None, 1.0]})

    def held(rows: int) -> str:
        promise = Promise("t", ["a"], (2012, 2012), rows, "Because.")
        (result,) = check("locality", "t", frame, [], [promised(frame, promise)]).results
        assert result.passed == (not result.message)
        return result.message

    assert held(1) == ""
    assert "expected 2, found 1. Because." in held(2)
