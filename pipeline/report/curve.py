"""The specification curve: the lead under every defensible way to set up a panel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipeline.report.charts import Picture
from pipeline.report.curve_charts import STEPS, Curve, Strip, curve, curves
from pipeline.report.read import Analysis, Names, Row
from pipeline.report.stability import plain
from pipeline.report.tables import DataTable, absent, figure, text
from pipeline.report.wording import (
    capital,
    counted,
    interval,
    number,
    p_value,
    percent,
    points,
)

POINTS = 140
"""Specifications that are drawn of a curve."""
THIN = 60
"""Specifications that are drawn of a small curve."""
AXES = {
    "composition": "How measures are put together",
    "controls": "What is held constant",
    "sample": "Places and years",
    "coverage": "Least share observed",
    "missing": "Least share of rows measured",
    "lags": "Years to the outcome",
}
SHARES = ("coverage", "missing")
"""Axes whose choices are shares."""


@dataclass(frozen=True)
class Specifications:
    """One panel's specification curve.

    Attributes:
        said: what all specifications say together.
        table: the median lead by choice.
    """

    picture: Picture
    said: Sequence[str]
    table: DataTable


def _estimated(analysis: Analysis) -> list[Row]:
    rows = [row for row in analysis.results["multiverse"] if row["delta"] is not None]
    return sorted(rows, key=lambda row: float(row["delta"]))


def _thinned(rows: Sequence[Row], most: int) -> list[Row]:
    """Rows at equal steps, the first and the last among them."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]


def _null(analysis: Analysis) -> Row | None:
    """The row of the median lead, whose interval is that of a world without a lead."""
    rows = [row for row in analysis.results["robustness"] if row["kind"] == "multiverse"]
    return next((row for row in rows if row["detail"].startswith("median")), None)


def specifications(
    analysis: Analysis, names: Names, titles: Mapping[str, str], mark: str
) -> Specifications | None:
    """The specification curve of one panel, None where no specification could be estimated."""
    rows = _estimated(analysis)
    if not rows:
        return None
    every = len(analysis.results["multiverse"])
    null = _null(analysis)
    above = sum(row["delta"] > 0 for row in rows) / len(rows)
    middle = median(row["delta"] for row in rows)
    said = [
        f"{counted(len(rows), 'specification')} could be estimated"
        + (f" of {number(every)}" if every > len(rows) else "")
        + f". {percent(above)} of them put the lead above zero. Half lie below "
        f"{points(middle, 2)} points and half above; the lowest is {points(rows[0]['delta'], 1)} "
        f"and the highest {points(rows[-1]['delta'], 1)}.",
    ]
    if null and null["ci_low"] is not None:
        said.append(
            f"Were there no lead, {analysis.level} of such medians would lie between "
            f"{interval(null['ci_low'], null['ci_high'], 2).replace(' to ', ' and ')} points"
            + ("." if null["p"] is None else f" (p {p_value(null['p'])}, one-sided).")
        )
    drawn = _thinned(rows, POINTS)
    ends = all(row["ci_low"] is not None and row["ci_high"] is not None for row in drawn)
    every_dot = (
        f"{number(len(drawn))} of the specifications are dots with their intervals, evenly chosen."
        if len(drawn) < len(rows)
        else "Each dot is a specification with its interval."
    )
    title = f"{analysis.name}: the lead in every specification, from lowest to highest"
    strips = [
        Strip(AXES[axis], _choice(axis, choice, names, {}), _along(rows, axis, choice))
        for axis in AXES
        for choice in _choices(rows, axis)
    ]
    picture = curve(
        mark + title,
        f"{mark}Curve of the lead in {counted(len(rows), 'specification')}, with dark places below "
        "where along it a choice was made. Its middle and ends are in the text above, medians by "
        "choice in the table below.",
        f"{every_dot} The band is where the median would lie without a lead. Below: the darker, "
        "the more often the choice was made there.",
        Curve(
            "",
            [100 * row["delta"] for row in drawn],
            [100 * row["ci_low"] for row in drawn] if ends else (),
            [100 * row["ci_high"] for row in drawn] if ends else (),
        ),
        null=(100 * null["ci_low"], 100 * null["ci_high"])
        if null and null["ci_low"] is not None
        else None,
        strips=strips,
    )
    return Specifications(picture, said, _medians(analysis, rows, names, titles))


