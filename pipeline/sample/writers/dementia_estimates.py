"""Register and estimate by month of one year, by name and without codes."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World
from pipeline.sample.writers.dementia_register import (
    MONTHS,
    YEAR,
    dementia,
    groups,
    last_day,
    shown,
)

COLUMNS = ("", "NAME", "ORG_TYPE", "ACH_DATE", "VALUE_REGISTER", "VALUE_ESTIMATE")


def write(world: World, release: Release, path: Path) -> None:
    """Write twelve months."""
    figures = dementia(world)
    rows: list[tuple[str, str, str, str, str]] = []
    for group in groups(world):
        for number, month in enumerate(MONTHS):
            if month.year != YEAR or not shown(group, month):
                continue
            register = figures.register[group.members, number].sum()
            estimate = figures.estimate[group.members, number].sum()
            day = last_day(month).isoformat()
            rows.append((group.name.upper(), group.kind, day, f"{register:.1f}", f"{estimate:.1f}"))
    rows.sort(key=lambda row: (row[1] != "LTLA", row[0], row[1], row[2]))
    text_file(path, [COLUMNS, *((number, *row) for number, row in enumerate(rows))])
