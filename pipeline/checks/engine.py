"""Running expectations. The only module that imports Great Expectations, and only when it runs.

The library says what an expectation is, judges it by how many rows break it, and puts the outcome
into words; the rows are counted by Polars (see docs/decisions.md for the timings).
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from string import Template
from typing import Any

import polars as pl

from pipeline.checks.counting import Count, counted, failing, held
from pipeline.checks.rules import Rule
from pipeline.checks.suites import GUIDANCE, Expectation
from pipeline.tables import Rows

# Read by the library when it is imported: nothing phones home.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
EXAMPLES = 3
PLACE = ("file", "row")
"""Columns that tell a person where a published row is."""
HIDDEN = "what they hold is not shown, because it may tell of few people"


@dataclass(frozen=True)
class Result:
    """What became of one expectation or rule: a row of meta.check_results.

    Attributes:
        message: what was found and where; empty where it holds.
        asks: what must be so.
        guidance: what a failure means and what to do.
    """

    layer: str
    table: str
    category: str
    expectation: str
    column: str
    severity: str
    passed: bool
    failing: int
    message: str
    asks: str
    guidance: str

    def row(self) -> dict[str, Any]:
        """The result as a plain dictionary."""
        return asdict(self)


def _where(rows: Rows, indexes: Sequence[int]) -> str:
    """File and row of the first failing rows, as far as the table knows them."""
    columns = rows.collect_schema().names()
    names = PLACE if set(PLACE) <= set(columns) else columns[:2]
    found = [rows.lazy().select(names).slice(one, 1).collect() for one in indexes[:EXAMPLES]]
    return _rows(pl.concat(found))


def _rows(frame: pl.DataFrame) -> str:
    """The first rows in words."""
    return "; ".join(
        ", ".join(f"{name} {_cell(value)}" for name, value in one.items() if value is not None)
        for one in frame.head(EXAMPLES).iter_rows(named=True)
    )


def _cell(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _kwargs(one: Expectation) -> dict[str, Any]:
    kwargs = dict(one.kwargs)
    if one.only is not None:
        from great_expectations.expectations.row_conditions import Column  # noqa: PLC0415

        name, values = one.only
        kwargs["row_condition"] = Column(name).is_in(list(values))
    return kwargs


@dataclass(frozen=True)
class Checked:
    """What became of a table's suite and rules.

    Attributes:
        documented: a row of Data Docs for each result, in the words of Great Expectations.
    """

    results: list[Result]
    documented: list[dict[str, Any]]


def check(
    layer: str,
    table: str,
    rows: Rows,
    suite: Sequence[Expectation],
    rules: Sequence[Rule] = (),
) -> Checked:
    """Check a table against expectations and rules, one result each, in their order.

    Raises:
        RuntimeError: an expectation could not be run at all; that is never a pass.
    """
    about = f"{layer}.{table}"
    rows = held(rows)
    outcomes = _validated(about, rows, suite)
    results = [_of_rows(layer, table, rows, *pair) for pair in zip(suite, outcomes, strict=True)]
    for one, outcome in zip(suite, outcomes, strict=True):
        if one.hidden:
            for name in ("partial_unexpected_list", "partial_unexpected_counts", "unexpected_list"):
                outcome.result.pop(name, None)
    outcomes += [_of_none(one) for one in rules]
    results += [_of_rule(layer, table, one) for one in rules]
    documented = [_documented(*row) for row in zip(outcomes, results, strict=True)]
    return Checked(results, documented)


def run(layer: str, table: str, rows: Rows, suite: Sequence[Expectation]) -> list[Result]:
    """The results of a suite alone."""
    return check(layer, table, rows, suite).results


def _validated(about: str, rows: Rows, suite: Sequence[Expectation]) -> list[Any]:
    """What Great Expectations says of a table, in the suite's order."""
    try:
        counts = counted(rows, suite)
        return [_judged(rows, *pair) for pair in zip(suite, counts, strict=True)]
    except pl.exceptions.PolarsError as error:
        raise RuntimeError(f"{about}: its suite could not run: {error}") from error


def _judged(rows: Rows, one: Expectation, count: Count) -> Any:
    """What Great Expectations says of an expectation, from its counts under the library's names."""
    known = _known(one.type)
    own = getattr(known, "map_metric", "")
    # Which rows fail is asked only of what fails.
    numbers, values = failing(rows, one) if count.failing else ([], [])
    found = {
        "table.columns": rows.collect_schema().names(),
        "table.row_count": count.rows,
        "column_values.nonnull.unexpected_count": count.missing,
        f"{own}.filtered_row_count": count.rows - count.missing,
        f"{own}.unexpected_count": count.failing,
        f"{own}.unexpected_index_list": numbers,
        f"{own}.unexpected_values": values,
    }
    return known(**_kwargs(one), severity=one.severity).judged(found)


