"""How well a block's indicators hang together, before they are made into a composite."""

import numpy as np

from pipeline.evidence.moments import COLLINEAR, design, moments_of_all, net_of_controls
from pipeline.evidence.panel import Array, Panel


def partial_correlations(panel: Panel) -> dict[str, Array]:
    """Block -> (k,) correlation of each indicator alone with the outcome, net of the controls.

    0 for an indicator that the controls leave nothing of.
    """
    d = design(panel)
    y = (panel.outcome - panel.outcome.mean())[:, None]
    net = net_of_controls(moments_of_all(d.x, y), d.controls)
    left = np.einsum("jj->j", net.xx[0])
    own = left * net.scale[0] ** 2
    there = own > COLLINEAR
    r = np.where(there, net.xy[0, :, 0] / np.sqrt(np.where(there, left, 1.0) * net.yy[0, 0]), 0.0)
    return {name: r[columns] for name, columns in d.blocks.items()}


def sign_agreement(correlations: Array) -> float:
    """Share of a block's indicators (k,) whose correlation has the block's commoner sign.

    1 when all point the same way, 0.5 when they cancel.
    """
    up = int((correlations > 0).sum())
    down = int((correlations < 0).sum())
    return max(up, down) / len(correlations)


def cronbach_alpha(items: Array) -> float:
    """Cronbach's (1951) alpha of items (n, k), k >= 2, unstandardised.

    Raises:
        ValueError: with fewer than 2 items or rows, or if their sum does not vary.
    """
    if items.ndim != 2 or min(items.shape) < 2:
        raise ValueError(f"alpha needs at least 2 rows and 2 items, not {items.shape}")
    k = items.shape[1]
    whole = float(items.sum(axis=1).var(ddof=1))
    if whole <= 0:
        raise ValueError("the sum of the items does not vary")
    parts = float(items.var(axis=0, ddof=1).sum())
    return float(k / (k - 1) * (1.0 - parts / whole))
