"""Mid-year population by single year of age: England, regions, counties and districts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Row, Sheet, workbook
from pipeline.sample.people import OLDEST, YEARS
from pipeline.sample.places import ENGLAND, Place
from pipeline.sample.world import World


@dataclass(frozen=True)
class Layout:
    """One year's file.

    Attributes:
        codes_of: year whose councils the file shows.
        kind: heading of the column with the kind of area, where there is one.
        above: rows above the header; ``{}`` stands for the year.
    """

    sheet: str
    others: tuple[str, ...]
    codes_of: int
    above: tuple[str, ...]
    kind: str | None = "Geography1"
    oldest: str | int = 90
    case: Callable[[str], str] = str
    notes: tuple[str, ...] = ()


TITLE = "MYE2: Population estimates: Persons by single year of age and sex, mid-{}"
ABOVE = ("Contents", "", TITLE, "")
FRONT = ("Contents ", "Terms and conditions ")
NOTES = ("", "1. Invented figures on the codes of their file.")
LAYOUTS = {
    "2015": Layout(
        "Persons UK",
        ("Terms & Conditions", "Males UK"),
        2015,
        (TITLE, "ALL PERSONS"),
        kind=None,
        case=str.upper,
    ),
    "2016": Layout("MYE2 - All", (*FRONT, "MYE2 - M"), 2016, ABOVE, kind=None),
    "2017": Layout("MYE2 - All", (*FRONT, "MYE2 - M"), 2017, ABOVE, notes=NOTES),
    "2018": Layout("MYE2-All", (*FRONT, "MYE2 - Males"), 2019, ABOVE, notes=NOTES),
    "2019": Layout(
        "MYE2 - Persons", (*FRONT, "MYE2 - Males"), 2020, ABOVE, oldest="90+", notes=NOTES
    ),
    "2020": Layout(
        "MYE2 - Persons",
        ("Cover sheet", "Notes"),
        2021,
        (TITLE, "This worksheet contains one table.", "", "", "", "", ""),
        kind="Geography",
        oldest="90+",
    ),
}
KINDS = {
    "E06": "Unitary Authority",
    "E07": "Non-metropolitan District",
    "E08": "Metropolitan District",
    "E09": "London Borough",
    "E10": "County",
    "E11": "Metropolitan County",
    "E12": "Region",
}
OTHER_NATION = ("W06000901", "Dychymyg")
ABROAD = 0.003
"""People of the one council outside England, as a share of England's."""


def write(world: World, release: Release, path: Path) -> None:
    """Write one mid-year on the codes of its own file."""
    layout = LAYOUTS[release.period]
    persons = world.people.persons[:, int(release.period) - YEARS.start]
    header: list[Cell] = [layout.case(label) for label in ("Code", "Name")]
    header += [layout.kind] if layout.kind else []
    header += [layout.case("All ages"), *range(OLDEST), layout.oldest]
    body = [_row(layout, code, name, ages) for code, name, ages in _areas(world, layout, persons)]
    above = [[line.format(release.period) or None] for line in layout.above]
    page = Sheet(layout.sheet, [*above, header, *body, *([note or None] for note in layout.notes)])
    first, *others = layout.others
    blank = [["Generated, not real"]]
    workbook(path, [Sheet(first, blank), page, *(Sheet(name, blank) for name in others)])


def _row(layout: Layout, code: str, name: str, ages: np.ndarray) -> Row:
    kind = [KINDS.get(code[:3], "Country")] if layout.kind else []
    return [code, name, *kind, int(ages.sum()), *(int(n) for n in ages)]


def _areas(world: World, layout: Layout, persons: np.ndarray) -> list[tuple[str, str, np.ndarray]]:
    """Code, name and people by age: countries, then region by region as publishers list them."""
    places = world.places
    england = persons.sum(axis=0)
    abroad = np.rint(england * ABROAD).astype(np.int64)
    rows = [
        ("K02000001", "UNITED KINGDOM", england + abroad),
        ("K04000001", "ENGLAND AND WALES", england + abroad),
        (ENGLAND, "ENGLAND", england),
    ]
    now = [places.area_in(area, layout.codes_of) for area in range(len(places.area_place))]
    for number, region in enumerate(places.regions):
        inside = [area for area, place in enumerate(now) if place.region == number]
        rows.append((region.code, region.name.upper(), persons[inside].sum(axis=0)))
        metropolitan = [area for area in inside if now[area].letters == "MD"]
        upper: dict[str, tuple[Place, list[int]]] = {}
        for area in inside:
            place = now[area]
            above = place if place.county is None else places.councils[place.county]
            upper.setdefault(above.code, (above, []))[1].append(area)
        if metropolitan:
            rows.append(
                (
                    f"E11{900 + number:06d}",
                    f"{region.name} (Met County)",
                    persons[metropolitan].sum(axis=0),
                )
            )
        for above, parts in sorted(upper.values(), key=lambda item: item[0].name):
            rows.append((above.code, above.name, persons[parts].sum(axis=0)))
            rows += [
                (now[area].code, now[area].name, persons[area])
                for area in parts
                if now[area].code != above.code
            ]
    return [*rows, (*OTHER_NATION, abroad)]
