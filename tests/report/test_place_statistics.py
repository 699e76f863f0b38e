"""What is said of one council's figures holds on figures whose truth is known."""

import numpy as np
import pytest
from scipy import stats

from pipeline.report.place_statistics import against, by_luck, nearest, ranks, trend

YEARS = range(2012, 2017)


def flat(value: float) -> dict[int, float]:
    return dict.fromkeys(YEARS, value)


class TestAgainst:
    def test_is_a_prediction_interval(self) -> None:
        found = against(flat(10.0), [flat(6.0), flat(8.0), flat(7.0)])
        reach = stats.t.ppf(0.975, 2) * 1.0 * np.sqrt(4 / 3)
        assert found.difference == pytest.approx(3.0)
        assert (found.low, found.high) == pytest.approx((3 - reach, 3 + reach))
        assert (found.above, found.below, found.years, found.side) == (5, 0, 5, 0)

    def test_finds_a_council_far_from_the_others(self) -> None:
        others = [flat(1.0), flat(1.1), flat(0.9), flat(1.05)]
        assert against(flat(9.0), others).side == 1
        assert against(flat(-9.0), others).side == -1

    def test_calls_one_of_twenty_alike_councils_different(self) -> None:
        rng = np.random.default_rng(1)
        draws = rng.standard_normal((4000, 6))
        called = sum(
            against({2012: own}, [{2012: one} for one in rest]).side != 0 for own, *rest in draws
        )
        assert called / len(draws) == pytest.approx(0.05, abs=0.012)

    def test_compares_only_years_that_both_have(self) -> None:
        others = [{2012: 1.0}, {2012: 2.0}, {2012: 3.0}, {2013: 100.0}]
        found = against({2012: 2.0}, others)
        assert (found.others, found.difference, found.years) == (3, 0.0, 1)

    def test_says_why_it_cannot_tell(self) -> None:
        assert "too few" in against(flat(1.0), [flat(2.0)]).why_not
        same = against(flat(4.0), [flat(3.0)] * 5)
        assert "same figure" in same.why_not
        assert (same.low, same.side, same.above) == (None, 0, 5)


class TestTrend:
    def test_needs_five_years(self) -> None:
        assert trend({year: float(year) for year in range(2012, 2016)}) is None

    def test_finds_a_line(self) -> None:
        found = trend({year: 3.0 - 2.0 * year for year in YEARS})
        assert found is not None
        assert found.slope == pytest.approx(-2.0)
        assert found.side == -1

    def test_does_not_find_one_in_a_zigzag(self) -> None:
        found = trend({year: float(year % 2) for year in range(2010, 2018)})
        assert found is not None
        assert found.low <= 0 <= found.high
        assert found.side == 0

    @pytest.mark.parametrize("tied", [False, True])
    def test_is_that_of_scipy(self, tied: bool) -> None:
        rng = np.random.default_rng(4)
        for n in range(5, 16):
            years = rng.choice(np.arange(2005, 2025), n, replace=False)
            values = rng.integers(0, 4, n) if tied else rng.standard_normal(n)
            own = {int(year): float(value) for year, value in zip(years, values, strict=True)}
            theirs = stats.theilslopes(list(own.values()), list(own), alpha=0.95)
            expected = theirs.slope, theirs.low_slope, theirs.high_slope
            found = trend(own)
            assert found is not None
            assert (found.slope, found.low, found.high) == pytest.approx(expected, rel=1e-12)


class TestRanks:
    def test_certain_figures_have_one_rank(self) -> None:
        found = ranks(np.array([3.0, 1.0, 2.0]), np.eye(3), np.zeros(3), 1)
        assert [(one.rank, one.low, one.high, one.of) for one in found] == [
            (1, 1, 1, 3),
            (3, 3, 3, 3),
            (2, 2, 2, 3),
        ]

    def test_less_is_better_where_polarity_says_so(self) -> None:
        found = ranks(np.array([3.0, 1.0]), np.eye(2), np.zeros(2), -1)
        assert [one.rank for one in found] == [2, 1]

    def test_noise_widens_the_interval(self) -> None:
        values = np.array([1.0, 1.01, 1.02, 5.0])
        found = ranks(values, np.eye(4), np.full(4, 0.01), 1)
        assert (found[3].low, found[3].high) == (1, 1)
        assert (found[1].low, found[1].high) == (2, 4)

    def test_councils_that_share_a_trust_move_together(self) -> None:
        weights = np.array([[1.0], [1.0]])
        found = ranks(np.array([2.0, 1.0]), weights, np.array([100.0]), 1)
        assert [(one.low, one.high) for one in found] == [(1, 1), (2, 2)]


def test_nearest_is_by_standard_deviations() -> None:
    features = np.array([[0.0, 0.0], [0.1, 500.0], [0.2, 10.0], [5.0, 0.0], [0.0, 1.0]])
    assert nearest(features, 0, range(5), 2) == [4, 2]
    assert nearest(features, 0, [1, 3], 2) == [1, 3]


def test_luck_brings_no_more_than_a_binomial_would() -> None:
    # P(X <= 0) = 0.95 for one; P(X <= 1) = 0.914 and P(X <= 2) = 0.988 for ten.
    assert (by_luck(1), by_luck(10), by_luck(47)) == (0, 2, 5)
