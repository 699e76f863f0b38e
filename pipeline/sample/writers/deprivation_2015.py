"""Indices of deprivation 2015 for upper-tier councils: a sheet a domain."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Row, Sheet, workbook
from pipeline.sample.world import World

SHEETS = {
    "IMD": "IMD",
    "Income": "Income",
    "Employment": "Employment",
    "Education": "Education, Skills and Training",
    "Health": "Health Deprivation and Disability",
    "Crime": "Crime",
    "Barriers": "Barriers to Housing and Services",
    "Living": "Living Environment",
    "IDACI": "Income Deprivation Affecting Children Index (IDACI)",
    "IDAOPI": "Income Deprivation Affecting Older People (IDAOPI)",
}
"""Sheet to the words before each measure in its headings."""
PLACE = (
    "Upper Tier Local Authority District code (2013)",
    "Upper Tier Local Authority District name (2013)",
)
MEASURES = (
    "Average rank",
    "Average score",
    "Proportion of LSOAs in most deprived 10% nationally",
)
MORE = {
    "IMD": ("Extent", "Local concentration"),
    "Income": ("Scale",),
    "Employment": ("Scale",),
}
OWN_PART = 0.35
"""How much a domain goes its own way beside the index."""
SHARES = ("Income", "Employment", "IDACI", "IDAOPI")
"""Domains whose score is a share of people."""
STANDARDISED = ("Health", "Crime")


def write(world: World, release: Release, path: Path) -> None:
    """Write all domains. A council recoded since appears under its former code."""
    rng = world.rng("deprivation domains")
    councils = sorted(world.places.councils, key=lambda place: place.former_code or place.code)
    order = [world.places.councils.index(council) for council in councils]
    index = world.people.deprivation[order]
    general = (index - index.mean()) / index.std()
    pages = [Sheet("Notes", [["Generated, not real"]])]
    for sheet, words in SHEETS.items():
        domain = general + OWN_PART * rng.normal(size=len(index))
        score = index if sheet == "IMD" else _score(sheet, domain)
        figures = {
            "Average rank": (16_400 + 5_000 * domain, 2),
            "Average score": (score, 3),
            "Proportion of LSOAs in most deprived 10% nationally": (
                np.clip(0.1 + 0.1 * domain, 0, 1),
                4,
            ),
            "Extent": (np.clip(0.2 + 0.13 * domain, 0, 1), 4),
            "Local concentration": (31_000 + 1_000 * domain, 2),
            "Scale": (np.rint(9_000 * np.exp(0.5 * domain)), 2),
        }
        measures = (*MEASURES, *MORE.get(sheet, ()))
        headings: list[Cell] = [*PLACE]
        columns: list[np.ndarray] = []
        for measure in measures:
            values, digits = figures[measure]
            rank = np.argsort(np.argsort(-values)) + 1
            headings += [
                f"{words} - {measure}",
                f"{words} - Rank of {measure[0].lower()}{measure[1:]}",
            ]
            columns += [np.round(values, digits), rank]
        body: list[Row] = [
            [council.former_code or council.code, council.name, *(float(v) for v in values)]
            for council, values in zip(councils, np.column_stack(columns), strict=True)
        ]
        pages.append(Sheet(sheet, [headings, *body]))
    workbook(path, pages)


def _score(sheet: str, domain: np.ndarray) -> np.ndarray:
    if sheet in SHARES:
        return np.clip(0.15 + 0.05 * domain, 0.02, 0.6)
    if sheet in STANDARDISED:
        return 0.55 * domain
    return np.clip(21.0 + 6.0 * domain, 1.0, None)
