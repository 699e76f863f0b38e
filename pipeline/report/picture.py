"""The picture: what each group of indicators adds, and the lead with its intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.charts import BELOW, Dot, Picture, Scale, Span, dots, spans
from pipeline.report.read import Analysis, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    coalition,
    composition,
    interval,
    method,
    number,
    p_value,
    percent,
    points,
    words,
)

BASELINE = "controls"
PRIMARY = "Explained, main interval"
BOOTSTRAP = "Explained, second interval"
LEFT_OUT = "Predicted, {authorities} left out"
LATER = "Predicted, later years"
LEAST_SQUARES = "indicators, least squares"
"""The composition of the importance of single indicators."""


def measures(analysis: Analysis) -> list[tuple[str, str, str]]:
    """Columns of evidence.block_fit, what they are called, and their mark."""
    return [
        ("r2", "Explained in the data", "circle"),
        ("q2_loao", LEFT_OUT.format(authorities=analysis.nouns.authorities), "square"),
        ("q2_forward", LATER, "triangle"),
    ]


@dataclass(frozen=True)
class Panel:
    """A picture with the tables of its numbers, and how sure those are."""

    picture: Picture
    tables: Sequence[DataTable]
    sure: str = ""


def gain(row: Row, baseline: Row, column: str) -> float | None:
    """What a coalition adds to need and circumstance by one measure."""
    if row[column] is None or baseline[column] is None:
        return None
    return float(row[column]) - float(baseline[column])


def gains(analysis: Analysis, mark: str) -> Panel | None:
    """What every coalition explains and predicts beyond the controls."""
    marks, tables, some = [], [], False
    for name in analysis.compositions:
        rows = analysis.of("block_fit", name)
        baseline = next((row for row in rows if row["coalition"] == BASELINE), None)
        if baseline is None:
            continue
        tables.append(_gain_table(analysis, name, rows, baseline))
        some |= any(_interval(row) for row in rows)
        for row in rows:
            if row is baseline:
                continue
            group = coalition(row["coalition"])
            for column, label, _ in measures(analysis):
                value = gain(row, baseline, column)
                ends = _interval(row) if column == "r2" else None
                low, high = (100 * ends[0], 100 * ends[1]) if ends else (None, None)
                if value is not None:
                    marks.append(Dot(composition(name), group, label, 100 * value, low, high))
    if not marks:
        return None
    title = "What each group adds to need and circumstance, percentage points"
    alt = (
        "Dot chart of the percentage points that each group of indicators adds to need and "
        f"circumstance, explained and predicted. {BELOW}"
    )
    shapes = {label: shape for _, label, shape in measures(analysis)}
    sure = (
        f"The lines are {analysis.level} intervals for what is explained. Predictions have none."
        if some
        else "The file holds no intervals for these dots."
    )
    return Panel(dots(mark + title, mark + alt, marks, shapes), tables, sure)


def _interval(row: Row) -> tuple[float, float] | None:
    """The interval of what a coalition explains, where the file has one."""
    low, high = row.get("ci_low"), row.get("ci_high")
    return None if low is None or high is None else (float(low), float(high))


def _gain_table(analysis: Analysis, name: str, rows: Sequence[Row], baseline: Row) -> DataTable:
    def cell(row: Row, column: str) -> Cell:
        added = gain(row, baseline, column)
        if added is None:
            return absent("No later year to predict" if column == "q2_forward" else "")
        total = f"{percent(row[column], 2)} in all"
        if row is baseline:
            return figure("the starting point", total)
        ends = _interval(row) if column == "r2" else None
        known = f"{analysis.level} interval {interval(*ends, 2)}; " if ends else ""
        return figure(points(added, 2, signed=True), known + total)

    return DataTable(
        f"{composition(name)}: percentage points added to need and circumstance",
        ["Groups in the model", *(label for _, label, _ in measures(analysis))],
        [
            [
                text(coalition(row["coalition"])),
                *(cell(row, column) for column, *_ in measures(analysis)),
            ]
            for row in rows
        ],
        "evidence.block_fit: coalition, r2, v, ci_low, ci_high, q2_loao, q2_forward (gains are "
        "differences from the row 'controls')",
        named="What each group adds to need and circumstance",
        fit=True,
        narrow="pairs",
    )


def _leads(analysis: Analysis, name: str) -> list[tuple[str, Row]]:
    """The lead's rows of one composition, each with what it is called here."""
    found = []
    for row in analysis.of("block_contrast", name):
        if row["estimand"] == "delta" and row["headline"]:
            found.append((PRIMARY, row))
        elif row["estimand"] == "delta" and "bootstrap" in row["ci_method"]:
            found.append((BOOTSTRAP, row))
        elif row["estimand"] == "delta_cv":
            found.append((LEFT_OUT.format(authorities=analysis.nouns.authorities), row))
        elif row["estimand"] == "delta_forward":
            found.append((LATER, row))
    return found


