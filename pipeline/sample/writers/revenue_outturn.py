"""Council revenue outturn (RS): a workbook a year, in the layouts of 2010-11 to 2017-18."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Row, Sheet, plain, with_ampersand, workbook
from pipeline.sample.money import YEARS, Body
from pipeline.sample.world import World

TITLES = {
    "education": "Education services",
    "highways": "Highways and transport services",
    "social_care": "Social care",
    "children_social_care": "Children Social Care",
    "adult_social_care": "Adult Social Care",
    "public_health": "Public Health",
    "housing": "Housing services (GFRA only)",
    "cultural": "Cultural and related services",
    "environmental": "Environmental and regulatory services",
    "planning": "Planning and development services",
    "police": "Police services",
    "fire": "Fire and rescue services",
    "central": "Central services",
    "other": "Other services",
}
TOTAL = "total_service_expenditure"
SPLIT_FROM = 2011
"""Children's and adults' social care are one line before."""
PUBLIC_HEALTH_FROM = 2013
ONS_CODES_FROM = 2014
NEW_SHEET_FROM = 2015
FORMER_CODES_IN = 2014
"""A recoded council stands under its former ONS code in this year's file."""

CLASSES = {
    "L": "LONDON BOROUGHS",
    "MD": "METROPOLITAN DISTRICTS",
    "UA": "UNITARY AUTHORITIES",
    "SC": "SHIRE COUNTIES",
    "SD": "SHIRE DISTRICTS",
    "O": "OTHER AUTHORITIES",
}
UNIT = "Net current expenditure (£ thousand)"
NO_RETURN = {"2016-17": 2, "2017-18 provisional": 4, "2017-18 final": 1}
"""Districts that sent no return: theirs are dots, while the totals hold an estimate."""
OTHER_BASIS = 'Net current expenditure (non-IAS19 and PFI "off-balance" sheet)'
OTHER_BASIS_SHARE = 0.98
MISSING = "…"
NOT_COLLECTED = "..."


@dataclass(frozen=True)
class Form:
    """How one year's sheet is laid out.

    Attributes:
        lines: line to heading, in the order of the sheet.
        reserves: line to heading, under a common title above the header.
        above: what stands above the header, before the row of common titles.
        titles: the common titles, by the block that they stand over.
        coded, regions, spacer: whether there are ONS codes, regions, an empty cell after them.
        again: lines that stand a second time at the end, on another basis.
    """

    sheet: str
    lines: Mapping[str, str]
    reserves: Mapping[str, str]
    above: Sequence[Row]
    titles: Mapping[str, str]
    coded: bool
    regions: bool = False
    spacer: bool = True
    again: Mapping[str, str] = field(default_factory=dict)
    others: Sequence[Sheet] = field(default_factory=tuple)


def write(world: World, release: Release, path: Path) -> None:
    """Write one year."""
    year = int(release.period[:4])
    form = _form(release, year)
    number = year - YEARS.start
    figures = {line: values[:, number] for line, values in world.money.spending.items()}
    if year < SPLIT_FROM:
        social = figures["children_social_care"] + figures["adult_social_care"]
        figures["social_care"] = social
    if release.label == "provisional":
        figures = _provisional(world, figures)
    absent = NO_RETURN.get(f"{release.period} {release.label}", NO_RETURN.get(release.period, 0))
    shuffled = release.period == "2017-18"
    page = sheet(world, form, figures, absent=absent, year=year, shuffled=shuffled)
    workbook(path, [Sheet("Front page", [["Generated, not real"]]), page, *form.others])


