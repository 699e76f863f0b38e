"""Better Care Fund plans for intermediate care, 2022-23, with what was joined to them."""

from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, decimal, text_file, with_ampersand
from pipeline.sample.world import World
from pipeline.sample.writers.social_care_outturn import bodies, partnership, people

BEDS, REABLEMENT = "Bed based intermediate Care Services", "Reablement in a persons own home"
COLUMNS = (
    *("Code", "LA_name", BEDS, REABLEMENT, "LA_code.x", "area_code", "region_code", "region_name"),
    *("metric", "value", "date", "over_65_pop.x", "reablement_BCF_percapita"),
    *("reablement_BCF_per65s", "LA_code.y", "episodes_over65", "over_65_pop.y", "population"),
    "per_cap",
)
NONE = "NA"
A_HEAD = {BEDS: 11.0, REABLEMENT: 10.5}
"""GBP a person."""
WITHOUT = {BEDS: 0.19, REABLEMENT: 0.08}
"""Share of boards that have no scheme of the type."""


def write(world: World, release: Release, path: Path) -> None:
    """Write a row a board, and the total of those that have a figure."""
    rng = world.rng("better care fund plans")
    boards = sorted((body for body in bodies(world, 2022) if body.upper), key=lambda b: b.code)
    plans = {
        scheme: [
            None
            if rng.random() < WITHOUT[scheme]
            else level
            * people(world, body)
            * float(np.exp(0.25 * partnership(world, body) + rng.normal(0, 0.5)))
            for body in boards
        ]
        for scheme, level in A_HEAD.items()
    }
    rows: list[list[Cell]] = []
    for number, body in enumerate(boards):
        # One board is known by another code in what was joined: nothing is joined to it.
        joined = number > 0
        heads, older = people(world, body), people(world, body, 65)
        name = body.name.removesuffix(" UA")
        cells = [_text(plans[scheme][number]) for scheme in A_HEAD]
        rest: list[Cell] = [body.code, 100 + number, NONE, NONE, "Population", heads, "2023-03-31"]
        rest += [older, NONE, NONE, body.code, 400, older, heads, NONE]
        rows.append(
            [body.code, name, *cells, *rest]
            if joined
            else [body.code, with_ampersand(f"{name} and Isles"), *cells, *[NONE] * len(rest)]
        )
    totals = [_text(sum(plan for plan in plans[scheme] if plan is not None)) for scheme in A_HEAD]
    rows.append(["Total", NONE, *totals, *[NONE] * (len(COLUMNS) - 4)])
    text_file(path, [COLUMNS, *rows])


def _text(plan: float | None) -> str:
    return NONE if plan is None else decimal(plan, 16)
