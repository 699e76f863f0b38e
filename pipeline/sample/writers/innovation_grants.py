"""Money for research by NUTS 3 region and year: a file a funder."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World

REGIONS = [f"UKZ{first}{second}" for first in range(1, 5) for second in range(1, 6)]
"""No region of the United Kingdom has the letter Z."""
EDITIONS = (2016, 2013, 2010, 2006)
NONE = 0.15
MEDIAN, SPREAD = 1_500_000, 1.4


def write(world: World, release: Release, path: Path) -> None:
    """Write the years of a funder; a region without awards has no row, or a zero."""
    rng = world.rng(f"innovation grants {release.label}")
    first, last = (int(year) for year in release.period.split("-"))
    whole = release.label.startswith("gbp")
    rows: list[tuple[int, str, int, str]] = []
    for year in range(first, last + 1):
        edition = next(edition for edition in EDITIONS if edition <= year)
        for region in REGIONS:
            if rng.random() < NONE:
                continue
            pounds = MEDIAN * float(rng.lognormal(0, SPREAD)) if rng.random() > NONE / 3 else 0.0
            text = f"{pounds:.0f}" if whole else str(round(pounds, 2))
            rows.append((year, region, edition, text))
    text_file(path, [("year", "nuts_id", "nuts_year_spec", release.label), *rows])
