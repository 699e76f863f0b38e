"""The page is safe, works alone, and can be read by everyone."""

import base64
import hashlib
import re
from itertools import pairwise

import pytest

from .conftest import HOSTILE, Made, Page, World

WORLDS = [
    World(),
    World(synthetic=True),
    World(stopped="3 authorities, fewer than 30"),
    World(stopped="no row has an outcome", empty=True),
]


@pytest.fixture(params=WORLDS, ids=["real", "synthetic", "stopped", "empty"])
def any_page(made: Made, request: pytest.FixtureRequest) -> Page:
    return made(request.param)


def drawings(page: Page) -> list[str]:
    """Every drawing within the page, as SVG."""
    addresses = [a["src"] for _, a in page.each("img")]
    addresses += [a["srcset"] for _, a in page.each("source")]
    start = "data:image/svg+xml;base64,"
    assert all(address.startswith(start) for address in addresses)
    return [base64.b64decode(address.removeprefix(start)).decode() for address in addresses]


def test_needs_no_network_and_no_script(any_page: Page) -> None:
    assert not any_page.each("script", "link", "iframe", "object", "embed", "form")
    assert not re.search(r"https?://|@import|url\(", any_page.html)
    for _, attributes in any_page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert attributes.get("href", "#").startswith("#")
    for drawing in drawings(any_page):
        assert "<script" not in drawing
        assert not re.search(r'(href|src)="(?!#)', drawing)


def test_policy_allows_this_style_sheet_only(any_page: Page) -> None:
    (policy,) = (a["content"] for _, a in any_page.each("meta") if "http-equiv" in a)
    (style,) = re.findall(r"<style>(.*?)</style>", any_page.html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data: 'self'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_hostile_names_are_only_text(page: Page) -> None:
    assert HOSTILE not in page.html
    assert HOSTILE in page.text


def test_pictures_have_a_text(any_page: Page) -> None:
    for _, attributes in any_page.each("img"):
        assert len(attributes["alt"]) > 40
    for _, attributes in any_page.each("svg"):
        # Beside each of these stand the number and the words.
        assert attributes["aria-hidden"] == "true"


def test_pictures_carry_their_title(made: Made) -> None:
    for drawing in drawings(made(WORLDS[1])):
        assert "SYNTHETIC: " in drawing


def test_headings_are_in_order(any_page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in any_page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    for before, after in pairwise(levels):
        assert after <= before + 1


def test_has_landmarks_language_and_skip_link(any_page: Page) -> None:
    names = [tag for tag, _ in any_page.tags]
    assert {"header", "nav", "main", "footer"} <= set(names)
    assert ("html", {"lang": "en-GB"}) in any_page.tags
    assert any_page.each("a")[0][1] == {"class": "skip", "href": "#main"}


def test_links_lead_somewhere_and_ids_are_unique(any_page: Page) -> None:
    ids = [attributes["id"] for _, attributes in any_page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in any_page.each("a"):
        assert attributes["href"].removeprefix("#") in ids


def test_tables_have_captions_and_scopes(any_page: Page) -> None:
    assert len(any_page.each("table")) == len(any_page.texts("caption")) == len(any_page.tables)
    assert all(a.get("scope") in ("row", "col") for _, a in any_page.each("th"))
    for rows in any_page.tables.values():
        assert len({len(row) for row in rows}) == 1


def test_nothing_is_left_unsaid_or_raw(any_page: Page) -> None:
    shown = any_page.text.partition("Where each figure is")[0]
    assert not re.search(r"\b(None|nan|NaN|inf|null|Undefined)\b", shown)
    assert not re.search(r"\{\{|\{%", shown)
    assert "delayed_days_rate" not in shown
