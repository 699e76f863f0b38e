"""Panels with a known truth, and plain least squares to check against."""

from dataclasses import replace

import numpy as np

from pipeline.evidence.lead import QuickLead, composed, quick_leads
from pipeline.evidence.panel import Array, Ints, Panel
from pipeline.evidence.settings import BetweenSettings

SETTINGS = BetweenSettings(
    h_blocks=("leadership", "partnership"),
    b_blocks=("plans", "budgets"),
    confidence=0.95,
    delta_min=0.02,
    loao_alpha=0.05,
    equivalence_upper=0.05,
    min_authorities=30,
    forward_within_year=False,
    ridge_grid=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    inner_folds=5,
    kfold_folds=5,
    kfold_repeats=10,
    n_bootstrap=1999,
    n_simulations=500,
    power_effects=(0.0, 0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.20),
    power_target=0.8,
    seed=20250101,
)
QUICK = replace(SETTINGS, n_bootstrap=0, kfold_repeats=0, n_simulations=0)


def world(
    h: float = 0.0,
    b: float = 0.0,
    *,
    authorities: int = 60,
    years: int = 4,
    seed: int = 1,
    cancelling: bool = False,
) -> Panel:
    """Authority-persistent predictors and residuals; h and b are the strengths of the two sides.

    With `cancelling`, the two leadership indicators push the outcome in opposite directions.
    """
    rng = np.random.default_rng(seed)
    authority = np.repeat(np.arange(authorities), years)
    year = np.tile(2012 + np.arange(years), authorities)
    n = len(year)

    def persistent(k: int) -> Array:
        return 0.8 * rng.normal(size=(authorities, k))[authority] + 0.6 * rng.normal(size=(n, k))

    controls = np.column_stack(
        [persistent(2), *[(year == one).astype(float) for one in np.unique(year)[1:]]]
    )
    blocks = {"leadership": persistent(2), "partnership": persistent(2), "budgets": persistent(2)}
    signs = np.array([1.0, -1.0]) if cancelling else np.array([1.0, 1.0])
    outcome = (
        0.5 * controls[:, 0]
        + h * (blocks["leadership"] @ signs)
        + (0.0 if cancelling else h) * blocks["partnership"].sum(axis=1)
        + b * blocks["budgets"].sum(axis=1)
        + 0.6 * rng.normal(size=authorities)[authority]
        + 0.8 * rng.normal(size=n)
    )
    trust = np.unique(rng.integers(0, authorities // 2, size=authorities), return_inverse=True)[1]
    return Panel(outcome, controls, blocks, authority, trust[authority], year)


def awkward(panel: Panel) -> Panel:
    """The panel with a doubled control, a constant one and a class of which one authority is all.

    Without that authority the class dummy vanishes.
    """
    extra = np.column_stack(
        [3.0 * panel.controls[:, 0] - 1.0, np.full(len(panel.year), 7.0), panel.authority == 4]
    )
    return replace(panel, controls=np.column_stack([panel.controls, extra]))


def unbalanced(panel: Panel) -> Panel:
    """The panel with about one row in six missing, every authority still there."""
    keep = np.random.default_rng(0).random(len(panel.year)) > 1 / 6
    return chosen_rows(panel, np.flatnonzero(keep))


def shuffled(panel: Panel, seed: int = 3) -> Panel:
    """The same rows in another order."""
    return chosen_rows(panel, np.random.default_rng(seed).permutation(len(panel.year)))


def chosen_rows(panel: Panel, rows: Ints) -> Panel:
    """Some rows of the panel."""
    assert panel.dominant_trust is not None
    return Panel(
        panel.outcome[rows],
        panel.controls[rows],
        {name: x[rows] for name, x in panel.blocks.items()},
        panel.authority[rows],
        panel.dominant_trust[rows],
        panel.year[rows],
    )


def predict(
    controls: Array, x: Array, y: Array, train: Array, test: Array, *, penalty: float = 0.0
) -> Array:
    """Predictions for the test rows from stacked least squares on the raw training columns.

    The penalty is written as extra rows, sqrt(penalty * sum of squares) for each column of x.
    """
    flat = np.column_stack([np.ones(len(y)), controls, x])
    own = ((x[train] - x[train].mean(axis=0)) ** 2).sum(axis=0)
    extra = np.column_stack(
        [np.zeros((x.shape[1], 1 + controls.shape[1])), np.diag(np.sqrt(penalty * own))]
    )
    solution = np.linalg.lstsq(
        np.vstack([flat[train], extra]),
        np.concatenate([y[train], np.zeros(x.shape[1])]),
        rcond=1e-12,
    )[0]
    predicted: Array = flat[test] @ solution
    return predicted


def sse_of_index(controls: Array, x: Array, y: Array, rows: Array, penalty: float) -> float:
    """Squared error in sample of the controls and a ridge fit's own index, its slope free."""
    fitted = predict(controls, x, y, rows, rows, penalty=penalty)
    columns = np.column_stack([np.ones(int(rows.sum())), controls[rows], fitted])
    return float(
        ((y[rows] - columns @ np.linalg.lstsq(columns, y[rows], rcond=None)[0]) ** 2).sum()
    )


def sse(
    controls: Array, x: Array, y: Array, train: Array, test: Array, *, penalty: float = 0.0
) -> float:
    """Squared error of those predictions."""
    return float(((y[test] - predict(controls, x, y, train, test, penalty=penalty)) ** 2).sum())


def quick_lead(
    panel: Panel, s: BetweenSettings, *, composition: str = "composite", penalty: float = 0.0
) -> QuickLead:
    """The quick lead of one specification alone; arguments as in `lead`."""
    columns = composed(panel.blocks, s, (composition,))
    return quick_leads(panel, s, columns, penalty, [panel.controls])[0][composition]
