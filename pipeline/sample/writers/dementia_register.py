"""People on the dementia register by month: districts, councils, regions and groups of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.people import YEARS
from pipeline.sample.places import ENGLAND
from pipeline.sample.world import World

COLUMNS = ("", "INDICATOR", "ORG_TYPE", "ORG_CODE", "NAME", "ACH_DATE", "MEASURE", "VALUE", "DQ")
INDICATOR = "DEMENTIA: 65+ ESTIMATED DIAGNOSIS RATE"
MEASURE = "DEMENTIA_REGISTER_65_PLUS"
MONTHS = [date(2016 + (number + 4) // 12, (number + 4) % 12 + 1, 1) for number in range(27)]
YEAR = 2017
PREVALENCE = 0.068
RATE = 0.67
LASTING, MONTHLY = 0.07, 0.008
RENAMED_FROM = date(2017, 5, 1)
"""The devolved area has a second code in the months before."""


@dataclass(frozen=True)
class Counts:
    """People on the register and estimated to have dementia, area by month."""

    register: np.ndarray
    estimate: np.ndarray


@dataclass(frozen=True)
class Group:
    """A row of the file in every month: the areas that it adds up."""

    kind: str
    code: str
    name: str
    members: list[int]


def last_day(month: date) -> date:
    """The last day of a month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@cache
def counts(world_seed: int, older: tuple[int, ...]) -> Counts:
    """The figures that three files share."""
    rng = np.random.default_rng([world_seed, 65])
    size = np.array(older)[:, None]
    drift = 1 + 0.001 * np.arange(len(MONTHS)) + rng.normal(0, 0.004, (len(older), len(MONTHS)))
    estimate = np.round(PREVALENCE * size * drift, 1)
    rate = RATE + LASTING * rng.normal(size=(len(older), 1))
    rate = rate + MONTHLY * rng.normal(size=estimate.shape)
    return Counts(np.rint(estimate * np.clip(rate, 0.4, 0.95)), estimate)


def dementia(world: World) -> Counts:
    """The figures of a world."""
    older = world.people.persons[:, YEAR - YEARS.start, 65:].sum(axis=1)
    return counts(world.seed, tuple(int(persons) for persons in older))


def groups(world: World) -> Iterator[Group]:
    """Every row of a month, as the publisher groups its districts."""
    places = world.places
    areas = list(enumerate(places.area_place))
    for area, place in areas:
        yield Group("LTLA", place.code, place.name, [area])
    for number, council in enumerate(places.councils):
        members = [area for area, _ in areas if places.area_council[area] == number]
        kind = "CC" if council.letters == "CTY" else "UTLA"
        yield Group(kind, council.code, council.name, members)
    for number, region in enumerate(places.regions):
        members = [area for area, place in areas if place.region == number]
        yield Group("PHE_REGION", region.code, region.name, members)
        yield Group("PHE_CENTRE", f"E45{900 + number:06d}", region.name, members)
    half = len(areas) // 2
    yield Group("IMD_DECILE", "IMD_1", "LTLA - more deprived", [area for area, _ in areas[:half]])
    yield Group("IMD_DECILE", "IMD_2", "LTLA - less deprived", [area for area, _ in areas[half:]])
    yield Group("DEVOLVED_AREA", "E47000901", places.regions[0].name, [0, 1, 2])
    yield Group("DEVOLVED_AREA", "STP99", f"{places.regions[0].name} and more", [0, 1, 2])
    yield Group("COUNTRY_GEOGRAPHICAL", ENGLAND, "England", [area for area, _ in areas])


def shown(group: Group, month: date) -> bool:
    """Whether a row is there in a month: the devolved area loses its second name."""
    return group.code != "STP99" or month < RENAMED_FROM


def write(world: World, release: Release, path: Path) -> None:
    """Write 27 months, with an index without a heading and marks of doubtful quality."""
    figures = dementia(world)
    rows: list[tuple[str, str, str, str, str, str, str, str]] = []
    for group in groups(world):
        for number, month in enumerate(MONTHS):
            if not shown(group, month):
                continue
            value = float(figures.register[group.members, number].sum())
            doubtful = group.kind in ("LTLA", "UTLA") and group.name.startswith("City of")
            rows.append(
                (
                    INDICATOR,
                    group.kind,
                    group.code,
                    group.name.upper(),
                    last_day(month).isoformat(),
                    MEASURE,
                    f"{value:.1f}",
                    "1.0" if doubtful and number % 4 else "",
                )
            )
    rows.sort(key=lambda row: (row[3], row[1], row[4]))
    index = world.rng("dementia register").permutation(5 * len(rows))[: len(rows)]
    text_file(path, [COLUMNS, *((int(n), *row) for n, row in zip(index, rows, strict=True))])
