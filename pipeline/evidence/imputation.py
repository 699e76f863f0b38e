"""Multiple imputation of a panel, and Rubin's rules for what is estimated from it."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

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
        reach = stats.t.ppf((1.0 + confidence) / 2.0, self.df) * np.sqrt(self.t)
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
    z = (columns - centre) / scale
    filled = np.where(missing, 0.0, z)
    # Fewest missing first, as the better known columns then inform the others.
    counts = missing.sum(axis=0)
    order = [j for j in np.argsort(counts, kind="stable").tolist() if counts[j]]
    variances = dict.fromkeys(order, (0.5, 0.5))
    means = group_means(filled, authority)
    out = np.empty((m, *columns.shape))
    for draw in range(m):
        for _ in range(BETWEEN if draw else BURN_IN):
            for j in order:
                others = np.arange(filled.shape[1]) != j
                x = np.hstack([filled[:, others], means[:, others]])
                drawn, variances[j] = _draw(z[:, j], x, authority, variances[j], rng)
                filled[missing[:, j], j] = drawn
                means[:, [j]] = group_means(filled[:, [j]], authority)
        out[draw] = np.where(missing, filled * scale + centre, columns)
    return out


def group_means(x: Array, codes: Ints) -> Array:
    """(n, k) mean of each column over the rows of each row's group."""
    groups = int(codes.max()) + 1
    size = np.bincount(codes, minlength=groups)
    means: Array = _group_sums(x, codes, groups) / np.maximum(size, 1)[:, None]
    return means[codes]


def _group_sums(x: Array, codes: Ints, groups: int) -> Array:
    cells = codes[:, None] * x.shape[1] + np.arange(x.shape[1])
    sums = np.bincount(cells.ravel(), weights=x.ravel(), minlength=groups * x.shape[1])
    return np.asarray(sums.reshape(groups, -1), dtype=np.float64)


def _draw(
    y: Array,
    x: Array,
    codes: Ints,
    variances: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[Array, tuple[float, float]]:
    """One Gibbs scan of a random-intercept model, and values for the missing rows.

    Args:
        y: (n,), NaN where missing.
        x: (n, q) predictors of like size, without an intercept.
        codes: (n,) groups.
        variances: of the residual and of the intercepts, from the last scan.
        rng: source of the draws.

    Returns:
        Values for the missing rows, and the variances of this scan.
    """
    residual, between = variances
    x = np.column_stack([np.ones(len(y)), x])
    missing = np.isnan(y)
    seen = ~missing
    xs, ys, at = x[seen], y[seen], codes[seen]
    groups = int(codes.max()) + 1
    size = np.bincount(at, minlength=groups).astype(np.float64)

    # Coefficients with the intercepts integrated out: generalised least squares by taking off a
    # share of each group's mean.
    share = 1.0 - np.sqrt(residual / (residual + size * between))
    full = np.maximum(size, 1.0)
    group_y = np.bincount(at, weights=ys, minlength=groups) / full
    group_x = _group_sums(xs, at, groups) / full[:, None]
    x_star = xs - (share[:, None] * group_x)[at]
    y_star = ys - (share * group_y)[at]
    precision = x_star.T @ x_star + RIDGE * len(ys) * np.eye(x.shape[1])
    root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, x_star.T @ y_star)
    noise = np.linalg.solve(root.T, rng.normal(size=len(mean)))
    beta = mean + np.sqrt(residual) * noise

    # Intercepts; a group without values has precision 1/between, its prior.
    left = ys - xs @ beta
    weight = size / residual + 1.0 / between
    centre = np.bincount(at, weights=left, minlength=groups) / residual / weight
    intercept = centre + rng.normal(size=groups) / np.sqrt(weight)

    # Scaled inverse chi-squared; flat on the standard deviation of the intercepts (Gelman 2006).
    left = left - intercept[at]
    residual = float(left @ left) / rng.chisquare(len(ys))
    seen_groups = size > 0
    between = float((intercept[seen_groups] ** 2).sum()) / rng.chisquare(seen_groups.sum() - 1)
    # Rounding must not turn an absent variance into an infinite precision.
    residual, between = max(residual, 1e-10), max(between, 1e-10)
    values = x[missing] @ beta + intercept[codes[missing]]
    drawn: Array = values + np.sqrt(residual) * rng.normal(size=len(values))
    return drawn, (residual, between)
