"""Intervals from whole clusters: delete-one jackknife and bootstrap weights."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from pipeline.evidence.moments import Moments, stacked
from pipeline.evidence.panel import Array, Flags, Ints


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
    second: Flags

    def part(self, which: slice | Ints) -> "Jackknife":
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
        reach = _quantile((1.0 + confidence) / 2.0, self.clusters) * self.se
        centre = self.centre(corrected)
        return centre - reach, centre + reach

    def width(self, confidence: float) -> Array:
        """Width of the two-sided interval."""
        low, high = self.interval(confidence)
        return high - low

    def upper(self, confidence: float) -> Array:
        """One-sided upper bound, bias-corrected."""
        reach: Array = _quantile(confidence, self.clusters) * self.se
        return self.centre() + reach

    def p_one_sided(self, corrected: bool = True) -> Array:
        """P of so large an estimate if the truth were 0; 1 where nothing varies."""
        moves = self.se > 0
        t = self.centre(corrected) / np.where(moves, self.se, 1.0)
        return np.where(moves, special.stdtr(self.clusters - 1, -t), 1.0)


def _quantile(p: float, clusters: Array) -> Array:
    """Student's t with one degree of freedom less than clusters; it is slow, so once for each."""
    found, at = np.unique(clusters, return_inverse=True)
    quantile: Array = special.stdtrit(found - 1, p)[at.reshape(clusters.shape)]
    return quantile


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


@dataclass(frozen=True)
class Clusterings:
    """Moments of the same rows gathered by authority and, where there are any, by dominant trust.

    Many a trust stands behind one authority alone: to leave out either is the same, and is worked
    out once.

    Attributes:
        authorities: (G) moments by authority.
        trusts: (S) moments by trust, of those whose rows are not those of an authority.
        at: each clustering's clusters, by their place among authorities and then trusts.
    """

    authorities: Moments
    trusts: Moments
    at: tuple[Ints, ...]

    def total(self) -> Moments:
        """All rows, R = 1."""
        return self.authorities.total()

    def without_each(self) -> Moments:
        """All rows less each authority, then less each trust."""
        return self.total().less(stacked([self.authorities, self.trusts]))

    def split(self, replicates: Array) -> list[Array]:
        """Replicates (G + S, ...) of `without_each` by the clusters of each clustering."""
        return [replicates[clusters] for clusters in self.at]


def jackknives(statistic: Callable[[Moments], Array], clusterings: Clusterings) -> list[Jackknife]:
    """The jackknife of one statistic, moments of R sets -> (R, ...), under each clustering."""
    estimate = statistic(clusterings.total())[0]
    replicates = statistic(clusterings.without_each())
    return [jackknife(estimate, own) for own in clusterings.split(replicates)]


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


def with_roots(v_h: Array, v_b: Array) -> Array:
    """(R, 5, ...) lead, shares explained (R, ...) and their roots, for `lead_bounds`."""
    roots = [np.sqrt(np.maximum(v, 0.0)) for v in (v_h, v_b)]
    return np.stack([v_h - v_b, v_h, v_b, *roots], axis=1)


@dataclass(frozen=True)
class Bounds:
    """Interval (m,) of a lead v_h - v_b, and where it comes from the second of two clusterings."""

    low: Array
    high: Array
    second: Flags


def lead_bounds(each: list[Jackknife], confidence: float) -> Bounds:
    """Interval of a lead v_h - v_b, of the clustering whose interval is wider.

    The spread of a share explained grows with the share, so an estimate that is too near 0 comes
    with too narrow a jackknife-t. The spread of its square root hardly grows. So each end is the
    further out of two: the bias-corrected jackknife-t; and limits recovered from those of v_h and
    v_b, found on the scale of square roots (method of variance estimates recovery, Zou and Donner
    2008; for non-nested models' R2, Tan 2012), around the bias-corrected lead. Neither alone covers
    95% in all worlds of docs/calibration.md; the first is the narrower where the other side leads,
    the second where trusts are few.

    Args:
        each: jackknives of `with_roots` (5, m), one a clustering.
        confidence: two-sided.
    """
    found = [_lead_bounds(one, confidence) for one in each]
    low, high = found[0]
    second = np.zeros(low.shape, dtype=np.bool_)
    for other_low, other_high in found[1:]:
        second = other_high - other_low > high - low
        low, high = np.where(second, other_low, low), np.where(second, other_high, high)
    return Bounds(low, high, second)


def _lead_bounds(jack: Jackknife, confidence: float) -> tuple[Array, Array]:
    delta, v_h, v_b, root_h, root_b = range(5)
    t = _quantile((1.0 + confidence) / 2.0, jack.clusters)
    below, above = {}, {}
    for share, root in ((v_h, root_h), (v_b, root_b)):
        at, reach = jack.estimate[root], (t * jack.se)[root]
        below[share] = at**2 - np.maximum(at - reach, 0.0) ** 2
        above[share] = (at + reach) ** 2 - at**2
    both = jack.se[v_h] * jack.se[v_b]
    shared = (jack.se[v_h] ** 2 + jack.se[v_b] ** 2 - jack.se[delta] ** 2) / 2.0
    together = np.clip(np.where(both > 0, shared / np.where(both > 0, both, 1.0), 0.0), -1.0, 1.0)

    def joint(one: Array, other: Array) -> Array:
        return np.sqrt(np.maximum(one**2 + other**2 - 2.0 * together * one * other, 0.0))

    centre, reach = jack.centre()[delta], (t * jack.se)[delta]
    return (
        centre - np.maximum(reach, joint(below[v_h], above[v_b])),
        centre + np.maximum(reach, joint(above[v_h], below[v_b])),
    )


def bootstrap_weights(clusters: int, replicates: int, rng: np.random.Generator) -> Array:
    """How often each cluster is drawn: (replicates, clusters), rows sum to clusters."""
    share = np.full(clusters, 1.0 / clusters)
    return rng.multinomial(clusters, share, size=replicates).astype(np.float64)
