"""Adult social care outturn by line (RO3), in the two layouts of 2022-23 to 2024-25."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Row, Sheet, plain, workbook
from pipeline.sample.people import YEARS
from pipeline.sample.places import ENGLAND
from pipeline.sample.world import World
from pipeline.sources._service_returns import COMPONENTS, Line
from pipeline.sources.social_care_outturn import LINES, SPLIT, TOTAL

NEW_FORM_FROM = 2024
LETTERS_IN = 2022
"""Other authorities go by letters this year, by words later."""
OTHERS = {
    "GLA": "GLA",
    "Police": "P",
    "Park": "NPA",
    "Fire": "FR",
    "Combined Authority": "CA",
    "Waste": "WA",
}
CLASSES = {
    "UA": "Unitary Authorities",
    "SD": "Shire Districts",
    "MD": "Metropolitan Districts",
    "L": "London Boroughs",
    "SC": "Shire Counties",
    "GLA": "Greater Synthetic Authority",
    "Police": "Police",
    "Park": "National Park Authorities",
    "Fire": "Fire and Rescue Authorities",
    "Combined Authority": "Combined Authorities",
    "Waste": "Waste Authorities",
}
CITY_HALL = ("Greater Synthetic Authority", "E9990", "E61000901")
PARK = ("Mirage Valley Park Authority", "E9991", "E9991")
"""It has no ONS code, and its E-code stands there too."""

GROSS = 0.52
"""GBP thousand an adult."""
SHARES = {
    # Share of gross expenditure, and of it paid to employees, by line.
    "physical_support_18_64": (0.09, 0.10),
    "physical_support_65_over": (0.26, 0.10),
    "sensory_support_18_64": (0.004, 0.20),
    "sensory_support_65_over": (0.006, 0.20),
    "memory_cognition_18_64": (0.006, 0.08),
    "memory_cognition_65_over": (0.07, 0.08),
    "learning_disability_18_64": (0.27, 0.12),
    "learning_disability_65_over": (0.03, 0.12),
    "mental_health_18_64": (0.06, 0.15),
    "mental_health_65_over": (0.03, 0.15),
    "substance_misuse": (0.002, 0.2),
    "asylum_seekers": (0.002, 0.3),
    "social_isolation": (0.008, 0.2),
    "carers_18_64": (0.004, 0.2),
    "carers_65_over": (0.003, 0.2),
    "assistive_technology_18_64": (0.006, 0.2),
    "assistive_technology_65_over": (0.012, 0.2),
    "assessment_safeguarding_18_64": (0.045, 0.8),
    "assessment_safeguarding_65_over": (0.045, 0.8),
    "information_early_intervention_18_64": (0.006, 0.4),
    "information_early_intervention_65_over": (0.006, 0.4),
    "commissioning_18_64": (0.02, 0.6),
    "commissioning_65_over": (0.018, 0.6),
    "disbursements_to_providers": (0.003, 0.0),
    "other_payments_to_providers": (0.002, 0.0),
}
FEES, OTHER_INCOME = 0.12, 0.16
LINELESS = 3
"""This council gave a total without lines in the last year."""
NO_RETURN = {"2022-23": 2, "2023-24": 4, "2024-25": 2}
"""Districts without a return; one unitary has none either."""


@dataclass(frozen=True)
class Body:
    """An authority of the returns.

    Attributes:
        kind: its class, or what kind of other authority it is.
        areas: which of the smallest areas are in it; empty for all but the upper tier.
    """

    name: str
    ecode: str
    code: str
    kind: str
    areas: tuple[int, ...] = ()

    @property
    def upper(self) -> bool:
        """Whether it provides social care."""
        return bool(self.areas)


def bodies(world: World, year: int) -> list[Body]:
    """The authorities of a year, in the order of their names."""
    places = world.places
    day = date(year, 7, 1)
    areas: dict[str, list[int]] = {}
    for area, number in enumerate(places.area_council):
        place = places.area_in(area, year)
        upper = place if place.county is None else places.councils[number]
        areas.setdefault(upper.code, []).append(area)
    found = [
        Body(
            f"{place.name} UA" if place.finance_class == "UA" else place.name,
            place.ecode,
            place.code,
            place.finance_class,
            tuple(areas.get(place.code, ())),
        )
        for place in places.all_places()
        if place.exists(day)
    ]
    found += [
        Body(body.name, body.ecode, body.code, "Police" if "Police" in body.name else "Fire")
        for body in world.money.bodies
        if body.finance_class == "O"
    ]
    found += [Body(*CITY_HALL, "GLA"), Body(*PARK, "Park")]
    return sorted(found, key=lambda body: body.name)


def people(world: World, body: Body, low: int = 0) -> int:
    """People of an age and over in the body's areas in the last mid-year."""
    return world.people.of(np.array(body.areas, dtype=int), YEARS[-1], low)


