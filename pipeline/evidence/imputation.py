"""Multiple imputation of a panel, and Rubin's rules for what is estimated from it."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy import special
from scipy.linalg.lapack import dpotrf, dtrtrs

from pipeline.evidence.panel import Array, Flags, Ints

# Scans before the first imputation and between two of them. Scans are cheap and, as the random
# intercepts are integrated out of the coefficients' draw, mix fast.
BURN_IN = 50
BETWEEN = 10
# Ridge on columns of like size: keeps collinear predictors (a full set of dummies) solvable and
# shrinks the rest by a hundred-thousandth of their own information.
RIDGE = 1e-5


@dataclass(frozen=True)
class Pooled:
    """Estimates pooled over m imputations by Rubin's rules; every array as the estimates' shape.

    Attributes:
        estimate: mean of the estimates.
        ubar: mean of their variances (within imputations).
        b: variance of the estimates (between imputations).
        t: total variance, ubar + (1 + 1/m) b.
        df: Barnard and Rubin's (1999) degrees of freedom.
        riv: relative increase in variance that is due to missing values.
        lambda_: share of the total variance that is.
        fmi: fraction of information that is missing.
    """

    estimate: Array
    ubar: Array
    b: Array
    t: Array
    df: Array
    riv: Array
    lambda_: Array
    fmi: Array

    def interval(self, confidence: float) -> tuple[Array, Array]:
        """Two-sided interval."""
        reach = special.stdtrit(self.df, (1.0 + confidence) / 2.0) * np.sqrt(self.t)
        return self.estimate - reach, self.estimate + reach


def rubin(estimates: Array, variances: Array, df_complete: float) -> Pooled:
    """Pool estimates (m, ...) and their squared standard errors (m, ...), m >= 2.

    Args:
        estimates: one from each completed array.
        variances: theirs, above 0.
        df_complete: degrees of freedom if nothing were missing: G-1 for a variance clustered by G
            authorities, infinite for a normal statistic.

    Raises:
        ValueError: if the shapes differ, m < 2, or a variance is not above 0.
    """
    m = len(estimates)
    if m < 2 or estimates.shape != variances.shape:
        raise ValueError(f"pooling needs at least 2 pairs, not {estimates.shape, variances.shape}")
    if not (variances > 0).all():
        raise ValueError("variances must be above 0")
    ubar, b = variances.mean(axis=0), estimates.var(axis=0, ddof=1)
    extra = (1 + 1 / m) * b
    t = ubar + extra
    riv, share = extra / ubar, extra / t
    # Nothing between imputations leaves infinite df on that count, and so 1/df = 0.
    old = share**2 / (m - 1)
    kept = 1.0 if np.isinf(df_complete) else (df_complete + 1) / (df_complete + 3)
    observed = 1.0 / (kept * df_complete * (1 - share))
    with np.errstate(divide="ignore"):
        df = 1.0 / (old + observed)
    fmi = (riv + 2 / (df + 3)) / (1 + riv)
    return Pooled(estimates.mean(axis=0), ubar, b, t, df, riv, share, fmi)


def impute(columns: Array, authority: Ints, m: int, seed: int) -> Array:
    """Completed arrays (m, n, k) of columns (n, k) with NaN, by chained equations.

    Each incomplete column in turn is drawn from a linear model with a random intercept for each
    authority, given all other columns and their authority means (van Buuren 2018, chapter 7):
    coefficients, intercepts and both variances are drawn from their posterior, then the missing
    values. An authority without any value gets its intercept from the distribution of intercepts.
    Missing at random given the columns is assumed.

    Own code because no library that was tried does this: scikit-learn's IterativeImputer draws each
    row's value from its own margin, so rows do not share the uncertainty of the coefficients and
    standard errors come out too small; statsmodels' MICE only matches on predicted means, which
    misses badly where values are scarce on one side. Neither has a random intercept.

    Args:
        columns: every variable of the analysis, the outcome and the controls among them, and any
            other that tells why values are missing. A column that holds for a whole authority or
            authority-year is to be imputed on rows of that level, and joined afterwards: here each
            row is drawn for itself.
        authority: (n,) codes 0..G-1, each used.
        m: completed arrays; at least 20 for results to be published.
        seed: start of the draws.

    Raises:
        ValueError: if m < 1, a value is infinite, or a column has too few different values: at
            least 3, and values in at least 3 authorities.
    """
    missing = np.isnan(columns)
    if m < 1 or np.isinf(columns).any():
        raise ValueError("m must be at least 1 and values finite or NaN")
    for j in np.flatnonzero(missing.any(axis=0)).tolist():
        there = ~missing[:, j]
        if min(len(np.unique(columns[there, j])), len(np.unique(authority[there]))) < 3:
            raise ValueError(f"column {j} has too few values to impute from")
    rng = np.random.default_rng(seed)
    centre, scale = np.nanmean(columns, axis=0), np.nanstd(columns, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    filled = np.where(missing, 0.0, (columns - centre) / scale)
    # Fewest missing first, as the better known columns then inform the others.
    counts = missing.sum(axis=0)
    incomplete = [j for j in np.argsort(counts, kind="stable").tolist() if counts[j]]
    chain = _Chain(filled, missing, authority, incomplete)
    out = np.empty((m, *columns.shape))
    for draw in range(m):
        for _ in range(BETWEEN if draw else BURN_IN):
            chain.scan(rng)
        out[draw] = np.where(missing, chain.filled() * scale + centre, columns)
    return out


@dataclass
class _Equation:
    """One incomplete column's model: its predictors, and sums over the rows where it is measured.

    Places are those of the chain's columns, then of their authority means.

    Attributes:
        column: its own place.
        order: (p + 1,) places of its predictors (all but itself and its means), then its own.
        pairs: (p + 1, p + 1) places of their cross-products in the flat upper triangle.
        seen: (n,) 1 where it is measured, 0 where not.
        gone: rows where it is missing.
        size: (G,) measured rows of each authority.
        rows, authorities: measured rows, and authorities with any.
        cross: (1 + k, 1 + k) cross-products of the columns over the measured rows, upper triangle.
        sums: (q, G) sums over the measured rows of each authority.
        residual, between: variances of the residual and of the intercepts, from the last scan.
    """

    column: int
    order: Ints
    pairs: Ints
    seen: Array
    gone: Ints
    size: Array
    rows: float
    authorities: Ints
    cross: Array
    sums: Array
    residual: float = 0.5
    between: float = 0.5


class _Chain:
    """A Gibbs sampler over the incomplete columns.

    Its state is the columns (1 + k, n), an intercept first and the incomplete ones last, and the
    columns' authority means (k, G). A scan moves the incomplete columns only, so that of an
    equation's sums the rest is worked out once; cross-products with means follow from the sums.

    Args:
        filled: (n, k) columns of like size, each gap filled with a first guess.
        missing: (n, k) where the gaps are.
        authority: (n,) codes 0..G-1, each used.
        order: incomplete columns, in the order in which a scan draws them.
    """

    def __init__(self, filled: Array, missing: Flags, authority: Ints, order: list[int]) -> None:
        self.authority, self.rows_of = authority, np.bincount(authority)
        moves = missing.any(axis=0)
        given = np.argsort(moves, kind="stable")
        # (k,) place of each column as it was given.
        self.places = 1 + np.argsort(given)
        self.state = np.vstack([np.ones(len(filled)), filled.T[given]])
        self.means = np.empty((len(given), len(self.rows_of)))
        self.moving = slice(len(self.state) - int(moves.sum()), len(self.state))
        # A number for each moving column and authority, to add up by.
        cells = authority + len(self.rows_of) * np.arange(moves.sum())[:, None]
        self.cells = cells.ravel()
        for row, column in zip(self.means, self.state[1:], strict=True):
            row[:] = self._mean(column)
        self.equations = [self._equation(j, missing[:, j]) for j in order]

    def _mean(self, column: Array) -> Array:
        """(G,) means over authorities of a column (n,)."""
        mean: Array = np.bincount(self.authority, column) / self.rows_of
        return mean

    def _equation(self, j: int, missing: Flags) -> _Equation:
        k, own = len(self.means), self.places[j]
        seen = (~missing).astype(np.float64)
        measured = self.state * seen
        size = np.bincount(self.authority, seen).astype(np.float64)
        # In the order of the columns as they were given.
        others = np.delete(self.places, j)
        order = np.concatenate([[0], others, others + k, [own]])
        first, second = np.minimum(order[:, None], order), np.maximum(order[:, None], order)
        sums = [np.bincount(self.authority, column) for column in measured]
        return _Equation(
            column=int(own),
            order=order,
            pairs=first * (1 + 2 * k) + second,
            seen=seen,
            gone=np.flatnonzero(missing),
            size=size,
            rows=float(size.sum()),
            authorities=np.flatnonzero(size),
            cross=measured @ self.state.T,
            sums=np.vstack([*sums, size * self.means]),
        )

    def filled(self) -> Array:
        """(n, k) the completed columns, rows and columns as they were given."""
        return self.state[self.places].T

    def scan(self, rng: np.random.Generator) -> None:
        """Draw each incomplete column once."""
        for one in self.equations:
            self._draw(one, rng)

    def _draw(self, one: _Equation, rng: np.random.Generator) -> None:
        """Draw coefficients, intercepts and both variances of a column, then its missing values."""
        own, columns = self.state[one.column], len(self.state)
        measured = self.state[self.moving] * one.seen
        np.matmul(self.state, measured.T, out=one.cross[:, self.moving])
        one.sums[self.moving] = np.bincount(self.cells, measured.ravel()).reshape(len(measured), -1)
        np.multiply(one.size, self.means, out=one.sums[columns:])

        # Coefficients with the intercepts integrated out, by generalised least squares: each
        # authority's sums count for less. The sums of means are size * mean.
        full = one.residual + one.size * one.between
        less = one.between / full
        root_less = np.sqrt(less)
        products = np.empty((len(one.sums), len(one.sums)))
        np.matmul(one.sums * (one.residual / full), self.means.T, out=products[:, columns:])
        taken = one.sums[:columns] * root_less
        np.subtract(one.cross, taken @ taken.T, out=products[:columns, :columns])
        precision = products.take(one.pairs)
        precision.ravel()[:: len(precision) + 1] += RIDGE * one.rows
        # The column itself stands last, and so does what the others' root gives of their products
        # with it. LAPACK by itself, as this is done thousands of times.
        root, wrong = dpotrf(precision.T, overwrite_a=True, clean=False)
        if wrong:
            raise np.linalg.LinAlgError("predictors are collinear in spite of the ridge")
        predictors = len(root) - 1
        normal = rng.standard_normal(predictors + len(full))
        found = root[:, -1].copy()
        found[:-1] += sqrt(one.residual) * normal[:predictors]
        found[-1] = 0.0
        beta = np.zeros(len(products))
        beta[one.order] = dtrtrs(root, found)[0]

        # Intercepts; an authority without values has precision 1/between, its prior.
        left = one.sums[one.column] - beta @ one.sums
        intercept = less * left + sqrt(one.residual) * root_less * normal[predictors:]

        # Scaled inverse chi-squared; flat on the intercepts' standard deviation (Gelman 2006).
        level = intercept + beta[columns:] @ self.means
        fitted = beta[:columns] @ self.state + level[self.authority]
        left = one.seen * (own - fitted)
        here = intercept[one.authorities]
        residual = float(left @ left) / rng.chisquare(one.rows)
        between = float(here @ here) / rng.chisquare(len(here) - 1)
        # Rounding must not turn an absent variance into an infinite precision.
        one.residual, one.between = max(residual, 1e-10), max(between, 1e-10)
        noise = sqrt(one.residual) * rng.standard_normal(len(one.gone))
        own[one.gone] = fitted[one.gone] + noise
        self.means[one.column - 1] = self._mean(own)
