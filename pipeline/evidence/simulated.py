"""What the rule reads of many simulated outcomes y + r * signal on one design, at any strength r.

The signal stands as the last column of the design and in no model, so that the cross-products hold
all that y and the signal have to do with each other. What the columns have to do with an outcome is
linear in r and squared errors under one penalty are quadratic in it, so each is worked out once;
only the choice among penalties, made anew for each outcome and each training set as `run_race`
does it, is made again at each strength.

Shapes: P penalties, R training sets, m outcomes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.evidence.assess import clusterings, evidence
from pipeline.evidence.crossval import (
    Losses,
    Shrinkage,
    fold_of_each,
    forward_steps,
    inner_sets,
    one_after_another,
)
from pipeline.evidence.moments import (
    Moments,
    Net,
    Path,
    design,
    left_over,
    loss_of_mean,
    net_of_controls,
    path,
)
from pipeline.evidence.panel import Array, Ints, Panel
from pipeline.evidence.resampling import Jackknife, jackknife, with_roots
from pipeline.evidence.settings import BetweenSettings
from pipeline.evidence.verdict import Evidence

Some = Ints | slice
ALL = slice(None)


@dataclass(frozen=True)
class Quadratic:
    """A quadratic form of y + r * signal.

    Attributes:
        own: (..., m) of y.
        crossed: (..., m) of y and the signal.
        signal: (..., 1) of the signal.
    """

    own: Array
    crossed: Array
    signal: Array

    def at(self, r: float, some: Some) -> Array:
        """(..., k) at a strength, of some outcomes."""
        found = (2.0 * r) * self.crossed[..., some]
        found += self.own[..., some]
        found += r * r * self.signal
        return found

    def sets(self, which: slice) -> "Quadratic":
        """Those of some training sets, of (P, R, m)."""
        return Quadratic(self.own[:, which], self.crossed[:, which], self.signal[:, which])

    def __add__(self, other: "Quadratic") -> "Quadratic":
        return Quadratic(
            self.own + other.own, self.crossed + other.crossed, self.signal + other.signal
        )


def _side_by_side(each: Sequence[Quadratic]) -> Quadratic:
    """(P, R, sides, m) of (P, R, m) each."""
    parts = zip(*((one.own, one.crossed, one.signal) for one in each), strict=True)
    return Quadratic(*(np.stack(part, axis=2) for part in parts))


def _squares(sets: Moments | Net) -> Quadratic:
    """(R, m) sums of squares."""
    return Quadratic(sets.yy, sets.xy[:, -1], sets.xx[:, -1, -1:])


def _about_mean(sets: Moments, net: Net) -> Quadratic:
    """(R, m) squared error of the training mean."""
    y, signal, n = net.mean_y, net.mean_x[:, -1:], sets.n[:, None]
    crossed = sets.xy[:, -1] - y * sets.xx[:, 0, -1:] - signal * sets.xy[:, 0] + n * y * signal
    alone = sets.xx[:, -1, -1:] - 2.0 * signal * sets.xx[:, 0, -1:] + n * signal**2
    return Quadratic(loss_of_mean(sets, net), crossed, alone)


@dataclass(frozen=True)
class Side:
    """The block columns of one side in R training sets: (R, k, m) and (R, k, 1) what their
    directions have to do with y and with the signal, net of the controls.
    """

    path: Path
    along: Array
    signal: Array

    def explained(self, r: float, some: Some, grid: Array, chosen: Ints) -> Array:
        """(R, k) squares of some outcomes that the side's index explains, its slope free; see
        `Fit`. `chosen` has the place on the grid of each outcome's penalty.
        """
        squares = (self.along[:, :, some] + r * self.signal) ** 2
        shrink = self.path.shrink(grid)
        sized = shrink**2 * self.path.values[:, :, None]
        if len(grid) > 1:
            shrink, sized = shrink[:, :, chosen], sized[:, :, chosen]
        with_index, size = (np.einsum("rkm,rkm->rm", squares, by) for by in (shrink, sized))
        there = size > 0
        return np.where(there, with_index**2 / np.where(there, size, 1.0), 0.0)


def _side(net: Net, columns: Ints) -> Side:
    own = path(net, columns)
    return Side(own, own.along(net.xy), own.along(net.xx[:, :, -1:]))


def _losses(side: Side, left: Moments, grid: Array) -> Quadratic:
    """(P, R, m) what `path_losses` gives.

    Shrinkage weighs what the directions have to do with an outcome, so that products of pairs of
    them, made once, serve every penalty.
    """
    own = side.path
    along, with_y, with_signal = side.along, own.along(left.xy), own.along(left.xx[:, :, -1:])
    xx = own.squares(left.xx)
    whole = _squares(left)
    # (R, P, k): by direction.
    shrink = own.shrink(grid).transpose(0, 2, 1)
    i, j = np.triu_indices(xx.shape[1])
    pairs = shrink[:, :, i] * shrink[:, :, j] * (xx[:, i, j] * np.where(i == j, 1.0, 2.0))[:, None]
    error = pairs @ (along[:, i] * along[:, j]) - (2.0 * shrink) @ (along * with_y)
    # How the squared error moves with a slope, at those of the signal.
    pull = shrink * side.signal[:, None, :, 0]
    aim = with_signal[:, None, :, 0]
    moves = pull @ xx - aim
    crossed = (shrink * moves) @ along - pull @ with_y
    alone = (pull * (moves - aim)).sum(axis=2, keepdims=True)
    # (P, R, m): by penalty.
    return Quadratic(
        whole.own + error.transpose(1, 0, 2),
        whole.crossed + crossed.transpose(1, 0, 2),
        whole.signal + alone.transpose(1, 0, 2),
    )


@dataclass(frozen=True)
class HeldOut:
    """Squared errors on R test sets.

    Attributes:
        choice: (P, R, m) by which the penalty is chosen, inside each training set.
        sse: (P, R, 2, m) of controls + H and controls + B on the test set.
        plain, total: (R, m) of the controls alone, and about the training mean.
    """

    choice: Quadratic
    sse: Quadratic
    plain: Quadratic
    total: Quadratic

    def losses(self, r: float, some: Some) -> Losses:
        """Of controls, + H and + B, each outcome and training set under its own penalty."""
        best = self.choice.at(r, some).argmin(axis=0)[None, :, None, :]
        chosen = np.take_along_axis(self.sse.at(r, some), best, axis=0)[0]
        plain = self.plain.at(r, some)
        uncounted = np.full(len(plain), np.nan)
        sse = np.concatenate([plain[:, None], chosen], axis=1)
        return Losses(sse, self.total.at(r, some), uncounted, uncounted)


def _held_out(
    train: Net, sides: Sequence[Side], test: Moments, grid: Array, choice: Quadratic
) -> HeldOut:
    left = left_over(train, test)
    return HeldOut(
        choice=choice,
        sse=_side_by_side([_losses(side, left, grid) for side in sides]),
        plain=_squares(left),
        total=_about_mean(test, train),
    )


@dataclass(frozen=True)
class Fitted:
    """R training sets: (R, m) squares about the mean, and what either side explains of them."""

    total: Quadratic
    sides: tuple[Side, Side]

    def leads(self, r: float, some: Some, grid: Array, chosen: Ints) -> Array:
        """(R, 5, k) lead, shares and roots, see `with_roots` and `Side.explained`."""
        total = self.total.at(r, some)
        h, b = (side.explained(r, some, grid, chosen) / total for side in self.sides)
        return with_roots(h, b)


def _fitted(sets: Moments, net: Net, rivals: tuple[Ints, Ints]) -> Fitted:
    h, b = rivals
    return Fitted(_about_mean(sets, net), (_side(net, h), _side(net, b)))


@dataclass(frozen=True)
class Simulated:
    """All that the rule reads of m outcomes y + r * signal.

    Attributes:
        grid: (P,) candidate penalties.
        choice: (P, 1, m) by which the penalty of all rows is chosen.
        everyone: all rows.
        without: all less each authority, and all less each trust, whose rows are no authority's.
        clusters: each clustering's clusters, by their place in the two, see `Clusterings`.
        held: each authority left out in turn.
        ahead: each step forward in time.
    """

    grid: Array
    choice: Quadratic
    everyone: Fitted
    without: tuple[Fitted, Fitted]
    clusters: tuple[Ints, ...]
    held: HeldOut
    ahead: tuple[HeldOut, ...]

    def evidence(self, r: float, s: BetweenSettings, some: Some = ALL) -> Evidence:
        """What the rule reads at a strength, of some outcomes or all."""
        grid, chosen = self.grid, self.choice.at(r, some)[:, 0].argmin(axis=0)
        estimate = self.everyone.leads(r, some, grid, chosen)[0]
        without = np.concatenate([one.leads(r, some, grid, chosen) for one in self.without])
        lead: list[Jackknife] = [jackknife(estimate, without[own]) for own in self.clusters]
        ahead = one_after_another([step.losses(r, some) for step in self.ahead])
        return evidence(lead=lead, held=self.held.losses(r, some), ahead=ahead, at=(0, 1, 2), s=s)


def simulated(
    panel: Panel,
    outcomes: Array,
    signal: Array,
    grid: tuple[float, ...],
    s: BetweenSettings,
) -> Simulated:
    """Work out what `Simulated` holds.

    Args:
        panel: its predictors, clusters and years.
        outcomes: (n, m), centred.
        signal: (n,), centred.
        grid: candidate penalties, (0,) for least squares.
        s: settings.
    """
    plain = design(panel)
    d = replace(plain, x=np.column_stack([plain.x, signal]))
    rivals = d.columns(s.h_blocks), d.columns(s.b_blocks)
    gathered = clusterings(d, outcomes, panel)
    authorities, everyone = gathered.authorities, gathered.total()
    size = len(authorities.xx)
    folds = fold_of_each(size, s.inner_folds, np.random.default_rng(s.seed))
    how = Shrinkage(rivals, grid, folds)
    sets = everyone, everyone.less(authorities), everyone.less(gathered.trusts)
    nets = [net_of_controls(each, d.controls) for each in sets]
    whole, *without = (_fitted(*each, rivals) for each in zip(sets, nets, strict=True))
    one = np.ones((1, size))
    weights = np.concatenate([one, 1.0 - np.eye(size)])
    choice = _choice(authorities, weights, d.controls, how)
    steps = forward_steps(
        d, outcomes, panel.authority, panel.year, within_year=s.forward_within_year
    )
    ahead = []
    for step in steps:
        net = net_of_controls(step.train.total(), d.lasting_controls)
        sides = [_side(net, columns) for columns in rivals]
        own = _choice(step.train, one, d.lasting_controls, how)
        ahead.append(_held_out(net, sides, step.test, np.asarray(grid), own))
    return Simulated(
        grid=np.asarray(grid),
        choice=choice.sets(slice(1)),
        everyone=whole,
        without=(without[0], without[1]),
        clusters=gathered.at,
        held=_held_out(
            nets[1], without[0].sides, authorities, np.asarray(grid), choice.sets(slice(1, None))
        ),
        ahead=tuple(ahead),
    )


def _choice(groups: Moments, weights: Array, controls: Ints, how: Shrinkage) -> Quadratic:
    """(P, R, m) what `penalty_losses` gives; zeros for a single penalty, the choice."""
    grid = np.asarray(how.grid)
    if len(grid) == 1:
        none = np.zeros((1, len(weights), groups.yy.shape[1]))
        return Quadratic(none, none, none[:, :, :1])
    first, *others = (
        _losses(_side(net, columns), left, grid)
        for net, left in inner_sets(groups, weights, controls, how.folds)
        for columns in how.rivals
    )
    return sum(others, start=first)
