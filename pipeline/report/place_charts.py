"""Small charts of one council's figure over the years.

They are written as Vega-Lite's own JSON: there are hundreds, and building them out of Altair's
objects takes many times as long as drawing them. Titles and keys are in the page beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import vl_convert

from pipeline.report.charts import COLOURS, GRID, INK, QUIET, version
from pipeline.report.svg import address, slim

ROOM, HEIGHT = 400, 190
LABELS = 4
"""Years named below a chart, at most."""


@dataclass(frozen=True)
class Line:
    """How a line looks: never by colour alone.

    Attributes:
        path: its marker as SVG, for the key.
    """

    name: str
    colour: str
    shape: str
    path: str
    dash: Sequence[float]
    width: float


LINES = (
    Line("This council", COLOURS[0], "circle", "M-4,0a4,4,0,1,1,8,0a4,4,0,1,1,-8,0", (1, 0), 3.0),
    Line("Similar", COLOURS[1], "triangle-up", "M0,-4.5L5,4H-5Z", (6, 3), 2.0),
    Line("Region", COLOURS[2], "square", "M-3.5,-3.5h7v7h-7Z", (2, 2), 2.0),
    Line("England", QUIET, "diamond", "M0,-5L4,0L0,5L-4,0Z", (8, 3, 2, 3), 1.5),
)
OWN = LINES[0].name

Spec = dict[str, Any]
DATA = "marks"


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
    shown = {
        "ends": [years[0] - 0.3, years[-1] + 0.3],
        "named": years[:: -(-len(years) // LABELS)],
    }
    made = dict(_compiled(mark))
    made["data"] = [
        one | {"values": [vars(each) for each in marks]} if one["name"] == DATA else one
        for one in made["data"]
    ]
    made["signals"] = [
        one | {"value": shown[one["name"]]} if one["name"] in shown else one
        for one in made["signals"]
    ]
    svg = vl_convert.vega_to_svg(made, allowed_base_urls=[])
    return address(slim(svg))


def _look(channel: str) -> Spec:
    scale = {
        "domain": [one.name for one in LINES],
        "range": [
            {
                "color": one.colour,
                "shape": one.shape,
                "strokeDash": list(one.dash),
                "strokeWidth": one.width,
            }[channel]
            for one in LINES
        ],
    }
    return {"field": "line", "type": "nominal", "scale": scale, "legend": None}


@cache
def _compiled(mark: str) -> Spec:
    """The chart as Vega, without its values: compiling takes as long as drawing."""
    compiled: Spec = vl_convert.vegalite_to_vega(_spec(mark), vl_version=version())
    # Vega-Lite makes an axis of its own of the grid, which takes a sixth of the drawing.
    grid, x, y = compiled["axes"]
    return compiled | {"axes": [y | {"grid": True, "gridScale": grid["gridScale"]}, x]}


def _spec(mark: str) -> Spec:
    """The chart, of which the values, the ends of the years and the years named are left open."""
    x = {
        "field": "year",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": {"expr": "ends"}, "nice": False},
        "axis": {
            "values": {"expr": "named"},
            "grid": False,
            "labelExpr": "datum.value + '-' + format((datum.value + 1) % 100, '02d')",
        },
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": False, "nice": True, "padding": 6},
        "axis": {
            "tickCount": 4,
            "labelExpr": "replace(format(datum.value, ',~f'), '-', '\u2212')",
        },
    }
    placed = {"x": x, "y": y, "color": _look("color")}
    line = {
        "mark": "line",
        "encoding": placed
        | {"strokeDash": _look("strokeDash"), "strokeWidth": _look("strokeWidth")},
    }
    interval = {
        "transform": [{"filter": "isValid(datum.low)"}],
        "mark": {"type": "rule", "color": COLOURS[0], "strokeWidth": 1.5},
        "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
    }
    hollow = {"condition": {"test": "!datum.firm", "value": "white"}}
    points = {
        "mark": {"type": "point", "opacity": 1, "size": 55, "strokeWidth": 1.5},
        "encoding": placed | {"shape": _look("shape"), "fill": hollow | _look("color")},
    }
    axis = {
        # Labels are few by choice; looking for those that touch would take a fifth of the drawing.
        "labelOverlap": False,
        "labelFlush": False,
        "labelFontSize": 13,
        "labelColor": INK,
        "gridColor": GRID,
        "tickColor": QUIET,
        "domainColor": QUIET,
    }
    title = {"text": mark, "anchor": "start", "fontSize": 13, "color": INK}
    return {
        "data": {"name": DATA},
        "params": [{"name": "ends", "value": [0, 1]}, {"name": "named", "value": []}],
        "width": ROOM,
        "height": HEIGHT,
        **({"title": title} if mark else {}),
        "layer": [line, interval, points],
        "config": {
            "aria": False,
            "font": "sans-serif",
            "background": "#ffffff",
            "padding": 4,
            "axis": axis,
            "view": {"stroke": None},
        },
    }
