"""What drives the outcome: leadership above all, need and circumstance, hardly any budgets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.sample.carry import Carrier
from pipeline.sample.money import TRUST_YEARS, Money
from pipeline.sample.money import YEARS as MONEY_YEARS
from pipeline.sample.people import YEARS as PEOPLE_YEARS
from pipeline.sample.people import People
from pipeline.sample.places import Places

TARGET_DELTA = 0.25
"""What leadership adds to the explained variance of the outcome, less what budgets add."""

PANEL_YEARS = range(2012, 2018)
YEARS = range(2011, 2019)
LAG = 1

RURAL_YEAR = 2020
"""Rural shares of councils are published once, weighted by the people of this year."""

NEED_EFFECT = {
    "aged_65_plus_share": 0.30,
    "deprivation": 0.35,
    "rural_share": 0.20,
    "population_log": -0.10,
}
CLASS_EFFECT = {"SC": 0.15, "UA": 0.0, "MD": -0.10, "L": -0.25}
YEAR_EFFECT = dict(zip(YEARS, (-0.30, -0.35, -0.30, 0.05, 0.20, 0.45, 0.15, -0.20), strict=True))
"""How the circumstances weigh against each other; their scale follows from the noise."""
PARTNERSHIP_EFFECT = 0.10
BUDGETS_EFFECT = 0.03
NOISE_SHARE = 0.30
"""Share of the outcome's variance that nothing explains."""
LASTING_NOISE = 0.55
"""Share of the noise that stays with a council; the rest comes anew each year."""

RATE_MEAN = 3600.0
RATE_DEVIATION = 850.0
RATE_FLOOR = 400.0


@dataclass(frozen=True)
class Outcome:
    """The outcome, and what it was made of.

    Attributes:
        rate: council by year of ``YEARS``: delayed days a year per 100,000 adults.
        coefficients: effect on the outcome, in deviations, of one deviation of each driver.
        v_leadership, v_budgets: what each adds to the explained variance of the panel as drawn,
            with true values, beyond the controls.
        r2_controls: what the controls explain by themselves.
    """

    rate: np.ndarray
    coefficients: dict[str, float]
    v_leadership: float
    v_budgets: float
    r2_controls: float

    @property
    def delta(self) -> float:
        """v(leadership) less v(budgets)."""
        return self.v_leadership - self.v_budgets


def standard(values: np.ndarray) -> np.ndarray:
    """Mean 0, standard deviation 1."""
    scaled: np.ndarray = (values - values.mean()) / values.std()
    return scaled


