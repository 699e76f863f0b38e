"""The figures of every council, and those of similar councils, the region and England.

The figures of a few councils are held at a time, so that memory does not grow with their number;
medians and ranks, which need all of them, are worked out in the database.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median
from typing import Any

import numpy as np

from pipeline.report.place_statistics import (
    Against,
    Rank,
    Trend,
    Z,
    against,
    nearest,
    ranks,
    trend,
)
from pipeline.report.read import Reader, Row

ALIKE = 5
"""Similar councils of each council."""
SHOWN = ("outcome", "leadership", "partnership", "plans", "budgets")
CARRIED = "e"

NEEDS = (
    "locality.indicator_place",
    "locality.authority_year",
    "locality.place",
    "meta.indicator",
)
FIGURES = """
SELECT
    areacd, indicator, year, value, status, coverage, sampling_variance, reference_year,
    year_of.region
FROM locality.indicator_place AS figure
JOIN locality.authority_year AS year_of USING (areacd, year)
WHERE areacd IN (SELECT unnest(?))
ORDER BY areacd, indicator, year
"""

YEARS = """
SELECT areacd, min(year) AS first, max(year) AS last
FROM locality.indicator_place
JOIN locality.authority_year USING (areacd, year)
GROUP BY ALL
ORDER BY ALL
"""

# Money for all services together says nothing between counties and councils that also do what
# districts do. Such measures are amounts per head that the framework does not carry.
USABLE = """
    SELECT
        areacd, indicator, year, figure.value, coalesce(year_of.region, '') AS region,
        CASE WHEN measure.carried_by = 'none' AND coalesce(measure.per, '') <> ''
            THEN place.tier ELSE '' END AS services
    FROM locality.indicator_place AS figure
    JOIN locality.authority_year AS year_of USING (areacd, year)
    JOIN locality.place AS place USING (areacd)
    JOIN meta.indicator AS measure ON measure.name = figure.indicator
    WHERE figure.value IS NOT NULL AND (figure.coverage IS NULL OR figure.coverage >= ?)
"""

# Half of the sum of the two in the middle, and no interpolation: to the last digit what Python's
# median gives.
MEDIAN = "(quantile_disc({0}, 0.5) - quantile_disc(-{0}, 0.5)) / 2"

MEDIANS = """
WITH usable AS ({usable}),
again AS (
    SELECT * EXCLUDE (region), unnest(list_distinct(['', region])) AS region FROM usable
)
SELECT
    region, services, indicator, year,
    {middle} AS middle
FROM again
GROUP BY ALL
"""

SPREADS = """
WITH usable AS ({usable}),
middles AS (
    SELECT
        services, indicator, year,
        {middle} AS middle
    FROM usable
    GROUP BY ALL
)
SELECT
    services, indicator, year, middle, {deviation} AS deviation
FROM usable
JOIN middles USING (services, indicator, year)
GROUP BY ALL
"""

VALUES = """
WITH usable AS ({usable})
SELECT
    areacd, indicator,
    list(year ORDER BY year) AS years, list(value ORDER BY year) AS figures
FROM usable
WHERE areacd IN (SELECT unnest(?))
GROUP BY ALL
"""

ALL_YEARS = """
WITH usable AS ({usable})
SELECT areacd, indicator, list(value ORDER BY year) AS figures
FROM usable
WHERE indicator IN (SELECT unnest(?))
GROUP BY ALL
"""

ONE_YEAR = """
WITH usable AS ({usable})
SELECT areacd, value FROM usable WHERE indicator = ? AND year = ?
"""

SAMPLED_YEARS = """
SELECT DISTINCT indicator, year FROM locality.indicator_place
WHERE sampling_variance IS NOT NULL
ORDER BY indicator, year DESC
"""

SAMPLED = """
SELECT carried.areacd, link.trust, link.weight, measured.sampling_variance
FROM locality.indicator_place AS carried
JOIN locality.trust_place AS link
    ON link.areacd = carried.areacd
    AND link.vintage = greatest(2018, least(2024, carried.year))
