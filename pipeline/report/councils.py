"""The councils: those that were analysed, and those that were not and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.report.read import Analysis, Reader, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text, with_status
from pipeline.report.wording import (
    capital,
    counted,
    financial_year,
    joined,
    number,
    organisation,
    percent,
    words,
)

NEAR = 0.25
"""Closer to the average than this, in standard deviations, is called about average."""
EDGE = 2.5
"""Standard deviations at either end of the drawn line."""
SAID = ("c", "low", "u", "z")
"""Statuses that say more of a missing figure than that it is missing."""
NO_REGION = "Region not given"

OUTCOMES = "SELECT areacd, year, value, status FROM locality.indicator_place WHERE indicator = ?"

OBSERVED = """
SELECT
    panel.areacd,
    min(carried.coverage) AS coverage,
    avg(carried.n_effective) AS n_effective
FROM evidence.panel AS panel
JOIN meta.construct_coverage AS used ON used.spec_id = panel.spec_id AND used.used
JOIN locality.indicator_place AS carried
    ON carried.areacd = panel.areacd
    AND carried.year = panel.year
    AND carried.indicator = used.indicator
WHERE panel.spec_id = ? AND carried.coverage IS NOT NULL
GROUP BY ALL
"""

TRUSTS = "SELECT org_code, arg_max(org_name, vintage) AS name FROM tidy.trust_register GROUP BY ALL"

STATUSES = "SELECT \"table\" AS status, meaning FROM meta.dictionary WHERE layer = 'status'"


@dataclass(frozen=True)
class Region:
    """The councils of one region.

    Attributes:
        anchor: its address on the page.
    """

    name: str
    anchor: str
    table: DataTable


@dataclass(frozen=True)
class Councils:
    """Everything the page says of single councils.

    Attributes:
        latest: financial year of the outcome shown.
        outcome: title of the outcome.
        better: whether lower or higher is better.
        near, edge: settings of the words and of the drawn line.
        years: years that the averages are over.
        regions: councils that were analysed.
        lost: councils that existed in those years and were not analysed, and why.
        later: names of councils with social care that began after those years.
        partly: number of councils analysed for some of their years only.
    """

    latest: str
    outcome: str
    better: str
    near: str
    edge: str
    regions: Sequence[Region]
    lost: DataTable | None
    later: Sequence[str]
    partly: int


def councils(reader: Reader, analysis: Analysis) -> Councils:
    """Gather what is said of single councils."""
    places = {row["areacd"]: row for row in reader.rows("locality.place")}
    outcomes = reader.query(OUTCOMES, ["locality.indicator_place"], [analysis.spec["outcome"]])
    known = [row["year"] for row in outcomes if row["value"] is not None]
    latest = max(known, default=None)
    at_latest = {row["areacd"]: row for row in outcomes if row["year"] == latest}
    statuses = {
        row["status"]: row["meaning"] for row in reader.query(STATUSES, ["meta.dictionary"])
    }
    shown = _Shown(
        analysis,
        places,
        at_latest,
        statuses,
        latest_text="" if latest is None else financial_year(latest),
        observed={
            row["areacd"]: row
            for row in reader.query(
                OBSERVED,
                ["evidence.panel", "meta.construct_coverage", "locality.indicator_place"],
                [analysis.spec["spec_id"]],
            )
        },
        trusts={
            row["org_code"]: organisation(row["name"])
            for row in reader.query(TRUSTS, ["tidy.trust_register"])
        },
    )
    lost, later, partly = _left_out(reader, analysis, statuses)
    return Councils(
        latest=shown.latest_text,
        outcome=analysis.outcome["title"],
        better="lower" if analysis.outcome["polarity"] < 0 else "higher",
        near=number(NEAR, 2),
        edge=number(EDGE, 1),
        regions=shown.regions(),
        lost=lost,
        later=later,
        partly=partly,
    )


@dataclass(frozen=True)
class _Shown:
    """What the rows of the councils' tables are made of."""

    analysis: Analysis
    places: Mapping[str, Row]
    outcomes: Mapping[str, Row]
    statuses: Mapping[str, str]
    latest_text: str
    observed: Mapping[str, Row]
    trusts: Mapping[str, str]

    def regions(self) -> list[Region]:
        panel = self.analysis.panel
        if not panel.height:
            return []
        blocks = [name for name in self.analysis.used_blocks if name in panel.columns]
        own = (
            panel.sort("areacd", "year")
            .group_by("areacd", maintain_order=True)
            .agg(pl.col(*blocks).mean(), pl.col("dominant_trust").last())
        )
        sharing = own["dominant_trust"].drop_nulls().value_counts()
        shared = dict(sharing.iter_rows())
        grouped: dict[str, list[Row]] = {}
        for row in own.to_dicts():
            place = self.places.get(row["areacd"], {})
            grouped.setdefault(place.get("region") or NO_REGION, []).append(row)
        return [
            Region(name, f"region-{place}", self._table(name, grouped[name], blocks, shared))
            for place, name in enumerate(sorted(grouped, key=lambda one: (one == NO_REGION, one)))
        ]

    def _table(
        self, region: str, rows: Sequence[Row], blocks: Sequence[str], shared: Mapping[str, int]
    ) -> DataTable:
        outcome = self.analysis.outcome["title"]
        return DataTable(
            f"Councils analysed: {region}",
            [
                "Council",
                f"{self.latest_text}: {outcome}".removeprefix(": "),
                "The same, mean of similar councils",
                *(capital(words(name)) for name in blocks),
                "Least share observed, and trusts",
                "Main hospital trust",
            ],
            [
                [
                    text(self._name(row["areacd"]), self._of(row["areacd"], "council_class")),
                    self._outcome(row["areacd"]),
                    self._similar(row["areacd"]),
                    *(_standing(row[name]) for name in blocks),
                    self._observed(row["areacd"]),
                    self._trust(row["dominant_trust"], shared),
                ]
                for row in sorted(rows, key=lambda one: self._name(one["areacd"]))
            ],
            "evidence.panel (means over years of each group, dominant_trust); "
            "locality.indicator_place (value, status, coverage, n_effective); "
            "locality.place (areanm, council_class, region, comparators); "
            "tidy.trust_register (org_name)",
            named="Councils analysed",
            narrow="pairs",
        )

    def _of(self, areacd: str, column: str) -> str:
        return self.places.get(areacd, {}).get(column) or ""

    def _name(self, areacd: str) -> str:
        return self._of(areacd, "areanm") or areacd

    def _outcome(self, areacd: str) -> Cell:
        row = self.outcomes.get(areacd, {"value": None, "status": "x"})
        value = None if row["value"] is None else number(row["value"])
        return with_status(value, row["status"], self.statuses)

    def _similar(self, areacd: str) -> Cell:
        """The mean of the comparators that have a figure for the same year."""
        codes = [code for code in self._of(areacd, "comparators").split(",") if code]
        known = [
            self.outcomes[code]["value"]
            for code in codes
            if self.outcomes.get(code, {}).get("value") is not None
        ]
        if not known:
            return absent("No similar council has a figure")
        some = "" if len(known) == len(codes) else f"{len(known)} of {len(codes)} have a figure"
        return figure(number(sum(known) / len(known)), some)

    def _observed(self, areacd: str) -> Cell:
        row = self.observed.get(areacd)
        if row is None or row["coverage"] is None:
            return absent()
        trusts = "" if row["n_effective"] is None else f"{number(row['n_effective'], 1)} trusts"
        return figure(percent(row["coverage"]), trusts)

    def _trust(self, code: str | None, shared: Mapping[str, int]) -> Cell:
        if code is None:
            return absent()
        others = shared.get(code, 1) - 1
        note = f"shared with {counted(others, 'other council')}" if others else ""
        return text(self.trusts.get(code, code), note)


