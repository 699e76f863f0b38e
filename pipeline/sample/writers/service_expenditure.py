"""Service expenditure summary (RSX), 2022-23 to 2024-25: the layouts of the RO3 sheet."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Sheet, workbook
from pipeline.sample.money import PER_HEAD
from pipeline.sample.world import World
from pipeline.sample.writers.social_care_outturn import (
    NEW_FORM_FROM,
    Body,
    bodies,
    computed,
    people,
    sheet,
    social_care,
)
from pipeline.sources.service_expenditure import LINES, TOTAL
from pipeline.sources.social_care_outturn import TOTAL as SOCIAL_CARE

STAFF, FEES, OTHER_INCOME = 0.35, 0.12, 0.1
TIERS = {
    "upper": ("UA", "MD", "L", "SC"),
    "lower": ("UA", "MD", "L", "SD"),
    "both": ("UA", "MD", "L", "SC", "SD"),
    "police": ("Police",),
    "fire": ("Fire",),
}


def write(world: World, release: Release, path: Path) -> None:
    """Write one year; adult social care is the total of the RO3 sheet."""
    year = int(release.period[:4])
    authorities = bodies(world, year)
    heads = np.array([_heads(world, body) for body in authorities])
    rng = world.rng(f"service expenditure {year}")
    figures = {"adult_social_care": social_care(world, authorities, year)[SOCIAL_CARE]}
    for line, (level, tier) in PER_HEAD.items():
        given = np.array([body.kind in TIERS[tier] for body in authorities])
        gross = heads * given * level / 1000 * rng.lognormal(0, 0.15, len(authorities))
        figures[line] = computed(
            employees=gross * STAFF,
            running=gross * (1 - STAFF),
            fees=gross * FEES,
            other=gross * OTHER_INCOME,
            whole=year < NEW_FORM_FROM,
        )
    figures[TOTAL] = np.sum(list(figures.values()), axis=0)
    page = sheet(
        world,
        release,
        "RSX",
        title="Service Expenditure Summary",
        authorities=authorities,
        lines=LINES,
        figures=figures,
    )
    workbook(path, [Sheet("Front_Page", [["Generated, not real"]]), page])


def _heads(world: World, body: Body) -> int:
    """People of an authority; a shire district or other authority has a round number."""
    if body.upper:
        return people(world, body)
    return {"SD": 120_000, "Police": 900_000, "Fire": 900_000}.get(body.kind, 0)
