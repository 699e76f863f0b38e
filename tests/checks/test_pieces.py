"""A table that is checked in pieces is found to be what it is found to be as a whole."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.checks import engine, pieces
from pipeline.checks.engine import Checked, check
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


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "CELLS", 28)


def rules(rows: Rows) -> list[Rule]:
    promise = Promise("table", ["value"], (2011, 2012), 40, "Because.")
    return [
        known(rows, "areacd", set(GOOD["areacd"][:19]), "a register"),
        promised(rows, promise),
        *against_published(rows, put("value", 1.0, range(55)).lazy(), KEY),
    ]


def in_pieces(frame: pl.DataFrame, folder: Path) -> Checked:
    frame.write_parquet(folder / "table.parquet")
    rows = pl.scan_parquet(folder / "table.parquet")
    return check("tidy", "table", rows, SUITE, rules(rows))


@pytest.mark.parametrize("frame", BROKEN.values(), ids=BROKEN)
def test_pieces_say_what_the_whole_says(
    frame: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = check("tidy", "table", frame, SUITE, rules(frame))
    monkeypatch.setattr(pieces, "CELLS", 28)
    found = in_pieces(frame, tmp_path)
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


@pytest.mark.usefixtures("few")
def test_rows_of_a_key_share_a_piece_and_no_piece_is_the_whole() -> None:
    twice = pl.concat([GOOD, GOOD])
    parts = list(pieces.pieces(twice.lazy(), KEY))
    assert 10 < len(parts) < 20
    assert max(part.height for part in parts) < twice.height / 4
    keys = [set(part.select(KEY).iter_rows()) for part in parts]
    assert sum(map(len, keys)) == ROWS
    numbers = [list(part[pieces.NUMBER]) for part in parts]
    assert all(one == sorted(one) for one in numbers)
    assert sorted(number for one in numbers for number in one) == list(range(twice.height))


@pytest.mark.usefixtures("few")
def test_more_failing_rows_than_are_kept_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "KEPT", 2)
    found = in_pieces(BROKEN["no codes"], tmp_path)
    (told,) = [one for one in found.results if one.expectation.endswith("match_regex")]
    assert told.failing == 45
    assert "for example Leeds, Leeds" in told.message


@pytest.mark.usefixtures("few")
def test_a_large_table_needs_one_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"tidy\.table: .* one key, and it has 0"):
        engine._in_pieces("tidy.table", GOOD.lazy(), SUITE[2:5])


@pytest.mark.usefixtures("few")
def test_a_table_of_one_piece_is_held() -> None:
    assert isinstance(pieces.held(GOOD.head(7).lazy()), pl.DataFrame)
    assert isinstance(pieces.held(GOOD.lazy()), pl.LazyFrame)
