"""The table of checks: what was found reads as the rule read it."""

from types import SimpleNamespace
from typing import Any, cast

from pipeline.report import stability
from pipeline.report.read import Analysis, Names

SPECIFICATIONS = {
    "kind": "multiverse",
    "part": "between",
    "detail": "share of specifications with the commoner sign, 9 specifications; the interval is "
    "that of a null world",
    "estimate": 0.7967,
    "ci_low": 0.508,
    "ci_high": 0.990,
    "passes": False,
    "why_not": None,
}


def found(**own: Any) -> list[str]:
    panel = SimpleNamespace(
        results={"robustness": [SPECIFICATIONS | own]},
        settings={"multiverse": {"same_sign": 0.8}},
    )
    names = cast("Names", SimpleNamespace(of=lambda code: code))
    passed = (SPECIFICATIONS | own)["passes"] is True
    table = stability.checks(cast("Analysis", panel), names, {}, passed=passed)
    assert table
    assert not stability.checks(cast("Analysis", panel), names, {}, passed=not passed)
    return [f"{one.text} {one.note}".strip() for one in table.rows[0][1:]]


def test_a_share_just_short_of_the_least_does_not_read_as_met() -> None:
    assert found()[1:] == ["79.7% interval 51% to 99%", "No: failed"]
    assert found(estimate=0.8, passes=True)[1:] == ["80% interval 51% to 99%", "Yes: passed"]


def test_an_interval_is_shown_where_it_is_named_and_in_plain_words() -> None:
    assert found()[0].endswith("the interval is what chance alone gives where there is no lead")
    assert found(ci_low=None, ci_high=None)[1] == "79.7%"
