"""Building the report: one database in, a folder of static pages out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import joblib

from pipeline.database.publish import opened
from pipeline.report import (
    cases,
    check_pages,
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
from pipeline.report.check_pages import Documented
from pipeline.report.limits import switched_off
from pipeline.report.page import About, about, render
from pipeline.report.read import BETWEEN, WITHIN, Analysis, Names, Reader, analyses, claim
from pipeline.report.studies import studies
from pipeline.report.within import inside
from pipeline.report.wording import capital
from pipeline.study.framework import Framework, framework

Pages = Mapping[str, str]
FEW, PART = 80, 10
"""Councils whose pages are made sooner than other processes start; and that are made at a time."""
ALIKE = 100
"""Councils whose pages take about as long as all other pages together."""


class ReportError(Exception):
    """The database cannot be reported on."""


def write(
    database: Path,
    folder: Path,
    documented: Documented | None = None,
    tell: Callable[[str], None] = lambda said: None,
) -> int:
    """Write the report of a database into a folder, in as many processes as joblib may use.

    Args:
        database: the file.
        folder: where the pages go.
        documented: what was checked of every table, for its Data Docs.
        tell: is told how many pages are done.

    Returns:
        The number of pages. They are the same, byte for byte, for any number of processes.

    Raises:
        ReportError: the file has no run or no analysis to report.
    """
    written = 0
    for pages in _written(database, folder, documented or {}):
        written += pages
        tell(f"{written} pages")
    return written


def _written(database: Path, folder: Path, documented: Documented) -> Iterator[int]:
    """Write every page, in parts and in no order, and say of each part how many pages it had."""
    with _opened(database) as reader:
        site = _Site(reader)
        councils = council_pages.Councils(reader, site.run, site.analyses, site.names)
        # As many as joblib is configured to use.
        processes = joblib.effective_n_jobs(-1)
        own, spread = _dealt(councils.codes, processes)
        others = ProcessPoolExecutor(max(1, processes - 1), get_context("spawn"))
        try:
            waiting = [
                others.submit(_of_councils, database, folder, site.run, spread[i : i + PART])
                for i in range(0, len(spread), PART)
            ]
            # Meanwhile, here:
            for one in site.analyses:
                yield _keep(folder, site.panel(one))
            yield _keep(folder, councils.list())
            checked = {name for name, rows in documented.items() if rows}
            yield _keep(folder, source_pages.pages(reader, site.run, site.analyses, checked))
            yield _keep(folder, check_pages.pages(documented, site.run, site.names.of))
            yield _keep(folder, site.rest())
            for page in councils.pages(own):
                yield _keep(folder, page)
            yield from (done.result() for done in as_completed(waiting))
        finally:
            others.shutdown(cancel_futures=True)


def _keep(folder: Path, pages: Pages) -> int:
    """Write some pages by their path within the report's folder; return how many."""
    for name, page in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8", newline="\n")
    return len(pages)


def _dealt(codes: Sequence[str], processors: int) -> tuple[Sequence[str], Sequence[str]]:
    """The councils made here, beside all other pages, and those that other processes make."""
    if processors == 1 or len(codes) <= FEW:
        return codes, ()
    here = max(0, (len(codes) + ALIKE) // processors - ALIKE)
    return codes[:here], codes[here:]


@contextmanager
def _opened(database: Path) -> Iterator[Reader]:
    with opened(database) as connection:
        yield Reader(connection)


class _Site:
    """What the pages of the whole site share.

    Raises:
        ReportError: the file has no run or no analysis to report.
    """

    def __init__(self, reader: Reader) -> None:
        runs = reader.rows("meta.run")
        self.analyses = analyses(reader)
        if not runs or not self.analyses:
            raise ReportError("the database holds no run or no analysis")
        self.reader = reader
        self.run, self.declared, self.names = about(runs[0]), framework(), Names(reader)

    def panel(self, one: Analysis) -> Pages:
        """The page of one panel."""
        return {one.page: panel.page(self.reader, one, self.run, self.declared, self.names)}

    def rest(self) -> Pages:
        """The front page and the pages of methods and calibration."""
        return {
            "index.html": index(self.reader, self.analyses, self.run, self.declared, self.names),
            "methods.html": methods_page.page(self.reader, self.analyses, self.run, self.declared),
            "calibration.html": render(
                "calibration.html.j2", here="calibration", run=self.run, calibration=calibration()
            ),
        }


def _of_councils(database: Path, folder: Path, run: About, codes: Sequence[str]) -> int:
    """Where the pages are made they are written: handed back, they would wait in memory."""
    return sum(_keep(folder, page) for page in _councils(database, run).pages(codes))


@lru_cache(maxsize=1)
def _councils(database: Path, run: About) -> council_pages.Councils:
    """Opened once a process, until the process ends."""
    reader = Reader(opened(database))
    return council_pages.Councils(reader, run, analyses(reader), Names(reader))


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
