"""The claim as a whole: both halves and every check for it, one half against it."""

from itertools import product

import pytest

from pipeline.evidence.overall import Check, overall
from pipeline.evidence.verdict import DEPENDS, INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED

BOTH: dict[str, str | None] = {"between": SUPPORTED, "within": SUPPORTED}
HOLDS = Check("placebos_clean", True, holds="Holds.", fails="Fails.", missing="Missing.")
FAILS = Check("one_sign", False, 0.6, 0.8, holds="Holds.", fails="Fails.", missing="Missing.")
UNMADE = Check("imputation_agrees", None, holds="Holds.", fails="Fails.", missing="Missing.")


def verdict(parts: dict[str, str | None], *checks: Check) -> str:
    return overall(parts, checks)[0].verdict


@pytest.mark.parametrize(
    ("between", "within"),
    list(product((SUPPORTED, INCONCLUSIVE, DEPENDS, NOT_SUPPORTED, None), repeat=2)),
)
@pytest.mark.parametrize("check", [HOLDS, FAILS, UNMADE])
def test_every_combination(between: str | None, within: str | None, check: Check) -> None:
    """One half against it is enough; for it both, and a check that was made and holds."""
    answers = (between, within)
    if NOT_SUPPORTED in answers:
        expected = NOT_SUPPORTED
    elif answers == (SUPPORTED, SUPPORTED) and check is HOLDS:
        expected = SUPPORTED
    else:
        expected = INCONCLUSIVE
    assert verdict({"between": between, "within": within}, check, HOLDS) == expected


def test_one_check_of_many_takes_it_back() -> None:
    assert verdict(BOTH, HOLDS, HOLDS) == SUPPORTED
    assert verdict(BOTH, HOLDS, FAILS, HOLDS) == INCONCLUSIVE
    assert verdict(BOTH, HOLDS, UNMADE) == INCONCLUSIVE


def test_a_caution_is_said_and_decides_nothing() -> None:
    caution = Check("strong_confounder", False, fails="Beware.", decides=False)
    rows = overall(BOTH, [HOLDS, caution])
    assert rows[0].verdict == SUPPORTED
    assert rows[0].sentence.endswith("Holds. Beware.")
    assert [(row.rule_id, row.passed) for row in rows][-1] == ("strong_confounder", False)


def test_there_is_a_row_for_each_criterion_with_its_numbers() -> None:
    rows = overall({"between": SUPPORTED, "within": INCONCLUSIVE}, [HOLDS, FAILS, UNMADE])
    assert [(r.rule_id, r.passed, r.value, r.threshold) for r in rows] == [
        ("between_supported", True, None, None),
        ("within_supported", False, None, None),
        ("placebos_clean", True, None, None),
        ("one_sign", False, 0.6, 0.8),
        ("imputation_agrees", False, None, None),
    ]
    assert {(r.part, r.composition) for r in rows} == {("overall", "both")}
    assert len({(r.verdict, r.sentence) for r in rows}) == 1


@pytest.mark.parametrize(
    ("parts", "checks", "expected"),
    [
        (
            BOTH,
            [HOLDS],
            "The claim is supported here, between authorities and inside them. Between "
            "authorities: supported; inside authorities: supported. Holds.",
        ),
        (
            BOTH,
            [FAILS],
            "The data here cannot decide the claim. Between authorities: supported; inside "
            "authorities: supported. Fails.",
        ),
        (
            {"between": NOT_SUPPORTED, "within": None},
            [UNMADE, Check("silent", None, holds="Holds.")],
            "The claim is not supported here. Between authorities: not supported; inside "
            "authorities: cannot be asked of these data. Missing.",
        ),
        (
            {"between": DEPENDS, "within": INCONCLUSIVE},
            [],
            "The data here cannot decide the claim. Between authorities: inconclusive: depends on "
            "how the block is composed; inside authorities: inconclusive.",
        ),
    ],
)
def test_the_sentence(parts: dict[str, str | None], checks: list[Check], expected: str) -> None:
    assert overall(parts, checks)[-1].sentence == expected
