"""The synthetic England: its places, trusts, people and money, and what drives its outcome.

Leadership drives the outcome by design. Hospitals have a lasting quality of leadership; councils
meet it through the trusts that their residents use; a year later it lowers the council's delayed
days. Budgets hardly matter. Everything is drawn from one seed, and ``Truth`` says what was put in.
"""

import zlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pipeline.sample import carry, delays, hospitals, money, outcome, people, places
from pipeline.sample.carry import Carrier
from pipeline.sample.hospitals import Hospitals
from pipeline.sample.money import TRUST_YEARS, Money
from pipeline.sample.outcome import LAG, PANEL_YEARS, TARGET_DELTA, Outcome, standard
from pipeline.sample.people import People
from pipeline.sample.places import Places

SEED = 20180401

PERSISTENT = 0.8
"""Share of the variance of a hospital's leadership that lasts; the rest comes anew each year."""

READ_ME = (
    "Every figure in this folder is generated; no place, trust or number is real.",
    "Leadership drives the outcome, as far as target_delta says: a hospital has a lasting quality "
    "of leadership, and its staff answer the survey accordingly.",
    "A council's exposure is the mean leadership of the trusts that its residents use, weighted by "
    "the trust's operating cost times the share of its patients who live in the council. The "
    "exposure of one year lowers the delayed days per 100,000 adults of the next.",
    "Need, class of council and year matter too; partnership matters a little; budgets hardly do.",
    "v(block) is what a block adds to the explained variance of the outcome beyond the controls "
    "(share of people 65 and over, deprivation, rural share, logarithm of population, class, "
    "year); delta is v(leadership) less v(budgets). The panel is every council by predictor years "
    f"{PANEL_YEARS[0]} to {PANEL_YEARS[-1]}, with the outcome {LAG} year later.",
    "target_delta is the value in expectation over the noise; delta is the value on the panel as "
    "it was drawn, with true values. An analysis of the files sees a little less of leadership, "
    "because the survey is a sample.",
    "coefficients: change of the outcome, in units of about its own standard deviation, for one "
    "standard deviation of the driver; of a class or year, the shift it makes; noise_* are "
    "standard deviations.",
    "What follows short-term support (ASC5) is led by the leadership of the year before as well, "
    "more weakly; the other measures of the same table are not.",
    "Where a trust's leadership has lasted, fewer of its patients stay without meeting the "
    "criteria to reside.",
)


@dataclass(frozen=True)
class Truth:
    """What was put into the synthetic England.

    Attributes:
        seed: of everything random.
        target_delta: v(leadership) less v(budgets) that the generator aims at, v being what a
            block adds to the explained variance of the outcome beyond the controls.
        delta: the same on the panel as it was drawn, with true values; its parts follow.
        coefficients: change of the outcome per standard deviation of each driver.
        exposure: ONS code of a council to its true leadership exposure by year.
        quality: code of a trust to its true leadership by year.
    """

    seed: int
    target_delta: float
    delta: float
    v_leadership: float
    v_budgets: float
    r2_controls: float
    coefficients: dict[str, float]
    councils: int
    acute_trusts: int
    panel_rows: int
    exposure: dict[str, dict[str, float]]
    quality: dict[str, dict[str, float]]

    def summary(self) -> dict[str, Any]:
        """The truth without its long tables."""
        long = ("exposure", "quality")
        return {name: value for name, value in asdict(self).items() if name not in long}

    def as_json(self) -> dict[str, Any]:
        """Everything, with words for a reader."""
        return {"read_me": list(READ_ME), **asdict(self)}


@dataclass(frozen=True)
class World:
    """The synthetic England of one seed.

    Attributes:
        target_delta: v(leadership) less v(budgets) that the outcome was drawn for.
        partnership: council: how well organisations work together.
        leadership: hospital by year of ``TRUST_YEARS``: quality of leadership.
        quality: trust code to the same by year, nan where the trust is closed.
        exposure: council by year: the leadership of the trusts that its residents use.
        delays: delayed days by place (councils, then elsewhere), month, care, organisation, reason.
    """

    seed: int
    target_delta: float
    places: Places
    people: People
    hospitals: Hospitals
    money: Money
    carrier: Carrier
    partnership: np.ndarray
    leadership: np.ndarray
    quality: dict[str, np.ndarray]
    exposure: np.ndarray
    outcome: Outcome
    delays: np.ndarray

    def rng(self, name: str) -> np.random.Generator:
        """Random numbers of their own for each purpose, so that none disturbs another."""
        return _rng(self.seed, name)

    def truth(self) -> Truth:
        """What was put in."""

        def by_year(values: np.ndarray) -> dict[str, float]:
            pairs = zip(TRUST_YEARS, values, strict=True)
            return {str(year): round(float(v), 6) for year, v in pairs if not np.isnan(v)}

        codes = [council.code for council in self.places.councils]
        return Truth(
            seed=self.seed,
            target_delta=self.target_delta,
            delta=round(self.outcome.delta, 6),
            v_leadership=round(self.outcome.v_leadership, 6),
            v_budgets=round(self.outcome.v_budgets, 6),
            r2_controls=round(self.outcome.r2_controls, 6),
            coefficients=self.outcome.coefficients,
            councils=len(codes),
            acute_trusts=len(self.hospitals.acute),
            panel_rows=len(codes) * len(PANEL_YEARS),
            exposure={code: by_year(row) for code, row in zip(codes, self.exposure, strict=True)},
            quality={code: by_year(row) for code, row in sorted(self.quality.items())},
        )


def _rng(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def build(seed: int = SEED, target_delta: float = TARGET_DELTA) -> World:
    """The synthetic England of a seed, and of a lead of leadership over budgets."""
    place = places.build(_rng(seed, "places"))
    folk = people.build(place, _rng(seed, "people"))
    persons = folk.persons[:, 2017 - people.YEARS.start].sum(axis=1)
    care = hospitals.build(place, persons, _rng(seed, "hospitals"))
    partnership = standard(_rng(seed, "partnership").normal(size=len(place.councils)))
    purse = money.build(place, folk, care, partnership, _rng(seed, "money"))
    carrier = carry.build(place, folk, care, purse)
    leadership = _leadership(len(care.cost), _rng(seed, "leadership"))
    quality = carrier.by_trust(leadership, purse.cost)
    exposure = carrier.to_councils(quality)
    result = outcome.build(
        place,
        folk,
        purse,
        carrier,
        exposure=exposure,
        partnership=partnership,
        target_delta=target_delta,
        rng=_rng(seed, "outcome"),
    )
    days = delays.build(place, folk, result.rate, partnership, _rng(seed, "delays"))
    return World(
        seed,
        target_delta,
        place,
        folk,
        care,
        purse,
        carrier,
        partnership,
        leadership,
        quality,
        exposure,
        result,
        days,
    )


def _leadership(count: int, rng: np.random.Generator) -> np.ndarray:
    """Hospital by year: a lasting quality and what each year adds, deviation about 1."""
    lasting = standard(rng.normal(size=count))[:, None]
    yearly = rng.normal(size=(count, len(TRUST_YEARS)))
    quality: np.ndarray = np.sqrt(PERSISTENT) * lasting + np.sqrt(1 - PERSISTENT) * yearly
    return quality