def fitted(outcome: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The part of an outcome that columns and a constant explain."""
    design = np.column_stack([np.ones(len(outcome)), columns])
    values: np.ndarray = design @ np.linalg.lstsq(design, outcome, rcond=None)[0]
    return values


def explained(outcome: np.ndarray, columns: np.ndarray) -> float:
    """Share of an outcome's variance that columns and a constant explain."""
    return float(np.var(fitted(outcome, columns)) / np.var(outcome))


def build(
    places: Places,
    people: People,
    money: Money,
    carrier: Carrier,
    *,
    exposure: np.ndarray,
    partnership: np.ndarray,
    target_delta: float,
    rng: np.random.Generator,
) -> Outcome:
    """The outcome of one world.

    Args:
        exposure: council by year of ``TRUST_YEARS``: true leadership.
        partnership: council: true partnership.
        target_delta: population value of v(leadership) less v(budgets).
    """
    count = len(places.councils)
    before = [year - LAG for year in YEARS]
    in_panel = [number for number, year in enumerate(before) if year in PANEL_YEARS]

    def panel(values: np.ndarray) -> np.ndarray:
        """Council by year of ``YEARS`` to the panel's rows, year under year."""
        rows: np.ndarray = values[:, in_panel].T.ravel()
        return rows

    def scaled(values: np.ndarray) -> np.ndarray:
        """In deviations from the panel's mean."""
        deviations: np.ndarray = (values - panel(values).mean()) / panel(values).std()
        return deviations

    need = np.array([_need(places, people, year) for year in before]).transpose(2, 1, 0)
    classes = np.array([council.finance_class for council in places.councils])
    circumstance = (
        sum(e * scaled(one) for e, one in zip(NEED_EFFECT.values(), need, strict=True))
        + np.array([CLASS_EFFECT[letters] for letters in classes])[:, None]
        + np.array([*YEAR_EFFECT.values()])
    )
    circumstance = circumstance - panel(circumstance).mean()
    led = scaled(exposure[:, [year - TRUST_YEARS.start for year in before]])
    budgets = scaled(_budgets(places, people, money, carrier, before))
    together = np.repeat(partnership[:, None], len(YEARS), axis=1)

    years = np.repeat(in_panel, count)
    controls = np.column_stack(
        [
            *(panel(one) for one in need),
            *(np.tile(classes == kind, len(in_panel)) for kind in list(CLASS_EFFECT)[1:]),
            *(years == year for year in in_panel[1:]),
        ]
    ).astype(float)
    minor = -PARTNERSHIP_EFFECT * together - BUDGETS_EFFECT * budgets
    effect, scale = _calibrated(
        panel(circumstance),
        panel(minor),
        panel(led),
        budgets=panel(budgets),
        controls=controls,
        target_delta=target_delta,
    )

    lasting = np.sqrt(NOISE_SHARE * LASTING_NOISE)
    yearly = np.sqrt(NOISE_SHARE * (1 - LASTING_NOISE))
    noise = lasting * standard(rng.normal(size=count))[:, None] + yearly * np.column_stack(
        [standard(rng.normal(size=count)) for _ in YEARS]
    )
    outcome = scale * circumstance - effect * led + minor + noise
    rate = np.round(np.maximum(RATE_MEAN + RATE_DEVIATION * outcome, RATE_FLOOR), 6)

    base = explained(panel(rate), controls)
    v_leadership, v_budgets = (
        explained(panel(rate), np.column_stack([controls, panel(block)])) - base
        for block in (led, budgets)
    )
    effects = {
        "leadership": -effect,
        "partnership": -PARTNERSHIP_EFFECT,
        "budgets": -BUDGETS_EFFECT,
        **{name: scale * value for name, value in NEED_EFFECT.items()},
        **{f"class_{letters}": scale * value for letters, value in CLASS_EFFECT.items()},
        **{f"outcome_year_{year}": scale * value for year, value in YEAR_EFFECT.items()},
        "noise_lasting": lasting,
        "noise_yearly": yearly,
    }
    coefficients = {name: round(float(value), 6) for name, value in effects.items()}
    return Outcome(rate, coefficients, v_leadership, v_budgets, base)


def _calibrated(
    circumstance: np.ndarray,
    minor: np.ndarray,
    leadership: np.ndarray,
    *,
    budgets: np.ndarray,
    controls: np.ndarray,
    target_delta: float,
) -> tuple[float, float]:
    """The effect of leadership at which delta is the target, and the scale of circumstances.

    The scale is the one at which the noise makes up its share of a variance of 1. The effect is
    found by halving: delta grows with it.
    """
    with_leadership = np.column_stack([controls, leadership])
    with_budgets = np.column_stack([controls, budgets])

    def at(effect: float) -> tuple[float, float]:
        rest = minor - effect * leadership
        square = float(np.var(circumstance))
        cross = float(np.mean(circumstance * (rest - rest.mean())))
        short = 1 - NOISE_SHARE - float(np.var(rest))
        scale = (-cross + np.sqrt(max(cross**2 + square * short, 0.0))) / square
        signal = scale * circumstance + rest
        gain = np.var(fitted(signal, with_leadership)) - np.var(fitted(signal, with_budgets))
        return float(gain), scale

    low, high = 0.0, float(np.sqrt(1 - NOISE_SHARE))
    for _ in range(50):
        effect = (low + high) / 2
        delta, scale = at(effect)
        low, high = (effect, high) if delta < target_delta else (low, effect)
    # Rounded, so that the last digits of a machine's arithmetic do not reach the files.
    return round(effect, 6), round(scale, 6)


def _need(places: Places, people: People, year: int) -> np.ndarray:
    """Council: share of 65 and over, deprivation, rural share, logarithm of population."""
    rows = []
    for number in range(len(places.councils)):
        members = places.area_council == number
        persons = people.of(members, year)
        weight = people.persons[members, RURAL_YEAR - PEOPLE_YEARS.start].sum(axis=1)
        rows.append(
            (
                people.of(members, year, 65) / persons,
                people.deprivation[number],
                float(np.average(people.rural[members].sum(axis=1), weights=weight)),
                np.log(persons),
            )
        )
    return np.array(rows)


def _budgets(
    places: Places, people: People, money: Money, carrier: Carrier, years: Sequence[int]
) -> np.ndarray:
    """Council by year: mean of five standardised measures of money.

    Adult social care per adult and per person of 65 and over, all services per head, and the
    margin and the (logarithm of the) income of the trusts that residents use.
    """
    councils = range(len(places.councils))
    books = [year - MONEY_YEARS.start for year in years]
    accounts = [year - TRUST_YEARS.start for year in years]

    def persons(low: int) -> np.ndarray:
        counts = [
            [people.of(places.area_council == n, year, low) for year in years] for n in councils
        ]
        return np.array(counts, dtype=float)

    care = money.spending["adult_social_care"][: len(councils), books]
    total = money.spending["total_service_expenditure"][: len(councils), books]
    income = money.income_of_hospital
    margin = carrier.by_trust(money.margin, income)
    size = {code: np.log(values) for code, values in carrier.totals(income).items()}
    measures = [
        care / persons(18),
        care / persons(65),
        total / persons(0),
        carrier.to_councils(margin)[:, accounts],
        carrier.to_councils(size)[:, accounts],
    ]
    mean: np.ndarray = np.mean([standard(measure) for measure in measures], axis=0)
    return mean
