"""Three levels of variance: authority, locality within authority, and year within locality.

The model is y = X b + u_authority + w_locality + e with independent normal parts. Because the
levels are nested, every quantity of the likelihood is a sum over localities and authorities, and
localities of one authority with as many rows enter it alike. So a panel of authorities drawn again
is a weighted sum, and many panels are fitted at once; a general mixed-model fitter takes seconds
for what takes milliseconds here.

Shapes: R panels, n rows, G authorities, K numbers of rows that localities have, p columns of X.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import special

from pipeline.evidence.locality import LocalityPanel, codes_of
from pipeline.evidence.moments import COLLINEAR
from pipeline.evidence.panel import Array, Flags, Ints, standardise, z_mean
from pipeline.evidence.resampling import bootstrap_weights
from pipeline.evidence.settings import WithinSettings
from pipeline.evidence.within_rows import VarianceSplit, WithinEffect

REWB = "within-between, random intercepts"
# Newton steps, and halvings of one that goes uphill; 6 steps and no halving are usual.
STEPS, HALVINGS = 60, 12
# Rounds in which an end of the interval is looked for, and shares that are tried in each.
ROUNDS, POINTS = 2, 26
# A ratio's root below this is 0: its square is a ten-thousand-millionth of the residual variance.
NOTHING = 1e-5


@dataclass(frozen=True)
class Nested:
    """Sums that the likelihood needs of columns z = [X, y], by authority.

    Attributes:
        weights: (R, G) how often each authority is in each panel.
        total: (G, p + 1, p + 1) cross-products over an authority's rows.
        rows: (K,) numbers of rows that a locality has.
        count: (G, K) localities with so many rows.
        sums: (G, K, p + 1) sums over their rows.
        squares: (G, K, p + 1, p + 1) cross-products of each locality's sums, added up.
    """

    weights: Array
    total: Array
    rows: Array
    count: Array
    sums: Array
    squares: Array

    def some(self, panels: Flags) -> "Nested":
        """Some of the panels."""
        return replace(self, weights=self.weights[panels])

    @cached_property
    def n(self) -> Array:
        """(R,) rows of each panel."""
        n: Array = self.weights @ (self.count @ self.rows)
        return n

    @cached_property
    def totals(self) -> Array:
        """(R, p + 1, p + 1) cross-products over each panel's rows."""
        return np.asarray(np.tensordot(self.weights, self.total, axes=1))

    @cached_property
    def all_squares(self) -> Array:
        """(R, K, p + 1, p + 1) cross-products of localities' sums in each panel."""
        return np.asarray(np.tensordot(self.weights, self.squares, axes=1))

    @cached_property
    def counts(self) -> Array:
        """(R, K) localities of each panel."""
        counts: Array = self.weights @ self.count
        return counts


def nested(x: Array, y: Array, authority: Ints, locality: Ints) -> Nested:
    """One panel's design x (n, p) and outcome; a locality in two authorities counts as two."""
    z = np.column_stack([x, y])
    whose, unit = codes_of(authority), codes_of(authority, locality)
    size, columns = int(whose.max()) + 1, z.shape[1]
    own = np.stack([np.bincount(unit, column) for column in z.T], axis=1)
    at = np.empty(len(own), dtype=np.int64)
    at[unit] = whose
    rows, kind = np.unique(np.bincount(unit), return_inverse=True)
    total = np.zeros((size, columns, columns))
    count, sums = np.zeros((size, len(rows))), np.zeros((size, len(rows), columns))
    squares = np.zeros((*sums.shape, columns))
    np.add.at(total, whose, z[:, :, None] * z[:, None, :])
    np.add.at(count, (at, kind), 1.0)
    np.add.at(sums, (at, kind), own)
    np.add.at(squares, (at, kind), own[:, :, None] * own[:, None, :])
    return Nested(np.ones((1, size)), total, rows.astype(np.float64), count, sums, squares)


