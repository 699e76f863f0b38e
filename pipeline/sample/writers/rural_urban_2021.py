"""Rural-urban class of the districts of 2024: R data, with a district of another nation."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import r_data
from pipeline.sample.world import World
from pipeline.sample.writers.district_history import OTHER_NATION

YEAR = 2024
CLASSES = (
    (0.55, "RM", "Majority rural", "Rural"),
    (0.3, "RI", "Intermediate rural", "Rural"),
    (0.12, "UI", "Intermediate urban", "Urban"),
    (0.0, "UU", "Urban", "Urban"),
)
FAR = {"N": "nearer to", "F": "further from"}


def write(world: World, release: Release, path: Path) -> None:
    """Write one row a district."""
    places = world.places
    rows: dict[str, tuple[str, str, str]] = {}
    for area in range(len(places.area_place)):
        place = places.area_in(area, YEAR)
        share = float(world.people.rural[area].sum())
        code, words, kind = next(rest for least, *rest in CLASSES if share >= least)
        letter = "F" if area % 4 == 0 else "N"
        text = f"{words}: Majority {FAR[letter]} a major town or city"
        rows.setdefault(place.code, (code + letter, text, kind))
    rows[OTHER_NATION[0]] = rows[next(iter(rows))]
    codes = sorted(rows)
    r_data(
        path,
        "ruc21_ltla24",
        {
            "ltla24_code": codes,
            "ruc21_code": [rows[code][0] for code in codes],
            "classification": [rows[code][1] for code in codes],
            "ruc": [rows[code][2] for code in codes],
        },
    )
