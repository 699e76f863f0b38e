"""The pages are safe, work alone, and can be read by everyone."""

import base64
import hashlib
import re
from posixpath import dirname, join, normpath

import pytest

from .conftest import COUNTY, DISTRICTS, HOSTILE, SPEC, Made, Page, Site, World
from .form import LONGEST, Form, drawings

PANEL, INSIDE = f"panels/{SPEC}.html", f"panels/{DISTRICTS}.html"
WORLDS = {
    "real": World(),
    "synthetic": World(synthetic=True),
    "stopped": World(stopped="3 authorities, fewer than 30"),
    "empty": World(stopped="no row has an outcome", empty=True, calibrated=False),
}
OWN = [
    (world, path)
    for world in WORLDS
    for path in ("index.html", PANEL, INSIDE, "methods.html", "calibration.html")
    if path != INSIDE or WORLDS[world].stopped is None
]
"""Every type of page in every world."""


@pytest.fixture(params=OWN, ids=["-".join(one) for one in OWN])
def any_page(made: Made, request: pytest.FixtureRequest) -> Page:
    world, path = request.param
    return made(WORLDS[world]).page(path)


@pytest.fixture(params=list(WORLDS))
def any_site(made: Made, request: pytest.FixtureRequest) -> Site:
    return made(WORLDS[request.param])


class TestForm(Form):
    """Headings, tables and ids of every type of page in every world."""


def test_needs_no_network_and_no_script(any_page: Page) -> None:
    assert not any_page.each("script", "link", "iframe", "object", "embed", "form")
    assert not re.search(r"https?://|@import|url\(", any_page.html)
    for _, attributes in any_page.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not re.match(r"\w+:|/", attributes.get("href", "#"))
    for drawing in drawings(any_page):
        assert "<script" not in drawing
        assert not re.search(r'(href|src)="(?!#)', drawing)


def test_every_page_loads_nothing_from_elsewhere(any_site: Site) -> None:
    for path in any_site.paths:
        page = any_site.page(path)
        assert not page.each("link", "iframe", "object", "embed")
        assert not any("src" in attributes for _, attributes in page.each("script"))
        assert not re.search(r"@import|url\(", page.html)
        for _, attributes in page.each("img", "source"):
            assert attributes.get("src", attributes.get("srcset", "")).startswith("data:")


def test_links_between_pages_resolve(any_site: Site) -> None:
    followed = set()
    for path in any_site.paths:
        for _, attributes in any_site.page(path).each("a"):
            address, _, anchor = attributes["href"].partition("#")
            if re.match(r"\w+:", address):
                assert re.match("https?://", address), f"{path} links to {address}"
                continue
            target = normpath(join(dirname(path), address)) if address else path
            assert target in any_site.paths, f"{path} links to {target}"
            if anchor:
                ids = [a["id"] for _, a in any_site.page(target).tags if "id" in a]
                assert anchor in ids, f"{path} links to {target}#{anchor}"
            followed.add(target)
    assert followed == set(any_site.paths)


def test_every_page_says_where_it_is(any_site: Site) -> None:
    for path in any_site.paths:
        current = [a for _, a in any_site.page(path).each("a") if "aria-current" in a]
        assert len(current) == 1, path
        assert current[0]["aria-current"] == ("true" if "/" in path else "page")


def test_policy_allows_this_style_sheet_only(any_page: Page) -> None:
    (policy,) = (a["content"] for _, a in any_page.each("meta") if "http-equiv" in a)
    (style,) = re.findall(r"<style>(.*?)</style>", any_page.html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; img-src data: 'self'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_hostile_names_are_only_text(site: Site) -> None:
    for path in site.paths:
        assert HOSTILE not in site.page(path).html
        assert COUNTY[1] not in site.page(path).html
    assert COUNTY[1] in site.front.text
    assert COUNTY[1] in site.districts.text
    # A council is named where a check leaves it out.
    assert "Aldbury" in site.panel.text


def test_pictures_have_a_text(any_page: Page) -> None:
    for _, attributes in any_page.each("img"):
        # What it shows and where its numbers are, in a sentence or two.
        assert 40 < len(attributes["alt"]) < LONGEST
        assert re.search(r"(table|text) (below|beside it|above)", attributes["alt"])
    for _, attributes in any_page.each("svg"):
        # Beside each of these stand the number and the words.
        assert attributes["aria-hidden"] == "true"


def test_pictures_carry_their_title(made: Made) -> None:
    site = made(WORLDS["synthetic"])
    for page in (site.front, site.panel, site.districts):
        assert page.each("img")
        for drawing in drawings(page):
            assert "SYNTHETIC: " in drawing


def test_has_landmarks_language_and_skip_link(any_page: Page) -> None:
    names = [tag for tag, _ in any_page.tags]
    assert {"header", "nav", "main", "footer"} <= set(names)
    labels = [attributes["aria-label"] for _, attributes in any_page.each("nav")]
    assert len(labels) == len(set(labels))
    assert ("html", {"lang": "en-GB"}) in any_page.tags
    assert any_page.each("a")[0][1] == {"class": "skip", "href": "#main"}


def test_what_is_folded_says_what_it_is(site: Site) -> None:
    for page in (site.front, site.panel, site.districts, site.page("methods.html")):
        assert len(page.each("details")) == len(page.texts("summary"))
        assert all(page.texts("summary"))
    assert site.panel.each("details")


def test_tables_have_a_caption_of_their_own_and_whole_rows(any_page: Page) -> None:
    assert len(any_page.each("table")) == len(any_page.tables)
    for rows in any_page.tables.values():
        assert len({len(row) for row in rows}) == 1


def test_nothing_is_left_unsaid_or_raw(any_page: Page) -> None:
    shown = any_page.text.partition("Where each figure is")[0]
    assert not re.search(r"\b(None|nan|NaN|inf|null|Undefined)\b", shown)
    assert not re.search(r"\{\{|\{%", shown)
    assert "delayed_days_rate" not in shown
