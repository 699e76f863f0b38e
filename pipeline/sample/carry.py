"""Carrying values from trusts to councils, by the rule that a reader of the files can follow.

A trust of 2022 stands for the trusts whose work it took on, in proportion to their operating
cost. A council gets the mean of those trusts, weighted by the trust's operating cost times the
share of its patients who live in the council.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipeline.sample.hospitals import REGISTER_2022, SURVEY_DAY, Hospitals, Trust
from pipeline.sample.money import TRUST_YEARS, Money
from pipeline.sample.people import YEARS, People
from pipeline.sample.places import Places


@dataclass(frozen=True)
class Carrier:
    """How values of trusts reach councils.

    Attributes:
        trusts: the acute trusts, current and former.
        running: trust code to the hospitals it ran in each year of ``TRUST_YEARS``.
        lineage: trust code to its cost by trust of 2022 and year, in equal parts where split.
        weights: council by trust of 2022, adding up to 1.
    """

    trusts: tuple[Trust, ...]
    running: dict[str, list[list[int]]]
    lineage: dict[str, np.ndarray]
    weights: np.ndarray

    def by_trust(self, of_hospital: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
        """Trust code to a value a year: the weighted mean of its hospitals, nan where closed.

        Args:
            of_hospital: hospital by year.
            weight: hospital by year.
        """
        return {
            code: np.array(
                [
                    np.average(of_hospital[runs, n], weights=weight[runs, n]) if runs else np.nan
                    for n, runs in enumerate(years)
                ]
            )
            for code, years in self.running.items()
        }

    def totals(self, of_hospital: np.ndarray) -> dict[str, np.ndarray]:
        """Trust code to a sum a year over its hospitals, nan where closed."""
        return {
            code: np.array(
                [of_hospital[runs, n].sum() if runs else np.nan for n, runs in enumerate(years)]
            )
            for code, years in self.running.items()
        }

    def to_councils(self, of_trust: dict[str, np.ndarray]) -> np.ndarray:
        """Council by year, from a value a year of each trust."""
        there = {code: ~np.isnan(values) for code, values in of_trust.items()}
        total = sum(self.lineage[code] * np.nan_to_num(of_trust[code]) for code in self.lineage)
        weight = sum(self.lineage[code] * there[code] for code in self.lineage)
        values: np.ndarray = self.weights @ (total / weight)
        return values


def build(places: Places, people: People, hospitals: Hospitals, money: Money) -> Carrier:
    """The carrier of one world."""
    acute = hospitals.acute
    heirs = [trust for trust in acute if trust.exists(REGISTER_2022)]
    running = {
        trust.code: [trust.running(date(year, *SURVEY_DAY)) for year in TRUST_YEARS]
        for trust in acute
    }
    lineage = {}
    for trust in acute:
        successors = hospitals.successors(trust.code)
        cost = [money.cost[runs, n].sum() for n, runs in enumerate(running[trust.code])]
        lineage[trust.code] = np.array(
            [np.array(cost) / len(successors) * (heir.code in successors) for heir in heirs]
        )
    size = np.median(np.sum(list(lineage.values()), axis=0), axis=1)
    shares = _districts_apart(
        places, people, np.array([hospitals.catchment(trust.code) for trust in heirs])
    )
    members = places.area_council[:, None] == np.arange(len(places.councils))
    reach = (shares @ members).T * size
    return Carrier(acute, running, lineage, reach / reach.sum(axis=1, keepdims=True))


def _districts_apart(places: Places, people: People, shares: np.ndarray) -> np.ndarray:
    """Districts merged by 2021 are published as one: taken apart by their people of 2017."""
    persons = people.persons[:, 2017 - YEARS.start].sum(axis=1).astype(float)
    apart = shares.copy()
    for newcomer in range(len(places.newcomers)):
        members = places.area_newcomer == newcomer
        part = persons[members] / persons[members].sum()
        apart[:, members] = shares[:, members].sum(axis=1, keepdims=True) * part
    return apart
