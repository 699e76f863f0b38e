"""The checks beside a panel's estimate: what happens to the lead when something else is chosen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.evidence.between import gate
from pipeline.evidence.imputation import Pooled, impute, rubin
from pipeline.evidence.lead import Lead, lead, leads, ridge_leads
from pipeline.evidence.locality import LocalityPanel, codes_of, shared
from pipeline.evidence.moments import design
from pipeline.evidence.nested import FTest, classic_f
from pipeline.evidence.panel import Array, Panel, composites, standardise
from pipeline.evidence.race import ridge_penalty
from pipeline.evidence.reliability import disattenuated, equalise
from pipeline.evidence.sensitivity import (
    adjusted,
    benchmark,
    group_partial_r2,
    group_robustness_value,
)
from pipeline.evidence.within import Slope, slope
from pipeline.study.framework import Framework
from pipeline.study.panels import (
    Built,
    Candidates,
    Choices,
    first_side,
    locality_panel,
    registered,
    select,
    without_sources,
)

Row = dict[str, Any]


def _row(kind: str, detail: str, found: Lead | None, passes: bool | None, why: str = "") -> Row:
    return {
        "part": "between",
        "kind": kind,
        "detail": detail,
        "estimate": None if found is None else found.delta,
        "ci_low": None if found is None else found.ci_low,
        "ci_high": None if found is None else found.ci_high,
        "p": None if found is None else found.p_one_sided,
        "passes": passes,
        "why_not": why or None,
    }


def robustness(
    pool: Candidates, built: Built, all_of: Framework, reliability: Mapping[str, float]
) -> list[Row]:
    """One row a check: the lead under it, and whether it says what the panel's own lead says.

    `passes` is empty where a check could not be made; `why_not` then says why.

    Args:
        pool: the panel's candidates.
        built: the registered panel.
        all_of: the framework.
        reliability: block -> reliability of its composite; only blocks where it is known.
    """
    panel = built.panel
    s = all_of.test.between
    if panel is None or gate(panel, s):
        return []
    base = lead(panel, s)
    checks = [
        *_other_choices(pool, all_of, base),
        *_other_compositions(panel, all_of, base),
        *_penalties(panel, all_of),
        *_without_each_authority(built, base),
        _split(built),
        *_placebos(pool, all_of),
        _reversed(pool, all_of, base),
        _imputed(pool, all_of, base),
        *_measured_as_well(panel, all_of, base, reliability),
        *_confounders(built, panel, all_of),
    ]
    return checks


def robustness_within(pool: Candidates, all_of: Framework) -> list[Row]:
    """The same checks for the slope of the composite among localities of one authority.

    The outcome a year before the predictors passes where it does not go with them more than the
    outcome a year after does. How the two sides are measured is no question here: only one varies.
    """
    base = first_side(registered(pool.spec, all_of), all_of)
    built = select(pool, all_of, base)
    inside = locality_panel(built, all_of)
    own = None if inside is None else slope(inside, "composite")
    if inside is None or own is None:
        return []
    back = "reversed lag", f"the outcome {_before(base)} the predictors"
    rows = []
    for kind, detail, choices in (
        *_variations(pool, all_of, base),
        (*back, replace(base, lag=-base.lag)),
    ):
        found = _slope(pool, all_of, choices)
        passes = found is not None and found.beta * own.beta > 0
        if found is not None and kind == "reversed lag":
            tail = 0.5 * (1.0 - all_of.test.within.confidence)
            passes = found.beta <= max(own.beta, 0.0) or found.p_one_sided >= tail
        rows.append(_row_within(kind, detail, found, passes))
    return [
        *rows,
        *_without_each_authority_within(built, inside, own),
        _split(built) | {"part": "within"},
        *_placebos_within(pool, all_of, base),
        _imputed_within(pool, all_of, base, own),
    ]


NOTHING_LEFT = "nothing is left to compare within authorities"


def _row_within(
    kind: str, detail: str, found: Slope | None, passes: bool, why: str = NOTHING_LEFT
) -> Row:
    row: Row = {"part": "within", "kind": kind, "detail": detail, "passes": None}
    if found is None:
        return row | {"why_not": why}
    return row | {"estimate": found.beta, "p": found.p_one_sided, "passes": bool(passes)}


def _without_each_authority_within(built: Built, inside: LocalityPanel, own: Slope) -> list[Row]:
    """The lowest and the highest slope when one authority is left out."""
    names = built.rows["authority"].unique().sort().to_list()
    compared = np.unique(inside.authority[shared(inside)])
    return _extremes("within", own.drop, [names[i] for i in compared.tolist()], own.beta)


def _placebos_within(pool: Candidates, all_of: Framework, base: Choices) -> Iterator[Row]:
    """A placebo is clean unless it goes with leadership; most are one value an authority."""
    if not pool.spec.placebo:
        yield _row_within("placebo", "none", None, False, NO_PLACEBO)
    for name in pool.spec.placebo:
        found = _slope(pool, all_of, replace(base, outcome=name))
        clean = found is not None and found.p_one_sided >= all_of.test.guards.alpha
        why = "the placebo outcome does not differ between localities of one authority"
        yield _row_within("placebo", all_of.indicators[name].title, found, clean, why)


def _imputed_within(pool: Candidates, all_of: Framework, base: Choices, own: Slope) -> Row:
    """Gaps filled m times, and the m slopes pooled by Rubin's rules."""
    guards, confidence = all_of.test.guards, all_of.test.within.confidence
    built = select(pool, all_of, replace(base, complete=False, min_measured=guards.min_imputed))
    kind, detail = "imputation", f"{guards.imputations} imputations by chained equations"
    try:
        drawn, gaps = _completed(built, all_of)
    except ValueError as problem:
        return _row_within(kind, detail, None, False, str(problem))
    panels = [locality_panel(built, all_of, one) for one in drawn]
    found = [None if one is None else slope(one, "composite") for one in panels]
    slopes = [one for one in found if one is not None and one.se > 0]
    if len(slopes) < len(found):
        return _row_within(kind, detail, None, False)
    pooled = rubin(
        np.array([one.beta for one in slopes]),
        np.array([one.se**2 for one in slopes]),
        float(len(own.drop) - 1),
    )
    around = own.beta, *own.interval(confidence)
    return _pooled_row("within", f"{detail}; {gaps}", pooled, around, confidence)