@dataclass(frozen=True)
class Evaluated:
    """Cross-products z' V^-1 z (R, p + 1, p + 1) and log |V| (R,), with their derivatives.

    V is in units of the residual variance. Derivatives are by the ratios of authority and locality.
    """

    cross: Array
    slopes: tuple[Array, Array]
    logdet: Array
    logdet_slopes: tuple[Array, Array]


def evaluate(d: Nested, authority: Array, locality: Array) -> Evaluated:
    """Evaluate at variance ratios (R,) s2_authority / s2_resid and s2_locality / s2_resid."""
    a, w = authority[:, None], d.weights
    shrink = 1.0 / (1.0 + d.rows * locality[:, None])
    size, squared = (d.rows * shrink) @ d.count.T, (d.rows * shrink) ** 2 @ d.count.T
    # (R, G, p + 1) an authority's weighted sums, and the same weighted once more.
    flat = d.sums.transpose(1, 0, 2).reshape(len(d.rows), -1)
    on = (shrink @ flat).reshape(len(shrink), *d.sums.shape[::2])
    again = ((d.rows * shrink**2) @ flat).reshape(on.shape)
    outer = 1.0 / (1.0 + a * size)

    def crossed(left: Array, weight: Array, right: Array) -> Array:
        return np.asarray((left * weight[:, :, None]).transpose(0, 2, 1) @ right)

    def over_localities(weight: Array) -> Array:
        return np.asarray(np.einsum("rk,rkij->rij", weight, d.all_squares))

    # d/d(locality): the locality's score is its weighted sum less what the authority takes up.
    mixed = crossed(again, w * a * outer, on)
    score = (
        over_localities(shrink**2)
        - mixed
        - mixed.transpose(0, 2, 1)
        + crossed(on, w * (a * outer) ** 2 * squared, on)
    )
    return Evaluated(
        cross=d.totals
        - locality[:, None, None] * over_localities(shrink)
        - crossed(on, w * a * outer, on),
        slopes=(-crossed(on, w * outer**2, on), -score),
        logdet=-(d.counts * np.log(shrink)).sum(axis=1) - (w * np.log(outer)).sum(axis=1),
        logdet_slopes=(
            (w * outer * size).sum(axis=1),
            (w * (size - a * outer * squared)).sum(axis=1),
        ),
    )


@dataclass(frozen=True)
class Mixed:
    """A fitted three-level model.

    Attributes:
        beta: (p,) fixed effects.
        cov: (p, p) their covariance.
        authority, locality, resid: variances.
        loglik: (restricted) log-likelihood at the fit.
    """

    beta: Array
    cov: Array
    authority: float
    locality: float
    resid: float
    loglik: float

    @property
    def w_star(self) -> float:
        """Share of the lasting variance that lies between localities of one authority."""
        lasting = self.authority + self.locality
        return self.locality / lasting if lasting > 0 else np.nan


def _deviance(theta: Array, d: Nested, left: Array, reml: bool) -> tuple[Array, Array]:
    """Profiled deviance (R,) and gradient (R, 2) at theta (R, 2), the ratios' roots (as in lme4).

    left: (R,) degrees of freedom of the residual variance.
    """
    at = evaluate(d, theta[:, 0] ** 2, theta[:, 1] ** 2)
    xx, xy = at.cross[:, :-1, :-1], at.cross[:, :-1, -1]
    inverse = np.linalg.inv(xx)
    beta = np.einsum("rij,rj->ri", inverse, xy)
    sse = at.cross[:, -1, -1] - (xy * beta).sum(axis=1)
    value = at.logdet + left * np.log(sse)
    if reml:
        value += np.linalg.slogdet(xx)[1]
    c = np.column_stack([-beta, np.ones(len(beta))])
    gradient = np.empty(theta.shape)
    for i in range(2):
        moved = np.einsum("rp,rpq,rq->r", c, at.slopes[i], c)
        gradient[:, i] = at.logdet_slopes[i] + left * moved / sse
        if reml:
            gradient[:, i] += (inverse * at.slopes[i][:, :-1, :-1]).sum(axis=(1, 2))
    return value, gradient * 2.0 * theta


