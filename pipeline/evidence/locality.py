"""Localities that share one authority's plan and budget: the panel and its comparison within."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pipeline.evidence.moments import COLLINEAR
from pipeline.evidence.panel import Array, Flags, Ints, check_rows, standardise, z_mean


@dataclass(frozen=True)
class LocalityPanel:
    """What one specification of the within analysis is estimated on: n rows, complete cases only.

    Attributes:
        outcome: (n,) outcome one year after the predictors, higher = better.
        leadership: block name -> (n, k) indicators of the claim's first side, higher = better, that
            vary within authorities.
        controls: (n, c) need and circumstance with dummies spelled out, no intercept; c may be 0.
            Columns that are the same for a whole authority and year say nothing within it; they
            serve the within-between model alone.
        authority, locality: (n,) codes, not necessarily without gaps.
        year: (n,) year of the row.
        source: (n,) codes of the trust that weighs most in a row's leadership values, or None.

    Raises:
        ValueError: on shapes that do not fit, values that are not finite, or a locality that
            appears twice in one authority and year.
    """

    outcome: Array
    leadership: Mapping[str, Array]
    controls: Array
    authority: Ints
    locality: Ints
    year: Ints
    source: Ints | None = None

    def __post_init__(self) -> None:
        check_rows(self.outcome, {"controls": self.controls, **self.leadership}, self._codes())
        if not any(matrix.shape[1] for matrix in self.leadership.values()):
            raise ValueError("no indicator of leadership")
        if codes_of(self.authority, self.locality, self.year).max() + 1 < len(self.outcome):
            raise ValueError("a locality appears twice in one authority and year")

    def _codes(self) -> dict[str, Ints]:
        codes = {"authority": self.authority, "locality": self.locality, "year": self.year}
        if self.source is not None:
            codes["source"] = self.source
        return codes

    def indicators(self) -> Array:
        """(n, k) indicators of all blocks side by side."""
        return np.hstack(list(self.leadership.values()))

    def rows(self, keep: Ints) -> "LocalityPanel":
        """The rows with these numbers, in this order.

        Raises:
            ValueError: if none is left.
        """
        return replace(
            self,
            outcome=self.outcome[keep],
            leadership={name: x[keep] for name, x in self.leadership.items()},
            controls=self.controls[keep],
            authority=self.authority[keep],
            locality=self.locality[keep],
            year=self.year[keep],
            source=None if self.source is None else self.source[keep],
        )


def codes_of(*keys: Ints | Array) -> Ints:
    """(n,) codes 0, 1, ... of the combinations of several (n,) keys, in sorted order."""
    codes = _codes(keys[0])
    for key in keys[1:]:
        own = _codes(key)
        codes = _codes(codes * (own.max(initial=0) + 1) + own)
    return codes


MANY = 1 << 16
"""Codes below this are counted, which takes a fraction of the time of sorting."""


def _codes(key: Ints | Array) -> Ints:
    """(n,) codes 0, 1, ... of the values of a key, in sorted order."""
    if len(key) and key.dtype.kind == "i" and key.min() >= 0 and key.max() < MANY:
        place: Ints = np.cumsum(np.bincount(key) > 0) - 1
        return place[key]
    return np.unique(key, return_inverse=True)[1].astype(np.int64)


def shared(panel: LocalityPanel) -> Ints:
    """Numbers of the rows whose authority has another locality in that year.

    In order of authority, year and locality.
    """
    order = np.lexsort([panel.locality, panel.year, panel.authority])
    cell = codes_of(panel.authority, panel.year)
    return np.asarray(order[np.bincount(cell)[cell[order]] > 1], dtype=np.int64)


def demean(columns: Array, cell: Ints) -> Array:
    """Columns (n,) or (n, k) less their mean in each cell."""
    flat = columns if columns.ndim > 1 else columns[:, None]
    sums = np.zeros((int(cell.max()) + 1, flat.shape[1]))
    for j, column in enumerate(flat.T):
        sums[:, j] = np.bincount(cell, column)
    centred: Array = flat - (sums / np.bincount(cell)[:, None])[cell]
    return centred.reshape(columns.shape)


def varies(demeaned: Array) -> Flags:
    """(k,) which columns of standardised, then demeaned (n, k) are more than rounding."""
    return np.asarray((demeaned**2).sum(axis=0) > COLLINEAR * len(demeaned))


@dataclass(frozen=True)
class Within:
    """A panel as the within comparison sees it, in order of authority, year and locality.

    Attributes:
        outcome: (n,) standardised over the panel, then less the mean of its authority and year.
        controls: (n, c) likewise, without those that do not vary within.
        composite: (n,) z-mean of all indicators, in units of its standard deviation over the panel.
        indicators: (n, k) standardised indicators that vary within. Neither is demeaned: a
            permutation carries values from row to row first.
        authority: (n,) codes 0..G-1.
        cell: (n,) codes of authority and year.
        year: (n,) codes 0..T-1.
        locality: (n,) codes of authority and locality.
        source: (n,) codes of authority and the source that a locality has most often, or None.
        trust: (n,) codes 0..T-1 of the source of each row's values, whatever its authority; None
            where each locality has its own.
    """

    outcome: Array
    controls: Array
    composite: Array
    indicators: Array
    authority: Ints
    cell: Ints
    year: Ints
    locality: Ints
    source: Ints | None
    trust: Ints | None = None


def within_of(panel: LocalityPanel) -> Within:
    """The within comparison of a panel whose rows are its shared ones.

    Raises:
        ValueError: if rows are not in order, or one has no neighbour.
    """
    if not np.array_equal(shared(panel), np.arange(len(panel.year))):
        raise ValueError("rows must have neighbours and be in order; see shared()")
    cell = codes_of(panel.authority, panel.year)
    controls = demean(standardise(panel.controls), cell)
    indicators = standardise(panel.indicators())
    locality = codes_of(panel.authority, panel.locality)
    return Within(
        outcome=demean(standardise(panel.outcome), cell),
        controls=controls[:, varies(controls)],
        composite=z_mean(indicators),
        indicators=indicators[:, varies(demean(indicators, cell))],
        authority=codes_of(panel.authority),
        cell=cell,
        year=codes_of(panel.year),
        locality=locality,
        source=None
        if panel.source is None
        else codes_of(panel.authority, commonest(panel.source, locality)),
        trust=None if panel.source is None else codes_of(panel.source),
    )


def commonest(values: Ints, groups: Ints) -> Ints:
    """(n,) the value that each row's group has most often; the smallest of several."""
    found, value = np.unique(values, return_inverse=True)
    own = codes_of(groups)
    count = np.zeros((int(own.max()) + 1, len(found)), dtype=np.int64)
    np.add.at(count, (own, value), 1)
    return np.asarray(found[count.argmax(axis=1)][own])


