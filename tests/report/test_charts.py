"""Charts of estimates in rows, and specification curves."""

import base64
import re
from xml.etree import ElementTree

import pytest

from pipeline.report.charts import Dot, Scale, Span, dots, spans
from pipeline.report.curve_charts import STEPS, Curve, Strip, curve, curves

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"explained": "circle", "predicted": "square"}
DRAWN = ("wide", "narrow")


def svg(address: str) -> ElementTree.Element:
    start = "data:image/svg+xml;base64,"
    assert address.startswith(start)
    return ElementTree.fromstring(base64.b64decode(address.removeprefix(start)))


def texts(drawing: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in drawing.iter(f"{SVG}text")]


def marks(drawing: ElementTree.Element) -> list[tuple[float, float, str]]:
    """Of every mark in a plot how far it is to the right and down, and its fill."""
    found = []
    for part in drawing.iter(f"{SVG}g"):
        for one in part.iter(f"{SVG}path"):
            at = re.match(r"translate\(([-\d.]+),([-\d.]+)\)", one.get("transform", ""))
            if at:
                found.append((float(at[1]), float(at[2]), one.get("fill", "")))
    return found


def span(row: str, value: float, note: str = "", facet: str = "", strong: bool = True) -> Span:
    return Span(facet, row, value, value - 2, value + 2, note, strong)


@pytest.mark.parametrize("drawn", DRAWN)
def test_estimates_are_to_scale_and_inside(drawn: str) -> None:
    picture = spans("t", "d", [span("a", -4), span("b", 0), span("c", 8)], Scale([0.0], ""))
    drawing = svg(getattr(picture, drawn))
    (first, _, _), (zero, _, _), (last, _, _) = marks(drawing)
    assert (last - zero) / (zero - first) == pytest.approx(2, rel=0.01)
    lines = [one.get("d", "") for one in drawing.iter(f"{SVG}path") if "H" in one.get("d", "")]
    ends = [tuple(map(float, re.findall(r"(?:M|H)([-\d.]+)", one))) for one in lines]
    assert len(ends) == 3
    for (low, high), (at, _, _) in zip(ends, marks(drawing), strict=True):
        assert 0 <= low < at < high <= float(drawing.get("width", ""))
        assert at == pytest.approx((low + high) / 2, abs=0.1)


@pytest.mark.parametrize("drawn", DRAWN)
def test_everything_is_written(drawn: str) -> None:
    given = [span("row <1>", 1, "1.0 & more", "left"), span("row 2", 2, "2.0", "right")]
    picture = spans("Title", "d", given, Scale([0.0, 1.5], "What it means", "parts"))
    written = texts(svg(getattr(picture, drawn)))
    for one in ("Title", "What it means", "row <1>", "1.0 & more", "left", "right", "parts"):
        assert one in written
    assert (picture.title, picture.alt) == ("Title", "d")


def test_a_row_is_named_once_where_parts_are_side_by_side() -> None:
    given = [span("row", 1, facet=facet) for facet in ("left", "right")]
    picture = spans("t", "d", given, Scale([0.0], ""))
    assert texts(svg(picture.wide)).count("row") == 1
    assert texts(svg(picture.narrow)).count("row") == 2


def test_what_is_not_strong_is_hollow() -> None:
    picture = spans("t", "d", [span("a", 1), span("b", 1, strong=False)], Scale([0.0], ""))
    strong, weak = (fill for _, _, fill in marks(svg(picture.wide)))
    assert (strong == "white", weak == "white") == (False, True)


def test_lines_other_than_zero_are_dashed() -> None:
    picture = spans("t", "d", [span("a", 1)], Scale([0.0, 3.0], ""))
    dashed = [one for one in svg(picture.wide).iter() if one.get("stroke-dasharray")]
    assert len(dashed) == 1


