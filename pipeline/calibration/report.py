"""What the calibration found, as a table, a page and a picture."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import numpy as np
import polars as pl

from pipeline.calibration.designs import Design
from pipeline.calibration.files import England
from pipeline.calibration.run import Settings
from pipeline.calibration.worlds import Truth, truth
from pipeline.evidence.verdict import DEPENDS, INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED
from pipeline.report.svg import COLOURS, GRID, INK

SIZE = 0.05
"""How often a null world may be called supported."""
COVERED = (0.93, 0.97)
"""Between which coverages of a 95% interval all is well."""
SAID = {
    "supported": SUPPORTED,
    "not_supported": NOT_SUPPORTED,
    "inconclusive": INCONCLUSIVE,
    "depends": DEPENDS,
}
IDLE = ("nothing", "between", "both")
ROLES = {
    "null": 'No lead: "supported" is an error',
    "lead": "Leadership leads",
    "limit": "Something that the rule cannot see",
}


def error(share: float, worlds: int) -> float:
    """Monte Carlo standard error of a share."""
    return float(np.sqrt(share * (1.0 - share) / worlds))


def summarise(
    found: pl.DataFrame, designs: Mapping[str, Design], settings: Settings
) -> pl.DataFrame:
    """One row a design, part and composition: truth, share of each verdict, coverage, targets.

    `truth` is delta between and W* within; `covered` is the share of intervals that hold it, and
    `covered_at_penalty` the share that hold the true delta at each world's own ridge penalty;
    `above_truth` is the share that lie wholly above it and so claim too much. A target is null
    where it does not apply.
    """
    rows = []
    for (name, part, composition), own in found.group_by(
        "design", "part", "composition", maintain_order=True
    ):
        design, worlds = designs[str(name)], own.height
        said = {one: _share(own["verdict"] == verdict) for one, verdict in SAID.items()}
        row = {
            "design": name,
            "role": design.role,
            "part": part,
            "composition": composition,
            "worlds": worlds,
            "truth": None,
            "delta_of_effects": design.effects,
            **said,
            "error_supported": error(said["supported"], worlds),
            "mean_estimate": own["estimate"].mean(),
            "mean_width": (own["ci_high"] - own["ci_low"]).mean(),
            "mean_penalty": own["penalty"].mean(),
            "covered": None,
            "covered_at_penalty": None,
            "above_truth": None,
            "reversed": own["reversed"].mean(),
            "p_below_alpha": None,
            "size_met": None,
            "coverage_met": None,
        }
        known = design.truth.get(str(composition))
        if part == "between" and known:
            at = {
                penalty: truth(design.world, settings.between, penalty)[str(composition)].delta
                for penalty in own["penalty"].unique()
            }
            row["truth"] = known.delta
            row["covered"] = _covered(own, [known.delta] * worlds)
            row["above_truth"] = _share(own["ci_low"] > known.delta)
            row["covered_at_penalty"] = _covered(own, [at[one] for one in own["penalty"]])
            # Where both v are near 0 the interval is known to be far too wide; where rows go
            # missing it is one of the rows that are left.
            near_nothing = max(known.v_h, known.v_b) < settings.between.delta_min
            if not near_nothing and not design.world.missing:
                row["coverage_met"] = coverage_met(row["covered"], worlds)
        elif part == "within" and design.within and own["estimate"].count():
            row["truth"] = design.within.w_star
            row["covered"] = _covered(own, [design.within.w_star] * worlds)
            if not design.world.missing:
                row["coverage_met"] = coverage_met(row["covered"], worlds)
        if own["p"].count():
            row["p_below_alpha"] = _share(own["p"] < settings.within.alpha)
        if _null(design, str(part), str(composition)):
            row["size_met"] = said["supported"] <= SIZE + 2 * error(SIZE, worlds)
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def _null(design: Design, part: str, composition: str) -> bool:
    """Whether "supported" is wrong; the claim as a whole needs both halves."""
    between = part != "within" and design.null(composition)
    led = design.within is None or design.within.partial_r2 > 1e-9
    return between or (part != "between" and not led)


def _share(flags: pl.Series) -> float:
    return float(flags.to_numpy().mean())


def _covered(own: pl.DataFrame, truths: list[float]) -> float:
    true = pl.Series(truths)
    return _share((own["ci_low"] <= true) & (true <= own["ci_high"]))


def coverage_met(covered: float, worlds: int) -> bool:
    """Whether coverage is within the target, give or take two Monte Carlo errors."""
    slack = 2 * error(0.95, worlds)
    return COVERED[0] - slack <= covered <= COVERED[1] + slack


@dataclass(frozen=True)
class Ran:
    """What was run, for the head of the page; seconds are of processor time."""

    worlds: int
    seed: int
    framework_hash: str
    seconds: float


def percent(share: float | None) -> str:
    """A share as text, empty where there is none."""
    return "" if share is None else f"{100 * share:.1f}"


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    heads = list(heads)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


def page(
    summary: pl.DataFrame,
    designs: Mapping[str, Design],
    ran: Ran,
    missing: Truth | None,
    englands: Sequence[England] = (),
) -> str:
    """The page docs/calibration.md.

    Args:
        englands: synthetic Englands that went through the whole pipeline.
        missing: the composites' truth among the rows that are left where rows go missing, if such
            worlds were run.
    """
    between = summary.filter(pl.col("part") == "between")
    joint = between.filter(pl.col("composition") == "both")
    single = between.filter(pl.col("composition") != "both")
    parts = [
        HEAD.format(**vars(ran), clock=f"{ran.seconds / 60:.0f}"),
        "## What holds and what does not\n\n" + "\n".join(findings(summary)),
        "![How often each verdict is given, by design](calibration.svg)",
        "## The worlds\n\n"
        + WORLDS
        + table(
            ("design", "", "true delta as measured", "delta of the effects"),
            (
                (f"`{one.name}`", one.about, _deltas(one), f"{one.effects:.3f}")
                for one in designs.values()
            ),
        ),
        "## What the rule says\n\n"
        + SAYS
        + "\n\n".join(
            f"### {title}\n\n"
            + table(
                ("design", "supported", "not supported", "inconclusive", "depends", "target"),
                (
                    (
                        f"`{row['design']}`",
                        f"{percent(row['supported'])} ± {percent(row['error_supported'])}",
                        *(percent(row[one]) for one in list(SAID)[1:]),
                        _target(row["size_met"]),
                    )
                    for row in joint.filter(pl.col("role") == role).to_dicts()
                ),
            )
            for role, title in ROLES.items()
            if joint.filter(pl.col("role") == role).height
        ),
        "## Each composition by itself\n\n"
        + SINGLE
        + table(
            (
                "design",
                "composition",
                "true delta",
                "mean estimate",
                "supported",
                "not supported",
                "covers",
                "lies above",
                "covers, at its penalty",
                "size",
                "coverage",
            ),
            (
                (
                    f"`{row['design']}`",
                    row["composition"],
                    f"{row['truth'] + 0:.3f}",
                    f"{row['mean_estimate']:.3f}",
                    f"{percent(row['supported'])} ± {percent(row['error_supported'])}",
                    percent(row["not_supported"]),
                    percent(row["covered"]),
                    percent(row["above_truth"]),
                    percent(row["covered_at_penalty"]),
                    _target(row["size_met"]),
                    _target(row["coverage_met"]),
                )
                for row in single.to_dicts()
            ),
        ),
        "## Reversed lag\n\n"
        + REVERSED
        + table(
            ("design", "guard speaks, %"),
            ((f"`{row['design']}`", percent(row["reversed"])) for row in joint.to_dicts()),
        ),
    ]
    within = summary.filter(pl.col("part") == "within")
    if within.height:
        parts.append(_within(summary, designs))
    if missing is not None:
        parts.append(
            "## Rows that go missing\n\nAmong the rows left of `missing_not_at_random` the true v\n"
            f"is {missing.v_h:.3f} for leadership's side and {missing.v_b:.3f} for the other, a\n"
            f"delta of {missing.delta:.3f} (from 100,000 authorities): rows with poor leadership\n"
            "are gone, and what is left of leadership explains less."
        )
    if englands:
        parts.append(
            "## From published files\n\n"
            + FILES
            + table(
                ("seed", "aimed at", "as drawn", "found", "95% interval", "verdict"),
                (
                    (
                        one.seed,
                        f"{one.target:.2f}",
                        f"{one.drawn:.3f}",
                        f"{one.delta:.3f}",
                        f"{one.ci_low:.3f} to {one.ci_high:.3f}",
                        one.verdict,
                    )
                    for one in englands
                ),
            )
        )
    return "\n\n".join(parts) + "\n"


def _within(summary: pl.DataFrame, designs: Mapping[str, Design]) -> str:
    """The section on the within half and the claim as a whole."""
    rows = {(r["design"], r["part"], r["composition"]): r for r in summary.to_dicts()}
    halves, claims = [], []
    for name, design in designs.items():
        if design.within is None or (name, "within", "both") not in rows:
            continue
        joint, claim = rows[name, "within", "both"], rows[name, "overall", "both"]
        p = [
            percent(rows.get((name, "within", one), {}).get("p_below_alpha"))
            for one in ("composite", "indicators")
        ]
        halves.append(
            (
                f"`{name}`",
                f"{design.within.partial_r2:.3f}",
                f"{percent(joint['supported'])} ± {percent(joint['error_supported'])}",
                *(percent(joint[one]) for one in list(SAID)[1:]),
                *p,
                f"{design.within.w_star:.3f}",
                "" if joint["truth"] is None else f"{joint['mean_estimate']:.3f}",
                percent(joint["covered"]),
                _target(joint["size_met"]),
                _target(joint["coverage_met"]),
            )
        )
        claims.append(
            (
                f"`{name}`",
                f"{percent(claim['supported'])} ± {percent(claim['error_supported'])}",
                percent(claim["not_supported"]),
                percent(claim["inconclusive"]),
                _target(claim["size_met"]),
            )
        )
    return (
        "## Within authorities\n\n"
        + WITHIN
        + table(
            (
                "design",
                "true partial R2",
                "supported",
                "not supported",
                "inconclusive",
                "depends",
                "p < .05, composite",
                "p < .05, index",
                "true W*",
                "mean W*",
                "covers W*",
                "size",
                "coverage",
            ),
            halves,
        )
        + "\n\n## The claim as a whole\n\n"
        + WHOLE
        + table(("design", "supported", "not supported", "inconclusive", "size"), claims)
    )


HEAD = """# Calibration

