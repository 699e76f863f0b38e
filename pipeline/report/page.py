"""A page of the report: what every page says of its run, and how templates become HTML."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.edition import SYNTHETIC
from pipeline.report.read import Row
from pipeline.report.wording import moment

TEMPLATES = Path(__file__).with_name("templates")
SITE = (
    ("answer", "Answer", "index.html"),
    ("panels", "Panels", "index.html#panels"),
    ("councils", "Councils", "councils/index.html"),
    ("sources", "Sources", "sources/index.html"),
    ("methods", "Methods and limits", "methods.html"),
    ("calibration", "Calibration", "calibration.html"),
    ("checks", "Checks", "checks/index.html"),
)
"""The report's parts: their name in templates, their label and their address."""


@dataclass(frozen=True)
class About:
    """Which run made the file.

    Attributes:
        mark: goes before every title of a picture and table; empty for real data.
    """

    title: str
    version: str
    built: str
    synthetic: bool
    mark: str
    registered: bool
    sha256: str
    packages: str


def about(run: Row) -> About:
    """What the page says of the run."""
    return About(
        title=run["title"],
        version=run["version"],
        built=moment(run["built_at"]),
        synthetic=run["synthetic"],
        mark=SYNTHETIC if run["synthetic"] else "",
        registered=run["framework_registered"],
        sha256=run["framework_sha256"],
        packages=run["packages"],
    )


@cache
def environment() -> Environment:
    """Where templates are found, and how they are filled in: every value is escaped."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> tuple[str, str]:
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return style, base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def render(template: str, root: str = "", here: str = "", **values: Any) -> str:
    """A page; every value is escaped, and only this style sheet may style it.

    Args:
        template: file name of the template.
        root: the way from the page to the report's folder, such as "../".
        here: the part of ``SITE`` that the page is or belongs to.
        values: everything else that the template shows.
    """
    style, digest = _style()
    page = environment().get_template(template)
    # The style sheet is ours and holds no value, so it goes in as it is.
    return page.render(
        style=Markup(style),
        style_hash=f"sha256-{digest}",
        site=SITE,
        root=root,
        here=here,
        current="true" if root else "page",
        **values,
    )
