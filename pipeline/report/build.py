"""Building the report: one database in, static pages out."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.framework import framework
from pipeline.report.answer import answer
from pipeline.report.basis import basis
from pipeline.report.councils import councils
from pipeline.report.limits import limits
from pipeline.report.method import method
from pipeline.report.picture import gains, leads, shares
from pipeline.report.read import Analysis, Reader, Row, analyses
from pipeline.report.wording import capital, moment

TEMPLATES = Path(__file__).with_name("templates")
SYNTHETIC = "SYNTHETIC: "


class ReportError(Exception):
    """The database cannot be reported on."""


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


def write(database: Path, folder: Path) -> int:
    """Write the report of a database into a folder.

    Returns:
        The number of pages.

    Raises:
        ReportError: the file has no run or no analysis to report.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        pages = {"index.html": index(Reader(connection))}
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages.items():
        (folder / name).write_text(page, encoding="utf-8", newline="\n")
    return len(pages)


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


def index(reader: Reader) -> str:
    """The page of the primary analysis."""
    runs, found = reader.rows("meta.run"), analyses(reader)
    if not runs or not found:
        raise ReportError("the database holds no run or no analysis")
    run, (analysis, *others) = about(runs[0]), found
    declared = framework()
    shown: dict[str, Any] = {
        "answer": answer(analysis),
        "gains": gains(analysis, run.mark),
        "leads": leads(analysis, run.mark),
        "shares": shares(analysis, run.mark),
        "basis": basis(reader, analysis, declared, declared.hash == run.sha256),
        "limits": limits(reader, analysis),
        "councils": councils(reader, analysis),
    }
    return render(
        "index.html.j2",
        run=run,
        question=question(analysis),
        analysis=analysis,
        others=[(one.spec["title"], answer(one)) for one in others],
        method=method(reader, analysis, shown),
        **shown,
    )


def question(analysis: Analysis) -> str:
    """The claim as a question."""
    first, second = analysis.sides
    return capital(f"do {first} explain innovation better than {second}?")


def render(template: str, **values: Any) -> str:
    """A page; every value is escaped, and only this style sheet may style it."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environment.get_template(template)
    # The style sheet is ours and holds no value, so it goes in as it is.
    return page.render(style=Markup(style), style_hash=f"sha256-{digest}", **values)