Written by `make calibrate`; do not edit. The registered analysis on worlds whose truth is known:
{worlds} worlds of each design, seed {seed}, framework {framework_hash:.12}, {clock} minutes of
processor time. Figures are in `calibration.csv`. The between half runs whole: both compositions,
gates, intervals, leave-one-authority-out, forward in time, rule and verdict. Bootstrap, K-fold and
power, which the rule does not read, are left out."""

WORLDS = """\
A world has authorities, localities and years; a predictor or a residual varies between
authorities, trusts, localities and rows in declared shares. True delta is exact, computed from the
covariances that the design implies. *As measured* is what the rule estimates: delta of the
indicators as they are measured, given the controls that are used. *Of the effects* is what it
would be were everything measured without error and every cause known. A design is a null where
true delta as measured is 0 or less for either composition.

"""

SAYS = """\
Percent of worlds, both compositions together; ± is one Monte Carlo standard error. The target is
that no null is called supported in more than 5% of worlds, give or take two such errors.

"""

SINGLE = """\
Coverage is of true delta by the 95% headline interval; the target is 93 to 97, give or take two
Monte Carlo errors. It is not set where both true v are below the smallest lead that counts, because
the jackknife-t is known to be very conservative there, nor where rows go missing (see below). *Lies
above* is the share of intervals wholly above the truth, which claim too much for leadership. Ridge
weighs the indicators, so that in an endless sample too their delta at a penalty can differ from
that by least squares; their interval is also held against true delta at the penalty that each world
chose.

