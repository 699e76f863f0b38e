"""Patients who do not meet the criteria to reside, by trust and day: one day a week."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.hospitals import REGISTER_2022, Trust
from pipeline.sample.layout import Row, text_file
from pipeline.sample.places import FIRST_CODE
from pipeline.sample.world import World

DAYS = (date(2022, 4, 1), date(2025, 8, 31))
STEP = timedelta(days=7)
NO_REPORTS = date(2022, 6, 19)
"""A day on which every figure is a zero in place of a missing one."""
NAMELESS_FROM = date(2025, 1, 1)
"""From then on a row a day has no trust and no figure."""
ABSENT = 0.01
LED = 0.25
"""How much less there are for one deviation of lasting leadership, in logarithms."""
NA = "NA"

Counts = dict[tuple[str, date], int | None]


def write(world: World, release: Release, path: Path) -> None:
    """Write day by day within each trust."""
    rows: list[Row] = [
        (code, day.isoformat(), NA if count is None else count)
        for (code, day), count in counts(world).items()
    ]
    rows += [(NA, day.isoformat(), NA) for day in days() if day >= NAMELESS_FROM]
    header = ("nhs_trust22_code", "date", "do_not_meet_criteria_to_reside")
    text_file(path, [header, *rows])


def days() -> list[date]:
    """The days of the sample."""
    weeks = (DAYS[1] - DAYS[0]) // STEP
    return sorted({NO_REPORTS, *(DAYS[0] + week * STEP for week in range(weeks + 1))})


def trusts(world: World) -> list[Trust]:
    """The acute trusts of 2022."""
    return [trust for trust in world.hospitals.acute if trust.exists(REGISTER_2022)]


def lasting(world: World, trust: Trust) -> float:
    """The leadership that has lasted through the years of the truth, nought where unknown."""
    known = world.quality[trust.code]
    return 0.0 if np.isnan(known).all() else float(np.nanmean(known))


def counts(world: World) -> Counts:
    """Trust and day to patients, None where not reported."""
    rng = world.rng("criteria to reside")
    found: Counts = {}
    for trust in trusts(world):
        beds = float(world.hospitals.cost[trust.running(REGISTER_2022)].sum()) / 2000
        level = beds * np.exp(-LED * lasting(world, trust) + rng.normal(0, 0.2))
        for day in days():
            count = 0 if day == NO_REPORTS else int(rng.poisson(level))
            found[trust.code, day] = None if rng.random() < ABSENT else count
    return found


def board(region: int) -> str:
    """Code of the integrated care board of a region: each has one, with a code not in use."""
    return f"E54000{FIRST_CODE + 1 + region:03d}"


def board_shares(world: World, trust: Trust) -> np.ndarray:
    """Share of a trust's patients by board."""
    places = world.places
    region = np.array([places.councils[number].region for number in places.area_council])
    shares = world.hospitals.catchment(trust.code)
    return np.bincount(region, weights=shares, minlength=len(places.regions))


def main_board(world: World, trust: Trust) -> str:
    """The board that most of a trust's patients live in."""
    return board(int(board_shares(world, trust).argmax()))