Deviance = Callable[[Array], tuple[Array, Array]]
"""Roots of variance ratios, or a size of them, (R, q) -> deviance (R,) and its gradient (R, q)."""


def _descend(deviance: Deviance, start: Array) -> tuple[Array, Array]:
    """Where Newton's method takes every panel from a start (R, q): the place, and deviance (R,).

    The deviance is even in the roots, so no bound is needed. Its Hessian comes from differences of
    the gradient: how exact it is decides about the way, not about the place. Directions that curve
    down are taken by the size of their curvature, so a saddle does not hold.
    """
    theta = start
    value, gradient = deviance(theta)
    for _ in range(STEPS):
        hessian = np.empty((*theta.shape, theta.shape[1]))
        for i in range(theta.shape[1]):
            step = np.zeros(theta.shape)
            step[:, i] = 1e-4 * np.maximum(np.abs(theta[:, i]), 0.1)
            up, down = (deviance(theta + sign * step)[1] for sign in (1, -1))
            hessian[:, i] = (up - down) / (2.0 * step[:, [i]])
        values, vectors = np.linalg.eigh((hessian + hessian.transpose(0, 2, 1)) / 2.0)
        along = np.einsum("rij,ri->rj", vectors, gradient) / np.maximum(np.abs(values), 1e-8)
        move = -np.einsum("rij,rj->ri", vectors, along)
        reach = np.abs(move).max(axis=1) / (0.5 + np.abs(theta).max(axis=1))
        move /= np.maximum(reach, 1.0)[:, None]
        if (np.abs((move * gradient).sum(axis=1)) < 1e-13 * np.abs(value)).all():
            break
        for _ in range(HALVINGS):
            found, slope = deviance(theta + move)
            uphill = found > value + 1e-13 * np.abs(value)
            if not uphill.any():
                break
            move[uphill] *= 0.5
        better = found <= value + 1e-13 * np.abs(value)
        theta = np.where(better[:, None], theta + move, theta)
        value, gradient = np.where(better, found, value), np.where(better[:, None], slope, gradient)
        if not better.any():
            break
    theta = np.abs(theta)
    theta[theta < NOTHING] = 0.0
    return theta, value


def _roots(
    d: Nested, left: Array, *, reml: bool = True, levels: tuple[bool, bool] = (True, True)
) -> tuple[Array, Array]:
    """Roots of the variance ratios (R, 2) at the least deviance (R,) of every panel."""
    free = np.flatnonzero(levels)
    wide = np.zeros((len(free), 2))
    wide[np.arange(len(free)), free] = 1.0

    def descend(some: Nested, left: Array, start: float) -> tuple[Array, Array]:
        def deviance(theta: Array) -> tuple[Array, Array]:
            value, gradient = _deviance(theta @ wide, some, left, reml)
            return value, gradient[:, free]

        return _descend(deviance, np.full((len(left), len(free)), start))

    theta, value = descend(d, left, 0.7)
    # The gradient vanishes at 0, so a step that overshoots may end there for no good reason.
    again = (theta == 0).any(axis=1)
    if again.any():
        other, lower = descend(d.some(again), left[again], 0.1)
        better = lower < value[again]
        theta[again] = np.where(better[:, None], other, theta[again])
        value[again] = np.where(better, lower, value[again])
    return theta @ wide, value