"""

WITHIN = """\
Percent of worlds. True partial R2 is that of the mean of all of leadership's indicators, between
localities of one authority and net of the controls; where it is 0, the share of worlds whose
p, as the rule reads it, is below .05 is the size of that test. 99 permutations; adopters are left
out, because the rule does not read them. Where leadership does not vary within authorities the
question cannot be asked, and no verdict is given. In `shared_trusts_nothing` localities of
different councils share trusts, in leadership and in what nothing explains: a permutation inside
councils takes councils for independent of each other; the p shown is the rule's, the larger of that
and the one by dominant trust. Where rows go missing, W* and partial R2 are those of all rows, and
no coverage is asked for. In `need_confounded` a control goes with leadership, which the permutation
breaks apart.

"""

WHOLE = """\
Both halves together, as the claim has it; placebos, multiverse and imputation, which can only take
a "supported" back, are not run here. "Supported" is an error where either half is a null.

"""

FILES = """\
Whole synthetic Englands in the publishers' layouts, read, carried to councils and judged as real
ones are (composites; the verdict is of both compositions). The lead aimed at, and as drawn with
true values, is that of leadership over budgets; the analysis sees surveys instead of true values,
and has partnership and plans on the two sides as well.

"""

REVERSED = """\
The guard of the reversed lag speaks where leadership leads on the outcome of the year *before* it,
with an interval above 0, and by more than on the outcome of the year after. It is no part of the
between rule; in the claim as a whole it takes a "supported" back.

