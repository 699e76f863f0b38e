"""Adult social care outcomes 2018-19 to 2020-21 as a third party reshaped them."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, text_file
from pipeline.sample.places import ENGLAND
from pipeline.sample.world import World
from pipeline.sample.writers.social_care_outturn import bodies, people
from pipeline.sources.ascof_derived import CARERS, COLUMNS, MERGED, REABLEMENT, TITLES
from pipeline.sources.ascof_workbook import MEASURES, PER_100_000

LEVELS = {"score to 24": 18.9, "score to 12": 7.4, "score to 1": 0.41, PER_100_000: 300.0}
PERCENT = 70.0
DROPPED = 0.02
"""Share of figures that were suppressed: their rows are not in the files."""
VOLUNTARY, TOOK_PART = "2020-21", 6


def write(world: World, release: Release, path: Path) -> None:
    """Write one year: councils, regions and England, measure by measure."""
    rng = world.rng(f"outcomes framework reshaped {release.period}")
    councils = sorted(
        (body for body in bodies(world, int(release.period[:4])) if body.upper),
        key=lambda body: body.name,
    )
    areas: list[tuple[str, str, str, int]] = [
        (body.name.removesuffix(" UA"), "Council", body.code, people(world, body, 18))
        for body in councils
    ]
    areas += [(one.name, "Region", one.code, 4_000_000) for one in world.places.regions]
    areas.append(("England", "England", ENGLAND, 40_000_000))
    rows: list[list[Cell]] = []
    for number, (name, level, code, adults) in enumerate(areas):
        for title, measure in TITLES[release.period].items():
            survey = MEASURES[measure].rounded or measure == "1J"
            if survey and release.period == VOLUNTARY and number >= TOOK_PART:
                continue
            groups = ["Total", "Female", "Male"]
            if measure in CARERS:
                groups = ["Total", "18-64", "65 and over"]
            elif measure in REABLEMENT:
                groups.append("65 and over")
            # One title stands for two measures, so each of its figures is there twice.
            for _ in range(1 + (measure in MERGED.get(release.period, ()))):
                for group in groups:
                    mean = LEVELS.get(MEASURES[measure].unit, PERCENT)
                    value = mean * float(rng.normal(1, 0.06))
                    digits = 3 if measure == "1J" else 1
                    if level != "Council" or rng.random() > DROPPED:
                        rows.append(
                            [
                                *(name, level, code, title, group, f"{value:.{digits}f}"),
                                *(9000.5 if level == "Council" else None, 27000, float(adults)),
                                int(release.period[:4]) + 1,
                            ]
                        )
    header = [f"{label} " if label.startswith("IMD") else label for label in COLUMNS]
    text_file(path, [header, *rows])
