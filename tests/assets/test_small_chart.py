"""Charts are small images that a browser can draw, and hold what they are given."""

import base64
from xml.etree import ElementTree

from pipeline.assets.small_chart import LABEL, Bar, Point, bars, points

SVG = "data:image/svg+xml;base64,"


def drawing(address: str) -> ElementTree.Element:
    assert address.startswith(SVG)
    return ElementTree.fromstring(base64.b64decode(address.removeprefix(SVG)))


def texts(image: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in image.iter("{http://www.w3.org/2000/svg}text")]


def test_bars_show_what_has_a_value_and_what_has_none() -> None:
    address = bars(
        "Rows by year", "rows", [Bar("2016", 90, 10), Bar("2017", 80), Bar("2018", 0, 5)]
    )
    image = drawing(address)
    assert 300 < float(image.attrib["width"]) < 700
    assert 100 < float(image.attrib["height"]) < 400
    assert {"Rows by year", "2016", "2017", "2018", "with a value", "without a value"} <= set(
        texts(image)
    )
    assert len(address) < 20_000


def test_bars_without_gaps_need_no_key() -> None:
    shown = texts(drawing(bars("Rows", "rows", [Bar("a", 1), Bar("b", 2)])))
    assert "with a value" not in shown


def test_points_have_their_labels_and_leave_out_what_has_no_value() -> None:
    listed = [Point("one", 1.0, -1.0, 3.0), Point("two", None), Point("three", -0.25)]
    shown = texts(drawing(points("Leads", "points", listed)))
    assert {"Leads", "points", "one", "three"} <= set(shown)
    assert "two" not in shown
    assert any(text.startswith("\u2212") for text in shown)


def test_labels_are_cut_and_numbers_are_not() -> None:
    shown = texts(drawing(points("0.05 and 0.123", "u", [Point("x" * 80, 0.031)])))
    assert "0.05 and 0.123" in shown
    assert max(map(len, shown)) <= LABEL
