"""What the rule reads of simulated outcomes where every indicator is kept apart under ridge.

The penalty is chosen anew for each outcome and each training set, as `run_race` does it. Squared
errors under one penalty are quadratic in the strength of the signal, so those of three outcomes
(see `power`) give those at any strength, and only the choice among penalties is made again.

Shapes: P penalties, R training sets, m outcomes on one design.
"""

from dataclasses import dataclass, fields

import numpy as np

from pipeline.evidence.assess import clusterings, evidence, quadratic
from pipeline.evidence.crossval import (
    Losses,
    Shrinkage,
    fold_of_each,
    forward_steps,
    one_after_another,
    penalty_losses,
)
from pipeline.evidence.moments import (
    Design,
    Moments,
    explained,
    left_over,
    loss_of_mean,
    moments,
    net_of_controls,
    path_losses,
)
from pipeline.evidence.panel import Array, Flags, Ints, Panel
from pipeline.evidence.resampling import jackknives, with_roots
from pipeline.evidence.settings import BetweenSettings
from pipeline.evidence.verdict import Evidence


@dataclass(frozen=True)
class HeldOut:
    """Squared errors on R test sets.

    Attributes:
        choice: (P, R, m) by which the penalty is chosen, inside each training set.
        sse: (P, R, 2, m) of controls + H and controls + B on the test set.
        plain, total: (R, m) of the controls alone, and about the training mean.
    """

    choice: Array
    sse: Array
    plain: Array
    total: Array

    @property
    def losses(self) -> Losses:
        """Of controls, + H and + B, each outcome and training set under its own penalty."""
        best = self.choice.argmin(axis=0)[None, :, None, :]
        chosen = np.take_along_axis(self.sse, best, axis=0)[0]
        uncounted = np.full(len(self.plain), np.nan)
        return Losses(
            np.concatenate([self.plain[:, None], chosen], axis=1), self.total, uncounted, uncounted
        )


@dataclass(frozen=True)
class Apart:
    """All squared errors of m outcomes that choices of penalties and held-out losses rest on.

    Attributes:
        choice: (P, 1, m) by which the penalty of all rows is chosen.
        held: each authority left out in turn.
        ahead: each step forward in time.
    """

    choice: Array
    held: HeldOut
    ahead: tuple[HeldOut, ...]


def _held_out(
    train: Moments, test: Moments, controls: Ints, how: Shrinkage, choice: Array
) -> HeldOut:
    net = net_of_controls(train, controls)
    left, grid = left_over(net, test), np.asarray(how.grid)
    return HeldOut(
        choice=choice,
        sse=np.stack([path_losses(net, left, x, grid) for x in how.rivals], axis=2),
        plain=left.yy,
        total=loss_of_mean(test, net),
    )


def apart(d: Design, panel: Panel, outcomes: Array, s: BetweenSettings) -> Apart:
    """Squared errors of outcomes (n, m) under every penalty; the panel gives clusters and years."""
    size = int(panel.authority.max()) + 1
    groups = moments(d.x, outcomes, panel.authority, size)
    folds = fold_of_each(size, s.inner_folds, np.random.default_rng(s.seed))
    rivals = d.columns(s.h_blocks), d.columns(s.b_blocks)
    how = Shrinkage(rivals, s.ridge_grid, folds)
    everyone = np.ones((1, size))
    sets = np.concatenate([everyone, 1.0 - np.eye(size)])
    choice = penalty_losses(groups, sets, d.controls, how)
    steps = forward_steps(
        d, outcomes, panel.authority, panel.year, within_year=s.forward_within_year
    )
    later = d.lasting_controls
    return Apart(
        choice=choice[:, :1],
        held=_held_out(groups.without_each(), groups, d.controls, how, choice[:, 1:]),
        ahead=tuple(
            _held_out(
                step.train.total(),
                step.test,
                later,
                how,
                penalty_losses(step.train, everyone, later, how),
            )
            for step in steps
        ),
    )


def at_strength(three: Apart, r: float) -> Apart:
    """Those of m outcomes with r times the signal, of the outcomes without it (m), with it (m) and
    of the signal alone (1), all quadratic in r.
    """

    def add(part: Array) -> Array:
        m = part.shape[-1] // 2
        each = part[..., :m], part[..., m:-1], part[..., -1:]
        return np.asarray(sum(w * own for w, own in zip(quadratic(r), each, strict=True)))

    def held(one: HeldOut) -> HeldOut:
        return HeldOut(**{part.name: add(getattr(one, part.name)) for part in fields(HeldOut)})

    return Apart(add(three.choice), held(three.held), tuple(held(one) for one in three.ahead))


def read(
    d: Design, panel: Panel, outcomes: Array, found: Apart, s: BetweenSettings, *, asked: Flags
) -> list[tuple[Flags, Evidence]]:
    """What the rule reads, for each penalty that some outcomes choose: which (m,), and the numbers.

    Args:
        d: design of the panel.
        panel: gives clusters.
        outcomes: (n, m).
        found: their squared errors.
        s: settings.
        asked: (m,) of which outcomes.
    """
    h, b = d.columns(s.h_blocks), d.columns(s.b_blocks)
    best = found.choice.argmin(axis=0)[0]
    held, steps = found.held.losses, [one.losses for one in found.ahead]
    out = []
    for chosen in np.unique(best[asked]):
        own: Flags = asked & (best == chosen)
        penalty = s.ridge_grid[chosen]

        def leads(sets: Moments, penalty: float = penalty) -> Array:
            r2 = explained(sets, d.controls, [d.columns(()), h, b], penalty).r2
            return with_roots(r2[:, 1] - r2[:, 0], r2[:, 2] - r2[:, 0])

        numbers = evidence(
            lead=jackknives(leads, clusterings(d, outcomes[:, own], panel)),
            held=_some(held, own),
            ahead=one_after_another([_some(one, own) for one in steps]),
            at=(0, 1, 2),
            s=s,
        )
        out.append((own, numbers))
    return out


def _some(losses: Losses, own: Flags) -> Losses:
    """Those of some outcomes."""
    return Losses(losses.sse[:, :, own], losses.sst[:, own], losses.n_test, losses.n_train)
