"""How many people live in each area, how old they are, and how rural and deprived it is."""

from dataclasses import dataclass

import numpy as np

from pipeline.sample.places import Places

YEARS = range(2010, 2021)
OLDEST = 90
GROWTH = 0.006
AGEING = 0.0022

SIZE = {
    "London borough": 240_000,
    "City of London": 8_600,
    "metropolitan district": 310_000,
    "unitary authority": 215_000,
    "shire district": 125_000,
}
OLD_SHARE = {
    "London borough": 0.115,
    "City of London": 0.14,
    "metropolitan district": 0.165,
    "unitary authority": 0.18,
    "shire district": 0.205,
}
RURAL_LOGIT = {
    "London borough": -5.0,
    "City of London": -9.0,
    "metropolitan district": -2.6,
    "unitary authority": -1.4,
    "shire district": 0.0,
}
DEPRIVATION = {
    "London borough": 24.0,
    "City of London": 13.0,
    "metropolitan district": 29.0,
    "unitary authority": 22.0,
    "shire county": 16.0,
}


@dataclass(frozen=True)
class People:
    """Attributes of the areas and councils.

    Attributes:
        persons: area by mid-year by single year of age, 90 being 90 and over.
        rural: share of an area's people in rural parts, and in very rural ones.
        deprivation: council: score of the index of multiple deprivation.
    """

    persons: np.ndarray
    rural: np.ndarray
    deprivation: np.ndarray

    def of(self, members: np.ndarray, year: int, low: int = 0, high: int = OLDEST) -> int:
        """People of some ages in some areas (a mask) in the middle of a year."""
        return int(self.persons[members, year - YEARS.start, low : high + 1].sum())


def build(places: Places, rng: np.random.Generator) -> People:
    """People of one seed."""
    kinds = [place.kind for place in places.area_place]
    size = np.array([SIZE[kind] for kind in kinds])
    size = size * np.where(size < 10_000, 1.0, rng.lognormal(0, 0.28, len(kinds)))
    logit = np.array([RURAL_LOGIT[kind] for kind in kinds]) + rng.normal(0, 1.0, len(kinds))
    rural = 1 / (1 + np.exp(-logit))
    old = np.array([OLD_SHARE[kind] for kind in kinds])
    old = old + 0.06 * (rural - 0.3) + rng.normal(0, 0.022, len(kinds))

    children = np.linspace(1.08, 0.96, 18)
    working = np.interp(np.arange(18, 65), [18, 25, 35, 50, 64], [1.0, 1.1, 1.05, 1.1, 0.85])
    elderly = np.append(np.exp(-(((np.arange(65, 90) - 65) / 15.5) ** 1.6)), 0.42)
    persons = np.zeros((len(kinds), len(YEARS), OLDEST + 1))
    for number in range(len(YEARS)):
        share = np.clip(old + AGEING * (number - 5), 0.07, 0.36)[:, None]
        young = 0.245 - 0.18 * share
        ages = np.concatenate(
            [
                young * children / children.sum(),
                (1 - share - young) * working / working.sum(),
                share * elderly / elderly.sum(),
            ],
            axis=1,
        )
        persons[:, number] = (size * (1 + GROWTH) ** (number - 5))[:, None] * ages
    persons *= rng.lognormal(0, 0.02, (len(kinds), 1, OLDEST + 1))

    very_rural = rural * (0.1 + 0.5 * rural)
    deprivation = np.array([DEPRIVATION[council.kind] for council in places.councils])
    deprivation = deprivation * rng.lognormal(0, 0.22, len(deprivation))
    return People(
        np.rint(persons).astype(np.int64),
        np.column_stack([rural - very_rural, very_rural]),
        deprivation,
    )
