"""Small areas of 2011 with their board and district of 2022: R data."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.hospitals import LETTERS
from pipeline.sample.layout import r_data
from pipeline.sample.places import FIRST_CODE
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import board

DISTRICTS_OF = 2022
PARTS = 3
FIRST_SMALL = 900_001
NAMES = (
    *("lsoa11_name", "lsoa11_code", "sicbl22_name", "sicbl22_code", "sicbl22_code_h"),
    *("icb22_name", "icb22_code", "icb22_code_h", "ltla22_name", "ltla22_code"),
)


def write(world: World, release: Release, path: Path) -> None:
    """Write three small areas for each district of 2016; a region is one board in one part."""
    places = world.places
    rows = []
    for area in range(len(places.area_place)):
        district = places.area_in(area, DISTRICTS_OF)
        number = places.councils[places.area_council[area]].region
        region = places.regions[number]
        name = f"NHS {region.name} Integrated Care Board"
        part = f"96{LETTERS[number]}"
        for small in range(PARTS):
            rows.append(
                (
                    f"{district.name} {area + 1:03d}{LETTERS[small]}",
                    f"E01{FIRST_SMALL + PARTS * area + small:06d}",
                    f"NHS {region.name} ICB - {part}",
                    f"E38000{FIRST_CODE + 1 + number:03d}",
                    part,
                    name,
                    board(number),
                    f"QZ{LETTERS[number]}",
                    district.name,
                    district.code,
                )
            )
    r_data(
        path,
        "lookup_lsoa11_sicbl22_icb22_ltla22",
        dict(zip(NAMES, zip(*rows, strict=True), strict=True)),
    )
