"""The multiverse: every defensible way to set up a panel, and what the lead is in each."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from pipeline.evidence.between import gates
from pipeline.evidence.lead import QuickLead, composed, quick_leads
from pipeline.evidence.panel import Array, Flags, Ints
from pipeline.evidence.resampling import bootstrap_weights
from pipeline.evidence.within import Slope, slopes
from pipeline.study.framework import Framework
from pipeline.study.panels import (
    Built,
    Candidates,
    Choices,
    Judged,
    first_side,
    locality_panel,
    registered,
    select,
)

Row = dict[str, Any]
CHUNK = 150
"""Set-ups a worker takes at a time: small enough to spread, large enough to be worth it."""


@dataclass(frozen=True)
class Specification:
    """One way to set up a panel: the labels of its choices, and the choices."""

    labels: tuple[str, ...]
    composition: str
    choices: Choices


AXES = ("composition", "controls", "sample", "coverage", "missing", "lags")


def specifications(pool: Candidates, all_of: Framework) -> list[Specification]:
    """All combinations of the axes that the framework and the panel declare."""
    base = registered(pool.spec, all_of)
    wide = all_of.test.multiverse
    out = []
    for lag in (base.lag + more for more in wide.lags):
        made = []
        for controls, sample, coverage, missing in product(
            _controls(base), _samples(base, wide.cap), wide.min_coverage, wide.min_measured
        ):
            choices = replace(
                base,
                controls=controls[1],
                control_classes=controls[2],
                **sample[1],
                min_coverage=coverage,
                min_measured=missing,
                lag=lag,
            )
            labels = controls[0], sample[0], f"{coverage:g}", f"{missing:g}", str(lag)
            made.append((labels, choices))
        out += [
            Specification((composition, *labels), composition, choices)
            for composition in wide.compositions
            for labels, choices in made
        ]
    return out


def _controls(base: Choices) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """All controls, all but one, and the years alone."""
    yield "all", base.controls, base.control_classes
    for name in base.controls:
        yield f"without {name}", tuple(c for c in base.controls if c != name), base.control_classes
    for name in base.control_classes:
        if name != "year":
            yield (
                f"without {name}",
                base.controls,
                tuple(c for c in base.control_classes if c != name),
            )
    yield "year alone", (), tuple(c for c in base.control_classes if c == "year")


def _samples(base: Choices, cap: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """All places and years; without outliers, a class of councils, or half of the years."""
    first, last = base.years
    yield "all", {}
    yield f"predictors drawn in to {cap:g} SD", {"cap": cap}
    yield f"without outcomes beyond {cap:g} SD", {"trim": cap}
    if "council_class" in base.control_classes:
        yield "without London", {"without_classes": frozenset({"London borough"})}
        counties = frozenset({"shire county", "shire district"})
        yield "without counties", {"without_classes": counties}
    if last > first:
        middle = (first + last) // 2
        yield "earlier years", {"years": (first, middle)}
        yield "later years", {"years": (middle + 1, last)}


def _nobody() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Outcome:
    """What one specification gave: the lead, the slope within, or why there is no lead.

    `authorities` are the pool's codes of those that the lead was estimated on; `n_within` counts
    the rows that the slope is found on.
    """

    n_rows: int
    lead: QuickLead | None = None
    stopped: str | None = None
    authorities: Ints = field(default_factory=_nobody)
    slope: Slope | None = None
    n_within: int | None = None


def estimate(
    together: Sequence[Built],
    all_of: Framework,
    compositions: Sequence[str],
    penalty: float | None,
) -> list[dict[str, Outcome]]:
    """The lead under each composition on the same rows and indicators with different controls."""
    first, settings = together[0], all_of.test.between

    def none(why: str) -> dict[str, Outcome]:
        return dict.fromkeys(compositions, Outcome(first.size, stopped=why))

    if penalty is None:
        return [none("not compared between authorities")] * len(together)
    if not first.size or not first.used:
        return [none("no row is left")] * len(together)
    # One clustering: thousands of specifications ask for the spread, not for the wider interval.
    whole = first.filled(first.outcome, first.control_matrix, first.values)
    panel = replace(whole, dominant_trust=None)
    controls = [built.control_matrix for built in together]
    stopped = gates(panel, settings, [one.shape[1] for one in controls])
    held = [one for one, why in zip(controls, stopped, strict=True) if not why]
    found: Iterator[dict[str, QuickLead]] = iter(())
    if held:
        columns = composed(panel.blocks, settings, compositions)
        found = iter(quick_leads(panel, settings, columns, penalty, held))
    authorities = np.unique(first.pool.authority[first.keep])

    def outcomes(leads: Mapping[str, QuickLead]) -> dict[str, Outcome]:
        return {name: Outcome(first.size, own, None, authorities) for name, own in leads.items()}

    return [none(why) if why else outcomes(next(found)) for why in stopped]


def _slopes(
    inner: Built, all_of: Framework, compositions: Sequence[str]
) -> Mapping[str, Slope | None]:
    inside = locality_panel(inner, all_of)
    return dict.fromkeys(compositions) if inside is None else slopes(inside, compositions)


def _rows(built: Built) -> Hashable:
    """What makes the rows and indicators of two set-ups the same."""
    choices = built.choices
    used = tuple(one.name for block in built.used.values() for one in block)
    return built.keep.tobytes(), choices.cap, choices.lag, used


def _controls_of(built: Built) -> Hashable:
    """What makes two set-ups with the same rows and indicators the same."""
    return built.choices.controls, built.choices.control_classes


SetUps = Mapping[Choices, tuple[str, ...]]
"""Choices of rows, indicators and controls -> the compositions to try on them."""


def set_ups(asked: Sequence[Specification]) -> SetUps:
    """The specifications by what they select, so that nothing is selected twice."""
    found: dict[Choices, dict[str, None]] = {}
    for one in asked:
        found.setdefault(one.choices, {})[one.composition] = None
    return {choices: tuple(compositions) for choices, compositions in found.items()}


def estimates(
    pool: Candidates, all_of: Framework, some: SetUps, penalty: float | None
) -> dict[tuple[Choices, str], Outcome]:
    """What each composition of each set-up gives; equal selections are worked out once."""
    judged: dict[Hashable, tuple[Judged, Flags]] = {}
    inside: dict[Hashable, tuple[Mapping[str, Slope | None], int]] = {}
    selected = {choices: select(pool, all_of, choices, judged) for choices in some}
    # Rows, indicators and compositions -> controls -> one of the set-ups that come to that.
    alike: dict[tuple[Hashable, tuple[str, ...]], dict[Hashable, Built]] = {}
    for choices, built in selected.items():
        alike.setdefault((_rows(built), some[choices]), {})[_controls_of(built)] = built
    leads = {
        (rows, compositions): dict(
            zip(own, estimate([*own.values()], all_of, compositions, penalty), strict=True)
        )
        for (rows, compositions), own in alike.items()
    }
    out: dict[tuple[Choices, str], Outcome] = {}
    for choices, compositions in some.items():
        built = selected[choices]
        found = leads[_rows(built), compositions][_controls_of(built)]
        if pool.spec.within:
            inner = select(pool, all_of, first_side(choices, all_of), judged)
            same = _rows(inner), _controls_of(inner), compositions
            if same not in inside:
                slopes_of = _slopes(inner, all_of, compositions)
                inside[same] = slopes_of, int(np.count_nonzero(inner.neighboured))
            own, rows = inside[same]
            found = {
                name: replace(one, slope=own[name], n_within=rows) for name, one in found.items()
            }
        out |= {(choices, name): one for name, one in found.items()}
    return out


def multiverse(
    pool: Candidates, all_of: Framework, penalty: float | None, n_jobs: int = -1
) -> tuple[list[Row], list[Row]]:
    """Rows of the table, and what they say together.

    Together: the share of specifications with the commoner sign, which must be that of the
    registered one, and the median lead, each beside its null: authorities drawn again with every
    specification's lead moved to 0 (by each authority's influence on it, so that nothing is fitted
    again).

    Args:
        pool: the panel's candidates.
        all_of: the framework.
        penalty: ridge penalty of the composition that keeps indicators apart; None where the
            panel cannot be compared between authorities, and only slopes within are asked for.
        n_jobs: workers, -1 for all cores; joblib's configured backend is used.
    """
    done = Parallel(n_jobs=n_jobs)(
        delayed(estimates)(pool, all_of, some, penalty) for some in set_up_pieces(pool, all_of)
    )
    return gathered(pool, all_of, done)


def set_up_pieces(pool: Candidates, all_of: Framework) -> list[SetUps]:
    """The panel's set-ups, the registered one first, in pieces that can be worked out apart."""
    asked = [registered_one(pool, all_of), *specifications(pool, all_of)]
    # Other controls often leave the same rows: a worker meets them one after the other.
    by_rows: dict[Choices, dict[Choices, tuple[str, ...]]] = {}
    for choices, compositions in set_ups(asked).items():
        rows = replace(choices, controls=(), control_classes=())
        by_rows.setdefault(rows, {})[choices] = compositions
    whole = [one for together in by_rows.values() for one in together.items()]
    return [dict(whole[i : i + CHUNK]) for i in range(0, len(whole), CHUNK)]


