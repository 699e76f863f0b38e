"""Least squares and ridge from per-cluster cross-products.

Every replicate (a jackknife deletion, a bootstrap draw, a training fold) is a weighted sum of the
clusters' cross-product matrices, so nothing below walks over rows twice. One path serves ordinary
least squares (penalty 0), composites and ridge.

Shapes: R replicates, q design columns, m outcomes on the same design (1 for the data at hand, many
for simulations).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evidence.panel import Array, Flags, Ints, Panel, standardise

# Cross-products are exact to about 1e-13 of a column's sum of squares. Variance left over below
# this share of the column's own is rounding, and the direction is treated as collinear.
COLLINEAR = 1e-10
REGULAR = 1e-6
"""Least eigenvalue, of a correlation matrix, down to which elimination is as good."""


@dataclass(frozen=True)
class Design:
    """The columns of a panel as one matrix.

    Attributes:
        x: (n, q): an intercept, then controls, then blocks, all but the first standardised.
        controls: column numbers of the controls.
        lasting_controls: those that are not a function of the year alone. Year effects say nothing
            about a year that has not been seen, so forecasts use these.
        blocks: block name -> column numbers.
    """

    x: Array
    controls: Ints
    lasting_controls: Ints
    blocks: Mapping[str, Ints]

    def columns(self, names: tuple[str, ...]) -> Ints:
        """Column numbers of the named blocks that are measured."""
        measured = [self.blocks[name] for name in names if name in self.blocks]
        return np.concatenate([np.empty(0, dtype=np.int64), *measured])


def design(panel: Panel) -> Design:
    """The design matrix of a panel."""
    n, c = panel.controls.shape
    x = np.column_stack(
        [np.ones(n), standardise(panel.controls), *map(standardise, panel.blocks.values())]
    )
    blocks, at = {}, 1 + c
    for name, indicators in panel.blocks.items():
        blocks[name] = np.arange(at, at + indicators.shape[1])
        at += indicators.shape[1]
    controls = np.arange(1, 1 + c)
    within_year = x[:, controls].copy()
    for year in np.unique(panel.year):
        rows = panel.year == year
        within_year[rows] -= within_year[rows].mean(axis=0)
    return Design(x, controls, controls[np.abs(within_year).max(axis=0) > COLLINEAR], blocks)


@dataclass(frozen=True)
class Moments:
    """Cross-products of R sets of rows: xx (R, q, q), xy (R, q, m), yy (R, m)."""

    xx: Array
    xy: Array
    yy: Array

    @property
    def n(self) -> Array:
        """(R,) rows in each set; column 0 of the design is the intercept."""
        return self.xx[:, 0, 0]

    def total(self) -> "Moments":
        """All sets together, R = 1."""
        return Moments(*(part.sum(axis=0, keepdims=True) for part in (self.xx, self.xy, self.yy)))

    def less(self, other: "Moments") -> "Moments":
        """These rows without others of them, set by set, or all of one less each of many."""
        return Moments(self.xx - other.xx, self.xy - other.xy, self.yy - other.yy)

    def some(self, which: Flags | slice) -> "Moments":
        """Some of the sets."""
        return Moments(self.xx[which], self.xy[which], self.yy[which])

    def without_each(self) -> "Moments":
        """All sets together less one, for each one in turn."""
        return self.total().less(self)

    def raised(self, by: Array) -> "Moments":
        """Of outcomes that are higher by x @ by, (q,)."""
        more = self.xx @ by
        yy = self.yy + 2.0 * np.einsum("q,rqm->rm", by, self.xy) + (more @ by)[:, None]
        return Moments(self.xx, self.xy + more[:, :, None], yy)

    def weighted(self, weights: Array) -> "Moments":
        """Weighted sums of the sets; weights (replicates, R)."""
        return Moments(
            *(np.tensordot(weights, part, axes=1) for part in (self.xx, self.xy, self.yy))
        )


def moments(x: Array, y: Array, codes: Ints, size: int) -> Moments:
    """Moments of design x (n, q) and outcomes y (n, m), one set for each code 0..size-1."""
    q, m = x.shape[1], y.shape[1]
    out = Moments(np.zeros((size, q, q)), np.zeros((size, q, m)), np.zeros((size, m)))
    for present, rows in by_size(codes):
        own, outcomes = x[rows], y[rows]
        turned = own.transpose(0, 2, 1)
        out.xx[present], out.xy[present] = turned @ own, turned @ outcomes
        out.yy[present] = np.einsum("gnm,gnm->gm", outcomes, outcomes)
    return out


def moments_of_all(x: Array, y: Array) -> Moments:
    """The same with all rows in one set."""
    return moments(x, y, np.zeros(len(x), dtype=np.int64), 1)


def stacked(each: Sequence[Moments]) -> Moments:
    """All sets of several in a row."""
    parts = zip(*((one.xx, one.xy, one.yy) for one in each), strict=True)
    return Moments(*map(np.concatenate, parts))


def by_size(codes: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Clusters of the same size together: their codes (g,) and rows (g, size)."""
    order = np.argsort(codes, kind="stable")
    present, first, size = np.unique(codes[order], return_index=True, return_counts=True)
    for n in np.unique(size):
        which = size == n
        yield present[which], order[first[which][:, None] + np.arange(n)]


