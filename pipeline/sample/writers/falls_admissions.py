"""Falls admissions by district and financial year, with places that have no rate."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.places import ENGLAND
from pipeline.sample.world import World
from pipeline.sample.writers.dementia_diagnosis import COLUMNS, areas

INDICATOR = (
    "Emergency hospital admissions due to falls in people aged 65 and over",
    "Age standardised rate per 100,000",
    "Persons",
)
YEARS = range(2010, 2018)
MEAN, LASTING, YEARLY = 2110.0, 370.0, 110.0
NEAR = 150.0


def write(world: World, release: Release, path: Path) -> None:
    """Write every year; the city has no rate, nor have three districts in one year."""
    rng = world.rng("falls admissions")
    rows = []
    districts = [code for code, _, _ in areas(world) if code.startswith("E07")][:3]
    for code, name, members in areas(world):
        lasting = rng.normal() / len(members) ** 0.5
        for year in YEARS:
            rate = MEAN + LASTING * lasting + YEARLY * rng.normal() / len(members) ** 0.5
            missing = name.startswith("City of") or (code in districts and year == YEARS[-2])
            beside = "Similar" if abs(rate - MEAN) < NEAR else "Better" if rate < MEAN else "Worse"
            rows.append(
                (
                    code,
                    name,
                    f"{year}/{(year + 1) % 100:02d}",
                    "NA" if missing else round(rate),
                    *INDICATOR,
                    "Not compared" if missing or code == ENGLAND else beside,
                )
            )
    text_file(path, [COLUMNS, *rows])
