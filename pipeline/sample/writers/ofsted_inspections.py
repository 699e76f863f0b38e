"""Inspections of services for children: latest, history side by side, former councils below."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Sheet, with_ampersand, workbook
from pipeline.sample.places import Place
from pipeline.sample.world import World

LINK = "Ofsted Local Authority Webpage"
GRADES = ("Inadequate", "Requires improvement to be good", "Good", "Outstanding")
LIMITS = (-1.2, 0.0, 1.0)
JUDGEMENTS = (
    "overall effectiveness",
    "impact of leaders",
    "experiences and progress of children who need help and protection",
    "experiences and progress of children in care",
    "experiences and progress of care leavers",
)
FORMER = "ILACS inspections of local authorities that existed before the restructure"
FORMER_CARE = "experiences and progress of children in care and care leavers"
STANDARD, SHORT = "ILACS Standard Inspection", "ILACS Short Inspection"
CARE_LEAVERS = date(2023, 1, 1)
TODAY = date(2024, 3, 31)
TO_REPORT = timedelta(days=50)
WIDTH = 17


def write(world: World, release: Release, path: Path) -> None:
    """Write the three tables; the youngest council has not been inspected."""
    rng = world.rng("inspections")
    places = world.places
    upper = [place for place in (*places.councils, *places.newcomers) if place.letters != "NMD"]
    newest = places.newcomers[-1]
    latest: list[list[Cell]] = []
    history: list[list[Cell]] = []
    former: list[list[Cell]] = []
    for place in sorted(upper, key=lambda one: one.name):
        region = places.regions[place.region].name
        if not place.exists(TODAY):
            if place.letters == "UA":
                day = date(2018, 6, 4)
                former.append([LINK, place.name, region, *_inspection(day, _grades(rng))[:6]])
            continue
        if place == newest:
            latest.append([LINK, place.name, region, "Not yet inspected"])
            history.append([LINK, place.name, region])
            continue
        days = _days(place, rng)
        inspections = [(day, _grades(rng)) for day in days]
        day, grades = inspections[-1]
        own = grades if day >= CARE_LEAVERS else grades[:-1]
        latest.append([LINK, with_ampersand(place.name), region, f"{day}T00:00:00", *own])
        row: list[Cell] = [LINK, place.name, region]
        for inspection in inspections:
            row += _inspection(*inspection)
        history.append(row)
    title = "Local authority inspection judgements as at 31 March 2024"
    labels = [words.capitalize() for words in JUDGEMENTS]
    blocks = [_labels(f"{word} ILACS", JUDGEMENTS) for word in ("First", "Second")]
    below = _labels("ILACS framework", (*JUDGEMENTS[:3], FORMER_CARE))
    place_labels = ["Web link", "Local authority name"]
    workbook(
        path,
        [
            Sheet("Cover", [["Generated, not real"]]),
            Sheet(
                "Inspections_31_March_2024",
                _full(
                    9,
                    [
                        [title],
                        ["This worksheet contains one table."],
                        [*place_labels, "Ofsted region", "Inspection date", *labels],
                        *latest,
                    ],
                ),
            ),
            Sheet(
                "ILACS_inspections_2018-2024",
                _full(
                    WIDTH,
                    [
                        ["ILACS inspections 2018-2024"],
                        ["This worksheet contains two tables."],
                        [*place_labels, "LA region", *blocks[0], *blocks[1]],
                        *history,
                        [FORMER],
                        [*place_labels, "LA region", *below],
                        *former,
                    ],
                ),
            ),
        ],
    )


def _labels(block: str, judgements: Sequence[str]) -> list[str]:
    return [f"{block} {words}" for words in ("publication date", "inspection type", *judgements)]


def _full(width: int, rows: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    return [[*row, *[None] * (width - len(row))] for row in rows]


def _days(place: Place, rng: np.random.Generator) -> list[date]:
    begin = max(place.started or date(2018, 5, 1), date(2018, 5, 1))
    first = begin + timedelta(days=int(rng.integers(60, 900)))
    second = first + timedelta(days=int(rng.integers(1000, 1600)))
    return [first, second] if second < TODAY else [first]


def _grades(rng: np.random.Generator) -> list[str]:
    general = rng.normal()
    scores = 0.8 * general + 0.6 * rng.normal(size=len(JUDGEMENTS))
    return [GRADES[int(np.searchsorted(LIMITS, score))] for score in scores]


def _inspection(day: date, grades: Sequence[str]) -> list[Cell]:
    """Seven cells; care leavers had no judgement of their own before 2023."""
    kind = SHORT if grades[0] in GRADES[2:] else STANDARD
    care = grades[4] if day >= CARE_LEAVERS else None
    return [f"{day + TO_REPORT}T00:00:00", kind, *grades[:4], care]
