"""Districts side by side, 2016 to 2024: a row a district of 2016, R data."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import r_data
from pipeline.sample.world import World

VINTAGES = range(2016, 2025)
OTHER_NATION = ("W06000901", "Dychymyg")


def write(world: World, release: Release, path: Path) -> None:
    """Write the chains, with a district of another nation that readers leave out."""
    columns: dict[str, list[str | float]] = {}
    for vintage in VINTAGES:
        places = [
            world.places.area_in(area, vintage) for area in range(len(world.places.area_place))
        ]
        columns[f"ltla{vintage % 100}_code"] = [*(p.code for p in places), OTHER_NATION[0]]
        columns[f"ltla{vintage % 100}_name"] = [*(p.name for p in places), OTHER_NATION[1]]
    r_data(path, "lookup_ltla_ltla", columns)
