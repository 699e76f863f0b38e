"""The panel: one row a locality and year, as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


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
        n = len(self.outcome)
        if self.outcome.ndim != 1 or n == 0:
            raise ValueError(f"outcome must be a non-empty vector, not {self.outcome.shape}")
        for name, matrix in {"controls": self.controls, **self.blocks}.items():
            if matrix.ndim != 2 or len(matrix) != n:
                raise ValueError(f"{name} must be ({n}, columns), not {matrix.shape}")
            if not np.isfinite(matrix).all():
                raise ValueError(f"{name} holds values that are missing or infinite")
        if not np.isfinite(self.outcome).all():
            raise ValueError("outcome holds values that are missing or infinite")
        empty = [name for name, matrix in self.blocks.items() if matrix.shape[1] == 0]
        if empty:
            raise ValueError(f"blocks without indicators: {empty}; leave them out of the panel")
        for name, codes in self._codes().items():
            if codes.shape != (n,) or not np.issubdtype(codes.dtype, np.integer):
                raise ValueError(f"{name} must be {n} integers")
            if name != "year" and not np.array_equal(np.unique(codes), np.arange(codes.max() + 1)):
                raise ValueError(f"{name} must use every code from 0 to {codes.max()}")

    def _codes(self) -> dict[str, Ints]:
        codes = {"authority": self.authority, "year": self.year}
        if self.dominant_trust is not None:
            codes["dominant_trust"] = self.dominant_trust
        return codes


def standardise(x: Array) -> Array:
    """Columns of x (n,) or (n, k) at mean 0 and sample SD 1; a constant column becomes 0."""
    centred = x - x.mean(axis=0)
    # Rounding leaves a constant column of size s with a spread near eps * s, never exactly 0.
    flat = np.ptp(x, axis=0) <= 1e-12 * np.abs(x).max(axis=0, initial=0.0)
    spread = np.where(flat, 1.0, centred.std(axis=0, ddof=1) if len(x) > 1 else 1.0)
    return np.asarray(np.where(flat, 0.0, centred / spread), dtype=np.float64)


def z_mean(indicators: Array) -> Array:
    """Composite (n,) of indicators (n, k): the mean of the z-scores, itself standardised.

    Indicators that do not vary in this panel are left out of the mean.
    """
    return standardise(standardise(indicators).sum(axis=1))


def composites(panel: Panel) -> Panel:
    """The panel with one z-mean column per block, standardised over the whole panel."""
    columns = {name: z_mean(x)[:, None] for name, x in panel.blocks.items()}
    return replace(panel, blocks=columns)