def fit(d: Nested, *, reml: bool = True, levels: tuple[bool, bool] = (True, True)) -> Mixed:
    """Maximise the (restricted) likelihood of the nested model of one panel.

    Args:
        d: sums of design and outcome; the design must have full column rank.
        reml: restricted likelihood, else full.
        levels: whether authority and locality vary at all; False holds that variance at 0.
    """
    left = d.n - (d.total.shape[1] - 1 if reml else 0)
    theta, deviance = _roots(d, left, reml=reml, levels=levels)
    at = evaluate(d, theta[:, 0] ** 2, theta[:, 1] ** 2).cross[0]
    inverse = np.linalg.inv(at[:-1, :-1])
    beta = inverse @ at[:-1, -1]
    free = float(left[0])
    resid = float(at[-1, -1] - at[:-1, -1] @ beta) / free
    whole = float(deviance[0]) + free * (1.0 + np.log(2.0 * np.pi) - np.log(free))
    return Mixed(
        beta=beta,
        cov=np.asarray(resid * inverse, dtype=np.float64),
        authority=resid * float(theta[0, 0]) ** 2,
        locality=resid * float(theta[0, 1]) ** 2,
        resid=resid,
        loglik=-whole / 2.0,
    )


def share_interval(d: Nested, at: Mixed, confidence: float) -> tuple[float, float]:
    """Interval of W* by inverting the likelihood-ratio test of each value from 0 to 1.

    The drop in restricted deviance is compared with the square of Student's t with one degree of
    freedom less than authorities, a little more than chi-square. Unlike an interval around the
    estimate it behaves at 0 and at 1, where the estimate often lies. In simulated panels of 30 and
    100 authorities x 4 localities x 3 years (1,000 each, 5% of rows missing, W* of .05, .2, .5, .8
    and .95) the 95% interval covered .949 to .978. With t(5) tails at all three levels it covered
    .87 to .99 (W* up to .5 only with 100 authorities): it is too short where the parts are far from
    normal. A delete-one-authority
    jackknife-t of arcsin(sqrt(W*)) covered .77 at a W* of .05 with normal parts.
    """
    left = d.n - (d.total.shape[1] - 1)
    start = np.sqrt(max((at.authority + at.locality) / at.resid, 0.01))

    def profile(shares: Array) -> Array:
        """(R,) the least deviance at each share, whatever the lasting variance."""
        directions = np.sqrt(np.column_stack([1.0 - shares, shares]))

        def deviance(size: Array) -> tuple[Array, Array]:
            value, gradient = _deviance(size * directions, d, left, reml=True)
            return value, (gradient * directions).sum(axis=1, keepdims=True)

        return _descend(deviance, np.full((len(shares), 1), start))[1]

    def end(outer: float) -> float:
        """Where the deviance reaches the bound between the estimate and 0 or 1."""
        inner = at.w_star
        for _ in range(ROUNDS):
            shares = np.linspace(inner, outer, POINTS)
            beyond = profile(shares) - reach
            first = int(np.argmax(beyond > 0))
            if beyond[first] <= 0:
                return outer
            inner, outer = shares[first - 1 : first + 1].tolist()
        return float(np.interp(0.0, beyond[first - 1 : first + 1], [inner, outer]))

    bound = special.stdtrit(len(d.total) - 1, (1.0 + confidence) / 2.0) ** 2
    reach = float(profile(np.array([at.w_star]))[0] + bound)
    return end(0.0), end(1.0)


