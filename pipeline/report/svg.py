"""Drawings as images of a page: a data address, and a smaller file of the same look."""

import base64
import re

UNREAD = re.compile(r' (?:class|role|aria-[a-z]+|pointer-events|stroke-miterlimit)="[^"]*"')
PLACES = re.compile(r' (?:transform|d)="[^"]*"')
LONG = re.compile(r"-?\d+\.\d{2,}")


def slim(svg: str) -> str:
    """The drawing without what nothing reads within an image, places to a tenth of a pixel."""
    return PLACES.sub(lambda found: LONG.sub(_short, found[0]), UNREAD.sub("", svg))


def address(svg: str) -> str:
    """The drawing as a data address."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _short(found: re.Match[str]) -> str:
    return f"{float(found[0]):.1f}"
