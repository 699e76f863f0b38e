"""From the panels to the evidence tables: what the statistics make of each."""

import json
import pickle
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import polars as pl
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from pipeline.edition import Edition, reference
from pipeline.evidence.between import between
from pipeline.evidence.between import gate as between_gate
from pipeline.evidence.locality import LocalityPanel
from pipeline.evidence.locality import gate as within_gate
from pipeline.evidence.nonnested import nonnested
from pipeline.evidence.overall import Check, overall, said_of
from pipeline.evidence.panel import Array, Panel, composites, standardise
from pipeline.evidence.quality import cronbach_alpha, partial_correlations, sign_agreement
from pipeline.evidence.race import ridge_penalty
from pipeline.evidence.reliability import omega_total, respondent_reliability
from pipeline.evidence.subsets import KINDS, indicator_importance
from pipeline.evidence.verdict import joined
from pipeline.evidence.within import WithinResult, adoption, tracking
from pipeline.study import framework as declared
from pipeline.study.framework import Framework
from pipeline.study.guards import DIRECTION, cautions, claim_checks
from pipeline.study.multiplicity import add_bh, holm
from pipeline.study.multiverse import Outcome, SetUps, estimates, gathered, set_up_pieces
from pipeline.study.panels import (
    Built,
    Candidates,
    Choices,
    Row,
    candidates,
    differing,
    first_side,
    locality_panel,
    registered,
    select,
)
from pipeline.study.results import ALL_PANELS, TABLES
from pipeline.study.robustness import composite_reliability, robustness, robustness_within


@dataclass(frozen=True)
class Found:
    """What one panel gave: rows of every table, and what the claim as a whole needs of it.

    Attributes:
        spec: its declaration.
        rows: table -> its rows.
        between, within: each half's verdict, None where it cannot be asked.
        p_between, p_within: the p that each half's rule reads.
        checks: what must hold beside the halves.
    """

    spec: declared.Panel
    rows: Mapping[str, Sequence[Row]]
    between: str | None
    within: str | None
    p_between: float | None
    p_within: float | None
    checks: Sequence[Check] = ()


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
    measured = {row["indicator"]: row["measured_share"] for row in built.coverage}
    rows = []
    for block, indicators in built.used.items():
        items = panel.blocks[block]
        varying = items[:, np.ptp(items, axis=0) > 0]
        alpha = _alpha(standardise(varying)) if varying.shape[1] > 1 else None
        omega = _omega(varying) if 2 < varying.shape[1] < len(varying) else None
        agreement = sign_agreement(partial[block])
        for place, one in enumerate(indicators):
            own = keys.join(
                long.filter(pl.col("indicator") == one.name), on=["locality", "year"], how="left"
            )
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


def _omega(items: Array) -> float | None:
    """Omega, or None where one factor does not fit (items that say nearly the same)."""
    from statsmodels.tools.sm_exceptions import ModelWarning  # noqa: PLC0415 - brings pandas along

    with warnings.catch_warnings():
        # These alone: filters hold for all threads, and pieces are being dealt out meanwhile.
        warnings.simplefilter("error", (ModelWarning, RuntimeWarning))
        try:
            return omega_total(items)
        except (ModelWarning, RuntimeWarning):
            return None


def long_table(edition: Edition, spec: declared.Panel) -> pl.DataFrame:
    """The measured indicators at the panel's own localities and years, one row each."""
    within = pl.col("year").is_between(*spec.years)
    if spec.grain == "trust_year":
        own = edition.scan("locality", "indicator_trust").filter(within).collect()
        return own.rename({"org_code": "locality"}).with_columns(
            coverage=pl.lit(None, pl.Float64), n_effective=pl.lit(None, pl.Float64)
        )
    own = edition.scan("locality", "indicator_place").filter(within).collect()
    return own.rename({"areacd": "locality"})


