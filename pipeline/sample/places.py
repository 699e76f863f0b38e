"""The invented places: regions, districts and upper-tier councils, and how they are reorganised."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from pipeline.sample.names import (
    CAPITAL,
    CITY,
    DIRECTIONS,
    PAIRED,
    REGIONS,
    STEMS,
    SUFFIX,
)

ENGLAND = "E92000001"
"""The country keeps its code: readers compare with it. Every other code is out of use."""

COUNTS = {
    "shire county": 14,
    "unitary authority": 25,
    "metropolitan district": 14,
    "London borough": 12,
}
KIND_LETTERS = {
    "shire county": "CTY",
    "unitary authority": "UA",
    "metropolitan district": "MD",
    "London borough": "LBO",
    "City of London": "CC",
    "shire district": "NMD",
}
CODE_LETTERS = {
    "shire county": "E10",
    "unitary authority": "E06",
    "metropolitan district": "E08",
    "London borough": "E09",
    "City of London": "E09",
    "shire district": "E07",
}
FIRST_CODE = 900
FIRST_DH_CODE = 130
LETTER_DH_CODES = ("00ZA", "00ZB")
"""Two unitaries have letters in the health department's code and digits in the council returns."""

MERGER = date(2019, 4, 1)
CONVERSION = date(2020, 4, 1)


@dataclass(frozen=True)
class Region:
    """A region."""

    code: str
    name: str
    short: str


@dataclass(frozen=True)
class Place:
    """A council of any tier.

    Attributes:
        region: number of its region.
        county: number of the county (among the councils) that a district belongs to.
        former_code: ONS code before it was recoded, if it was.
        ended: first day it no longer existed.
        successor: registry code of what replaced it.
        started: first day, where the register states it.
    """

    name: str
    kind: str
    code: str
    registry: str
    ecode: str
    region: int
    county: int | None = None
    dh_code: str = ""
    cassr_code: str = ""
    former_code: str = ""
    started: date | None = None
    ended: date | None = None
    successor: str = ""

    @property
    def last_day(self) -> date | None:
        """The last day of its existence, if it ended."""
        return self.ended - timedelta(days=1) if self.ended else None

    @property
    def letters(self) -> str:
        """Kind of council in the register's letters."""
        return KIND_LETTERS[self.kind]

    @property
    def finance_class(self) -> str:
        """Kind of council in the letters of the finance returns."""
        return {"CTY": "SC", "NMD": "SD", "LBO": "L", "CC": "L"}.get(self.letters, self.letters)

    def exists(self, day: date) -> bool:
        """Whether it exists on a day."""
        return (self.started is None or self.started <= day) and (
            self.ended is None or day < self.ended
        )


@dataclass(frozen=True)
class Places:
    """All places.

    The smallest areas are the districts of 2016 (``areas``): each shire district, and each
    council that has no districts. Everything else is a sum of them.

    Attributes:
        councils: the upper-tier councils until March 2019.
        districts: the shire districts.
        newcomers: the unitaries that took over from 2019 and 2020.
        area_council: number of the council that each area belongs to.
        area_place: the place that each area is.
        area_newcomer: number of the newcomer that each area goes to, -1 where none.
        position: where each area lies on an invented map.
    """

    regions: tuple[Region, ...]
    councils: tuple[Place, ...]
    districts: tuple[Place, ...]
    newcomers: tuple[Place, ...]
    area_council: np.ndarray
    area_place: tuple[Place, ...]
    area_newcomer: np.ndarray
    position: np.ndarray

    def area_in(self, area: int, year: int) -> Place:
        """The lower-tier place that an area is part of on 1 July of a year."""
        newcomer = int(self.area_newcomer[area])
        if newcomer >= 0 and self.newcomers[newcomer].exists(date(year, 7, 1)):
            return self.newcomers[newcomer]
        return self.area_place[area]

    def all_places(self) -> tuple[Place, ...]:
        """Every council, current and former."""
        return (*self.councils, *self.districts, *self.newcomers)


class _Codes:
    """Runs of codes, each given out once."""

    def __init__(self) -> None:
        self.ons = dict.fromkeys(set(CODE_LETTERS.values()), FIRST_CODE)
        self.places = 0

    def next_ons(self, kind: str) -> str:
        letters = CODE_LETTERS[kind]
        self.ons[letters] += 1
        return f"{letters}{self.ons[letters]:06d}"

    def next_registry(self) -> tuple[str, str]:
        """A register code of three letters and an E-code."""
        self.places += 1
        first, second = divmod(self.places, 26)
        return f"Q{chr(65 + first)}{chr(65 + second)}", f"E9{self.places:03d}"


