"""Small charts of one council's figure over the years.

There are hundreds, all alike, and the converter that draws the report's other charts would take a
third of the report's time for them; so their SVG is a template. Titles and keys are in the page
beside them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.charts import COLOURS, GRID, INK, QUIET
from pipeline.report.page import environment
from pipeline.report.svg import address

ROOM, HEIGHT = 400, 190
"""Pixels of the plot."""
RIGHT, BELOW = 20, 24
"""Pixels beside and below it, for half of the last year's name, and for the years' names."""
LETTER = 7.6
"""Pixels that a letter of a label is wide, at most."""
LABELS = 4
"""Years named below a chart, at most, and values beside it, about."""


@dataclass(frozen=True)
class Line:
    """How a line looks: never by colour alone.

    Attributes:
        path: its marker as SVG.
    """

    name: str
    colour: str
    path: str
    dash: Sequence[float]
    width: float


LINES = (
    Line("This council", COLOURS[0], "M-4,0a4,4,0,1,1,8,0a4,4,0,1,1,-8,0", (1, 0), 3.0),
    Line("Similar", COLOURS[1], "M0,-4.5L5,4H-5Z", (6, 3), 2.0),
    Line("Region", COLOURS[2], "M-3.5,-3.5h7v7h-7Z", (2, 2), 2.0),
    Line("England", QUIET, "M0,-5L4,0L0,5L-4,0Z", (8, 3, 2, 3), 1.5),
)
OWN = LINES[0].name


@dataclass(frozen=True)
class Mark:
    """One year on one line.

    Attributes:
        line: name of one of `LINES`.
        value: None breaks the line.
        low, high: interval, where there is one.
        firm: whether it is a figure published for the council as it was; others are drawn hollow.
    """

    line: str
    year: int
    value: float | None
    low: float | None = None
    high: float | None = None
    firm: bool = True


def drawn(marks: Sequence[Mark], mark: str = "") -> str:
    """A chart as the data address of an SVG.

    Args:
        marks: what it shows.
        mark: written above the drawing, empty for real data.
    """
    years = sorted({one.year for one in marks})
    ends = [end for one in marks for end in (one.value, one.low, one.high) if end is not None]
    low, high = _ends(min(ends), max(ends))
    step = _step((high - low) / LABELS)
    # Rounded, because an end that is a tick is not to the last digit.
    first, last = math.ceil(round(low / step, 6)), math.floor(round(high / step, 6))
    ticks = [n * step for n in range(first, last + 1)]
    labels = [_label(one) for one in ticks]

    def x(year: int) -> float:
        return round(ROOM * (year - years[0] + 0.3) / (years[-1] - years[0] + 0.6), 1)

    def y(value: float) -> float:
        return round(HEIGHT * (high - value) / (high - low), 1)

    def path(name: str) -> str:
        """The line through its years, broken where a value is missing."""
        found, pen = "", "M"
        for one in marks:
            if one.line == name:
                found += "" if one.value is None else f"{pen}{x(one.year)},{y(one.value)}"
                pen = "M" if one.value is None else "L"
        return found

    left = round(11 + LETTER * max(map(len, labels)))
    above = 32 if mark else 8
    svg = (
        environment()
        .get_template("place_chart.svg.j2")
        .render(
            width=left + ROOM + RIGHT,
            height=above + HEIGHT + BELOW,
            left=left,
            above=above,
            room=(ROOM, HEIGHT),
            look={"ink": INK, "quiet": QUIET, "grid": GRID},
            mark=mark,
            ticks=[(round(y(at)), label) for at, label in zip(ticks, labels, strict=True)],
            years=[
                (x(one), f"{one}-{(one + 1) % 100:02d}")
                for one in years[:: -(-len(years) // LABELS)]
            ],
            # The council's own line is drawn last, above the others.
            lines=[(one, path(one.name)) for one in reversed(LINES)],
            bars=[
                (x(one.year), y(one.low), y(one.high))
                for one in marks
                if one.low is not None and one.high is not None
            ],
            points=[
                (line, x(one.year), y(one.value), one.firm)
                for line in reversed(LINES)
                for one in marks
                if one.line == line.name and one.value is not None
            ],
        )
    )
    return address(svg)


def _ends(low: float, high: float) -> tuple[float, float]:
    """Round ends of an axis with some room beyond the values, and around a single one."""
    room = (high - low) / 30 or abs(high) / 10 or 1.0
    step = _step((high - low + 2 * room) / 10)
    return math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step


def _step(least: float) -> float:
    """The power of ten, or twice or five times one, that is nearest as a ratio."""
    power = 10.0 ** math.floor(math.log10(least))
    return power * min((1, 2, 5, 10), key=lambda by: abs(math.log(least / power / by)))


def _label(value: float) -> str:
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return text.replace("-", "\u2212") if value else "0"
