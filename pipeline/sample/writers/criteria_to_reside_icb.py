"""Patients who do not meet the criteria to reside, by integrated care board and day."""

from datetime import date
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import board, counts, main_board, trusts

SILENT = board(0)
SILENT_FROM = date(2023, 9, 1)
"""From then on one board has no rows."""


def write(world: World, release: Release, path: Path) -> None:
    """Write the sums over the trusts of each board; what a trust does not report adds nothing."""
    of_trust = {trust.code: main_board(world, trust) for trust in trusts(world)}
    sums: dict[tuple[str, date], int] = {}
    for (code, day), count in counts(world).items():
        key = of_trust[code], day
        sums[key] = sums.get(key, 0) + (count or 0)
    rows = [
        (code, day.isoformat(), count)
        for (code, day), count in sorted(sums.items())
        if code != SILENT or day < SILENT_FROM
    ]
    text_file(path, [("icb22_code", "date", "do_not_meet_criteria_to_reside"), *rows])
