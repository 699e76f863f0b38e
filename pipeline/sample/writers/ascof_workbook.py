"""Adult social care outcomes framework 2020-21: one long sheet."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Sheet, workbook
from pipeline.sample.places import ENGLAND
from pipeline.sample.world import World
from pipeline.sample.writers.social_care_outturn import bodies
from pipeline.sources.ascof_workbook import COLUMNS, GROUPS, PER_100_000, PUBLISHED

YEAR = 2020
NOT_AVAILABLE, SUPPRESSED = "[x]", "[c]"
TOOK_PART = 6
"""Councils that took part in the voluntary survey."""
SPLIT = ("2D", "2B1")
"""Measures that are also given by age."""
NO_PARTS = ("1F", "1H")
LEVELS = {"score to 24": 18.9, "score to 1": 0.41, "percent": 70.0, PER_100_000: 400.0}
SPREAD = 0.08
TYPES = {
    "UA": ("U", "Unitary Authority"),
    "SC": ("S", "Shire Counties"),
    "MD": ("M", "Metropolitan District"),
    "L": ("O", "Outer London"),
}


def write(world: World, release: Release, path: Path) -> None:
    """Write councils, regions, types and England, a row a figure."""
    rng = world.rng("outcomes framework 2020-21")
    councils = sorted((b for b in bodies(world, YEAR) if b.upper), key=lambda b: b.code)
    places = {place.code: place for place in world.places.all_places()}
    city = np.array([places[body.code].letters == "CC" for body in councils])
    region = np.array([places[body.code].region for body in councils])
    kind = np.array([body.kind for body in councils])
    areas: list[tuple[str, str, str, str | None, np.ndarray]] = [
        (
            str(700 + n),
            body.name.removesuffix(" UA"),
            "Council",
            body.code,
            np.arange(len(councils)) == n,
        )
        for n, body in enumerate(councils)
    ]
    areas += [
        (one.short, one.name, "Region", one.code, region == n)
        for n, one in enumerate(world.places.regions)
    ]
    areas += [(*name, "Council Type", None, kind == letters) for letters, name in TYPES.items()]
    areas.append(("England", "England", "England", ENGLAND, np.full(len(councils), True)))

    rows: list[list[Cell]] = []
    for code, measure in PUBLISHED.items():
        groups = ["Total", "18-64", "65 and over"] if code in SPLIT else ["Total"]
        for people in groups:
            level = LEVELS[measure.unit]
            share = level * rng.normal(1, SPREAD, len(councils))
            whole = rng.integers(300, 4000, len(councils)) * (
                50 if measure.unit == PER_100_000 else 1
            )
            for number, name, kind_, ons, members in areas:
                figures = _figures(
                    code, share, whole, members=members, city=city, council=kind_ == "Council"
                )
                full = code + GROUPS[people]
                for type_, text in figures.items():
                    place: list[Cell] = [number, name, kind_, ons]
                    rows.append([*place, full, people, type_, text, code, measure.title])
    workbook(path, [Sheet("in", [list(COLUMNS), *rows])])


def _figures(
    code: str,
    share: np.ndarray,
    whole: np.ndarray,
    *,
    members: np.ndarray,
    city: np.ndarray,
    council: bool,
) -> dict[str, str]:
    """Type of figure to its text."""
    measure = PUBLISHED[code]
    scale = {"score to 24": 1.0, "score to 1": 1.0, PER_100_000: 100_000.0}.get(measure.unit, 100.0)
    digits = 3 if measure.unit == "score to 1" else 1
    survey = measure.rounded or code == "1J"
    parts = [] if code in NO_PARTS else ["Denominator", "Numerator"]
    if survey:
        parts = ["Denominator", "Base", "Numerator", "Margin Of Error"]
    if code == "1J":
        parts = ["Base", "Margin Of Error"]
    if survey and not (council and members[:TOOK_PART].any()):
        return dict.fromkeys([*parts, "Outcome"], NOT_AVAILABLE)
    if not survey and council and (members & city).any():
        return dict.fromkeys([*parts, "Outcome"], SUPPRESSED)
    denominator = whole[members].sum()
    numerator = np.rint(whole * share / scale)[members].sum()
    outcome = f"{numerator / denominator * scale:.{digits}f}"
    if survey:
        numerator, denominator = (5 * np.rint(n / 5) for n in (numerator, denominator))
    figures = {
        "Denominator": f"{denominator:.0f}",
        "Numerator": f"{numerator:.0f}",
        "Base": f"{5 * np.rint(denominator / 25):.0f}",
        "Margin Of Error": "0.5",
    }
    return {part: figures[part] for part in parts} | {"Outcome": outcome}
