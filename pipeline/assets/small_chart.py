"""Small charts for the asset pages of Dagster: bars of parts, and values with their intervals.

There are a hundred in a run, and so they are templates of SVG. Nothing is told by colour alone, and
the same numbers stand in the table beside each chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.svg import axis, image

WIDTH, HEIGHT, ROW, BARS = 420, 150, 22, 24
"""Size of a plot and height of a row in pixels; bars that stand side by side, at most."""
LABEL = 56
"""Characters of a row's label, at most."""

LETTER, BOLD = 6.6, 8.5
"""Pixels that a letter of a label, and of a title, is wide."""


@dataclass(frozen=True)
class Bar:
    """How many rows have a value, and how many have none, at one place along the axis."""

    at: str
    valued: int
    empty: int = 0


@dataclass(frozen=True)
class Point:
    """One value with its interval, if it has one; without a value it is not drawn.

    Attributes:
        note: said of it in the table.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""


def bars(title: str, unit: str, values: Sequence[Bar]) -> str:
    """Standing bars: full where there is a value, hollow on top where there is none."""
    beside = axis(0, max((one.valued + one.empty for one in values), default=0), 4)
    longest = max((len(one.at) for one in values), default=0)
    slant = longest * len(values) > 60
    hollow = any(one.empty for one in values)
    band = WIDTH / max(1, len(values))
    left = round(34 + LETTER * beside.longest)
    above = 64 if hollow else 36

    def y(count: int) -> float:
        return round(HEIGHT * (1 - beside.share(count)), 1)

    return image(
        "bars.svg.j2",
        size=(_width(left, title), above + HEIGHT + (16 + round(5 * longest) if slant else 24)),
        left=left,
        above=above,
        room=(WIDTH, HEIGHT),
        title=title,
        unit=unit,
        hollow=hollow,
        slant=slant,
        ticks=[(y(round(at)), label) for at, label in beside.ticks if at == round(at)],
        wide=round(0.9 * band, 1),
        bars=[
            (round(band * (place + 0.5), 1), one.at, y(one.valued), y(one.valued + one.empty))
            for place, one in enumerate(values)
        ],
    )


def points(title: str, unit: str, values: Sequence[Point]) -> str:
    """Lying rows: a point each, a line for its interval, and a rule at zero."""
    shown = [(_short(one.label), one.value, one.low, one.high) for one in values]
    rows = [row for row in shown if row[1] is not None]
    ends = [0.0, *(end for _, *own in rows for end in own if end is not None)]
    below = axis(min(ends), max(ends), 5)
    above = 32
    left = round(16 + LETTER * max((len(label) for label, *_ in rows), default=0))

    def x(value: float | None) -> float | None:
        return None if value is None else round(WIDTH * below.share(value), 1)

    return image(
        "points.svg.j2",
        size=(_width(left, title), above + ROW * len(rows) + 44),
        left=left,
        above=above,
        room=(WIDTH, ROW * len(rows)),
        row=ROW,
        title=title,
        unit=unit,
        zero=x(0),
        ticks=[(x(at), label) for at, label in below.ticks],
        rows=[(label, x(value), x(low), x(high)) for label, value, low, high in rows],
    )


def _width(left: int, title: str) -> int:
    return max(left + WIDTH + 24, round(16 + BOLD * len(title)))


def _short(label: str) -> str:
    return label if len(label) <= LABEL else label[: LABEL - 1].rstrip() + "\u2026"
