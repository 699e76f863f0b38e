"""Small charts for the asset pages of Dagster: bars of parts, and values with their intervals.

They are written as Vega-Lite's own JSON and drawn by the report's converter: there are a hundred in
a run, and building them out of Altair's objects takes longer than drawing them. Nothing is told by
colour alone, and the same numbers stand in the table beside each chart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline.report.svg import address, slim

INK, QUIET, GRID, BLUE = "#1a1a1a", "#595959", "#d9d9d9", "#0072b2"
"""Colours of the report's charts; blue is of Okabe and Ito's set."""
WIDTH, ROW, BARS = 420, 22, 24
"""Width of a plot and height of a row in pixels; bars that stand side by side, at most."""
LABEL = 56
"""Characters of a row's label, at most."""

TITLE, UNIT, DATA = "@title", "@unit", "rows"
"""What a compiled chart leaves open."""

Spec = dict[str, Any]


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
    rows = [
        {"at": one.at, "rows": count, "part": part, "order": order}
        for one in values
        for order, (part, count) in enumerate(
            (("with a value", one.valued), ("without a value", one.empty))
        )
        if count
    ]
    hollow = any(one.empty for one in values)
    long = max((len(one.at) for one in values), default=0) * len(values) > 60
    return _drawn(_bars(hollow, long), title, unit, rows)


def points(title: str, unit: str, values: Sequence[Point]) -> str:
    """Lying rows: a point each, a line for its interval, and a rule at zero."""
    rows = [
        {"label": _short(one.label), "value": one.value, "low": one.low, "high": one.high}
        for one in values
        if one.value is not None
    ]
    return _drawn(_points(), title, unit, rows)


def _short(label: str) -> str:
    return label if len(label) <= LABEL else label[: LABEL - 1].rstrip() + "\u2026"


@cache
def _bars(hollow: bool, long: bool) -> Spec:
    parts = ["with a value", "without a value"] if hollow else ["with a value"]
    fill = {
        "field": "part",
        "type": "nominal",
        "scale": {"domain": parts, "range": [BLUE, "#ffffff"][: len(parts)]},
        "legend": {"orient": "top", "title": None, "symbolStrokeColor": BLUE} if hollow else None,
    }
    x = {
        "field": "at",
        "type": "ordinal",
        "sort": None,
        "title": None,
        "axis": {"labelAngle": -45 if long else 0, "labelLimit": 130, "grid": False},
    }
    y = {
        "field": "rows",
        "type": "quantitative",
        "title": UNIT,
        "axis": {"tickCount": 4, "format": ",~f"},
    }
    return _compiled(
        150,
        {
            "mark": {"type": "bar", "stroke": BLUE, "strokeWidth": 1},
            "encoding": {
                "x": x,
                "y": y,
                "fill": fill,
                "order": {"field": "order", "type": "quantitative"},
            },
        },
    )


@cache
def _points() -> Spec:
    x = {
        "field": "value",
        "type": "quantitative",
        "title": UNIT,
        "axis": {"tickCount": 5, "labelExpr": "replace(format(datum.value, ',~r'), '-', '\u2212')"},
    }
    y = {
        "field": "label",
        "type": "ordinal",
        "sort": None,
        "title": None,
        "axis": {"labelLimit": 0, "ticks": False, "domain": False},
    }
    zero = {"mark": {"type": "rule", "color": INK}, "encoding": {"x": {"datum": 0}}}
    interval = {
        "transform": [{"filter": "isValid(datum.low)"}],
        "mark": {"type": "rule", "color": BLUE, "strokeWidth": 2.5},
        "encoding": {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y},
    }
    dots = {
        "mark": {"type": "point", "filled": True, "opacity": 1, "color": BLUE, "size": 60},
        "encoding": {"x": x, "y": y},
    }
    return _compiled({"step": ROW}, {"layer": [zero, interval, dots]})


def _compiled(height: int | Spec, layer: Spec) -> Spec:
    """The chart as Vega with title, unit and rows left open: compiling costs more than drawing."""
    import vl_convert  # noqa: PLC0415 - its engine starts at the first drawing

    axis = {"labelFontSize": 11, "titleFontSize": 11, "labelColor": INK, "titleColor": INK}
    lines = {"gridColor": GRID, "tickColor": QUIET, "domainColor": QUIET}
    spec = {
        "title": {"text": TITLE, "anchor": "start", "fontSize": 13, "color": INK},
        "data": {"name": DATA},
        "width": WIDTH,
        "height": height,
        **layer,
        "config": {
            "aria": False,
            "font": "sans-serif",
            "background": "#ffffff",
            # A browser's letters are wider than those that the drawing was measured with.
            "padding": {"left": 40, "right": 12, "top": 6, "bottom": 6},
            "axis": axis | lines | {"titleFontWeight": "normal"},
            "view": {"stroke": None},
        },
    }
    compiled: Spec = vl_convert.vegalite_to_vega(spec)
    return compiled


def _drawn(chart: Spec, title: str, unit: str, rows: Sequence[Spec]) -> str:
    """The drawing as a data address of an SVG."""
    import vl_convert  # noqa: PLC0415

    said = {TITLE: title, UNIT: unit}
    filled = {
        **_said(chart, said),
        "data": [
            one | {"values": list(rows)} if one["name"] == DATA else one for one in chart["data"]
        ],
    }
    return address(slim(vl_convert.vega_to_svg(filled, allowed_base_urls=[])))


def _said(part: Any, said: Mapping[str, str]) -> Any:
    """The part with its open words filled in."""
    if isinstance(part, dict):
        return {name: _said(one, said) for name, one in part.items()}
    if isinstance(part, list):
        return [_said(one, said) for one in part]
    return said.get(part, part) if isinstance(part, str) else part
