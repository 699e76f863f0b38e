"""Errors on rows a model has not seen, and the ridge penalty chosen on rows it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import special

from pipeline.evidence.moments import (
    Design,
    Fit,
    Moments,
    Net,
    fit,
    left_over,
    loss,
    loss_of_mean,
    moments,
    moments_of_all,
    net_of_controls,
    path_losses,
)
from pipeline.evidence.panel import Array, Ints


@dataclass(frozen=True)
class Losses:
    """Squared errors of M models on F held-out sets.

    Attributes:
        sse: (F, M, m).
        sst: (F, m) about the mean of the training rows, so a model that helps has q2 > 0.
        n_test, n_train: (F,) rows.
    """

    sse: Array
    sst: Array
    n_test: Array
    n_train: Array

    def q2(self) -> Array:
        """(M, m) share of the held-out squares predicted; negative is worse than the mean."""
        q2: Array = 1.0 - self.sse.sum(axis=0) / self.sst.sum(axis=0)
        return q2

    def lead(self, h: int, b: int) -> Array:
        """(m,) (SSE_B - SSE_H) / SST over all held-out sets."""
        lead: Array = (self.sse[:, b] - self.sse[:, h]).sum(axis=0) / self.sst.sum(axis=0)
        return lead


@dataclass(frozen=True)
class LossTest:
    """A t test that H loses less than B; arrays (m,), se on the scale of Losses.lead."""

    statistic: Array
    df: float
    p_one_sided: Array
    se: Array

    def reach(self, confidence: float) -> Array:
        """(m,) half the width of the two-sided interval."""
        reach: Array = special.stdtrit(self.df, (1.0 + confidence) / 2.0) * self.se
        return reach


def _t_test(mean: Array, variance: Array, df: int, scale: Array) -> LossTest:
    moves = variance > 0
    t = np.where(moves, mean / np.sqrt(np.where(moves, variance, 1.0)), 0.0)
    return LossTest(t, float(df), special.stdtr(df, -t), scale * np.sqrt(variance))


def authority_test(losses: Losses, h: int, b: int) -> LossTest:
    """t over the loss differences of the held-out authorities, G-1 degrees of freedom."""
    d = losses.sse[:, b] - losses.sse[:, h]
    size = len(d)
    return _t_test(
        d.mean(axis=0), d.var(axis=0, ddof=1) / size, size - 1, size / losses.sst.sum(axis=0)
    )


def nadeau_bengio_test(losses: Losses, h: int, b: int) -> LossTest:
    """Corrected t over the J folds of a repeated K-fold (Nadeau and Bengio 2003).

    d is a fold's difference in error per row; t = mean(d) / sqrt(var(d) (1/J + n_test/n_train)),
    because training sets overlap and the folds' differences are not independent.
    """
    d = (losses.sse[:, b] - losses.sse[:, h]) / losses.n_test[:, None]
    size = len(d)
    overlap = float((losses.n_test / losses.n_train).mean())
    variance = d.var(axis=0, ddof=1) * (1.0 / size + overlap)
    per_row = losses.n_test.sum() / losses.sst.sum(axis=0)
    return _t_test(d.mean(axis=0), variance, size - 1, per_row)


def held_out(
    train: Moments, test: Moments, controls: Ints, models: list[Ints], penalty: Array
) -> Losses:
    """Losses of controls plus each set of block columns, fitted on train, scored on test."""
    net = net_of_controls(train, controls)
    return scored(test, net, [fit(net, columns, penalty) for columns in models])


def scored(test: Moments, net: Net, fits: list[Fit]) -> Losses:
    """Losses on test sets of what was fitted on training sets."""
    sse = [loss(test, one.coefficients(net)) for one in fits]
    return Losses(np.stack(sse, axis=1), loss_of_mean(test, net), test.n, net.n)


def fold_of_each(clusters: int, folds: int, rng: np.random.Generator) -> Ints:
    """(clusters,) fold numbers, as even as can be."""
    return np.asarray(rng.permutation(clusters) % folds, dtype=np.int64)


@dataclass(frozen=True)
class Shrinkage:
    """How the ridge penalty is chosen.

    Attributes:
        rivals: block columns of H and of B.
        grid: candidate penalties; a single one is taken as it is, 0 is least squares.
        folds: (G,) fold of each authority.
    """

    rivals: tuple[Ints, Ints]
    grid: tuple[float, ...]
    folds: Ints


def choose_penalty(groups: Moments, weights: Array, controls: Ints, how: Shrinkage) -> Array:
    """The ridge penalty (R,) of each training set, by K-fold over whole authorities within it.

    Both rivals share one penalty: the one on the grid with the least held-out squared error, the
    errors of controls + H and of controls + B added up. Neither block picks it alone.

    Args:
        groups: moments by authority, one outcome.
        weights: (R, G) how often each authority is in each training set.
        controls: column numbers of the controls.
        how: rivals, grid and folds.
    """
    if len(how.grid) == 1:
        return np.full(len(weights), how.grid[0])
    error = penalty_losses(groups, weights, controls, how)[:, :, 0]
    best: Array = np.asarray(how.grid)[error.argmin(axis=0)]
    return best


def penalty_losses(groups: Moments, weights: Array, controls: Ints, how: Shrinkage) -> Array:
    """(P, R, m) what `choose_penalty` compares, for many outcomes: arguments are those of it."""
    grid = np.asarray(how.grid)
    error = np.zeros((len(grid), len(weights), groups.yy.shape[1]))
    for net, left in inner_sets(groups, weights, controls, how.folds):
        for columns in how.rivals:
            error += path_losses(net, left, columns, grid)
    return error


def inner_sets(
    groups: Moments, weights: Array, controls: Ints, folds: Ints
) -> Iterator[tuple[Net, Moments]]:
    """Each fold of authorities held out inside each training set: the others net of the controls,
    and what is `left_over` of its own.
    """
    whole = groups.weighted(weights)
    for fold in np.unique(folds):
        inside = folds == fold
        test = groups.some(inside).weighted(weights[:, inside])
        net = net_of_controls(whole.less(test), controls)
        yield net, left_over(net, test)


def leave_one_authority_out(
    groups: Moments, controls: Ints, models: list[Ints], penalty: Array
) -> Losses:
    """Losses with each authority held out in turn; penalty (G,) is each training set's own."""
    return held_out(groups.without_each(), groups, controls, models, penalty)


