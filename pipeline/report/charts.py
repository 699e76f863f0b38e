"""Static charts: drawn offline as SVG, once for wide and once for narrow pages.

Groups differ by shape and place as well as by colour. They are written as Vega-Lite's own JSON:
building and checking Altair's objects takes twice as long as drawing.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal, TypeVar

import vl_convert

from pipeline.report.svg import COLOURS, GRID, INK, QUIET, address

WIDE, NARROW = 1110, 330
LABELS_WIDE, LABELS_NARROW = 200, 104
ROW = 44
LETTER = 6.5
"""Width of a letter that is written above a point."""
VEGA_LITE = "6.4"
"""The Vega-Lite that charts are written for."""
CONFIG = {
    # Nothing is read out from within an image: its description is beside it.
    "aria": False,
    "font": "sans-serif",
    "background": "#ffffff",
    "padding": 4,
    "axis": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "tickColor": QUIET,
        "domainColor": QUIET,
    },
    "legend": {"labelFontSize": 13, "labelColor": INK},
    "title": {"fontSize": 15, "color": INK, "subtitleFontSize": 13, "subtitleColor": QUIET},
    "view": {"stroke": None},
}
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
Spec = dict[str, Any]


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
    """Measures of one drawing, and the data that its parts refer to by name."""

    narrow: bool
    datasets: dict[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)

    def data(self, values: Sequence[Mapping[str, object]]) -> Spec:
        """What a part says of its data, to show these values."""
        name = f"d{len(self.datasets)}"
        self.datasets[name] = values
        return {"name": name}

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
        return "\n".join(textwrap.wrap(text, 13 if self.narrow else 28))

    def title(self, text: str) -> list[str]:
        return textwrap.wrap(text, 33 if self.narrow else 110)

    def below(self, text: str) -> list[str]:
        """The smaller lines below a title."""
        return textwrap.wrap(text, 43 if self.narrow else 160)


def dots(title: str, description: str, marks: Sequence[Dot], shapes: Mapping[str, str]) -> Picture:
    """Rows of dots, one a measure, each with its own shape and colour."""
    return _both(title, "", description, _drawn(lambda size: _dots(marks, shapes, size)))


def spans(title: str, description: str, marks: Sequence[Span], scale: Scale) -> Picture:
    """Rows of estimates with their intervals, the numbers written above them."""
    drawings = _drawn(lambda size: _spans(marks, scale, size))
    return _both(title, scale.meaning, description, drawings)


Drawing = tuple[_Size, Sequence[Spec]]


def _drawn(parts: Callable[[_Size], Sequence[Spec]]) -> list[Drawing]:
    """The parts for a wide page and for a narrow one."""
    return [(size, parts(size)) for size in (_Size(narrow=False), _Size(narrow=True))]


def _marks(data: Spec, kind: str, encoding: Spec, **look: object) -> Spec:
    """A layer of marks of one kind."""
    return {"data": data, "mark": {"type": kind, **look}, "encoding": encoding}


def _number(field: str, **said: object) -> Spec:
    """A channel that a number is read from."""
    return {"field": field, "type": "quantitative", **said}


def _known(field: str) -> list[Spec]:
    """Only values that have this field."""
    return [{"filter": f"isValid(datum.{field})"}]


def _zero(data: Spec, channel: Literal["x", "y"], read: Spec) -> Spec:
    """The line of no difference."""
    return _marks(data, "rule", {channel: read}, color=INK, strokeWidth=1.5)


def _heading(text: str, size: int = 14, **said: object) -> Spec:
    return {"text": text, "anchor": "start", "fontSize": size, "color": INK, **said}


def _dots(marks: Sequence[Dot], shapes: Mapping[str, str], size: _Size) -> list[Spec]:
    rows = list(dict.fromkeys(size.wrapped(one.row) for one in marks))
    measures = [name for name in shapes if any(one.measure == name for one in marks)]
    values = [end for one in marks for end in (one.value, one.low, one.high) if end is not None]
    x = _x(values, "percentage points")
    legend = {
        "orient": "top",
        "title": None,
        "columns": 1 if size.narrow else len(measures),
        "labelLimit": 0,
        "symbolSize": 110,
        "offset": 4,
    }
    parts = []
    for place, (facet, own) in enumerate(_by_facet(marks).items()):
        data = size.data([asdict(one) | {"row": size.wrapped(one.row)} for one in own])

        def told(looks: Sequence[str], first: bool = place == 0) -> Spec:
            return {
                "field": "measure",
                "type": "nominal",
                "sort": measures,
                "scale": {"domain": measures, "range": list(looks)},
                "legend": legend if first else None,
            }

        placed = {
            "y": _y(rows, size, hidden=place > 0 and not size.narrow),
            "yOffset": {"field": "measure", "type": "nominal", "sort": measures},
            "color": told(COLOURS[: len(measures)]),
        }
        bars = _marks(
            data, "rule", placed | {"x": _number("low"), "x2": {"field": "high"}}, strokeWidth=3
        )
        looks = [_SHAPES.get(shapes[one], shapes[one]) for one in measures]
        points = _marks(
            data, "point", placed | {"x": x, "shape": told(looks)}, filled=True, size=110, opacity=1
        )
        layers = [
            _zero(size.data([{"x": 0}]), "x", _number("x")),
            bars | {"transform": _known("low")},
            points,
        ]
        parts.append(_part(layers, facet, rows, size, marks))
    return parts


_SHAPES = {"triangle": "triangle-up"}


def _spans(marks: Sequence[Span], scale: Scale, size: _Size) -> list[Spec]:
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
        data = size.data([asdict(one) | {"row": size.wrapped(one.row)} for one in own])
        y = _y(rows, size, hidden=place > 0 and not size.narrow)
        lines = [
            _marks(
                size.data([{"x": at}]),
                "rule",
                {"x": _number("x")},
                color=INK if at == 0 else QUIET,
                strokeWidth=1.5,
                strokeDash=[1, 0] if at == 0 else [5, 4],
            )
            for at in scale.lines
        ]
        ends_of = {"x": _number("low"), "x2": {"field": "high"}, "y": y}
        bars = _marks(data, "rule", ends_of, color=COLOURS[0], strokeWidth=3)
        strong = {"condition": {"test": "datum.strong", "value": COLOURS[0]}, "value": "white"}
        points = _marks(
            data,
            "point",
            {"x": x, "y": y, "fill": strong},
            size=120,
            opacity=1,
            color=COLOURS[0],
            strokeWidth=2,
        )
        written = {"x": _number("value"), "y": y, "text": {"field": "note", "type": "nominal"}}
        set_as = {"dy": -13, "align": align, "fontSize": 13}
        # White below the writing, above and below a minus too, so that lines do not cross it.
        white = {"color": "white", "stroke": "white", "strokeWidth": 11, "strokeJoin": "round"}
        halo = _marks(data, "text", written, **set_as, **white)
        notes = _marks(data, "text", written, **set_as, color=INK)
        layers = [*lines, bars | {"transform": _known("low")}, halo, points, notes]
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


def _upright(values: Sequence[float], title: str | None, extent: int) -> Spec:
    low, high = min([*values, 0.0]), max([*values, 0.0])
    room = 0.06 * (high - low) or 1.0
    return _number(
        "value",
        title=title,
        scale={"domain": [low - room, high + room], "nice": False},
        axis={"tickCount": 5, "labelExpr": SIGNED, "minExtent": extent, "maxExtent": extent},
    )


def _curve(
    one: Curve, null: tuple[float, float] | None, strips: Sequence[Strip], size: _Size
) -> list[Spec]:
    width = (NARROW if size.narrow else WIDE) - size.labels - 24
    x = _number("at", title=None, scale={"domain": [0, 100]}, axis=None)
    ends = [*one.values, *one.lows, *one.highs, *(null or ())]
    y = _upright(ends, "percentage points", size.labels - 8)
    data = size.data(_along(one))
    layers = []
    if null:
        band = size.data([{"value": null[0], "top": null[1]}])
        layers.append(_marks(band, "rect", {"y": y, "y2": {"field": "top"}}, color="#fbe3d0"))
    if one.lows:
        ends_of = {"x": x, "y": _number("low"), "y2": {"field": "high"}}
        layers.append(_marks(data, "rule", ends_of, color="#b8c9d6", strokeWidth=1))
    layers.append(_zero(size.data([{"value": 0}]), "y", y))
    look = {"filled": True, "size": 14, "opacity": 1, "color": COLOURS[0]}
    layers.append(_marks(data, "point", {"x": x, "y": y}, **look))
    parts: list[Spec] = [
        {"layer": layers, "width": width, "height": 260, "title": _heading(one.facet)}
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
        shown = {
            "x": x,
            "x2": {"field": "end"},
            "y": _y(rows, size, hidden=False, grid=False),
            "opacity": _number("share", scale={"domain": [0, 1], "range": [0, 1]}, legend=None),
        }
        parts.append(
            _marks(size.data(values), "rect", shown, color=INK)
            | {
                "width": width,
                "height": max(20, 16 * lines + 3) * len(rows),
                "title": _heading(axis, 13, offset=4),
            }
        )
    return parts


def _curves(several: Sequence[Curve], size: _Size) -> list[Spec]:
    columns = 1 if size.narrow else min(3, len(several))
    width = NARROW - 60 if size.narrow else (WIDE - 70 * columns) // columns
    values = [value for one in several for value in one.values]
    drawn = []
    for one in several:
        y = _upright(values, None, 40)
        x = _number("at", axis=None, scale={"domain": [0, 100]})
        data = size.data(_along(one))
        line = _marks(data, "line", {"x": x, "y": y}, color=COLOURS[0], strokeWidth=3)
        drawn.append(
            {
                "layer": [_zero(size.data([{"value": 0}]), "y", y), line],
                "width": width,
                "height": 110 if size.narrow else 130,
                "title": _heading(one.facet),
            }
        )
    return [{"hconcat": drawn[i : i + columns]} for i in range(0, len(drawn), columns)]


def _x(values: Sequence[float], unit: str) -> Spec:
    low, high = min([*values, 0.0]), max([*values, 0.0])
    room = 0.06 * (high - low) or 1.0
    return _number(
        "value",
        title=unit,
        scale={"domain": [low - room, high + room], "nice": False},
        axis={"tickCount": 5, "labelExpr": SIGNED},
    )


def _y(rows: Sequence[str], size: _Size, *, hidden: bool, grid: bool = True) -> Spec:
    extent = 0 if hidden else size.labels - 8
    axis = {
        "title": None,
        "labelExpr": LINES,
        "labelLimit": 0,
        "labels": not hidden,
        "ticks": False,
        "domain": False,
        "grid": grid,
        "minExtent": extent,
        "maxExtent": extent,
    }
    return {"field": "row", "type": "nominal", "sort": list(rows), "axis": axis}


def _by_facet(marks: Sequence[One]) -> dict[str, list[One]]:
    found: dict[str, list[One]] = {}
    for one in marks:
        found.setdefault(one.facet, []).append(one)
    return found


def _part(
    layers: Sequence[Spec],
    facet: str,
    rows: Sequence[str],
    size: _Size,
    marks: Sequence[Dot | Span],
) -> Spec:
    return {
        "layer": layers,
        "width": size.plot(len({one.facet for one in marks})),
        "height": size.height(rows),
        "title": _heading(facet, offset=20),
    }


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
def version() -> str:
    """The converter's Vega-Lite of the version that charts are written for, or its latest."""
    has = vl_convert.get_vegalite_versions()
    return VEGA_LITE if VEGA_LITE in has else str(has[-1])


def _image(title: str, below: str, parts: Sequence[Spec], size: _Size, stacked: bool) -> str:
    """The drawing as a data address of an SVG."""
    spec = {
        "vconcat" if stacked else "hconcat": parts,
        "title": {
            "text": size.title(title),
            "subtitle": size.below(below),
            "anchor": "start",
            "offset": 14,
        },
        "config": CONFIG,
        "datasets": size.datasets,
    }
    return address(vl_convert.vegalite_to_svg(spec, vl_version=version(), allowed_base_urls=[]))
