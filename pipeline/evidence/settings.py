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

    h_blocks: tuple[str, ...] = ("leadership", "partnership")
    b_blocks: tuple[str, ...] = ("plans", "budgets")
    confidence: float = 0.95
    delta_min: float = 0.02
    loao_alpha: float = 0.05
    equivalence_upper: float = 0.05
    min_authorities: int = 30
    ridge_grid: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
    inner_folds: int = 5
    kfold_folds: int = 5
    kfold_repeats: int = 10
    n_bootstrap: int = 1999
    n_simulations: int = 500
    power_effects: tuple[float, ...] = (0.0, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.20)
    power_target: float = 0.8
    seed: int = 20250101

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
