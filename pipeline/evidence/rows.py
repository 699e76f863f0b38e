"""Rows of the between-authorities result tables, one dataclass a table.

`composition` is "composite" (one z-mean column a block) or "indicators" (ridge on all of them); the
verdict has "both" for the combination. Shares of variance are fractions (0.05 = 5 percentage
points). None means that the panel cannot give the number.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class BlockFit:
    """One coalition of blocks on top of the controls.

    k is the number of block parameters, under ridge the effective one; penalty is the ridge penalty
    chosen on all rows, 0 for least squares. se and the interval belong to v: bias-corrected
    jackknife-t, the wider of the clusterings; None for the controls alone, whose v is 0.
    """

    composition: str
    coalition: str
    k: float
    r2: float
    v: float
    adj_r2: float
    q2_loao: float
    q2_forward: float | None
    penalty: float
    se: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None


@dataclass(frozen=True)
class BlockContrast:
    """H against B by one estimand and one way to an interval; the rule reads the headline rows."""

    composition: str
    estimand: str
    estimate: float
    bias: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    p_one_sided: float | None
    headline: bool


@dataclass(frozen=True)
class Importance:
    """Share of one superblock or block. se and interval belong to owen, shapley_* to shapley.

    slope is the direction that a share does not have: standard deviations by which the outcome is
    better (higher) for one more of the block's composite, or of each of its indicators, with all
    blocks and controls in the model; of a superblock, of all its blocks together. Its interval is
    that of the wider jackknife-t.
    """

    composition: str
    level: str
    name: str
    first: float
    last: float
    shapley: float
    owen: float
    se: float
    ci_low: float
    ci_high: float
    shapley_se: float
    shapley_ci_low: float
    shapley_ci_high: float
    slope: float | None = None
    slope_ci_low: float | None = None
    slope_ci_high: float | None = None


@dataclass(frozen=True)
class CvLoss:
    """Squared error of one model on one held-out set, in squared units of the outcome.

    fold is the authority's code, the number of the fold, or the tested year.
    """

    composition: str
    scheme: str
    fold: int
    authority: int | None
    model: str
    n_test: int
    sse: float
    sst: float


@dataclass(frozen=True)
class ModelTest:
    """One test; p is one-sided where the direction names a winner."""

    composition: str
    test: str
    direction: str
    statistic: float | None
    df1: float
    df2: float | None
    p: float | None
    vcov: str


@dataclass(frozen=True)
class Power:
    """How often the whole rule would say what, at one true lead on this panel's design."""

    composition: str
    design: str
    true_effect: float
    p_supported: float
    p_not_supported: float
    p_inconclusive: float
    mde80: float | None


@dataclass(frozen=True)
class Verdict:
    """One rule of one composition, beside the verdict that the rules give together."""

    composition: str
    part: str
    verdict: str
    rule_id: str
    passed: bool
    value: float | None
    threshold: float | None
    sentence: str
