"""Permutation of whole trajectories of leadership among the localities of one authority.

Leadership and outcomes both last: a locality that is good this year was good last year. Swapping
single rows breaks that and makes chance look rarer than it is (size .15 at a nominal .05), so a
locality takes over another's values of all years at once.

Localities need not be observed in the same years. A locality that takes over a trajectory has, in
each of its own years, the other's value of that year; where the other has none, the row is left out
of that replicate, and authority and year means are taken over the rows that remain. On outcomes
that last and have nothing to do with leadership (30 designs of 25 to 100 authorities, 400 outcomes
each) a nominal .05 came out as .048 to .053, and as .042 with a fifth of the rows missing.

Shapes: R replicates, n rows, U units (localities or sources), k columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from pipeline.evidence.locality import Within, codes_of
from pipeline.evidence.panel import Array, Ints

# Replicates handled at once: large enough to be one array operation, small enough for the cache.
CHUNK = 64
# Sets of signs are listed in full up to this many, else drawn.
LISTED = 1 << 14


@dataclass(frozen=True)
class Units:
    """What is swapped: units, the group within which each may be swapped, and their values.

    Attributes:
        group: (U,) authority of each unit, ascending.
        unit: (n,) unit of each row.
        year: (n,) year codes of the rows.
        values: (m, k) one row for each unit and year that was observed.
        table: (U, T) the row of `values` for a unit and year, -1 where it was not observed.
    """

    group: Ints
    unit: Ints
    year: Ints
    values: Array
    table: Ints


def units_of(w: Within, columns: Array, unit: Ints) -> Units:
    """Units with the columns (n, k) that they carry; rows that share unit and year are averaged.

    Args:
        w: the panel.
        columns: what is carried.
        unit: (n,) codes of authority and unit, in the order of authorities.
    """
    both = codes_of(unit, w.year)
    rows = np.bincount(both)
    values = np.stack([np.bincount(both, column) / rows for column in columns.T], axis=1)
    table = np.full((int(unit.max()) + 1, int(w.year.max()) + 1), -1)
    table[unit, w.year] = both
    group = np.zeros(len(table), dtype=np.int64)
    group[unit] = w.authority
    return Units(group, unit, w.year, values, table)


def orders(group: Ints, n: int, rng: np.random.Generator) -> Ints:
    """(n, U) random orders of the units, each within its group; groups ascending."""
    drawn = group + rng.random((n, len(group)))
    return np.asarray(drawn.argsort(axis=1), dtype=np.int64)


def carried(units: Units, order: Ints) -> Iterator[tuple[slice, Array, Array]]:
    """Chunks of replicates: which, values (r, n, k) and whether each row is in (r, n) as 1 or 0.

    Unit j carries the trajectory of unit order[r, j].
    """
    for start in range(0, len(order), CHUNK):
        part = slice(start, min(start + CHUNK, len(order)))
        donor = units.table[order[part][:, units.unit], units.year]
        inside = donor >= 0
        yield part, units.values[donor] * inside[:, :, None], inside.astype(np.float64)


def _cell_sums(x: Array, starts: Ints) -> Array:
    sums: Array = np.add.reduceat(x, starts, axis=1)
    return sums


def slope_weights(w: Within, units: Units, order: Ints) -> Array:
    """(R, n) weights whose product with an outcome (n,) is the slope on the carried column.

    The slope has authority x year fixed effects and the controls, over the rows of each replicate;
    it is linear in the outcome, so one set of weights serves any number of outcomes. All 0 where
    the replicate leaves no variation within. `units` carries one column; rows are sorted by cell.
    """
    c = w.controls
    starts = np.unique(w.cell, return_index=True)[1]
    pairs = (c[:, :, None] * c[:, None, :]).reshape(len(c), -1)
    out = np.zeros((len(order), len(w.cell)))
    for part, values, inside in carried(units, order):
        h = values[:, :, 0]
        rows = np.maximum(_cell_sums(inside, starts), 1.0)

        def net_of_cells(x: Array, inside: Array = inside, rows: Array = rows) -> Array:
            means = _cell_sums(inside * x, starts) / rows
            centred: Array = inside * (x - means[:, w.cell])
            return centred

        h = net_of_cells(h)
        if c.shape[1]:
            sums = np.stack([_cell_sums(inside * column, starts) for column in c.T], axis=2)
            cross = (inside @ pairs).reshape(-1, c.shape[1], c.shape[1])
            cross -= np.einsum("rgi,rgj->rij", sums / rows[:, :, None], sums)
            on = np.linalg.pinv(cross, rcond=1e-10, hermitian=True) @ (h @ c)[:, :, None]
            h = h - net_of_cells(on[:, :, 0] @ c.T)
        squares = (h**2).sum(axis=1, keepdims=True)
        there = squares > 1e-10 * len(w.cell)
        out[part] = np.where(there, h / np.where(there, squares, 1.0), 0.0)
    return out


def one_sided(observed: Array, replicates: Array) -> Array:
    """(m,) p that chance gives as much as observed (m,) in replicates (R, m), ties counted.

    (1 + #{replicate >= observed}) / (1 + R): the observed arrangement is one of those possible.
    """
    # Arrangements that are the same but for rounding are ties.
    slack = 1e-10 * np.maximum(1.0, np.abs(observed))
    hits = (replicates >= observed - slack).sum(axis=0)
    p: Array = (1.0 + hits) / (1.0 + len(replicates))
    return p


@dataclass(frozen=True)
class SignFlip:
    """A test that differences are as likely to be of either sign.

    Attributes:
        p_one_sided: chance of so large a sum.
        p_two_sided: chance of a sum so far from 0.
        n: sets of signs looked at; all of them if `exact`.
    """

    p_one_sided: float
    p_two_sided: float
    n: int
    exact: bool


def sign_sets(count: int, n: int, rng: np.random.Generator) -> tuple[Array, bool]:
    """Sets of signs (R, count): all there are where they are few, else n drawn; whether all."""
    if count <= 20 and 1 << count <= max(LISTED, n):
        return np.array(list(product([1.0, -1.0], repeat=count))), True
    return rng.choice([1.0, -1.0], size=(n, count)), False


def sign_flip(differences: Array, n: int, rng: np.random.Generator) -> SignFlip:
    """Flip the signs of independent differences (d,): all 2^d ways where few, else n draws.

    Fisher's randomisation test for paired observations.

    Raises:
        ValueError: without a difference.
    """
    if len(differences) == 0:
        raise ValueError("no differences")
    signs, exact = sign_sets(len(differences), n, rng)
    sums, observed = signs @ differences, float(differences.sum())
    # Sums that are equal but for rounding are ties.
    slack = 1e-12 * float(np.abs(differences).sum())
    above = int((sums >= observed - slack).sum())
    beyond = int((np.abs(sums) >= abs(observed) - slack).sum())
    more = 0 if exact else 1
    size = len(signs) + more
    return SignFlip((above + more) / size, (beyond + more) / size, len(signs), exact)
