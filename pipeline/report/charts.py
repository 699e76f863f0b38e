"""Static charts: drawn offline as SVG, once for wide and once for narrow pages.

Groups differ by shape and place as well as by colour. Colours are those of Okabe and Ito that
stand out from white, and can be told apart by colour-blind readers.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Literal, TypeVar

import altair as alt
import vl_convert

from pipeline.report.svg import address

INK = "#1a1a1a"
QUIET = "#595959"
GRID = "#d9d9d9"
COLOURS = ("#0072b2", "#b34e00", "#00664b")
WIDE, NARROW = 1110, 330
LABELS_WIDE, LABELS_NARROW = 200, 104
ROW = 44
LETTER = 6.5
"""Width of a letter that is written above a point."""
CONFIG = alt.Config(
    font="sans-serif",
    background="#ffffff",
    padding=4,
    axis=alt.AxisConfig(
        labelFontSize=13,
        titleFontSize=13,
        labelColor=INK,
        titleColor=INK,
        titleFontWeight="normal",
        gridColor=GRID,
        tickColor=QUIET,
        domainColor=QUIET,
    ),
    legend=alt.LegendConfig(labelFontSize=13, labelColor=INK),
    title=alt.TitleConfig(fontSize=15, color=INK, subtitleFontSize=13, subtitleColor=QUIET),
    view=alt.ViewConfig(stroke=None),
).to_dict()
LINES = "split(datum.label, '\\n')"
SIGNED = "replace(format(datum.value, ''), '-', '\u2212')"
STEPS = 40
"""Equal steps of a curve for which choices are counted."""


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
class Curve:
    """Estimates in rising order, thinned to what a drawing can show, some with intervals."""

    facet: str
    values: Sequence[float]
    lows: Sequence[float] = ()
    highs: Sequence[float] = ()


@dataclass(frozen=True)
class Strip:
    """Where along the curve a choice was made: the share of specifications in equal steps of it."""

    axis: str
    choice: str
    shares: Sequence[float]


One = TypeVar("One", Dot, Span)
Part = alt.LayerChart | alt.FacetChart | alt.Chart | alt.HConcatChart


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
class _Size:
    """Measures of one drawing, and the data that its parts refer to by name.

    Data within the parts would be copied whenever a part is changed or joined to another.
    """

    narrow: bool
    datasets: dict[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)

    def chart(self, values: Sequence[Mapping[str, object]]) -> alt.Chart:
        """A part that shows these values."""
        name = f"d{len(self.datasets)}"
        self.datasets[name] = values
        return alt.Chart(alt.NamedData(name))

    @property
    def labels(self) -> int:
        return LABELS_NARROW if self.narrow else LABELS_WIDE

    def plot(self, parts: int) -> int:
        """Width of each part's plot: side by side on a wide page, one below the other else."""
        if self.narrow:
            return NARROW - self.labels - 24
        return (WIDE - self.labels - 24 * parts) // parts

    def height(self, rows: Sequence[str]) -> int:
        """Height of rows whose labels have been wrapped."""
        lines = max((row.count("\n") + 1 for row in rows), default=1)
        return max(ROW, 17 * lines + 8) * max(len(rows), 1)

    def wrapped(self, text: str) -> str:
        return "\n".join(textwrap.wrap(text, 14 if self.narrow else 28))

    def title(self, text: str) -> list[str]:
        return textwrap.wrap(text, 40 if self.narrow else 110)

    def below(self, text: str) -> list[str]:
        """The smaller lines below a title."""
        return textwrap.wrap(text, 50 if self.narrow else 160)


def dots(title: str, description: str, marks: Sequence[Dot], shapes: Mapping[str, str]) -> Picture:
    """Rows of dots, one a measure, each with its own shape and colour."""
    return _both(title, "", description, _drawn(lambda size: _dots(marks, shapes, size)))


def spans(title: str, description: str, marks: Sequence[Span], scale: Scale) -> Picture:
    """Rows of estimates with their intervals, the numbers written above them."""
    drawings = _drawn(lambda size: _spans(marks, scale, size))
    return _both(title, scale.meaning, description, drawings)


Drawing = tuple[_Size, Sequence[Part]]