def _before(choices: Choices) -> str:
    return "a year before" if choices.lag == 1 else f"{choices.lag} years before"


def _slope(pool: Candidates, all_of: Framework, choices: Choices) -> Slope | None:
    inside = locality_panel(select(pool, all_of, choices), all_of)
    return None if inside is None else slope(inside, "composite")


def _again(pool: Candidates, all_of: Framework, choices: Choices) -> tuple[Lead | None, str]:
    """The lead under other choices, or why there is none."""
    panel = select(pool, all_of, choices).panel
    if panel is None:
        return None, "no row is left"
    stopped = gate(panel, all_of.test.between)
    if stopped:
        return None, stopped
    return lead(panel, all_of.test.between), ""


def _same_sign(kind: str, detail: str, found: tuple[Lead | None, str], delta: float) -> Row:
    own, why = found
    return _row(kind, detail, own, None if own is None else bool(own.delta * delta > 0), why)


def _variations(
    pool: Candidates, all_of: Framework, base: Choices
) -> Iterator[tuple[str, str, Choices]]:
    """Kind of check, what is chosen instead, and the choices, for either half.

    Each source left out, other minima of coverage, earlier predictors, the outcome of the same
    year held constant, values far out drawn in.
    """
    used = select(pool, all_of, base).used
    for source in dict.fromkeys(one.source for block in used.values() for one in block):
        choices = without_sources(base, all_of, source)
        yield "leave one source out", f"without {source}", choices
    for least in all_of.test.guards.min_coverage:
        yield "least coverage", f"at least {least:.0%} observed", replace(base, min_coverage=least)
    lag = base.lag + 1
    yield "earlier respondents", f"predictors {lag} years before", replace(base, lag=lag)
    held = replace(base, lagged_outcome=True)
    yield "lagged outcome", "the same year's outcome held constant", held
    cap = all_of.test.multiverse.cap
    yield "outliers", f"values drawn in to {cap:g} SD", replace(base, cap=cap)


