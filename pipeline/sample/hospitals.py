"""The invented hospitals, the trusts that run them through mergers, and where patients live.

A hospital never moves; a trust is a code that runs one or more hospitals for some time. So a
merger or a split is only a change of which code runs which hospital.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from pipeline.sample.names import STEMS
from pipeline.sample.places import Places

HOSPITALS = 50
COMMUNITY_TRUSTS = 12
COMMISSIONERS = 8
REACH = 1.3
STEEPNESS = 1.6
"""How far patients travel: larger reach and smaller steepness mix more trusts in a council."""
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
FIRST = date(1993, 4, 1)

MERGER = date(2017, 10, 1)
TAKEOVER = date(2014, 10, 1)
LATE_TAKEOVER = date(2020, 4, 1)
SPLIT = date(2021, 10, 1)
SURVEY_DAY = (9, 1)
"""Staff are sampled on 1 September: a trust that ends in October still has a survey."""
REGISTER_2017 = date(2017, 9, 1)
REGISTER_2022 = date(2022, 4, 1)

HISTORIC_SUCCESSIONS = (
    (20, "5ZA", date(2001, 4, 1)),
    (20, "5ZB", date(2001, 4, 1)),
    (21, "5ZC", date(2002, 4, 1)),
    (22, 23, date(1999, 4, 1)),
)
"""Old handovers by trusts that live on: hospital, who took over (or whose trust), and when."""


@dataclass(frozen=True)
class Trust:
    """An NHS body by its code.

    Attributes:
        kind: acute, community, or commissioner (answers the survey, is no trust).
        hospitals: the hospitals it runs, each with the first day and the first day no longer.
    """

    code: str
    name: str
    kind: str
    opened: date
    closed: date | None = None
    hospitals: tuple[tuple[int, date, date | None], ...] = ()

    def exists(self, day: date) -> bool:
        """Whether it exists on a day."""
        return self.opened <= day and (self.closed is None or day < self.closed)

    def running(self, day: date) -> list[int]:
        """The hospitals it runs on a day."""
        return [h for h, first, end in self.hospitals if first <= day and (not end or day < end)]


@dataclass(frozen=True)
class Hospitals:
    """All trusts and the flow of patients.

    Attributes:
        trusts: acute trusts, then community trusts, then commissioners.
        succession: old code, new code, day.
        patients: hospital by area: patients a year who live there.
        cost: hospital: operating cost in 2012, GBP thousand.
    """

    trusts: tuple[Trust, ...]
    succession: tuple[tuple[str, str, date], ...]
    patients: np.ndarray
    cost: np.ndarray

    @property
    def acute(self) -> tuple[Trust, ...]:
        """The acute trusts, current and former."""
        return tuple(trust for trust in self.trusts if trust.kind == "acute")

    def successors(self, code: str) -> list[str]:
        """The codes of 2022 that a trust's work went to (itself, where it lives on)."""
        heirs = [new for old, new, day in self.succession if old == code and day >= TAKEOVER]
        return sorted({last for heir in heirs for last in self.successors(heir)}) or [code]

    def catchment(self, code: str) -> np.ndarray:
        """Share of a trust's patients by area, on the trusts of 2022."""
        trust = next(trust for trust in self.trusts if trust.code == code)
        patients = self.patients[trust.running(REGISTER_2022)].sum(axis=0)
        shares: np.ndarray = patients / patients.sum()
        return shares


def build(places: Places, persons: np.ndarray, rng: np.random.Generator) -> Hospitals:
    """Hospitals near where people are, and the trusts that run them.

    Args:
        persons: people by area, in one year.
    """
    council = np.bincount(places.area_council, weights=persons)
    middle = np.column_stack(
        [
            np.bincount(places.area_council, weights=persons * along) / council
            for along in places.position.T
        ]
    )
    # One hospital for most councils, the largest a second one; the rest use a neighbour's.
    order = np.argsort(-council * rng.lognormal(0, 0.35, len(council)))
    sites = np.concatenate([order[: HOSPITALS - 6], order[:6]])
    position = _neighbours_first(middle[sites] + rng.normal(0, 0.5, (HOSPITALS, 2)))
    pull = rng.lognormal(0, 0.4, HOSPITALS)
    distance = np.linalg.norm(position[:, None, :] - places.position[None, :, :], axis=2)
    attraction = pull[:, None] / (REACH + distance**2) ** STEEPNESS
    patients = 0.35 * persons * attraction / attraction.sum(axis=0)
    cost = patients.sum(axis=1) * 3.1 * rng.lognormal(0, 0.08, HOSPITALS)

    codes = _acute_codes(rng)
    acute, succession = _acute(codes)
    community = [
        Trust(f"RS{LETTERS[n]}", f"{STEMS[n]} Community Care", "community", date(2011, 4, 1))
        for n in range(COMMUNITY_TRUSTS)
    ]
    commissioners = [
        Trust(
            f"96{LETTERS[n]}" if n else "96X/96Y",
            f"{STEMS[-1 - n]} Commissioning Group",
            "commissioner",
            date(2013, 4, 1),
        )
        for n in range(COMMISSIONERS)
    ]
    return Hospitals((*acute, *community, *commissioners), succession, patients, cost)