def _drawn(parts: Callable[[_Size], Sequence[Part]]) -> list[Drawing]:
    """The parts for a wide page and for a narrow one."""
    return [(size, parts(size)) for size in (_Size(narrow=False), _Size(narrow=True))]


def _dots(marks: Sequence[Dot], shapes: Mapping[str, str], size: _Size) -> list[Part]:
    rows = list(dict.fromkeys(size.wrapped(one.row) for one in marks))
    measures = [name for name in shapes if any(one.measure == name for one in marks)]
    values = [end for one in marks for end in (one.value, one.low, one.high) if end is not None]
    x = _x(values, "percentage points")
    legend = alt.Legend(
        orient="top",
        title=None,
        columns=1 if size.narrow else len(measures),
        labelLimit=0,
        symbolSize=110,
        offset=4,
    )
    parts = []
    for place, (facet, own) in enumerate(_by_facet(marks).items()):
        base = size.chart([asdict(one) | {"row": size.wrapped(one.row)} for one in own])
        shown = legend if place == 0 or size.narrow else None
        if size.narrow and place:
            shown = None
        zero = size.chart([{"x": 0}]).mark_rule(color=INK, strokeWidth=1.5)
        placed = base.encode(
            y=_y(rows, size, hidden=place > 0 and not size.narrow),
            yOffset=alt.YOffset("measure:N", sort=measures),
            color=alt.Color(
                "measure:N",
                sort=measures,
                scale=alt.Scale(domain=measures, range=list(COLOURS[: len(measures)])),
                legend=shown,
            ),
        )
        bars = (
            placed.transform_filter("isValid(datum.low)")
            .mark_rule(strokeWidth=3)
            .encode(x=alt.X("low:Q"), x2="high:Q")
        )
        points = placed.mark_point(filled=True, size=110, opacity=1).encode(
            x=x,
            shape=alt.Shape(
                "measure:N",
                sort=measures,
                scale=alt.Scale(
                    domain=measures, range=[_SHAPES.get(shapes[m], shapes[m]) for m in measures]
                ),
                legend=shown,
            ),
        )
        parts.append(_part(alt.layer(zero.encode(x="x:Q"), bars, points), facet, rows, size, marks))
    return parts


_SHAPES = {"triangle": "triangle-up"}


def _spans(marks: Sequence[Span], scale: Scale, size: _Size) -> list[Part]:
    rows = list(dict.fromkeys(size.wrapped(one.row) for one in marks))
    ends = [one.value for one in marks] + list(scale.lines)
    ends += [end for one in marks for end in (one.low, one.high) if end is not None]
    # What is written above a point must not run into the labels, nor out of the drawing.
    letter = (max(ends) - min(ends)) / size.plot(len(_by_facet(marks))) * LETTER / 2
    # Where nothing lies left of zero, writing starts at its point, and zero stays at the edge.
    align: Literal["left", "center"] = "center" if min(ends) < 0 else "left"
    sides = (-1, 1) if align == "center" else (0, 2)
    ends += [one.value + side * letter * len(one.note) for one in marks for side in sides]
    x = _x(ends, scale.unit)
    parts = []
    for place, (facet, own) in enumerate(_by_facet(marks).items()):
        data = size.chart([asdict(one) | {"row": size.wrapped(one.row)} for one in own])
        y = _y(rows, size, hidden=place > 0 and not size.narrow)
        lines = [
            size.chart([{"x": at}])
            .mark_rule(
                color=INK if at == 0 else QUIET,
                strokeWidth=1.5,
                strokeDash=[1, 0] if at == 0 else [5, 4],
            )
            .encode(x="x:Q")
            for at in scale.lines
        ]
        bars = (
            data.transform_filter("isValid(datum.low)")
            .mark_rule(color=COLOURS[0], strokeWidth=3)
            .encode(x=alt.X("low:Q"), x2="high:Q", y=y)
        )
        points = data.mark_point(size=120, opacity=1, color=COLOURS[0], strokeWidth=2).encode(
            x=x,
            y=y,
            fill=alt.condition("datum.strong", alt.value(COLOURS[0]), alt.value("white")),
        )
        written = data.encode(x="value:Q", y=y, text="note:N")
        # White below the writing, so that lines do not cross it.
        halo = written.mark_text(
            dy=-13, align=align, color="white", stroke="white", strokeWidth=5, fontSize=13
        )
        notes = written.mark_text(dy=-13, align=align, color=INK, fontSize=13)
        layers = alt.layer(*lines, bars, halo, points, notes)
        parts.append(_part(layers, facet, rows, size, marks))
    return parts


