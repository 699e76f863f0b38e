"""Rural and urban shares of today's councils of any nation, by their register letters."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.outcome import RURAL_YEAR
from pipeline.sample.people import YEARS
from pipeline.sample.world import World

COLUMNS = ("local-authority-code", "highly-rural", "rural", "urban", "ruc-cluster-label")
CLUSTERS = ((0.6, "Sparse and rural"), (0.4, "Rural"), (0.12, "Urban with rural areas"))
DIGITS = 12
OTHERS = (("QQW", 0.41, 0.22, 0.37),)


def write(world: World, release: Release, path: Path) -> None:
    """Write the shares; councils that had been replaced by 2021 are not there."""
    areas = world.places.area_place
    now = [world.places.area_in(area, RURAL_YEAR + 1) for area in range(len(areas))]
    persons = world.people.persons[:, RURAL_YEAR - YEARS.start].sum(axis=1)
    members: dict[str, list[int]] = {}
    for area, place in enumerate(now):
        members.setdefault(place.registry, []).append(area)
        if place.county is not None:
            members.setdefault(world.places.councils[place.county].registry, []).append(area)
    rows = [*OTHERS]
    for registry, part in members.items():
        rural, very = np.average(world.people.rural[part], axis=0, weights=persons[part])
        very, rural = round(float(very), DIGITS), round(float(rural), DIGITS)
        rows.append((registry, very, rural, round(1 - rural - very, DIGITS)))
    text_file(path, [COLUMNS, *((*row, _cluster(row[1] + row[2])) for row in sorted(rows))])


def _cluster(rural: float) -> str:
    return next((label for least, label in CLUSTERS if rural >= least), "Urban")
