"""What is counted is what Great Expectations itself counts, of a table that is held or is not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import great_expectations as gx
import polars as pl
import pytest
from great_expectations.expectations.registry import get_expectation_impl

from pipeline.checks import counting, engine
from pipeline.checks.engine import EXAMPLES, Checked, check
from pipeline.checks.rules import Rule, against_published, known, promised
from pipeline.checks.suites import Expectation, Promise
from pipeline.tables import Rows

ROWS = 60
KEY = ["areacd", "year"]


def asked(kind: str, category: str = "values", **kwargs: object) -> Expectation:
    return Expectation(f"expect_{kind}", kwargs, category)  # type: ignore[arg-type]


SUITE = [
    asked("table_columns_to_match_ordered_list", "schema", column_list=[*KEY, "value", "status"]),
    asked("compound_columns_to_be_unique", "keys", column_list=KEY),
    asked("column_values_to_not_be_null", "keys", column="areacd"),
    asked("column_values_to_match_regex", column="areacd", regex=r"^E\d{8}$"),
    asked("column_values_to_be_between", column="year", min_value=1990, max_value=2040),
    asked("column_values_to_be_in_set", column="status", value_set=["ok", "c"]),
    replace(
        asked("column_values_to_not_be_null", column="value"), only=("status", ["ok"]), hidden=True
    ),
    replace(asked("column_values_to_be_null", column="value"), only=("status", ["c"])),
    asked(
        "column_pair_values_a_to_be_greater_than_b",
        column_A="value",
        column_B="year",
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    ),
    asked("table_row_count_to_equal", "coverage", value=ROWS),
]
GOOD = pl.DataFrame(
    {
        "areacd": [f"E0600{number % 20:04}" for number in range(ROWS)],
        "year": [2010 + number // 20 for number in range(ROWS)],
        "value": [3000.0 + number for number in range(ROWS)],
        "status": ["ok"] * ROWS,
    }
)


def put(column: str, value: object, rows: Sequence[int]) -> pl.DataFrame:
    own = pl.int_range(pl.len()).is_in(rows)
    kind = GOOD.schema[column]
    return GOOD.with_columns(pl.when(own).then(pl.lit(value, kind)).otherwise(column).alias(column))


BROKEN = {
    "nothing": GOOD,
    "columns turned": GOOD.select(reversed(GOOD.columns)),
    "rows twice, far apart": pl.concat([GOOD, GOOD.head(4), GOOD.slice(30, 1)]),
    "a key without a place": put("areacd", None, [3, 17, 44]),
    "no codes": put("areacd", "Leeds", range(5, 50)),
    "a year to come": put("year", 4999, [59]),
    "years left out, and some to come": put("year", None, [1]).with_columns(
        pl.col("year").replace(2012, 2999)
    ),
    "words of no vocabulary": put("status", "secret", [9, 2, 8, 41]),
    "figures left out": put("value", None, [0, 58]),
    "figures that are withheld": put("status", "c", [7, 33]),
    "figures that are too low": put("value", -1.5, [6, 22, 23]),
    "more words than are named": pl.concat(
        GOOD.head(20).with_columns(pl.col("year") + part, status=pl.lit(word))
        for part, word in enumerate(["secret", "ok", "hidden", "secret", "hidden", "hidden"])
    ),
    "nothing but nulls": GOOD.with_columns(pl.lit(None, pl.Float64).alias("value")),
}


def rules(rows: Rows) -> list[Rule]:
    promise = Promise("table", ["value"], (2011, 2012), 40, "Because.")
    return [
        known(rows, "areacd", set(GOOD["areacd"][:19]), "a register"),
        promised(rows, promise),
        *against_published(rows, put("value", 1.0, range(55)).lazy(), KEY),
    ]


def unheld(frame: pl.DataFrame, folder: Path) -> Checked:
    frame.write_parquet(folder / "table.parquet")
    rows = pl.scan_parquet(folder / "table.parquet")
    return check("tidy", "table", rows, SUITE, rules(rows))


def plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """What the library found, without types of numpy and with no difference in how it says none."""

    def value(one: Any) -> Any:
        if isinstance(one, dict):
            return {name: value(each) for name, each in one.items()}
        if isinstance(one, list | tuple):
            return [value(each) for each in one]
        one = one.item() if hasattr(one, "item") else one
        return None if one != one else one  # noqa: PLR0124 - not a number

    # How rows would be found in pandas, and what counts each that is not a number apart.
    aside = {"unexpected_index_query", "partial_unexpected_counts"}
    return {name: value(one) for name, one in result.items() if name not in aside}


@pytest.fixture(scope="module")
def batches() -> Any:
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


@pytest.mark.parametrize("missing", [None, float("nan")])
@pytest.mark.parametrize("frame", BROKEN.values(), ids=BROKEN)
def test_counts_are_those_of_the_library(
    batches: Any, frame: pl.DataFrame, missing: float | None
) -> None:
    few = pl.when(pl.col("year") == 2011).then(pl.lit(missing, pl.Float64))
    frame = frame.with_columns(few.otherwise("value").alias("value"), pl.col("value").alias("same"))
    suite = [
        *SUITE,
        asked("column_values_to_be_unique", "keys", column="areacd"),
        asked("column_values_to_be_between", column="value", min_value=None, max_value=3005.5),
        replace(SUITE[8], kwargs={**SUITE[8].kwargs, "column_B": "same", "or_equal": False}),
        asked(
            "table_columns_to_match_set", "schema", column_set=["areacd", "x"], exact_match=False
        ),
        asked("table_row_count_to_be_between", "coverage", min_value=70),
    ]
    batch = batches.get_batch({"dataframe": frame.to_pandas()})
    form = {"result_format": "COMPLETE", "partial_unexpected_count": EXAMPLES}
    for one, found in zip(suite, engine._validated("tidy.t", frame, suite), strict=True):
        known = get_expectation_impl(one.type)(**engine._kwargs(one))
        theirs = batch.validate(known, result_format=form)
        assert found.success == theirs.success
        assert plain(found.result) == plain(theirs.result)


@pytest.mark.parametrize("frame", BROKEN.values(), ids=BROKEN)
def test_a_table_that_is_not_held_is_found_to_be_the_same(
    frame: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = check("tidy", "table", frame, SUITE, rules(frame))
    monkeypatch.setattr(counting, "CELLS", 28)
    found = unheld(frame, tmp_path)
    assert found.results == whole.results
    assert found.documented == whole.documented


def test_each_case_breaks_what_it_is_about() -> None:
    broken = {
        name: {
            one.expectation for one in check("tidy", "t", frame, SUITE).results if not one.passed
        }
        for name, frame in BROKEN.items()
    }
    assert broken["nothing"] == set()
    assert set.union(*broken.values()) == {one.type for one in SUITE}


def test_more_failing_rows_than_are_named_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "NAMED", 2)
    found = check("tidy", "table", BROKEN["no codes"], SUITE)
    (told,) = [one for one in found.results if one.expectation.endswith("match_regex")]
    assert told.failing == 45
    assert "for example Leeds, Leeds;" in told.message


def test_keys_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pl.Expr, "hash", lambda self: self.is_null())
    count = counting.counted(BROKEN["rows twice, far apart"], [SUITE[1]])
    assert count == [counting.Count(65, 0, 10)]


def test_a_table_of_few_cells_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "CELLS", 28)
    assert isinstance(counting.held(GOOD.head(7).lazy()), pl.DataFrame)
    assert isinstance(counting.held(GOOD.lazy()), pl.LazyFrame)