@dataclass(frozen=True)
class Asked:
    """One panel before anything is estimated.

    Attributes:
        pool: its candidates.
        all_of: the framework.
    """

    pool: Candidates
    all_of: Framework

    @cached_property
    def built(self) -> Built:
        """The registered rows and indicators."""
        return select(self.pool, self.all_of, registered(self.pool.spec, self.all_of))

    @cached_property
    def inner(self) -> Built:
        """Those of the comparison within authorities."""
        choices = first_side(registered(self.pool.spec, self.all_of), self.all_of)
        return select(self.pool, self.all_of, choices)

    @cached_property
    def inside(self) -> LocalityPanel | None:
        """The localities inside their authorities; None where there is nothing to compare."""
        return locality_panel(self.inner, self.all_of) if self.pool.spec.within else None

    @property
    def stopped(self) -> str | None:
        """Why nothing is compared between authorities, or None."""
        if self.built.panel is None:
            return "no row has an outcome, its controls and an indicator"
        if differs := differing(self.built):
            return differs
        return between_gate(self.built.panel, self.all_of.test.between)

    @property
    def stopped_within(self) -> str | None:
        """Why nothing is compared within authorities, or None; also None where none is asked."""
        if not self.pool.spec.within:
            return None
        if self.inside is None:
            return "no measure of leadership differs between localities of one authority"
        if differs := differing(self.built):
            return f"plan and budget are not shared: {differs}"
        return within_gate(self.inside, self.all_of.test.within.min_authorities)

    @property
    def estimated(self) -> Panel | None:
        """The panel where authorities are compared, else None."""
        return None if self.stopped else self.built.panel

    @property
    def compared_within(self) -> LocalityPanel | None:
        """The localities where they are compared within authorities, else None."""
        return None if self.stopped_within else self.inside

    def penalty(self) -> float | None:
        """The ridge penalty that all rows choose; None where authorities are not compared."""
        panel = self.estimated
        return None if panel is None else ridge_penalty(panel, self.all_of.test.between)


Tables = Mapping[str, Sequence[Row]]
Done = Mapping[tuple[Choices, str], Outcome]


def _between(asked: Asked) -> Tables:
    """What one side explains beyond the other, by authorities."""
    panel = asked.estimated
    if panel is None:
        return {}
    result = between(panel, asked.all_of.test.between)
    rows: dict[str, list[Row]] = {
        name: [dict(vars(one)) for one in getattr(result, name)]
        for name in TABLES
        if hasattr(result, name)
    }
    rows["power"] = [{"part": "between"} | row for row in rows["power"]]
    _name_authorities(rows["cv_losses"], asked.built)
    return rows


def _described(asked: Asked, long: pl.DataFrame) -> Tables:
    """The rows, how well they are measured, and other tests of one side against the other."""
    built, panel = asked.built, asked.estimated
    rows: dict[str, list[Row]] = {
        "construct_coverage": built.coverage,
        "analysis_spec": [
            settings_row(built, asked.inner if asked.pool.spec.within else None, asked.all_of)
            | {"stopped": asked.stopped, "stopped_within": asked.stopped_within}
        ],
        "panel": _panel_rows(built),
        "measure_quality": measure_quality(built, long, asked.all_of),
    }
    if panel is not None:
        rows["model_tests"] = _other_tests(panel, asked.all_of)
    return rows


def _importance(asked: Asked) -> Tables:
    """What each indicator is worth."""
    panel = asked.estimated
    if panel is None:
        return {}
    return {"importance": _indicator_rows(asked.built, panel, asked.all_of)}


def _robust(asked: Asked, long: pl.DataFrame) -> Tables:
    """The checks beside the lead between authorities."""
    if asked.stopped:
        return {}
    reliability = composite_reliability(asked.built, long, asked.all_of)
    return {"robustness": robustness(asked.pool, asked.built, asked.all_of, reliability)}


def _specified(asked: Asked, some: SetUps, penalty: float | None) -> Done:
    """A piece of the multiverse."""
    if asked.stopped and asked.compared_within is None:
        return {}
    return estimates(asked.pool, asked.all_of, some, penalty)


