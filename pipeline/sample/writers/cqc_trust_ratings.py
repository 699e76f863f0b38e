"""CQC ratings: the latest of each provider by service and key question, with a mark at the front.

Well-led follows the lasting leadership of a trust; the other questions hardly do.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World

SNAPSHOT = date(2019, 2, 28)
QUESTIONS = ("Safe", "Effective", "Caring", "Responsive", "Well-led")
SERVICES = ("Urgent care services", "Community dental services", "End of life care")
LIMITS = (-1.7, -0.6, 1.2)
"""Where a rating ends and the next begins, on the scale of leadership."""
OTHERS = 4
"""Providers that have no ODS code; the last of them is rated by service only."""


def write(world: World, release: Release, path: Path) -> None:
    """Write every provider; one has two ratings of a service, from before and after a change."""
    rng = world.rng("ratings of trusts")
    rows: list[tuple[str, str, str, str, int]] = []
    trusts = [t for t in world.hospitals.trusts if t.kind != "commissioner" and t.exists(SNAPSHOT)]
    known = {
        t.code: float(np.nanmean(world.quality[t.code]))
        for t in trusts
        if t.code in world.quality and not np.isnan(world.quality[t.code]).all()
    }
    others = [f"1-90000{number}" for number in range(OTHERS)]
    for code in [*others, *(trust.code for trust in trusts)]:
        day = SNAPSHOT - timedelta(days=int(rng.integers(0, 1500)))
        services = [SERVICES[i] for i in sorted(rng.permutation(len(SERVICES))[:2])]
        whole = [] if code == others[-1] else ["Overall"]
        for service in (*services, *whole):
            rows += _ratings(code, day, service, known.get(code, float(rng.normal())), rng)
        if code == trusts[0].code:
            rows += _ratings(code, day - timedelta(days=500), services[0], 0.0, rng)
    header = ("ORG_CODE", "DATE", "POPULATION", "QUESTION", "RATING_SCORE")
    text_file(path, [header, *rows], encoding="utf-8-sig", line_end="\r\n")


def _ratings(
    code: str, day: date, service: str, leadership: float, rng: np.random.Generator
) -> list[tuple[str, str, str, str, int]]:
    scores = [
        int(np.searchsorted(LIMITS, weight * leadership + float(rng.normal(0.3, 0.7))))
        for weight in (0.2, 0.2, 0.1, 0.1, 0.8)
    ]
    scores.append(int(np.median(scores)))
    pairs = zip((*QUESTIONS, "Overall"), scores, strict=True)
    return [(code, f"{day:%d/%m/%Y}", service, question, score) for question, score in pairs]