def _other_choices(pool: Candidates, all_of: Framework, base: Lead) -> Iterator[Row]:
    for kind, detail, choices in _variations(pool, all_of, registered(pool.spec, all_of)):
        yield _same_sign(kind, detail, _again(pool, all_of, choices), base.delta)


def _other_compositions(panel: Panel, all_of: Framework, base: Lead) -> Iterator[Row]:
    for name in ("rank composite", "principal component", "splines"):
        found = lead(panel, all_of.test.between, composition=name)
        yield _same_sign("composition", name, (found, ""), base.delta)


def _penalties(panel: Panel, all_of: Framework) -> Iterator[Row]:
    """The lowest and the highest lead of indicators kept apart, over the grid of penalties.

    Which penalty is chosen can hang on how authorities fall into folds, and an interval that holds
    the choice does not show it.
    """
    s = all_of.test.between
    leads_of = dict(zip(s.ridge_grid, ridge_leads(panel, s, s.ridge_grid).tolist(), strict=True))
    own = leads_of[ridge_penalty(panel, s)]
    rising = sorted(leads_of, key=leads_of.__getitem__)
    for word, penalty in (("lowest", rising[0]), ("highest", rising[-1])):
        detail = f"{word}, indicators apart: penalty {penalty:g}"
        found = lead(panel, s, composition="indicators", penalty=penalty)
        yield _same_sign("ridge penalty", detail, (found, ""), own)


def _without_each_authority(built: Built, base: Lead) -> list[Row]:
    """The lowest and the highest lead when one authority is left out."""
    names = built.rows["authority"].unique().sort().to_list()
    return _extremes("between", base.drop, names, base.delta)


def _extremes(part: str, drop: Array, names: Sequence[str], whole: float) -> list[Row]:
    """The lowest and the highest of the estimates (G,) without each authority, beside the whole."""
    return [
        {
            "part": part,
            "kind": "leave one authority out",
            "detail": f"{word}: without {names[at]}",
            "estimate": float(drop[at]),
            "passes": bool(drop[at] * whole > 0),
        }
        for word, at in (("lowest", int(drop.argmin())), ("highest", int(drop.argmax())))
    ]


def _split(built: Built) -> Row:
    """One half of the staff against the other: the guard that the open data do not allow."""
    asked = any(one.respondents != "null" for block in built.used.values() for one in block)
    why = (
        "published surveys give one figure an organisation, so that its respondents cannot be "
        "split; the check by earlier respondents stands for it"
        if asked
        else "no measure used here is a survey whose respondents are counted"
    )
    return _row("split respondents", "one half of the staff for leadership", None, None, why)


NO_PLACEBO = "no placebo outcome at this level in the sources"


def _placebos(pool: Candidates, all_of: Framework) -> Iterator[Row]:
    """A placebo is clean unless the first side leads on it."""
    choices = registered(pool.spec, all_of)
    if not pool.spec.placebo:
        yield _row("placebo", "none", None, None, NO_PLACEBO)
    for name in pool.spec.placebo:
        found, why = _again(pool, all_of, replace(choices, outcome=name))
        clean = None if found is None else found.p_one_sided >= all_of.test.guards.alpha
        yield _row("placebo", all_of.indicators[name].title, found, clean, why)


def _reversed(pool: Candidates, all_of: Framework, base: Lead) -> Row:
    """Predictors a year after the outcome: they must not lead by more than the year before it."""
    choices = registered(pool.spec, all_of)
    back = replace(choices, lag=-choices.lag)
    found, why = _again(pool, all_of, back)
    passes = (
        None if found is None else bool(found.delta <= max(base.delta, 0.0) or found.ci_low <= 0)
    )
    return _row(
        "reversed lag", f"the outcome {_before(choices)} the predictors", found, passes, why
    )