@pytest.mark.parametrize("drawn", DRAWN)
def test_measures_differ_by_shape_colour_and_place(drawn: str) -> None:
    given = [Dot("", "row", "explained", 1.0, 0.5, 1.5), Dot("", "row", "predicted", 1.0)]
    drawing = svg(getattr(dots("t", "d", given, SHAPES | {"later": "triangle"}), drawn))
    (right, first, blue), (same, second, other) = marks(drawing)
    assert right == same
    assert first < second
    assert blue != other
    paths = [one.get("d") for one in drawing.iter(f"{SVG}path") if one.get("transform")]
    key, own = paths[:2], paths[2:]
    assert key == own
    assert len(set(own)) == 2
    assert {"explained", "predicted"} <= set(texts(drawing))
    assert "later" not in texts(drawing)


VALUES, LOWS, HIGHS = [-3.0, -1.0, 0.0, 4.0], [-5.0, -2.0, -1.0, 1.0], [-1.0, 0.0, 1.0, 7.0]
HALF = [0.5] * (STEPS // 2) + [0.0] * (STEPS // 2)


def numbers(drawing: ElementTree.Element, part: str) -> list[tuple[float, ...]]:
    """The numbers of every piece of the one path that holds a piece like this."""
    (path,) = [
        one.get("d", "") for one in drawing.iter(f"{SVG}path") if re.match(part, one.get("d", ""))
    ]
    return [tuple(map(float, re.findall(r"[-\d.]+", one))) for one in path.split("M")[1:]]


@pytest.mark.parametrize("drawn", DRAWN)
def test_a_curve_is_to_scale_and_inside_its_intervals(drawn: str) -> None:
    strips = [Strip("Axis", "choice", HALF), Strip("Axis", "other", [1.0] * STEPS)]
    given = Curve("", VALUES, LOWS, HIGHS)
    picture = curve("Title", "d", "below", given, null=(-2.0, 2.0), strips=strips)
    drawing = svg(getattr(picture, drawn))
    points = numbers(drawing, r"M[\d.]+,[\d.]+h0")
    intervals = numbers(drawing, r"M[\d.]+,[\d.]+V[\d.]+M")
    assert len(points) == len(intervals) == len(VALUES)
    assert [x for x, *_ in points] == [x for x, *_ in intervals] == sorted(x for x, *_ in points)
    downs = [y for _, y, _ in points]
    assert (downs[0] - downs[2]) / (downs[2] - downs[3]) == pytest.approx(3 / 4, rel=0.01)
    for (_, y, _), (_, low, high) in zip(points, intervals, strict=True):
        assert 0 <= high < y < low <= 260
    cells = [one.get("opacity") for one in drawing.iter(f"{SVG}path") if one.get("opacity")]
    assert (cells.count("0.5"), cells.count("1.0")) == (STEPS // 2, STEPS)
    assert {"Title", "below", "Axis", "choice", "other"} <= set(texts(drawing))


def test_a_curve_without_intervals_or_a_band_is_drawn() -> None:
    picture = curve("t", "d", "", Curve("", [1.0]), null=None, strips=[])
    drawing = svg(picture.wide)
    assert len(numbers(drawing, r"M[\d.]+,[\d.]+h0")) == 1
    assert "#fbe3d0" not in [one.get("fill") for one in drawing.iter()]


@pytest.mark.parametrize("drawn", DRAWN)
def test_several_curves_are_on_one_scale(drawn: str) -> None:
    given = [Curve("first", [0.0, 2.0]), Curve("second", [0.0, 4.0])]
    drawing = svg(getattr(curves("t", "d", "below", given), drawn))
    lines = [one.get("d", "") for one in drawing.iter(f"{SVG}path") if "L" in one.get("d", "")]
    (start, end), (same, higher) = (
        [float(one.partition(",")[2]) for one in line.split("L")] for line in lines
    )
    assert start == same
    assert (same - higher) / (start - end) == pytest.approx(2, rel=0.01)
    assert {"first", "second", "below"} <= set(texts(drawing))
