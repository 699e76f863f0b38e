"""From the locality tables to the evidence tables: which rows and indicators a panel holds, and
what the statistics make of them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline import framework as declared
from pipeline.edition import Edition
from pipeline.evidence.between import BetweenResult, between
from pipeline.evidence.panel import Panel, composites
from pipeline.evidence.quality import cronbach_alpha, partial_correlations, sign_agreement
from pipeline.framework import Framework, Indicator

MEASURING = ("leadership", "partnership", "plans", "budgets")
Row = dict[str, Any]


@dataclass(frozen=True)
class Built:
    """A panel with everything that is said of how it came to be.

    Attributes:
        spec: the declaration.
        panel: the arrays; None when the panel cannot be estimated at all.
        rows: the panel's rows, aligned with the arrays.
        used: indicators by block.
        coverage: one row an indicator: measured share, used or not, and why not.
        thinned: step and rows left after it.
    """

    spec: declared.Panel
    panel: Panel | None
    rows: pl.DataFrame
    used: Mapping[str, Sequence[Indicator]]
    coverage: Sequence[Row]
    thinned: Sequence[tuple[str, int]]


def _known(frame: pl.DataFrame, indicator: Indicator, min_coverage: float) -> pl.Expr:
    """Whether a row has the indicator, and enough of it was observed."""
    known = pl.col(indicator.name).is_not_null() & pl.col(indicator.name).is_finite()
    coverage = f"{indicator.name}__coverage"
    if coverage in frame.columns:
        known &= pl.col(coverage) >= min_coverage
    return known.fill_null(False)


def build(spec: declared.Panel, all_of: Framework, authority_year: pl.DataFrame) -> Built:
    """Choose rows and indicators by the registered rules.

    Predictors and controls of year t meet the outcome of year t + lag. An indicator is used when it
    is measured on enough of the rows and shares no instrument with the outcome; then only rows
    with all used indicators are kept.
    """
    test = all_of.test
    outcome = all_of.indicators[spec.outcome]
    first, last = spec.years
    predictors = authority_year.filter(pl.col("year").is_between(first, last))
    later = authority_year.filter(_known(authority_year, outcome, test.min_coverage)).select(
        "areacd",
        (pl.col("year") - spec.lag).alias("year"),
        (pl.col(outcome.name) * outcome.polarity).alias("outcome"),
    )
    rows = predictors.join(later, on=["areacd", "year"], how="inner")
    thinned = [
        ("councils with social care in the years of the predictors", predictors.height),
        (f"with the outcome {spec.lag} year later", rows.height),
    ]
    for name in spec.controls:
        rows = rows.filter(_known(rows, all_of.indicators[name], test.min_coverage))
    thinned.append(("with all controls", rows.height))
    used: dict[str, list[Indicator]] = {}
    coverage: list[Row] = []
    for one in all_of.of_block(*MEASURING):
        known = rows.select(_known(rows, one, test.min_coverage)).to_series()
        share = float(known.mean() or 0.0)  # type: ignore[arg-type]
        why = ""
        if one.family == outcome.family:
            why = "shares its instrument with the outcome"
        elif share < test.min_measured:
            why = f"measured on {share:.0%} of the rows, fewer than {test.min_measured:.0%}"
        if not why:
            used.setdefault(one.block, []).append(one)
        coverage.append(
            {
                "spec_id": spec.name,
                "block": one.block,
                "words": one.words,
                "indicator": one.name,
                "title": one.title,
                "source": one.source,
                "measured_share": share,
                "used": not why,
                "why_not": why or None,
            }
        )
    for one in (one for block in used.values() for one in block):
        rows = rows.filter(_known(rows, one, test.min_coverage))
    thinned.append(("with every indicator used", rows.height))
    rows = rows.sort("areacd", "year")
    panel = _arrays(rows, used, spec, all_of) if rows.height and used else None
    return Built(spec, panel, rows, used, coverage, thinned)


def _dummies(values: pl.Series) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    """0/1 columns for every value but the first."""
    levels = values.unique().sort().to_list()
    return [(values == level).cast(pl.Float64).to_numpy() for level in levels[1:]]


def _arrays(
    rows: pl.DataFrame,
    used: Mapping[str, Sequence[Indicator]],
    spec: declared.Panel,
    all_of: Framework,
) -> Panel:
    controls = [rows[name].to_numpy() for name in spec.controls]
    for name in spec.control_classes:
        controls += _dummies(rows[name])
    return Panel(
        outcome=rows["outcome"].to_numpy(),
        controls=np.column_stack(controls),
        blocks={
            block: np.column_stack([rows[one.name].to_numpy() * one.polarity for one in indicators])
            for block, indicators in used.items()
        },
        authority=_codes(rows["areacd"]),
        dominant_trust=_codes(rows["dominant_trust"].fill_null("none")),
        year=rows["year"].to_numpy().astype(np.int64),
    )


def _codes(values: pl.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
    return values.rank("dense").to_numpy().astype(np.int64) - 1


def measure_quality(built: Built, long: pl.DataFrame, all_of: Framework) -> list[Row]:
    """One row an indicator used: reliability, agreement and variation within councils.

    Reliability is 1 - mean sampling variance / variance between rows, for surveys.
    """
    if built.panel is None:
        return []
    outcome_family = all_of.indicators[built.spec.outcome].family
    partial = partial_correlations(built.panel)
    keys = built.rows.select("areacd", "year")
    rows = []
    for block, indicators in built.used.items():
        items = built.panel.blocks[block]
        alpha = cronbach_alpha(items / items.std(axis=0)) if items.shape[1] > 1 else None
        agreement = sign_agreement(partial[block])
        for place, one in enumerate(indicators):
            own = keys.join(
                long.filter(pl.col("indicator") == one.name), on=["areacd", "year"], how="left"
            )
            values = own["value"]
            spread = float(values.var() or 0.0)  # type: ignore[arg-type]
            noise = own["sampling_variance"].mean()
            means = own.group_by("areacd").agg(pl.col("value").mean())["value"].var()
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
                    "reliability": None
                    if noise is None or spread == 0
                    else 1.0 - float(noise) / spread,  # type: ignore[arg-type]
                    "n_resp_median": own["respondents"].median(),
                    "coverage_min": own["coverage"].min(),
                    "coverage_median": own["coverage"].median(),
                    "n_effective_median": own["n_effective"].median(),
                    "within_var_share": None
                    if spread == 0 or means is None
                    else 1.0 - float(means) / spread,  # type: ignore[arg-type]
                    "shares_source_with_outcome": one.family == outcome_family,
                }
            )
    return rows


TABLES = {
    "analysis_spec": "What was asked of which rows: declaration, thresholds and what thinned them.",
    "panel": "The rows analysed, with each block's composite (z-score, higher is better).",
    "measure_quality": "How well each indicator used is measured.",
    "block_fit": "What each coalition of blocks explains and predicts beyond the controls.",
    "block_contrast": "Leadership's side against plans' side: estimates with every interval.",
    "importance": "Each block's and side's share of what is explained (Shapley, Owen).",
    "model_tests": "Tests of one side given the other.",
    "cv_losses": "Squared errors on councils and years that a model had not seen.",
    "power": "How often the rule would say what, if the true lead were known.",
    "verdict": "The registered rule, one row a criterion, with the verdict and its sentence.",
}

MEANINGS = {
    "spec_id": "panel in the framework",
    "synthetic": "whether every figure is generated",
    "outcome": "outcome indicator",
    "is_primary": "whether this is a primary analysis",
    "exploratory": "why the result is exploratory; empty where it is confirmatory",
    "n_rows": "rows analysed",
    "n_localities": "localities analysed",
    "n_authorities": "councils analysed",
    "years": "financial years of the predictors",
    "composition": "composite: one z-mean a block; indicators: all of them under ridge; both",
    "coalition": "blocks in the model beside the controls",
    "k": "parameters of the blocks (effective ones under ridge)",
    "r2": "share of variance explained",
    "v": "r2 beyond the controls alone",
    "adj_r2": "r2 adjusted for parameters",
    "q2_loao": "share of variance predicted for councils left out",
    "q2_forward": "share of variance predicted for later years",
    "penalty": "ridge penalty chosen on all rows",
    "estimand": "what is estimated; delta = v(H) - v(B)",
    "estimate": "estimate as a share of variance",
    "bias": "jackknife or bootstrap estimate of bias",
    "se": "standard error",
    "ci_low": "lower end of the interval",
    "ci_high": "upper end of the interval",
    "ci_method": "how the interval was made",
    "p_one_sided": "one-sided p that H does not lead",
    "headline": "whether the rule reads this row",
    "verdict": "supported, not supported or inconclusive",
    "sentence": "the verdict in plain words",
    "rule_id": "criterion",
    "passed": "whether it is met",
    "value": "what it reads",
    "threshold": "what it is held against",
    "true_effect": "true lead in the simulation",
    "mde80": "smallest lead found in the target share of cases; empty if beyond those simulated",
}


def settings_row(built: Built, all_of: Framework) -> Row:
    """The analysis_spec row of a panel."""
    spec = built.spec
    return {
        "title": spec.title,
        "claim": all_of.claim,
        "lag": spec.lag,
        "controls": ", ".join([*spec.controls, *spec.control_classes]),
        "composite_rule": "z-mean a block, and all indicators under ridge; both are primary",
        "missing_rule": f"complete cases among indicators measured on at least "
        f"{all_of.test.min_measured:.0%} of the rows",
        "sample": "; ".join(f"{step}: {rows}" for step, rows in built.thinned),
        "indicators": "; ".join(
            f"{block}: {', '.join(one.name for one in indicators)}"
            for block, indicators in built.used.items()
        ),
        "thresholds": json.dumps(asdict(all_of.test)),
        "frozen_hash": all_of.hash,
    }


def exploratory(spec: declared.Panel, all_of: Framework) -> str | None:
    """Why a panel's results are exploratory, or None."""
    reasons = [spec.exploratory] if spec.exploratory else []
    if not all_of.registered():
        reasons.append("The framework file is not the registered one.")
    return " ".join(reasons) or None