def _provisional(world: World, figures: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The figures before a few councils revised their adult social care."""
    care = figures["adult_social_care"]
    before = np.round(care * (1 - world.money.revision), 3)
    shift = before - care
    changed = {line: figures[line] + shift for line in (TOTAL, "net_current_expenditure")}
    return {**figures, "adult_social_care": before, **changed}


def _form(release: Release, year: int) -> Form:
    absent = (
        {"social_care"} if year >= SPLIT_FROM else {"children_social_care", "adult_social_care"}
    )
    if year < PUBLIC_HEALTH_FROM:
        absent.add("public_health")
    services = {line: title for line, title in TITLES.items() if line not in absent}
    return (
        _old_form(release, year, services)
        if year < NEW_SHEET_FROM
        else _new_form(release, year, services)
    )


def _reserves(year: int, before: str, after: str) -> dict[str, str]:
    """Headings of the reserves: a kind of reserve with words before and after."""
    kinds = {
        "reserves_schools_opening": "schools reserves",
        "reserves_public_health_opening": "public health financial reserves",
        "reserves_earmarked_opening": "other earmarked financial reserves",
        "reserves_unallocated_opening": "unallocated financial reserves",
    }
    if year < PUBLIC_HEALTH_FROM:
        del kinds["reserves_public_health_opening"]
    headings = {line: f"{before}{kind}{after}" for line, kind in kinds.items()}
    return {line: heading[0].upper() + heading[1:] for line, heading in headings.items()}


def _old_form(release: Release, year: int, services: Mapping[str, str]) -> Form:
    """Until 2014-15: capitals in the totals, a header in row 6 and further data sheets."""
    end = 793 if year < 2013 else 796
    return Form(
        f"RS LA Data {release.period} (1)",
        {
            **services,
            TOTAL: "TOTAL SERVICE EXPENDITURE (TOTAL OF LINES 190 TO 698)",
            "net_current_expenditure": "NET CURRENT EXPENDITURE (TOTAL OF LINES 699 TO 748)"
            if year < 2012
            else "NET CURRENT EXPENDITURE(TOTAL OF LINES 699TO748)",
            "revenue_expenditure": f"REVENUE EXPENDITURE (TOTAL OF LINES 785 TO {end})",
        },
        _reserves(year, "", " level"),
        [
            [f"Revenue Outturn Summary (RS): {release.period} data (generated, not real)"],
            [None],
            [UNIT],
            [None],
        ],
        {"reserves": f"Financial reserves levels at 1 April {year}", "again": OTHER_BASIS},
        again=dict(list(services.items())[:3]) if year < SPLIT_FROM else {},
        coded=year >= ONS_CODES_FROM,
        regions=year >= ONS_CODES_FROM,
        others=[
            Sheet(
                f"RS LA Data {release.period} (2)",
                [["Further data (£ thousand)"], [None], ["E-code", "Local authority", "Class"]],
            )
        ],
    )


def _new_form(release: Release, year: int, services: Mapping[str, str]) -> Form:
    """From 2015-16: line numbers above the header in row 7, one data sheet."""
    estimated = year != 2016
    provisional = "PROVISIONAL (1)" if release.label == "provisional" else None
    return Form(
        f"RS LA Data {release.period}",
        {
            **services,
            TOTAL: "TOTAL SERVICE EXPENDITURE (total of lines 190 to 698)",
            "net_current_expenditure": "NET CURRENT EXPENDITURE",
            "revenue_expenditure": "REVENUE EXPENDITURE",
        },
        _reserves(year, "Estimated " if estimated else "", " level at 1 April"),
        [
            [f"Revenue Outturn (RO) {release.period}: Revenue Outturn Summary (RS) data"],
            [UNIT],
            ["Hide or delete" if estimated else None],
            [None],
        ],
        {
            "place": provisional or "",
            "services": "Service Expenditure",
            "reserves": f"Reserves at 1 April {year}",
        },
        coded=True,
        spacer=False,
        others=[Sheet("Access (Col 1)", [["Table_Name", "RS"]], hidden=True)]
        if release.label == "final" and year == YEARS[-1]
        else [],
    )


def sheet(
    world: World,
    form: Form,
    figures: Mapping[str, np.ndarray],
    *,
    absent: int,
    year: int,
    shuffled: bool = False,
) -> Sheet:
    """The data sheet: bodies, then England and the classes, then notes."""
    bodies = world.money.bodies
    lines = [*form.lines, *form.reserves]
    values = np.column_stack(
        [
            *(figures[line] for line in lines),
            *(np.rint(figures[line] * OTHER_BASIS_SHARE) for line in form.again),
        ]
    )
    place, titles, headings = _header(form)
    gap = len(form.lines)
    rng = world.rng("order of the returns")
    districts = [n for n, body in enumerate(bodies) if body.finance_class == "SD"]
    silent = set(rng.permutation(districts)[:absent].tolist())
    order = rng.permutation(len(bodies)) if shuffled else np.arange(len(bodies))

    def row(number: int) -> Row:
        body = bodies[number]
        if number in silent:
            return [*_place(world, form, body, year), *[MISSING] * (values.shape[1] + 1)]
        cells: list[Cell] = [plain(round(float(value), 3)) for value in values[number]]
        return [*_place(world, form, body, year), *cells[:gap], NOT_COLLECTED, *cells[gap:]]

    def sums(name: str, letters: str | None, members: np.ndarray) -> Row:
        start: list[Cell] = [None] * len(place)
        start[place.index("Local authority")], start[place.index("Class")] = name, letters
        cells: list[Cell] = [plain(round(float(value), 3)) for value in values[members].sum(axis=0)]
        return [*start, *cells[:gap], None, *cells[gap:]]

    classes = np.array([body.finance_class for body in bodies])
    named: list[Cell] = [None] * place.index("Local authority")
    return Sheet(
        form.sheet,
        [
            *form.above,
            *([] if form.spacer else [[None] * len(place) + [*range(5, 5 + len(lines))]]),
            titles,
            headings,
            *([[None]] if form.spacer else []),
            *(row(int(number)) for number in order),
            [None],
            [None],
            sums("ENGLAND", None, np.full(len(bodies), True)),
            [None],
            [*named, "CLASS BREAKDOWN"],
            *(sums(name, letters, classes == letters) for letters, name in CLASSES.items()),
            [None],
            ["Source: nobody. Every figure is generated."],
            ["Notes"],
            ["1. A line of notes below the table."],
        ],
    )


def _header(form: Form) -> tuple[list[Cell], list[Cell], list[Cell]]:
    """The headings of the place, the row of common titles, and the row of all headings."""
    place: list[Cell] = ["E-code", "Local authority", None, "Class"]
    if form.coded:
        place.insert(1, "ONS Code")
    if form.regions:
        place[3] = "Region"
    if form.spacer:
        place.append(None)
    # One line that is not asked for stands between, as many do in the publisher's sheet.
    headings: list[Cell] = [
        *place,
        *form.lines.values(),
        "Council tax: number of dwellings",
        *form.reserves.values(),
        *form.again.values(),
    ]
    titles: list[Cell] = [None] * len(headings)
    blocks = {"place": 0, "services": len(place), "reserves": len(place) + len(form.lines) + 1}
    if form.again:
        blocks["again"] = len(headings) - len(form.again)
    for block, at in blocks.items():
        titles[at] = form.titles.get(block) or None
    return place, titles, headings


def _place(world: World, form: Form, body: Body, year: int) -> list[Cell]:
    name = f"{body.name} UA" if body.finance_class == "UA" else body.name
    code = body.code
    if body.place is not None and body.place.former_code and year == FORMER_CODES_IN:
        code = body.place.former_code
    if body.finance_class == "O" and year < NEW_SHEET_FROM:
        code = "n/a"
    region = world.places.regions[body.region].short if form.regions else None
    start: list[Cell] = [body.ecode, with_ampersand(name), region, body.finance_class]
    if form.coded:
        start.insert(1, code)
    return [*start, *([None] if form.spacer else [])]