def _imputed(pool: Candidates, all_of: Framework, base: Lead) -> Row:
    """Gaps filled m times, and the m leads pooled by Rubin's rules."""
    guards, s = all_of.test.guards, all_of.test.between
    choices = replace(
        registered(pool.spec, all_of), complete=False, min_measured=guards.min_imputed
    )
    built = select(pool, all_of, choices)
    kind, detail = "imputation", f"{guards.imputations} imputations by chained equations"
    if not built.size or not built.used:
        return _row(kind, detail, None, None, "no row is left")
    stopped = gate(_filled(built, np.nan_to_num(_matrix(built))), s)
    if stopped:
        return _row(kind, detail, None, None, stopped)
    try:
        drawn, gaps = _completed(built, all_of)
    except ValueError as problem:
        return _row(kind, detail, None, None, str(problem))
    found = leads(drawn, s)
    pooled = rubin(
        np.array([one.delta for one in found]),
        np.array([one.se**2 for one in found]),
        float(len(base.drop) - 1),
    )
    own = base.delta, base.ci_low, base.ci_high
    return _pooled_row("between", f"{detail}; {gaps}", pooled, own, s.confidence)


def _pooled_row(
    part: str,
    detail: str,
    pooled: Pooled,
    own: tuple[float, float, float],
    confidence: float,
) -> Row:
    """It passes where it lies in the interval of the panel's own estimate, on its side of 0."""
    estimate, low, high = own
    ends = pooled.interval(confidence)
    return {
        "part": part,
        "kind": "imputation",
        "detail": detail,
        "estimate": float(pooled.estimate),
        "ci_low": float(ends[0]),
        "ci_high": float(ends[1]),
        "passes": bool(low <= pooled.estimate <= high and pooled.estimate * estimate > 0),
    }


def _matrix(built: Built) -> Array:
    """(n, 1 + c + k) outcome, controls and indicators, with their gaps."""
    return np.column_stack([built.outcome, built.control_matrix, *built.values.values()])


def _completed(built: Built, all_of: Framework) -> tuple[list[Panel], str]:
    """The panel m times with its gaps filled, and how many rows had gaps, in words.

    Raises:
        ValueError: if there is nothing, or too little, to impute from.
    """
    if not built.size or not built.used:
        raise ValueError("no row is left")
    matrix, authority = _matrix(built), codes_of(built.pool.authority[built.keep])
    drawn = impute(matrix, authority, all_of.test.guards.imputations, all_of.test.between.seed)
    gaps = int(np.isnan(matrix).any(axis=1).sum())
    return (
        [_filled(built, _of_authorities(built, one)) for one in drawn],
        f"{gaps:,} of {len(matrix):,} rows with gaps",
    )


def _of_authorities(built: Built, matrix: Array) -> Array:
    """The matrix with one drawn value for all localities of what is measured of their authority."""
    if not built.spec.within:
        return matrix
    cell = codes_of(built.pool.authority[built.keep], built.pool.year[built.keep])
    first, at = np.unique(cell, return_index=True, return_inverse=True)[1:]
    levels = [one.level for block in built.used.values() for one in block]
    same = 1 + len(built.controls) + np.flatnonzero([level == "council" for level in levels])
    matrix = matrix.copy()
    matrix[:, same] = matrix[first[at]][:, same]
    return matrix


def _filled(built: Built, matrix: Array) -> Panel:
    """The panel with its outcome, controls and indicators from one completed matrix."""
    at = 1 + len(built.controls)
    blocks = {}
    for name, indicators in built.used.items():
        blocks[name] = matrix[:, at : at + len(indicators)]
        at += len(indicators)
    return built.filled(matrix[:, 0], matrix[:, 1 : 1 + len(built.controls)], blocks)


def _measured_as_well(
    panel: Panel, all_of: Framework, base: Lead, reliability: Mapping[str, float]
) -> Iterator[Row]:
    """The lead were all blocks measured alike, and were all measured without error."""
    assumed, said = _assumed(panel, reliability)
    small = composites(panel)
    for kind, detail, found in (
        ("equal reliability", "noise added to the better measured blocks", _equally_reliable),
        (
            "measured without error",
            "both sides corrected for their error of measurement",
            _without_error,
        ),
    ):
        if assumed:
            own = found(small, all_of, base, assumed)
            yield _row(kind, f"{detail} ({said})", None, None) | own
        else:
            yield _row(kind, detail, None, None, said)