def _of_none(rule: Rule) -> Any:
    """What Great Expectations says of a rule, of which it holds the rows that break it to none."""
    known = _known("expect_column_max_to_be_between")
    asked = known(column=rule.name, max_value=0, severity=rule.severity)
    return asked.judged({"column.max": rule.failing.height})


@cache
def _known(name: str) -> Any:
    """An expectation like the library's own that is handed its metrics.

    The library would look for them once for each expectation, and puts an expectation's
    configuration together whenever it reads one of its parameters.
    """
    from great_expectations.compatibility.pydantic import PrivateAttr  # noqa: PLC0415 - seconds
    from great_expectations.expectations.registry import get_expectation_impl  # noqa: PLC0415

    known: Any = get_expectation_impl(name)

    def configuration(self: Any) -> Any:
        if self._kept is None:
            self._kept = known.configuration.fget(self)
        return self._kept

    def judged(self: Any, found: Mapping[str, Any]) -> Any:
        form = {"result_format": "COMPLETE", "partial_unexpected_count": EXAMPLES}
        return self._build_evr(self._validate(found, {"result_format": form}))

    own = {
        "__module__": __name__,
        "_kept": PrivateAttr(None),
        "configuration": property(configuration),
        "judged": judged,
    }
    return type(known)(f"{known.__name__}Counted", (known,), own)


def _documented(outcome: Any, result: Result) -> dict[str, Any]:
    """A row of Data Docs, rendered by the library."""
    from great_expectations.render.renderer.content_block import (  # noqa: PLC0415
        validation_results_table_content_block as docs,
    )

    renderer: Any = docs.ValidationResultsTableContentBlockRenderer
    _, words, observed = renderer.render([outcome]).to_json_dict()["table"][0]
    return {
        "category": result.category,
        "severity": result.severity,
        "passed": result.passed,
        "asks": result.asks,
        "words": plain(words),
        "observed": plain(observed),
        "message": result.message,
    }


def plain(content: Any) -> str:
    """A piece of the library's rendered content as one line of text."""
    if isinstance(content, list):
        return " ".join(filter(None, map(plain, content)))
    if not isinstance(content, dict):
        return " ".join(str(content).split())
    if "string_template" in content:
        template = content["string_template"]
        params = {name: str(value) for name, value in (template.get("params") or {}).items()}
        return " ".join(Template(template["template"]).safe_substitute(params).split())
    if "table" in content:
        head = ", ".join(map(plain, content.get("header_row") or ()))
        return f"{head}: " + ", ".join(plain(row) for row in content["table"])
    return ""


def _of_rows(layer: str, table: str, rows: Rows, one: Expectation, outcome: Any) -> Result:
    result = outcome.result
    indexes = result.get("unexpected_index_list") or []
    examples = result.get("partial_unexpected_list") or []
    guidance = GUIDANCE[one.category]
    message = ""
    if not outcome.success:
        observed = result.get("observed_value")
        parts = [f"found {observed!r}"] if observed is not None else []
        if one.hidden:
            parts.append(HIDDEN)
        elif examples:
            parts.append("for example " + ", ".join(map(str, examples[:EXAMPLES])))
        if indexes and isinstance(indexes[0], int):
            parts.append("at " + _where(rows, indexes))
        message = "; ".join(parts) + ". " + guidance
    return Result(
        layer=layer,
        table=table,
        category=one.category,
        expectation=one.type,
        column=str(one.kwargs.get("column", "")),
        severity=one.severity,
        passed=bool(outcome.success),
        failing=int(result.get("unexpected_count") or (0 if outcome.success else 1)),
        message=message,
        asks=one.asks,
        guidance=guidance,
    )


def _of_rule(layer: str, table: str, rule: Rule) -> Result:
    failing = rule.failing.height
    message = ""
    if failing:
        more = f" and {failing - EXAMPLES} more" if failing > EXAMPLES else ""
        shown = HIDDEN if rule.hidden else f"{_rows(rule.failing)}{more}"
        message = f"{failing} against the rule that {rule.asks}: {shown}. {rule.todo}"
    return Result(
        layer=layer,
        table=table,
        category=rule.category,
        expectation=rule.name,
        column="",
        severity=rule.severity,
        passed=not failing,
        failing=failing,
        message=message,
        asks=rule.asks,
        guidance=rule.todo,
    )
