from dataclasses import replace

import numpy as np
import pytest

from pipeline.evidence.locality import (
    LocalityPanel,
    adopters,
    commonest,
    demean,
    gate,
    shared,
    within_of,
)
from tests.evidence.localities import locality_world


def rows(panel: LocalityPanel, keep: np.ndarray) -> LocalityPanel:
    return panel.rows(np.flatnonzero(keep))


def test_rows_without_a_neighbour_are_left_out_and_the_rest_put_in_order() -> None:
    panel = locality_world(authorities=3, localities=2, years=2)
    lonely = (panel.authority == 1) & (panel.locality == 2) & (panel.year == 2013)
    panel = rows(panel, ~lonely)
    panel = panel.rows(np.random.default_rng(0).permutation(len(panel.year)))
    left = panel.rows(shared(panel))
    keys = list(zip(left.authority, left.year, left.locality, strict=True))
    assert keys == sorted(keys)
    assert len(keys) == 10
    assert (1, 2013, 3) not in keys
    with pytest.raises(ValueError, match="in order"):
        within_of(panel)


def test_nothing_of_an_authority_or_year_is_left_in_the_comparison() -> None:
    panel = locality_world(missing=0.1)
    panel = panel.rows(shared(panel))
    w = within_of(panel)
    shifted = replace(panel, outcome=panel.outcome + 5.0 * w.cell)
    again = within_of(shifted)
    scale = panel.outcome.std(ddof=1) / shifted.outcome.std(ddof=1)
    np.testing.assert_allclose(again.outcome, w.outcome * scale, atol=1e-9)
    # The year dummies are the same for all localities of a cell.
    assert w.controls.shape[1] == 1
    np.testing.assert_allclose(demean(w.controls, w.cell), w.controls, atol=1e-12)


def test_gates_say_why() -> None:
    panel = locality_world(authorities=10)
    assert gate(panel, 10) is None
    assert gate(panel, 11) == (
        "10 authorities with at least two localities in a year, fewer than 11"
    )
    alone = rows(panel, panel.locality % 4 == 0)
    assert gate(alone, 5) == "0 authorities with at least two localities in a year, fewer than 5"
    same = {name: x[panel.authority] for name, x in panel.leadership.items()}
    assert "no measure of leadership that varies" in str(gate(replace(panel, leadership=same), 5))
    flat = replace(panel, outcome=panel.outcome[panel.authority])
    assert "the outcome does not vary between localities" in str(gate(flat, 5))
    wide = np.random.default_rng(0).normal(size=(len(panel.year), 105))
    assert "too few for" in str(gate(replace(panel, controls=wide), 5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": np.full(32, np.nan)}, "outcome holds values that are missing"),
        ({"leadership": {"leadership": np.ones((31, 1))}}, "leadership must be"),
        ({"leadership": {}}, "no indicator of leadership"),
        ({"locality": np.zeros(32, dtype=np.int64)}, "appears twice"),
        ({"year": np.ones(32)}, "year must be 32 integers"),
    ],
)
def test_panels_that_do_not_fit_are_refused(change: dict, message: str) -> None:
    panel = locality_world(authorities=2)
    with pytest.raises(ValueError, match=message):
        replace(panel, **change)


def test_adopters_are_the_top_share_of_their_own_year_and_ties_stand_together() -> None:
    year = np.repeat([2012, 2013], 6)
    outcome = np.array([1, 2, 3, 4, 5, 6, 10, 20, 30, 30, 30, 5.0])
    found = adopters(outcome, year, 1 / 3)
    assert list(np.flatnonzero(found)) == [4, 5]
    assert list(np.flatnonzero(adopters(outcome, year, 0.5))) == [3, 4, 5, 8, 9, 10]
    with pytest.raises(ValueError, match="share"):
        adopters(outcome, year, 1.0)


def test_the_commonest_value_of_a_group() -> None:
    values, groups = np.array([5, 5, 2, 7, 2]), np.array([0, 0, 0, 1, 1])
    assert list(commonest(values, groups)) == [5, 5, 5, 2, 2]
