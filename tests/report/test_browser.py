"""What a browser makes of the pages: their width, what axe finds, the keyboard, and their print.

These tests say that they were skipped where no Chromium is installed.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import SPEC, Made, Site, World

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.long(seconds=45),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK, PHONE = 1280, 320
TYPES = (
    "index.html",
    f"panels/{SPEC}.html",
    "councils/index.html",
    "councils/E06000001.html",
    "councils/E06000002.html",
    "sources/index.html",
    "sources/delayed_transfers.html",
    "methods.html",
    "calibration.html",
    "checks/index.html",
    "checks/tidy.delayed_transfers.html",
)
"""A page of every type, with the hostile names among them."""


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def synthetic(made: Made) -> Site:
    return made(World(synthetic=True))


def opened(browser: "playwright.Browser", site: Site, path: str, width: int) -> "playwright.Page":
    """A page at a width, with the network cut off and every complaint of the browser kept."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto((site.folder / path).resolve().as_uri())
    return page


@pytest.fixture(params=[DESK, PHONE])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.mark.parametrize("path", TYPES)
def test_axe_finds_nothing_and_nothing_is_blocked(
    browser: "playwright.Browser", synthetic: Site, path: str, width: int
) -> None:
    page = opened(browser, synthetic, path, width)
    # Whatever a policy refuses, a browser says on its console.
    assert page.complaints == []
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    page.context.close()


def test_no_page_is_wider_than_a_phone(browser: "playwright.Browser", synthetic: Site) -> None:
    page = opened(browser, synthetic, "index.html", PHONE)
    for path in synthetic.paths:
        page.goto((synthetic.folder / path).resolve().as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE, path
    page.context.close()


def focused(page: "playwright.Page") -> dict[str, str]:
    """What has the focus: its text, address, and whether a ring is drawn around it."""
    found: dict[str, str] = page.evaluate(
        """() => {
            const one = document.activeElement, style = getComputedStyle(one);
            return {tag: one.tagName, text: one.textContent.trim(), id: one.id,
                    ring: style.outlineStyle + " " + style.outlineWidth};
        }"""
    )
    return found


def test_the_keyboard_reaches_the_content_first_and_every_link_in_order(
    browser: "playwright.Browser", synthetic: Site
) -> None:
    page = opened(browser, synthetic, "index.html", DESK)
    page.keyboard.press("Tab")
    assert focused(page)["text"] == "Skip to the main content"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    assert focused(page)["id"] == "main"
    page.goto((synthetic.folder / "index.html").resolve().as_uri())
    wanted = page.evaluate(
        "[...document.querySelectorAll('a,summary')].map(a => a.textContent.trim())"
    )
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        now = focused(page)
        reached.append(now["text"])
        assert now["ring"] == "solid 3px", now
    assert reached == wanted
    page.context.close()


def test_a_council_is_found_with_the_keyboard_alone(
    browser: "playwright.Browser", synthetic: Site
) -> None:
    page = opened(browser, synthetic, "councils/index.html", DESK)
    while focused(page)["id"] != "name":
        page.keyboard.press("Tab")
        assert focused(page)["tag"] != "BODY", "the field is never reached"
    page.keyboard.type("ald BURY")
    shown = page.locator("#list li:visible")
    playwright.expect(shown).to_have_count(1)
    playwright.expect(page.locator("#found")).to_have_text("1 council found")
    page.keyboard.press("Enter")
    page.wait_for_url("**/E06000001.html")
    assert page.complaints == []
    page.context.close()


def test_a_print_holds_what_is_folded_and_no_navigation(
    browser: "playwright.Browser", synthetic: Site, tmp_path: Path
) -> None:
    page = opened(browser, synthetic, f"panels/{SPEC}.html", DESK)
    page.emulate_media(media="print")
    assert page.locator("nav").first.is_hidden()
    heights = {
        screen: page.evaluate(
            f"[...document.querySelectorAll('details table')].filter(t => {screen}"
            "t.closest('.screen')).map(t => t.getBoundingClientRect().height)"
        )
        for screen in ("", "!")
    }
    assert min(heights["!"]) > 0
    # What is of use on a screen only.
    assert heights[""]
    assert max(heights[""]) == 0
    made = page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert made.startswith(b"%PDF")
    page.context.close()


def test_the_key_of_a_chart_keeps_its_white_ground_where_colours_are_forced(
    browser: "playwright.Browser", synthetic: Site
) -> None:
    page = opened(browser, synthetic, "councils/E06000001.html", DESK)
    page.emulate_media(forced_colors="active", color_scheme="dark")
    grounds = page.evaluate(
        "[...document.querySelectorAll('.key')].map(k => getComputedStyle(k).backgroundColor)"
    )
    assert set(grounds) == {"rgb(255, 255, 255)"}
    page.context.close()
