"""Every threshold and size of the between-authorities analysis, in one place."""

from dataclasses import dataclass


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
