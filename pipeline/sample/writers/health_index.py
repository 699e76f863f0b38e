"""Health Index: district, year and indicator in one long R data frame."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import r_data
from pipeline.sample.world import World

YEARS = range(2015, 2022)
DISTRICTS_OF = 2021
INDICATORS = {
    # Mean, deviation between districts, years that take over the figures of the year before.
    "Dementia": (0.78, 0.2, (2016, 2017, 2018)),
    "Frailty": (570.0, 80.0, (2021,)),
    "Physical activity": (65.0, 5.0, ()),
    "Children's social, emotional and mental health": (2.5, 0.6, ()),
}
YEARLY = 0.2


def write(world: World, release: Release, path: Path) -> None:
    """Write four of the indicators; the city has none."""
    rng = world.rng("health index")
    places = world.places
    now = [places.area_in(area, DISTRICTS_OF) for area in range(len(places.area_place))]
    codes = sorted({place.code for place in now if place.letters != "CC"})
    columns: dict[str, list[str | float]] = {
        "ltla21_code": [],
        "year": [],
        "indicator": [],
        "value": [],
    }
    for indicator, (mean, deviation, repeated) in INDICATORS.items():
        lasting = rng.normal(size=len(codes))
        values: np.ndarray = np.zeros(len(codes))
        for year in YEARS:
            if year not in repeated:
                drawn = lasting + YEARLY * rng.normal(size=len(codes))
                values = np.round(np.abs(mean + deviation * drawn), 6)
            columns["ltla21_code"] += codes
            columns["year"] += [float(year)] * len(codes)
            columns["indicator"] += [indicator] * len(codes)
            columns["value"] += values.tolist()
    r_data(path, "england_health_index_indicators", columns)
