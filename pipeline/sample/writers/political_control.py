"""Seats by party and label of control, a row a council and year; the labels change in 2025."""

from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World

PARTIES = ("con", "lab", "ld", "green", "ukip", "ref", "pc", "snp", "other")
COLUMNS = ("id", "council id", "authority", "year", "total", *PARTIES, "majority")
SHARES = (0.36, 0.32, 0.16, 0.05, 0.02, 0.01, 0.0, 0.0, 0.08)
OLD = ("Con", "Lab", "LD", "Green", "Other", "Other", "Plaid", "SNP", "Other")
NEW = ("CON", "LAB", "LD", "GRN", "IND", "REF", "PC", "SNP", "IND")
YEARS = range(2016, 2026)
NEW_WORDS_FROM = 2025
UNDECIDED = 0.03


def write(world: World, release: Release, path: Path) -> None:
    """Write ten years; a county and the unitary after it share a name and not a number."""
    rng = world.rng("political control")
    rows: list[tuple[str | int, ...]] = []
    councils = world.places.all_places()
    strength = rng.dirichlet(8 * np.array(SHARES) + 0.01, size=len(councils))
    size = rng.integers(33, 80, size=len(councils))
    for year in YEARS:
        for number, place in enumerate(councils):
            if not place.exists(date(year, 6, 1)):
                continue
            seats = [int(count) for count in rng.multinomial(size[number], strength[number])]
            label = _label(seats, year, float(rng.random()))
            council = (len(rows) + 1, number + 1, place.name, year)
            rows.append((*council, sum(seats), *seats, label))
    text_file(path, [COLUMNS, *rows])


def _label(seats: list[int], year: int, drawn: float) -> str:
    order = sorted(range(len(seats)), key=lambda party: -seats[party])
    majority = 2 * seats[order[0]] > sum(seats)
    if year < NEW_WORDS_FROM:
        return OLD[order[0]] + ("" if majority else " plurality")
    if drawn < UNDECIDED:
        return "TBD"
    if majority:
        return NEW[order[0]] + (" Mayor" if drawn > 1 - UNDECIDED else "")
    return NEW[order[0]] + (" min" if drawn < 0.5 else f"/{NEW[order[1]]}")