def satterthwaite(
    x: Array, y: Array, authority: Ints, locality: Ints, *, at: Mixed, contrasts: Array
) -> Array:
    """(m,) degrees of freedom of contrasts (m, p) of the fixed effects of a restricted fit.

    2 v^2 / (g' A g) with v the contrast's variance, g its gradient by the variances and A twice the
    inverse of the deviance's Hessian by them (Giesbrecht and Burns 1985), as R's lmerTest has it. A
    variance estimated at 0 is held there.
    """
    p = x.shape[1]
    variances = np.array([at.resid, at.locality, at.authority])
    free = variances > 0
    residual = y - x @ at.beta
    # Sums over authorities of X'UViUX, X'UViUVjUX, tr(UViUVj), and the same around V^-1 residual,
    # U = V^-1 and Vi the derivative of V by the i-th variance.
    first, second = np.zeros((3, p, p)), np.zeros((3, 3, p, p))
    trace, squares, cross = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, p))
    for one in np.unique(authority):
        rows = authority == one
        parts = np.stack(
            [
                np.eye(int(rows.sum())),
                (locality[rows][:, None] == locality[rows]).astype(np.float64),
                np.ones((int(rows.sum()),) * 2),
            ]
        )
        u = np.linalg.inv(np.tensordot(variances, parts, axes=1))
        on_x, score = u @ x[rows], u @ residual[rows]
        taken = parts @ on_x
        pulled = parts @ score
        product = u @ parts
        first += on_x.T @ taken
        second += np.einsum("iap,ab,jbq->ijpq", taken, u, taken)
        trace += np.einsum("iab,jba->ij", product, product)
        squares += np.einsum("ia,ab,jb->ij", pulled, u, pulled)
        cross += pulled @ on_x
    c = at.cov
    swept = c @ first
    traces = (
        trace - 2.0 * np.einsum("pq,ijqp->ij", c, second) + np.einsum("ipq,jqp->ij", swept, swept)
    )
    hessian = 2.0 * (squares - cross @ c @ cross.T) - traces
    covariance = 2.0 * np.linalg.inv(hessian[np.ix_(free, free)])
    seen = contrasts @ c
    variance = np.einsum("mp,mp->m", seen, contrasts)
    gradient = np.einsum("mp,ipq,mq->mi", seen, first[free], seen)
    df: Array = 2.0 * variance**2 / np.einsum("mi,ij,mj->m", gradient, covariance, gradient)
    return df


def nakagawa(x: Array, at: Mixed) -> tuple[float, float]:
    """Marginal and conditional R2: fixed effects alone, and with authority and locality.

    Nakagawa and Schielzeth (2013); the variance of the fixed part x @ beta has divisor n - 1.
    """
    fixed = float((x @ at.beta).var(ddof=1))
    lasting = at.authority + at.locality
    total = fixed + lasting + at.resid
    return fixed / total, (fixed + lasting) / total


def _years(year: Ints) -> Array:
    """(n, T) intercept and a dummy for every year but the first."""
    later = np.unique(year)[1:]
    return np.column_stack([np.ones(len(year)), (year[:, None] == later).astype(np.float64)])


def repeated(panel: LocalityPanel) -> bool:
    """Whether any locality is seen in more than one year, which tells lasting from passing."""
    return bool(np.bincount(codes_of(panel.authority, panel.locality)).max() > 1)


def variance_split(panel: LocalityPanel, s: WithinSettings) -> VarianceSplit:
    """Where the outcome's variance lies, net of the years, in squared units of the outcome.

    The interval of W* is that of the likelihood or of the bootstrap, at each end the wider: one
    leans on normal parts, the other on many authorities. In 150 simulated panels of 60 authorities
    (99 draws) with normal parts and a W* of .2 this covered .947. With t(5) tails and a W* of .2
    and .5 it covered .913 and .900, where the likelihood alone covered .880 and .833; those were
    counted when a fit of a drawn panel could still stop at a bound, which widened the interval.
    """
    x = _years(panel.year)
    y = panel.outcome
    d = nested(x, y, panel.authority, panel.locality)
    both = repeated(panel)
    at = fit(d, levels=(True, both))
    icc = at.authority / (at.authority + at.locality + at.resid)
    if not both or not np.isfinite(at.w_star):
        return VarianceSplit(
            sigma2_authority=at.authority,
            sigma2_locality=at.locality if both else None,
            sigma2_resid=at.resid if both else None,
            icc_authority=icc,
            w_star=None,
            ci_low=None,
            ci_high=None,
            ci_method="none: nothing lasts" if both else "none: no locality in more than one year",
        )
    low, high = share_interval(d, at, s.confidence)
    drawn = bootstrap_shares(d, s)
    tail = (1.0 - s.confidence) / 2.0
    ends = np.quantile(drawn, [tail, 1.0 - tail]) if len(drawn) else None
    return VarianceSplit(
        sigma2_authority=at.authority,
        sigma2_locality=at.locality,
        sigma2_resid=at.resid,
        icc_authority=icc,
        w_star=at.w_star,
        ci_low=low if ends is None else min(low, float(ends[0])),
        ci_high=high if ends is None else max(high, float(ends[1])),
        ci_method="profile of the restricted likelihood, t"
        + ("" if ends is None else ", or bootstrap of authorities where that is wider"),
        boot_low=None if ends is None else float(ends[0]),
        boot_high=None if ends is None else float(ends[1]),
    )


