"""Logistic regression given how many of each stratum are cases."""

from dataclasses import dataclass

import numpy as np

from pipeline.evidence.locality import codes_of
from pipeline.evidence.panel import Array, Flags, Ints

STEPS = 100
"""Newton's; a likelihood with a maximum needs fewer than ten."""


@dataclass(frozen=True)
class Logit:
    """Conditional maximum likelihood: coefficients and standard errors (k,), log-likelihoods."""

    beta: Array
    se: Array
    loglik_null: float
    loglik: float


def conditional_logit(case: Flags, x: Array, strata: Ints) -> Logit | None:
    """Logit of being a case (n,) on x (n, k), given how many of each stratum are.

    Chamberlain (1980). None where no stratum holds both, or no finite maximum is found (x may
    separate cases from others altogether).
    """
    both = discordant(case, strata)
    rows, at = x[both], codes_of(strata[both])
    if at.max(initial=-1) < x.shape[1]:
        return None
    cases = case[both]
    beta = np.zeros(x.shape[1])
    null, slope, information = _loglik(beta, cases, rows, at)
    loglik = null
    try:
        for _ in range(STEPS):
            step = np.linalg.solve(information, slope)
            beta = beta + step
            loglik, slope, information = _loglik(beta, cases, rows, at)
            if step @ information @ step < 1e-20:
                break
        se = np.sqrt(np.diag(np.linalg.inv(information)))
    except np.linalg.LinAlgError:
        return None
    # A coefficient that runs away drags its standard error with it.
    if not (np.isfinite(loglik) and se.max() < 1e3 / rows.std(axis=0).max()):
        return None
    return Logit(beta, se, null, loglik)


def discordant(case: Flags, strata: Ints) -> Flags:
    """(n,) the rows of strata where some are cases and some are not."""
    count, rows = np.bincount(strata, case), np.bincount(strata)
    return np.asarray(((count > 0) & (count < rows))[strata])


def _loglik(beta: Array, case: Flags, x: Array, strata: Ints) -> tuple[float, Array, Array]:
    """Log-likelihood, its gradient (k,) and information (k, k).

    What a stratum could have been, every choice of as many cases out of its rows, is added up row
    by row (Gail, Lubin and Rubinstein 1981), all strata and both derivatives at once.
    """
    size, cases = np.bincount(strata), np.bincount(strata, case).astype(np.int64)
    order = np.argsort(strata, kind="stable")
    at = strata[order], np.arange(len(x)) - (np.cumsum(size) - size)[strata[order]]
    sets, k = len(size), x.shape[1]
    # Rows of a stratum side by side; one that is not there weighs nothing.
    score = np.full((sets, size.max()), -np.inf)
    score[at] = (x @ beta)[order]
    columns = np.zeros((*score.shape, k))
    columns[at] = x[order]
    highest = score.max(axis=1)
    weights = np.exp(score - highest[:, None])
    # Over all choices of 0, 1, ... of the rows so far: sum of weights, of the choices' weighted
    # totals of x, and of the totals' squares and products, as one matrix of (1, total).
    sums = np.zeros((sets, cases.max() + 1, k + 1, k + 1))
    sums[:, 0, 0, 0] = 1.0
    for j in range(score.shape[1]):
        # A choice that takes the row in has a total larger by the row.
        moved = np.tile(np.eye(k + 1), (sets, 1, 1, 1))
        moved[:, 0, 1:, 0] = columns[:, j]
        taken_in = moved @ sums[:, :-1] @ moved.swapaxes(2, 3)
        sums[:, 1:] += weights[:, j, None, None, None] * taken_in
    of_cases = sums[np.arange(sets), cases]
    whole = of_cases[:, 0, 0]
    mean, square = of_cases[:, 1:, 0] / whole[:, None], of_cases[:, 1:, 1:] / whole[:, None, None]
    loglik = (x @ beta)[case].sum() - (np.log(whole) + cases * highest).sum()
    return (
        float(loglik),
        x[case].sum(axis=0) - mean.sum(axis=0),
        square.sum(axis=0) - mean.T @ mean,
    )