def _robust_within(asked: Asked) -> Tables:
    """The checks beside the slope within authorities."""
    if asked.compared_within is None:
        return {}
    return {"robustness": robustness_within(asked.pool, asked.all_of)}


def _within(asked: Asked) -> Tables:
    """Whether leadership tracks the outcome among localities of one authority."""
    panel = asked.compared_within
    return {} if panel is None else _inside(asked, tracking(panel, asked.all_of.test.within))


def _adopted(asked: Asked) -> Tables:
    """Authorities where only some localities adopted, and who those are."""
    panel = asked.compared_within
    return {} if panel is None else _inside(asked, adoption(panel, asked.all_of.test.within))


def _inside(asked: Asked, found: WithinResult) -> Tables:
    """What was found within authorities as rows, with names instead of codes."""
    names = {
        key: asked.inner.rows[key].unique().sort().to_list() for key in ("authority", "locality")
    }
    rows: dict[str, list[Row]] = {
        table: [dict(vars(one)) for one in getattr(found, table)]
        for table in ("variance_split", "within_effect", "discordant_sets", "verdict")
    }
    for row in rows["discordant_sets"]:
        row["authority"] = names["authority"][row["authority"]]
        for key in ("adopters", "others"):
            if key in row:
                row[key] = ", ".join(names["locality"][one] for one in row[key])
    rows["power"] = [{"part": "within"} | dict(vars(one)) for one in found.power]
    return rows


@dataclass(frozen=True)
class Piece:
    """A part of what is worked out about a panel; it needs no other part.

    All pieces of a panel hold the same packed bytes, so that a worker unpacks them once.
    """

    panel: str
    part: Callable[..., Any]
    packed: bytes
    more: tuple[Any, ...] = ()

    def done(self) -> Any:
        """What the part gives."""
        return self.part(_unpacked(self.packed), *self.more)


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> Asked:
    asked: Asked = pickle.loads(packed)
    return asked


def kept_here(asked: Asked, long: pl.DataFrame) -> tuple[Tables, Tables]:
    """What statsmodels has a part in: little work, but seconds to import in every worker."""
    return _described(asked, long), _adopted(asked)


def pieces(asked: Asked, long: pl.DataFrame) -> list[Piece]:
    """What is dealt out of a panel, in the order in which `put_together` reads it."""
    penalty = asked.penalty()
    parts: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (_between, ()),
        (_importance, ()),
        (_robust, (long,)),
        (_robust_within, ()),
        (_within, ()),
        *((_specified, (some, penalty)) for some in set_up_pieces(asked.pool, asked.all_of)),
    ]
    packed = pickle.dumps(asked)
    return [Piece(asked.pool.spec.name, part, packed, more) for part, more in parts]


def evidence_tables(
    edition: Edition,
    all_of: Framework,
    n_jobs: int = -1,
    progress: Callable[[str], None] = lambda said: None,
) -> dict[str, pl.DataFrame]:
    """Every evidence table and ``construct_coverage``, all panels together.

    The pieces of all panels are dealt out one by one, larger panels first, so that all workers have
    work to the end; the tables do not depend on who did what.

    Args:
        edition: whose locality tables are read.
        all_of: the framework.
        n_jobs: pieces at a time, -1 for all cores; joblib's configured backend is used.
        progress: told of each panel when it is done.
    """
    # Here too: sums come out the same whatever the machine.
    with threadpool_limits(1):
        asked = [
            Asked(candidates(spec, all_of, edition), all_of) for spec in all_of.panels.values()
        ]
        asked.sort(key=lambda one: (one.pool.spec.within, one.built.size), reverse=True)
        longs = [_used_of(one, long_table(edition, one.pool.spec)) for one in asked]
        done = Parallel(n_jobs=n_jobs, return_as="generator")(
            delayed(_on_one_thread)(piece)
            for one, long in zip(asked, longs, strict=True)
            for piece in pieces(one, long)
        )
        here = [kept_here(one, long) for one, long in zip(asked, longs, strict=True)]
        made: dict[str, Found] = {}
        by_panel = groupby(done, key=itemgetter(0))
        for one, kept, (_, own) in zip(asked, here, by_panel, strict=True):
            made[one.pool.spec.name] = put_together(one, kept, [result for _, result in own])
            progress(f"{len(made)} of {len(asked)} panels: {one.pool.spec.title}")
        rows: dict[str, list[Row]] = {name: [] for name in (*TABLES, "construct_coverage")}
        panels = [made[name] for name in all_of.panels]
        _correct_secondary(panels)
        for found in panels:
            for name, own_rows in found.rows.items():
                common = {"synthetic": edition.synthetic} if name in TABLES else {}
                rows[name] += [common | row for row in own_rows]
        rows["verdict"] += [
            {"synthetic": edition.synthetic} | row for row in claim_rows(panels, all_of)
        ]
        return {name: pl.DataFrame(own, infer_schema_length=None) for name, own in rows.items()}


