"""The wild cluster bootstrap with the null imposed, for tests with few clusters.

With some twenty clusters a t or F test by clusters relies on an approximation; the bootstrap of
Cameron, Gelbach and Miller (2008) gives whole clusters' residuals random signs instead. All
follows from the clusters' cross-products (Roodman, Nielsen, MacKinnon and Webb 2019), so that a
replicate refits nothing. Own code, because the library for it (wildboottest) brings a compiler
along, tests one coefficient at a time, and does not count ties.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.evidence.moments import by_size, inverse_root, inverted, on_scale
from pipeline.evidence.nested import orthonormal
from pipeline.evidence.panel import Array, Ints
from pipeline.evidence.trajectories import sign_sets

CHUNK = 256
"""Sets of signs handled at once."""


@dataclass(frozen=True)
class Wild:
    """A test that the added columns have no coefficients.

    Attributes:
        statistic: Wald statistic by clusters (CR1 without its factor, which cancels).
        columns: added columns that are not collinear.
        p: share of sets of signs whose statistic is at least as large, ties counted.
        n: sets of signs looked at; all there are if `exact`.
    """

    statistic: float
    columns: int
    p: float
    n: int
    exact: bool


def wild_test(
    y: Array, base: Array, added: Array, codes: Ints, *, n: int, seed: int
) -> Wild | None:
    """Test added columns (n, k) given base columns (n, b) by signs of whole clusters' residuals.

    The residuals are those of the base alone (the null imposed); the statistic of every replicate
    is studentised by clusters. All 2^G sets of signs where there are few clusters, else n drawn
    ones. None where nothing is added or nothing is left to explain.

    Args:
        y: (n,) outcome.
        base: intercept or fixed effects already taken out, and controls.
        added: columns under test.
        codes: (n,) clusters 0..G-1.
        n: sets of signs to draw.
        seed: of them.
    """
    q_base = orthonormal(base)
    net = added - q_base @ (q_base.T @ added)
    q_added = orthonormal(net - q_base @ (q_base.T @ net))
    k = q_added.shape[1]
    residual = y - q_base @ (q_base.T @ y)
    if k == 0 or len(y) <= q_base.shape[1] + k or not np.abs(residual).max() > 0:
        return None
    q = np.hstack([q_base, q_added])
    size = int(codes.max()) + 1
    on_all, score, cross = (
        np.zeros((size, *shape)) for shape in ((q.shape[1],), (k,), (k, q.shape[1]))
    )
    for g, rows in by_size(codes):
        own, turned = q[rows], q_added[rows].transpose(0, 2, 1)
        left = residual[rows][:, :, None]
        on_all[g] = (own.transpose(0, 2, 1) @ left)[:, :, 0]
        score[g] = (turned @ left)[:, :, 0]
        cross[g] = turned @ own

    def wald(signs: Array) -> Array:
        """(R,) statistics of sets of signs (R, G)."""
        effect = signs @ score
        fitted = (signs @ on_all) @ cross.reshape(size * k, -1).T
        left = signs[:, :, None] * score - fitted.reshape(-1, size, k)
        spread = left.transpose(0, 2, 1) @ left
        own = np.einsum("rkk->rk", spread)
        scale = inverse_root(own, own > 0)
        effect = effect * scale
        solved = inverted(on_scale(spread, scale), 0.0)[0] @ effect[:, :, None]
        found: Array = np.einsum("rk,rk->r", effect, solved[:, :, 0])
        return found

    observed = float(wald(np.ones((1, size)))[0])
    signs, exact = sign_sets(size, n, np.random.default_rng(seed))
    parts = [wald(signs[at : at + CHUNK]) for at in range(0, len(signs), CHUNK)]
    # Sets of signs that are the same but for rounding are ties.
    hits = int((np.concatenate(parts) >= observed * (1.0 - 1e-9)).sum())
    # The signs as they are count as one of those possible; listed in full, they are there already.
    more = 0 if exact else 1
    total = len(signs) + more
    return Wild(observed, k, (hits + more) / total, total, exact)
