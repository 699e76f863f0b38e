"""What each evidence table says, in a sentence, a few figures with intervals, and a chart of them.

Shares of variance are shown in percentage points. Nothing is computed here: every figure is one of
the table's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import polars as pl

from pipeline.assets import shown
from pipeline.assets.small_chart import Point, points
from pipeline.edition import Edition
from pipeline.report.wording import (
    capital,
    counted,
    number,
    p_value,
    percent,
    short,
    words,
)
from pipeline.study.framework import framework
from pipeline.study.results import ALL_PANELS, KEYS, MEANINGS
from pipeline.verdict_words import claim, side, worded

MOST = 16
"""Figures that are shown of a table, at most."""
COMMON = (
    "synthetic",
    "outcome",
    "is_primary",
    "exploratory",
    "n_rows",
    "n_localities",
    "n_authorities",
    "years",
)
"""Columns that say of each row which panel it is about, as ``analysis_spec`` does."""
OWN = ("analysis_spec",)
SIDES = {
    "controls": "need and circumstance alone",
    "H": "with leadership's side",
    "B": "with plans' side",
    "H+B": "with both sides",
}
Row = dict[str, Any]
Rows = Sequence[Row]


@dataclass(frozen=True)
class Finding:
    """What a table says.

    Attributes:
        unit: of the figures, as it stands below the chart's axis.
        digits: decimals of the figures.
        listed: more to say, as lines of a list in Markdown.
    """

    said: str
    unit: str = ""
    figures: Sequence[Point] = ()
    digits: int = 1
    listed: Sequence[str] = ()


def of(edition: Edition, name: str, made: Mapping[str, pl.DataFrame]) -> shown.Metadata:
    """What is shown of one evidence table, given all of them."""
    frame = made[name]
    found = SAY[name](made) if frame.height else Finding("The table is empty: nothing was found.")
    periods = shown.span(frame) or (_years(frame["years"]) if "years" in frame.columns else "")
    table = frame if name in OWN else frame.drop(c for c in COMMON if c in frame.columns)
    return {
        **shown.headline(edition, found.said),
        **({"panels": dg.MetadataValue.md("\n".join(found.listed))} if found.listed else {}),
        "dagster/row_count": dg.MetadataValue.int(frame.height),
        "period": dg.MetadataValue.text(periods or "not dated"),
        "coverage": dg.MetadataValue.text(_coverage(frame)),
        **_chart(edition, name, found),
        "first rows": dg.MetadataValue.md(shown.small_table(table)),
        **shown.report(edition),
        "dagster/column_schema": dg.MetadataValue.table_schema(
            shown.table_schema(frame, MEANINGS, KEYS[name])
        ),
        **shown.column_lineage(edition, "evidence", name),
    }


def _years(spans: pl.Series) -> str:
    """The first and last year of all panels, each of which says its own as "2012-2017"."""
    years = sorted({year for one in spans.drop_nulls() for year in one.split("-")})
    return f"{years[0]} to {years[-1]}, each panel its own" if years else ""


def _coverage(frame: pl.DataFrame) -> str:
    """Which of the declared panels the table speaks of."""
    declared = list(framework().panels)
    if not frame.height or "spec_id" not in frame.columns:
        return f"none of {counted(len(declared), 'declared panel')}"
    have = set(frame["spec_id"].unique())
    without = [short(one) for one in declared if one not in have]
    said = f"{len(declared) - len(without)} of {counted(len(declared), 'declared panel')}"
    return said + (f"; nothing for: {'; '.join(without)}" if without else "")


def _chart(edition: Edition, name: str, found: Finding) -> shown.Metadata:
    listed = found.figures[:MOST]
    if not listed:
        return {}
    title = edition.mark + capital(words(name))
    rows = []
    for one in listed:
        value = "not available" if one.value is None else _number(one.value, found.digits)
        interval = (
            "none given"
            if one.low is None or one.high is None
            else f"{number(one.low, found.digits)} to {number(one.high, found.digits)}"
        )
        rows.append([one.label, value, interval, one.note])
    left = len(found.figures) - len(listed)
    table = shown.markdown(["what", found.unit, "interval", "note"], rows)
    more = f"\n\n{counted(left, 'more row')} in the table." if left else ""
    if all(one.value is None for one in listed):
        return {"figures": dg.MetadataValue.md(table + more)}
    alt = f"{title}: a point a row with its interval; the table below has every number."
    drawing = shown.picture(alt, points(title, found.unit, listed))
    return shown.pictured(drawing, table + more)


def _number(figure: float, digits: int) -> str:
    """The figure; one that rounds to zero and is none is said to be below the last digit."""
    least = 10.0**-digits
    small = 0 < abs(figure) < least / 2
    return f"below {least:.{digits}f}" if small and figure > 0 else number(figure, digits)


def _rows(frame: pl.DataFrame, **wanted: object) -> list[Row]:
    if not frame.height or not set(wanted) <= set(frame.columns):
        return []
    return frame.filter(pl.col(name).eq(value) for name, value in wanted.items()).to_dicts()


def _points(one: float | None) -> float | None:
    return None if one is None else 100 * one


def _note(row: Row) -> str:
    return "exploratory" if row.get("exploratory") else ""


HOW = {"composite": "one average", "indicators": "every indicator"}
"""How a block's indicators are put together, short enough for a chart."""


