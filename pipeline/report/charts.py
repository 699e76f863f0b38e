"""Static charts: drawn offline as SVG, once for wide and once for narrow pages.

Groups differ by shape and place as well as by colour. Colours are those of Okabe and Ito that
stand out from white, and can be told apart by colour-blind readers.
"""

import base64
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TypeVar

import altair as alt
import vl_convert

INK = "#1a1a1a"
QUIET = "#595959"
GRID = "#d9d9d9"
COLOURS = ("#0072b2", "#b34e00", "#00664b")
WIDE, NARROW = 1110, 330
LABELS_WIDE, LABELS_NARROW = 200, 104
ROW = 44
LINES = "split(datum.label, '\\n')"


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
    """One estimate with its interval, if it has one, and the text beside it."""

    facet: str
    row: str
    value: float
    low: float | None
    high: float | None
    note: str


One = TypeVar("One", Dot, Span)
Part = alt.LayerChart | alt.FacetChart


@dataclass(frozen=True)
class Scale:
    """Lines across a chart that a value is read against; what they mean is written below its title.

    The line at zero is solid, every other one dashed.
    """

    lines: Sequence[float]
    meaning: str


@dataclass(frozen=True)
class Picture:
    """A chart as two images, and the text that stands for it."""

    title: str
    alt: str
    wide: str
    narrow: str


@dataclass(frozen=True)
class _Size:
    """Measures of one drawing."""

    narrow: bool

    @property
    def labels(self) -> int:
        return LABELS_NARROW if self.narrow else LABELS_WIDE

    def plot(self, parts: int) -> int:
        """Width of each part's plot: side by side on a wide page, one below the other else."""
        if self.narrow:
            return NARROW - self.labels - 24
        return (WIDE - self.labels - 24 * parts) // parts

    def wrapped(self, text: str) -> str:
        return "\n".join(textwrap.wrap(text, 14 if self.narrow else 28))

    def title(self, text: str) -> list[str]:
        return textwrap.wrap(text, 40 if self.narrow else 110)


def dots(title: str, description: str, marks: Sequence[Dot], shapes: Mapping[str, str]) -> Picture:
    """Rows of dots, one a measure, each with its own shape and colour."""
    return _both(title, "", description, [_dots(marks, shapes, size) for size in _SIZES])


def spans(title: str, description: str, marks: Sequence[Span], scale: Scale) -> Picture:
    """Rows of estimates with their intervals, the numbers written above them."""
    drawings = [_spans(marks, scale, size) for size in _SIZES]
    return _both(title, scale.meaning, description, drawings)


_SIZES = (_Size(narrow=False), _Size(narrow=True))


def _dots(marks: Sequence[Dot], shapes: Mapping[str, str], size: _Size) -> list[Part]:
    rows = list(dict.fromkeys(size.wrapped(one.row) for one in marks))
    measures = [name for name in shapes if any(one.measure == name for one in marks)]
    values = [end for one in marks for end in (one.value, one.low, one.high) if end is not None]
    x = _x(values)
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
        base = alt.Chart(
            alt.InlineData(values=[asdict(one) | {"row": size.wrapped(one.row)} for one in own])
        )
        shown = legend if place == 0 or size.narrow else None
        if size.narrow and place:
            shown = None
        zero = alt.Chart(alt.InlineData(values=[{"x": 0}])).mark_rule(color=INK, strokeWidth=1.5)
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
        parts.append(
            _part(alt.layer(zero.encode(x="x:Q"), bars, points), facet, len(rows), size, marks)
        )
    return parts


_SHAPES = {"triangle": "triangle-up"}