def _used_of(asked: Asked, long: pl.DataFrame) -> pl.DataFrame:
    """The rows of the indicators that the panel uses."""
    used = [one.name for block in asked.built.used.values() for one in block]
    return long.filter(pl.col("indicator").is_in(used))


def _on_one_thread(piece: Piece) -> tuple[str, Any]:
    """A piece's panel and what it gives; more threads would only wait for each other."""
    with threadpool_limits(1):
        return piece.panel, piece.done()


def panel_evidence(pool: Candidates, all_of: Framework, long: pl.DataFrame) -> Found:
    """Everything about one panel.

    Args:
        pool: its candidates.
        all_of: the framework.
        long: its measured indicators, see `long_table`.
    """
    asked = Asked(pool, all_of)
    done = [piece.done() for piece in pieces(asked, long)]
    return put_together(asked, kept_here(asked, long), done)


def put_together(asked: Asked, here: tuple[Tables, Tables], done: Sequence[Any]) -> Found:
    """One panel's tables from what was `kept_here` and what its `pieces` gave."""
    all_of, spec = asked.all_of, asked.pool.spec
    described, adopted = here
    first, importance, robust, robust_inside, inside, *specified = done
    curve, together = gathered(asked.pool, all_of, specified) if any(specified) else ([], [])
    rows: dict[str, list[Row]] = {name: [] for name in (*TABLES, "construct_coverage")}
    several = {"multiverse": curve, "robustness": together}
    for part in (first, described, importance, robust, several, robust_inside, inside, adopted):
        for table, own in part.items():
            rows[table] += own
    rows["published_comparison"] = _published(asked.estimated, rows)
    checks = claim_checks(rows["robustness"], all_of) + cautions(rows)
    between_verdict = _verdict_of(rows["verdict"], "between")
    within_verdict = _verdict_of(rows["verdict"], "within")
    if spec.within:
        parts = {"between": between_verdict, "within": within_verdict}
        rows["verdict"] += [dict(vars(one)) for one in overall(parts, checks)]
    else:
        # There is no row on the claim in which it could be said; the direction is said already.
        said = said_of([one for one in checks if one.rule_id != DIRECTION])
        for row in rows["verdict"]:
            if row["composition"] == "both" and said:
                row["sentence"] += f" {said}"
    for name in CORRECTED:
        add_bh(rows.get(name, []))
    _finish(rows, asked.built, asked.inner if spec.within else asked.built, all_of)
    return Found(
        spec=spec,
        rows=rows,
        between=between_verdict,
        within=within_verdict,
        p_between=_value(rows["verdict"], "between", "loao_p_below_alpha"),
        p_within=_value(rows["verdict"], "within", "trajectory_p_below_alpha"),
        checks=checks,
    )


WITHIN = ("variance_split", "within_effect", "discordant_sets")
"""Tables of the comparison within authorities alone; others say which half a row is of (`part`)."""
CORRECTED = ("model_tests", "within_effect", "discordant_sets")
"""Tables in which the p values of one panel are a family of tests."""
READ = ("loao_p_below_alpha", "trajectory_p_below_alpha")
"""The rules of both halves that read a p value."""


