"""Great Expectations' Data Docs: a page for every table with everything that was checked of it.

The library writes what a row says (``pipeline/checks/engine.py``). The frame is the report's: the
library's own loads styles, scripts and a counted logo from the network, and says by colour alone
what fails.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.report.check_words import asked, found, told
from pipeline.report.page import About, render
from pipeline.report.source_checks import ASKED
from pipeline.report.tables import DataTable, figure, text
from pipeline.report.wording import counted, number

FOLDER = "checks"
Documented = Mapping[str, Sequence[Mapping[str, Any]]]
"""Table, as layer and name with a dot, to its rows of Data Docs."""


@dataclass(frozen=True)
class Part:
    """What one category of checks asked of a table."""

    name: str
    asked: str
    table: DataTable


@dataclass(frozen=True)
class Page:
    """What one page says."""

    name: str
    said: str
    parts: Sequence[Part]


def address(table: str) -> str:
    """The page of a table, from the report's folder."""
    return f"{FOLDER}/{table}.html"


def pages(documented: Documented, run: About, name: Callable[[str], str]) -> dict[str, str]:
    """The pages of the checks: path in the report's folder -> HTML.

    Args:
        documented: what was checked of every table.
        run: what the pages are of.
        name: a place by its code, or the code.
    """
    made = {
        address(table): render(
            "checks.html.j2", root="../", here=FOLDER, run=run, page=_page(table, rows, name)
        )
        for table, rows in documented.items()
        if rows
    }
    listed = render(
        "checks_index.html.j2", root="../", here=FOLDER, run=run, table=_list(documented)
    )
    return {f"{FOLDER}/index.html": listed} | made


def _said(rows: Sequence[Mapping[str, Any]]) -> str:
    failing = [one for one in rows if not one["passed"]]
    if not failing:
        return f"{counted(len(rows), 'expectation')}: all hold."
    kinds = [
        f"{number(count)} {severity}"
        for severity in ("critical", "warning", "info")
        if (count := sum(one["severity"] == severity for one in failing))
    ]
    fail = f"{number(len(failing))} {'fails' if len(failing) == 1 else 'fail'}"
    return f"{counted(len(rows), 'expectation')}: {fail} ({', '.join(kinds)})."


def _page(table: str, rows: Sequence[Mapping[str, Any]], name: Callable[[str], str]) -> Page:
    parts = []
    for category, what in ASKED.items():
        own = [one for one in rows if one["category"] == category]
        if own:
            told_of = _table(f"{table}: {category}", own, name)
            parts.append(Part(category, f"Whether {what}.", told_of))
    return Page(table, _said(rows), parts)


def _table(
    caption: str, rows: Sequence[Mapping[str, Any]], name: Callable[[str], str]
) -> DataTable:
    # What fails comes first.
    ordered = sorted(rows, key=lambda one: bool(one["passed"]))
    return DataTable(
        caption,
        ["What was asked", "Outcome", "Found", "In the words of Great Expectations"],
        [
            [
                text(asked(one["asks"])),
                text("Holds")
                if one["passed"]
                else text(*told(one["message"], name), mark=f"Fails: {one['severity']}"),
                text(found(one["observed"], one["words"])),
                text(one["words"]),
            ]
            for one in ordered
        ],
        "meta.check_results: asks, passed, message",
    )


def _list(documented: Documented) -> DataTable | None:
    if not any(documented.values()):
        return None
    return DataTable(
        "What was checked",
        ["Table", "Expectations", "Fail", "Of these critical"],
        [
            [
                text(name, link=address(name)),
                figure(number(len(rows))),
                figure(number(sum(not one["passed"] for one in rows))),
                figure(
                    number(sum(not one["passed"] and one["severity"] == "critical" for one in rows))
                ),
            ]
            for name, rows in documented.items()
            if rows
        ],
        "meta.check_results: layer, table, passed, severity",
        narrow="pairs",
    )