def curve(
    title: str,
    description: str,
    below: str,
    one: Curve,
    *,
    null: tuple[float, float] | None,
    strips: Sequence[Strip],
) -> Picture:
    """Estimates in rising order, and below them which choices were made along the way.

    Args:
        title, description: of the picture.
        below: what the parts of the drawing mean.
        one: the estimates.
        null: where most medians would lie if there were nothing to find.
        strips: the choices.
    """
    drawings = _drawn(lambda size: _curve(one, null, strips, size))
    return _both(title, below, description, drawings, stacked=True)


def curves(title: str, description: str, below: str, several: Sequence[Curve]) -> Picture:
    """Several curves side by side on one scale."""
    drawings = _drawn(lambda size: _curves(several, size))
    return _both(title, below, description, drawings, stacked=True)


def _along(one: Curve) -> list[dict[str, float]]:
    """The points of a curve, placed from 0 to 100 along it."""
    last = max(len(one.values) - 1, 1)
    known = len(one.lows) == len(one.values)
    return [
        {"at": 100 * i / last, "value": value}
        | ({"low": one.lows[i], "high": one.highs[i]} if known else {})
        for i, value in enumerate(one.values)
    ]


def _upright(values: Sequence[float], title: str | None, extent: int) -> alt.Y:
    low, high = min([*values, 0.0]), max([*values, 0.0])
    room = 0.06 * (high - low) or 1.0
    return alt.Y(
        "value:Q",
        title=title,
        scale=alt.Scale(domain=[low - room, high + room], nice=False),
        axis=alt.Axis(tickCount=5, labelExpr=SIGNED, minExtent=extent, maxExtent=extent),
    )


def _curve(
    one: Curve, null: tuple[float, float] | None, strips: Sequence[Strip], size: _Size
) -> list[Part]:
    width = (NARROW if size.narrow else WIDE) - size.labels - 24
    x = alt.X("at:Q", title=None, scale=alt.Scale(domain=[0, 100]), axis=None)
    ends = [*one.values, *one.lows, *one.highs, *(null or ())]
    y = _upright(ends, "percentage points", size.labels - 8)
    data = size.chart(_along(one))
    zero = size.chart([{"value": 0}]).mark_rule(color=INK, strokeWidth=1.5)
    layers = []
    if null:
        band = size.chart([{"value": null[0], "top": null[1]}])
        layers.append(band.mark_rect(color="#fbe3d0").encode(y=y, y2="top:Q"))
    if one.lows:
        intervals = data.mark_rule(color="#b8c9d6", strokeWidth=1)
        layers.append(intervals.encode(x=x, y="low:Q", y2="high:Q"))
    layers.append(zero.encode(y=y))
    points = data.mark_point(filled=True, size=14, opacity=1, color=COLOURS[0])
    layers.append(points.encode(x=x, y=y))
    parts: list[Part] = [
        alt.layer(*layers).properties(
            width=width,
            height=260,
            title=alt.TitleParams(one.facet, anchor="start", fontSize=14, color=INK),
        )
    ]
    for axis in dict.fromkeys(strip.axis for strip in strips):
        own = [strip for strip in strips if strip.axis == axis]
        rows = [size.wrapped(strip.choice) for strip in own]
        step = 100 / STEPS
        values = [
            {"row": row, "at": step * i, "end": step * (i + 1), "share": round(share, 3)}
            for row, strip in zip(rows, own, strict=True)
            for i, share in enumerate(strip.shares)
            if share
        ]
        lines = max(row.count("\n") + 1 for row in rows)
        parts.append(
            size.chart(values)
            .mark_rect(color=INK)
            .encode(
                x=x,
                x2="end:Q",
                y=_y(rows, size, hidden=False, grid=False),
                opacity=alt.Opacity(
                    "share:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None
                ),
            )
            .properties(
                width=width,
                height=max(20, 16 * lines + 3) * len(rows),
                title=alt.TitleParams(axis, anchor="start", fontSize=13, color=INK, offset=4),
            )
        )
    return parts


