"""Running expectations. The only module that imports Great Expectations, and only when it runs.

The frames here are small enough for the pandas engine, which needs no patch of the library's
internals (see docs/decisions.md for the timings).
"""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import polars as pl

from pipeline.checks.suites import GUIDANCE, Expectation, Promise

EXAMPLES = 3
PLACES = (("file", "row"), ("check", "period", "area", "published", "computed"))
"""Columns that tell a person where a row is."""


@dataclass(frozen=True)
class Result:
    """What became of one expectation: a row of meta.check_results."""

    layer: str
    table: str
    category: str
    expectation: str
    column: str
    severity: str
    passed: bool
    failing: int
    message: str

    def row(self) -> dict[str, Any]:
        """The result as a plain dictionary."""
        return asdict(self)


@cache
def _context() -> Any:
    """One context for the process: each keeps a temporary folder until the end."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx  # noqa: PLC0415 - seconds to import
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _where(frame: pl.DataFrame, indexes: Sequence[int]) -> str:
    """File and row of the first failing rows, as far as the table knows them."""
    names = next((one for one in PLACES if set(one) <= set(frame.columns)), frame.columns[:2])
    places = [
        ", ".join(f"{name} {frame[index, name]}" for name in names) for index in indexes[:EXAMPLES]
    ]
    return "; ".join(places)


def _kwargs(one: Expectation) -> dict[str, Any]:
    kwargs = dict(one.kwargs)
    if one.only is not None:
        from great_expectations.expectations.row_conditions import Column  # noqa: PLC0415

        column, values = one.only
        kwargs["row_condition"] = Column(column).is_in(list(values))
    return kwargs


def _raised(info: dict[str, Any]) -> str:
    """The exception that kept an expectation from running, if any.

    The library gives one record, or one for each metric.
    """
    records = [info] if "raised_exception" in info else list(info.values())
    return "; ".join(
        str(record.get("exception_message")) for record in records if record.get("raised_exception")
    )


def run(layer: str, table: str, frame: pl.DataFrame, suite: Sequence[Expectation]) -> list[Result]:
    """Check a frame against expectations, one result each, in the suite's order.

    Raises:
        RuntimeError: an expectation could not be run at all; that is never a pass.
    """
    import great_expectations as gx  # noqa: PLC0415

    context = _context()
    batch = (
        context.data_sources.add_or_update_pandas("frames")
        .add_dataframe_asset(table)
        .add_batch_definition_whole_dataframe("whole")
        .get_batch(batch_parameters={"dataframe": frame.to_pandas()})
    )
    # The identifiers keep results in the order of the suite.
    expectations = [
        {"type": one.type, "kwargs": _kwargs(one), "id": str(number), "severity": one.severity}
        for number, one in enumerate(suite)
    ]
    validated = batch.validate(
        gx.ExpectationSuite(name=table, expectations=expectations),
        result_format={"result_format": "COMPLETE", "partial_unexpected_count": EXAMPLES},
    )
    found = {one.expectation_config.id: one for one in validated.results}
    results = []
    for number, one in enumerate(suite):
        outcome = found.get(str(number))
        problem = "it gave no result" if outcome is None else _raised(outcome.exception_info)
        if outcome is None or problem:
            raise RuntimeError(f"{layer}.{table}: {one.type} {one.kwargs} could not run: {problem}")
        result = outcome.result
        indexes = result.get("unexpected_index_list") or []
        examples = result.get("partial_unexpected_list") or []
        message = ""
        if not outcome.success:
            observed = result.get("observed_value")
            parts = [f"found {observed!r}"] if observed is not None else []
            if examples:
                parts.append("for example " + ", ".join(map(str, examples[:EXAMPLES])))
            if indexes and isinstance(indexes[0], int):
                parts.append("at " + _where(frame, indexes))
            message = "; ".join(parts) + ". " + GUIDANCE[one.category]
        results.append(
            Result(
                layer=layer,
                table=table,
                category=one.category,
                expectation=one.type,
                column=str(one.kwargs.get("column", "")),
                severity=one.severity,
                passed=bool(outcome.success),
                failing=int(result.get("unexpected_count") or (0 if outcome.success else 1)),
                message=message,
            )
        )
    return results


def keep_promise(layer: str, frame: pl.DataFrame, promise: Promise) -> Result:
    """Whether enough rows have what a promise says."""
    rows = frame.filter(
        pl.all_horizontal(pl.col(name).is_not_null() for name in promise.filled),
        pl.col("year").is_between(*promise.years),
    ).height
    passed = rows >= promise.rows
    return Result(
        layer=layer,
        table=promise.table,
        category="coverage",
        expectation="rows_with_" + "_and_".join(promise.filled),
        column="",
        severity="critical",
        passed=passed,
        failing=0 if passed else promise.rows - rows,
        message=""
        if passed
        else f"{promise.why} Expected at least {promise.rows} rows, found {rows}. "
        + GUIDANCE["coverage"],
    )