def build(rng: np.random.Generator) -> Places:
    """All places of one seed."""
    codes = _Codes()
    councils = _councils(codes, rng)
    council_position = _positions(councils, rng)
    areas: list[tuple[Place, int, np.ndarray]] = []
    districts: list[Place] = []
    for number, council in enumerate(councils):
        if council.kind != "shire county":
            areas.append((council, number, council_position[number]))
            continue
        for direction in DIRECTIONS[: 3 + number % 4]:
            registry, ecode = codes.next_registry()
            district = Place(
                f"{direction} {council.name}",
                "shire district",
                codes.next_ons("shire district"),
                registry,
                ecode,
                council.region,
                county=number,
            )
            districts.append(district)
            areas.append((district, number, council_position[number] + rng.normal(0, 0.9, 2)))
    places = Places(
        tuple(
            Region(f"E12{FIRST_CODE + 1 + n:06d}", name, short)
            for n, (name, short) in enumerate(REGIONS)
        ),
        tuple(councils),
        tuple(districts),
        (),
        np.array([number for _, number, _ in areas]),
        tuple(place for place, _, _ in areas),
        np.full(len(areas), -1),
        np.array([position for _, _, position in areas]),
    )
    return _reorganise(places, codes)


def _councils(codes: _Codes, rng: np.random.Generator) -> list[Place]:
    councils: list[Place] = []
    dh_code = FIRST_DH_CODE
    outside = [n for n in range(len(REGIONS)) if n != CAPITAL]
    for kind, count in COUNTS.items():
        stems = [STEMS[i] for i in rng.permutation(len(STEMS))[:count]]
        for number, stem in enumerate(stems):
            registry, ecode = codes.next_registry()
            region = CAPITAL if kind == "London borough" else outside[number % len(outside)]
            councils.append(
                Place(
                    f"{stem}{SUFFIX[kind]}",
                    kind,
                    codes.next_ons(kind),
                    registry,
                    ecode,
                    region,
                    dh_code=str(dh_code),
                    cassr_code=str(dh_code),
                )
            )
            dh_code += 1
    registry, ecode = codes.next_registry()
    city = Place(CITY, "City of London", codes.next_ons("City of London"), registry, ecode, CAPITAL)
    councils.append(replace(city, dh_code=str(dh_code), cassr_code=str(dh_code)))

    unitaries = [n for n, council in enumerate(councils) if council.letters == "UA"]
    councils[unitaries[-1]] = replace(councils[unitaries[-1]], name=" and ".join(PAIRED))
    for number, letters in zip(unitaries[-3:-1], LETTER_DH_CODES, strict=True):
        councils[number] = replace(councils[number], dh_code=letters)
    recoded = next(n for n, council in enumerate(councils) if council.letters == "MD")
    councils[recoded] = replace(
        councils[recoded],
        former_code=councils[recoded].code,
        code=codes.next_ons("metropolitan district"),
    )
    return councils


def _positions(councils: list[Place], rng: np.random.Generator) -> np.ndarray:
    """Regions on a grid of three by three, councils around their region's middle."""
    position = np.empty((len(councils), 2))
    for number, council in enumerate(councils):
        middle = 9.0 * np.array(divmod(council.region, 3))
        spread = 1.3 if council.region == CAPITAL else 2.6
        position[number] = middle + rng.normal(0, spread, 2)
    return position


def _reorganise(places: Places, codes: _Codes) -> Places:
    """Two unitaries and a district become one unitary in 2019, the rest of the county another.

    A second county becomes one unitary in 2020.
    """
    councils, districts = list(places.councils), list(places.districts)
    counties = [n for n, council in enumerate(councils) if council.letters == "CTY"]
    county, convert = counties[1], counties[2]
    region = councils[county].region
    pair = [
        n
        for n, council in enumerate(councils)
        if (council.letters, council.region) == ("UA", region)
    ][:2]
    joined = next(n for n, district in enumerate(districts) if district.county == county)
    names = [councils[pair[0]].name, districts[joined].name, councils[pair[1]].name]

    def newcomer(name: str, region: int, day: date) -> Place:
        registry, ecode = codes.next_registry()
        code = codes.next_ons("unitary authority")
        return Place(name, "unitary authority", code, registry, ecode, region, started=day)

    newcomers = (
        newcomer(f"{names[0]}, {names[1]} and {names[2]}", region, MERGER),
        newcomer(councils[county].name, region, MERGER),
        newcomer(councils[convert].name, councils[convert].region, CONVERSION),
    )

    def end(place: Place, by: Place) -> Place:
        return replace(place, ended=by.started, successor=by.registry)

    for number in pair:
        councils[number] = end(councils[number], newcomers[0])
    councils[county] = end(councils[county], newcomers[1])
    councils[convert] = end(councils[convert], newcomers[2])
    for number, district in enumerate(districts):
        if district.county == county:
            districts[number] = end(district, newcomers[0 if number == joined else 1])
        elif district.county == convert:
            districts[number] = end(district, newcomers[2])
    by_registry = {place.registry: place for place in (*councils, *districts)}
    area_place = tuple(by_registry[place.registry] for place in places.area_place)
    order = {place.registry: number for number, place in enumerate(newcomers)}
    return replace(
        places,
        councils=tuple(councils),
        districts=tuple(districts),
        newcomers=newcomers,
        area_place=area_place,
        area_newcomer=np.array([order.get(place.successor, -1) for place in area_place]),
    )
