"""NHS organisations by kind, with blanks after codes and names."""

from datetime import date
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World

DAY = date(2018, 9, 1)
KINDS = {
    "acute": "Acute",
    "community": "Community Provider Trust",
    "commissioner": "Clinical Commissioning Group",
}
REGIONS = 13
SPECIALIST = 3
"""The first so many acute trusts are specialist ones."""


def write(world: World, release: Release, path: Path) -> None:
    """Write every organisation; those that answer under joined codes have each its own here."""
    rows = []
    for number, trust in enumerate(world.hospitals.trusts):
        if trust.exists(DAY):
            special = str(trust.kind == "acute" and number < SPECIALIST).upper()
            told = (f"{trust.name} ", KINDS[trust.kind], f"YDF{21 + number % REGIONS}", special)
            rows += [(f"{code} ", *told) for code in trust.code.split("/")]
    header = ("ORG_CODE", "ORG_NAME", "ORG_TYPE", "HEE_REGION_CODE", "SPECIALIST")
    text_file(path, [header, *sorted(rows)], encoding="utf-8-sig", line_end="\r\n")
