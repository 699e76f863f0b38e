"""Accounts of NHS trusts by year: position, operating income, operating cost (negative)."""

from datetime import date, timedelta
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.hospitals import Trust
from pipeline.sample.layout import decimal, text_file
from pipeline.sample.money import TRUST_YEARS
from pipeline.sample.world import World

COLUMNS = ("ORG_CODE", "YEAR", "FINANCIAL_POSITION", "OP_INCOME", "OP_COST")
COMMUNITY_COST = 90_000.0


def write(world: World, release: Release, path: Path) -> None:
    """Write all years. Years of a merger hold a part of a year; the year after, zeros."""
    rng = world.rng("trust accounts")
    rows: list[tuple[str, int, str, str, str]] = []
    for trust in world.hospitals.trusts:
        if trust.kind == "commissioner":
            continue
        size = COMMUNITY_COST * float(rng.lognormal(0, 0.4))
        margin = float(rng.normal(-0.005, 0.02))
        for number, year in enumerate(TRUST_YEARS):
            begin, end = date(year, 4, 1), date(year + 1, 4, 1)
            if trust.kind == "community":
                income, cost = size / (1 - margin), size
            else:
                income, cost = _hospitals(world, trust, number, begin, end)
            closed = trust.closed is not None and trust.closed <= begin - timedelta(days=365)
            if trust.opened >= end or closed:
                continue
            position, earned, spent = (_text(x) for x in (income - cost, income, -cost))
            rows.append((trust.code, year, position, earned, spent))
    text_file(
        path, [COLUMNS, *sorted(rows, key=lambda row: (row[1], row[0]))], encoding="utf-8-sig"
    )


def _text(figure: float) -> str:
    """Whole thousands; a zero has no sign."""
    return decimal(round(figure) or 0.0)


def _hospitals(
    world: World, trust: Trust, number: int, begin: date, end: date
) -> tuple[float, float]:
    """Income and cost of the part of the year that a trust ran each hospital."""
    income = cost = 0.0
    for hospital, first, last in trust.hospitals:
        days = (min(end, last or end) - max(begin, first)).days
        part = max(days, 0) / (end - begin).days
        income += part * float(world.money.income_of_hospital[hospital, number])
        cost += part * float(world.money.cost[hospital, number])
    return income, cost
