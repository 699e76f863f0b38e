"""Localities inside authorities, with a known truth."""

import numpy as np

from pipeline.evidence.locality import LocalityPanel
from pipeline.evidence.settings import WithinSettings

SETTINGS = WithinSettings(
    w_star_min=0.2,
    partial_r2_min=0.02,
    alpha=0.05,
    confidence=0.95,
    min_authorities=20,
    n_permutations=199,
    n_bootstrap=0,
    n_simulations=0,
    power_effects=(0.0, 0.02, 0.05, 0.1, 0.2),
    power_target=0.8,
    seed=1,
    ridge_grid=(0.001, 0.01, 0.1, 1.0, 10.0),
    inner_folds=5,
    adopter_share=1 / 3,
)


def locality_world(
    slope: float = 0.0,
    *,
    share: float = 0.5,
    authorities: int = 40,
    localities: int = 4,
    years: int = 4,
    missing: float = 0.0,
    cancelling: bool = False,
    seed: int = 1,
) -> LocalityPanel:
    """Leadership and outcome both last; `share` of what lasts lies within authorities.

    What lasts has variance 1, what does not .5. With `cancelling`, the second of the two leadership
    indicators pushes the outcome the other way. Three localities of four share a trust with the
    next authority's.
    """
    rng = np.random.default_rng(seed)
    n = authorities * localities * years
    locality = np.repeat(np.arange(authorities * localities), years)
    authority = locality // localities
    year = np.tile(2012 + np.arange(years), authorities * localities)

    def lasting(k: int) -> np.ndarray:
        between, within = (rng.normal(size=(m, k)) for m in (authorities, authorities * localities))
        return np.sqrt(1 - share) * between[authority] + np.sqrt(share) * within[locality]

    blocks = {
        name: lasting(2) + np.sqrt(0.2) * rng.normal(size=(n, 2))
        for name in ("leadership", "partnership")
    }
    need = lasting(1)
    pull = np.hstack(list(blocks.values())) @ [1.0, -1.0 if cancelling else 1.0, 1.0, 1.0]
    if cancelling:
        pull = blocks["leadership"] @ [1.0, -1.0]
    outcome = slope * pull + lasting(1)[:, 0] + np.sqrt(0.5) * rng.normal(size=n)
    panel = LocalityPanel(
        outcome=outcome,
        leadership=blocks,
        controls=np.column_stack([need, *(year == one for one in range(2013, 2012 + years))]),
        authority=authority,
        locality=locality,
        year=year,
        source=(locality + 1) // 2,
    )
    return panel.rows(np.flatnonzero(rng.random(n) >= missing))
