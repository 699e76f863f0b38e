"""Running expectations. The only module that imports Great Expectations, and only when it runs.

Tables go to the library's pandas engine, which needs no patch of its internals (see
docs/decisions.md for the timings).
"""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from string import Template
from typing import Any

import polars as pl

from pipeline.checks.pieces import CELLS, NUMBER, held, joined, pieces, shortened
from pipeline.checks.rules import Rule
from pipeline.checks.suites import GUIDANCE, Expectation
from pipeline.tables import Rows, height

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


@cache
def _frames() -> Any:
    """Where every frame is validated, one for the process.

    A context keeps a temporary folder until the end, and writes itself down at each new table.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx  # noqa: PLC0415 - seconds to import
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    frames = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return frames.add_batch_definition_whole_dataframe("whole")


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


def _raised(info: dict[str, Any]) -> str:
    """The exception that kept an expectation from running, if any.

    The library gives one record, or one for each metric.
    """
    records = [info] if "raised_exception" in info else list(info.values())
    return "; ".join(
        str(record.get("exception_message")) for record in records if record.get("raised_exception")
    )


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
    if isinstance(rows, pl.LazyFrame):
        outcomes = _in_pieces(about, rows, suite)
    else:
        outcomes = _validated(about, rows, suite)
    results = [_of_rows(layer, table, rows, *pair) for pair in zip(suite, outcomes, strict=True)]
    for one, outcome in zip(suite, outcomes, strict=True):
        if one.hidden:
            for name in ("partial_unexpected_list", "partial_unexpected_counts", "unexpected_list"):
                outcome.result.pop(name, None)
    outcomes += _held(about, rules)
    results += [_of_rule(layer, table, one) for one in rules]
    documented = [_documented(*row) for row in zip(outcomes, results, strict=True)]
    return Checked(results, documented)


def run(layer: str, table: str, rows: Rows, suite: Sequence[Expectation]) -> list[Result]:
    """The results of a suite alone."""
    return check(layer, table, rows, suite).results


_none: dict[tuple[str, str, int], Any] = {}
"""What was found of a rule by its name, severity and rows that break it: nothing else matters."""


def _held(about: str, rules: Sequence[Rule]) -> list[Any]:
    """What Great Expectations found of rules, of which it holds the rows that break them to none.

    Most tables are held to rules of the same names, which nothing breaks: each is asked once.
    """
    keys = [(one.name, one.severity, one.failing.height) for one in rules]
    new = {key: one for key, one in zip(keys, rules, strict=True) if key not in _none}
    if new:
        # A frame of one row holds how many rows break each rule.
        broken = pl.DataFrame({one.name: [one.failing.height] for one in new.values()})
        none = [
            Expectation(
                "expect_column_max_to_be_between",
                {"column": one.name, "max_value": 0},
                one.category,
                severity=one.severity,
            )
            for one in new.values()
        ]
        _none.update(zip(new, _validated(about, broken, none), strict=True))
    return [_none[key] for key in keys]


@cache
def _kind(name: str) -> str:
    """The name of an expectation like the library's own that keeps its configuration.

    The library puts the configuration together some hundred times an expectation, which takes a
    quarter of the time, and finds the values of failing rows where none fails.
    """
    from great_expectations.compatibility.pydantic import PrivateAttr  # noqa: PLC0415
    from great_expectations.expectations.registry import get_expectation_impl  # noqa: PLC0415

    known: Any = get_expectation_impl(name)

    def configuration(self: Any) -> Any:
        if self._kept is None:
            self._kept = known.configuration.fget(self)
            # The library makes an expectation of it anew for every metric.
            self._kept.to_domain_obj = lambda: self
        return self._kept

    def needs(self: Any, *given: Any, **named: Any) -> Any:
        found = known.get_validation_dependencies(self, *given, **named)
        values = f"{getattr(known, 'map_metric', '')}.unexpected_values"
        # At first it is only asked how many rows fail.
        if (
            found.result_format["result_format"] == "BASIC"
            and values in found.metric_configurations
        ):
            found.remove_metric_configuration(values)
        return found

    own = {
        "__module__": __name__,
        "_kept": PrivateAttr(None),
        "configuration": property(configuration),
        "get_validation_dependencies": needs,
    }
    kept: Any = type(known)(f"{known.__name__}Kept", (known,), own)
    return str(kept.expectation_type)


def _asked(suite: Sequence[Expectation]) -> set[str]:
    """The columns whose values a suite asks about."""
    found = {one.only[0] for one in suite if one.only is not None}
    for one in suite:
        if one.type.startswith("expect_table_"):
            continue
        found |= {str(one.kwargs[n]) for n in ("column", "column_A", "column_B") if n in one.kwargs}
        found |= set(one.kwargs.get("column_list", ()))
    return found


def _pandas(frame: pl.DataFrame, asked: set[str]) -> Any:
    """A frame for the library, which copies all of it for every expectation.

    Text is held as numbers of its values, whole numbers in the width that the library compares at
    once, and in place of a column that nothing asks about there are zeros.
    """

    def cheap(name: str, kind: pl.DataType) -> pl.Expr:
        if name not in asked and name != NUMBER:
            return pl.lit(0, pl.Int8).alias(name)
        if kind == pl.String:
            return pl.col(name).cast(pl.Categorical)
        return pl.col(name).cast(pl.Int64) if kind.is_integer() else pl.col(name)

    cheaper = frame.with_columns(cheap(*one) for one in frame.schema.items()).to_pandas()
    # An index without a name, which the library gives back as it is.
    return cheaper.set_index(NUMBER).rename_axis(None) if NUMBER in frame.columns else cheaper


def _in_pieces(about: str, rows: pl.LazyFrame, suite: Sequence[Expectation]) -> list[Any]:
    """What Great Expectations found of a table that is never held as a whole."""
    schema, asked = rows.collect_schema(), _asked(suite)
    found: dict[int, Any] = {}

    def ask(frame: pl.DataFrame, prefix: str) -> None:
        own = [number for number, one in enumerate(suite) if one.type.startswith(prefix)]
        found.update(zip(own, _validated(about, frame, [suite[n] for n in own]), strict=True))

    ask(rows.clear().collect(), "expect_table_columns_")
    ask(pl.select(rows=pl.repeat(0, height(rows), dtype=pl.Int8)), "expect_table_row_count_")
    each = [number for number in range(len(suite)) if number not in found]
    # What has empty cells anywhere is shown as in a table that is held as a whole.
    whole = [name for name in schema.names() if name in asked and schema[name].is_integer()]
    empty = rows.select(pl.col(whole).has_nulls()).collect()
    own = rows.select(asked).with_columns(
        pl.col(name).cast(pl.Float64) for name in whole if empty[name].item()
    )
    parts = [
        [shortened(one) for one in _validated(about, piece, [suite[n] for n in each])]
        for piece in pieces(own, _key(about, suite))
    ]
    found |= {
        number: joined(outcomes, EXAMPLES)
        for number, outcomes in zip(each, zip(*parts, strict=True), strict=True)
    }
    return [found[number] for number in range(len(suite))]


def _key(about: str, suite: Sequence[Expectation]) -> list[str]:
    """The columns that no two rows share, by which a table is taken apart.

    Raises:
        ValueError: the suite has no such columns, or several.
    """
    keys = [
        list(one.kwargs.get("column_list") or [one.kwargs["column"]])
        for one in suite
        if one.type.endswith("_to_be_unique")
    ]
    if len(keys) != 1:
        raise ValueError(
            f"{about}: a table of more than {CELLS:,} cells needs one key, and it has {len(keys)}"
        )
    return keys[0]


def _validated(about: str, frame: pl.DataFrame, suite: Sequence[Expectation]) -> list[Any]:
    """What Great Expectations found, in the suite's order."""
    if not suite:
        return []
    import great_expectations as gx  # noqa: PLC0415
    from great_expectations.validator.v1_validator import Validator  # noqa: PLC0415

    whole = _pandas(frame, _asked(suite))
    # A batch's own ``validate`` would take the frame, and a digest of it, once more each time.
    validator = Validator(batch_definition=_frames(), batch_parameters={"dataframe": whole})
    # The identifiers keep results in the order of the suite.
    expectations = {
        str(number): {
            "type": _kind(one.type),
            "kwargs": _kwargs(one),
            "id": str(number),
            "severity": one.severity,
        }
        for number, one in enumerate(suite)
    }

    def validate(form: str, wanted: dict[str, dict[str, Any]]) -> Any:
        validator.result_format = {"result_format": form, "partial_unexpected_count": EXAMPLES}
        return validator.validate_expectation_suite(
            gx.ExpectationSuite(name=about, expectations=list(wanted.values()))
        )

    # Which rows fail is asked only of what fails: it takes most of the time.
    validated = validate("BASIC", expectations)
    found = {one.expectation_config.id: one for one in validated.results}
    failed = {name: expectations[name] for name, one in found.items() if not one.success}
    if failed:
        again = validate("COMPLETE", failed)
        found |= {one.expectation_config.id: one for one in again.results}
    outcomes = []
    for number, one in enumerate(suite):
        outcome = found.get(str(number))
        problem = "it gave no result" if outcome is None else _raised(outcome.exception_info)
        if outcome is None or problem:
            raise RuntimeError(f"{about}: {one.type} {one.kwargs} could not run: {problem}")
        outcomes.append(outcome)
    return outcomes


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