def leads(analysis: Analysis, mark: str) -> Panel | None:
    """The lead of the claim's first side, with every interval the file has for it."""
    marks, rows = [], []
    first, second = analysis.measured_sides
    for name in analysis.compositions:
        for label, row in _leads(analysis, name):
            marks.append(_span(composition(name), label, row))
            rows.append(
                [
                    text(label, composition(name)),
                    figure(points(row["estimate"], 2)),
                    _interval_cell(row),
                    text(method(row["ci_method"], analysis.nouns.authority)),
                    absent() if row["p_one_sided"] is None else figure(p_value(row["p_one_sided"])),
                ]
            )
    if not marks:
        return None
    title = f"Lead of {first} over {second}, percentage points"
    alt = (
        f"Dots with {analysis.level} intervals for the lead of {first} over {second}, in "
        f"percentage points; right of zero, the lead is with {first}. {BELOW}"
    )
    table = DataTable(
        f"Lead of {first} over {second}, percentage points",
        [
            "Lead",
            "Estimate",
            f"{analysis.level} interval",
            "How the interval was made",
            "p (one-sided)",
        ],
        rows,
        "evidence.block_contrast: estimand delta (headline and bootstrap), delta_cv, "
        "delta_forward; estimate, ci_low, ci_high, ci_method, p_one_sided",
    )
    counts = analysis.between["delta_min"]
    scale = Scale(
        [0.0, 100 * counts],
        "Solid line: no lead. Dashed line: the smallest lead that counts, "
        f"{points(counts)} points.",
    )
    return Panel(spans(mark + title, mark + alt, marks, scale), [table])


def shares(analysis: Analysis, mark: str) -> Panel | None:
    """Each group's fair share of what all explain together."""
    marks, rows = [], []
    for name in analysis.compositions:
        own = analysis.of("importance", name)
        for row in own:
            if row["level"] == "superblock" and not _several(analysis, row["name"]):
                continue
            label = _part(analysis, row)
            if row["level"] == "block":
                marks.append(_span(composition(name), label, row, "owen"))
            rows.append(
                [
                    text(label, composition(name)),
                    figure(points(row["owen"], 2)),
                    _interval_cell(row),
                    figure(points(row["first"], 2)),
                    figure(points(row["last"], 2)),
                    _slope_cell(row),
                ]
            )
    if not marks:
        return None
    title = "Each group's share of what they explain together, percentage points"
    alt = (
        f"Dots with {analysis.level} intervals for each group's share of what all groups explain "
        f"together. {BELOW}"
    )
    table = DataTable(
        "Each group's share of what all groups explain together, percentage points",
        [
            "Group",
            "Share",
            f"{analysis.level} interval",
            "Alone",
            "On top of all others",
            "Better (+) or worse (\u2212) results with more of it, standard deviations",
        ],
        rows,
        "evidence.importance: owen, ci_low, ci_high, first, last, slope, slope_ci_low, "
        "slope_ci_high",
        fit=True,
        narrow="pairs",
    )
    return Panel(spans(mark + title, mark + alt, marks, Scale([0.0], "")), [table])


def _slope_cell(row: Row) -> Cell:
    """The direction that a share has not: standard deviations, with its interval."""
    if row.get("slope") is None:
        return absent()
    low, high = number(row["slope_ci_low"], 2), number(row["slope_ci_high"], 2)
    return figure(number(row["slope"], 2, signed=True), f"interval {low} to {high}")


def indicators(analysis: Analysis, titles: Mapping[str, str]) -> DataTable | None:
    """Each indicator's share, by least squares on all of them."""
    rows = [row for row in analysis.results["importance"] if row["composition"] == LEAST_SQUARES]
    if not rows:
        return None
    return DataTable(
        "Each measure's share of what all measures explain together, percentage points",
        ["Measure", "Share", f"{analysis.level} interval", "Alone", "On top of all others"],
        [
            [
                text(titles.get(row["name"], words(row["name"]))),
                figure(points(row["shapley"], 2)),
                figure(interval(row["shapley_ci_low"], row["shapley_ci_high"], 2)),
                figure(points(row["first"], 2)),
                figure(points(row["last"], 2)),
            ]
            for row in sorted(rows, key=lambda one: -one["shapley"])
        ],
        "evidence.importance, level 'indicator': shapley, shapley_ci_low, shapley_ci_high, first, "
        "last",
        narrow="pairs",
    )


def _several(analysis: Analysis, side: str) -> bool:
    """Whether a side of the claim has more than one measured group, so differs from its group."""
    blocks = analysis.between["h_blocks" if side == "H" else "b_blocks"]
    return len(set(blocks) & set(analysis.used_blocks)) > 1


def _part(analysis: Analysis, row: Row) -> str:
    if row["level"] == "superblock":
        first, second = analysis.measured_sides
        return coalition(first if row["name"] == "H" else second)
    return coalition(words(row["name"]))


def _span(facet: str, label: str, row: Row, value: str = "estimate") -> Span:
    known = row["ci_low"] is not None and row["ci_high"] is not None
    note = points(row[value], 2)
    note += f" ({interval(row['ci_low'], row['ci_high'], 2)})" if known else " (no interval)"
    return Span(
        facet,
        label,
        100 * row[value],
        100 * row["ci_low"] if known else None,
        100 * row["ci_high"] if known else None,
        note,
    )


def _interval_cell(row: Row) -> Cell:
    if row["ci_low"] is None or row["ci_high"] is None:
        return absent()
    return figure(interval(row["ci_low"], row["ci_high"], 2))
