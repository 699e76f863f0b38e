"""Charts of estimates in rows, once for wide and once for narrow pages, as templates of SVG.

Groups differ by shape and place as well as by colour.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pipeline.report.svg import COLOURS, axis, image

WIDE, NARROW = 1110, 330
LABELS_WIDE, LABELS_NARROW = 220, 104
ROW = 44
EDGE, GAP = 4, 24
"""Pixels around a drawing, and between parts that are side by side."""
APART = 0.25
"""Of a row, between the marks of two measures."""
LETTER = 7.2
"""Width of a letter."""
TICKS = 5
"""Values that are named along an axis, about."""
BELOW = "The numbers are in the table below."
"""The end of the text that stands for a picture."""
SHAPES = {
    "circle": "M-5.5,0a5.5,5.5,0,1,1,11,0a5.5,5.5,0,1,1,-11,0",
    "square": "M-5,-5h10v10h-10Z",
    "triangle": "M0,-6L6,5H-6Z",
}


@dataclass(frozen=True)
class Dot:
    """One value, by the part of the chart, the row and what was measured; some have an interval."""

    facet: str
    row: str
    measure: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Span:
    """One estimate with its interval, if it has one, and the text beside it.

    It is drawn hollow where it is not strong.
    """

    facet: str
    row: str
    value: float
    low: float | None
    high: float | None
    note: str
    strong: bool = True


@dataclass(frozen=True)
class Scale:
    """Lines across a chart that a value is read against; what they mean is written below its title.

    The line at zero is solid, every other one dashed.
    """

    lines: Sequence[float]
    meaning: str
    unit: str = "percentage points"


@dataclass(frozen=True)
class Picture:
    """A chart as two images, and the text that stands for it."""

    title: str
    alt: str
    wide: str
    narrow: str


@dataclass(frozen=True)
class Size:
    """Measures of one drawing."""

    narrow: bool

    @property
    def labels(self) -> int:
        """Width of the labels of rows."""
        return LABELS_NARROW if self.narrow else LABELS_WIDE

    def plot(self, parts: int) -> int:
        """Width of each part's plot: side by side on a wide page, one below the other else."""
        if self.narrow:
            return NARROW - self.labels - GAP
        return (WIDE - self.labels - GAP * parts) // parts

    def wrapped(self, text: str) -> str:
        """The label of a row, in lines."""
        return "\n".join(textwrap.wrap(text, 13 if self.narrow else 28))

    def written(self, title: str, below: str) -> list[tuple[int, str, bool]]:
        """The lines of a title and the smaller ones below it: how far down, and which of both."""
        large, small = (33, 43) if self.narrow else (110, 160)
        lines = [(18, line, True) for line in textwrap.wrap(title, large)]
        lines += [(16, line, False) for line in textwrap.wrap(below, small)]
        ends = accumulate(high for high, *_ in lines)
        return [(end, line, heading) for end, (_, line, heading) in zip(ends, lines, strict=True)]


@dataclass(frozen=True)
class _Look:
    """How what was measured is drawn.

    Attributes:
        place: how far down its row, from 0 to 1.
    """

    name: str
    path: str
    colour: str
    place: float = 0.5


@dataclass(frozen=True)
class _Mark:
    """One estimate as it is drawn, in pixels from the corner of its plot."""

    x: float | None
    y: float
    low: float | None
    high: float | None
    note: str
    note_x: float
    strong: bool
    look: _Look


SIZES = Size(narrow=False), Size(narrow=True)


def dots(title: str, description: str, marks: Sequence[Dot], shapes: Mapping[str, str]) -> Picture:
    """Rows of dots, one a measure, each with its own shape and colour."""
    measures = [name for name in shapes if any(one.measure == name for one in marks)]
    # Close together, so that it shows which row they are of.
    first = 0.5 - APART * (len(measures) - 1) / 2
    looks = {
        name: _Look(name, SHAPES[shapes[name]], colour, first + APART * at)
        for at, (name, colour) in enumerate(zip(measures, COLOURS, strict=False))
    }
    drawn = [
        (Span(one.facet, one.row, one.value, one.low, one.high, note=""), looks[one.measure])
        for one in marks
    ]
    images = [_drawn(title, Scale([0.0], ""), drawn, [*looks.values()], size) for size in SIZES]
    return Picture(title, description, *images)


def spans(title: str, description: str, marks: Sequence[Span], scale: Scale) -> Picture:
    """Rows of estimates with their intervals, the numbers written above them."""
    look = _Look("", SHAPES["circle"], COLOURS[0])
    images = [_drawn(title, scale, [(one, look) for one in marks], [], size) for size in SIZES]
    return Picture(title, description, *images)


def _drawn(
    title: str,
    scale: Scale,
    marks: Sequence[tuple[Span, _Look]],
    key: Sequence[_Look],
    size: Size,
) -> str:
    """The drawing as a data address of an SVG."""
    facets = list(dict.fromkeys(one.facet for one, _ in marks))
    rows = list(dict.fromkeys(size.wrapped(one.row) for one, _ in marks))
    plot, left = size.plot(len(facets)), size.labels - EDGE
    band = max(ROW, 17 * max(row.count("\n") + 1 for row in rows) + 8)
    height = band * len(rows)

    ends = [0.0, *scale.lines]
    ends += [end for one, _ in marks for end in (one.value, one.low, one.high) if end is not None]
    below = axis(min(ends), max(ends), TICKS)

    def x(value: float | None) -> float | None:
        return None if value is None else round(plot * below.share(value), 1)

    def placed(one: Span, look: _Look) -> _Mark:
        y = band * (rows.index(size.wrapped(one.row)) + look.place)
        # What is written above a point runs neither into the labels nor out of the drawing.
        half = min(LETTER * len(one.note), plot) / 2
        beside = min(max(plot * below.share(one.value), half), plot - half)
        return _Mark(
            x=x(one.value),
            y=round(y, 1),
            low=x(one.low),
            high=x(one.high),
            note=one.note,
            note_x=round(beside, 1),
            strong=one.strong,
            look=look,
        )

    written = size.written(title, scale.meaning)
    down = written[-1][0]
    named: list[tuple[int, int, _Look]] = []
    along = left
    for look in key:
        if size.narrow or not named:
            down, along = down + 22, left
        named.append((along + 6, down - 5, look))
        along += 36 + round(1.1 * LETTER * len(look.name))
    parts = []
    for place, facet in enumerate(facets):
        across = 0 if size.narrow else place * (plot + GAP)
        above = down + (48 if facet else 20)
        own = [placed(one, look) for one, look in marks if one.facet == facet]
        parts.append((left + across, above, facet, size.narrow or not place, own))
        if size.narrow:
            down = above + height + 48
    return image(
        "rows.svg.j2",
        size=(max(one[0] for one in parts) + plot + 14, above + height + 44),
        edge=EDGE,
        left=left,
        written=written,
        key=named,
        parts=parts,
        room=(plot, height),
        ticks=[(x(at), label) for at, label in below.ticks],
        unit=scale.unit,
        rules=[(x(at), at == 0) for at in scale.lines],
        rows=[(band * (at + 0.5), lines(row)) for at, row in enumerate(rows)],
    )


def lines(label: str) -> list[tuple[float, str]]:
    """The lines of a row's label, each with its distance from the row's middle."""
    parts = label.split("\n")
    return [(4.5 + 15 * (at - (len(parts) - 1) / 2), part) for at, part in enumerate(parts)]
