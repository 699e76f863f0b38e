"""Spending power of councils: a row a council, a column a year."""

from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, text_file
from pipeline.sample.world import World

YEARS = range(2012, 2022)
"""Years that financial years end in."""
GONE = ".."
CLASSES = {
    "LBO": "London borough",
    "MD": "Metropolitan district",
    "CTY": "County council",
    "NMD": "District council",
    "UA": "Unitary authority",
}
LEVEL = {"CTY": 620.0, "NMD": 14.0, "UA": 210.0, "MD": 260.0, "LBO": 230.0}
"""GBP million."""
BREAK, LATER = 2017, 0.85
"""From this column on another measure stands in the file, lower by so much."""


def write(world: World, release: Release, path: Path) -> None:
    """Write the councils of before April 2019; the City is not among them."""
    rng = world.rng("spending power")
    rows: list[list[Cell]] = []
    for place in (*world.places.councils, *world.places.districts):
        if place.letters == "CC":
            continue
        level = LEVEL[place.letters] * rng.lognormal(0, 0.25)
        cells: list[Cell] = []
        for year in YEARS:
            level *= float(np.exp(rng.normal(0.0, 0.015)))
            shown = level * (LATER if year >= BREAK else 1.0)
            there = place.exists(date(year - 1, 7, 1))
            cells.append(f"{shown:.2f}".rstrip("0").rstrip(".") if there else GONE)
        region = world.places.regions[place.region].name
        rows.append([place.code, place.name, CLASSES[place.letters], region, *cells])
    text_file(path, [["ons_code", "ons_name", "class", "region", *YEARS], *rows])