def gathered(
    pool: Candidates, all_of: Framework, done: Sequence[Mapping[tuple[Choices, str], Outcome]]
) -> tuple[list[Row], list[Row]]:
    """The rows of `multiverse` from its pieces."""
    outcomes = {key: one for part in done for key, one in part.items()}
    asked = specifications(pool, all_of)
    found = [outcomes[one.choices, one.composition] for one in asked]
    registered = registered_one(pool, all_of)
    base = outcomes[registered.choices, registered.composition]
    rows = [_row(one, outcome) for one, outcome in zip(asked, found, strict=True)]
    leads = [one for one in found if one.lead is not None]
    together = list(_together(leads, base, all_of)) if leads else []
    slopes = np.array([one.slope.beta for one in found if one.slope])
    if slopes.size:
        together.append(_slopes_together(slopes, base, all_of))
    return rows, together


def _row(one: Specification, found: Outcome) -> Row:
    given = found.lead
    return {
        **dict(zip(AXES, one.labels, strict=True)),
        "spec_n_rows": found.n_rows,
        "delta": given and given.delta,
        "se": given and given.se,
        "ci_low": given and given.ci_low,
        "ci_high": given and given.ci_high,
        "p": given and given.p_one_sided,
        "sign": None if given is None else int(np.sign(given.delta)),
        "spec_n_rows_within": found.n_within,
        "beta_w": found.slope and found.slope.beta,
        "beta_w_se": found.slope and found.slope.se,
        "beta_w_p": found.slope and found.slope.p_one_sided,
        "stopped": found.stopped,
    }


