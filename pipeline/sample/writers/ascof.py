"""Adult social care outcomes framework 2024-25: one workbook of 25 tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Row, Sheet, workbook
from pipeline.sample.places import ENGLAND, Place
from pipeline.sample.world import World
from pipeline.sources.ascof import CARERS, PROVIDERS, RECORDS, TABLES, USERS, Table

PLACE = ("Local authority code", "Local authority", "ONS area code")
NOT_THERE = "[z]"
NOT_AVAILABLE = "[x]"
SUPPRESSED = "[c]"

CARERS_ASKED = (2016, 2018, 2021, 2023)
VOLUNTARY = 2020
TOOK_PART = 6
"""Councils that took part in the users' survey of the voluntary year."""
BRACKETED = 2016

LEVELS = {
    # Mean and deviation by unit.
    "percent": (68.0, 6.0),
    "score to 24": (18.9, 0.4),
    "score to 12": (7.4, 0.4),
    "score to 1": (0.41, 0.015),
    "per 100,000 people": (320.0, 90.0),
}
TYPES = {
    "S": "Shire Counties",
    "U": "Unitary Authorities",
    "M": "Metropolitan Districts",
    "I": "Inner London",
    "O": "Outer London",
}
LETTERS = {"CTY": "S", "UA": "U", "MD": "M", "CC": "I"}


@dataclass(frozen=True)
class Line:
    """A row of every table: England, a type, a region or a council, and the councils it holds."""

    code: str
    name: str
    ons: str
    members: np.ndarray
    council: bool = False


@dataclass(frozen=True)
class Drawn:
    """What one table and year holds, council by council.

    Attributes:
        there: whether the council existed; ``city``: whether it is the smallest.
        whole: respondents, or the denominator; ``value``: the outcome, or the numerator.
        answered: whether it took part.
    """

    table: Table
    year: int
    there: np.ndarray
    city: np.ndarray
    whole: np.ndarray
    value: np.ndarray
    answered: np.ndarray


def write(world: World, release: Release, path: Path) -> None:
    """Write every table; the smallest council is suppressed where counts are small."""
    places = _places(world)
    lines = _lines(world, places)
    sheets = [
        Sheet("Cover", [["Adult social care outcomes framework (generated, not real)"]]),
        Sheet("Contents", [["Contents"], ["Metric", "Description"]]),
    ]
    for number, table in TABLES.items():
        sheets.append(_table(world, number, table, places, lines))
    workbook(path, sheets)


def _places(world: World) -> list[Place]:
    """The upper-tier councils of all years."""
    return [*world.places.councils, *world.places.newcomers]


def _there(places: Sequence[Place], year: int) -> np.ndarray:
    return np.array([place.exists(date(year, 7, 1)) for place in places])


def _lines(world: World, places: Sequence[Place]) -> list[Line]:
    letters = np.array(
        [LETTERS.get(p.letters, "I" if n % 2 else "O") for n, p in enumerate(places)]
    )
    region = np.array([place.region for place in places])
    lines = [Line("England", "England", ENGLAND, np.full(len(places), True))]
    lines += [Line(letter, title, NOT_THERE, letters == letter) for letter, title in TYPES.items()]
    lines.append(Line("D", "District", NOT_THERE, np.full(len(places), False)))
    lines += [
        Line(one.short, one.name, one.code, region == n)
        for n, one in enumerate(world.places.regions)
    ]
    # A county and the unitary after it have one code and, but for a word, one name.
    codes = {place.name: place.cassr_code for place in places if place.cassr_code}
    heirs = {place.name for place in world.places.newcomers}
    for n, place in enumerate(places):
        name = place.name
        if place.letters == "CTY" and name in heirs:
            name = f"{name} County"
        code = place.cassr_code or codes.get(place.name) or f"Q{n % 10}Q{n // 10}Q"
        lines.append(Line(code, name, place.code, np.arange(len(places)) == n, council=True))
    return lines


def _table(
    world: World, number: str, table: Table, places: Sequence[Place], lines: Sequence[Line]
) -> Sheet:
    rng = world.rng(f"outcomes framework {number}")
    years = range(table.first, 2025)
    survey = table.collection in (USERS, CARERS)
    headings = list(table.headings())
    cells: list[list[str | float | None]] = [[] for _ in lines]
    for year in years:
        for row, line_cells in zip(cells, _year(rng, table, places, lines, year), strict=True):
            row.extend(line_cells)
    older = survey or table.first < 2024
    current = _there(places, years[-1])
    kept = [
        [line.code, line.name, line.ons, *row]
        for line, row in zip(lines, cells, strict=True)
        if (older and line.code != "D")
        or (survey and line.code == "D")
        or (line.members & current).any()
    ]
    if number == "6a":
        kept.append([NOT_THERE, f"{places[0].name} and {places[-1].name}", NOT_THERE, 24.0, 22.5])
    above: list[Row] = [
        [f"Table {number}: {table.title} [note 1] [note 2]"],
        ["This worksheet contains one table. Generated, not real."],
        ["Outcome refers to nothing."],
        ["Cells marked with an [x] indicate no data is available."],
    ]
    if number != "6a":
        above[2:2] = [["Numerator refers to nothing."]] * (1 if survey else 2)
    header = [*PLACE, *(f"{y} to {y + 1} - {heading}" for y in years for heading in headings)]
    return Sheet(f"Table_{number}", [*above, header, *kept])


