"""Diagnosis rates by district and year: the register over the estimate each April."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import decimal, text_file
from pipeline.sample.places import ENGLAND
from pipeline.sample.world import World
from pipeline.sample.writers.dementia_register import MONTHS, dementia

COLUMNS = (
    "area_code",
    "area_name",
    "period",
    "value",
    "indicator",
    "measure",
    "unit",
    "significance",
)
INDICATOR = ("Estimated dementia diagnosis rate (aged 65 and over)", "Proportion", "Persons")
YEARS = (2017, 2018)
COMBINED = ("E47000901", "Synthetic Dales")
GOAL, NEAR = 66.7, 4.0


def write(world: World, release: Release, path: Path) -> None:
    """Write a combined authority, England and every district."""
    figures = dementia(world)
    rows = [
        (code, name, year, decimal(round(rate, 1)), *INDICATOR, _beside(code, rate))
        for code, name, members in areas(world)
        for year, month in ((year, MONTHS.index(date(year, 4, 1))) for year in YEARS)
        for rate in [
            100 * figures.register[members, month].sum() / figures.estimate[members, month].sum()
        ]
    ]
    text_file(path, [COLUMNS, *rows])


def areas(world: World) -> Iterator[tuple[str, str, list[int]]]:
    """Code, name and the districts added up: the wide areas, then each district."""
    places = world.places.area_place
    yield *COMBINED, [0, 1, 2]
    yield ENGLAND, "England", list(range(len(places)))
    for number, place in sorted(enumerate(places), key=lambda item: item[1].code):
        yield place.code, place.name, [number]


def _beside(code: str, rate: float) -> str:
    if code == ENGLAND:
        return "Not compared"
    return "Similar" if abs(rate - GOAL) < NEAR else "Better" if rate > GOAL else "Worse"
