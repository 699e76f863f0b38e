"""One panel's tables and verdicts out of its parts, and the claim out of all panels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.edition import reference
from pipeline.evidence.overall import Check, overall, said_of
from pipeline.evidence.panel import Panel, composites
from pipeline.evidence.quality import partial_correlations
from pipeline.evidence.verdict import joined
from pipeline.study import framework as declared
from pipeline.study.asked import Asked
from pipeline.study.described import exploratory
from pipeline.study.framework import Framework
from pipeline.study.guards import DIRECTION, cautions, claim_checks
from pipeline.study.multiplicity import add_bh, holm
from pipeline.study.multiverse import gathered
from pipeline.study.panels import Built, Row
from pipeline.study.results import ALL_PANELS, BY_PANEL, TABLES


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


WITHIN = ("variance_split", "within_effect", "discordant_sets")
"""Tables of the comparison within authorities alone; others say which half a row is of (`part`)."""
CORRECTED = ("model_tests", "within_effect", "discordant_sets")
"""Tables in which the p values of one panel are a family of tests."""
READ = ("loao_p_below_alpha", "trajectory_p_below_alpha")
"""The rules of both halves that read a p value."""


def put_together(asked: Asked, done: Sequence[Any]) -> Found:
    """One panel's tables from what its `pieces` gave."""
    all_of, spec = asked.all_of, asked.pool.spec
    described, first, importance, robust, robust_inside, inside, *specified = done
    curve, together = gathered(asked.pool, all_of, specified) if any(specified) else ([], [])
    rows: dict[str, list[Row]] = {name: [] for name in (*TABLES, "construct_coverage")}
    several = {"multiverse": curve, "robustness": together}
    for part in (first, described, importance, robust, several, robust_inside, inside):
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
            whole = inner.rows["authority"].n_unique()
            row["sentence"] += (
                f" Compared: localities of {authorities} authorities, of {whole} with what this "
                "half asks for."
            )
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


def correct_secondary(found: Sequence[Found]) -> None:
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
    return [common | row | {"sentence": f"{row['sentence']}{BY_PANEL}{each}."} for row in rows]


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
