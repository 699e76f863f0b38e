"""Building the report: one database in, a folder of static pages out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from pipeline.framework import Framework, framework
from pipeline.report import (
    cases,
    council_pages,
    curve,
    front,
    methods_page,
    panel,
    source_pages,
    stability,
)
from pipeline.report.basis import attributions
from pipeline.report.calibration import calibration
from pipeline.report.limits import switched_off
from pipeline.report.page import About, about, render
from pipeline.report.read import BETWEEN, WITHIN, Analysis, Names, Reader, analyses, claim
from pipeline.report.studies import studies
from pipeline.report.within import inside
from pipeline.report.wording import capital


class ReportError(Exception):
    """The database cannot be reported on."""


def write(database: Path, folder: Path) -> int:
    """Write the report of a database into a folder.

    Returns:
        The number of pages.

    Raises:
        ReportError: the file has no run or no analysis to report.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        made = pages(Reader(connection))
    for name, page in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8", newline="\n")
    return len(made)


def pages(reader: Reader) -> Mapping[str, str]:
    """Every page by its path within the report's folder."""
    runs, found = reader.rows("meta.run"), analyses(reader)
    if not runs or not found:
        raise ReportError("the database holds no run or no analysis")
    run, declared, names = about(runs[0]), framework(), Names(reader)
    return {
        "index.html": index(reader, found, run, declared, names),
        **{one.page: panel.page(reader, one, run, declared, names) for one in found},
        **council_pages.pages(reader, run),
        **source_pages.pages(reader, run),
        "methods.html": methods_page.page(reader, found, run, declared),
        "calibration.html": render(
            "calibration.html.j2", here="calibration", run=run, calibration=calibration()
        ),
    }


def index(
    reader: Reader, found: Sequence[Analysis], run: About, declared: Framework, names: Names
) -> str:
    """The front page."""
    same = declared.hash == run.sha256
    by_name = {one.spec["spec_id"]: one for one in found}
    return render(
        "index.html.j2",
        here="answer",
        run=run,
        question=question(found[0]),
        claim=found[0].spec["claim"],
        answer=front.overall(claim(reader), found),
        forest=front.forest(found, run.mark),
        panels=front.panels(found),
        limits=[*front.limits(found, declared, same), *switched_off(reader, found[0])],
        between=front.tally(found, BETWEEN),
        within=front.tally(found, WITHIN),
        halves=front.inside(found),
        inside=inside(found, run.mark),
        cases=cases.cases(by_name, names),
        checks=stability.summary(found),
        curves=curve.together(found, run.mark),
        calibration=calibration(),
        studies=studies([one for one in found if one.spec["is_primary"]]),
        needs=front.needs(found),
        rules=front.needed(found),
        attributions=attributions(reader),
    )


def question(analysis: Analysis) -> str:
    """The claim as a question."""
    first, second = analysis.sides
    return capital(f"do {first} explain innovation better than {second}?")
