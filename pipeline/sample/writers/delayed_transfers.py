"""Delayed transfers of care: a workbook a month, in the four layouts that the publisher used."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.delays import ELSEWHERE, MONTHS, OTHER_FROM
from pipeline.sample.delays import ORGANISATIONS as ORGANISATION
from pipeline.sample.delays import TYPES as CARE
from pipeline.sample.layout import Cell, Row, Sheet, day_in_words, plain, with_ampersand, workbook
from pipeline.sample.places import Place
from pipeline.sample.world import World

REGIONS_FROM = (2013, 4)
ONS_CODES_FROM = (2015, 7)
BEDS_FROM = OTHER_FROM
QUALITY_UNTIL = (2018, 10)
NEW_SOURCE_FROM = (2018, 4)
TEXT_CODES_FROM = ONS_CODES_FROM

CAPITALS = (
    "A) COMPLETION OF ASSESSMENT",
    "B) PUBLIC FUNDING",
    "C) WAITING FURTHER NHS NON-ACUTE CARE",
    "DI) AWAITING RESIDENTIAL HOME PLACEMENT OR AVAILABILITY",
    "DII) AWAITING NURSING HOME PLACEMENT OR AVAILABILITY",
    "E) AWAITING CARE PACKAGE IN OWN HOME",
    "F) AWAITING COMMUNITY EQUIPMENT AND ADAPTIONS",
    "G) PATIENT OR FAMILY CHOICE",
    "H) DISPUTES",
    "I) HOUSING - PATIENTS NOT COVERED BY NHS AND COMMUNITY CARE ACT",
)
SENTENCES = (
    "A) Awaiting completion of assessment",
    "B) Awaiting public funding",
    "C) Awaiting further non-acute NHS care",
    "Di) Awaiting residential home placement or availability",
    "Dii) Awaiting nursing home placement or availability",
    "E) Awaiting care package in own home",
    "F) Awaiting community equipment and adaptations",
    "G) Patient or family choice",
    "H) Disputes",
    "I) Housing – patients not covered by NHS and Community Care Act",
    "O) Other",
)
ELSEWHERE_NAMES = ("Resident In Wales", "Resident in Scotland", "Resident outside GB")
NOTHING = "-"
FEW = 25
"""In the first layout a place with fewer days than this has dashes for its empty parts."""


@dataclass(frozen=True)
class Line:
    """One place's row: where it stands, and its number among the counted places."""

    region: str
    code: str
    dh_code: Cell
    name: str
    number: int


def write(world: World, release: Release, path: Path) -> None:
    """Write one month."""
    year, number = (int(part) for part in release.period.split("-"))
    month = (year, number)
    days = world.delays[:, MONTHS.index(month)]
    lines = _lines(world, month)
    later = month >= BEDS_FROM
    reasons = SENTENCES if later else CAPITALS
    by_reason = days.sum(axis=(1, 2))[:, : len(reasons)]
    tables = (
        (
            "type of care" if later else "Type of Care",
            (*CARE, "Total"),
            days.sum(axis=(2, 3)),
            later,
        ),
        ("responsible org", (*ORGANISATION, "Total"), days.sum(axis=(1, 3)), later),
        ("reason", (*reasons, "Total" if later else "TOTAL"), by_reason, False),
    )
    sheets = [Sheet("England", [*_title(release, month, "reason"), *_england(days, reasons)])]
    for what, columns, counts, beds in tables:
        title = _title(release, month, what)
        body = _table(month, lines, columns, counts, beds=beds)
        sheets.append(Sheet(f"LA - by {what}", [*title, *body]))
    if later and month <= QUALITY_UNTIL:
        revised = world.hospitals.acute[number : number + 3]
        listed = [[trust.code, trust.name] for trust in revised]
        said = f"The following providers revised data for {date(*month, 1):%B %Y}:"
        sheets.append(Sheet("Data Quality", [[said], *listed]))
    workbook(path, sheets)


