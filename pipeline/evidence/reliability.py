"""How well a block is measured, and what that does to the comparison of blocks."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from pipeline.evidence.locality import codes_of
from pipeline.evidence.panel import Array, Panel, standardise

STEPS, CLOSE = 200, 1e-18
"""Most steps of a fit, which needs some ten, and what the next one would gain where it is done."""
LEAST_UNIQUE = 1e-6
"""Of an item's variance, what is left to itself at least where a factor fits."""


def omega_total(items: Array) -> float | None:
    """McDonald's (1999) omega total of items (n, k), k >= 3, standardised.

    (sum of loadings)^2 / ((sum of loadings)^2 + sum of uniquenesses), from one factor fitted by
    maximum likelihood: the share of the variance of the sum of z-scores that the factor explains.
    None where one factor does not fit (items that say nearly the same, say).

    Raises:
        ValueError: with fewer than 3 items (one factor is then not identified), no more rows than
            items, or an item that does not vary.
    """
    if items.ndim != 2 or items.shape[1] < 3 or len(items) <= items.shape[1]:
        raise ValueError(f"omega needs at least 3 items and more rows, not {items.shape}")
    if not np.ptp(items, axis=0).all():
        raise ValueError("an item does not vary")
    found = _one_factor(np.asarray(np.corrcoef(items.T), dtype=np.float64))
    if found is None:
        return None
    loadings, unique = found
    common = float(loadings.sum()) ** 2
    return common / (common + float(unique.sum()))


def _one_factor(correlations: Array) -> tuple[Array, Array] | None:
    """Loadings and uniquenesses (k,) of one factor by maximum likelihood.

    Of the uniquenesses' logarithms alone, with the loadings at their best for them, by scoring
    (Joreskog 1967). None where the likelihood grows until nothing of an item is left to itself.
    """
    values, vectors = np.linalg.eigh(correlations)
    unique = 1.0 - np.clip(vectors[:, -1] * np.sqrt(values[-1]), -0.95, 0.95) ** 2
    for _ in range(STEPS):
        root = np.sqrt(unique)
        values, vectors = np.linalg.eigh(correlations / np.outer(root, root))
        loadings = root * vectors[:, -1] * np.sqrt(max(values[-1] - 1.0, 0.0))
        gradient = (loadings**2 + unique - 1.0) / unique
        curvature = (vectors[:, :-1] @ vectors[:, :-1].T) ** 2
        step = -np.linalg.lstsq(curvature, gradient)[0]
        if abs(gradient @ step) < CLOSE:
            return loadings, unique
        unique = unique * np.exp(step / max(1.0, np.abs(step).max()))
        if unique.min() < LEAST_UNIQUE:
            return None
    return None


def respondent_reliability(values: Array, sampling_variances: Array) -> float:
    """Reliability 1 - mean(s_i^2) / var(x) of organisations' means.

    Args:
        values: (n,) mean of each organisation's respondents.
        sampling_variances: (m,) squared standard error of each mean that has one, in the square of
            the same unit.

    Raises:
        ValueError: if there are none or anything is missing, or the values do not vary. A negative
            reliability is returned as it is: the means differ by less than their errors.
    """
    if not len(sampling_variances) or not np.isfinite(np.append(values, sampling_variances)).all():
        raise ValueError("values and their sampling variances must all be there")
    if len(values) < 2 or not np.ptp(values):
        raise ValueError("the values do not vary")
    return float(1.0 - sampling_variances.mean() / values.var(ddof=1))


def disattenuated(
    outcome: Array,
    controls: Array,
    block: Array,
    reliability: Array,
    outcome_reliability: float = 1.0,
) -> float:
    """What a block would add to the R2 of the controls if it were measured without error.

    Spearman's correction for any number of columns: the error variance (1 - reliability) * var(x)
    comes off each column's variance, covariances stay (errors of measurement are unrelated to each
    other, to the controls and to the outcome). With one column and no controls this is
    r^2 / (reliability * outcome_reliability).

    Args:
        outcome: (n,).
        controls: (n, c) taken as measured without error; c may be 0.
        block: (n, k).
        reliability: (k,) of each column, in (0, 1].
        outcome_reliability: in (0, 1].

    Raises:
        ValueError: on a reliability out of range, or where less reliable variance is left than the
            columns share with each other and the controls: the reliabilities cannot be right.
    """
    if not ((reliability > 0) & (reliability <= 1)).all() or not 0 < outcome_reliability <= 1:
        raise ValueError("a reliability must lie above 0 and not above 1")
    net = _without(controls, np.column_stack([outcome, block]))
    own = ((block - block.mean(axis=0)) ** 2).sum(axis=0)
    true = net[:, 1:].T @ net[:, 1:] - np.diag((1.0 - reliability) * own)
    scale = np.sqrt(own)
    if np.linalg.eigvalsh(true / np.outer(scale, scale))[0] <= 1e-10:
        raise ValueError("reliabilities too low for how closely the columns are related")
    cross = net[:, 1:].T @ net[:, 0]
    total = float(((outcome - outcome.mean()) ** 2).sum())
    return float(cross @ np.linalg.solve(true, cross) / total / outcome_reliability)


def _without(controls: Array, columns: Array) -> Array:
    """Columns less what an intercept and the controls predict."""
    x = np.column_stack([np.ones(len(columns)), controls])
    left: Array = columns - x @ np.linalg.lstsq(x, columns, rcond=None)[0]
    return left


def equalise(panel: Panel, reliabilities: Mapping[str, float], rng: np.random.Generator) -> Panel:
    """The panel with noise added so that every block is as badly measured as the worst.

    A column of reliability r gets normal noise of variance var(x) * (r / worst - 1). Rows of one
    authority and year with one value, but for rounding, share one draw, so a value that holds for a
    whole authority still does.

    Args:
        panel: the panel; pass it through `composites` first if the reliabilities are those of
            composites.
        reliabilities: block -> reliability of each of its columns, in (0, 1].
        rng: source of the noise.

    Raises:
        ValueError: on a reliability out of range, or none for a block.
    """
    missing = set(panel.blocks) - set(reliabilities)
    if missing:
        raise ValueError(f"no reliability for {sorted(missing)}")
    used = {name: reliabilities[name] for name in panel.blocks}
    if not all(0 < r <= 1 for r in used.values()):
        raise ValueError("a reliability must lie above 0 and not above 1")
    worst = min(used.values())
    return replace(
        panel,
        blocks={
            name: np.column_stack([_noisier(panel, x, used[name] / worst - 1, rng) for x in cols.T])
            for name, cols in panel.blocks.items()
        },
    )


def _noisier(panel: Panel, x: Array, share: float, rng: np.random.Generator) -> Array:
    at = codes_of(panel.authority, panel.year, np.round(standardise(x), 9))
    noise = rng.normal(size=int(at.max()) + 1) * np.sqrt(share * x.var(ddof=1))
    noisier: Array = x + noise[at]
    return noisier
