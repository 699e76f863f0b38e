"""Small charts of one council's figure over the years."""

import base64
import re
from xml.etree import ElementTree

import pytest

from pipeline.report.place_charts import OWN, Mark, drawn

SVG = "{http://www.w3.org/2000/svg}"


def svg(*marks: Mark, mark: str = "") -> ElementTree.Element:
    address = drawn(marks, mark).removeprefix("data:image/svg+xml;base64,")
    return ElementTree.fromstring(base64.b64decode(address))


def labels(drawing: ElementTree.Element) -> list[str]:
    """What is written beside the plot, from below."""
    return [one.text or "" for one in drawing.iter(f"{SVG}text") if one.get("x") == "-7"]


def yearly(*values: float | None, first: int = 2015) -> list[Mark]:
    return [Mark(OWN, first + at, value) for at, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ((0.641, 1.472), ["0.6", "0.8", "1", "1.2", "1.4"]),
        ((2.0, 8.0), ["2", "4", "6", "8"]),
        ((1964.0, 7483.0), ["2,000", "4,000", "6,000", "8,000"]),
        ((-3.4, 2.9), ["\u22124", "\u22122", "0", "2"]),
        ((0.0021, 0.0089), ["0.002", "0.004", "0.006", "0.008", "0.01"]),
    ],
)
def test_values_beside_the_plot_are_round(values: tuple[float, ...], written: list[str]) -> None:
    assert labels(svg(*yearly(*values))) == written


@pytest.mark.parametrize("value", [0.0, 5.0, -250.0])
def test_one_figure_in_all_years_is_drawn(value: float) -> None:
    drawing = svg(*yearly(value, value, value))
    assert 2 <= len(labels(drawing)) <= 9
    assert places(drawing) == pytest.approx([95, 95, 95], abs=10)


def places(drawing: ElementTree.Element) -> list[float]:
    """How far below the top of the plot the points are."""
    found = [one.get("transform", "") for one in drawing.iter(f"{SVG}path") if one.get("transform")]
    return [float(re.split("[,)]", one)[1]) for one in found]


def test_everything_lies_inside_the_plot_and_to_scale() -> None:
    marks = [Mark(OWN, 2015, 10.0, 4.0, 16.0), Mark(OWN, 2016, 12.0, 6.0, 18.0)]
    drawing = svg(*marks)
    first, second = places(drawing)
    bars = [one.get("d", "") for one in drawing.iter(f"{SVG}path") if "V" in one.get("d", "")]
    ends = [[float(end) for end in re.split("[,V]", one)[1:]] for one in bars]
    assert len(ends) == 2
    for at, (low, high) in zip((first, second), ends, strict=True):
        assert 0 < high < at < low < 190
        assert at == pytest.approx((low + high) / 2, abs=0.1)
    assert (ends[0][0] - first) / (first - second) == pytest.approx(6 / 2, rel=0.02)


def test_at_most_four_years_are_named() -> None:
    drawing = svg(*yearly(*range(9), first=2013))
    named = [one.text for one in drawing.iter(f"{SVG}text") if one.get("text-anchor") == "middle"]
    assert named == ["2013-14", "2016-17", "2019-20"]


def test_what_is_written_above_is_text() -> None:
    drawing = svg(*yearly(1, 2), mark="<b>SYNTHETIC & so on")
    assert "<b>SYNTHETIC & so on" in [one.text for one in drawing.iter(f"{SVG}text")]


@pytest.mark.parametrize("values", [(0.6, 1.4), (1964.0, 12483.0)])
def test_stands_on_a_phone_at_its_own_size(values: tuple[float, ...]) -> None:
    drawing = svg(*yearly(*values))
    assert int(drawing.get("width", "")) <= 390 - 2 * 16
    assert drawing.get("font-size") == "14px"
