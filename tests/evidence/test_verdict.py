from dataclasses import replace

import numpy as np
import pytest

from pipeline.evidence.verdict import (
    DEPENDS,
    INCONCLUSIVE,
    NOT_SUPPORTED,
    SUPPORTED,
    Evidence,
    Sides,
    combined_rows,
    composition_rows,
    decide,
    reach_sentence,
    rules,
    sentence,
    unmeasured_note,
)
from tests.evidence.worlds import SETTINGS

S = SETTINGS
SIDES = Sides(
    ("leadership", "partnership"), ("leadership", "partnership"), ("plans", "budgets"), ("budgets",)
)


def evidence(**changes: float) -> Evidence:
    """Numbers that pass every rule for "supported", and changes to them."""
    numbers = {
        "delta": 0.10,
        "ci_low": 0.03,
        "ci_high": 0.17,
        "upper": 0.16,
        "loao_p": 0.01,
        "q2_h": 0.3,
        "q2_controls": 0.2,
        "delta_forward": 0.05,
        "v_h": 0.12,
        "v_b": 0.02,
    }
    return Evidence(**{name: np.array([x]) for name, x in (numbers | changes).items()})


def verdict(e: Evidence) -> str:
    return str(decide(rules(e, S))[0])


def test_all_rules_together_support() -> None:
    assert verdict(evidence()) == SUPPORTED


@pytest.mark.parametrize(
    ("rule_id", "changes"),
    [
        ("ci_low_above_zero", {"ci_low": 0.0}),
        ("delta_at_least_min", {"delta": 0.019}),
        ("loao_p_below_alpha", {"loao_p": 0.05}),
        ("q2_h_above_controls", {"q2_h": 0.2}),
        ("forward_lead_positive", {"delta_forward": 0.0}),
        ("forward_lead_positive", {"delta_forward": np.nan}),
    ],
)
def test_each_rule_alone_can_withhold_support(rule_id: str, changes: dict) -> None:
    e = evidence(**changes)
    assert verdict(e) == INCONCLUSIVE
    assert [r.rule_id for r in rules(e, S) if not r.passed[0]] == [
        rule_id,
        "upper_bound_below_equivalence",
    ]


def test_thresholds_are_inclusive_or_not_as_registered() -> None:
    assert verdict(evidence(delta=0.02)) == SUPPORTED
    assert verdict(evidence(ci_low=-0.1, upper=0.0499)) == NOT_SUPPORTED
    assert verdict(evidence(ci_low=-0.1, upper=0.05)) == INCONCLUSIVE
    assert verdict(evidence(delta=0.03, ci_low=0.01, upper=0.045)) == SUPPORTED


def test_thresholds_come_from_the_settings() -> None:
    s = replace(SETTINGS, delta_min=0.2, equivalence_upper=0.17)
    assert str(decide(rules(evidence(), s))[0]) == NOT_SUPPORTED


def test_many_outcomes_are_decided_each_on_its_own() -> None:
    cases = [{}, {"ci_low": -0.1}, {"ci_low": -0.1, "upper": 0.01}]
    pairs = [evidence(**c) for c in cases]
    fields = Evidence.__annotations__
    stacked = Evidence(
        **{name: np.concatenate([getattr(e, name) for e in pairs]) for name in fields}
    )
    assert list(decide(rules(stacked, S))) == [SUPPORTED, INCONCLUSIVE, NOT_SUPPORTED]


def said(e: Evidence, mde: float | None = None, searched_to: float | None = None) -> str:
    return sentence(e, rules(e, S), SIDES, S, reach_sentence(mde, searched_to, S))


def test_sentences_carry_the_numbers() -> None:
    text = said(evidence())
    assert "10.0 percentage points" in text
    assert "3.0 to 17.0" in text
    text = said(evidence(delta=-0.01, ci_low=-0.04, upper=0.012))
    assert "do not predict the outcome better" in text
    assert "estimated lead is -1.0" in text
    assert "rule out, at one-sided 95% confidence, a lead above 1.2" in text
    assert "other way round" not in text
    text = said(evidence(delta=-0.2, ci_low=-0.3, ci_high=-0.1, upper=-0.12))
    assert "measures of budgets are associated with 20.0 percentage points more" in text
    assert "10.0 to 30.0" in text
    text = said(evidence(ci_low=-0.02, delta_forward=-0.1), mde=0.087)
    assert "cannot tell" in text
    assert "8.7 points" in text
    assert "the interval reaches zero; there is no lead in predicting a later year" in text
    assert "even a true lead of 20.0 points" in said(evidence(ci_low=-0.02), searched_to=0.2)


def test_no_sentence_is_causal_and_all_name_what_is_unmeasured() -> None:
    for e in (evidence(), evidence(ci_low=-1), evidence(ci_low=-1, upper=0.0)):
        text = said(e).lower()
        for word in ("caus", "because of", "leads to", "effect", "impact", "drive", "due to"):
            assert word not in text
        assert (
            "no measure of plans could be used here, so budgets alone stood for plans and budgets"
            in text
        )


def test_a_null_with_nothing_on_either_side_owns_up_to_its_width() -> None:
    weak = evidence(delta=0.0, ci_low=-0.02, upper=0.02, v_h=0.004, v_b=0.004)
    assert "too wide rather than" in said(weak)
    assert "too wide rather than" not in said(replace(weak, v_b=np.array([0.1])))


def test_what_is_not_measured_is_named() -> None:
    note = unmeasured_note(("leadership", "partnership"), ("leadership",))
    assert note == (
        "No measure of partnership could be used here, so leadership alone stood for leadership "
        "and partnership."
    )
    assert unmeasured_note(("plans", "budgets"), ("plans", "budgets")) == ""


def test_one_row_a_rule_with_value_and_threshold() -> None:
    e = evidence(delta_forward=np.nan)
    rows = composition_rows("composite", rules(e, S), "text")
    found = {row.rule_id: (row.passed, row.value, row.threshold) for row in rows}
    assert found["q2_h_above_controls"] == (True, 0.3, 0.2)
    assert found["forward_lead_positive"] == (False, None, 0.0)
    assert found["upper_bound_below_equivalence"] == (False, 0.16, 0.05)
    assert {row.verdict for row in rows} == {INCONCLUSIVE}


@pytest.mark.parametrize(
    ("composite", "indicators", "expected"),
    [
        ((SUPPORTED, 0.1), (SUPPORTED, 0.2), SUPPORTED),
        ((INCONCLUSIVE, -0.1), (INCONCLUSIVE, -0.2), INCONCLUSIVE),
        ((INCONCLUSIVE, 0.1), (INCONCLUSIVE, -0.2), DEPENDS),
        ((SUPPORTED, 0.1), (INCONCLUSIVE, 0.2), DEPENDS),
    ],
)
def test_compositions_must_agree(composite: tuple, indicators: tuple, expected: str) -> None:
    rows = combined_rows((*composite, "one"), (*indicators, "two"), SIDES, "Reach.")
    assert {row.verdict for row in rows} == {expected}
    assert {row.composition for row in rows} == {"both"}
    if expected == DEPENDS:
        assert "depends on how the indicators are put together" in rows[0].sentence
        assert "Reach. No measure of plans" in rows[0].sentence
    else:
        assert rows[0].sentence == "one"
