"""Multiple imputation of a panel, and Rubin's rules for what is estimated from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.linalg.lapack import dtrtrs

from pipeline.evidence.panel import Array, Ints

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

    Own code because neither library at hand does this: scikit-learn's IterativeImputer draws each
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

    Places are those of the intercept, all columns, and all columns' authority means.

    Attributes:
        column: its own place.
        predictors: (p,) places of everything but itself and its means.
        pairs: (p, p) places of their cross-products in the flat matrix.
        seen: (n,) 1 where it is measured, 0 where not.
        gone: rows where it is missing.
        size: (G,) measured rows of each authority.
        rows, authorities: measured rows, and authorities with any.
        cross: (q, q) cross-products over the measured rows.
        sums: (q, G) sums over the measured rows of each authority.
        residual, between: variances of the residual and of the intercepts, from the last scan.
    """

    column: int
    predictors: Ints
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

    Its state is the intercept and the columns (1 + k, n), and the columns' authority means (k, G).
    A scan moves the incomplete columns only, so that of an equation's sums the rest is worked out
    once; cross-products with means follow from the sums.

    Args:
        filled: (n, k) columns of like size, each gap filled with a first guess.
        missing: (n, k) where the gaps are.
        authority: (n,) codes 0..G-1, each used.
        order: incomplete columns, in the order in which a scan draws them.
    """

    def __init__(
        self, filled: Array, missing: NDArray[np.bool_], authority: Ints, order: list[int]
    ) -> None:
        self.authority, self.rows_of = authority, np.bincount(authority)
        self.moving = 1 + np.array(order, dtype=np.int64)
        # (1 + k, n) a number for each column and authority, to add up by.
        self.cells = authority + len(self.rows_of) * np.arange(filled.shape[1] + 1)[:, None]
        self.state = np.vstack([np.ones(len(filled)), filled.T])
        self.means = self._sums(self.state[1:]) / self.rows_of
        self.equations = [self._equation(j, missing[:, j]) for j in order]

    def _sums(self, rows: Array) -> Array:
        """(r, G) sums over authorities of (r, n)."""
        cells = self.cells[: len(rows)].ravel()
        sums = np.bincount(cells, rows.ravel()).reshape(len(rows), -1)
        return np.asarray(sums, dtype=np.float64)

    def _equation(self, j: int, missing: NDArray[np.bool_]) -> _Equation:
        k = len(self.means)
        seen = (~missing).astype(np.float64)
        measured = self.state * seen
        size = np.bincount(self.authority, seen).astype(np.float64)
        cross = np.zeros((1 + 2 * k, 1 + 2 * k))
        cross[: 1 + k, : 1 + k] = measured @ self.state.T
        predictors = np.delete(np.arange(1 + 2 * k), [1 + j, 1 + k + j])
        return _Equation(
            column=1 + j,
            predictors=predictors,
            pairs=predictors[:, None] * len(cross) + predictors,
            seen=seen,
            gone=np.flatnonzero(missing),
            size=size,
            rows=float(seen.sum()),
            authorities=np.flatnonzero(size),
            cross=cross,
            sums=np.vstack([self._sums(measured), size * self.means]),
        )

    def filled(self) -> Array:
        """(n, k) the completed columns, rows as they were given."""
        return self.state[1:].T

    def scan(self, rng: np.random.Generator) -> None:
        """Draw each incomplete column once."""
        for one in self.equations:
            self._draw(one, rng)

    def _draw(self, one: _Equation, rng: np.random.Generator) -> None:
        """Draw coefficients, intercepts and both variances of a column, then its missing values."""
        own, columns = self.state[one.column], len(self.state)
        measured = self.state[self.moving] * one.seen
        products = measured @ self.state.T
        one.cross[self.moving, :columns], one.cross[:columns, self.moving] = products, products.T
        one.sums[self.moving], one.sums[columns:] = self._sums(measured), one.size * self.means
        one.cross[:, columns:] = one.sums @ self.means.T
        one.cross[columns:, :columns] = one.cross[:columns, columns:].T

        # Coefficients with the intercepts integrated out, by generalised least squares: each
        # authority's sums count for less.
        shrunk = np.sqrt(one.between / (one.residual + one.size * one.between)) * one.sums
        products = one.cross - shrunk @ shrunk.T
        precision = products.take(one.pairs)
        precision.ravel()[:: len(precision) + 1] += RIDGE * one.rows
        root = np.linalg.cholesky(precision).T
        on_y = dtrtrs(root, products[one.predictors, one.column], trans=1)[0]
        noise = np.sqrt(one.residual) * rng.normal(size=len(on_y))
        beta = np.zeros(len(products))
        beta[one.predictors] = dtrtrs(root, on_y + noise)[0]

        # Intercepts; an authority without values has precision 1/between, its prior.
        fitted = beta[:columns] @ self.state + (beta[columns:] @ self.means)[self.authority]
        left = one.seen * (own - fitted)
        weight = one.size / one.residual + 1.0 / one.between
        centre = np.bincount(self.authority, left) / one.residual / weight
        intercept = centre + rng.normal(size=len(centre)) / np.sqrt(weight)

        # Scaled inverse chi-squared; flat on the intercepts' standard deviation (Gelman 2006).
        at = intercept[self.authority]
        fitted += at
        left -= one.seen * at
        here = intercept[one.authorities]
        residual = float(left @ left) / rng.chisquare(one.rows)
        between = float(here @ here) / rng.chisquare(len(here) - 1)
        # Rounding must not turn an absent variance into an infinite precision.
        one.residual, one.between = max(residual, 1e-10), max(between, 1e-10)
        own[one.gone] = fitted[one.gone] + np.sqrt(one.residual) * rng.normal(size=len(one.gone))
        self.means[one.column - 1] = np.bincount(self.authority, own) / self.rows_of