def gate(panel: LocalityPanel, min_authorities: int) -> str | None:
    """Why this panel cannot be compared within authorities, in words, or None."""
    found = compared(panel, min_authorities)
    return found if isinstance(found, str) else None


def compared(panel: LocalityPanel, min_authorities: int) -> tuple[LocalityPanel, Within] | str:
    """The shared rows of a panel and their comparison, or why there is none, in words."""
    keep = shared(panel)
    authorities = len(np.unique(panel.authority[keep]))
    if authorities < min_authorities:
        return (
            f"{authorities} authorities with at least two localities in a year, fewer than "
            f"{min_authorities}"
        )
    panel = panel.rows(keep)
    w = within_of(panel)
    if not varies(demean(w.composite[:, None], w.cell))[0]:
        return "no measure of leadership that varies between localities of one authority"
    if not varies(w.outcome[:, None])[0]:
        return "the outcome does not vary between localities of one authority"
    net = demean(np.column_stack([w.composite, w.indicators]), w.cell)
    net = net - w.controls @ (np.linalg.pinv(w.controls) @ net)
    if not varies(net)[0] or not varies(net[:, 1:]).any():
        return "leadership differs between localities of one authority only as the controls do"
    columns = w.controls.shape[1] + w.indicators.shape[1]
    free = len(w.cell) - int(w.cell.max()) - 1
    largest = int(np.bincount(w.authority).max())
    if free - largest <= columns:
        return f"{free} free rows, too few for {columns} columns"
    return panel, w


def adopters(outcome: Array, year: Ints, share: float) -> Flags:
    """(n,) which localities are in the top `share` of all localities of their year.

    Localities that tie are in or out together: in only if all of them fit into the share.

    Raises:
        ValueError: if share does not lie between 0 and 1.
    """
    if not 0 < share < 1:
        raise ValueError("share must lie between 0 and 1")
    chosen = np.zeros(len(outcome), dtype=np.bool_)
    for one in np.unique(year):
        rows = year == one
        # Rounding must not turn a third of six localities into fewer than two.
        places = share * rows.sum() + 1e-9
        own = outcome[rows]
        as_high = len(own) - np.searchsorted(np.sort(own), own)
        chosen[rows] = as_high <= places
    return chosen
