from dataclasses import replace

import numpy as np
import pytest

from pipeline.evidence.rows import Power
from pipeline.evidence.verdict import DEPENDS, INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED
from pipeline.evidence.within_rows import LeftOut, VarianceSplit
from pipeline.evidence.within_rules import (
    Answer,
    Setting,
    WithinEvidence,
    combined_rows,
    composition_rows,
    decide,
    reach_sentence,
    rules,
    sentence,
)
from tests.evidence.localities import SETTINGS as S

SPLIT = VarianceSplit(0.5, 0.5, 0.5, 1 / 3, 0.5, 0.31, 0.69, "profile")
ONE_YEAR = VarianceSplit(0.5, None, None, 0.5, None, None, None, "none")
SETTING = Setting(("leadership", "partnership"), 3, LeftOut(0, 0, 0), SPLIT)


def evidence(**changes: float) -> WithinEvidence:
    """Numbers that pass every rule for "supported", and changes to them."""
    numbers = {
        "w_star": 0.5,
        "w_low": 0.31,
        "w_high": 0.69,
        "slope": 0.3,
        "p": 0.01,
        "partial_r2": 0.08,
        "upper": 0.15,
    }
    return WithinEvidence(**{name: np.array([x]) for name, x in (numbers | changes).items()})


def verdict(e: WithinEvidence) -> str:
    return str(decide(rules(e, S))[0])


def said(e: WithinEvidence, setting: Setting = SETTING, *, back: bool = False) -> str:
    return sentence(e, rules(e, S), setting, S, reversed_=back, reach="Reach.")


def test_all_rules_together_support() -> None:
    assert verdict(evidence()) == SUPPORTED


@pytest.mark.parametrize(
    ("rule_id", "changes"),
    [
        ("w_star_low_above_min", {"w_low": 0.2}),
        ("w_star_low_above_min", {"w_low": np.nan, "w_high": np.nan}),
        ("slope_positive", {"slope": 0.0}),
        ("trajectory_p_below_alpha", {"p": 0.05}),
        ("partial_r2_at_least_min", {"partial_r2": 0.0199}),
    ],
)
def test_each_rule_alone_can_withhold_support(rule_id: str, changes: dict) -> None:
    checked = rules(evidence(**changes), S)
    assert str(decide(checked)[0]) == INCONCLUSIVE
    assert [r.rule_id for r in checked if not r.passed[0]] == [
        rule_id,
        "partial_r2_upper_below_min",
        "w_star_upper_below_min",
    ]


def test_either_bound_alone_says_not_supported() -> None:
    assert verdict(evidence(p=0.5, upper=0.0199)) == NOT_SUPPORTED
    assert verdict(evidence(p=0.5, upper=0.02)) == INCONCLUSIVE
    assert verdict(evidence(w_low=0.0, w_high=0.199)) == NOT_SUPPORTED
    assert verdict(evidence(w_low=0.0, w_high=0.2)) == INCONCLUSIVE


def test_thresholds_come_from_the_settings_and_outcomes_are_decided_one_by_one() -> None:
    e = WithinEvidence(
        **{name: np.repeat(getattr(evidence(), name), 2) for name in WithinEvidence.__annotations__}
    )
    e = replace(e, p=np.array([0.01, 0.04]))
    assert list(decide(rules(e, replace(S, alpha=0.02)))) == [SUPPORTED, INCONCLUSIVE]


def test_sentences_carry_the_numbers() -> None:
    text = said(evidence())
    assert "share one authority's plan and budget" in text
    assert "8.0% of the differences" in text
    assert "50.0% lie between localities of one authority (95% interval 31.0% to 69.0%)" in text
    text = said(evidence(p=0.4, partial_r2=0.004, upper=0.015))
    assert "rule out, at one-sided 95% confidence, a share above 1.5%" in text
    text = said(evidence(w_low=0.0, w_high=0.1))
    assert "less than 20.0% of the lasting differences" in text
    text = said(evidence(p=0.2, partial_r2=0.01))
    assert "cannot tell" in text
    assert "so much could be chance; the share of the differences" in text
    assert "Reach." in text


