"""What a panel is, before one side is held against the other: rows, settings, how well measured."""

import json
from dataclasses import asdict

import numpy as np
import polars as pl

from pipeline.evidence.nonnested import nonnested
from pipeline.evidence.panel import Array, Panel, composites, standardise
from pipeline.evidence.quality import cronbach_alpha, partial_correlations, sign_agreement
from pipeline.evidence.reliability import omega_total, respondent_reliability
from pipeline.study import framework as declared
from pipeline.study.asked import Asked, Tables
from pipeline.study.framework import Framework
from pipeline.study.panels import Built, Row


def settings_row(built: Built, inner: Built | None, all_of: Framework) -> Row:
    """The analysis_spec row of a panel; `inner` is what is compared within, if that is asked."""
    spec = built.spec
    return {
        "title": spec.title,
        "claim": all_of.claim,
        "lag": spec.lag,
        "controls": ", ".join([*spec.controls, *spec.control_classes]),
        "composite_rule": "z-mean a block, and all indicators under ridge; both are primary",
        "missing_rule": f"complete cases among indicators measured on at least "
        f"{all_of.test.min_measured:.0%} of the rows",
        "sample": _thinned(built),
        "indicators": _used(built),
        "sample_within": None
        if inner is None
        else f"{_thinned(inner)}; with a neighbour under the same authority that year: "
        f"{inner.with_neighbours.height}",
        "indicators_within": None if inner is None else _used(inner),
        "thresholds": json.dumps(asdict(all_of.test)),
        "frozen_hash": all_of.hash,
    }


def _thinned(built: Built) -> str:
    return "; ".join(f"{step}: {rows}" for step, rows in built.thinned)


def _used(built: Built) -> str:
    return "; ".join(
        f"{block}: {', '.join(one.name for one in indicators)}"
        for block, indicators in built.used.items()
    )


def exploratory(spec: declared.Panel, all_of: Framework) -> str | None:
    """Why a panel's results are exploratory, or None."""
    reasons = [spec.exploratory] if spec.exploratory else []
    if not all_of.registered():
        reasons.append("The framework file is not the registered one.")
    return " ".join(reasons) or None


def described(asked: Asked, long: pl.DataFrame) -> Tables:
    """The rows, how well they are measured, and other tests of one side against the other."""
    built, panel = asked.built, asked.estimated
    rows: dict[str, list[Row]] = {
        "construct_coverage": built.coverage,
        "analysis_spec": [
            settings_row(built, asked.inner if asked.pool.spec.within else None, asked.all_of)
            | {"stopped": asked.stopped, "stopped_within": asked.stopped_within}
        ],
        "panel": _panel_rows(asked),
        "measure_quality": measure_quality(built, long, asked.all_of),
    }
    if panel is not None:
        rows["model_tests"] = _other_tests(panel, asked.all_of)
    return rows


def measure_quality(built: Built, long: pl.DataFrame, all_of: Framework) -> list[Row]:
    """One row an indicator used: reliability, agreement and variation within authorities.

    Args:
        built: the panel.
        long: locality, year, indicator with sampling_variance, respondents, coverage, n_effective.
        all_of: the framework.
    """
    panel = built.panel
    if panel is None:
        return []
    outcome_family = all_of.indicators[built.spec.outcome].family
    partial = partial_correlations(panel)
    keys = built.rows.select("locality", "year")
    here = keys.join(long, on=["locality", "year"], maintain_order="left")
    of_indicator = here.partition_by("indicator", as_dict=True)
    measured = {row["indicator"]: row["measured_share"] for row in built.coverage}
    rows = []
    for block, indicators in built.used.items():
        items = panel.blocks[block]
        varying = items[:, np.ptp(items, axis=0) > 0]
        alpha = _alpha(standardise(varying)) if varying.shape[1] > 1 else None
        omega = omega_total(varying) if 2 < varying.shape[1] < len(varying) else None
        agreement = sign_agreement(partial[block])
        for place, one in enumerate(indicators):
            own = of_indicator.get((one.name,), here.clear())
            spread = float(items[:, place].var(ddof=1))
            noise = own["sampling_variance"].drop_nulls().to_numpy()
            means = np.bincount(panel.authority, weights=items[:, place]) / np.bincount(
                panel.authority
            )
            left = items[:, place] - means[panel.authority]
            rows.append(
                {
                    "indicator": one.name,
                    "block": block,
                    "level": one.level,
                    "source": one.source,
                    "instrument": one.instrument,
                    "partial_correlation": float(partial[block][place]),
                    "block_sign_agreement": agreement,
                    "block_alpha": alpha,
                    "block_omega": omega,
                    "reliability": respondent_reliability(items[:, place], noise)
                    if len(noise) and spread > 0
                    else None,
                    "n_resp_median": own["respondents"].median(),
                    "missing_pct": 100 * (1.0 - measured[one.name]),
                    "coverage_min": own["coverage"].min(),
                    "coverage_median": own["coverage"].median(),
                    "n_effective_median": own["n_effective"].median(),
                    "within_var_share": None
                    if spread == 0
                    else float((left**2).sum() / (len(left) - 1) / spread),
                    "shares_source_with_outcome": one.family == outcome_family,
                }
            )
    return rows


def _alpha(items: Array) -> float | None:
    """Alpha, or None where the items cancel each other."""
    try:
        return cronbach_alpha(items)
    except ValueError:
        return None


def _panel_rows(asked: Asked) -> list[Row]:
    """The rows of either comparison; composites are of those between authorities."""
    built, pool = asked.built, asked.pool
    between, ranked = asked.enters_between, asked.ranked_within
    outcome = pool.at_lag(built.choices.outcome, built.choices.lag, built.choices.min_coverage)
    frame = pool.rows.select(
        "locality",
        "authority",
        "year",
        pl.Series("enters_between", between),
        pl.Series("enters_within", asked.enters_within),
        pl.Series("ranked_within", ranked),
        pl.Series("outcome_polarised", outcome),
        "dominant_trust",
    )
    blocks = {} if built.panel is None else composites(built.panel).blocks
    for block, composite in blocks.items():
        column = np.full(frame.height, np.nan)
        column[between] = composite[:, 0]
        frame = frame.with_columns(pl.Series(block, column).fill_nan(None))
    return frame.filter(pl.Series(between | ranked)).to_dicts()


def _other_tests(panel: Panel, all_of: Framework) -> list[Row]:
    """J, Cox, encompassing, Vuong and information criteria on the composites."""
    s = all_of.test.between
    small = composites(panel)
    h, b = (
        np.column_stack([small.blocks[name] for name in side if name in small.blocks])
        for side in (s.h_blocks, s.b_blocks)
    )
    found = nonnested(
        standardise(panel.outcome),
        standardise(panel.controls),
        h,
        b,
        panel.authority,
        n_bootstrap=s.n_bootstrap,
        seed=s.seed,
    )
    return [dict(vars(one)) for one in found]