def bootstrap_shares(d: Nested, s: WithinSettings) -> Array:
    """W* in panels of authorities drawn again, up to n_bootstrap of them; undefined ones left out.

    Does not lean on normal parts, but alone it is too narrow with few authorities.
    """
    size, p = len(d.total), d.total.shape[1] - 1
    rng = np.random.default_rng(s.seed)
    drawn = replace(d, weights=bootstrap_weights(size, s.n_bootstrap, rng))
    drawn = drawn.some(np.linalg.matrix_rank(drawn.totals[:, :-1, :-1]) == p)
    if not len(drawn.weights):
        return np.empty(0)
    authority, locality = (_roots(drawn, drawn.n - p)[0] ** 2).T
    lasting = authority + locality
    shares: Array = locality[lasting > 0] / lasting[lasting > 0]
    return shares


def independent(x: Array) -> Array:
    """The columns of x that no earlier ones make up."""
    size = np.sqrt((x**2).sum(axis=0))
    left = np.abs(np.diag(np.linalg.qr(x / np.where(size > 0, size, 1.0))[1]))
    return x[:, left > np.sqrt(COLLINEAR)]


def within_between(panel: LocalityPanel) -> list[WithinEffect]:
    """The within-between model (REWB) of the composite, outcome standardised.

    Authority means and each locality's distance from them enter side by side, with years and
    controls, authority and locality as random intercepts (Bell, Fairbrother and Jones 2019). The
    contextual effect is between less within: what an authority's mean adds for a locality that is
    as it is. Satterthwaite degrees of freedom.
    """
    h = z_mean(panel.indicators())
    own = codes_of(panel.authority)
    between = (np.bincount(own, h) / np.bincount(own))[own]
    years = _years(panel.year)
    x = independent(
        np.column_stack(
            [years[:, :1], h - between, between, years[:, 1:], standardise(panel.controls)]
        )
    )
    y = standardise(panel.outcome)
    at = fit(nested(x, y, panel.authority, panel.locality), levels=(True, repeated(panel)))
    terms = {"within": (1.0, 0.0), "between": (0.0, 1.0), "contextual": (-1.0, 1.0)}
    if not np.array_equal(x[:, 2], between):
        # All authorities have the same mean, or their number equals that of the years.
        del terms["between"], terms["contextual"]
    contrasts = np.zeros((len(terms), x.shape[1]))
    contrasts[:, 1:3] = list(terms.values())
    estimate = contrasts @ at.beta
    se = np.sqrt(np.einsum("mp,pq,mq->m", contrasts, at.cov, contrasts))
    df = satterthwaite(x, y, panel.authority, panel.locality, at=at, contrasts=contrasts)
    p = 2.0 * special.stdtr(df, -np.abs(estimate / se))
    rows = [
        WithinEffect(
            "composite", REWB, term, float(estimate[i]), float(se[i]), float(df[i]), float(p[i])
        )
        for i, term in enumerate(terms)
    ]
    shares = zip(("marginal R2", "conditional R2"), nakagawa(x, at), strict=True)
    return rows + [WithinEffect("composite", REWB, term, share) for term, share in shares]
