"""Where the patients of each acute trust of 2022 live, by district of 2021: R data."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.hospitals import REGISTER_2022
from pipeline.sample.layout import r_data
from pipeline.sample.world import World

DISTRICTS_OF = 2021
DIGITS = 12


def write(world: World, release: Release, path: Path) -> None:
    """Write the shares; merged districts hold the patients of all their parts."""
    areas = range(len(world.places.area_place))
    district = [world.places.area_in(area, DISTRICTS_OF).code for area in areas]
    trusts: list[str] = []
    districts: list[str] = []
    shares: list[float] = []
    for trust in sorted(world.hospitals.acute, key=lambda trust: trust.code):
        if not trust.exists(REGISTER_2022):
            continue
        total: dict[str, float] = dict.fromkeys(sorted(set(district)), 0.0)
        for code, share in zip(district, world.hospitals.catchment(trust.code), strict=True):
            total[code] += float(share)
        trusts += [trust.code] * len(total)
        districts += total.keys()
        shares += [round(share, DIGITS) for share in total.values()]
    r_data(
        path,
        "lookup_nhs_trusts22_ltla21",
        {
            "nhs_trust22_code": trusts,
            "ltla21_code": districts,
            "proportion_trust_came_from_ltla": shares,
        },
    )
