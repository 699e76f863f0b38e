"""Indices of deprivation 2025 by district of 2024: one wide R data frame."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import r_data
from pipeline.sample.world import World

DOMAINS = (
    "imd",
    "income",
    "employment",
    "education_skills_and_training",
    "health_deprivation_and_disability",
    "crime",
    "barriers_to_housing_and_services",
    "living_environment",
)
YEAR = 2024
OWN_PART, WITHIN = 0.35, 4.0


def write(world: World, release: Release, path: Path) -> None:
    """Write scores with their ranks, and the extent of the index."""
    rng = world.rng("deprivation domains 2025")
    places = world.places
    now = [places.area_in(area, YEAR) for area in range(len(places.area_place))]
    codes = sorted({place.code for place in now})
    names = {place.code: place.name for place in now}
    score = world.people.deprivation[places.area_council]
    general = np.array(
        [score[[place.code == code for place in now]].mean() for code in codes]
    ) + WITHIN * rng.normal(size=len(codes))
    columns: dict[str, list[str | float]] = {
        "ltla24_code": [*codes],
        "ltla24_name": [names[code] for code in codes],
    }
    for domain in DOMAINS:
        drawn = general + OWN_PART * WITHIN * rng.normal(size=len(codes))
        values = np.round(np.clip(drawn, 1, None), 3)
        rank = np.argsort(np.argsort(-values)) + 1.0
        columns[f"{domain}_average_score"] = values.tolist()
        columns[f"{domain}_rank_of_average_score"] = rank.tolist()
        if domain == "imd":
            columns["imd25_extent"] = np.round(np.clip(values / 80, 0, 1), 4).tolist()
            columns["imd25_rank_of_extent"] = rank.tolist()
    r_data(path, "imd2025_england_ltla24", columns)