def _choices(rows: Sequence[Row], axis: str) -> list[str]:
    return sorted({row[axis] for row in rows}, key=lambda one: (not one.startswith("all"), one))


def _choice(axis: str, choice: str, names: Names, titles: Mapping[str, str]) -> str:
    if axis in SHARES:
        return percent(float(choice))
    return capital(plain(choice, names, titles))


def _along(rows: Sequence[Row], axis: str, choice: str) -> list[float]:
    """The share of specifications with a choice, in equal steps along the curve."""
    edges = [round(i * len(rows) / STEPS) for i in range(STEPS + 1)]
    steps = [rows[low:high] for low, high in pairwise(edges)]
    return [sum(row[axis] == choice for row in step) / len(step) if step else 0.0 for step in steps]


def _medians(
    analysis: Analysis, rows: Sequence[Row], names: Names, titles: Mapping[str, str]
) -> DataTable:
    cells = []
    for axis, title in AXES.items():
        for choice in _choices(rows, axis):
            own = [row["delta"] for row in rows if row[axis] == choice]
            slopes = [
                row["beta_w"]
                for row in analysis.results["multiverse"]
                if row[axis] == choice and row["beta_w"] is not None
            ]
            cells.append(
                [
                    text(_choice(axis, choice, names, titles), title),
                    figure(number(len(own))),
                    figure(points(median(own), 2)),
                    figure(percent(sum(one > 0 for one in own) / len(own))),
                    *(
                        [figure(number(median(slopes), 2)) if slopes else absent()]
                        if analysis.has_localities
                        else []
                    ),
                ]
            )
    return DataTable(
        "Half of the leads lie above the median: by choice",
        [
            "Choice",
            "Specifications",
            "Median lead, points",
            "Lead above zero",
            *(["Median slope inside authorities"] if analysis.has_localities else []),
        ],
        cells,
        "evidence.multiverse: composition, controls, sample, coverage, missing, lags, delta, "
        "beta_w",
        fit=True,
        narrow="pairs",
    )


def together(analyses: Sequence[Analysis], mark: str) -> tuple[Picture, DataTable] | None:
    """The curves of all panels on one scale, and their numbers."""
    some = [(one, rows) for one in analyses if (rows := _estimated(one))]
    if not some:
        return None
    drawn = [
        Curve(one.name, [100 * row["delta"] for row in _thinned(rows, THIN)]) for one, rows in some
    ]
    cells = []
    for one, rows in some:
        null = _null(one)
        middle = points(median(row["delta"] for row in rows), 2)
        above = percent(sum(row["delta"] > 0 for row in rows) / len(rows))
        known = null is not None and null["ci_low"] is not None
        cells.append(
            [
                text(one.name, link=one.page),
                figure(number(len(rows))),
                figure(middle),
                figure(f"{points(rows[0]['delta'], 1)} to {points(rows[-1]['delta'], 1)}"),
                figure(above),
                figure(interval(null["ci_low"], null["ci_high"], 2))
                if null is not None and known
                else absent(),
            ]
        )
    title = "The lead in every specification, from lowest to highest, percentage points"
    picture = curves(
        mark + title,
        f"{mark}One rising line a panel: the lead in every specification. Medians and ends are in "
        "the table below.",
        "Each line runs from the specification with the lowest lead to the one with the highest. "
        "The black line is zero: no lead.",
        drawn,
    )
    table = DataTable(
        "The lead in every specification, percentage points",
        [
            "Panel",
            "Specifications",
            "Median lead",
            "Lowest to highest",
            "Lead above zero",
            "Median, were there no lead",
        ],
        cells,
        "evidence.multiverse: delta; evidence.robustness, kind 'multiverse': ci_low, ci_high",
        narrow="pairs",
    )
    return picture, table
