"""Intervals from whole clusters: delete-one jackknife and bootstrap weights."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.evidence.moments import Moments
from pipeline.evidence.panel import Array


@dataclass(frozen=True)
class Jackknife:
    """Delete-one-cluster jackknife of estimates of any shape.

    SE^2 = (G-1)/G * sum((d_-g - mean)^2), bias = (G-1) * (mean - d). Intervals use t(G-1).

    Attributes:
        estimate: from all rows.
        bias: estimated bias; the corrected estimate is estimate - bias.
        se: standard error.
        clusters: G for each estimate.
        second: where the spread comes from the second of two clusterings.
    """

    estimate: Array
    bias: Array
    se: Array
    clusters: Array
    second: NDArray[np.bool_]

    def part(self, which: slice) -> "Jackknife":
        """Some of the estimates."""
        return Jackknife(
            self.estimate[which],
            self.bias[which],
            self.se[which],
            self.clusters[which],
            self.second[which],
        )

    def centre(self, corrected: bool = True) -> Array:
        """Middle of the interval."""
        return self.estimate - self.bias if corrected else self.estimate

    def interval(self, confidence: float, corrected: bool = True) -> tuple[Array, Array]:
        """Two-sided interval."""
        reach = stats.t.ppf((1.0 + confidence) / 2.0, self.clusters - 1) * self.se
        centre = self.centre(corrected)
        return centre - reach, centre + reach

    def width(self, confidence: float) -> Array:
        """Width of the two-sided interval."""
        low, high = self.interval(confidence)
        return high - low

    def upper(self, confidence: float) -> Array:
        """One-sided upper bound, bias-corrected."""
        reach: Array = stats.t.ppf(confidence, self.clusters - 1) * self.se
        return self.centre() + reach

    def p_one_sided(self, corrected: bool = True) -> Array:
        """P of so large an estimate if the truth were 0; 1 where nothing varies."""
        moves = self.se > 0
        t = self.centre(corrected) / np.where(moves, self.se, 1.0)
        return np.where(moves, stats.t.sf(t, self.clusters - 1), 1.0)


def jackknife(estimate: Array, replicates: Array) -> Jackknife:
    """Jackknife of estimate (...) from delete-one replicates (G, ...).

    Raises:
        ValueError: if shapes do not fit or there are fewer than 2 clusters.
    """
    size = len(replicates)
    if size < 2 or replicates.shape[1:] != estimate.shape:
        raise ValueError(
            f"jackknife needs (at least 2, *{estimate.shape}) replicates, not {replicates.shape}"
        )
    mean = replicates.mean(axis=0)
    spread = ((replicates - mean) ** 2).sum(axis=0)
    return Jackknife(
        estimate=estimate,
        bias=(size - 1) * (mean - estimate),
        se=np.sqrt((size - 1) / size * spread),
        clusters=np.full(estimate.shape, float(size)),
        second=np.zeros(estimate.shape, dtype=np.bool_),
    )


def jackknives(
    statistic: Callable[[Moments], Array], clusterings: list[Moments]
) -> list[Jackknife]:
    """The jackknife of one statistic under each clustering.

    Args:
        statistic: moments of R sets -> (R, ...).
        clusterings: moments by cluster; the same rows, gathered in different ways.
    """
    estimate = statistic(clusterings[0].total())[0]
    return [jackknife(estimate, statistic(one.without_each())) for one in clusterings]


def wider(first: Jackknife, second: Jackknife, confidence: float) -> Jackknife:
    """Estimate by estimate, the one of two clusterings whose interval is wider."""
    take = second.width(confidence) > first.width(confidence)
    return Jackknife(
        estimate=first.estimate,
        bias=np.where(take, second.bias, first.bias),
        se=np.where(take, second.se, first.se),
        clusters=np.where(take, second.clusters, first.clusters),
        second=take,
    )


def bootstrap_weights(clusters: int, replicates: int, rng: np.random.Generator) -> Array:
    """How often each cluster is drawn: (replicates, clusters), rows sum to clusters."""
    share = np.full(clusters, 1.0 / clusters)
    return rng.multinomial(clusters, share, size=replicates).astype(np.float64)
