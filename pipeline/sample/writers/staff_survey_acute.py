"""NHS Staff Survey 2015-2019 of acute trusts: scores from 0 to 1, quoted text, NA where unknown."""

from datetime import date
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import decimal
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import lasting

YEARS = range(2015, 2020)
SCORES = {
    # Mean, and how far lasting leadership moves it.
    "Engagement": (0.705, 0.015),
    "FreedomSpeak": (0.77, 0.015),
    "Openness": (0.775, 0.02),
    "RecommendCare": (0.70, 0.03),
    "RecommendWork": (0.61, 0.03),
    "WorkStress": (0.38, -0.015),
    "rr": (0.44, 0.0),
}
HEADER = (
    *("Code", "Year.index", "Engagement", "FreedomSpeak", "Openness", "RecommendCare"),
    *("RecommendWork", "Responses", "rr", "SHMI.before", "SHMI.index"),
    *("Survey.clinical.proportion", "WorkStress"),
)
NA = "NA"


def write(world: World, release: Release, path: Path) -> None:
    """Write every trust of the last year in every year, and a row without a code."""
    rng = world.rng("staff survey of acute trusts")
    rows = [{"Code": "", "Year.index": "2015", "Survey.clinical.proportion": "0.69"}]
    for trust in world.hospitals.acute:
        level = {
            name: mean + slope * lasting(world, trust) for name, (mean, slope) in SCORES.items()
        }
        mortality = np.round(rng.normal(1.0, 0.08) + rng.normal(0, 0.02, len(YEARS) + 1), 4)
        responses = str(int(rng.integers(400, 5000)))
        for number, year in enumerate(YEARS):
            row = {"Code": trust.code, "Year.index": str(year), "Responses": responses}
            if trust.exists(date(year, 9, 1)):
                row |= {
                    name: decimal(float(np.clip(mean + rng.normal(0, 0.01), 0.05, 0.95)), 9)
                    for name, mean in level.items()
                }
                row["SHMI.before"] = decimal(float(mortality[number]))
                row["SHMI.index"] = decimal(float(mortality[number + 1]))
                row["Survey.clinical.proportion"] = decimal(float(rng.integers(57, 80)) / 100)
            if trust.exists(date(YEARS[-1], 9, 1)) or "rr" in row:
                rows.append(row)
    # Text in quotation marks and numbers without, as R writes them.
    lines = [",".join(f'"{name}"' for name in HEADER)]
    for row in rows:
        cells = [row.get(name, NA) for name in HEADER[1:]]
        lines.append(",".join([f'"{row["Code"]}"', *cells]))
    path.write_bytes(("\n".join(lines) + "\n").encode())
