"""Seven adult social care measures by council and year, one long table."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import decimal, text_file
from pipeline.sample.money import TRUST_YEARS
from pipeline.sample.places import Place
from pipeline.sample.world import World

COLUMNS = (
    "Financial year",
    "Local authority code",
    "Local authority name",
    "Grouping",
    "Entity_Name",
    "Region",
    "Measure",
    "Code",
    "Value",
    "MEDIAN",
    "MADs_from_median",
    "rank_order",
)
CLASSES = {
    "CTY": "Counties",
    "UA": "Unitary Authorities",
    "MD": "Metropolitan Districts",
    "LBO": "London Boroughs",
    "CC": "London Boroughs",
}
MEASURES = {
    # Title, mean, deviation, digits, years.
    "ASC1": ("Outcome, ASC Carer Quality of Life", 7.4, 0.4, 1, (2016, 2018, 2021)),
    "ASC2": ("Outcome, ASC Quality of Life", 0.408, 0.012, 3, (2016, 2017, 2018, 2019, 2021, 2022)),
    "ASC3": (
        "Outcome, Ease of finding information about services : service users",
        72.0,
        4.5,
        1,
        (2015, 2016, 2017, 2018, 2019, 2021, 2022),
    ),
    "ASC4": (
        "Outcome, Ease of finding information about support : carers",
        62.0,
        5.0,
        1,
        (2016, 2018, 2021),
    ),
    "ASC5": (
        "Outcome, Outcome of short-term services: sequel to service",
        75.0,
        9.0,
        1,
        tuple(range(2015, 2023)),
    ),
    "ASC6": (
        "Outcome, Requests resulting in a service",
        1700.0,
        380.0,
        6,
        tuple(range(2015, 2023)),
    ),
    "ASC7": ("Outcome, Workforce turnover rate", 29.0, 5.0, 6, tuple(range(2016, 2023))),
}
HIGH_IS_GOOD = ("ASC1", "ASC2", "ASC3", "ASC4", "ASC5")
LED = {"ASC5": 0.35}
"""How far leadership of the year before moves a measure, in its deviations."""
LASTING = 0.5
BLANK = 0.015
HIGHEST = 99.0
"""No percentage is above it."""


def write(world: World, release: Release, path: Path) -> None:
    """Write every measure and year; the smallest council and a few others are blank."""
    rng = world.rng("adult social care measures")
    places = world.places
    lasting = rng.normal(size=(len(MEASURES), len(places.councils)))
    led = (world.exposure - world.exposure.mean()) / world.exposure.std()
    rows = []
    for number, (code, (title, mean, deviation, digits, years)) in enumerate(MEASURES.items()):
        for year in years:
            shown = _councils(world, year)
            before = min(year - 1, TRUST_YEARS[-1]) - TRUST_YEARS.start
            effect = LED.get(code, 0.0)
            values = (
                effect * led[:, before]
                + np.sqrt(LASTING) * lasting[number]
                + np.sqrt(1 - LASTING - effect**2) * rng.normal(size=len(places.councils))
            )
            figures = {
                place.code: round(
                    min(mean + deviation * float(np.mean(values[parts])), _highest(mean)), digits
                )
                for place, parts in shown
                if place.letters != "CC" and rng.random() > BLANK
            }
            middle = float(np.median([*figures.values()]))
            spread = float(np.median(np.abs(np.array([*figures.values()]) - middle))) or 1.0
            order = "DESC" if code in HIGH_IS_GOOD else "None"
            for place, _ in shown:
                figure = figures.get(place.code)
                rows.append(
                    (
                        f"{year}-{(year + 1) % 100:02d}",
                        place.code,
                        place.name,
                        "LA_Raw",
                        CLASSES[place.letters],
                        places.regions[place.region].name,
                        title,
                        code,
                        None if figure is None else decimal(figure, 12),
                        decimal(middle, 12),
                        None if figure is None else decimal((figure - middle) / spread),
                        None if figure is None else order,
                    )
                )
    text_file(path, [COLUMNS, *rows])


def _highest(mean: float) -> float:
    return HIGHEST if 10 < mean < HIGHEST else float("inf")


def _councils(world: World, year: int) -> list[tuple[Place, list[int]]]:
    """The councils of a financial year, each with the numbers of the councils it came from."""
    places = world.places
    found: dict[str, tuple[Place, list[int]]] = {}
    for area, number in enumerate(places.area_council):
        place = places.area_in(area, year)
        upper = place if place.county is None else places.councils[number]
        parts = found.setdefault(upper.code, (upper, []))[1]
        if number not in parts:
            parts.append(int(number))
    return [found[code] for code in sorted(found)]