JOIN locality.trust_indicator AS measured
    ON measured.trust = link.trust
    AND measured.year = carried.year
    AND measured.indicator = carried.indicator
WHERE carried.sampling_variance IS NOT NULL AND measured.value IS NOT NULL
    AND carried.indicator = ? AND carried.year = ?
"""


@dataclass(frozen=True)
class Point:
    """One year of one figure, and the medians beside it.

    Attributes:
        published_for: the year that it was published for, where it is of a year at all.
        low, high: 95% interval from the sampling of staff; None where there is none.
        usable: whether enough of it was observed.
    """

    year: int
    published_for: int | None
    value: float | None
    status: str
    coverage: float | None
    low: float | None
    high: float | None
    usable: bool
    similar: float | None
    region: float | None
    england: float | None


@dataclass(frozen=True)
class Series:
    """One measure of one council over the years it existed.

    Attributes:
        measure: the row of ``meta.indicator``.
        points: its years, in order.
        beside: against similar councils.
        trend: of years on its own boundaries; None where too few, or where a figure stands for
            several years.
        england_trend: the same of England's median in the same years.
        rank: within its class, latest year.
    """

    measure: Row
    points: Sequence[Point]
    beside: Against
    trend: Trend | None
    england_trend: Trend | None
    rank: Rank | None

    @property
    def name(self) -> str:
        """The indicator's name in the framework."""
        return str(self.measure["name"])

    @cached_property
    def known(self) -> list[Point]:
        """Years with a value."""
        return [one for one in self.points if one.value is not None]

    @property
    def yearly(self) -> bool:
        """Whether every year has a figure of its own."""
        return not (self.measure["stands"] or self.measure["static"])