def _standing(z: float | None) -> Cell:
    """A council's mean on a group, in words and as a place on a line."""
    if z is None:
        return absent()
    said = "about average" if abs(z) < NEAR else "above average" if z > 0 else "below average"
    said += ", beyond the line" if abs(z) > EDGE else ""
    return figure(number(z, 2, signed=True), said, place=max(-1.0, min(1.0, z / EDGE)))


def _left_out(
    reader: Reader, analysis: Analysis, statuses: Mapping[str, str]
) -> tuple[DataTable | None, list[str], int]:
    """Councils with social care that are not in the panel: those of its years, and later ones.

    The last of the three is how many are in it for some of their years only.
    """
    every = reader.frame("locality.authority_year")
    if not every.height:
        return None, [], 0
    inside = set(analysis.panel["areacd"]) if analysis.panel.height else set()
    first, last = (int(year) for year in analysis.spec["years"].split("-"))
    missing = every.filter(~pl.col("areacd").is_in(inside))
    own = missing.filter(pl.col("year").is_between(first, last))
    in_panel = analysis.panel.select("areacd", "year") if inside else own.select("areacd", "year")
    partly = (
        every.filter(pl.col("areacd").is_in(inside) & pl.col("year").is_between(first, last))
        .with_columns(pl.col("year").cast(pl.Int64))
        .join(
            in_panel.with_columns(pl.col("year").cast(pl.Int64)), on=["areacd", "year"], how="anti"
        )["areacd"]
        .n_unique()
    )
    names = dict(missing.select("areacd", "areanm").iter_rows())
    in_time = set(own["areacd"])
    began_later = missing.group_by("areacd").agg(pl.col("year").min())
    later = sorted(
        names[code] for code, year in began_later.iter_rows() if code not in in_time and year > last
    )
    rows = []
    for code in sorted(in_time, key=lambda one: names[one]):
        years = own.filter(pl.col("areacd") == code).to_dicts()
        outcomes = {row["year"]: row for row in missing.filter(pl.col("areacd") == code).to_dicts()}
        rows.append(
            [
                text(names[code], years[-1]["council_class"]),
                text(years[-1]["region"] or NO_REGION),
                figure(number(len(years))),
                text(" ".join(_reasons(reader, analysis, years, outcomes, statuses))),
            ]
        )
    if not rows:
        return None, later, partly
    table = DataTable(
        "Councils with social care that were not analysed",
        ["Council", "Region", "Years lost", "Why"],
        rows,
        "locality.authority_year: the outcome, the controls and the measures used, each with its "
        "status",
    )
    return table, later, partly


