"""What can be said of one council's figures beside others': differences, trends, ranks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import sqrt
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray
from scipy import stats

LEVEL = 0.95
Z = float(stats.norm.ppf(0.5 + LEVEL / 2))
"""Standard errors to either side of an estimate."""
FEWEST_SIMILAR = 3
"""Similar councils that a range can be worked out from."""
FEWEST_YEARS = 5
"""Years of figures that a trend can be worked out from."""
DRAWS = 2000
SEED = 20190403

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Against:
    """A council's average beside those of similar councils.

    Attributes:
        others: similar councils with a figure for at least one of its years.
        above, below, years: years above and below their median, and years compared.
        latest: the last year compared, None without any.
        difference: mean over similar councils of the council's average less theirs, each over the
            years that both have.
        low, high: prediction interval of that difference for one more council like them; None
            where it cannot be worked out.
        why_not: why it cannot.
    """

    others: int
    above: int
    below: int
    years: int
    latest: int | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    why_not: str = ""

    @property
    def reach(self) -> float | None:
        """How far from 0 a difference must be to be detectable."""
        if self.high is None or self.difference is None:
            return None
        return self.high - self.difference

    @property
    def side(self) -> int:
        """1 if detectably above, -1 if below, else 0."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def against(own: Mapping[int, float], similar: Sequence[Mapping[int, float]]) -> Against:
    """Hold a council's figures against those of similar councils, year by year.

    A council stands apart when its average lies outside the range in which one more council like
    the similar ones would lie in 95 of 100 cases (Student's t).
    """
    middles = {
        year: median(beside)
        for year in own
        if (beside := [other[year] for other in similar if year in other])
    }
    above = sum(own[year] > middle for year, middle in middles.items())
    below = sum(own[year] < middle for year, middle in middles.items())
    years, latest = len(middles), max(middles, default=None)
    gaps = [
        fmean(own[year] - other[year] for year in own if year in other)
        for other in similar
        if own.keys() & other.keys()
    ]
    n = len(gaps)
    if n < FEWEST_SIMILAR:
        why = "too few similar councils have a figure"
        return Against(n, above, below, years, latest, why_not=why)
    # Not the standard library's, which adds fractions.
    spread, mean = float(np.std(gaps, ddof=1)), fmean(gaps)
    if spread <= 1e-9 * max(abs(one) for one in [*own.values(), 1.0]):
        why = "the similar councils all have the same figure"
        return Against(n, above, below, years, latest, mean, why_not=why)
    reach = _t(n - 1) * spread * (1 + 1 / n) ** 0.5
    return Against(n, above, below, years, latest, mean, mean - reach, mean + reach)


@cache
def _t(df: int) -> float:
    return float(stats.t.ppf(0.5 + LEVEL / 2, df))


@cache
def by_luck(n: int) -> int:
    """How many of n measures stand apart at most, in 95 of 100 cases, if none really does.

    As if measures were independent (binomial); those that go together make more of them likely.
    """
    return int(stats.binom.ppf(LEVEL, n, 1 - LEVEL))


@dataclass(frozen=True)
class Trend:
    """Change in a year by Theil and Sen, with its 95% interval."""

    slope: float
    low: float
    high: float

    @property
    def side(self) -> int:
        """1 if it rises beyond doubt, -1 if it falls, else 0."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def trend(own: Mapping[int, float]) -> Trend | None:
    """The trend of yearly figures, None where there are too few."""
    if len(own) < FEWEST_YEARS:
        return None
    # As scipy.stats.theilslopes, which takes thirty times as long for so few years.
    n = len(own)
    slopes = sorted((own[one] - own[other]) / (one - other) for one, other in combinations(own, 2))
    # Equation 2.6 of Sen (1968): ties say nothing of a slope.
    ties = sum(k * (k - 1) * (2 * k + 5) for k in Counter(own.values()).values())
    reach = Z * sqrt((n * (n - 1) * (2 * n + 5) - ties) / 18)
    low = max(round((len(slopes) - reach) / 2) - 1, 0)
    high = min(round((len(slopes) + reach) / 2), len(slopes) - 1)
    return Trend(median(slopes), slopes[low], slopes[high])


@dataclass(frozen=True)
class Rank:
    """A place among councils, 1 for the best, with its 95% interval."""

    rank: int
    low: int
    high: int
    of: int


def ranks(values: Array, weights: Array, variances: Array, polarity: int) -> list[Rank]:
    """Ranks of councils whose figures are weighted means of sampled trusts.

    Trusts are drawn again, so councils that share a trust move together.

    Args:
        values: (k,) one a council.
        weights: (k, m) of trusts, rows sum to 1.
        variances: (m,) sampling variance of each trust's figure.
        polarity: 1 where more is better, -1 where less is.
    """
    rng = np.random.default_rng(SEED)
    noise = rng.standard_normal((DRAWS, len(variances))) * np.sqrt(variances)
    drawn = polarity * (values + noise @ weights.T)
    places = stats.rankdata(-drawn, method="min", axis=1)
    low, high = np.quantile(places, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2], axis=0)
    own = stats.rankdata(-polarity * values, method="min")
    return [
        Rank(int(at), int(np.floor(first)), int(np.ceil(last)), len(values))
        for at, first, last in zip(own, low, high, strict=True)
    ]


def nearest(features: Array, at: int, among: Sequence[int], count: int) -> list[int]:
    """The rows most like one row, by the distance of their z-scores."""
    spread = features.std(axis=0, ddof=1)
    z = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    distance = ((z - z[at]) ** 2).sum(axis=1)
    return sorted((row for row in among if row != at), key=lambda row: (distance[row], row))[:count]
