"""One council's figures in words: numbers in their unit, differences, trends and ranks."""

import re
from functools import cache, lru_cache

from pipeline.report.council_figures import Point, Series
from pipeline.report.place_statistics import FEWEST_YEARS, LEVEL, Against
from pipeline.report.read import Row
from pipeline.report.wording import capital, counted, financial_year, number, part, percent

JUDGED = ("outcome", "leadership", "partnership")
"""Blocks of which more, or less, is called better."""
CERTAIN = percent(LEVEL)
RATED = "1 inadequate to 4 outstanding"
"""How the units of ratings begin, and the words of whole ones."""
RATINGS = {1.0: "inadequate", 2.0: "requires improvement", 3.0: "good", 4.0: "outstanding"}
MOST_DIGITS = 3
"""Decimals at most of a change, however small."""


@cache
def _written(unit: str) -> tuple[float, str]:
    """What a figure of a unit is multiplied by, and what is written after it."""
    if unit.partition(" of ")[0] == "share":
        return 100.0, "%"
    return 1.0, "%" if unit.startswith("percent") else ""


def value(
    measure: Row, amount: float, near: float | None = None, least: float | None = None
) -> str:
    """A figure in its unit.

    Args:
        measure: the row of ``meta.indicator``.
        amount: the figure.
        near: the size of figure whose decimals are used, where it is a difference.
        least: the smallest of the figures told beside it that is not to read as zero.
    """
    return _value(measure["unit"] or "", amount, near, least)


@lru_cache(maxsize=20_000)
def _value(unit: str, amount: float, near: float | None, least: float | None) -> str:
    """Kept, because England's and a region's figures stand on the page of every council."""
    scale, after = _written(unit)
    size = abs(scale * (amount if near is None else near))
    if near is None and unit.startswith(RATED) and amount in RATINGS:
        return f"{number(amount)} ({RATINGS[amount]})"
    if after:
        digits = 1
    elif unit.startswith("1 ") and amount == int(amount) and near is None:
        digits = 0  # a judgement on a scale, not a mean of several
    else:
        digits = 0 if size >= 100 else 1 if size >= 10 else 2
    while least and digits < MOST_DIGITS and round(scale * abs(least), digits) == 0:
        digits += 1
    return number(scale * amount, digits) + after


def gap(measure: Row, amount: float, near: float, least: float | None = None) -> str:
    """A difference or a change, without a sign, in the unit of its figure."""
    made = value(measure, abs(amount), near, least)
    return f"{made.removesuffix('%')} percentage points" if made.endswith("%") else made


def unit(measure: Row) -> str:
    """What is counted, and which way is better."""
    told = str(measure["unit"]).replace("GBP", "\N{POUND SIGN}").replace("log ", "logarithm of ")
    told = "share, in percent" if told == "share" else told
    told = told.replace("\N{POUND SIGN} thousand", "thousands of pounds")
    if measure["stands"]:
        years = counted(measure["stands"], "more year")
        told += f"; each figure stands for up to {years}, until a newer one"
    if measure["block"] not in JUDGED:
        return told
    better = "lower is better" if measure["polarity"] < 0 else "higher is better"
    return f"{told}; {better}" if told else better


def interval(measure: Row, low: float, high: float, near: float) -> str:
    """Both ends of the interval of a figure."""
    return " to ".join(value(measure, end, near) for end in (low, high))


def typical(series: Series) -> float:
    """The size of its latest figure."""
    return abs(series.known[-1].value or 0.0)


def beside(series: Series) -> str:
    """How a council stands beside similar councils."""
    found, measure = series.beside, series.measure
    if not found.others:
        return "No similar council has a figure to compare with."
    often = _often(found)
    if found.why_not or found.difference is None:
        return f"Cannot be told: {found.why_not}. {often}"
    if not found.side:
        return f"No detectable difference from similar councils{_within(series)}. {often}"
    direction = "Higher" if found.side > 0 else "Lower"
    if measure["block"] in JUDGED:
        direction += " (better)" if found.side == measure["polarity"] else " (worse)"
    by = gap(measure, found.difference, typical(series))
    return f"{direction} than similar councils, by {by} on average. {often}"


def _within(series: Series) -> str:
    """How far it is from them on average, and how far such a council usually is."""
    found, measure, near = series.beside, series.measure, typical(series)
    if not found.difference or found.reach is None:
        return ""
    way = "higher" if found.difference > 0 else "lower"
    least = min(abs(found.difference), found.reach)
    by, usual = (gap(measure, one, near, least) for one in (found.difference, found.reach))
    return f": {way} by {by} on average, and up to {usual} is usual among them"


def _often(found: Against) -> str:
    if found.latest is None:
        return ""
    above, below, years = found.above, found.below, found.years
    side, count = ("above", above) if above >= below else ("below", below)
    one = f"in {financial_year(found.latest)}"
    if not count:
        return f"The same as their middle {f'in all {years} years' if years > 1 else one}."
    return f"{capital(side)} their middle {f'in {count} of {years} years' if years > 1 else one}."


def trend(series: Series) -> str:
    """Whether it rises or falls."""
    found, measure = series.trend, series.measure
    if found is None:
        if not series.yearly:
            return "No trend: a figure stands for several years."
        return f"No trend: fewer than {FEWEST_YEARS} years of its own figures."
    near = typical(series)
    # An interval that leaves zero out must not read as one that touches it.
    least = min(map(abs, (found.low, found.slope, found.high))) if found.side else None
    ends = " to ".join(_end(measure, end, near, least) for end in (found.low, found.high))
    if ends.endswith("%"):
        ends = f"{ends.replace('%', '')} percentage points"
    if not found.side:
        return f"No clear trend ({CERTAIN} interval of the yearly change {ends})."
    way = "Rises" if found.side > 0 else "Falls"
    said = f"{way} by {gap(measure, found.slope, near, least)} a year ({CERTAIN} interval {ends})."
    if series.england_trend is not None:
        slope = series.england_trend.slope
        own = gap(measure, slope, near, least)
        if _reads_as_zero(own):
            return f"{said} England's median stayed about the same."
        said += f" England's median went {'up' if slope > 0 else 'down'} by {own} a year."
    return said


def _end(measure: Row, end: float, near: float, least: float | None) -> str:
    """One end of the interval of a change."""
    told = value(measure, end, near, least)
    if least and _reads_as_zero(told):
        return f"just {'above' if end > 0 else 'below'} 0"
    return told


def _reads_as_zero(told: str) -> bool:
    return not re.search("[1-9]", told)


def notes(point: Point, series: Series, meanings: dict[str, str], least: float) -> str:
    """What to know of one figure: its year, interval and status, and how much was observed."""
    said = []
    if point.published_for not in (None, point.year):
        said.append(f"figure of {financial_year(point.published_for)}")
    if point.low is not None and point.high is not None and point.value is not None:
        ends = interval(series.measure, point.low, point.high, point.value)
        said.append(f"{CERTAIN} interval {ends}")
    if point.status != "ok":
        said.append(capital(meanings.get(point.status, point.status)))
    if point.coverage is not None and round(point.coverage, 2) < 1:
        said.append(f"{part(point.coverage, least)} known")
        if point.coverage < least:
            said[-1] += ", too little to compare"
    return "; ".join(said)


def years(points: list[Point]) -> str:
    """The years of some points as running text."""
    named = [financial_year(one.year) for one in points]
    return named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}" if named else ""
