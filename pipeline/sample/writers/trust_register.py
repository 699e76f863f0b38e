"""The register of NHS trusts: no header, 27 cells a row, all quoted, two vintages."""

from datetime import date, timedelta
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.hospitals import REGISTER_2017, REGISTER_2022
from pipeline.sample.layout import text_file
from pipeline.sample.world import World

WIDTH = 27
STANDS_UNTIL = timedelta(days=730)
"""A trust that has closed stays on the register for about two years."""
VINTAGES = {
    # Day of the register, the letter of a health geography whose meaning changes, line end.
    "2017": (REGISTER_2017, "Q9", "\r\n"),
    "2022": (REGISTER_2022, "QY", "\n"),
}


def write(world: World, release: Release, path: Path) -> None:
    """Write one vintage."""
    day, geography, line_end = VINTAGES[release.period]
    rows = []
    for number, trust in enumerate(world.hospitals.trusts):
        gone = trust.closed is not None and trust.closed + STANDS_UNTIL < day
        if trust.kind == "commissioner" or trust.opened > day or gone:
            continue
        row = [""] * WIDTH
        row[:4] = [trust.code, trust.name.upper(), f"Y9{number % 9}", f"{geography}{number % 7}"]
        row[4:10] = ["1 INVENTED ROAD", "", "", "NOWHERE", "", f"ZZ{number % 90 + 1} 9ZZ"]
        row[10] = _compact(trust.opened)
        if trust.closed is not None and trust.closed <= day:
            row[11] = _compact(trust.closed - timedelta(days=1))
        row[21], row[23] = "0", "Z"
        rows.append(row)
    text_file(path, rows, line_end=line_end, quote_all=True)


def _compact(day: date) -> str:
    return f"{day:%Y%m%d}"
