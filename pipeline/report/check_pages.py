"""Great Expectations' Data Docs: a page for every table with everything that was checked of it.

The library writes what a row says (``pipeline/checks/engine.py``). The frame is the report's: the
library's own loads styles, scripts and a counted logo from the network, and says by colour alone
what fails.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.report.page import About, render
from pipeline.report.source_checks import ASKED
from pipeline.report.tables import DataTable, figure, text
from pipeline.report.wording import capital, counted, number

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


def pages(documented: Documented, run: About) -> dict[str, str]:
    """The pages of the checks: path in the report's folder -> HTML."""
    found = {
        address(name): render(
            "checks.html.j2", root="../", here=FOLDER, run=run, page=_page(name, rows)
        )
        for name, rows in documented.items()
        if rows
    }
    listed = render(
        "checks_index.html.j2", root="../", here=FOLDER, run=run, table=_list(documented)
    )
    return {f"{FOLDER}/index.html": listed} | found


def _said(rows: Sequence[Mapping[str, Any]]) -> str:
    failing = [one for one in rows if not one["passed"]]
    if not failing:
        return f"{counted(len(rows), 'expectation')}: all hold."
    kinds = [
        f"{number(count)} {severity}"
        for severity in ("critical", "warning", "info")
        if (count := sum(one["severity"] == severity for one in failing))
    ]
    return f"{counted(len(rows), 'expectation')}: {number(len(failing))} fail ({', '.join(kinds)})."


def _page(name: str, rows: Sequence[Mapping[str, Any]]) -> Page:
    parts = []
    for category, asked in ASKED.items():
        own = [one for one in rows if one["category"] == category]
        if own:
            parts.append(Part(category, f"Whether {asked}.", _table(name, category, own)))
    return Page(name, _said(rows), parts)


def _table(name: str, category: str, rows: Sequence[Mapping[str, Any]]) -> DataTable:
    # What fails comes first.
    ordered = sorted(rows, key=lambda one: bool(one["passed"]))
    return DataTable(
        f"{name}: {category}",
        ["What was asked", "Outcome", "Found", "Expectation"],
        [
            [
                text(capital(one["asks"])),
                text("Holds")
                if one["passed"]
                else text(one["message"], mark=f"Fails: {one['severity']}"),
                text(_found(one["observed"])),
                text(one["words"]),
            ]
            for one in ordered
        ],
        "meta.check_results: asks, passed, message",
    )


def _found(observed: str) -> str:
    """What was found; the library writes a list of columns as Python does."""
    if observed.startswith("['"):
        return observed.strip("[]").replace("'", "")
    return observed or "--"


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
