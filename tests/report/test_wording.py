"""Numbers and names as a reader wants them."""

from dataclasses import asdict

import pytest

from pipeline.report import wording
from pipeline.report.basis import thinned
from pipeline.report.setting_words import OWN, WORDS, said
from pipeline.rounding import MOST, decimals
from pipeline.study.framework import framework, load


@pytest.mark.parametrize(
    ("value", "digits", "signed", "text"),
    [
        (1234.5, 0, False, "1,234"),
        (-0.04, 1, False, "0.0"),
        (-0.04, 1, True, "0.0"),
        (-0.06, 1, False, "−0.1"),
        (0.06, 1, True, "+0.1"),
        (0, 0, True, "0"),
    ],
)
def test_number(value: float, digits: int, signed: bool, text: str) -> None:
    assert wording.number(value, digits, signed) == text


@pytest.mark.parametrize(
    ("text", "short"), [("2.00", "2"), ("0.050", "0.05"), ("10", "10"), ("0.00", "0")]
)
def test_trimmed(text: str, short: str) -> None:
    assert wording.trimmed(text) == short


def test_years() -> None:
    assert wording.financial_year(2012) == "2012-13"
    assert wording.financial_year(1999) == "1999-00"
    assert wording.year_span("2012-2017") == "2012-13 to 2017-18"
    assert wording.year_span("2012-2012") == "2012-13"
    assert wording.year_span("all") == "all"


def test_short_name() -> None:
    assert wording.short("councils_delayed_transfers") == "Delayed transfers in councils"
    assert wording.short("councils_in_a_test") == "Councils in a test"


def test_every_panel_has_a_short_name_of_its_own() -> None:
    # As declared: small runs of the tests take panels out of what is loaded.
    assert list(wording.PANELS) == list(load().panels)
    assert len(set(wording.PANELS.values())) == len(wording.PANELS)
    assert all(len(name) < 32 for name in wording.PANELS.values())


def test_true_minus_signs_stand_before_numbers_only() -> None:
    found = wording.minus("a lead of -1.3 (-4.6 to 2012-13), E-7 and well-being")
    assert found == "a lead of −1.3 (−4.6 to 2012-13), E-7 and well-being"


def test_moment() -> None:
    assert wording.moment("2026-11-03T09:05:00+00:00") == "3 November 2026 at 09:05 UTC"


@pytest.mark.parametrize(
    ("register", "name"),
    [
        ("ST GEORGE'S OF THE WEST NHS TRUST", "St George's of the West NHS Trust"),
        ("STOKE-ON-TRENT NHS TRUST", "Stoke-on-Trent NHS Trust"),
        ("THE ROYAL TRUST", "The Royal Trust"),
        ("Barts Health NHS Trust", "Barts Health NHS Trust"),
    ],
)
def test_organisation(register: str, name: str) -> None:
    assert wording.organisation(register) == name


def test_coalition() -> None:
    assert wording.coalition("leadership+partnership+budgets") == (
        "Leadership, partnership and budgets"
    )
    assert wording.coalition("controls") == "Need and circumstance alone"


def test_method_of_an_interval() -> None:
    assert wording.method("percentile bootstrap, 1999 draws of authorities").startswith(
        "drawing each council again at random, 1,999 times"
    )
    assert wording.method("jackknife-t, delete-one-authority", "board") == (
        "leaving out each board in turn"
    )
    assert wording.method("none: one year") == "no interval can be given: one year"
    assert wording.method("something new") == "something new"


@pytest.mark.parametrize(
    ("share", "least", "said"),
    [
        (0.7964, 0.8, "79.6%"),
        (0.7967, 0.8, "79.7%"),
        (0.79996, 0.8, "79.996%"),
        (0.8, 0.8, "80%"),
        (0.8004, 0.8, "80.04%"),
        (0.79, 0.8, "79%"),
        (0.004, 0.0, "under 1%"),
        (0.0, 0.0, "0%"),
        (0.9963, 0.0, "over 99%"),
        (1 - 1e-12, 0.0, "100%"),
    ],
)
def test_a_part_reads_as_none_all_or_enough_only_where_it_is(
    share: float, least: float, said: str
) -> None:
    assert wording.part(share, least) == said


@pytest.mark.parametrize(
    ("value", "threshold", "fewest", "told"),
    [
        (79.64, 80.0, 0, "79.6"),
        (79.96, 80.0, 0, "79.96"),
        (80.4, 80.0, 0, "80.4"),
        (80.0, 80.0, 0, "80"),
        (0.04996, 0.05, 3, "0.04996"),
        (0.051, 0.05, 3, "0.051"),
        (-0.004, 0.0, 2, "-0.004"),
        (1.999, 2.0, 2, "1.999"),
        (79.45, 79.5, 0, "79"),
    ],
)
def test_a_figure_beside_its_threshold_stays_on_its_own_side(
    value: float, threshold: float, fewest: int, told: str
) -> None:
    said = f"{value:.{decimals(value, threshold, fewest)}f}"
    assert said == told
    assert (float(said) < threshold, float(said) > threshold) == (
        value < threshold,
        value > threshold,
    )


def test_what_is_closer_than_the_most_decimals_ends() -> None:
    assert decimals(80.0 - 1e-9, 80.0, 0) == MOST


def test_a_part_with_decimals() -> None:
    assert wording.part(2 / 10_080, digits=1) == "under 0.1%"
    assert wording.part(10_078 / 10_080, digits=1) == "over 99.9%"
    assert wording.part(0.9966, digits=1) == "99.7%"


def test_thinning_reads_the_steps() -> None:
    assert thinned("councils: all: 912; with it: 906") == [("councils: all", 912), ("with it", 906)]


def test_every_setting_of_the_test_has_words_and_none_is_left_over() -> None:
    settings = asdict(framework().test)
    parts = {name: own for name, own in settings.items() if isinstance(own, dict)}
    of_all = settings.keys() - parts.keys()
    named = {(part, name) for part, own in parts.items() for name in own}
    assert {name for _, name in named} | of_all == set(WORDS)
    assert set(OWN) <= named
    assert said("within", "alpha") != said("guards", "alpha")


def test_a_text_is_split_where_sentences_end() -> None:
    text = "A lead of 2.2 (interval \u22121.0 to 3.0). With every indicator, 0.1. 27 authorities."
    assert wording.sentences(text) == [
        "A lead of 2.2 (interval \u22121.0 to 3.0).",
        "With every indicator, 0.1.",
        "27 authorities.",
    ]