@dataclass(frozen=True)
class Net:
    """Training sets centred and net of the controls.

    Attributes:
        n: (R,) rows.
        mean_x: (R, q) and mean_y: (R, m) training means.
        sst: (R, m) total sum of squares of the outcome about its training mean.
        scale: (R, q) one over the root of each column's own sum of squares; 0 for a constant.
        rank: (R,) intercept and controls that are not collinear.
        on_x: (R, c, q) and on_y: (R, c, m) coefficients of the controls for columns and outcome.
        xx, xy, yy: cross-products of what is left; of intercept and controls nothing is.
        controls: column numbers of the controls.
        rest: those of the columns after them.
    """

    n: Array
    mean_x: Array
    mean_y: Array
    sst: Array
    scale: Array
    rank: Array
    on_x: Array
    on_y: Array
    xx: Array
    xy: Array
    yy: Array
    controls: Ints
    rest: Ints


def on_scale(xx: Array, scale: Array) -> Array:
    """xx (R, k, k) on the correlation scale; rows and columns of constants are 0."""
    scaled: Array = xx * scale[:, :, None] * scale[:, None, :]
    return scaled


def inverse_root(values: Array, keep: Flags) -> Array:
    """1 / sqrt(values), and 0 where they are not kept."""
    return np.where(keep, 1.0 / np.sqrt(np.where(keep, values, 1.0)), 0.0)


def _inverse(values: Array, penalty: Array | float) -> Array:
    """1 / (values + penalty), and 0 where a direction is collinear."""
    keep = values > COLLINEAR
    return np.where(keep, 1.0 / np.where(keep, values + penalty, 1.0), 0.0)


def inverted(scaled: Array, penalty: Array | float) -> tuple[Array, Array]:
    """Inverse (R, k, k) of `scaled` + penalty, collinear directions 0, and their trace (R,) with
    `scaled`: the effective number of parameters.

    By elimination, which takes a fifth of the time of eigenvalues; by these for the few sets that
    are near to collinear.
    """
    added = np.broadcast_to(_per_set(penalty), (len(scaled), 1))
    constant = np.einsum("rjj->rj", scaled) == 0.0
    # A constant stands alone, so that whatever is put in its place is taken out again.
    shifted = scaled.copy()
    np.einsum("rjj->rj", shifted)[...] += added + constant
    try:
        inverse = np.asarray(np.linalg.inv(shifted), dtype=np.float64)
    except np.linalg.LinAlgError:
        inverse = np.full(scaled.shape, 1.0 / REGULAR)
    diagonal = np.einsum("rjj->rj", inverse)
    diagonal[constant] = 0.0
    # The least eigenvalue is at least one over the norm.
    near = ~(np.einsum("rij,rij->r", inverse, inverse) < REGULAR**-2)
    df: Array = (~constant).sum(axis=1) - added[:, 0] * diagonal.sum(axis=1)
    if near.any():
        values, vectors = np.linalg.eigh(scaled[near])
        own = _inverse(values, added[near])
        inverse[near] = (vectors * own[:, None, :]) @ vectors.transpose(0, 2, 1)
        df[near] = np.where(added[near, 0] > 0, (values * own).sum(axis=1), (own > 0).sum(axis=1))
    return inverse, df


def _run(columns: Ints) -> Ints | slice:
    """Columns side by side as a slice, which copies nothing."""
    numbers = columns.tolist()
    if numbers and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        return slice(numbers[0], numbers[0] + len(numbers))
    return columns


def _block(columns: Ints) -> tuple[slice | Ints, ...]:
    """Where columns meet each other in cross-products (R, q, q)."""
    at = _run(columns)
    return (slice(None), at, at) if isinstance(at, slice) else (slice(None), at[:, None], at)


