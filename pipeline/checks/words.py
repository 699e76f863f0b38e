"""What a check says in Dagster's UI: what was asked, how much holds, what fails and what to do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.report.wording import capital, counted, joined, number

if TYPE_CHECKING:
    from pipeline.checks.engine import Result

MOST = 3
"""Failures that are told in full; ``meta.check_results`` has all of them."""
COLUMNS = 6
"""Columns that are named, at most."""

ASKED = {
    "expect_table_columns_to_match_ordered_list": "the columns are the declared ones, in order",
    "expect_column_values_to_be_unique": "no two rows share their key",
    "expect_compound_columns_to_be_unique": "no two rows share their key",
    "expect_column_values_to_not_be_null": "{columns} not empty where it may not be",
    "expect_column_values_to_be_null": "{columns} empty where the status says it is withheld",
    "expect_column_values_to_be_between": "{columns} within declared bounds",
    "expect_column_values_to_be_in_set": "{columns} one of the declared values",
    "expect_column_values_to_match_regex": "{columns} a well-formed code",
    "expect_table_row_count_to_equal": "as many rows as the releases declare",
    "expect_table_row_count_to_be_between": "at least one row",
}
"""What an expectation asks, in words."""


def said(results: Sequence["Result"]) -> str:
    """The description of a check's result, in Markdown.

    Args:
        results: what became of each of its expectations.
    """
    if not results:
        return "Not asked: the source is switched off, so its table is empty."
    failed = [one for one in results if not one.passed]
    asked = "; ".join(_asked(results))
    if not failed:
        held = "It holds" if len(results) == 1 else f"All {number(len(results))} hold"
        return f"{held}. Asked: {asked}."
    told = sorted(failed, key=lambda one: tuple(WEIGHTS).index(one.severity))
    lines = [
        f"{number(len(failed))} of {counted(len(results), 'expectation')} "
        f"{'does' if len(failed) == 1 else 'do'} not hold.",
        *(f"- {_failure(one)}" for one in told[:MOST]),
    ]
    if len(told) > MOST:
        lines.append(f"- {number(len(told) - MOST)} more: see meta.check_results.")
    todo = " ".join(dict.fromkeys(one.guidance for one in told[:MOST]))
    return "\n".join([*lines, "", f"What to do: {todo}", "", f"Asked: {asked}."])


def _asked(results: Sequence["Result"]) -> list[str]:
    """Each kind of expectation once, with the columns it was asked of."""
    kinds: dict[str, list[str]] = {}
    for one in results:
        # What has no words for its kind has its own: rules, and what is asked of a pair.
        kinds.setdefault(ASKED.get(one.expectation, one.asks), []).append(one.column)
    return [words.replace("{columns}", _columns(columns)) for words, columns in kinds.items()]


def _columns(names: Sequence[str]) -> str:
    own = list(dict.fromkeys(filter(None, names)))
    if len(own) > COLUMNS:
        return f"{', '.join(own[:COLUMNS])} and {counted(len(own) - COLUMNS, 'more column')}"
    return joined(own)


WEIGHTS = {
    "critical": "stops what is downstream",
    "warning": "shown only",
    "info": "worth knowing, and no fault",
}
"""Severity to what it does, the weightiest first."""


def _failure(one: "Result") -> str:
    asked = _asked([one])[0]
    weight = WEIGHTS[one.severity]
    message = one.message.removesuffix(one.guidance).strip()
    # A rule's message begins with the rule, which has just been said.
    message = message.partition(f" against the rule that {asked}: ")[2] or message
    rows = f"{counted(one.failing, 'row')}. " if one.failing else ""
    return f"{capital(asked)} ({weight}): {rows}{message}".rstrip()
