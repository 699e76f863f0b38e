"""NHS Staff Survey 2021-2024: one row an organisation and year, a column a measure."""

from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.hospitals import Trust
from pipeline.sample.layout import decimal, text_file
from pipeline.sample.world import World

YEARS = range(2021, 2025)
MEASURES = {
    # Mean percent, and how far the lasting quality of leadership moves it.
    "Autonomy": (57.0, 2.2),
    "Time_demands_meet": (45.0, 1.6),
    "Enough_staff": (31.0, 1.5),
    "Membership": (71.0, 1.4),
    "Stress": (43.0, -1.6),
    "Emotional_manager": (10.0, -1.0),
    "Emotional_colleagues": (17.0, -0.8),
    "Emotional_public": (24.0, 0.0),
    "Physical_manager": (0.6, 0.0),
    "Physical_colleagues": (1.4, 0.0),
    "Physical_public": (13.0, 0.0),
    "Discrimination_internal": (8.0, -0.8),
    "Discrimination_public": (7.0, 0.0),
    "Patient_facing": (80.0, 0.0),
    "Med_Dental": (6.0, 0.0),
    "Older": (36.0, 0.0),
    "Female": (77.0, 0.0),
    "Ethnic_minority": (16.0, 0.0),
    "Sexual_minority": (10.0, 0.0),
}
OFTEN = {"Emotionally_exhausting": 35.0, "Burned_out": 30.0, "Frustration": 37.0}
RELIGIONS = {
    "Any_other": 0.02,
    "Buddhist": 0.02,
    "Christian": 0.40,
    "Decline_answer": 0.06,
    "Hindu": 0.02,
    "Jewish": 0.01,
    "Muslim": 0.03,
    "None": 0.43,
    "Sikh": 0.01,
}
FLOOR = 100
"""The column of respondents never shows fewer."""
GROUPS = {
    "acute": "Acute and Acute & Community Trusts",
    "community": "Community Trusts",
    "commissioner": "CCGs",
}
SECTORS = (("1", "acute sector", "acute"), ("4", "community sector", "community"))
"""One trust answers sector by sector, each under its code and a digit."""
PLACE = ("ODS code", "Year", "Organisation name", "Benchmarking group", "Region", "ICS/STP")
DIGITS = 15


def write(world: World, release: Release, path: Path) -> None:
    """Write all years; region and system are swapped in the first."""
    rng = world.rng("staff survey of organisations")
    rows: list[dict[str, str]] = []
    for number, trust in enumerate(world.hospitals.trusts):
        parts = [("", "", trust.kind)]
        if number == len(world.hospitals.acute) - 1:
            parts = [(digit, f" ({words})", kind) for digit, words, kind in SECTORS]
        for digit, words, kind in parts:
            lasting = _lasting(world, trust, rng)
            staff = int(rng.integers(1200, 6000) if kind == "acute" else rng.integers(30, 900))
            for year in YEARS:
                seen = year == YEARS.start if kind == "commissioner" else True
                row = {"ODS code": trust.code + digit, "Year": str(year)}
                row |= {"Organisation name": trust.name + words, "Benchmarking group": GROUPS[kind]}
                row |= _place(number, year, kind) | _answers(lasting, staff, rng)
                if seen and trust.exists(date(year, 9, 1)):
                    rows.append(row)
    rows.sort(key=lambda row: (row["Year"], row["ODS code"]))
    # As published: the place first, then every other column by name.
    header = [*PLACE, "Weighting", *sorted(set(rows[0]) - set(PLACE) - {"Weighting"})]
    text_file(path, [header, *([row[name] for name in header] for row in rows)])


def _lasting(world: World, trust: Trust, rng: np.random.Generator) -> float:
    """The leadership that has lasted through the years of the truth."""
    known = world.quality.get(trust.code)
    if known is None or np.isnan(known).all():
        return float(rng.normal())
    return float(np.nanmean(known))


def _place(number: int, year: int, kind: str) -> dict[str, str]:
    """Region and system, in the columns that hold them that year, with that year's blanks."""
    region, system = f"Synthetic Quarter {number % 4 + 1}", f"Notion System {number % 9 + 1}"
    if kind == "commissioner":
        region = system = "-"
    elif kind == "community" and number % 5 == 0 and year > YEARS.start:
        system = "-" if year == YEARS[-1] else "<NA>"
    spare = {"Weighting": "Unweighted" if kind == "commissioner" else "Occupation Group"}
    if year == YEARS.start:
        return spare | {"Region": system, "ICS/STP": region, "ICS": "NA"}
    if year == YEARS.start + 1:
        return spare | {"Region": region, "ICS/STP": system, "ICS": "NA"}
    return spare | {"Region": region, "ICS/STP": "NA", "ICS": system}


def _answers(lasting: float, staff: int, rng: np.random.Generator) -> dict[str, str]:
    """Every share with the number who answered; counts make the shares."""
    cells: dict[str, str] = {}
    bases: list[int] = []

    def asked(base: str) -> int:
        bases.append(staff - int(rng.integers(0, 5)))
        cells[base] = str(bases[-1])
        return bases[-1]

    def share(count: float, base: int) -> str:
        return decimal(100 * float(count) / base, DIGITS)

    for name, (mean, slope) in MEASURES.items():
        base = asked(f"{name}_base")
        percent = mean + slope * lasting + float(rng.normal(0, 0.03 * mean + 0.1))
        count = rng.binomial(base, min(max(percent / 100, 0.0), 0.97))
        cells[f"{name}_rate"] = share(count, base)
    base = asked("Mastery_base")
    cells["Mastery_meaning_rate"] = share(rng.binomial(base, 0.85), base)
    for name, mean in OFTEN.items():
        base = asked(f"{name}_base")
        often = (mean - 1.5 * lasting) / 100
        counts = rng.multinomial(base, [often, 0.38, 0.96 - often - 0.38, 0.04]).cumsum()
        for part, count in zip(("", "_sometimes", "_ever"), counts[:3], strict=True):
            cells[f"{name}{part}_rate"] = share(count, base)
    base = asked("Religion_base")
    for name, count in zip(RELIGIONS, rng.multinomial(base, [*RELIGIONS.values()]), strict=True):
        cells[f"Religion_{name}_rate"] = share(count, base)
    respondents = max(*bases, FLOOR)
    for name in OFTEN:
        rate = int(cells[f"{name}_base"]) / respondents
        cells[f"{name}_response_rate"] = decimal(rate, DIGITS)
    return cells | {"Respondents": str(respondents)}
