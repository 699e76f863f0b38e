"""The figures of every council, and those of similar councils, the region and England."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, median

import numpy as np
from scipy import stats

from pipeline.report.place_statistics import Against, Rank, Trend, against, nearest, ranks, trend
from pipeline.report.read import Reader, Row

ALIKE = 5
"""Similar councils of each council."""
SHOWN = ("outcome", "leadership", "partnership", "plans", "budgets")
CARRIED = "e"
Z = float(stats.norm.ppf(0.975))

FIGURES = """
SELECT figure.*, year_of.region
FROM locality.indicator_place AS figure
JOIN locality.authority_year AS year_of USING (areacd, year)
ORDER BY areacd, indicator, year
"""

SAMPLED = """
SELECT
    carried.indicator, carried.year, carried.areacd, link.trust, link.weight,
    measured.sampling_variance
FROM locality.indicator_place AS carried
JOIN locality.trust_place AS link
    ON link.areacd = carried.areacd
    AND link.vintage = greatest(2018, least(2024, carried.year))
JOIN locality.trust_indicator AS measured
    ON measured.trust = link.trust
    AND measured.year = carried.year
    AND measured.indicator = carried.indicator
WHERE carried.sampling_variance IS NOT NULL AND measured.value IS NOT NULL
"""


@dataclass(frozen=True)
class Point:
    """One year of one figure, and the medians beside it.

    Attributes:
        low, high: 95% interval from the sampling of staff; None where there is none.
        usable: whether enough of it was observed.
    """

    year: int
    value: float | None
    status: str
    coverage: float | None
    n_effective: float | None
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

    @property
    def known(self) -> list[Point]:
        """Years with a value."""
        return [one for one in self.points if one.value is not None]

    @property
    def yearly(self) -> bool:
        """Whether every year has a figure of its own."""
        return not (self.measure["stands"] or self.measure["static"])


class Figures:
    """The figures of all councils with social care, in the years they existed."""

    def __init__(self, reader: Reader) -> None:
        self.places = {
            row["areacd"]: row for row in reader.rows("locality.place") if row["tier"] != "lower"
        }
        self.measures = {row["name"]: row for row in reader.rows("meta.indicator")}
        self.specs = reader.rows("evidence.analysis_spec")
        settings = json.loads(self.specs[0]["thresholds"]) if self.specs else {}
        self.least = float(settings.get("min_coverage", 0.0))
        needs = ["locality.indicator_place", "locality.authority_year"]
        self._rows = reader.query(FIGURES, needs)
        sampled = ["locality.trust_place", "locality.trust_indicator", "locality.indicator_place"]
        self._trends: dict[tuple[str, str, tuple[int, ...]], Trend | None] = {}
        self._sampled = reader.query(SAMPLED, sampled)

    def usable(self, row: Row) -> bool:
        """Whether a row has a value of which enough was observed."""
        share = row["coverage"]
        return row["value"] is not None and (share is None or share >= self.least)

    @cached_property
    def values(self) -> dict[tuple[str, str], dict[int, float]]:
        """Usable values by year, of every council and indicator."""
        found: dict[tuple[str, str], dict[int, float]] = {}
        for row in self._rows:
            if self.usable(row):
                found.setdefault((row["areacd"], row["indicator"]), {})[row["year"]] = row["value"]
        return found

    @cached_property
    def councils(self) -> list[str]:
        """Codes of the councils that existed in some year."""
        return sorted({row["areacd"] for row in self._rows})

    @cached_property
    def years(self) -> dict[str, tuple[int, int]]:
        """First and last year with a row, of every council."""
        found: dict[str, tuple[int, int]] = {}
        for row in self._rows:
            first, last = found.get(row["areacd"], (row["year"], row["year"]))
            found[row["areacd"]] = min(first, row["year"]), max(last, row["year"])
        return found

    def services(self, code: str, name: str) -> str:
        """Councils that may be compared on a measure: those with the same services.

        Money for all services together says nothing between counties and councils that also do
        what districts do. Such measures are amounts per head that the framework does not carry.
        """
        measure = self.measures[name]
        mixed = measure["carried_by"] == "none" and measure["per"]
        return str(self.places[code]["tier"]) if mixed else ""

    @cached_property
    def _medians(self) -> dict[tuple[str, str, str, int], float]:
        """Of England ("") and of every region, by services, indicator and year."""
        found: dict[tuple[str, str, str, int], list[float]] = {}
        for row in self._rows:
            if self.usable(row):
                services = self.services(row["areacd"], row["indicator"])
                for region in {"", row["region"] or ""}:
                    key = region, services, row["indicator"], row["year"]
                    found.setdefault(key, []).append(row["value"])
        return {key: median(values) for key, values in found.items()}

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
        known = [
            code for code in self.councils if all((code, name) in self.values for name in names)
        ]
        if not names or len(known) <= ALIKE:
            return found
        features = np.array(
            [[fmean(self.values[code, name].values()) for name in names] for code in known]
        )
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

    @cached_property
    def _own(self) -> dict[str, dict[str, list[Row]]]:
        found: dict[str, dict[str, list[Row]]] = {}
        for row in self._rows:
            found.setdefault(row["areacd"], {}).setdefault(row["indicator"], []).append(row)
        return found

    def rows_of(self, code: str) -> Iterable[Row]:
        """Every row of one council."""
        return (row for rows in self._own.get(code, {}).values() for row in rows)

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
            value=value,
            status=row["status"],
            coverage=row["coverage"],
            n_effective=row["n_effective"],
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
        latest: dict[str, int] = {}
        for row in self._sampled:
            latest[row["indicator"]] = max(latest.get(row["indicator"], 0), row["year"])
        links: dict[tuple[str, str], dict[str, float]] = {}
        noise: dict[str, dict[str, float]] = {}
        for row in self._sampled:
            name = row["indicator"]
            if row["year"] == latest[name]:
                links.setdefault((name, row["areacd"]), {})[row["trust"]] = row["weight"]
                noise.setdefault(name, {})[row["trust"]] = row["sampling_variance"] or 0.0
        found: dict[tuple[str, str], Rank] = {}
        for name, year in latest.items():
            groups: dict[str, list[str]] = {}
            for code in self.councils:
                if year in self.values.get((code, name), {}) and (name, code) in links:
                    groups.setdefault(self.places[code]["council_class"], []).append(code)
            trusts = sorted(noise[name])
            for codes in groups.values():
                if len(codes) < 2:
                    continue
                weights = np.array([[links[name, c].get(t, 0.0) for t in trusts] for c in codes])
                weights /= weights.sum(axis=1, keepdims=True)
                made = ranks(
                    np.array([self.values[c, name][year] for c in codes]),
                    weights,
                    np.array([noise[name][t] for t in trusts]),
                    self.measures[name]["polarity"],
                )
                found |= {(code, name): one for code, one in zip(codes, made, strict=True)}
        return found
