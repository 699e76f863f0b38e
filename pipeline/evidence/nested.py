"""Nested F tests: classic, and robust to clusters with few of them (CR2, Hotelling's T2-z)."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from pipeline.evidence.moments import COLLINEAR, by_size, inverse_root
from pipeline.evidence.panel import Array, Ints


@dataclass(frozen=True)
class FTest:
    """A test that the added columns have no coefficients."""

    statistic: float
    df1: float
    df2: float
    p: float


def orthonormal(x: Array) -> Array:
    """Orthonormal basis (n, rank) of columns of like size, dropping collinear directions."""
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    floor = np.sqrt(COLLINEAR) * max(1.0, s.max(initial=0.0))
    return np.asarray(u[:, s > floor], dtype=np.float64)


def orthonormal_each(x: Array) -> Array:
    """The same of R matrices (R, n, k), as wide as they are: 0 in place of what is dropped."""
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    floor = np.sqrt(COLLINEAR) * np.maximum(1.0, s.max(axis=1, initial=0.0))
    bases: Array = u * (s > floor[:, None])[:, None, :]
    return bases


def _added(x: Array, basis: Array) -> Array:
    """Orthonormal basis of what columns x add to an orthonormal basis."""
    left = x - basis @ (basis.T @ x)
    return orthonormal(left - basis @ (basis.T @ left))


def _residual(y: Array, basis: Array) -> Array:
    left: Array = y - basis @ (basis.T @ y)
    return left


def classic_f(y: Array, base: Array, added: Array) -> FTest:
    """F test of added columns (n, k) given base columns (n, b), intercept among them.

    Columns are to be standardised (as Design.x has them); collinear ones do not count.
    """
    q_base = orthonormal(base)
    q_added = _added(added, q_base)
    gain = float(((q_added.T @ y) ** 2).sum())
    residual = _residual(y, np.hstack([q_base, q_added]))
    df1, df2 = q_added.shape[1], len(y) - q_base.shape[1] - q_added.shape[1]
    if df1 == 0 or df2 <= 0:
        return FTest(np.nan, float(df1), float(df2), np.nan)
    f = gain / df1 / (float(residual @ residual) / df2)
    return FTest(f, float(df1), float(df2), float(special.fdtrc(df1, df2, f)))


def robust_f(y: Array, base: Array, added: Array, codes: Ints) -> FTest:
    """The same test with a CR2 covariance and HTZ degrees of freedom.

    Bell and McCaffrey's bias-reduced linearisation with an identity working model, and the
    approximate Hotelling T2 test of Pustejovsky and Tipton (2018), as R's clubSandwich
    `Wald_test(vcov = "CR2", test = "HTZ")` has them.

    Added columns are first replaced by an orthonormal basis net of the base: the hypothesis, and so
    the statistic, stay the same, and the working covariance of their coefficients becomes identity.
    """
    q_base = orthonormal(base)
    q_added = _added(added, q_base)
    q = np.hstack([q_base, q_added])
    k = q_added.shape[1]
    if k == 0 or len(y) <= q.shape[1]:
        return FTest(np.nan, float(k), np.nan, np.nan)
    residual = _residual(y, q)
    size = int(codes.max()) + 1
    score = np.zeros((size, k))
    on_all = np.zeros((size, k, q.shape[1]))
    own = np.zeros((size, k, k))
    for g, rows in by_size(codes):
        own_q = q[rows]
        hat = own_q @ own_q.transpose(0, 2, 1)
        values, vectors = np.linalg.eigh(np.eye(rows.shape[1]) - hat)
        keep = values > COLLINEAR
        root = vectors * inverse_root(values, keep)[:, None]
        adjusted = root @ (vectors.transpose(0, 2, 1) @ q_added[rows])
        turned = adjusted.transpose(0, 2, 1)
        score[g] = (turned @ residual[rows][:, :, None])[:, :, 0]
        on_all[g] = turned @ own_q
        own[g] = turned @ adjusted
    covariance = score.T @ score
    effect = q_added.T @ y
    wald = float(effect @ np.linalg.pinv(covariance, hermitian=True) @ effect)
    spread = _spread(on_all, own)
    eta = k * (k + 1) / spread
    df2 = eta - k + 1.0
    if df2 <= 0:
        # Too few clusters for so many columns: there is no such test, nor degrees of freedom.
        return FTest(np.nan, float(k), np.nan, np.nan)
    f = df2 / (eta * k) * wald
    return FTest(f, float(k), df2, float(special.fdtrc(k, df2, f)))


def _spread(on_all: Array, own: Array) -> float:
    """Sum of the variances of a CR2 covariance's cells, as HTZ's degrees of freedom have it.

    The scores of clusters g and h have the covariance C_gh = -A_g A_h' under the working model,
    with own_g added where g is h. Summed over all pairs, tr(C_gh)^2 + tr(C_gh C_gh) needs no pair:
    products of four A's come from the moments of the A's over clusters.

    Args:
        on_all: (G, k, m) A.
        own: (G, k, k) symmetric.
    """
    size, k, m = on_all.shape
    flat = on_all.reshape(size, k * m)
    moments = (flat.T @ flat).reshape(k, m, k, m)
    alone = on_all @ on_all.transpose(0, 2, 1)
    traces, of_own = np.einsum("gss->g", alone), np.einsum("gss->g", own)
    squares = (moments**2).sum() - 2.0 * traces @ of_own + of_own @ of_own
    crossed = np.einsum("sutv,tusv->", moments, moments)
    return float(squares + crossed + ((own - 2.0 * alone) * own).sum())