def _equally_reliable(
    small: Panel, all_of: Framework, base: Lead, assumed: Mapping[str, float]
) -> Row:
    """Noise added to the better measured composites until all are as reliable as the worst."""
    rng = np.random.default_rng(all_of.test.between.seed)
    noisy = [equalise(small, assumed, rng) for _ in range(all_of.test.guards.noise_draws)]
    drawn = leads(noisy, all_of.test.between)
    mean = float(np.mean([one.delta for one in drawn]))
    return {
        "estimate": mean,
        "ci_low": float(np.mean([one.ci_low for one in drawn])),
        "ci_high": float(np.mean([one.ci_high for one in drawn])),
        "passes": bool(mean * base.delta > 0),
    }


def _assumed(panel: Panel, reliability: Mapping[str, float]) -> tuple[dict[str, float], str]:
    """Reliability of each block's composite and the same in words; {} and why where none is known.

    Amounts of money and counts are taken as measured without error: the hard case for them.
    """
    known = {name: value for name, value in reliability.items() if 0 < value <= 1}
    if not any(name in known for name in panel.blocks):
        return {}, "no block's reliability is known"
    assumed = known | {name: 1.0 for name in panel.blocks if name not in known}
    said = ", ".join(f"{name} {assumed[name]:.2f}" for name in panel.blocks)
    unknown = any(name not in reliability for name in panel.blocks)
    return assumed, f"{said}{'; 1 where unknown' if unknown else ''}"


def _without_error(
    small: Panel, all_of: Framework, base: Lead, assumed: Mapping[str, float]
) -> Row:
    """The lead if no block's composite held error of measurement: disattenuated v(H) - v(B)."""
    s = all_of.test.between
    explained = []
    for side in (s.h_blocks, s.b_blocks):
        names = [name for name in side if name in small.blocks]
        columns = np.column_stack([small.blocks[name] for name in names])
        varying = np.ptp(columns, axis=0) > 0
        known = np.array([assumed[name] for name in names])
        try:
            explained.append(
                disattenuated(small.outcome, small.controls, columns[:, varying], known[varying])
            )
        except ValueError as problem:
            return {"why_not": str(problem)}
    found = explained[0] - explained[1]
    return {"estimate": found, "passes": bool(found * base.delta > 0)}


AS_STRONG = {1: "as strong", 2: "twice as strong", 3: "three times as strong"}
"""How many times as strong as a known circumstance a confounder is taken to be, and in words."""