def evidence_tables(edition: Edition, all_of: Framework) -> dict[str, pl.DataFrame]:
    """Every evidence table and ``construct_coverage``, all panels together."""
    authority_year = edition.read("locality", "authority_year")
    long = edition.read("locality", "indicator_place")
    rows: dict[str, list[Row]] = {name: [] for name in (*TABLES, "construct_coverage")}
    for spec in all_of.panels.values():
        built = build(spec, all_of, authority_year)
        rows["construct_coverage"] += built.coverage
        if built.panel is None:
            result = BetweenResult("no row has an outcome, its controls and an indicator")
        else:
            result = between(built.panel, all_of.test.between)
        common = _common(built, all_of, edition)
        found: dict[str, list[Row]] = {
            name: [asdict(one) for one in getattr(result, name)]
            for name in TABLES
            if hasattr(result, name)
        }
        found["analysis_spec"] = [settings_row(built, all_of) | {"stopped": result.stopped}]
        found["panel"] = _panel_rows(built)
        found["measure_quality"] = measure_quality(built, long, all_of)
        _name_councils(found["cv_losses"], built)
        title = all_of.indicators[spec.outcome].title
        reach = result.power[0].mde80 if result.power else None
        for row in found["verdict"]:
            row["mde80"] = reach
            # The statistics know no names: say once what the outcome is.
            row["sentence"] = row["sentence"].replace(
                "the outcome", f"{title[0].lower()}{title[1:]}", 1
            )
        for name, own in found.items():
            rows[name] += [common | row for row in own]
    return {name: pl.DataFrame(own, infer_schema_length=None) for name, own in rows.items()}


def _common(built: Built, all_of: Framework, edition: Edition) -> Row:
    spec = built.spec
    councils = built.rows["areacd"].n_unique()
    return {
        "spec_id": spec.name,
        "synthetic": edition.synthetic,
        "outcome": spec.outcome,
        "is_primary": spec.primary,
        "exploratory": exploratory(spec, all_of),
        "n_rows": built.rows.height,
        "n_localities": councils,
        "n_authorities": councils,
        "years": f"{spec.years[0]}-{spec.years[1]}",
    }


def _panel_rows(built: Built) -> list[Row]:
    if built.panel is None:
        return []
    small = composites(built.panel)
    frame = built.rows.select(
        "areacd", "year", (pl.col("outcome") * 1.0).alias("outcome_polarised"), "dominant_trust"
    ).with_columns(
        pl.Series(block, column[:, 0], dtype=pl.Float64) for block, column in small.blocks.items()
    )
    return frame.to_dicts()


def _name_councils(losses: list[Row], built: Built) -> None:
    """Give losses the council's code in place of its number."""
    names = built.rows["areacd"].unique().sort().to_list()
    for row in losses:
        number = row.pop("authority")
        row["areacd"] = None if number is None else names[number]
        row["fold"] = row["areacd"] or str(row["fold"])
