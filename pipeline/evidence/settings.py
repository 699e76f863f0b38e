"""Every threshold and size of the analysis, in one place."""

from dataclasses import dataclass

READINGS = 2
"""Raised when what the rule reads off the data changes while its thresholds stay: a calibration of
another number speaks of the rule as it was before (docs/decisions.md tells of each change)."""


@dataclass(frozen=True)
class BetweenSettings:
    """Settings of the between-authorities analysis; the framework file gives their values.

    Attributes:
        h_blocks: blocks of the claim's first side; some may be unmeasured in a panel.
        b_blocks: blocks of its second side.
        confidence: level of two-sided intervals and of the one-sided upper bound.
        delta_min: smallest lead (share of the variance) that counts as supported.
        loao_alpha: one-sided p below which the leave-one-authority-out lead counts.
        equivalence_upper: an upper bound below this says "not supported".
        min_authorities: fewer authorities than this stop the specification.
        forward_within_year: whether steps forward in time compare each place with the average of
            its own year, in training and in testing; without it, a national swing that no model
            can know of decides which side predicts better.
        ridge_grid: candidate penalties, ascending, as multiples of each column's sum of squares.
        inner_folds: grouped folds inside a training set that choose the penalty.
        kfold_folds: folds of the repeated grouped K-fold.
        kfold_repeats: its repeats; 0 leaves it out.
        n_bootstrap: cluster bootstrap replicates; 0 leaves it out.
        n_simulations: simulated outcomes per true effect in the power table; 0 leaves it out.
        power_effects: true leads to simulate, ascending.
        power_target: power that defines the minimum detectable effect.
        seed: start of every random draw.

    Raises:
        ValueError: if a value cannot mean anything.
    """

    h_blocks: tuple[str, ...]
    b_blocks: tuple[str, ...]
    confidence: float
    delta_min: float
    loao_alpha: float
    equivalence_upper: float
    min_authorities: int
    forward_within_year: bool
    ridge_grid: tuple[float, ...]
    inner_folds: int
    kfold_folds: int
    kfold_repeats: int
    n_bootstrap: int
    n_simulations: int
    power_effects: tuple[float, ...]
    power_target: float
    seed: int

    def __post_init__(self) -> None:
        for name in ("confidence", "loao_alpha", "power_target"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must lie between 0 and 1")
        for name in ("ridge_grid", "power_effects"):
            values = getattr(self, name)
            if not values or list(values) != sorted(set(values)):
                raise ValueError(f"{name} must be non-empty and ascending")
        if self.ridge_grid[0] < 0:
            raise ValueError("a ridge penalty cannot be negative")
        if self.inner_folds < 2 or self.kfold_folds < 2:
            raise ValueError("cross-validation needs at least 2 folds")
        for name in ("kfold_repeats", "n_bootstrap", "n_simulations"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} cannot be negative")
        if set(self.h_blocks) & set(self.b_blocks):
            raise ValueError("a block cannot stand on both sides of the claim")


@dataclass(frozen=True)
class WithinSettings:
    """Settings of the within-authorities analysis; the framework file gives their values.

    Attributes:
        w_star_min: share of the lasting variation that must lie within authorities.
        partial_r2_min: smallest partial within R2 that counts as supported.
        alpha: one-sided p of the trajectory permutation below which leadership counts.
        confidence: level of two-sided intervals and of the one-sided upper bound.
        min_authorities: fewer authorities with at least two localities in a year stop the
            specification.
        n_permutations: random permutations of trajectories.
        n_bootstrap: authority bootstrap replicates of W*; 0 leaves it out.
        n_simulations: simulated outcomes per true effect in the power table; 0 leaves it out.
        power_effects: true partial within R2 to simulate, ascending, from 0.
        power_target: power that defines the minimum detectable effect.
        seed: start of every random draw.
        ridge_grid: candidate penalties, ascending, as multiples of each column's sum of squares.
        inner_folds: grouped folds of the cross-fitted index, at least 3.
        adopter_share: share of a year's localities that count as adopters.

    Raises:
        ValueError: if a value cannot mean anything.
    """

    w_star_min: float
    partial_r2_min: float
    alpha: float
    confidence: float
    min_authorities: int
    n_permutations: int
    n_bootstrap: int
    n_simulations: int
    power_effects: tuple[float, ...]
    power_target: float
    seed: int
    ridge_grid: tuple[float, ...]
    inner_folds: int
    adopter_share: float

    def __post_init__(self) -> None:
        for name in (
            "w_star_min",
            "partial_r2_min",
            "alpha",
            "confidence",
            "power_target",
            "adopter_share",
        ):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must lie between 0 and 1")
        for name in ("ridge_grid", "power_effects"):
            values = getattr(self, name)
            if not values or list(values) != sorted(set(values)):
                raise ValueError(f"{name} must be non-empty and ascending")
        if self.ridge_grid[0] < 0:
            raise ValueError("a ridge penalty cannot be negative")
        if not 0 <= self.power_effects[0] <= self.power_effects[-1] < 1:
            raise ValueError("a partial R2 lies between 0 and 1")
        if self.inner_folds < 3 or self.min_authorities < self.inner_folds:
            raise ValueError("the index needs at least 3 folds, and an authority for each")
        if self.n_permutations < 1 or min(self.n_bootstrap, self.n_simulations) < 0:
            raise ValueError("there must be permutations, and no negative number of draws")
