"""What every page keeps to, asked of the pages that a module's `any_page` gives."""

import base64
import re
from itertools import pairwise

from .conftest import Page

LONGEST = 250
"""Letters of the text that stands for a picture, at most."""


def drawings(page: Page) -> list[str]:
    """Every drawing within the page, as SVG."""
    addresses = [a["src"] for _, a in page.each("img")]
    addresses += [a["srcset"] for _, a in page.each("source")]
    start = "data:image/svg+xml;base64,"
    assert all(address.startswith(start) for address in addresses)
    return [base64.b64decode(address.removeprefix(start)).decode() for address in addresses]


class Form:
    def test_headings_are_in_order(self, any_page: Page) -> None:
        levels = [int(tag[1]) for tag, _ in any_page.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))

    def test_tables_have_captions_and_scopes(self, any_page: Page) -> None:
        assert len(any_page.each("table")) == len(any_page.texts("caption"))
        assert all(a.get("scope") in ("row", "col") for _, a in any_page.each("th"))

    def test_ids_are_unique(self, any_page: Page) -> None:
        ids = [a["id"] for _, a in any_page.tags if "id" in a]
        assert "main" in ids
        assert len(ids) == len(set(ids))