def _spans(marks: Sequence[Span], scale: Scale, size: _Size) -> list[Part]:
    rows = list(dict.fromkeys(size.wrapped(one.row) for one in marks))
    ends = [one.value for one in marks] + list(scale.lines)
    ends += [end for one in marks for end in (one.low, one.high) if end is not None]
    x = _x(ends)
    parts = []
    for place, (facet, own) in enumerate(_by_facet(marks).items()):
        data = alt.InlineData(values=[asdict(one) | {"row": size.wrapped(one.row)} for one in own])
        y = _y(rows, size, hidden=place > 0 and not size.narrow)
        lines = [
            alt.Chart(alt.InlineData(values=[{"x": at}]))
            .mark_rule(
                color=INK if at == 0 else QUIET,
                strokeWidth=1.5,
                strokeDash=[1, 0] if at == 0 else [5, 4],
            )
            .encode(x="x:Q")
            for at in scale.lines
        ]
        bars = (
            alt.Chart(data)
            .transform_filter("isValid(datum.low)")
            .mark_rule(color=COLOURS[0], strokeWidth=3)
            .encode(x=alt.X("low:Q"), x2="high:Q", y=y)
        )
        points = (
            alt.Chart(data)
            .mark_point(filled=True, size=120, opacity=1, color=COLOURS[0])
            .encode(x=x, y=y)
        )
        written = alt.Chart(data).encode(x="value:Q", y=y, text="note:N")
        # White below the writing, so that lines do not cross it.
        halo = written.mark_text(dy=-13, color="white", stroke="white", strokeWidth=5, fontSize=13)
        notes = written.mark_text(dy=-13, color=INK, fontSize=13)
        layers = alt.layer(*lines, bars, halo, points, notes)
        parts.append(_part(layers, facet, len(rows), size, marks))
    return parts


def _x(values: Sequence[float]) -> alt.X:
    low, high = min([*values, 0.0]), max([*values, 0.0])
    room = 0.12 * (high - low) or 1.0
    return alt.X(
        "value:Q",
        title="percentage points",
        scale=alt.Scale(domain=[low - room, high + room], nice=False),
        axis=alt.Axis(tickCount=5, labelExpr="replace(format(datum.value, ''), '-', '\u2212')"),
    )


def _y(rows: Sequence[str], size: _Size, hidden: bool) -> alt.Y:
    axis = alt.Axis(
        title=None,
        labelExpr=LINES,
        labelLimit=0,
        labels=not hidden,
        ticks=False,
        domain=False,
        grid=True,
        minExtent=0 if hidden else size.labels - 8,
        maxExtent=0 if hidden else size.labels - 8,
    )
    return alt.Y("row:N", sort=list(rows), axis=axis)


def _by_facet(marks: Sequence[One]) -> dict[str, list[One]]:
    found: dict[str, list[One]] = {}
    for one in marks:
        found.setdefault(one.facet, []).append(one)
    return found


def _part(chart: Part, facet: str, rows: int, size: _Size, marks: Sequence[Dot | Span]) -> Part:
    parts = len({one.facet for one in marks})
    return chart.properties(
        width=size.plot(parts),
        height=ROW * max(rows, 1),
        title=alt.TitleParams(facet, anchor="start", fontSize=14, color=INK, offset=20),
    )


def _both(title: str, below: str, description: str, drawings: Sequence[Sequence[Part]]) -> Picture:
    images = [
        _image(title, below, parts, size) for parts, size in zip(drawings, _SIZES, strict=True)
    ]
    return Picture(title, description, *images)


@cache
def _version() -> str:
    """The converter's Vega-Lite of the version that charts are written for."""
    written_for = alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2]
    same = [one for one in vl_convert.get_vegalite_versions() if one.split(".")[:2] == written_for]
    return str(same[-1] if same else vl_convert.get_vegalite_versions()[-1])


def _image(title: str, below: str, parts: Sequence[Part], size: _Size) -> str:
    """The drawing as a data address of an SVG."""
    together = alt.vconcat(*parts) if size.narrow else alt.hconcat(*parts)
    chart = (
        together.properties(
            title=alt.TitleParams(
                size.title(title), subtitle=size.title(below), anchor="start", offset=14
            )
        )
        .configure(font="sans-serif", background="#ffffff", padding=4)
        .configure_axis(
            labelFontSize=13,
            titleFontSize=13,
            labelColor=INK,
            titleColor=INK,
            titleFontWeight="normal",
            gridColor=GRID,
            tickColor=QUIET,
            domainColor=QUIET,
        )
        .configure_legend(labelFontSize=13, labelColor=INK)
        .configure_title(fontSize=15, color=INK, subtitleFontSize=13, subtitleColor=QUIET)
        .configure_view(stroke=None)
    )
    # Checking every part against the schema takes longer than drawing; the converter fails anyway.
    svg = vl_convert.vegalite_to_svg(
        chart.to_dict(validate=False), vl_version=_version(), allowed_base_urls=[]
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
