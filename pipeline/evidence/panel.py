"""The panel: one row a locality and year, as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Panel:
    """What one specification is estimated on: n rows, complete cases only.

    Attributes:
        outcome: (n,) outcome one year after the predictors, higher = better.
        controls: (n, c) need and circumstance with dummies spelled out, no intercept; c may be 0.
        blocks: block name -> (n, k) indicators, higher = better, in declared order; only blocks
            that are measured in this panel.
        authority: (n,) cluster codes 0..G-1, each used.
        dominant_trust: (n,) codes 0..T-1 of the second clustering, or None.
        year: (n,) year of the row.

    Raises:
        ValueError: on shapes that do not fit, values that are not finite, or codes with gaps.
    """

    outcome: Array
    controls: Array
    blocks: Mapping[str, Array]
    authority: Ints
    dominant_trust: Ints | None
    year: Ints

    def __post_init__(self) -> None:
        check_rows(self.outcome, {"controls": self.controls, **self.blocks}, self._codes())
        empty = [name for name, matrix in self.blocks.items() if matrix.shape[1] == 0]
        if empty:
            raise ValueError(f"blocks without indicators: {empty}; leave them out of the panel")
        for name, codes in self._codes().items():
            if name != "year" and not _gapless(codes):
                raise ValueError(f"{name} must use every code from 0 to {codes.max()}")

    def _codes(self) -> dict[str, Ints]:
        codes = {"authority": self.authority, "year": self.year}
        if self.dominant_trust is not None:
            codes["dominant_trust"] = self.dominant_trust
        return codes


def check_rows(outcome: Array, matrices: Mapping[str, Array], codes: Mapping[str, Ints]) -> None:
    """See that an outcome has rows, and that all else has as many, without a gap.

    Args:
        outcome: (n,).
        matrices: name -> (n, k).
        codes: name -> (n,) integers.

    Raises:
        ValueError: what is not so, by its name.
    """
    n = len(outcome)
    if outcome.ndim != 1 or n == 0:
        raise ValueError(f"outcome must be a non-empty vector, not {outcome.shape}")
    for name, matrix in matrices.items():
        if matrix.ndim != 2 or len(matrix) != n:
            raise ValueError(f"{name} must be ({n}, columns), not {matrix.shape}")
        if not np.isfinite(matrix).all():
            raise ValueError(f"{name} holds values that are missing or infinite")
    if not np.isfinite(outcome).all():
        raise ValueError("outcome holds values that are missing or infinite")
    for name, numbers in codes.items():
        if numbers.shape != (n,) or not np.issubdtype(numbers.dtype, np.integer):
            raise ValueError(f"{name} must be {n} integers")


def _gapless(codes: Ints) -> bool:
    """Whether codes (n,) are 0..k-1, each used."""
    inside = codes.min() >= 0 and codes.max() < len(codes)
    return bool(inside and np.bincount(codes).all())


def standardise(x: Array) -> Array:
    """Columns of x (n,) or (n, k) at mean 0 and sample SD 1; a constant column becomes 0."""
    centred = x - x.mean(axis=0)
    high, low = x.max(axis=0, initial=-np.inf), x.min(axis=0, initial=np.inf)
    # Rounding leaves a constant column of size s with a spread near eps * s, never exactly 0.
    flat = high - low <= 1e-12 * np.maximum(np.abs(high), np.abs(low))
    variance = (centred**2).sum(axis=0) / max(len(x) - 1, 1)
    return np.asarray(centred / np.where(flat, np.inf, np.sqrt(variance)), dtype=np.float64)


def z_mean(indicators: Array) -> Array:
    """Composite (n,) of indicators (n, k): the mean of the z-scores, itself standardised.

    Indicators that do not vary in this panel are left out of the mean.
    """
    return standardise(standardise(indicators).sum(axis=1))


def z_means(blocks: Mapping[str, Array]) -> dict[str, Array]:
    """The z-mean (n, 1) of each block (n, k), all of them at once."""
    if not blocks:
        return {}
    starts = np.cumsum([0, *(x.shape[1] for x in blocks.values())])[:-1]
    sums = np.add.reduceat(standardise(np.hstack(list(blocks.values()))), starts, axis=1)
    return {name: column[:, None] for name, column in zip(blocks, standardise(sums).T, strict=True)}


def composites(panel: Panel) -> Panel:
    """The panel with one z-mean column per block, standardised over the whole panel."""
    return replace(panel, blocks=z_means(panel.blocks))