def _lines(world: World, month: tuple[int, int]) -> list[Line]:
    """Councils by name; from April 2013 by region, with people from elsewhere at the end."""
    places = world.places
    regions = month >= REGIONS_FROM

    def line(number: int, place: Place) -> Line:
        region = places.regions[place.region].name if regions else NOTHING
        name = f"{place.name} UA" if place.letters == "UA" else place.name
        code: Cell = place.dh_code
        if month < TEXT_CODES_FROM and place.dh_code.isdigit():
            code = int(place.dh_code)
        return Line(region, place.code, code, with_ampersand(name), number)

    lines = [line(number, place) for number, place in enumerate(places.councils)]
    first = len(lines)
    outside = [
        Line(NOTHING, NOTHING, code if month >= TEXT_CODES_FROM else int(code), name, first + n)
        for n, (code, name) in enumerate(zip(ELSEWHERE, ELSEWHERE_NAMES, strict=True))
    ]
    if not regions:
        return sorted([*lines, *outside], key=lambda one: one.name)
    return [*sorted(lines, key=lambda one: (one.region, one.name)), *outside]


def _title(release: Release, month: tuple[int, int], what: str) -> list[Row]:
    """The block above every table: ten lines, and two without anything."""
    published = date(*month, 1) + timedelta(days=70)
    source = "NHS England Data Collection" if month >= NEW_SOURCE_FROM else "Unify2 Data Collection"
    block: dict[str, str] = {
        "Title:": f"Delayed Transfers of Care by {what}, England (generated, not real)",
        "Summary:": "Number of Delayed Days during the reporting period.",
        "": "",
        "Period:": f"{date(*month, 1):%B %Y}",
        "Source:": f"{source} - MSitDT",
        "Basis:": "Local Authority",
        "Published:": day_in_words(published),
        "Revised:": day_in_words(date.fromisoformat(release.published)),
        "Status:": "Published",
        "Contact:": "nobody@example.org",
    }
    return [[None], *([key or None, value or None] for key, value in block.items()), [None]]


def _table(
    month: tuple[int, int],
    lines: Sequence[Line],
    columns: Sequence[str],
    days: np.ndarray,
    *,
    beds: bool,
) -> list[Row]:
    """One table of councils. ``beds`` adds people on an average day in a second block."""
    coded = month >= ONS_CODES_FROM
    place: list[Cell] = ["SHA", "Code", "Name"]
    if month >= REGIONS_FROM:
        place = ["Region", "ONS Geography" if coded else None, "Code", "Name"]
    in_month = monthrange(*month)[1]

    def row(line: Line | None) -> Row:
        parts = days.sum(axis=0) if line is None else days[line.number]
        figures: list[Cell] = [*(int(n) for n in parts), int(parts.sum())]
        if month < REGIONS_FROM and line is not None and parts.sum() < FEW:
            figures[:-1] = [figure or NOTHING for figure in figures[:-1]]
        start: list[Cell] = (
            [NOTHING, NOTHING, NOTHING, "England"]
            if line is None
            else [line.region, line.code, line.dh_code, line.name]
        )
        if len(place) == 3:
            del start[1]
        elif not coded:
            start[1] = None
        average: list[Cell] = [plain(round(int(n) / in_month, 9)) for n in (*parts, parts.sum())]
        return [*start, *figures, *([None, *average] if beds else [])]

    header: list[Cell] = [*place, *columns, *([None, *columns] if beds else [])]
    group: list[Cell] = [None] * len(header)
    if beds:
        group[len(place)] = "Delayed Days"
        group[len(place) + len(columns) + 1] = "DTOC Beds"
    return [group, header, row(None), [None], *(row(one) for one in lines)]


def _england(days: np.ndarray, reasons: Sequence[str]) -> list[Row]:
    """Care type and reason by organisation, England only."""
    country = days.sum(axis=0)
    rows: list[Row] = [
        ["England Level Data", None, "Number of Delayed Days during the reporting period"],
        ["Type of Care", "Reason for Delay", *ORGANISATION],
    ]
    rows += [
        [care, NOTHING, *(int(n) for n in part.sum(axis=1))]
        for care, part in zip(CARE, country, strict=True)
    ]
    for care, part in zip(CARE, country, strict=True):
        rows.append([None])
        for number, reason in enumerate(reasons):
            rows.append([None if number else care, reason, *(int(n) for n in part[:, number])])
    return rows
