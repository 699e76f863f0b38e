"""Emergency care by integrated care board and month: the sums over its trusts."""

from datetime import date
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World
from pipeline.sample.writers.accidents_emergency_trust import (
    HEADER,
    emergency_row,
    figures_by_trust,
)
from pipeline.sample.writers.criteria_to_reside_trust import board, main_board, trusts

FIRST = date(2022, 4, 1)
UNCOUNTED = (board(1), date(2022, 10, 1))
"""A board with zero attendances over four hours until a month, in place of a missing count."""


def write(world: World, release: Release, path: Path) -> None:
    """Write every board and month."""
    of_trust = {trust.code: main_board(world, trust) for trust in trusts(world)}
    sums: dict[tuple[date, str], tuple[int, int, int, int]] = {}
    for code, month, figures in figures_by_trust(world):
        if month >= FIRST:
            key = month, of_trust[code]
            before = sums.get(key, (0, 0, 0, 0))
            a, b, c, d = (x + y for x, y in zip(before, figures, strict=True))
            sums[key] = (a, b, c, d)
    rows = []
    for (month, code), (seen, long_seen, admitted, long_admitted) in sorted(sums.items()):
        zero = code == UNCOUNTED[0] and month < UNCOUNTED[1]
        counts = (seen, 0 if zero else long_seen, admitted, long_admitted)
        rows.append(emergency_row(code, month, counts))
    text_file(path, [("icb22_code", *HEADER), *rows])