def net_of_controls(train: Moments, controls: Ints) -> Net:
    """Sweep intercept and controls out of training sets.

    Controls that are collinear or constant within a set (a class dummy whose only member was left
    out) are handled by the pseudo-inverse: R2 is that of least squares on the columns that remain,
    and a constant column predicts nothing.
    """
    n = train.n[:, None]
    mean_x, mean_y = train.xx[:, 0, :] / n, train.xy[:, 0, :] / n
    xx = train.xx - train.xx[:, 0, :, None] * mean_x[:, None, :]
    xy = train.xy - train.xx[:, 0, :, None] * mean_y[:, None, :]
    yy = train.yy - n * mean_y**2
    own = np.einsum("rjj->rj", xx)
    varies = own > COLLINEAR * np.einsum("rjj->rj", train.xx)
    scale = inverse_root(own, varies)
    at = _run(controls)
    own_scale, with_x, with_y = scale[:, at], xx[:, at], xy[:, at]
    inverse, rank = inverted(on_scale(with_x[:, :, at], own_scale), 0.0)
    inverse = on_scale(inverse, own_scale)
    on_x, on_y = inverse @ with_x, inverse @ with_y
    rest = np.delete(np.arange(xx.shape[1]), [0, *controls])
    others = _run(rest)
    from_controls = xx[:, others][:, :, at]
    left_xx, left_xy = np.zeros_like(xx), np.zeros_like(xy)
    block = _block(rest)
    left_xx[block] = xx[block] - from_controls @ on_x[:, :, others]
    left_xy[:, others] = xy[:, others] - from_controls @ on_y
    return Net(
        n=train.n,
        mean_x=mean_x,
        mean_y=mean_y,
        sst=yy,
        scale=scale,
        rank=1.0 + rank,
        on_x=on_x,
        on_y=on_y,
        xx=left_xx,
        xy=left_xy,
        yy=yy - np.einsum("rcm,rcm->rm", with_y, on_y),
        controls=controls,
        rest=rest,
    )


def coefficients(net: Net, columns: Ints, beta: Array) -> Array:
    """(R, q, m) coefficients on the design's columns, given those of block columns (R, k, m)."""
    out = np.zeros((len(net.xx), net.mean_x.shape[1], beta.shape[2]))
    at = _run(columns)
    out[:, at] = beta
    out[:, _run(net.controls)] = net.on_y - net.on_x[:, :, at] @ beta
    out[:, 0, :] = net.mean_y - (net.mean_x[:, None, :] @ out)[:, 0, :]
    return out


@dataclass(frozen=True)
class Fit:
    """One set of block columns, net of controls, under one penalty a training set.

    With K the cross-products of the columns net of controls, each column scaled by its own total
    sum of squares, ridge minimises SSE + penalty * sum(b_j^2 * own_j): the penalty is free of
    units, and a penalty of 1 halves the coefficient of a lone column unrelated to the controls.
    What a fit explains is read with the slope on its index set free: shrinkage then weighs the
    columns and takes nothing off what they explain together.

    Attributes:
        columns: (k,) column numbers.
        beta: (R, k, m) coefficients of the columns.
        sse: (R, m) residual sum of squares in the training set about the index, its slope free.
        df: (R,) effective number of block parameters: trace of the ridge hat matrix, rank at 0.
    """

    columns: Ints
    beta: Array
    sse: Array
    df: Array

    def coefficients(self, net: Net) -> Array:
        """(R, q, m) coefficients on the design's columns, 0 for those not in the model."""
        return coefficients(net, self.columns, self.beta)


def _per_set(penalty: Array | float) -> Array:
    return np.reshape(np.asarray(penalty, dtype=np.float64), (-1, 1))


def fit(net: Net, columns: Ints, penalty: Array | float) -> Fit:
    """Fit the given block columns; one penalty, or one a training set."""
    if not len(columns):
        return Fit(columns, net.xy[:, columns], net.yy, np.zeros(len(net.yy)))
    at = _run(columns)
    scale = net.scale[:, at]
    inverse, df = inverted(on_scale(net.xx[:, at][:, :, at], scale), penalty)
    cross = net.xy[:, at] * scale[:, :, None]
    slopes = inverse @ cross
    along = np.einsum("rkm,rkm->rm", cross, slopes)
    size = along - _per_set(penalty) * np.einsum("rkm,rkm->rm", slopes, slopes)
    there = size > 0
    return Fit(
        columns=columns,
        beta=scale[:, :, None] * slopes,
        sse=net.yy - np.where(there, along**2 / np.where(there, size, 1.0), 0.0),
        df=df,
    )


def loss(test: Moments, coefficients: Array) -> Array:
    """(R, m) squared error of coefficients (R, q, m) on test sets; of one outcome, or m."""
    cross = test.xx @ coefficients
    cross -= 2.0 * test.xy
    squares: Array = test.yy + np.einsum("rqm,rqm->rm", coefficients, cross)
    return squares