def test_a_clear_link_the_other_way_is_called_that() -> None:
    e = evidence(slope=-0.4, p=1.0, partial_r2=0.2, upper=0.0)
    assert verdict(e) == NOT_SUPPORTED
    text = said(e, back=True)
    assert "It is the other way round" in text
    assert "associated with a worse one, and 20.0%" in text
    # An index that fails on other authorities says nothing of the kind.
    assert "other way round" not in said(e)


def test_one_year_and_lone_localities_are_owned_up_to() -> None:
    setting = replace(SETTING, years=1, split=ONE_YEAR, left_out=LeftOut(7, 6, 2))
    text = said(evidence(w_low=np.nan, w_high=np.nan), setting)
    assert "The panel has one year only, so it cannot tell which differences last." in text
    assert "what share of the lasting differences lies within authorities" in text
    assert (
        "6 authority-years with a single locality have nothing to compare within and were left "
        "out, and 2 authorities had no other rows." in text
    )


def test_no_sentence_is_causal() -> None:
    for e, back in (
        (evidence(), False),
        (evidence(p=0.5), False),
        (evidence(p=0.5, upper=0.01), False),
        (evidence(w_low=0.0, w_high=0.1), False),
        (evidence(slope=-0.4, upper=0.0), True),
    ):
        text = said(e, back=back).lower()
        for word in ("caus", "because of", "leads to", "effect", "impact", "drive", "due to"):
            assert word not in text
        assert "associated" in text or "lasting differences" in text


def powers(mde: float | None) -> tuple[Power, ...]:
    return tuple(Power("composite", "", x, 0.5, 0.2, 0.3, mde) for x in (0.0, 0.1))


def test_reach_names_the_link_that_could_be_found() -> None:
    checked = rules(evidence(), S)
    assert "true link with 4.7% of the differences" in reach_sentence(powers(0.047), checked, S)
    assert "even a true link with 10.0%" in reach_sentence(powers(None), checked, S)
    assert reach_sentence((), checked, S) == ""
    blocked = rules(evidence(w_low=0.1), S)
    assert "could not support the claim" in reach_sentence(powers(None), blocked, S)


def test_one_row_a_rule() -> None:
    rows = composition_rows("composite", rules(evidence(w_low=np.nan), S), "text")
    found = {row.rule_id: (row.passed, row.value, row.threshold) for row in rows}
    assert found["w_star_low_above_min"] == (False, None, 0.2)
    assert found["partial_r2_at_least_min"] == (True, 0.08, 0.02)
    assert {row.part for row in rows} == {"within"}
    assert {row.verdict for row in rows} == {INCONCLUSIVE}


@pytest.mark.parametrize(
    ("composite", "indicators", "expected"),
    [
        ((SUPPORTED, 1.0), (SUPPORTED, 1.0), SUPPORTED),
        ((NOT_SUPPORTED, 1.0), (NOT_SUPPORTED, -1.0), DEPENDS),
        ((SUPPORTED, 1.0), (INCONCLUSIVE, 1.0), DEPENDS),
    ],
)
def test_compositions_must_agree(composite: tuple, indicators: tuple, expected: str) -> None:
    rows = combined_rows(
        Answer(*composite, slope=1.0, text="one"),
        Answer(*indicators, slope=indicators[1], text="two"),
        SETTING,
        S,
        "Reach.",
    )
    assert {row.verdict for row in rows} == {expected}
    if expected == DEPENDS:
        assert "depends on how the indicators are put together" in rows[0].sentence
        assert "Reach." in rows[0].sentence
    else:
        assert rows[0].sentence == "one"


def test_an_index_that_does_not_carry_over_goes_no_way() -> None:
    failing = Answer(INCONCLUSIVE, 1.0, -0.1, "two")
    holding = Answer(SUPPORTED, 1.0, 0.1, "one")
    text = combined_rows(holding, failing, SETTING, S, "")[0].sentence
    assert "'supported' (higher values go with a better outcome)" in text
    assert "(what was learned on other authorities does not carry over)" in text
