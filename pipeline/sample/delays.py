"""Delayed days by council and month, split by care, responsible organisation and reason."""

import numpy as np

from pipeline.sample.outcome import YEARS
from pipeline.sample.people import People
from pipeline.sample.places import Places

TYPES = ("Acute", "Non-Acute")
ORGANISATIONS = ("NHS", "Social Care", "Both")
REASONS = ("A", "B", "C", "DI", "DII", "E", "F", "G", "H", "I", "O")
"""The letters that reasons are published under."""

TYPE_SHARE = (0.64, 0.36)
ORGANISATION_SHARE = (0.60, 0.32, 0.08)
REASON_SHARE = (0.17, 0.04, 0.18, 0.11, 0.13, 0.18, 0.03, 0.11, 0.01, 0.03, 0.01)
NHS_ONLY = REASONS.index("C")
OTHER = REASONS.index("O")
OTHER_FROM = (2017, 4)

MONTHS = tuple(
    (start + (month < 4), month) for start in YEARS for month in (*range(4, 13), *range(1, 4))
)
SEASON = {1: 1.02, 2: 0.97, 3: 1.03, 4: 0.97, 5: 0.99, 6: 0.97}
ELSEWHERE = {"9900": 420.0, "9901": 9.0, "9902": 32.0}
"""People who live outside England: code, and days a month."""


def build(
    places: Places,
    people: People,
    rate: np.ndarray,
    partnership: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Days by place (councils, then elsewhere), month, care type, organisation and reason.

    Args:
        rate: council by year of ``YEARS``: days a year per 100,000 adults.
        partnership: council: more of it, and more of the days are put down to both.
    """
    count = len(places.councils)
    adults = np.array(
        [
            [people.of(places.area_council == council, year, 18) for year in YEARS]
            for council in range(count)
        ]
    )
    season = np.array([SEASON.get(month, 1.0) for _, month in MONTHS])
    season = season / season.mean()
    yearly = np.repeat(rate * adults / 100_000, 12, axis=1) / 12
    wanted = np.concatenate(
        [yearly, np.repeat(np.array([*ELSEWHERE.values()])[:, None], len(MONTHS), axis=1)]
    )
    total = rng.poisson(wanted * season * rng.lognormal(-0.00125, 0.05, wanted.shape))
    shares = _shares(np.append(partnership, np.zeros(len(ELSEWHERE))), rng)
    earlier = shares.copy()
    earlier[..., OTHER] = 0.0
    before = np.array([month < OTHER_FROM for month in MONTHS])
    chance = np.where(before[None, :, None, None, None], earlier[:, None], shares[:, None])
    cells = chance.reshape(*total.shape, -1)
    days = rng.multinomial(total, cells / cells.sum(axis=-1, keepdims=True))
    return days.reshape(chance.shape)


def _shares(partnership: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Place by care type, organisation and reason: the lasting mix of its days."""
    count = len(partnership)
    care = np.array(TYPE_SHARE) * rng.lognormal(0, 0.2, (count, len(TYPES)))
    organisation = np.array(ORGANISATION_SHARE) * rng.lognormal(0, 0.25, (count, 3))
    organisation[:, 2] *= np.exp(0.4 * partnership)
    reason = np.array(REASON_SHARE) * rng.lognormal(0, 0.3, (count, len(REASONS)))
    mix = organisation[:, :, None] * reason[:, None, :]
    mix[:, 1:, NHS_ONLY] = 0.0
    shares: np.ndarray = care[:, :, None, None] * mix[:, None]
    return shares
