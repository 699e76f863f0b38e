"""Small charts of one council's figure over the years.

Titles and keys are in the page beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.svg import COLOURS, QUIET, axis, image

ROOM, HEIGHT = 276, 190
"""Pixels of the plot. A drawing is as wide as a phone, so that its letters are not made smaller."""
RIGHT, BELOW = 22, 24
"""Pixels beside and below it, for half of the last year's name, and for the years' names."""
LETTER = 8.2
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
    low, high = min(ends), max(ends)
    # Room beyond the values, and around a single one.
    room = (high - low) / 30 or abs(high) / 10 or 1.0
    beside = axis(low - room, high + room, LABELS)

    def x(year: int) -> float:
        return round(ROOM * (year - years[0] + 0.3) / (years[-1] - years[0] + 0.6), 1)

    def y(value: float) -> float:
        return round(HEIGHT * (1 - beside.share(value)), 1)

    def path(name: str) -> str:
        """The line through its years, broken where a value is missing."""
        found, pen = "", "M"
        for one in marks:
            if one.line == name:
                found += "" if one.value is None else f"{pen}{x(one.year)},{y(one.value)}"
                pen = "M" if one.value is None else "L"
        return found

    left = round(11 + LETTER * beside.longest)
    above = 32 if mark else 8
    return image(
        "place_chart.svg.j2",
        width=left + ROOM + RIGHT,
        height=above + HEIGHT + BELOW,
        left=left,
        above=above,
        room=(ROOM, HEIGHT),
        mark=mark,
        ticks=[(round(y(at)), label) for at, label in beside.ticks],
        years=[
            (x(one), f"{one}-{(one + 1) % 100:02d}") for one in years[:: -(-len(years) // LABELS)]
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