def kfold_sets(clusters: int, folds: int, repeats: int, rng: np.random.Generator) -> Array:
    """(repeats * folds, clusters) 1 where a cluster is held out."""
    drawn = [fold_of_each(clusters, folds, rng) for _ in range(repeats)]
    return np.concatenate([np.arange(folds)[:, None] == fold for fold in drawn]).astype(np.float64)


@dataclass(frozen=True)
class Step:
    """One step forward in time: moments by authority up to a year, and of the next year."""

    year: int
    train: Moments
    test: Moments


def _relative(columns: Array, year: Ints) -> Array:
    """Columns (n, k) less their mean in each row's year."""
    relative = columns.copy()
    for one in np.unique(year):
        relative[year == one] -= columns[year == one].mean(axis=0)
    return relative


def forward_steps(
    design: Design, outcomes: Array, authority: Ints, year: Ints, *, within_year: bool
) -> list[Step]:
    """Train on every year so far, test on the next one; outcomes (n, m).

    With `within_year`, everything but the intercept is taken relative to the year's mean. A step
    whose training rows do not outnumber the columns is left out.
    """
    x = design.x
    if within_year:
        x = np.column_stack([x[:, 0], _relative(x[:, 1:], year)])
        outcomes = _relative(outcomes, year)
    years = np.unique(year)
    size = int(authority.max()) + 1
    # Of a model: the matrix may hold others too.
    columns = 1 + len(design.controls) + sum(map(len, design.blocks.values()))
    steps = []
    for before, tested in pairwise(years):
        past, now = year <= before, year == tested
        if past.sum() <= columns:
            continue
        train = moments(x[past], outcomes[past], authority[past], size)
        test = moments_of_all(x[now], outcomes[now])
        steps.append(Step(int(tested), train, test))
    return steps


def forward(steps: list[Step], controls: Ints, models: list[Ints], how: Shrinkage) -> Losses | None:
    """Losses of each step, the penalty chosen again on its training years; None without steps."""
    done = []
    for step in steps:
        everyone = np.ones((1, len(step.train.xx)))
        penalty = choose_penalty(step.train, everyone, controls, how)
        done.append(held_out(step.train.total(), step.test, controls, models, penalty))
    return one_after_another(done)


def one_after_another(each: Sequence[Losses]) -> Losses | None:
    """The losses of several test sets in a row, None without any."""
    if not each:
        return None
    return Losses(
        *(np.concatenate([getattr(part, name) for part in each]) for name in Losses.__annotations__)
    )
