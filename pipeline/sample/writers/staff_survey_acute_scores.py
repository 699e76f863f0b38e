"""NHS Staff Survey 2012-2019 of acute trusts: a workbook of scores, NA where unknown."""

from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Sheet, workbook
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import lasting

YEARS = range(2012, 2020)
SCORES = {
    # Mean, and how far lasting leadership moves it.
    "Engagement.Index": (3.9, 0.06),
    "Engagement.Index.dichot": (0.69, 0.02),
    "RecommendWork.Index": (3.58, 0.1),
    "RecommendWork.Index.dichot": (0.6, 0.03),
    "RecommendCare.Index": (3.74, 0.1),
    "RecommendCare.Index.dichot": (0.68, 0.03),
    "WorkStress.Index": (0.37, -0.01),
    "Survey.clinical.proportion": (0.69, 0.0),
}
HEADER = (
    *("Code", "Year.Index", "SHMI.before", "SHMI.Index", "HEE.region.code", "HEE.region.name"),
    *("Name", "North", "North.v.South", "X", "Responses", "Survey.clinical.proportion"),
    *("Engagement.Index", "Engagement.Index.dichot"),
    *("RecommendWork.Index", "RecommendWork.Index.dichot"),
    *("RecommendCare.Index", "RecommendCare.Index.dichot"),
    *("WorkStress.Index", "FreedomSpeak.Index", "Openness.Index"),
)
NA = "NA"
ABSENT = 0.01


def write(world: World, release: Release, path: Path) -> None:
    """Write every trust in the years it existed; a few have no survey."""
    rng = world.rng("scores of acute trusts")
    rows: list[list[Cell]] = []
    for trust in world.hospitals.acute:
        level = {n: mean + slope * lasting(world, trust) for n, (mean, slope) in SCORES.items()}
        mortality = np.round(rng.normal(1.0, 0.08) + rng.normal(0, 0.02, len(YEARS) + 1), 4)
        for number, year in enumerate(YEARS):
            row: dict[str, Cell] = {"Code": trust.code, "Year.Index": year, "Name": trust.name}
            row |= {"HEE.region.code": "YDF99", "HEE.region.name": "Synthetic", "North": 0}
            row |= {"North.v.South": "South", "SHMI.Index": float(mortality[number + 1])}
            if number:
                row["SHMI.before"] = float(mortality[number])
            figures = {n: round(m + float(rng.normal(0, 0.01)), 9) for n, m in level.items()}
            answered = int(rng.integers(300, 6000))
            if rng.random() > ABSENT:
                row |= figures | {"Responses": answered}
                row |= {"FreedomSpeak.Index": 0, "Openness.Index": 0}
            if trust.exists(date(year, 9, 1)):
                rows.append([row.get(name, NA) for name in HEADER])
    workbook(path, [Sheet("data.NHS.2012_2019", [HEADER, *rows])])
