"""Published totals beside our sums; a known difference is explained, an unknown one stands out."""

import polars as pl
import pytest

from pipeline.reading.published import SourceError
from pipeline.reading.reconciliation import Explained, compare, declared
from pipeline.sources import sources
from tests.reading.test_source import made

ROWS = pl.DataFrame(
    {
        "check": ["total = parts"] * 4,
        "period": ["2016", "2016", "2016", "2017"],
        "area": ["a", "b", "c", "a"],
        "published": [10.0, 10.0, None, 10.0],
        "computed": [10.4, 13.0, 5.0, 11.0],
        "tolerance": [0.5] * 4,
    }
)
SOURCE = made(reconcile=lambda table: ROWS)
KNOWN = Explained("made", "total = parts", "2016", rows=1, largest=3.0, why="Known.")


def settled(explained: list[Explained]) -> list[tuple[bool | None, bool | None]]:
    return compare(SOURCE, pl.DataFrame(), explained).select("agrees", "settled").rows()


def test_rounding_agrees_and_what_is_not_published_cannot_be_compared() -> None:
    # Sorted by check, period, area.
    assert settled([]) == [(True, True), (False, False), (None, None), (False, False)]


def test_an_explained_difference_is_settled_and_stays_a_difference() -> None:
    assert settled([KNOWN]) == [(True, True), (False, True), (None, None), (False, False)]


@pytest.mark.parametrize("change", [{"rows": 2}, {"largest": 2.0}, {"period": "2015"}])
def test_an_explanation_that_no_longer_fits_fails(change: dict[str, object]) -> None:
    entry = Explained(**{**vars(KNOWN), **change})  # type: ignore[arg-type]
    with pytest.raises(SourceError, match=r"explained_differences\.toml: total = parts"):
        settled([entry])


def test_a_source_without_totals_has_nothing_to_compare() -> None:
    assert compare(made(), pl.DataFrame(), []).is_empty()


def test_the_declared_explanations_are_of_declared_sources() -> None:
    for one in declared():
        assert one.source in sources()
        assert one.why