def _year(
    rng: np.random.Generator,
    table: Table,
    places: Sequence[Place],
    lines: Sequence[Line],
    year: int,
) -> list[list[str | float | None]]:
    """What one year holds, line by line."""
    there = _there(places, year)
    city = np.array([place.letters == "CC" for place in places])
    mean, spread = LEVELS[table.unit]
    if table.collection in (USERS, CARERS):
        if table.collection == CARERS and year not in CARERS_ASKED:
            return [[NOT_THERE] * 3 for _ in lines]
        count = np.where(city, 20.0, 5 * rng.integers(30, 130, len(places)))
        value = mean + spread * rng.normal(size=len(places))
        answered = there & ((np.arange(len(places)) < TOOK_PART) | (year != VOLUNTARY))
        drawn = Drawn(table, year, there, city, count, value, answered)
        return [_survey(line, drawn) for line in lines]
    if table.collection == PROVIDERS:
        ratings = rng.multinomial(60, [0.05, 0.76, 0.18, 0.01], len(places)).T
        return [_providers(line, there & ~city, ratings) for line in lines]
    if len(table.headings()) == 1:
        turnover = mean / 3 + spread * rng.normal(size=len(places))
        return [_turnover(line, there, turnover, year) for line in lines]
    people = table.unit.startswith("per 100,000")
    whole = np.where(city, 9, rng.integers(400, 4000, len(places))) * (90 if people else 1)
    share = np.clip((mean + spread * rng.normal(size=len(places))) / _scale(table), 0, 0.97)
    drawn = Drawn(table, year, there, city, whole, np.rint(whole * share), there)
    return [_records(line, drawn) for line in lines]


def _scale(table: Table) -> float:
    return 100_000.0 if table.unit.startswith("per 100,000") else 100.0


def _five(value: float) -> int:
    return 5 * round(float(value) / 5)


def _survey(line: Line, drawn: Drawn) -> list[str | float | None]:
    if not (line.members & drawn.there).any():
        return [NOT_THERE] * 3
    members = line.members & drawn.answered
    if not members.any() or (drawn.year == VOLUNTARY and not line.council):
        return [NOT_AVAILABLE] * 3
    unit = drawn.table.unit
    digits = 3 if unit == "score to 1" else 1
    persons = int(drawn.whole[members].sum())
    value = np.average(drawn.value[members], weights=drawn.whole[members])
    value = round(float(value), digits)
    margin = round(20 * LEVELS[unit][1] / 6 / float(np.sqrt(persons)), digits)
    persons = _five(persons)
    if drawn.table.collection != CARERS or drawn.year != BRACKETED:
        return [margin, persons, value]
    if line.council and (members & drawn.city).any():
        return [f"{margin} (:)", f"{persons} (:)", f"{value} (:)"]
    return [
        f"{margin} ({round(margin * 1.2, 1)})",
        f"{persons:,} ({_five(persons * 0.7):,})",
        f"{value} ({round(value - 0.1, 1)})",
    ]


def _records(line: Line, drawn: Drawn) -> list[str | float | None]:
    members = line.members & drawn.there
    if not members.any():
        return [NOT_THERE] * 3
    if line.council and (members & drawn.city).any():
        return [SUPPRESSED] * 3
    numerator, denominator = float(drawn.value[members].sum()), float(drawn.whole[members].sum())
    outcome = round(numerator / denominator * _scale(drawn.table), 1)
    if line.council and drawn.table.collection == RECORDS:
        return [numerator, denominator, outcome]
    return [_five(numerator), _five(denominator), outcome]


def _providers(line: Line, there: np.ndarray, ratings: np.ndarray) -> list[str | float | None]:
    members = line.members & there
    if not members.any():
        return [NOT_AVAILABLE] * 15
    counts = [float(rating[members].sum()) for rating in ratings]
    total = sum(counts)
    cells: list[str | float | None] = []
    for count in (*counts, counts[0] + counts[1]):
        cells += [count, total, round(100 * count / total, 1)]
    return cells


def _turnover(
    line: Line, there: np.ndarray, turnover: np.ndarray, year: int
) -> list[str | float | None]:
    members = line.members & there
    if not members.any():
        return [NOT_AVAILABLE]
    if not line.council and line.ons == NOT_THERE and year == 2023:
        return [NOT_THERE]
    return [round(float(turnover[members].mean()), 1)]
