"""Districts and their upper-tier councils in one vintage: R data, columns in two orders."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import r_data
from pipeline.sample.places import Place
from pipeline.sample.world import World
from pipeline.sample.writers.district_history import OTHER_NATION

CODES_FIRST = 2023


def write(world: World, release: Release, path: Path) -> None:
    """Write a vintage, with a council of another nation that readers leave out."""
    places = world.places
    year = int(release.period)
    pairs: dict[str, tuple[Place, Place]] = {}
    for area, council in enumerate(places.area_council):
        place = places.area_in(area, year)
        upper = place if place.county is None else places.councils[council]
        pairs[place.code] = (place, upper)
    rows = [pairs[code] for code in sorted(pairs)]
    columns: dict[str, list[str | float]] = {}
    for number, tier in enumerate(("ltla", "utla")):
        code = f"{tier}{year % 100}_code"
        name = f"{tier}{year % 100}_name"
        for label in (code, name) if year >= CODES_FIRST else (name, code):
            columns[label] = [
                *(pair[number].code if label == code else pair[number].name for pair in rows),
                OTHER_NATION[0] if label == code else OTHER_NATION[1],
            ]
    r_data(path, f"lookup_ltla{year % 100}_utla{year % 100}", columns)
