"""The page on methods and limits: the rules of the test, the panels, corrections and checks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.report.basis import attributions, kept
from pipeline.report.front import limits, needed
from pipeline.report.page import About, render
from pipeline.report.read import Analysis, Reader
from pipeline.report.setting_words import said
from pipeline.report.tables import DataTable, text
from pipeline.report.wording import capital, counted, joined, number, words, year_span
from pipeline.study.framework import Framework

PARTS = {
    "between": "Between authorities",
    "within": "Inside authorities",
    "guards": "Checks",
    "multiverse": "Specification curve",
}
"""Parts of the test's settings, in the framework's order."""
DOCUMENTS = {
    "docs/methods.md": "how values are carried, compared and tested",
    "docs/decisions.md": "what was decided and why, and what was seen before registration",
    "docs/assurance.md": "what was checked, what was not, and what the analysis is fit for",
    "docs/officers.md": "how to read these pages",
    "docs/validation.md": "what is checked of every table, and what a failure does",
    "docs/calibration.md": "the test on worlds whose truth is known",
    "docs/add_a_dataset.md": "how to add a source, a table or an indicator",
}


def page(reader: Reader, analyses: Sequence[Analysis], run: About, framework: Framework) -> str:
    """The page on methods and limits."""
    same = framework.hash == run.sha256
    return render(
        "methods.html.j2",
        here="methods",
        run=run,
        analysis=analyses[0],
        kept=kept(reader),
        attributions=attributions(reader),
        blocks=blocks(framework) if same else None,
        documents=DOCUMENTS,
        limits=limits(analyses, framework, same),
        panels=panels(reader, analyses),
        rules=needed(analyses),
        settings=settings(analyses[0]),
    )


def blocks(framework: Framework) -> DataTable:
    """What each group of indicators stands for, and its measures."""
    return DataTable(
        "Groups of measures",
        ["Group", "What it stands for", "Measures declared"],
        [
            [
                text(block.title),
                text(block.about),
                text(
                    "; ".join(one.title for one in framework.of_block(block.name)) or "No measure"
                ),
            ]
            for block in framework.blocks.values()
        ],
        "framework: block, indicator",
    )


def panels(reader: Reader, analyses: Sequence[Analysis]) -> DataTable:
    """How each panel was declared."""
    titles = {row["name"]: row["title"] for row in reader.rows("meta.indicator")}
    return DataTable(
        "The panels as they were declared",
        ["Panel", "Outcome", "Years", "Held constant", "Standing"],
        [
            [
                text(one.name, one.spec["title"], link=one.page),
                text(one.outcome["title"], f"{counted(one.lag, 'year')} after the measures"),
                text(year_span(one.spec["years"])),
                text(
                    capital(
                        joined(
                            [
                                titles.get(name, words(name))
                                for name in _listed(one.spec["controls"])
                            ]
                        )
                    )
                    or "Nothing"
                ),
                text(
                    "Primary" if one.spec["is_primary"] else "Not primary",
                    one.spec["exploratory"] or "Confirmatory",
                ),
            ]
            for one in analyses
        ],
        "evidence.analysis_spec: title, outcome, lag, years, controls, is_primary, exploratory",
    )


def _listed(names: str) -> list[str]:
    return [name for name in names.split(", ") if name]


def settings(analysis: Analysis) -> DataTable:
    """Every threshold and setting that the results were held to."""
    return DataTable(
        "Every threshold and setting",
        ["Setting", "Value", "Part"],
        [
            # A seed is a name and no quantity.
            [
                text(said(part, name)),
                text(str(value) if name == "seed" else _value(value)),
                text(PARTS.get(part, "All parts")),
            ]
            for part, name, value in _flat(analysis.settings)
        ],
        "evidence.analysis_spec: thresholds",
        fit=True,
    )


def _flat(every: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for name, value in every.items():
        if not isinstance(value, Mapping):
            yield "", name, value
    for part, own in every.items():
        if isinstance(own, Mapping):
            for name, value in own.items():
                yield part, name, value


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    if isinstance(value, str):
        return words(value)
    return f"{value:.4g}" if isinstance(value, float) else number(value)
