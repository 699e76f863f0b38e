"""What newer figures change, and what they no longer cover."""

import polars as pl
import pytest

from pipeline.reading.differences import (
    Accepted,
    accepted,
    covered,
    differ,
    latest,
    lost,
    refuse_loss,
)
from pipeline.reading.published import SourceError
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column
from pipeline.sources import sources
from tests.reading.test_source import made

SOURCE = made(
    columns={
        "period": Column(pl.String, "Period."),
        "code": Column(pl.String, "Code."),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("period", "code"),
)
BEFORE = [
    ("2016-17", "a", 10.0, "2016-17 final", 0),
    ("2016-17", "b", 4.0, "2016-17 final", 0),
    ("2017-18", "a", 20.0, "2017-18 final", 0),
    ("2017-18", "b", 5.0, "2017-18 final", 0),
    ("2017-18", "c", None, "2017-18 final", 0),
]


def table(*rows: tuple[str, str, float | None, str, int]) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows, schema=["period", "code", "value", "release", "revision"], orient="row"
    )
    status = pl.when(pl.col("value").is_null()).then(pl.lit("x")).otherwise(pl.lit("ok"))
    return frame.with_columns(status.alias("status"), pl.lit("f").alias("file"))


def test_a_revised_period_takes_the_place_of_the_first_and_no_other() -> None:
    found = latest(SOURCE, table(*BEFORE, ("2017-18", "a", 21.0, "2017-18 revised", 1)))
    assert found.select("period", "code", "value").rows() == [
        ("2016-17", "a", 10.0),
        ("2016-17", "b", 4.0),
        ("2017-18", "a", 21.0),
    ]


def test_a_release_of_several_periods_gives_way_only_in_those_that_are_revised() -> None:
    both = [(period, code, value, "both", 0) for period, code, value, *_ in BEFORE]
    found = latest(SOURCE, table(*both, ("2017-18", "a", 21.0, "2017-18 revised", 1)))
    assert found.select("period", "code", "value").rows() == [
        ("2016-17", "a", 10.0),
        ("2016-17", "b", 4.0),
        ("2017-18", "a", 21.0),
    ]


def test_what_changed_was_added_and_went() -> None:
    after = table(
        ("2016-17", "a", 10.0, "2016-17 final", 0),
        ("2016-17", "b", 4.0, "2016-17 final", 0),
        ("2017-18", "a", 50.0, "2017-18 revised", 1),
        ("2017-18", "c", 1.0, "2017-18 revised", 1),
        ("2018-19", "a", 3.0, "2018-19 final", 0),
    )
    found = differ(SOURCE, table(*BEFORE), after)
    assert (found.keys_added, found.keys_gone) == (1, 1)
    # The value and the status of c count as two cells.
    assert (found.values_changed, found.largest_change) == (3, 1.5)
    assert found.examples[0] == "period=2017-18, code=a: value 20.0 -> 50.0 (by 150%)"
    assert "period=2017-18, code=c: value empty -> 1.0" in found.examples
    assert "gone: period=2017-18, code=b" in found.examples
    assert found.periods_added == ["2018-19 (1 places; 2 in 2017-18)"]
    assert [str(one) for one in found.lost] == ["1 place fewer in 2017-18: b"]
    assert (found.columns_added, found.columns_gone) == ([], [])


def test_the_same_figures_differ_in_nothing() -> None:
    found = differ(SOURCE, table(*BEFORE), table(*BEFORE))
    assert (found.keys_added, found.keys_gone, found.values_changed) == (0, 0, 0)
    assert (found.lost, found.examples, found.largest_change) == ([], [], None)


def test_columns_that_came_and_went() -> None:
    before = table(*BEFORE).drop("status").with_columns(pl.lit(1).alias("old"))
    found = differ(SOURCE, before, table(*BEFORE))
    assert (found.columns_added, found.columns_gone) == (["status"], ["old"])
    assert found.values_changed == 0


def test_a_place_without_any_figure_is_not_covered() -> None:
    assert ("2017-18", "c") not in covered(SOURCE, table(*BEFORE)).rows()
    hidden = table(*BEFORE[:3], ("2017-18", "b", None, "2017-18 final", 0))
    assert [str(one) for one in lost(SOURCE, table(*BEFORE), hidden)] == [
        "1 place fewer in 2017-18: b"
    ]


def test_the_date_of_a_latest_state_is_no_period() -> None:
    snapshot = made(
        columns=SOURCE.columns, key=SOURCE.key, warnings=("snapshot",), area=("code", "trust")
    )
    moved = table(("2019-20", "a", 1.0, "r", 0), ("2017-18", "b", 5.0, "r", 0))
    assert lost(snapshot, table(*BEFORE), moved) == []


def test_lost_coverage_stops_the_source_and_says_what_to_accept() -> None:
    with pytest.raises(SourceError, match="1 place fewer in 2017-18: b") as said:
        refuse_loss(SOURCE, table(*BEFORE), table(*BEFORE[:3]), [])
    entry = '[[accepted]]\n    source = "made"\n    periods = ["2017-18"]\n    places = ["b"]'
    assert entry in str(said.value)
    taken = Accepted("made", ["2017-18"], "It sent no return.", ["b"])
    refuse_loss(SOURCE, table(*BEFORE), table(*BEFORE[:3]), [taken])
    with pytest.raises(SourceError, match="nothing left in 2017-18"):
        refuse_loss(SOURCE, table(*BEFORE), table(*BEFORE[:2]), [taken])
    refuse_loss(SOURCE, table(*BEFORE), table(*BEFORE[:2]), [Accepted("made", ["2017-18"], "")])


def test_a_figure_that_no_place_has_any_more_is_lost() -> None:
    asked = made(
        columns=SOURCE.columns | {"question": Column(pl.String, "Question.")},
        key=("period", "code", "question"),
    )
    whole = pl.concat([table(*BEFORE).with_columns(question=pl.lit(one)) for one in ("q1", "q2")])
    gone = (pl.col("question") == "q2") & (pl.col("period") == "2017-18")
    emptied = whole.with_columns(pl.when(~gone).then(pl.col("value")).alias("value"))
    assert [str(one) for one in lost(asked, whole, emptied)] == [
        "1 figure fewer in 2017-18: question=q2"
    ]
    # One place's own is not.
    thinner = whole.filter(~(gone & (pl.col("code") == "a")))
    assert lost(asked, whole, thinner) == []
    known = [Accepted(asked.name, ["2017-18"], "Asked no more.", ["question=q2"])]
    refuse_loss(asked, whole, emptied, known)
    with pytest.raises(SourceError, match="accepted as gone, but there are figures of"):
        refuse_loss(asked, whole, whole, known)


def test_nothing_published_is_nothing_lost() -> None:
    refuse_loss(SOURCE, None, table(*BEFORE), [])


@pytest.mark.parametrize("places", [(), ("b",)])
def test_an_accepted_loss_that_is_back_fails(places: tuple[str, ...]) -> None:
    entry = Accepted("made", ["2017-18"], "", places)
    with pytest.raises(SourceError, match="accepted as gone, but there are figures of 2017-18"):
        refuse_loss(SOURCE, None, table(*BEFORE), [entry])
    refuse_loss(SOURCE, None, table(*BEFORE), [Accepted("other", ["2017-18"], "", places)])


def test_the_declared_entries_are_of_declared_sources_and_have_reasons() -> None:
    for one in accepted():
        assert one.source in sources()
        assert one.why