def left_over(net: Net, test: Moments) -> Moments:
    """Test sets net of what their training sets say of intercept and controls.

    Of these, `loss` takes coefficients of block columns alone, which are few beside the controls.
    """
    q, rest = net.mean_x.shape[1], _run(net.rest)
    of_x = np.broadcast_to(np.eye(q)[:, net.rest], (len(net.xx), q, len(net.rest))).copy()
    of_x[:, _run(net.controls)] -= net.on_x[:, :, rest]
    of_x[:, 0] -= (net.mean_x[:, None, :] @ of_x)[:, 0]
    turned = of_x.transpose(0, 2, 1)
    turned_xx = turned @ test.xx
    # Outcomes may be many, and of their coefficients all but these are 0.
    base = np.append(0, net.controls)
    at = _run(base)
    on_mean = net.mean_y[:, None] - net.mean_x[:, None, _run(net.controls)] @ net.on_y
    of_y = np.concatenate([on_mean, net.on_y], axis=1)
    xx, xy = np.zeros_like(net.xx), np.zeros_like(net.xy)
    xx[_block(net.rest)] = turned_xx @ of_x
    xy[:, rest] = turned @ test.xy - turned_xx[:, :, at] @ of_y
    return Moments(xx, xy, loss(Moments(test.xx[_block(base)], test.xy[:, at], test.yy), of_y))


@dataclass(frozen=True)
class Path:
    """Block columns turned to directions in which a fit under any penalty is one division.

    Attributes:
        at: where the columns are.
        values: (R, k) eigenvalues of the columns net of controls, on the correlation scale.
        turn: (R, k, k) how columns turn to their directions.
    """

    at: Ints | slice
    values: Array
    turn: Array

    def along(self, xy: Array) -> Array:
        """(R, k, m) cross-products of the directions with what the columns (R, q, m) have."""
        return self.turn @ xy[:, self.at]

    def squares(self, xx: Array) -> Array:
        """(R, k, k) cross-products of the directions, given those of the columns (R, q, q)."""
        turned: Array = self.turn @ xx[:, self.at][:, :, self.at] @ self.turn.transpose(0, 2, 1)
        return turned

    def shrink(self, penalty: Array | float) -> Array:
        """What turns cross-products into slopes, (R, k, 1), or (R, k, P) for penalties (P,); 0 in
        collinear directions."""
        return _inverse(self.values[:, :, None], penalty)


def path(net: Net, columns: Ints) -> Path:
    """The directions of some block columns."""
    at = _run(columns)
    scale = net.scale[:, at]
    values, vectors = np.linalg.eigh(on_scale(net.xx[:, at][:, :, at], scale))
    return Path(at, values, vectors.transpose(0, 2, 1) * scale[:, None, :])


def path_losses(net: Net, left: Moments, columns: Ints, grid: Array) -> Array:
    """(P, R, m) squared error on test sets of block columns under each penalty of a grid (P,).

    That of `fit`, from one set of eigenvalues for all penalties.

    Args:
        net: the training sets.
        left: what is `left_over` of the test sets.
        columns: column numbers.
        grid: penalties.
    """
    own = path(net, columns)
    turned = Moments(own.squares(left.xx), own.along(left.xy), left.yy)
    along = own.along(net.xy)
    return np.stack([loss(turned, along * own.shrink(penalty)) for penalty in grid])


def ridge_path(net: Net, columns: Ints, grid: Array) -> Array:
    """(R, q, P) coefficients of one outcome under each penalty of a grid (P,), those of `fit`."""
    own = path(net, columns)
    beta = own.turn.transpose(0, 2, 1) @ (own.along(net.xy) * own.shrink(grid))
    return coefficients(net, columns, beta)


def loss_of_mean(test: Moments, net: Net) -> Array:
    """(R, m) squared error of the training mean on test sets."""
    mean = net.mean_y
    return test.yy - 2.0 * mean * test.xy[:, 0, :] + test.n[:, None] * mean**2


@dataclass(frozen=True)
class Explained:
    """R2 of S models in R training sets.

    Attributes:
        r2: (R, S, m).
        df: (R, S) effective number of block parameters.
        n: (R,) rows.
        rank: (R,) intercept and controls.
    """

    r2: Array
    df: Array
    n: Array
    rank: Array

    @property
    def adjusted(self) -> Array:
        """(R, S, m) R2 adjusted for degrees of freedom; ridge counts its effective ones."""
        left = self.n[:, None] - self.rank[:, None] - self.df
        return 1.0 - (1.0 - self.r2) * ((self.n[:, None] - 1.0) / left)[:, :, None]


def explained(train: Moments, controls: Ints, sets: list[Ints], penalty: float) -> Explained:
    """R2 of controls plus each set of block columns, 1 - SSE/SST; see Fit for ridge."""
    net = net_of_controls(train, controls)
    fits = [fit(net, columns, penalty) for columns in sets]
    return Explained(
        r2=np.stack([1.0 - one.sse / net.sst for one in fits], axis=1),
        df=np.stack([one.df for one in fits], axis=1),
        n=train.n,
        rank=net.rank,
    )
