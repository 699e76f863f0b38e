"""Emergency care by trust and month: counts, and shares in two decimals."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.hospitals import REGISTER_2022
from pipeline.sample.layout import Row, text_file
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import lasting, trusts

FIRST, LAST = date(2021, 4, 1), date(2025, 7, 1)
MEASURED_FROM = date(2023, 6, 1)
"""Until then some trusts have no count of attendances over four hours."""
TRIALS = 3
NA = "NA"
COUNTS = (
    "total_attendances",
    "attendances_over_4hours",
    "total_emergency_admissions",
    "emergency_admissions_over_4hours",
)
HEADER = (*COUNTS, "pct_attendance_over_4hours", "pct_emergency_admissions_over_4hours", "date")


def write(world: World, release: Release, path: Path) -> None:
    """Write month by month; a community trust sees nobody."""
    rows: list[Row] = []
    community = next(t.code for t in world.hospitals.trusts if t.kind == "community")
    trying = [trust.code for trust in trusts(world)][:TRIALS]
    for code, month, figures in [
        *figures_by_trust(world),
        *((community, month, (0, 0, 0, 0)) for month in months(FIRST)),
    ]:
        unknown = code in trying and month < MEASURED_FROM
        rows.append(emergency_row(code, month, figures, unknown))
    text_file(path, [("nhs_trust22_code", *HEADER), *rows])


def months(first: date) -> list[date]:
    """The first day of every month from one to the last."""
    count = (LAST.year - first.year) * 12 + LAST.month - first.month
    return [
        date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
        for n in range(count + 1)
    ]


def figures_by_trust(world: World) -> Iterator[tuple[str, date, tuple[int, int, int, int]]]:
    """Trust and month with the four counts."""
    rng = world.rng("emergency care")
    for trust in trusts(world):
        size = float(world.hospitals.cost[trust.running(REGISTER_2022)].sum()) / 25
        slow = float(np.clip(0.27 - 0.03 * lasting(world, trust) + rng.normal(0, 0.05), 0.02, 0.6))
        for month in months(FIRST):
            seen = int(rng.poisson(size))
            admitted = int(rng.binomial(seen, 0.25))
            figures = (
                seen,
                int(rng.binomial(seen, slow)),
                admitted,
                int(rng.binomial(admitted, slow)),
            )
            yield trust.code, month, figures


def emergency_row(
    code: str, month: date, figures: tuple[int, int, int, int], unknown: bool = False
) -> Row:
    """A row as published: a share of nobody, or of an unknown count, is missing."""
    seen, long_seen, admitted, long_admitted = figures
    share_seen = NA if unknown or not seen else f"{long_seen / seen:.2f}"
    share_admitted = f"{long_admitted / admitted:.2f}" if admitted else NA
    counts = (seen, NA if unknown else long_seen, admitted, long_admitted)
    return (code, *counts, share_seen, share_admitted, f"{month:%B %Y}")