def _label(row: Row) -> str:
    how = row.get("composition")
    return short(row["spec_id"]) + (f", {HOW.get(how, words(how))}" if how else "")


def leads(made: Mapping[str, pl.DataFrame]) -> list[Point]:
    """The lead of each panel and composition that the rule reads, with its interval."""
    return [
        Point(
            _label(row),
            _points(row["estimate"]),
            _points(row["ci_low"]),
            _points(row["ci_high"]),
            _note(row),
        )
        for row in _rows(made["block_contrast"], estimand="delta", headline=True)
    ]


def _verdict(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = _rows(made["verdict"], spec_id=ALL_PANELS)
    said = "There is no verdict."
    if rows:
        said = f"**{capital(worded(rows[0]['verdict']))}.** {claim(rows[0]['sentence'])}"
    judged = {
        (row["spec_id"], row["part"]): row["verdict"]
        for row in _rows(made["verdict"], composition="both")
        if row["spec_id"] != ALL_PANELS and row["part"] != "overall"
    }
    listed = [
        f"- {short(spec)}, {side(part)} authorities: {worded(said)}"
        for (spec, part), said in judged.items()
    ]
    return Finding(said, LEAD, leads(made), listed=listed)


LEAD = "lead of leadership and partnership, percentage points"


def _contrast(made: Mapping[str, pl.DataFrame]) -> Finding:
    found = leads(made)
    above = sum(1 for one in found if one.low is not None and one.low > 0)
    below = sum(1 for one in found if one.high is not None and one.high < 0)
    return Finding(
        f"Of {counted(len(found), 'estimated lead')}, {above} are above zero with their whole "
        f"interval and {below} below; the others do not tell either way.",
        LEAD,
        found,
    )


def _panel(made: Mapping[str, pl.DataFrame]) -> Finding:
    frame = made["panel"].filter("enters_between")
    sizes = frame.group_by("spec_id", maintain_order=True).agg(
        pl.len(), pl.col("locality").n_unique().alias("places")
    )
    figures = [
        Point(short(spec), float(rows), note=f"{places} places")
        for spec, rows, places in sizes.iter_rows()
    ]
    more = made["panel"].height - frame.height
    said = f"{counted(frame.height, 'row')} are compared between authorities in "
    said += f"{counted(len(figures), 'panel')}; {number(more)} more only inside them."
    return Finding(said, "rows", figures, 0)


def _panel_value(made: Mapping[str, pl.DataFrame]) -> Finding:
    frame = made["panel_value"]
    sizes = frame.group_by("spec_id", maintain_order=True).agg(
        pl.len(), pl.col("variable").n_unique().alias("variables")
    )
    figures = [
        Point(short(spec), float(values), note=counted(variables, "variable"))
        for spec, values, variables in sizes.iter_rows()
    ]
    carried = frame.filter(pl.col("status") == "e").height
    said = f"{counted(frame.height, 'value')} entered {counted(len(figures), 'panel')}; "
    said += f"{number(carried)} are estimated from councils of another date on the same ground."
    return Finding(said, "values", figures, 0)


def _spec(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = made["analysis_spec"].to_dicts()
    stopped = [row for row in rows if row.get("stopped")]
    open_ones = sum(1 for row in rows if row["exploratory"])
    said = (
        f"{counted(len(rows), 'panel')}: {open_ones} exploratory, {len(rows) - open_ones} "
        f"confirmatory, {len(stopped)} in which nothing could be compared between authorities."
    )
    figures = [
        Point(short(row["spec_id"]), float(row["n_rows"]), note=row.get("stopped") or _note(row))
        for row in rows
    ]
    return Finding(said, "rows analysed", figures, 0)


def _quality(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = made["measure_quality"].to_dicts()
    known = [row for row in rows if row["reliability"] is not None]
    figures = [
        Point(f"{short(row['spec_id'])}: {words(row['indicator'])}", row["reliability"])
        for row in sorted(known, key=lambda row: float(row["reliability"]))
    ]
    said = f"{counted(len(rows), 'indicator')} in use; reliability is known for {len(known)}"
    said += f", the least is {number(figures[0].value or 0, 2)}." if figures else "."
    return Finding(said, "reliability, 0 to 1 (least first)", figures, 2)


def _fit(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = [row for row in _rows(made["block_fit"], composition="composite") if row["k"]]
    best: dict[str, Row] = {}
    for row in rows:
        if row["v"] >= best.get(row["spec_id"], row)["v"]:
            best[row["spec_id"]] = row
    figures = [
        Point(
            f"{short(row['spec_id'])}: {row['coalition'].replace('+', ' and ')}",
            _points(row["v"]),
            _points(row["ci_low"]),
            _points(row["ci_high"]),
        )
        for row in best.values()
    ]
    said = "What all blocks together explain beyond need and circumstance, panel by panel."
    return Finding(said, "percentage points of variance beyond the controls", figures)


def _importance(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = _rows(made["importance"], level="block", composition="composite")
    figures = [
        Point(
            f"{short(row['spec_id'])}: {row['name']}",
            _points(row["shapley"]),
            _points(row["shapley_ci_low"]),
            _points(row["shapley_ci_high"]),
        )
        for row in rows
    ]
    top = [max(own, key=lambda row: float(row["shapley"]))["name"] for own in _by_panel(rows)]
    first = ", ".join(f"{name} in {top.count(name)}" for name in dict.fromkeys(top))
    said = (
        f"The largest share among blocks, by panels: {first}." if top else "No block was compared."
    )
    return Finding(said, "percentage points of variance, mean over orders of entry", figures)


def _by_panel(rows: Rows) -> list[list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["spec_id"], []).append(row)
    return list(found.values())


def _tests(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = [row for row in made["model_tests"].to_dicts() if row["p"] is not None]
    small = sum(1 for row in rows if row["p"] < 0.05)
    figures = [
        Point(
            _label(row),
            row["p"],
            note=f"{row['test']}: does leadership's side predict better?",
        )
        for row in rows
        if row["direction"] == "H better than B" and row["test"].startswith("leave-one-authority")
    ]
    said = f"{counted(len(rows), 'test')} with a p value; {small} are below 0.05, uncorrected."
    return Finding(said, "p value", figures, 3)


def _losses(made: Mapping[str, pl.DataFrame]) -> Finding:
    sums = (
        made["cv_losses"]
        .filter(pl.col("composition") == "composite", pl.col("scheme") == "leave-one-authority-out")
        .group_by("spec_id", "model", maintain_order=True)
        .agg(pl.col("sse").sum(), pl.col("sst").sum())
        .filter(pl.col("sst") > 0)
    )
    figures = [
        Point(f"{short(spec)}, {SIDES.get(model, model)}", 100 * (1 - sse / sst))
        for spec, model, sse, sst in sums.iter_rows()
    ]
    said = "What each model predicts of authorities that it had not seen; below zero is worse than "
    return Finding(said + "their mean.", "percent of variance predicted", figures)


def _split(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = [row for row in made["variance_split"].to_dicts() if row["w_star"] is not None]
    figures = [
        Point(
            short(row["spec_id"]),
            _points(row["w_star"]),
            _points(row["ci_low"]),
            _points(row["ci_high"]),
        )
        for row in rows
    ]
    each = "; ".join(f"{one.label}, {number(one.value or 0)}%" for one in figures)
    said = f"Of what lasts, so much differs inside authorities and not between them: {each}."
    if not figures:
        said = "Nowhere could differences between and inside authorities be told apart."
    return Finding(said, "percent of lasting differences inside authorities", figures)


def _within(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = [row for row in made["within_effect"].to_dicts() if row["estimate"] is not None]
    figures = [
        Point(
            f"{_label(row)}: {row['model']}",
            row["estimate"],
            _end(row, -1),
            _end(row, 1),
            "" if row["p_perm"] is None else f"permutation p {p_value(row['p_perm'])}",
        )
        for row in rows
        if "fixed effects" in row["model"]
    ]
    said = (
        f"{counted(len(figures), 'slope')} of the outcome on leadership among localities of one "
        "authority and year; bars are two standard errors either way."
    )
    return Finding(said, "standard deviations of the outcome", figures, 2)


def _end(row: Row, side: int) -> float | None:
    return None if row["se"] is None else float(row["estimate"] + side * 2 * row["se"])


def _sets(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = made["discordant_sets"].to_dicts()
    higher = sum(1 for row in rows if row["diff"] > 0)
    figures = [
        Point(
            f"{row['authority']}, {row['year']}",
            row["diff"],
            row["ci_low"],
            row["ci_high"],
            f"{row['n_adopters']} of {row['n_localities']} do it",
        )
        for row in sorted(rows, key=lambda row: -abs(row["diff"]))
    ]
    said = (
        f"In {higher} of {counted(len(rows), 'set')} of neighbours under one plan and budget, "
        "those that do it have the higher leadership."
    )
    return Finding(
        said, "difference in leadership, standard deviations (largest first)", figures, 2
    )


def _robustness(made: Mapping[str, pl.DataFrame]) -> Finding:
    known = made["robustness"].filter(pl.col("passes").is_not_null())
    # The rest are figures to be read, and no checks.
    skipped = made["robustness"].filter(
        pl.col("passes").is_null(), pl.col("why_not").is_not_null() | pl.col("estimate").is_null()
    )
    kinds = known.group_by("kind", maintain_order=True).agg(pl.col("passes").sum(), pl.len())
    figures = [
        Point(capital(kind), 100 * passes / every, note=f"{passes} of {every}")
        for kind, passes, every in kinds.iter_rows()
    ]
    agree = int(known["passes"].sum())
    said = f"{number(agree)} of {counted(known.height, 'check')} say what the panel's estimate says"
    said += f"; {number(skipped.height)} could not be made." if skipped.height else "."
    return Finding(said, "percent of checks that agree", figures, 0)


def _multiverse(made: Mapping[str, pl.DataFrame]) -> Finding:
    known = made["multiverse"].filter(pl.col("delta").is_not_null())
    panels = known.group_by("spec_id", maintain_order=True).agg(
        pl.col("delta").median().alias("median"),
        pl.col("delta").quantile(0.05).alias("low"),
        pl.col("delta").quantile(0.95).alias("high"),
        (pl.col("delta") > 0).mean().alias("positive"),
    )
    figures = [
        Point(
            short(row["spec_id"]),
            _points(row["median"]),
            _points(row["low"]),
            _points(row["high"]),
            f"{percent(row['positive'])} above zero",
        )
        for row in panels.to_dicts()
    ]
    said = (
        f"{counted(known.height, 'specification')} could be estimated: the median of each panel, "
        "with the middle nine tenths of its specifications."
    )
    return Finding(said, LEAD, figures)


def _power(made: Mapping[str, pl.DataFrame]) -> Finding:
    reach = {}
    for row in made["power"].to_dicts():
        reach[row["spec_id"], row["part"], row["composition"]] = row["mde80"]
    figures = [
        Point(
            f"{short(spec)}, {side(part)}, {HOW.get(how, words(how))}",
            _points(least),
            note="" if least is not None else "beyond every effect simulated",
        )
        for (spec, part, how), least in reach.items()
    ]
    unknown = sum(1 for one in figures if one.value is None)
    said = f"The smallest effect that would be found in 80% of cases, for {len(figures)} designs"
    said += f"; {unknown} would not find even the largest simulated." if unknown else "."
    return Finding(said, "percentage points", figures)


def _studies(made: Mapping[str, pl.DataFrame]) -> Finding:
    rows = made["published_comparison"].to_dicts()
    like, partly = (
        [row for row in rows if row["comparable"] == answer] for answer in ("yes", "partly")
    )
    figures = [
        Point(
            f"{short(row['spec_id'])}: {row['study']}, {row['predictor']}",
            row["our_estimate"],
            note=f"published: {_published(row['effect'])} ({row['metric']}); {row['why']}",
        )
        for row in [*like, *partly]
        if row["our_estimate"] is not None
    ]
    said = (
        f"{counted(len(rows), 'published figure')} beside ours: {len(like)} can be compared as "
        f"they stand, {len(partly)} in part, the others not."
    )
    return Finding(said, "our figure", figures, 2)


def _published(effect: float | None) -> str:
    return "none" if effect is None else number(effect, 2)


SAY: Mapping[str, Callable[[Mapping[str, pl.DataFrame]], Finding]] = {
    "analysis_spec": _spec,
    "panel": _panel,
    "panel_value": _panel_value,
    "measure_quality": _quality,
    "block_fit": _fit,
    "block_contrast": _contrast,
    "importance": _importance,
    "model_tests": _tests,
    "cv_losses": _losses,
    "variance_split": _split,
    "within_effect": _within,
    "discordant_sets": _sets,
    "robustness": _robustness,
    "multiverse": _multiverse,
    "power": _power,
    "published_comparison": _studies,
    "verdict": _verdict,
}
"""What each table of ``results.TABLES`` says."""
