"""R2 of every subset of indicators, and what each indicator is worth over all orders of entry.

The residual sum of squares of all 2^k subsets comes from a tree: at each indicator the cross-
products of those still to come either stay as they are (it is left out) or are swept by it (one
pivot). A subset costs about 4 multiplications, whatever k (Furnival and Wilson 1974 walk the same
tree one node at a time; here a whole level is one array operation).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np

from pipeline.evidence.assess import clusterings, primary
from pipeline.evidence.moments import COLLINEAR, Moments, design, net_of_controls
from pipeline.evidence.panel import Array, Ints, Panel
from pipeline.evidence.resampling import Jackknife, jackknives

MOST = 22
"""Indicators; their number of subsets, four million, still fits in memory."""
CHUNK = 1 << 17
"""Subsets times replicates that are asked for at once."""
DEEP, WIDE = 10, 128
"""Columns and sets that a tree grows over at once: it stays in the processor's cache."""


def residual_squares(cross: Array) -> Array:
    """Residual sums of squares (2^k, R) of the last column on every subset of the others.

    Args:
        cross: (k + 1, k + 1, R) cross-products of R sets of rows; the columns but the last have
            squares of 1 before anything (controls) is taken out. Bit i of a subset's number is
            column i; one that is collinear with those before it adds nothing.
    """
    k, sets = len(cross) - 1, cross.shape[2]
    first = max(0, k - DEEP)
    top = _swept([cross[i, i:] for i in range(k + 1)], first)
    found = np.empty((1 << (k - first), sets << first))
    for at in range(0, sets << first, WIDE):
        some = slice(at, at + WIDE)
        found[:, some] = _swept([row[:, some] for row in top], k - first)[0][0].reshape(
            len(found), -1
        )
    return found.reshape(1 << k, sets)


def _swept(rows: Sequence[Array], levels: int) -> list[Array]:
    """The triangle without its first columns, net of every subset of these.

    Args:
        rows: row i of an upper triangle, (m - i, R), of m columns.
        levels: how many columns to sweep by.

    Returns:
        The rows that are left, (m - i, 2^levels * R): a subset's sets stand together.
    """
    sets = rows[0].shape[1]
    grown = [np.empty((len(row), 1 << min(i, levels), sets)) for i, row in enumerate(rows)]
    for own, row in zip(grown, rows, strict=True):
        own[:, 0] = row
    for i, top in enumerate(grown[:levels]):
        pivot = top[0]
        # Nothing is left of a collinear column to sweep by.
        pivot[pivot <= COLLINEAR] = np.inf
        left = top[1:] / pivot
        for j, row in enumerate(grown[i + 1 :]):
            without, swept = row[:, : 1 << i], row[:, 1 << i : 2 << i]
            np.multiply(left[j], top[j + 1 :], out=swept)
            np.subtract(without, swept, out=swept)
    return [row.reshape(len(row), -1) for row in grown[levels:]]


def subset_gains(train: Moments, controls: Ints, columns: Ints) -> Array:
    """v(S) = R2(controls + S) - R2(controls) of the first outcome, (2^k, R).

    Raises:
        ValueError: for more columns than `MOST`.
    """
    if len(columns) > MOST:
        raise ValueError(f"{len(columns)} indicators have too many subsets; at most {MOST}")
    net = net_of_controls(train, controls)
    k = len(columns)
    scale = net.scale[:, columns]
    cross = np.empty((k + 1, k + 1, len(train.xx)))
    inner = net.xx[:, columns[:, None], columns] * scale[:, :, None] * scale[:, None, :]
    cross[:k, :k] = inner.transpose(1, 2, 0)
    cross[k, :k] = cross[:k, k] = (net.xy[:, columns, 0] * scale).T
    cross[k, k] = net.yy[:, 0]
    gains = residual_squares(cross)
    np.subtract(gains[0].copy(), gains, out=gains)
    gains /= net.sst[:, 0]
    return gains


def entries(gains: Array) -> Array:
    """(3, k, R) Shapley value (LMG), value when first and value when last of each player.

    The Shapley value of player i is the sum over all S of c(S, i) v(S), with c = w(|S| - 1) where i
    is in S, -w(|S|) where it is not, and w(s) the share of the orders in which a given set of size
    s comes just before i. Whether S holds i is a matter of the lower or of the upper half of its
    bits, so that the other half is added up first.
    """
    k = len(gains).bit_length() - 1
    either, without = _shares(k)
    out = np.empty((3, k, gains.shape[1]))
    half = k // 2
    folded = (either[:, None] * gains).reshape(-1, 1 << half, gains.shape[1])
    low, high = _holding(half) @ folded.sum(axis=0), _holding(k - half) @ folded.sum(axis=1)
    out[0] = np.concatenate([low, high]) - without @ gains
    single = 1 << np.arange(k)
    out[1], out[2] = gains[single], gains[-1] - gains[len(gains) - 1 - single]
    return out


@lru_cache(maxsize=1)
def _shares(k: int) -> tuple[Array, Array]:
    """(2^k,) of each subset w(|S| - 1) + w(|S|), and w(|S|), see `entries`; one k at a time."""
    size = np.bitwise_count(np.arange(1 << k))
    before = np.array([1.0 / (k * comb(k - 1, s)) for s in range(k)])
    with_it, without = np.append(0.0, before), np.append(before, 0.0)
    return (with_it + without)[size], without[size]


def _holding(k: int) -> Array:
    """(k, 2^k) 1 where a subset of k holds the i-th."""
    return (np.arange(1 << k) >> np.arange(k)[:, None] & 1).astype(np.float64)


def indicator_values(sets: Moments, controls: Ints, columns: Ints) -> Array:
    """(R, 3, k) Shapley, first and last of each column, in chunks of sets of rows."""
    step = max(1, CHUNK >> len(columns))
    chunks = [
        entries(subset_gains(sets.some(slice(at, at + step)), controls, columns))
        for at in range(0, len(sets.xx), step)
    ]
    return np.concatenate(chunks, axis=2).transpose(2, 0, 1)


KINDS = ("shapley", "first", "last")


@dataclass(frozen=True)
class IndicatorImportance:
    """What each of k indicators is worth, the indicators of all blocks in declared order.

    Attributes:
        blocks: block of each indicator.
        places: its number within the block.
        values: (3, k), rows as in `KINDS`. Shapley is LMG, the mean gain over all orders of entry
            (Lindeman, Merenda and Gold 1980), and adds up to v of all indicators together; first
            is the gain beyond the controls alone, last the gain beyond everything else.
    """

    blocks: tuple[str, ...]
    places: tuple[int, ...]
    values: Jackknife


def indicator_importance(panel: Panel, confidence: float) -> IndicatorImportance:
    """Importance by least squares on all indicators at once, net of the controls.

    Standard errors are delete-one-authority or, where their interval is wider, delete-one-dominant-
    trust jackknives.

    Raises:
        ValueError: if the panel has more indicators than `MOST`.
    """
    d = design(panel)
    outcome = (panel.outcome - panel.outcome.mean())[:, None]
    columns = d.columns(tuple(d.blocks))

    def statistic(sets: Moments) -> Array:
        return indicator_values(sets, d.controls, columns)

    return IndicatorImportance(
        blocks=tuple(name for name, own in d.blocks.items() for _ in own),
        places=tuple(place for own in d.blocks.values() for place in range(len(own))),
        values=primary(jackknives(statistic, clusterings(d, outcome, panel)), confidence),
    )