"""


def _deltas(design: Design) -> str:
    composite, indicators = (design.truth[one].delta for one in ("composite", "indicators"))
    if abs(composite - indicators) < 1e-6:
        return f"{composite + 0:.3f}"
    return f"{composite + 0:.3f}; indicators {indicators:.3f}"


def _target(met: bool | None) -> str:
    return "" if met is None else "met" if met else "**missed**"


def findings(summary: pl.DataFrame) -> list[str]:
    """The main results as list items, what is missed first."""
    rows = summary.to_dicts()
    size = [row for row in rows if row["size_met"] is not None]
    coverage = [row for row in rows if row["coverage_met"] is not None]
    lines = []
    for what, judged, key, shown in (
        ("A null world is called supported", size, "size_met", "supported"),
        ("The interval's coverage", coverage, "coverage_met", "covered"),
    ):
        missed = [row for row in judged if not row[key]]
        if not judged:
            continue
        named = "; ".join(
            f"`{row['design']}` ({row['part']}, {row['composition']}) {percent(row[shown])}%"
            for row in missed
        )
        lines.append(
            f"- **{what}: target missed in {len(missed)} of {len(judged)} cases**: {named}."
            if missed
            else f"- {what}: target met in all {len(judged)} cases."
        )
    single = [row for row in coverage if row["part"] == "between"]
    if single:
        above = float(np.mean([row["above_truth"] for row in single]))
        outside = float(np.mean([1.0 - row["covered"] for row in single]))
        most = max(single, key=lambda row: row["above_truth"] if row["truth"] > -1e-9 else 0.0)
        lines.append(
            f"- Between, the interval misses the truth in {percent(outside)}% of worlds, "
            f"lying wholly above it, which claims too much for leadership, in {percent(above)}%. "
            "Where true delta is 0 or more, the interval claims too much most often in "
            f"`{most['design']}` ({most['composition']}), {percent(most['above_truth'])}%, against "
            "2.5% if all were well."
        )
    ridge = [row["covered_at_penalty"] for row in single if row["composition"] == "indicators"]
    if ridge:
        lines.append(
            "- Of the delta at the penalty in use, the indicators' intervals hold "
            f"{percent(min(ridge))} to {percent(max(ridge))}%."
        )
    worst = max(
        (row for row in size if (row["part"], row["composition"]) == ("between", "both")),
        key=lambda row: row["supported"],
        default=None,
    )
    if worst:
        lines.append(
            f"- Between, the null most often called supported is `{worst['design']}`: "
            f"{percent(worst['supported'])}% ± {percent(worst['error_supported'])}."
        )
    idle = next(
        (r for r in rows if (r["design"], r["part"], r["composition"]) == IDLE),
        None,
    )
    if idle:
        lines.append(
            f"- Where nothing has an effect, {percent(idle['not_supported'])}% are not supported "
            f"and {percent(idle['depends'])}% depend on the composition. Two leads of different "
            "sign count as a disagreement by the rule, however near 0 they are."
        )
    power = [
        f"{_composite(rows, row):.2f}: {percent(row['supported'])}%"
        for row in rows
        if (row["part"], row["composition"]) == ("between", "both")
        and str(row["design"]).startswith("leadership_")
    ]
    if power:
        lines.append(f"- Power, by true lead: {', '.join(power)}.")
    limits = [
        f"`{row['design']}` {percent(row['supported'])}%"
        for row in rows
        if row["role"] == "limit" and row["composition"] == "both" and row["part"] == "between"
    ]
    if limits:
        lines.append(
            "- Called supported where the lead as measured is not a lead of effects (the rule "
            f"alone cannot tell): {', '.join(limits)}."
        )
    return lines


def _composite(rows: list[dict[str, object]], row: dict[str, object]) -> float:
    return next(
        float(str(one["truth"]))
        for one in rows
        if one["design"] == row["design"] and one["composition"] == "composite" and one["truth"]
    )


def picture(summary: pl.DataFrame, designs: Mapping[str, Design], path: Path) -> None:
    """Bars of the verdicts of both compositions together, a row a design."""
    joint = summary.filter((pl.col("part") == "between") & (pl.col("composition") == "both"))
    long = joint.unpivot(
        list(SAID), index=["design", "role"], variable_name="said", value_name="share"
    ).with_columns(
        pl.col("said").replace_strict(
            {
                one: "depends on composition" if one == "depends" else said
                for one, said in SAID.items()
            }
        ),
        pl.col("role").replace_strict(ROLES),
        pl.col("design").replace_strict({one: one.replace("_", " ") for one in designs}),
    )
    names = [one.replace("_", " ") for one in designs]
    order = list(dict.fromkeys(long["said"]))
    bars = (
        alt.Chart(alt.InlineData(values=long.to_dicts()))
        .mark_bar()
        .encode(
            x=alt.X(
                "share:Q",
                title="share of worlds",
                axis=alt.Axis(format="%", values=[0, 0.05, 0.25, 0.5, 0.75, 1]),
                scale=alt.Scale(domain=[0, 1]),
            ),
            y=alt.Y("design:N", sort=names, title=None, axis=alt.Axis(labelLimit=0)),
            color=alt.Color(
                "said:N",
                sort=order,
                title=None,
                scale=alt.Scale(domain=order, range=[*COLOURS[:2], GRID, "#999999"]),
                legend=alt.Legend(orient="top", labelLimit=0),
            ),
            order=alt.Order("place:Q"),
        )
        .transform_calculate(place=f"indexof({order}, datum.said)")
    )
    parts = [
        bars.transform_filter(alt.FieldEqualPredicate(field="role", equal=title)).properties(
            title=alt.TitleParams(title, anchor="start"), width=520
        )
        for title in ROLES.values()
    ]
    chart = alt.vconcat(*parts).configure(font="sans-serif", background="#ffffff")
    chart.configure_axis(labelColor=INK, titleColor=INK, titleFontWeight="normal").save(path)
