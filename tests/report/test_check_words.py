"""What a check asked and found, in words."""

import pytest

from pipeline.report.check_words import asked, found, told

NAMES = {"R1H": "Barts Health NHS Trust"}
TODO = "The newest figures are unlike the ones before (meta.drift has every measure)."


def name(code: str) -> str:
    return NAMES.get(code, code)


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        ("areacd is filled", "Area code is filled"),
        ("authority_areacd is filled", "Authority area code is filled"),
        (r"areacd has the form ^E\d{8}$", "Area code has the form E and eight digits"),
        ("trust_weight is between 0 and 1.000000001", "Trust weight is between 0 and 1"),
        (
            "n_effective is between 0.999999999 and anything",
            "Effective number of answers is 1 or more",
        ),
        ("involves_staff__status is one of ok, c", "Involves staff: status is one of ok, c"),
        # What can be looked up keeps its name.
        ("every trust is in locality.trust_lineage", "Every trust is in locality.trust_lineage"),
        ("every outcome is in the framework (meta.indicator)",) * 2,
    ],
)
def test_asked(asks: str, said: str) -> None:
    assert asked(asks) == said[0].upper() + said[1:]


@pytest.mark.parametrize(
    ("observed", "expectation", "said"),
    [
        ("0", "totals_agree maximum value must be less than or equal to 0.0.", "None against it"),
        ("1200", "x maximum value must be less than or equal to 0.0.", "1,200 against it"),
        ("0", "Must have exactly 0 rows.", "0"),
        ("51727", "Must have exactly 51727 rows.", "51,727"),
        ("100% not null", "", "All filled"),
        ("0% unexpected", "", "None against it"),
        ("3.2% unexpected", "", "3.2% against it"),
        ("NaN% null", "", "No row to ask"),
        ("['areacd', 'org_code']", "", "area code and organisation code"),
        ("", "", "--"),
    ],
)
def test_found(observed: str, expectation: str, said: str) -> None:
    assert found(observed, expectation) == said


def test_a_figure_that_moved_is_told_with_its_place_and_periods() -> None:
    message = (
        "5 against the rule that no place moves far: measure line=public_health, "
        "measure=other_income, area_type=council, place E3620, period_before 2023-24, before 0, "
        "period_after 2024-25, after -5743; measure reason=transport, place R1H, period_before "
        "2025-04, before 3.9315, period_after 2025-05, after 7.88816e+06 and 3 more. " + TODO
    )
    assert told(message, name) == (
        "5 against 'No place moves far': E3620, public health, other income, council: 0 in "
        "2023-24, then \u22125,743 in 2024-25; Barts Health NHS Trust, transport: 3.93 in 2025-04, "
        "then 7,888,160 in 2025-05 and 3 more.",
        TODO,
    )


def test_other_rows_keep_their_values() -> None:
    message = (
        "1 against the rule that an estimate lies within its interval: spec_id "
        "districts_dementia, estimate 0.00263, ci_low -0.03. Read the interval."
    )
    assert told(message, name) == (
        "1 against 'An estimate lies within its interval': panel Dementia diagnosis in "
        "districts, estimate 0.00263, lower end of its interval \u22120.03.",
        "Read the interval.",
    )


@pytest.mark.parametrize(
    "message",
    [
        "found 12; for example X9; at file a_b.csv, row 3. Look at the file.",
        "not available",
    ],
)
def test_what_has_another_form_is_left_as_it_is(message: str) -> None:
    assert told(message, name) == (message, "")


def test_what_is_not_shown_stays_unshown() -> None:
    hidden = "5 against the rule that it holds: what they hold is not shown. Look."
    assert told(hidden, name) == ("5 against 'It holds': what they hold is not shown.", "Look.")