class Figures:
    """The figures of all councils with social care, in the years they existed.

    Attributes:
        values: usable values by year, of every indicator, of the councils that are held and of
            those like them.
    """

    def __init__(self, reader: Reader) -> None:
        self.places = {
            row["areacd"]: row for row in reader.rows("locality.place") if row["tier"] != "lower"
        }
        self.measures = {row["name"]: row for row in reader.rows("meta.indicator")}
        self.specs = reader.rows("evidence.analysis_spec")
        settings = json.loads(self.specs[0]["thresholds"]) if self.specs else {}
        self.least = float(settings.get("min_coverage", 0.0))
        self._reader = reader
        self._trends: dict[tuple[str, str, tuple[int, ...]], Trend | None] = {}
        self._own: dict[str, dict[str, list[Row]]] = {}
        self.values: dict[tuple[str, str], dict[int, float]] = {}

    def usable(self, row: Row) -> bool:
        """Whether a row has a value of which enough was observed."""
        share = row["coverage"]
        return row["value"] is not None and (share is None or share >= self.least)

    def _of_usable(self, sql: str, *parameters: Any) -> list[Row]:
        """The rows of a query over the usable values of all councils."""
        written = sql.format(
            usable=USABLE,
            middle=MEDIAN.format("value"),
            deviation=MEDIAN.format("abs(value - middle)"),
        )
        return self._reader.query(written, NEEDS, [self.least, *parameters])

    def hold(self, codes: Sequence[str]) -> None:
        """Read the figures of some councils, in place of those that were held."""
        if self._own.keys() >= set(codes):
            return
        self._own = {code: {} for code in codes}
        for row in self._reader.query(FIGURES, NEEDS, [sorted(codes)]):
            self._own[row["areacd"]].setdefault(row["indicator"], []).append(row)
        alike = {one for code in codes for one in self.similar.get(code, [])}
        self.values = {
            (row["areacd"], row["indicator"]): dict(zip(row["years"], row["figures"], strict=True))
            for row in self._of_usable(VALUES, sorted({*codes, *alike}))
        }

    @cached_property
    def councils(self) -> list[str]:
        """Codes of the councils that existed in some year."""
        return sorted(self.years)

    @cached_property
    def years(self) -> dict[str, tuple[int, int]]:
        """First and last year with a row, of every council."""
        return {
            row["areacd"]: (row["first"], row["last"]) for row in self._reader.query(YEARS, NEEDS)
        }

    def services(self, code: str, name: str) -> str:
        """Councils that may be compared on a measure: those with the same services."""
        measure = self.measures[name]
        mixed = measure["carried_by"] == "none" and measure["per"]
        return str(self.places[code]["tier"]) if mixed else ""

    @cached_property
    def _medians(self) -> dict[tuple[str, str, str, int], float]:
        """Of England ("") and of every region, by services, indicator and year."""
        return {
            (row["region"], row["services"], row["indicator"], row["year"]): row["middle"]
            for row in self._of_usable(MEDIANS)
        }

    @cached_property
    def spreads(self) -> dict[tuple[str, str, int], tuple[float, float]]:
        """Median, and median absolute deviation from it, by services, indicator and year."""
        return {
            (row["services"], row["indicator"], row["year"]): (row["middle"], row["deviation"])
            for row in self._of_usable(SPREADS)
        }

    @cached_property
    def computed(self) -> set[str]:
        """Councils whose similar councils are not in ``locality.place`` and were found here."""
        return {code for code in self.councils if not self.places[code]["comparators"]}

    @cached_property
    def similar(self) -> dict[str, list[str]]:
        """The councils most like each council, nearest first.

        Those of ``locality.place``; for a reorganised council without any, the nearest by the same
        measures as carried over to it, among councils that existed beside it.
        """
        found = {
            code: [one for one in place["comparators"].split(",") if one in self.places]
            for code, place in self.places.items()
            if place["comparators"]
        }
        names = self.alike_by
        if not names or not self.computed:
            return found
        means = {
            (row["areacd"], row["indicator"]): fmean(row["figures"])
            for row in self._of_usable(ALL_YEARS, names)
        }
        known = [code for code in self.councils if all((code, name) in means for name in names)]
        if len(known) <= ALIKE:
            return found
        features = np.array([[means[code, name] for name in names] for code in known])
        for at, code in enumerate(known):
            if code in self.computed:
                beside = [row for row, other in enumerate(known) if self._together(code, other)]
                found[code] = [known[row] for row in nearest(features, at, beside, ALIKE)]
        return found

    @cached_property
    def alike_by(self) -> list[str]:
        """Measures of need and circumstance that the first panel holds constant."""
        controls = self.specs[0]["controls"].split(", ") if self.specs else []
        return [name for name in controls if name in self.measures]

    def _together(self, code: str, other: str) -> bool:
        (first, last), (start, end) = self.years[code], self.years[other]
        return start <= first and end >= last

    def series(self, code: str) -> list[Series]:
        """The measures of one council that have a value in some year, by block as declared."""
        return [
            self._series(code, measure, rows)
            for block in SHOWN
            for measure, rows in self._known(code, block)
        ]

    def facts(self, code: str) -> Iterator[tuple[Row, float, float | None]]:
        """Circumstances of one council that have one figure for all years, and England's median."""
        for measure, rows in self._known(code, "context"):
            if measure["static"]:
                last = [row for row in rows if row["value"] is not None][-1]
                key = "", self.services(code, measure["name"]), measure["name"], last["year"]
                yield measure, last["value"], self._medians.get(key)

    def _known(self, code: str, block: str) -> Iterator[tuple[Row, list[Row]]]:
        """The measures of a block that have a value in some year, each with its years."""
        own = self._own.get(code, {})
        for measure in self.measures.values():
            rows = own.get(measure["name"], [])
            if measure["block"] == block and any(row["value"] is not None for row in rows):
                yield measure, rows

    def _series(self, code: str, measure: Row, rows: Sequence[Row]) -> Series:
        name = measure["name"]
        services = self.services(code, name)
        others = [
            self.values.get((one, name), {})
            for one in self.similar.get(code, [])
            if self.services(one, name) == services
        ]
        own = self.values.get((code, name), {})
        points = [self._point(row, others, services) for row in rows]
        firm = {
            one.year: one.value
            for one in points
            if one.value is not None and one.usable and one.status != CARRIED
        }
        several = measure["stands"] or measure["static"]
        if several:
            # A judgement that stands for years is compared once.
            own = dict(list(own.items())[-1:])
        return Series(
            measure,
            points,
            against(own, others),
            None if several else trend(firm),
            None if several else self._england(name, services, tuple(firm)),
            self._ranks.get((code, name)),
        )

    def _england(self, name: str, services: str, years: tuple[int, ...]) -> Trend | None:
        """The trend of England's median over the same years."""
        key = name, services, years
        if key not in self._trends:
            self._trends[key] = trend({y: self._medians["", services, name, y] for y in years})
        return self._trends[key]

    def _point(self, row: Row, others: Sequence[Mapping[int, float]], services: str) -> Point:
        year, name = row["year"], row["indicator"]
        beside = [other[year] for other in others if year in other]
        value, noise = row["value"], row["sampling_variance"]
        sampled = value is not None and noise is not None
        reach = Z * float(np.sqrt(noise)) if sampled else 0.0
        return Point(
            year=year,
            published_for=row["reference_year"],
            value=value,
            status=row["status"],
            coverage=row["coverage"],
            low=value - reach if sampled else None,
            high=value + reach if sampled else None,
            usable=self.usable(row),
            similar=median(beside) if beside else None,
            region=self._medians.get((row["region"], services, name, year))
            if row["region"]
            else None,
            england=self._medians.get(("", services, name, year)),
        )

    @cached_property
    def _ranks(self) -> dict[tuple[str, str], Rank]:
        """Ranks within a class in the latest year of sampled measures, by council and indicator."""
        found: dict[tuple[str, str], Rank] = {}
        for name, (year, links) in self._latest_sampled().items():
            rows = self._of_usable(ONE_YEAR, name, year)
            values = {row["areacd"]: row["value"] for row in rows}
            noise: dict[str, float] = {}
            weight: dict[str, dict[str, float]] = {}
            for row in links:
                noise[row["trust"]] = row["sampling_variance"] or 0.0
                if row["areacd"] in values:
                    weight.setdefault(row["areacd"], {})[row["trust"]] = row["weight"]
            groups: dict[str, list[str]] = {}
            for code in sorted(weight):
                groups.setdefault(self.places[code]["council_class"], []).append(code)
            trusts = {trust: at for at, trust in enumerate(sorted(noise))}
            variances = np.array([noise[trust] for trust in trusts])
            for codes in groups.values():
                if len(codes) < 2:
                    continue
                weights = np.zeros((len(codes), len(trusts)))
                for at, code in enumerate(codes):
                    weights[at, [trusts[one] for one in weight[code]]] = [*weight[code].values()]
                weights /= weights.sum(axis=1, keepdims=True)
                made = ranks(
                    np.array([values[code] for code in codes]),
                    weights,
                    variances,
                    self.measures[name]["polarity"],
                )
                found |= {(code, name): one for code, one in zip(codes, made, strict=True)}
        return found

    def _latest_sampled(self) -> dict[str, tuple[int, list[Row]]]:
        """The latest year of every sampled measure, and the trusts behind its figures."""
        tables = ["locality.trust_place", "locality.trust_indicator", "locality.indicator_place"]
        found: dict[str, tuple[int, list[Row]]] = {}
        for row in self._reader.query(SAMPLED_YEARS, tables):
            name, year = row["indicator"], row["year"]
            if name not in found and (links := self._reader.query(SAMPLED, tables, [name, year])):
                found[name] = year, links
        return found