def partnership(world: World, body: Body) -> float:
    """How well organisations work together there: the mean of the councils it came from."""
    numbers = world.places.area_council[list(body.areas)]
    return float(world.partnership[numbers].mean())


def write(world: World, release: Release, path: Path) -> None:
    """Write one year."""
    year = int(release.period[:4])
    lines = {name: line for name, line in LINES.items() if year <= line.last}
    authorities = bodies(world, year)
    figures = social_care(world, authorities, year)
    page = sheet(
        world,
        release,
        "RO3",
        title="Social Care and Public Health",
        authorities=authorities,
        lines=lines,
        figures=figures,
    )
    front = Sheet("Front_Page", [["Generated, not real"]])
    workbook(path, [front, Sheet("Notes", [["Notes"]]), page])


def social_care(world: World, authorities: Sequence[Body], year: int) -> dict[str, np.ndarray]:
    """Line to authority by column C1 to C7, GBP thousand."""
    # What lasts is drawn for every place there ever is, so that years agree.
    rng = world.rng("adult social care lines")
    codes = [place.code for place in world.places.all_places()]
    level = dict(zip(codes, rng.lognormal(0, 0.12, len(codes)), strict=True))
    mix = {code: rng.lognormal(0, 0.25, len(SHARES)) for code in codes}
    yearly = world.rng(f"adult social care lines {year}")
    whole = year < NEW_FORM_FROM
    found = {}
    for number, (line, (share, staff)) in enumerate(SHARES.items()):
        if year > LINES[line].last:
            continue
        gross = np.zeros(len(authorities))
        joint = np.zeros(len(authorities))
        for n, body in enumerate(authorities):
            if body.upper:
                scale = level[body.code] * mix[body.code][number] * 1.07 ** (year - 2022)
                gross[n] = GROSS * people(world, body, 18) * share * scale
                joint[n] = np.exp(0.3 * partnership(world, body))
        gross = gross * yearly.lognormal(0, 0.03, len(authorities))
        found[line] = computed(
            employees=gross * staff,
            running=gross * (1 - staff),
            fees=gross * FEES,
            other=gross * OTHER_INCOME * joint,
            whole=whole,
        )
    for line in SPLIT:
        found[line] = found[f"{line}_18_64"] + found[f"{line}_65_over"]
    found[TOTAL] = np.sum([values for line, values in found.items() if line not in SPLIT], axis=0)
    return found


def computed(
    *,
    employees: np.ndarray,
    running: np.ndarray,
    fees: np.ndarray,
    other: np.ndarray,
    whole: bool,
) -> np.ndarray:
    """Authority by column C1 to C7, in whole thousands or in pounds."""
    first, second, fourth, fifth = (
        np.round(values, 0 if whole else 3) for values in (employees, running, fees, other)
    )
    third, sixth = first + second, fourth + fifth
    return np.column_stack([first, second, third, fourth, fifth, sixth, third - sixth])