def _correct_secondary(found: Sequence[Found]) -> None:
    """Benjamini and Hochberg's correction over the panels that are not primary.

    A family is one rule under one composition. The primary ones have Holm's (`claim_rows`).
    """
    rows = [
        row
        for one in found
        if not one.spec.primary
        for row in one.rows["verdict"]
        if row["rule_id"] in READ
    ]
    for key in dict.fromkeys((row["rule_id"], row["composition"]) for row in rows):
        add_bh([row for row in rows if (row["rule_id"], row["composition"]) == key], "value")


def _verdict_of(rows: Sequence[Row], part: str) -> str | None:
    final = [r for r in rows if r["part"] == part and r["composition"] == "both"]
    return str(final[0]["verdict"]) if final else None


def _value(rows: Sequence[Row], part: str, rule: str) -> float | None:
    """The larger of the compositions' values: both must pass."""
    own = [r["value"] for r in rows if r["part"] == part and r["rule_id"] == rule]
    known = [one for one in own if one is not None]
    return max(known) if known else None


def _finish(rows: dict[str, list[Row]], built: Built, inner: Built, all_of: Framework) -> None:
    """Put what is common to all of a panel's rows in front, and say what the outcome is."""
    spec = built.spec
    title = all_of.indicators[spec.outcome].title
    said = f"{title[0].lower()}{title[1:]}"
    # The rows of both compositions, where they were simulated, come last.
    reach = {row["part"]: row["mde80"] for row in rows["power"]}
    compared = inner.with_neighbours
    for row in rows["verdict"]:
        row["mde80"] = reach.get(row["part"])
        # The statistics know no names.
        row["sentence"] = row["sentence"].replace("the outcome", said, 1)
        if row["part"] == "within":
            authorities = compared["authority"].n_unique()
            row["sentence"] += f" Compared: localities of {authorities} authorities."
    of_panel, of_inner = (
        {
            "spec_id": spec.name,
            "outcome": spec.outcome,
            "is_primary": spec.primary,
            "exploratory": exploratory(spec, all_of),
            "n_rows": rows_of.height,
            "n_localities": rows_of["locality"].n_unique(),
            "n_authorities": rows_of["authority"].n_unique(),
            "years": f"{spec.years[0]}-{spec.years[1]}",
        }
        for rows_of in (built.rows, compared)
    )
    for name in TABLES:
        rows[name] = [
            (of_inner if name in WITHIN or row.get("part") == "within" else of_panel) | row
            for row in rows.get(name, [])
        ]


def claim_rows(found: Sequence[Found], all_of: Framework) -> list[Row]:
    """The claim over all primary panels: every part that can be asked, Holm's correction for it."""
    primary = [one for one in found if one.spec.primary]
    answers: dict[str, str | None] = {}
    for part in ("between", "within"):
        own = {getattr(one, part) for one in primary} - {None}
        if not own:
            answers[part] = None
        elif own == {"supported"}:
            answers[part] = "supported"
        else:
            answers[part] = "not supported" if "not supported" in own else "inconclusive"
    # The claim needs both halves, so a panel's p is the larger of theirs (intersection-union test).
    halves = [[p for p in (one.p_between, one.p_within) if p is not None] for one in primary]
    adjusted = holm([max(own) for own in halves if own])
    alpha = all_of.test.between.loao_alpha
    worst = max(adjusted) if adjusted else None
    checks = [
        Check(
            "holm_p_below_alpha",
            None if worst is None else worst < alpha,
            worst,
            alpha,
            fails=f"Corrected for {len(adjusted)} primary outcomes (Holm), the largest p is "
            f"{worst or 0:.2f}.",
        ),
        _panel_checks(primary),
    ]
    each = "; ".join(
        f"{one.spec.title}: "
        + joined(
            tuple(
                f"{part} {getattr(one, part) or 'not possible'}"
                for part in ("between", "within")
                if part == "between" or one.spec.within
            )
        )
        for one in primary
    )
    common = {
        "spec_id": ALL_PANELS,
        "outcome": ", ".join(one.spec.outcome for one in primary),
        "is_primary": True,
        "exploratory": None if all_of.registered() else "The framework is not the registered one.",
    }
    rows = [dict(vars(one)) for one in overall(answers, checks)]
    return [common | row | {"sentence": f"{row['sentence']} By panel: {each}."} for row in rows]


