"""Tests between two models neither of which holds the other: controls + H and controls + B.

All are secondary. "Neither encompasses" is a common and honest outcome: each side then knows
something that the other does not. Tests that take rows for independent say so in `vcov`; with a few
years per authority they reject far too often, so each has a clustered companion.

Cox's test and J lean on the null model explaining much. Where neither side explains anything, as
often here, Cox's normal approximation rejected the true model in 40% to 80% of 2,000 simulated
outcomes on the designs of three panels, and J with two columns a side in 15%, at a nominal 5%. So
Cox's statistic is given without that p, and both get one by the wild cluster bootstrap (for J,
Davidson and MacKinnon 2002): the null model's residuals with random signs for whole authorities.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import special

from pipeline.evidence.nested import FTest, classic_f, orthonormal, robust_f
from pipeline.evidence.panel import Array, Ints, standardise
from pipeline.evidence.rows import ModelTest
from pipeline.evidence.trajectories import sign_sets
from pipeline.evidence.verdict import number

CLASSIC = "classic, rows as independent"
ROBUST = "CR2, HTZ"
OVER_CONFIDENT = "over-confident: rows as independent"


@dataclass(frozen=True)
class TTest:
    """A t statistic; df is infinite for a normal one."""

    statistic: float
    df: float

    @property
    def p_one_sided(self) -> float:
        """P of so large a statistic if the truth were 0."""
        return float(special.stdtr(self.df, -self.statistic))

    @property
    def p_two_sided(self) -> float:
        """P of a statistic so far from 0 if the truth were 0."""
        return float(2.0 * special.stdtr(self.df, -abs(self.statistic)))


def normal_loglik(y: Array, fitted: Array) -> Array:
    """(n,) normal log-likelihood of each row, with the maximum likelihood variance SSE/n."""
    squares = (y - fitted) ** 2
    variance = squares.mean()
    loglik: Array = -0.5 * (np.log(2.0 * np.pi * variance) + squares / variance)
    return loglik


def vuong(first: Array, second: Array, more: int = 0, codes: Ints | None = None) -> TTest:
    """Vuong's (1989) test that the first model is closer to the truth than the second.

    Rows within a cluster are summed first, as in the test's generalisation to dependent data: the
    statistic is then a t over clusters' differences, with G-1 degrees of freedom. Without codes it
    is Vuong's own, normal. It assumes models that can be told apart; where they fit alike, it is
    conservative.

    Args:
        first, second: (n,) log-likelihood of each row.
        more: parameters that the first has more than the second, for the Akaike correction.
        codes: (n,) cluster of each row, each code from 0 used.
    """
    d = first - second - more / len(first)
    if codes is None:
        spread, df = float(d.std()), np.inf
    else:
        d = np.asarray(np.bincount(codes, weights=d), dtype=np.float64)
        spread, df = float(d.std(ddof=1)), len(d) - 1.0
    # Models with the same fit leave differences of rounding size.
    same = spread <= 1e-12 * float(np.abs(first).max())
    return TTest(np.nan if same else float(np.sqrt(len(d)) * d.mean()) / spread, df)


def diebold_mariano(first: Array, second: Array, horizon: int = 1) -> TTest:
    """Diebold and Mariano's (1995) test that two series of forecasts lose alike.

    With the small-sample correction of Harvey, Leybourne and Newbold (1997). The variance takes
    autocovariances up to horizon - 1 with equal weights, as published; statsmodels'
    `diebold_mariano_test` weights them down (Bartlett), which is the same at horizon 1 only.
    A positive statistic means that the first loses more. For series: a panel has too few years.

    Args:
        first, second: (n,) losses in order of time.
        horizon: steps ahead, at least 1 and fewer than n.

    Raises:
        ValueError: on a horizon out of range.
    """
    n = len(first)
    if not 1 <= horizon < n:
        raise ValueError(f"horizon must lie between 1 and {n - 1}, not {horizon}")
    d = first - second
    centred = d - d.mean()
    covariances = [float(centred[lag:] @ centred[: n - lag]) / n for lag in range(horizon)]
    variance = (covariances[0] + 2.0 * sum(covariances[1:])) / n
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    # Equal weights can give a negative variance; there is no test then.
    moves = variance > 0
    return TTest(float(d.mean() * np.sqrt(correction / variance)) if moves else np.nan, n - 1.0)


def information_weights(criteria: Array) -> Array:
    """Weights (M,) that add up to 1, from AIC or BIC (M,): exp(-difference/2) to scale."""
    weights = np.exp(-0.5 * (criteria - criteria.min()))
    scaled: Array = weights / weights.sum()
    return scaled


def nonnested(
    outcome: Array,
    controls: Array,
    h: Array,
    b: Array,
    authority: Ints,
    *,
    composition: str = "composite",
    n_bootstrap: int = 0,
    seed: int = 0,
) -> tuple[ModelTest, ...]:
    """Every test between controls + H and controls + B, by least squares.

    J (Davidson and MacKinnon 1981), Cox (Pesaran 1974) and encompassing F tests, whose direction
    names the model that is true under the null and the one it is tested against, p two-sided;
    Vuong's, one-sided; AIC and BIC weights. Where one model holds the other, or too few rows are
    left, the statistic is None. Cox's is far from normal where the null model explains little, so
    its p is the bootstrap's alone.

    Args:
        outcome: (n,).
        controls: (n, c) standardised, no intercept; c may be 0.
        h, b: (n, k) standardised columns of the two sides.
        authority: (n,) cluster codes 0..G-1, each used.
        composition: what the rows are labelled with.
        n_bootstrap: sets of signs for the p of J and Cox; 0 leaves these rows out.
        seed: of them.
    """
    # Every model holds the mean, so that nothing is lost to it in rounding.
    outcome = outcome - outcome.mean()
    base = orthonormal(np.column_stack([np.ones(len(outcome)), controls]))
    # Bases of the same column spaces: every test here depends on nothing else, and collinear
    # columns drop out.
    models = {
        name: np.hstack([base, orthonormal(x - base @ (base.T @ x))])
        for name, x in (("H", h), ("B", b))
    }
    rank = orthonormal(np.hstack(list(models.values()))).shape[1]
    comparable = max(x.shape[1] for x in models.values()) < rank < len(outcome)
    row = partial(ModelTest, composition)
    bootstrapped: Iterator[ModelTest] = iter(())
    if comparable and n_bootstrap:
        rng = np.random.default_rng(seed)
        signs, exact = sign_sets(int(authority.max()) + 1, n_bootstrap, rng)
        bootstrapped = _signed(outcome, models, authority, row, (signs, exact))
    return (
        *_pairwise(outcome, models, authority, row, comparable),
        *bootstrapped,
        *_likelihood(outcome, models, authority, row, comparable),
    )


def _pairwise(
    y: Array, models: dict[str, Array], authority: Ints, row: partial[ModelTest], comparable: bool
) -> Iterator[ModelTest]:
    for null, other in (("H", "B"), ("B", "H")):
        direction = f"null {null}, alternative {other}"
        if not comparable:
            for test in ("J", "Cox", "encompassing"):
                yield row(test, direction, None, 0.0, None, None, CLASSIC)
            continue
        predicted = standardise(models[other] @ (models[other].T @ y))[:, None]
        yield _f_row(row, "J", direction, classic_f(y, models[null], predicted), CLASSIC)
        yield _f_row(row, "J", direction, robust_f(y, models[null], predicted, authority), ROBUST)
        as_is = np.ones((1, int(authority.max()) + 1))
        cox = two_models(y, (models[null], models[other]), authority, as_is)[1]
        yield row("Cox", direction, number(cox[0]), 1.0, None, None, OVER_CONFIDENT)
        whole = y, models[null], models[other]
        yield _f_row(row, "encompassing", direction, classic_f(*whole), CLASSIC)
        yield _f_row(row, "encompassing", direction, robust_f(*whole, authority), ROBUST)


def _signed(
    y: Array,
    models: dict[str, Array],
    authority: Ints,
    row: partial[ModelTest],
    drawn: tuple[Array, bool],
) -> Iterator[ModelTest]:
    """J and Cox once more, held against what they are when the null model is true.

    drawn: (R, G) signs of authorities, and whether they are all that there are.
    """
    signs, exact = drawn
    as_is = np.ones((1, signs.shape[1]))
    for null, other in (("H", "B"), ("B", "H")):
        found = two_models(y, (models[null], models[other]), authority, np.vstack([as_is, signs]))
        # Drawn signs leave out the ones as they are; listed in full, they are there already.
        total = len(signs) + (not exact)
        for test, each in zip(("J", "Cox"), found, strict=True):
            value, all_of = float(each[0]), each[1:]
            slack = 1e-9 * max(1.0, abs(value))
            tails = [(all_of >= value - slack).sum(), (all_of <= value + slack).sum()]
            # J is a square, so that one tail of it is both of t's.
            share = (tails[0] if test == "J" else min(tails)) + (not exact)
            p = min(1.0, float((1 if test == "J" else 2) * share / total))
            direction = f"null {null}, alternative {other}"
            vcov = f"wild cluster bootstrap, {total} sets of signs"
            yield row(test, direction, number(value), 1.0, None, number(p), vcov)


def two_models(
    y: Array, bases: tuple[Array, Array], authority: Ints, signs: Array
) -> tuple[Array, Array]:
    """(R,) J as F and Cox's z: is the null model true, against another.

    Of outcomes that are what the null model fits plus what it leaves of y, the signs of this turned
    for whole authorities. All that the tests read are squares and products with the two models'
    columns, and these are linear in the signs.

    Args:
        y: (n,).
        bases: (n, k) orthonormal bases of the columns of the null model and of the other.
        authority: (n,) codes 0..G-1, each used.
        signs: (R, G).
    """
    null, other = bases
    n, shared = len(y), null.T @ other
    fitted = null @ (null.T @ y)
    left = y - fitted
    columns = np.column_stack([fitted, null, other])
    moves = np.zeros((signs.shape[1], columns.shape[1]))
    np.add.at(moves, authority, columns * left[:, None])
    on_fitted, on_null, on_other = np.split(
        (columns.T @ fitted)[:, None] + (signs @ moves).T, [1, 1 + null.shape[1]]
    )
    squares = left @ left - fitted @ fitted + 2.0 * on_fitted[0]

    explained, explained_other = ((on**2).sum(axis=0) for on in (on_null, on_other))
    sse, sse_other = squares - explained, squares - explained_other
    # What the other model predicts, as the null model has it.
    known = shared @ on_other
    size = explained_other - (known**2).sum(axis=0)
    gain = (explained_other - (known * on_null).sum(axis=0)) ** 2 / np.where(size > 0, size, 1.0)
    j = gain * (n - len(on_null) - 1) / (sse - gain)
    # What the null model predicts and the other one misses, and what of it lies outside the null.
    on_both = shared.T @ on_null
    missed = explained - (on_both**2).sum(axis=0)
    back = missed - ((on_null - shared @ on_both) ** 2).sum(axis=0)
    expected = sse + missed
    spread = np.sqrt(sse / n * np.maximum(back, 0.0)) / (expected / n)
    cox = 0.5 * n * np.log(sse_other / expected) / np.where(spread > 0, spread, np.inf)
    return j, cox


def _f_row(row: partial[ModelTest], test: str, direction: str, f: FTest, vcov: str) -> ModelTest:
    return row(test, direction, number(f.statistic), f.df1, number(f.df2), number(f.p), vcov)


def _likelihood(
    y: Array, models: dict[str, Array], authority: Ints, row: partial[ModelTest], comparable: bool
) -> Iterator[ModelTest]:
    loglik = {name: normal_loglik(y, x @ (x.T @ y)) for name, x in models.items()}
    columns = {name: x.shape[1] for name, x in models.items()}
    more = columns["H"] - columns["B"]
    for vcov, codes in ((CLASSIC, None), ("by authority", authority)):
        z = vuong(loglik["H"], loglik["B"], more, codes) if comparable else TTest(np.nan, np.nan)
        yield row(
            "Vuong, Akaike-corrected",
            "H better than B",
            number(z.statistic),
            1.0,
            number(z.df),
            number(z.p_one_sided),
            vcov,
        )
    for test, penalty in (("AIC weight", 2.0), ("BIC weight", float(np.log(len(y))))):
        criteria = [penalty * columns[name] - 2.0 * loglik[name].sum() for name in models]
        for name, weight in zip(models, information_weights(np.array(criteria)), strict=True):
            yield row(test, name, float(weight), float(columns[name]), None, None, OVER_CONFIDENT)
