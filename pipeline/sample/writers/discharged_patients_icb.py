"""Patients discharged by integrated care board and day, with the time of day until May 2023."""

from datetime import date
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import Row, text_file
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_icb import SILENT, SILENT_FROM
from pipeline.sample.writers.criteria_to_reside_trust import (
    NO_REPORTS,
    board,
    days,
    main_board,
    trusts,
)

BY_TIME_UNTIL = date(2023, 5, 31)
A_TRUST = 60
LATE = 0.4
NA = "NA"


def write(world: World, release: Release, path: Path) -> None:
    """Write every board and day."""
    rng = world.rng("discharged patients")
    boards = [main_board(world, trust) for trust in trusts(world)]
    rows: list[Row] = []
    for code in (board(region) for region in range(len(world.places.regions))):
        for day in days():
            count = boards.count(code) if day != NO_REPORTS else 0
            total = int(rng.poisson(A_TRUST * count)) if count else 0
            late = int(rng.binomial(total, LATE))
            parts: Row = (total - late, late) if day <= BY_TIME_UNTIL else (NA, NA)
            if code != SILENT or day < SILENT_FROM:
                rows.append((code, day.isoformat(), *parts, total))
    header = ("discharged_by_1700", "discharged_between_1701_2359", "discharged_total")
    text_file(path, [("icb22_code", "date", *header), *rows])
