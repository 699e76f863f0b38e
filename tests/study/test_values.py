"""Every value that enters: the design comes back out of the table, and nothing else is in it."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from pipeline.evidence.panel import Array
from pipeline.study.asked import Asked
from pipeline.study.framework import Panel
from pipeline.study.values import _of_panel
from tests.study.test_panels import INSIDE, MADE_UP, SPEC, pool_of, put, world

UNEVEN = put(world(0.8, places=3, seed=2), pl.col("authority") >= "A030", spending=None)
"""Two authorities that do not say what they spend: compared within, not between."""


def asked_of(frame: pl.DataFrame, spec: Panel) -> Asked:
    return Asked(pool_of(frame, spec, MADE_UP), MADE_UP)


@pytest.fixture(scope="module")
def uneven() -> pl.DataFrame:
    return _of_panel(asked_of(UNEVEN, INSIDE))


def block(values: pl.DataFrame, name: str) -> Array:
    """(n, k) values of a block."""
    own = values.filter(pl.col("block") == name)
    wide = own.pivot("variable", index=["locality", "year"], values="value")
    return wide.drop("locality", "year").to_numpy()


@pytest.mark.parametrize(("frame", "spec"), [(UNEVEN, INSIDE), (world(0.8, seed=2), SPEC)])
def test_the_design_between_authorities_comes_back(frame: pl.DataFrame, spec: Panel) -> None:
    asked = asked_of(frame, spec)
    values = _of_panel(asked).filter("enters_between")
    panel = asked.built.panel
    assert panel is not None
    assert set(values["block"]) == {"outcome", "context", *panel.blocks}
    assert_array_equal(block(values, "outcome")[:, 0], panel.outcome)
    assert_array_equal(block(values, "context"), panel.controls)
    for name, columns in panel.blocks.items():
        assert_array_equal(block(values, name), columns)


def test_the_design_within_authorities_comes_back(uneven: pl.DataFrame) -> None:
    values = uneven.filter("enters_within")
    inside = asked_of(UNEVEN, INSIDE).compared_within
    assert inside is not None
    assert set(values["block"]) == {"outcome", "context", *inside.leadership}
    assert_array_equal(block(values, "outcome")[:, 0], inside.outcome)
    for name, columns in inside.leadership.items():
        assert_array_equal(block(values, name), columns)
    assert values.filter(pl.col("block") == "leadership")["variable"].unique().sort().to_list() == [
        "inspires",
        "listens",
    ]


def test_a_row_has_only_what_it_enters_with(uneven: pl.DataFrame) -> None:
    silent = uneven.filter(pl.col("authority") >= "A030")
    assert set(silent["variable"]) & {"spending", "planned", "inspected"} == set()
    assert not silent["enters_between"].any()
    assert silent["enters_within"].all()
    shared = uneven.filter(pl.col("authority") < "A030", pl.col("variable") == "spending")
    assert shared["enters_between"].all()
    assert not shared["enters_within"].any()
    key = ["locality", "year", "variable"]
    assert not uneven.select(key).is_duplicated().any()
    assert uneven["value"].is_finite().all()


def test_a_value_says_where_and_when_it_was_measured(uneven: pl.DataFrame) -> None:
    for name, place in (("spending", "authority"), ("listens", "locality"), ("need", "locality")):
        own = uneven.filter(pl.col("variable") == name)
        assert own["value_place"].equals(own[place])
    # A class is made for the panel.
    assert uneven.filter(pl.col("variable").str.contains("="))["value_place"].is_null().all()
    later = uneven["value_year"] - uneven["year"]
    assert_array_equal(later.to_numpy(), np.where(uneven["variable"] == "delays", 1, 0))


def test_without_rows_there_are_no_values() -> None:
    none = put(UNEVEN, pl.lit(value=True), delays=None)
    assert _of_panel(asked_of(none, INSIDE)).height == 0