def _neighbours_first(position: np.ndarray) -> np.ndarray:
    """The same places, ordered so that those that merge or split lie beside each other.

    0 and 1, 2 and 3, 4 and 5, 6 and 7 are neighbours; 8 is near 6 and 9 near 7.
    """
    gap = np.linalg.norm(position[:, None, :] - position[None, :, :], axis=2)
    np.fill_diagonal(gap, np.inf)
    order: list[int] = []

    def take(place: int) -> int:
        order.append(place)
        gap[:, place] = np.inf
        return place

    for _ in range(4):
        free = gap.copy()
        free[order, :] = np.inf
        first, second = np.unravel_index(int(np.argmin(free)), free.shape)
        take(int(first))
        take(int(second))
    take(int(np.argmin(gap[order[6]])))
    take(int(np.argmin(gap[order[7]])))
    order += [place for place in range(len(position)) if place not in order]
    return position[order]


def _acute_codes(rng: np.random.Generator) -> list[str]:
    """Codes in two runs that the real register has never used."""
    run = [f"{letters}{last}" for letters in ("RU", "RZ") for last in f"123456789{LETTERS}"]
    return [run[i] for i in np.sort(rng.permutation(len(run))[: HOSPITALS + 1])]


def _acute(
    codes: list[str],
) -> tuple[list[Trust], tuple[tuple[str, str, date], ...]]:
    """Each hospital its own trust, but for a merger, two takeovers and a split."""
    merged = codes[HOSPITALS]
    runs: dict[int, list[tuple[str, date, date | None]]] = {
        h: [(codes[h], FIRST, None)] for h in range(HOSPITALS)
    }
    runs[0] = [(codes[0], FIRST, MERGER), (merged, MERGER, None)]
    runs[1] = [(codes[1], FIRST, MERGER), (merged, MERGER, None)]
    runs[2] = [(codes[2], FIRST, TAKEOVER), (codes[3], TAKEOVER, None)]
    runs[4] = [(codes[4], FIRST, LATE_TAKEOVER), (codes[5], LATE_TAKEOVER, None)]
    # Hospitals 6 and 7 are one trust until it is split between its two neighbours.
    runs[6] = [(codes[6], FIRST, SPLIT), (codes[8], SPLIT, None)]
    runs[7] = [(codes[6], FIRST, SPLIT), (codes[9], SPLIT, None)]
    succession = [
        (codes[0], merged, MERGER),
        (codes[1], merged, MERGER),
        (codes[2], codes[3], TAKEOVER),
        (codes[4], codes[5], LATE_TAKEOVER),
        (codes[6], codes[8], SPLIT),
        (codes[6], codes[9], SPLIT),
    ]
    for old, new, day in HISTORIC_SUCCESSIONS:
        succession.append((codes[old], codes[new] if isinstance(new, int) else new, day))

    spells: dict[str, list[tuple[int, date, date | None]]] = {}
    for hospital, history in runs.items():
        for code, first, end in history:
            spells.setdefault(code, []).append((hospital, first, end))
    kinds = ("Infirmary", "General")
    trusts = []
    for number, code in enumerate(sorted(spells)):
        ends = [end for _, _, end in spells[code]]
        trusts.append(
            Trust(
                code,
                f"{STEMS[number % len(STEMS)]} {kinds[number // len(STEMS)]} NHS Trust",
                "acute",
                min(first for _, first, _ in spells[code]),
                None if None in ends else max(end for end in ends if end),
                tuple(spells[code]),
            )
        )
    return trusts, tuple(sorted(succession))
