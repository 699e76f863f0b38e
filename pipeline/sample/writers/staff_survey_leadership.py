"""NHS Staff Survey 2012-2018: percent by answer to eleven statements, and how many answered."""

from math import erf, sqrt
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.hospitals import Trust
from pipeline.sample.layout import decimal, text_file
from pipeline.sample.money import TRUST_YEARS
from pipeline.sample.world import World

YEARS = range(2012, 2019)
OTHERS_IN = (2016, 2017)
"""Years in which bodies that are not acute trusts are in the file."""
ROUNDED = (2016, 2017)
CENSUS_FROM = 2016
"""Until then most trusts asked a sample of their staff, then nearly all asked everyone."""

QUESTIONS = {
    # How much leadership moves the answer, and how content staff are with it.
    "7a": (0.16, 0.45),
    "7b": (0.15, 0.40),
    "7c": (0.15, 0.20),
    "7d": (0.16, 0.10),
    "7e": (0.14, 0.55),
    "7f": (0.15, 0.35),
    "7g": (0.15, 0.45),
    "8a": (0.20, 0.70),
    "8b": (0.27, -0.25),
    "8c": (0.28, -0.40),
    "8d": (0.28, -0.35),
}
FIRST_ASKED = {"7f": 2015, "7g": 2015}
ANSWERS = ("SD", "D", "NAND", "A", "SA")
LIMITS = (-1.65, -0.95, -0.25, 1.05)
"""Where an answer ends and the next begins, on the scale that staff feel."""
OWN = 0.05
"""How far a question goes its own way in an organisation, for good."""
NOT_ASKED = "NA"
ABSENT = 0.01
"""Share of acute trusts' surveys that are missing from the file."""


def write(world: World, release: Release, path: Path) -> None:
    """Write all organisations and years."""
    rng = world.rng("staff survey")
    header = ["ORG_CODE", "YEAR"]
    header += [f"{question}_{part}" for question in QUESTIONS for part in (*ANSWERS, "N")]
    rows: list[list[str]] = []
    for trust in world.hospitals.trusts:
        own = rng.normal(0, OWN, len(QUESTIONS))
        staff = _staff(world, trust, rng)
        sample = bool(rng.random() < 0.7)
        guess = float(rng.normal())
        for year in YEARS:
            leadership = _leadership(world, trust, year, guess)
            asked = int(rng.integers(330, 450)) if sample and year < CENSUS_FROM else staff
            answered = int(asked * rng.uniform(0.9, 1.0))
            cells = _answers(year, leadership, own, max(answered, 40), rng)
            absent = trust.kind == "acute" and rng.random() < ABSENT
            if not (absent or np.isnan(leadership)):
                rows.append([trust.code, str(year), *cells])
    rows.sort(key=lambda row: (row[1], row[0]))
    text_file(path, [header, *rows], encoding="utf-8-sig", line_end="\r\n")


def _staff(world: World, trust: Trust, rng: np.random.Generator) -> int:
    """Staff who answer when everyone is asked."""
    if trust.kind != "acute":
        return int(
            rng.integers(45, 160) if trust.kind == "commissioner" else rng.integers(700, 1600)
        )
    first = next(years for years in world.carrier.running[trust.code] if years)
    cost = float(world.money.cost[first, 0].sum())
    return int(cost / 130 * rng.uniform(0.85, 1.15))


def _leadership(world: World, trust: Trust, year: int, guess: float) -> float:
    """Not a number where the organisation has no survey in that year."""
    if trust.kind == "acute":
        return float(world.quality[trust.code][year - TRUST_YEARS.start])
    return guess if year in OTHERS_IN else float("nan")


def _answers(
    year: int, leadership: float, own: np.ndarray, answered: int, rng: np.random.Generator
) -> list[str]:
    """Percent by answer and the number who answered, question by question."""
    cells: list[str] = []
    for number, (question, (slope, content)) in enumerate(QUESTIONS.items()):
        mean = content + slope * np.nan_to_num(leadership) + own[number]
        below = np.array([_normal(limit - mean) for limit in LIMITS])
        shares = np.diff(np.concatenate([[0.0], below, [1.0]]))
        here = answered - int(rng.integers(0, 6))
        percent = 100 * rng.multinomial(here, shares) / here
        if year < FIRST_ASKED.get(question, 0):
            cells += [NOT_ASKED] * (len(ANSWERS) + 1)
        else:
            rounded = np.rint(percent) if year in ROUNDED else percent
            cells += [*(decimal(float(value)) for value in rounded), str(here)]
    return cells


def _normal(value: float) -> float:
    """Share of a standard normal below a value."""
    return 0.5 * (1 + erf(value / sqrt(2)))