def _reasons(
    reader: Reader,
    analysis: Analysis,
    years: Sequence[Row],
    by_year: Mapping[int, Row],
    statuses: Mapping[str, str],
) -> list[str]:
    """What is missing for a council, each with the years it is missing in."""
    titles = {row["name"]: row["title"] for row in reader.rows("meta.indicator")}
    least = analysis.settings["min_coverage"]

    def known(row: Mapping[str, Any], name: str) -> bool:
        coverage = row.get(f"{name}__coverage", 1.0)
        return row.get(name) is not None and coverage is not None and coverage >= least

    outcome = analysis.spec["outcome"]
    later = f"{titles[outcome]}, {counted(analysis.lag, 'year')} later"
    ahead = [by_year.get(row["year"] + analysis.lag, {}) for row in years]
    needed: list[tuple[str, str, Sequence[Row]]] = [(later, outcome, ahead)]
    names = [name for name in analysis.spec["controls"].split(", ") if name in titles]
    names += [row["indicator"] for row in analysis.coverage if row["used"]]
    needed += [(titles[name], name, years) for name in names]
    by_count: dict[int, list[str]] = {}
    for title, name, rows in needed:
        without = [row for row in rows if not known(row, name)]
        marks = {row.get(f"{name}__status") for row in without if row.get(name) is None}
        why = [statuses[mark] for mark in sorted(filter(None, marks)) if mark in SAID]
        if without:
            by_count.setdefault(len(without), []).append(
                f"'{title}'" + (f" ({'; '.join(why)})" if why else "")
            )
    return [
        f"No figure in {_of_years(count, len(years))} for {joined(names)}."
        for count, names in sorted(by_count.items(), reverse=True)
    ]


def _of_years(count: int, every: int) -> str:
    if count == every:
        return f"any of {counted(every, 'year')}" if every > 1 else "the one year"
    return f"{number(count)} of {counted(every, 'year')}"
