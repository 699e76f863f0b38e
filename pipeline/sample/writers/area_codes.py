"""Codes of districts, present and former, beside the council, region and nation they are in."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.places import ENGLAND
from pipeline.sample.world import World
from pipeline.sample.writers.district_history import OTHER_NATION

COLUMNS = (
    *("LADCD", "LADNM", "LADCD_ACTIVE", "LADNM_ACTIVE", "UTLACD", "UTLANM", "CAUTHCD", "CAUTHNM"),
    *("RGNCD", "RGNNM", "CTRYCD", "CTRYNM", "EWCD", "EWNM", "GBCD", "GBNM", "UKCD", "UKNM"),
    *("Current", "LAD20CD", "LAD20NM"),
)
WIDER = ("K04000001", "England and Wales", "K03000001", "Great Britain", "K02000001", "UK")
YEAR = 2020


def write(world: World, release: Release, path: Path) -> None:
    """Write every code; one council of another nation has no region."""
    places = world.places
    rows: dict[str, tuple[str, ...]] = {}
    for area, council in enumerate(places.area_council):
        now = places.area_in(area, YEAR)
        upper = now if now.county is None else places.councils[council]
        region = places.regions[now.region]
        combined = ("E47000901", "Synthetic Dales") if now.region == 0 else ("", "")
        rest = (upper.code, upper.name, *combined, region.code, region.name, ENGLAND, "England")
        before = places.area_place[area]
        codes = {now.code: now.name, before.code: before.name}
        if before.former_code:
            codes[before.former_code] = before.name
        for code, name in codes.items():
            current = "TRUE" if code == now.code else "FALSE"
            place = (code, name, now.code, now.name)
            rows[code] = (*place, *rest, *WIDER, current, now.code, now.name)
    wales = (*OTHER_NATION, *OTHER_NATION, *OTHER_NATION, "", "", "", "", "W92000004", "Wales")
    rows[OTHER_NATION[0]] = (*wales, *WIDER, "TRUE", *OTHER_NATION)
    text_file(path, [COLUMNS, *(rows[code] for code in sorted(rows))])
