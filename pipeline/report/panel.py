"""The page of one panel."""

from typing import Any

from pipeline.report import cases, picture
from pipeline.report.answer import answer
from pipeline.report.basis import basis
from pipeline.report.councils import left_out
from pipeline.report.curve import specifications
from pipeline.report.limits import limits
from pipeline.report.method import method
from pipeline.report.page import About, render
from pipeline.report.read import Analysis, Names, Reader
from pipeline.report.stability import checks, counts
from pipeline.report.studies import studies
from pipeline.report.within import inside, models
from pipeline.study.framework import Framework


def page(reader: Reader, analysis: Analysis, run: About, framework: Framework, names: Names) -> str:
    """The page of one panel.

    Args:
        reader: the file.
        analysis: the panel's analysis.
        run: the run that made the file.
        framework: the framework at hand.
        names: of councils, trusts and boards.
    """
    mark = run.mark
    titles = titles_of(reader)
    shown: dict[str, Any] = {
        "answer": answer(analysis),
        "gains": picture.gains(analysis, mark),
        "leads": picture.leads(analysis, mark),
        "shares": picture.shares(analysis, mark),
        "indicators": picture.indicators(analysis, titles),
        "inside": inside([analysis], mark),
        "models": models(analysis),
        "sets": cases.sets(analysis, names) if analysis.has_localities else None,
        "checks": checks(analysis, names, titles, passed=False),
        "held": checks(analysis, names, titles, passed=True),
        "curve": specifications(analysis, names, titles, mark),
        "studies": studies([analysis]),
        "basis": basis(reader, analysis, framework, framework.hash == run.sha256),
        "limits": limits(reader, analysis),
        "left_out": left_out(reader, analysis),
    }
    return render(
        "panel.html.j2",
        root="../",
        here="panels",
        run=run,
        analysis=analysis,
        passed=counts(analysis),
        method=method(reader, analysis, shown),
        **shown,
    )


def titles_of(reader: Reader) -> dict[str, str]:
    """Titles of sources and indicators by their names."""
    sources = {row["source"]: row["title"] for row in reader.rows("meta.source")}
    return sources | {row["name"]: row["title"] for row in reader.rows("meta.indicator")}
