"""Indices of deprivation 2019 for the upper-tier councils of that year: a sheet a domain."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Row, Sheet, workbook
from pipeline.sample.places import Place
from pipeline.sample.world import World
from pipeline.sample.writers.deprivation_2015 import MEASURES, MORE, OWN_PART, SHEETS

YEAR = 2019
PLACE = (
    "Upper Tier Local Authority District code (2019)",
    "Upper Tier Local Authority District name (2019)",
)


def write(world: World, release: Release, path: Path) -> None:
    """Write all domains; headings end with a space, and the index's name holds the year."""
    rng = world.rng("deprivation domains 2019")
    upper = _councils(world)
    index = np.array([np.mean(world.people.deprivation[parts]) for _, parts in upper])
    general = (index - index.mean()) / index.std()
    pages = [Sheet("Notes", [])]
    for sheet, words in SHEETS.items():
        domain = general + OWN_PART * rng.normal(size=len(index))
        headings: list[Cell] = [*PLACE]
        columns: list[np.ndarray] = []
        for measure in (*MEASURES, *MORE.get(sheet, ())):
            values = _figures(measure, index if sheet == "IMD" else 21 + 6 * domain, domain)
            rank = np.argsort(np.argsort(-values)) + 1
            start = "IMD 2019" if measure in ("Extent", "Local concentration") else words
            headings += [
                f"{start} - {measure} ",
                f"{start} - Rank of {measure[0].lower()}{measure[1:]} ",
            ]
            columns += [values, rank]
        body: list[Row] = [
            [place.code, place.name, *(float(value) for value in values)]
            for (place, _), values in zip(upper, np.column_stack(columns), strict=True)
        ]
        pages.append(Sheet(sheet, [headings, *body]))
    workbook(path, pages)


def _figures(measure: str, score: np.ndarray, domain: np.ndarray) -> np.ndarray:
    figures, digits = 16_400 + 5_000 * domain, 2
    if measure == "Average score":
        figures, digits = np.clip(score, 1, None), 3
    elif measure == "Extent" or measure.startswith("Proportion"):
        figures, digits = np.clip(0.2 + 0.13 * domain, 0, 1), 4
    rounded: np.ndarray = np.round(figures, digits)
    return rounded


def _councils(world: World) -> list[tuple[Place, list[int]]]:
    """The upper-tier councils, each with the numbers of the councils it came from."""
    places = world.places
    found: dict[str, tuple[Place, list[int]]] = {}
    for area, number in enumerate(places.area_council):
        place = places.area_in(area, YEAR)
        upper = place if place.county is None else places.councils[number]
        parts = found.setdefault(upper.code, (upper, []))[1]
        if number not in parts:
            parts.append(int(number))
    return [found[code] for code in sorted(found)]
