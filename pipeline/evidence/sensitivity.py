"""How strong an unobserved confounder would have to be: Cinelli and Hazlett (2020).

Everything here is the algebra of omitted variable bias in least squares, so t, F, standard error
and degrees of freedom are the classic ones of the fit, never cluster-robust ones. The versions with
alpha inherit the classic standard error: with clustered rows they are on the hopeful side.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special


def partial_r2(t: float, df: float) -> float:
    """Share of the residual variance that one column explains, from its t and residual df."""
    return group_partial_r2(t**2, 1, df)


def group_partial_r2(f: float, columns: int, df: float) -> float:
    """The same for a group of columns, from their joint F statistic."""
    return columns * f / (columns * f + df)


def group_robustness_value(
    f: float, columns: int, df: float, q: float = 1.0, alpha: float | None = None
) -> float:
    """Robustness value RV_q, or RV_(q, alpha), of a block, from the joint F of its columns.

    The share of the residual variance of both the outcome and the block that a confounder would
    have to explain to take away 100q% of the estimate, or to make what is left not significant at
    level alpha. It belongs to the block's fitted index, the one combination of its columns whose
    partial R2 is the block's; alpha is the level of the joint F test, so RV_(1, alpha) is 0 just
    where that test fails. With one column F is t squared, and the level is two-sided.

    Raises:
        ValueError: unless df > 1, q > 0 and 0 < alpha < 1.
    """
    if df <= 1 or q <= 0 or (alpha is not None and not 0 < alpha < 1):
        raise ValueError(f"no robustness value for df={df}, q={q}, alpha={alpha}")
    reach = q * np.sqrt(columns * f / df)
    critical = 0.0
    if alpha is not None:
        # One degree of freedom less: the confounder would take one.
        critical = np.sqrt(columns * special.fdtri(columns, df - 1, 1.0 - alpha) / (df - 1))
    excess = reach - critical
    if excess <= 0:
        return 0.0
    if reach * critical > 1:
        # So large an effect that a confounder does best by explaining the column alone.
        return float((reach**2 - critical**2) / (1 + reach**2))
    return float(0.5 * (np.sqrt(excess**4 + 4 * excess**2) - excess**2))


@dataclass(frozen=True)
class Confounder:
    """Partial R2 of a confounder with the column (given the controls) and with the outcome."""

    with_column: float
    with_outcome: float


def benchmark(
    column_r2: float, outcome_r2: float, k_column: float = 1.0, k_outcome: float = 1.0
) -> Confounder:
    """Bound on a confounder k times as strong as an observed control.

    Args:
        column_r2: partial R2 of the control with the column, given the other controls.
        outcome_r2: partial R2 of the control with the outcome, given column and other controls.
        k_column, k_outcome: how many times as strong as the control the confounder may be.

    Raises:
        ValueError: if no confounder can be so strong.
    """
    with_column = k_column * column_r2 / (1 - column_r2)
    if with_column >= 1 or k_column * column_r2 >= 1:
        raise ValueError(f"no confounder can be {k_column} times as strong with the column")
    shared = k_column * column_r2**2 / ((1 - k_column * column_r2) * (1 - column_r2))
    if shared >= 1:
        raise ValueError(f"no confounder can be {k_column} times as strong with the column")
    strength = (np.sqrt(k_outcome) + np.sqrt(shared)) / np.sqrt(1 - shared)
    with_outcome = strength**2 * outcome_r2 / (1 - outcome_r2)
    return Confounder(with_column, float(min(with_outcome, 1.0)))


@dataclass(frozen=True)
class Adjusted:
    """What would be left of a coefficient with the confounder in the model."""

    estimate: float
    se: float

    @property
    def t(self) -> float:
        """Its t statistic."""
        return self.estimate / self.se


def adjusted(estimate: float, se: float, df: float, confounder: Confounder) -> Adjusted:
    """The coefficient if there were such a confounder, working towards 0 as hard as it can."""
    column, outcome = confounder.with_column, confounder.with_outcome
    bias = se * np.sqrt(df * outcome * column / (1 - column))
    left = float(np.sign(estimate) * (abs(estimate) - bias))
    return Adjusted(left, float(se * np.sqrt((1 - outcome) / (1 - column) * df / (df - 1))))
