"""What a check says: what was asked, how much holds, what fails and what to do."""

from pipeline.checks.engine import Result
from pipeline.checks.suites import GUIDANCE
from pipeline.checks.words import ASKED, MOST, said


def result(column: str, passed: bool = True, **changed: object) -> Result:
    values = {
        "layer": "tidy",
        "table": "thing",
        "category": "values",
        "expectation": "expect_column_values_to_be_between",
        "column": column,
        "severity": "critical",
        "passed": passed,
        "failing": 0 if passed else 2,
        "message": ""
        if passed
        else f"for example 104.2; at file a.xls, row 12. {GUIDANCE['values']}",
        "asks": "every value is its own",
        "guidance": GUIDANCE["values"],
    }
    return Result(**(values | changed))  # type: ignore[arg-type]


def test_what_holds_says_what_was_asked() -> None:
    text = said([result("value"), result("share"), result("share")])
    assert text == "All 3 hold. Asked: value and share within declared bounds."


def test_what_fails_says_where_and_what_to_do() -> None:
    text = said([result("value", passed=False), result("share")])
    assert text.startswith("1 of 2 expectations does not hold.")
    assert (
        "- Value within declared bounds (stops what is downstream): 2 rows. "
        "for example 104.2; at file a.xls, row 12."
    ) in text
    assert text.count(GUIDANCE["values"]) == 1
    assert "What to do:" in text


def test_warnings_come_after_what_stops_and_the_rest_is_counted() -> None:
    failing = [result(f"c{i}", passed=False, severity="warning") for i in range(MOST + 1)]
    text = said([*failing, result("last", passed=False)])
    assert text.index("Last within") < text.index("C0 within")
    assert "2 more: see meta.check_results" in text
    assert "(shown only)" in text


def test_many_columns_are_cut() -> None:
    text = said([result(f"c{i}") for i in range(9)])
    assert "c5 and 3 more columns within declared bounds" in text


def test_nothing_asked_says_why() -> None:
    assert said([]).startswith("Not asked")


def test_a_rule_says_what_it_asks_itself() -> None:
    text = said([result("", expectation="rows_with_value", category="coverage")])
    assert "every value is its own" in text
    assert "rows_with_value" not in ASKED


def test_a_rule_that_fails_is_said_once() -> None:
    failing = result(
        "",
        passed=False,
        expectation="rows_with_value",
        message=f"2 against the rule that every value is its own: a 1. {GUIDANCE['values']}",
    )
    text = said([failing])
    assert "- Every value is its own (stops what is downstream): 2 rows. a 1." in text
    assert "against the rule" not in text
