"""Which NHS organisation took over from which: R data, every kind of organisation, from 1992."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import r_data
from pipeline.sample.world import World

PRACTICES = 40
"""Handovers of general practices, which fill most of the real table."""


def write(world: World, release: Release, path: Path) -> None:
    """Write the successions, those of trusts among those of practices."""
    rows = [(old, new, day.isoformat()) for old, new, day in world.hospitals.succession]
    rng = world.rng("practice successions")
    for number, year in enumerate(rng.integers(1992, 2022, PRACTICES)):
        rows.append((f"QZ{number:03d}", f"QZ{number + 500:03d}", f"{year}-04-01"))
    old, new, days = zip(*sorted(rows), strict=True)
    r_data(path, "lookup_trust_trust", {"old_code": old, "new_code": new, "date": days})