def _panel_checks(primary: Sequence[Found]) -> Check:
    """Whether every check beside every primary panel's halves holds."""
    said = []
    for one in primary:
        needed = [check for check in one.checks if check.decides]
        failed = sum(check.stands_against for check in needed)
        if failed:
            said.append(f"{one.spec.title} ({failed} of {len(needed)})")
    return Check(
        "panel_checks_hold",
        not said,
        fails=f"Checks that must hold beside both halves do not in {'; '.join(said)}.",
    )


def _indicator_rows(built: Built, panel: Panel, all_of: Framework) -> list[Row]:
    """Importance of each indicator by least squares on all of them."""
    try:
        found = indicator_importance(panel, all_of.test.between.confidence)
    except ValueError:
        return []
    low, high = found.values.interval(all_of.test.between.confidence)
    at = {name: i for i, name in enumerate(KINDS)}
    rows = []
    for i, (block, place) in enumerate(zip(found.blocks, found.places, strict=True)):
        value = {name: float(found.values.estimate[row, i]) for name, row in at.items()}
        rows.append(
            {
                "composition": "indicators, least squares",
                "level": "indicator",
                "name": built.used[block][place].name,
                "first": value["first"],
                "last": value["last"],
                "shapley": value["shapley"],
                "shapley_se": float(found.values.se[at["shapley"], i]),
                "shapley_ci_low": float(low[at["shapley"], i]),
                "shapley_ci_high": float(high[at["shapley"], i]),
            }
        )
    return rows


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


def _published(panel: Panel | None, rows: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Published figures beside the nearest of this panel's."""
    ours: dict[str, tuple[float | None, str]] = {}
    if panel is not None:
        for block, r in partial_correlations(composites(panel)).items():
            ours[block] = (float(r[0]), f"partial correlation of the {block} composite")
        base = [row["r2"] for row in rows["block_fit"] if not row["v"] and row["k"] == 0]
        if base:
            ours["controls"] = (base[0], "share of variance that all controls explain")
    split = [row for row in rows.get("variance_split", []) if row.get("w_star") is not None]
    if split:
        ours["authority_share"] = (
            1.0 - split[0]["w_star"],
            "share of lasting differences that lies between authorities",
        )
    made = []
    for study in reference("published_studies").to_dicts():
        value, metric = ours.get(study["ours"], (None, "not measured in this panel"))
        made.append(
            {
                "study": study["study"],
                "units": study["units"],
                "predictor": study["predictor"],
                "published_outcome": study["outcome"],
                "effect": None if study["effect"] is None else float(study["effect"]),
                "metric": study["metric"],
                "part": None
                if value is None
                else "within"
                if study["ours"] == "authority_share"
                else "between",
                "our_estimate": value,
                "our_metric": metric,
                "comparable": study["comparable"],
                "why": study["why"],
            }
        )
    return made


def _panel_rows(built: Built) -> list[Row]:
    panel = built.panel
    if panel is None:
        return []
    small = composites(panel)
    frame = built.rows.select(
        "locality",
        "authority",
        "year",
        pl.Series("outcome_polarised", built.outcome),
        "dominant_trust",
    ).with_columns(
        pl.Series(block, column[:, 0], dtype=pl.Float64) for block, column in small.blocks.items()
    )
    return frame.to_dicts()


def _name_authorities(losses: list[Row], built: Built) -> None:
    """Give losses the authority's code in place of its number."""
    names = built.rows["authority"].unique().sort().to_list()
    for row in losses:
        number = row.pop("authority")
        row["authority"] = None if number is None else names[number]
        row["fold"] = row["authority"] or str(row["fold"])
