"""Declarations of a climate emergency, in volunteers' words."""

from datetime import date, timedelta
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World
from pipeline.sample.writers.climate_plans import places_of

COLUMNS = (
    *("local-authority-code", "council", "made_declaration", "date_made", "motion_link"),
    *("carbon_neutral_date", "carbon_neutral_whole_date", "notes", "gss_code", "region"),
)
WORDS = {True: ("Y", "Y", "Y", "Y*"), False: ("N", "N - but made pledges")}
WHOLE = ("2030", "2045", "2050 (not confirmed)", "None", "None (only talked about)", "?")
YEARS = ("2030.0", "2050.0", None)
DECLARED = 0.8
FIRST = date(2018, 11, 1)


def write(world: World, release: Release, path: Path) -> None:
    """Write a row a council, one of another nation, and one without any code."""
    rng = world.rng("climate declarations")
    rows: list[tuple[str | None, ...]] = []
    for number, (registry, name, code, nation) in enumerate(places_of(world)):
        declared = bool(rng.random() < DECLARED)
        words = WORDS[declared][int(rng.integers(len(WORDS[declared])))]
        day = (FIRST + timedelta(days=int(rng.integers(600)))).strftime("%d/%m/%Y")
        made = (day[3:] if number == 1 else day) if declared else None
        target = YEARS[int(rng.integers(len(YEARS)))] if declared else None
        whole = WHOLE[int(rng.integers(len(WHOLE)))] if declared else "None"
        rows.append((registry, name, words, made, "Link", target, whole, None, code, nation))
    lost = "Figment Moor Council (defunct council)"
    rows.append((None, lost, "Y", "24/07/2019", None, "2030.0", "2030", None, None, None))
    text_file(path, [COLUMNS, *rows])