def _confounders(built: Built, panel: Panel, all_of: Framework) -> Iterator[Row]:
    """What an unmeasured confounder would have to be, and do, beside the controls that are known.

    The robustness value of the first side's indicators passes when a confounder as strong as the
    strongest measured control, with the outcome, could not take the association away. The rows
    after it are to be read: what share of the association is left, in the worst case, beside a
    confounder a few times as strong as the lasting control that would leave least, with leadership
    and with the outcome (Cinelli and Hazlett 2020, benchmark bounds, for the side's fitted index,
    whose coefficient is 1). Classic standard errors, as in all of that: on the hopeful side.
    """
    s = all_of.test.between
    d = design(composites(panel))
    outcome = panel.outcome - panel.outcome.mean()
    h, rivals = d.columns(s.h_blocks), d.columns(s.b_blocks)
    everything = np.concatenate([[0], d.controls, rivals])
    f = classic_f(outcome, d.x[:, everything], d.x[:, h])
    if not np.isfinite(f.statistic):
        return
    value = group_robustness_value(f.statistic, int(f.df1), f.df2)
    beta = np.linalg.lstsq(d.x[:, np.concatenate([everything, h])], outcome, rcond=None)[0]
    index = standardise((d.x[:, h] @ beta[-len(h) :])[:, None])

    def share(y: Array, rest: Array, column: int) -> float:
        """Partial R2 of a control with y."""
        own = classic_f(y, rest, d.x[:, [column]])
        known = np.isfinite(own.statistic)
        return group_partial_r2(own.statistic, int(own.df1), own.df2) if known else 0.0

    strongest, name = 0.0, "none"
    left: dict[str, list[float]] = {}
    for label, column in zip(built.controls, d.controls, strict=True):
        others = np.concatenate([[0], np.setdiff1d(d.controls, [column]), rivals])
        known = share(outcome, d.x[:, np.concatenate([others, h])], column)
        if known > strongest:
            strongest, name = known, label
        # A year is no circumstance of a place.
        if column in d.lasting_controls:
            left[label] = _left_beside(
                share(index[:, 0], d.x[:, others], column),
                share(outcome, np.hstack([d.x[:, others], index]), column),
                f,
            )
    worst = min(left, key=lambda label: left[label][0], default="")
    beside = (
        f". Beside one as strong as {worst}, with leadership and with the outcome, at least "
        f"{left[worst][0]:.0%} of the association would be left"
        if left
        else ""
    )
    yield {
        "part": "between",
        "kind": "robustness value",
        "detail": "share of what is left of outcome and leadership that an unmeasured confounder "
        f"would have to explain; the strongest control ({name}) explains {strongest:.3f} of the "
        f"outcome{beside}",
        "estimate": value,
        "passes": bool(value > strongest),
    }
    for words, share_left in zip(AS_STRONG.values(), left.get(worst, ()), strict=False):
        yield {
            "part": "between",
            "kind": "confounder",
            "detail": "share of the association with leadership that is left, at least, beside an "
            f"unmeasured confounder {words} as {worst}",
            "estimate": share_left,
            "passes": None,
        }


def _left_beside(with_index: float, with_outcome: float, f: FTest) -> list[float]:
    """What share of an index's coefficient is left, in the worst case, beside a confounder each of
    `AS_STRONG` times as strong as a control of these partial R2; 0 where it takes everything.
    """
    found, t = [], float(np.sqrt(f.df1 * f.statistic))
    for times in AS_STRONG:
        try:
            confounder = benchmark(with_index, with_outcome, times, times)
        except ValueError:
            # No confounder can be so strong; the strongest there can be takes everything.
            found.append(0.0)
            continue
        found.append(max(0.0, adjusted(1.0, 1.0 / t, f.df2, confounder).estimate))
    return found


def composite_reliability(built: Built, long: pl.DataFrame, all_of: Framework) -> dict[str, float]:
    """Block -> reliability of its composite, where its indicators are samples of staff.

    The error variance of a mean of z-scores is the mean over indicator pairs of their error
    covariance; errors of items that the same staff answer are taken as fully correlated, which
    is the cautious reading.
    """
    found: dict[str, float] = {}
    panel = built.panel
    if panel is None:
        return found
    for block, indicators in built.used.items():
        roots, known = [], 0
        for j, one in enumerate(indicators):
            noise = _sampling(built, long, one.name)
            spread = float(built.values[block][:, j].var(ddof=1))
            if noise is None or spread <= 0:
                roots.append(0.0)
                continue
            known += 1
            roots.append(float(np.sqrt(noise / spread)))
        if not known:
            continue
        z = built.values[block]
        z = (z - z.mean(axis=0)) / np.where(z.std(axis=0, ddof=1) > 0, z.std(axis=0, ddof=1), 1.0)
        whole = float(z.sum(axis=1).var(ddof=1))
        found[block] = max(0.0, 1.0 - float(np.sum(roots)) ** 2 / whole)
    return found


def _sampling(built: Built, long: pl.DataFrame, name: str) -> float | None:
    """Mean sampling variance of an indicator over the panel's rows, None where it is no sample."""
    own = long.filter(pl.col("indicator") == name, pl.col("sampling_variance").is_not_null())
    if own.is_empty():
        return None
    joined = built.rows.join(
        own.select("locality", "year", "sampling_variance"), on=["locality", "year"], how="inner"
    )
    mean = joined["sampling_variance"].mean()
    return None if mean is None else float(mean)  # type: ignore[arg-type]
