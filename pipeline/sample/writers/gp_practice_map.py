"""General practices of January 2022 with network, commissioner, partnership and region."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.hospitals import LETTERS
from pipeline.sample.layout import Row, text_file
from pipeline.sample.places import FIRST_CODE
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import board

PRACTICES = 2
ALONE = 40
"""Each so many, a practice is in no network."""
REGIONS = 7
HEADER = (
    *("PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "PRACTICE_POSTCODE"),
    *("PCN_CODE", "PCN_NAME", "ONS_CCG_CODE", "CCG_CODE", "CCG_NAME"),
    *("ONS_STP_CODE", "STP_CODE", "STP_NAME"),
    *("ONS_COMM_REGION_CODE", "COMM_REGION_CODE", "COMM_REGION_NAME"),
)


def write(world: World, release: Release, path: Path) -> None:
    """Write two practices for each district of 2016, one network a district."""
    rows: list[Row] = []
    for area, place in enumerate(world.places.area_place):
        number = world.places.councils[world.places.area_council[area]].region
        name = world.places.regions[number].name
        region = number % REGIONS
        for _ in range(PRACTICES):
            count = len(rows) + 1
            network = (f"U9{area:04d}", f"{place.name} PCN".upper())
            rows.append(
                (
                    *("GP_PRAC_PAT_LIST", "01Jan2022", f"Z9{count:04d}"),
                    f"{place.name} SURGERY {count}".upper(),
                    f"ZZ{count % 90 + 1} 9ZZ",
                    *(("U", "Unallocated") if count % ALONE == 0 else network),
                    f"E38000{FIRST_CODE + 1 + number:03d}",
                    *(f"96{LETTERS[number]}", f"NHS {name} CCG"),
                    *(board(number), f"QZ{LETTERS[number]}", name),
                    f"E40000{FIRST_CODE + 1 + region:03d}",
                    *(f"Y9{region}", f"Synthetic Quarter {region + 1}"),
                )
            )
    text_file(path, [HEADER, *rows])