def sheet(
    world: World,
    release: Release,
    form: str,
    *,
    title: str,
    authorities: Sequence[Body],
    lines: Mapping[str, Line],
    figures: Mapping[str, np.ndarray],
) -> Sheet:
    """The data sheet of a year: authorities, England, the header again, the classes."""
    year = int(release.period[:4])
    new = year >= NEW_FORM_FROM
    table = np.concatenate([figures[line] for line in lines], axis=1)
    above, headings, ids = _header(form, lines, year)
    certified = world.rng(f"certified {release.period}").random(len(authorities)) < 0.7
    silent = _silent(world, authorities, release)

    def numbers(values: np.ndarray) -> list[Cell]:
        cells: list[Cell] = [plain(round(float(value), 3)) for value in values]
        # Two columns that nobody reads: one before and one after.
        return [0, *cells, 0]

    def row(n: int) -> Row:
        body = authorities[n]
        kind, detail = _kind(body.kind, year)
        place: list[Cell] = [body.ecode, body.code, body.name, None, kind, detail]
        if n in silent:
            return [*place[:3], "M", *place[4:], "[x]", *["[x]"] * (table.shape[1] + 2)]
        cells = numbers(table[n])
        if form == "RO3" and body.ecode == "E9801" and not new:
            cells[-1] = ">"
        if form == "RO3" and new and n == _lineless(authorities, silent):
            place[3] = "[note 4]"
            last = len(COMPONENTS) + 1
            cells[1:-last] = ["[note 4]"] * (len(cells) - 1 - last)
        return [*place, "Y" if certified[n] else "N", *cells]

    def total(kind: str) -> Row:
        letters, detail = _kind(kind, year)
        members = np.array([body.kind == kind for body in authorities])
        code = CITY_HALL[1] if kind == "GLA" else "[Y]"
        if kind in OTHERS and year == LETTERS_IN:
            letters = detail
        place: list[Cell] = [code, "E00", CLASSES[kind], None, letters, detail, 0]
        return [*place, *numbers(table[members].sum(axis=0))]

    england: list[Cell] = ["Eng", ENGLAND, "ENGLAND", None, "Eng", "Eng", "[Y]"]
    again = list(headings)
    if not new:
        again[2] = "Class Breakdown [o]"
    name = release.period.replace("-", "") if new else release.period
    gap: Row = [None]
    return Sheet(
        f"{form}_LA_Data_{name}",
        [
            [f"Worksheet 2: Revenue Outturn (RO) {release.period}: {title} ({form}) data"],
            ["This worksheet contains 2 tables. Data are reported in £ thousand. "],
            ["Generated, not real."],
            *([] if new else [gap, ["Rows 7 and 8 are hidden."]]),
            *([] if new else [ids]),
            *([above] if above else []),
            headings,
            *(row(n) for n in range(len(authorities))),
            [*england, *numbers(table.sum(axis=0))],
            again,
            *(total(kind) for kind in CLASSES),
            *([ids] if new else []),
        ],
    )


def _kind(kind: str, year: int) -> tuple[str, str]:
    """Class and detailed class as published."""
    letters = "LB" if kind == "L" else kind
    if kind in OTHERS:
        return "O", OTHERS[kind] if year == LETTERS_IN else kind
    return letters, "London" if kind == "L" and year != LETTERS_IN else letters


def _silent(world: World, authorities: Sequence[Body], release: Release) -> set[int]:
    rng = world.rng(f"no return {release.period}")
    districts = [n for n, body in enumerate(authorities) if body.kind == "SD"]
    unitaries = [n for n, body in enumerate(authorities) if body.kind == "UA"]
    picked = rng.permutation(districts)[: NO_RETURN[release.period]].tolist()
    return {*picked, int(rng.permutation(unitaries)[0])}


def _lineless(authorities: Sequence[Body], silent: set[int]) -> int:
    reporting = [n for n, body in enumerate(authorities) if body.upper and n not in silent]
    return reporting[LINELESS]


def _header(form: str, lines: Mapping[str, Line], year: int) -> tuple[Row, list[Cell], Row]:
    """The row of lines above the header (RO3 until 2023-24), the header, and the asset ids."""
    new = year >= NEW_FORM_FROM
    certified = "Certification" if new else "Certified"
    place: list[Cell] = ["E-code", "ONS Code", "Local authority", "Notes", "Class"]
    place += ["Detailed Class", certified]
    over = form == "RO3" and not new
    above: list[Cell] = [*[None] * len(place), "TOTAL CHILDREN SOCIAL CARE - agency staff"]
    headings: list[Cell] = [*place, "Agency staff cost memorandum item"]
    ids: list[Cell] = [None] * len(headings)
    formulas = {"C3": "C3 = C1 + C2", "C6": "C6 = C4 + C5", "C7": "C7 = C3 - C6"}
    dash = " - " if new or form == "RO3" else "- "
    for number, (name, line) in enumerate(lines.items()):
        heading = f"{line.heading} [note 2]" if name == TOTAL else line.heading
        above.extend([heading, *[None] * (len(COMPONENTS) - 1)])
        for column, component in COMPONENTS.items():
            words = (
                f"{component.words}{' ' if new else chr(10) + ' '}({formulas.get(column, column)})"
            )
            label = f"{words}{number + 1}" if number else words
            headings.append(label if over else f"{heading}{dash}{words}")
            ids.append(f"{form}-{_stem(name, column, line, year)}-{component.suffix}")
    above.append("General Practice Services")
    headings.append(
        "Net Current Expenditure\n (C7 = C3 - C6)9" if over else "General Practice Services"
    )
    return (above if over else []), headings, ids


def _stem(name: str, column: str, line: Line, year: int) -> str:
    """The middle of an asset id; two of 2022-23 stand in each other's place."""
    swapped = {"carers_18_64": "carers_65_over", "carers_65_over": "carers_18_64"}
    if year == LETTERS_IN and column == "C6" and name in swapped:
        return LINES[swapped[name]].stem
    return line.stem