def registered_one(pool: Candidates, all_of: Framework) -> Specification:
    """The registered way, with composites."""
    return Specification((), "composite", registered(pool.spec, all_of))


def _together(found: Sequence[Outcome], base: Outcome, all_of: Framework) -> Iterator[Row]:
    s = all_of.test.between
    delta = np.array([one.lead.delta for one in found if one.lead])
    agreement, null = float(_agreement(delta)), _null(found, all_of)
    tail = 100 * (1 - s.confidence) / 2
    for detail, observed, drawn, passes in (
        (
            "share of specifications with the commoner sign",
            agreement,
            _agreement(null),
            agreement >= all_of.test.multiverse.same_sign
            and base.lead is not None
            and bool(np.median(delta) * base.lead.delta > 0),
        ),
        ("median lead", float(np.median(delta)), np.median(null, axis=1), None),
    ):
        low, high = np.percentile(drawn, [tail, 100 - tail])
        yield {
            "part": "between",
            "kind": "multiverse",
            "detail": f"{detail}, {_counted(delta)}; the interval is that of a null world",
            "estimate": observed,
            "ci_low": float(low),
            "ci_high": float(high),
            "p": float((1 + (drawn >= observed).sum()) / (1 + len(drawn))),
            "passes": passes,
        }


def _slopes_together(slopes: Array, base: Outcome, all_of: Framework) -> Row:
    agreement = float(_agreement(slopes))
    return {
        "part": "within",
        "kind": "multiverse",
        "detail": f"share of specifications with the commoner sign, {_counted(slopes)}; "
        f"{(slopes > 0).mean():.0%} have a positive slope, the median is {np.median(slopes):.3f}",
        "estimate": agreement,
        "passes": agreement >= all_of.test.multiverse.same_sign
        and base.slope is not None
        and bool(np.median(slopes) * base.slope.beta > 0),
    }


def _counted(values: Array) -> str:
    """How many specifications there are, and how many of them come to a result of their own."""
    own = len(np.unique(values.round(12)))
    return f"{len(values)} specifications with {own} different results"


def _agreement(delta: Array) -> Array:
    """(...,) share of the specifications (..., S) with the commoner sign."""
    up = (delta > 0).mean(axis=-1)
    return np.asarray(np.maximum(up, 1.0 - up), dtype=np.float64)


def _null(found: Sequence[Outcome], all_of: Framework) -> Array:
    """(draws, specifications) leads when authorities are drawn again and the truth is 0."""
    # Most specifications come to the same lead as others: each is drawn once.
    different = {id(one.lead): one for one in found}
    every = np.unique(np.concatenate([one.authorities for one in different.values()]))
    influence = np.zeros((len(different), len(every)))
    for i, one in enumerate(different.values()):
        if one.lead is not None:
            influence[i, np.searchsorted(every, one.authorities)] = one.lead.influence
    rng = np.random.default_rng(all_of.test.between.seed)
    weights = bootstrap_weights(len(every), all_of.test.multiverse.n_bootstrap, rng)
    null: Array = (weights - 1.0) @ influence.T
    place = {lead: i for i, lead in enumerate(different)}
    return null[:, [place[id(one.lead)] for one in found]]