def _curves(several: Sequence[Curve], size: _Size) -> list[Part]:
    columns = 1 if size.narrow else min(3, len(several))
    width = NARROW - 60 if size.narrow else (WIDE - 70 * columns) // columns
    values = [value for one in several for value in one.values]
    drawn = []
    for one in several:
        data = size.chart(_along(one))
        zero = size.chart([{"value": 0}])
        y = _upright(values, None, 40)
        drawn.append(
            alt.layer(
                zero.mark_rule(color=INK, strokeWidth=1.5).encode(y=y),
                data.mark_line(color=COLOURS[0], strokeWidth=3).encode(
                    x=alt.X("at:Q", axis=None, scale=alt.Scale(domain=[0, 100])), y=y
                ),
            ).properties(
                width=width,
                height=110 if size.narrow else 130,
                title=alt.TitleParams(one.facet, anchor="start", fontSize=14, color=INK),
            )
        )
    return [alt.hconcat(*drawn[i : i + columns]) for i in range(0, len(drawn), columns)]


def _x(values: Sequence[float], unit: str) -> alt.X:
    low, high = min([*values, 0.0]), max([*values, 0.0])
    room = 0.06 * (high - low) or 1.0
    return alt.X(
        "value:Q",
        title=unit,
        scale=alt.Scale(domain=[low - room, high + room], nice=False),
        axis=alt.Axis(tickCount=5, labelExpr=SIGNED),
    )


def _y(rows: Sequence[str], size: _Size, *, hidden: bool, grid: bool = True) -> alt.Y:
    axis = alt.Axis(
        title=None,
        labelExpr=LINES,
        labelLimit=0,
        labels=not hidden,
        ticks=False,
        domain=False,
        grid=grid,
        minExtent=0 if hidden else size.labels - 8,
        maxExtent=0 if hidden else size.labels - 8,
    )
    return alt.Y("row:N", sort=list(rows), axis=axis)


def _by_facet(marks: Sequence[One]) -> dict[str, list[One]]:
    found: dict[str, list[One]] = {}
    for one in marks:
        found.setdefault(one.facet, []).append(one)
    return found


def _part(
    chart: Part, facet: str, rows: Sequence[str], size: _Size, marks: Sequence[Dot | Span]
) -> Part:
    parts = len({one.facet for one in marks})
    return chart.properties(
        width=size.plot(parts),
        height=size.height(rows),
        title=alt.TitleParams(facet, anchor="start", fontSize=14, color=INK, offset=20),
    )


def _both(
    title: str,
    below: str,
    description: str,
    drawings: Sequence[Drawing],
    *,
    stacked: bool = False,
) -> Picture:
    images = [_image(title, below, parts, size, stacked or size.narrow) for size, parts in drawings]
    return Picture(title, description, *images)


@cache
def _version() -> str:
    """The converter's Vega-Lite of the version that charts are written for."""
    written_for = alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2]
    same = [one for one in vl_convert.get_vegalite_versions() if one.split(".")[:2] == written_for]
    return str(same[-1] if same else vl_convert.get_vegalite_versions()[-1])


def _image(title: str, below: str, parts: Sequence[Part], size: _Size, stacked: bool) -> str:
    """The drawing as a data address of an SVG."""
    together = alt.vconcat(*parts) if stacked else alt.hconcat(*parts)
    heading = alt.TitleParams(
        size.title(title), subtitle=size.below(below), anchor="start", offset=14
    )
    # Set on what is drawn, because each change of a chart copies all of its parts. Checking every
    # part against the schema takes longer than drawing; the converter fails anyway.
    spec = together.to_dict(validate=False) | {
        "title": heading.to_dict(),
        "config": CONFIG,
        "datasets": size.datasets,
    }
    svg = vl_convert.vegalite_to_svg(spec, vl_version=_version(), allowed_base_urls=[])
    return address(svg)
