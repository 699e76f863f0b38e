"""What one council is: its kind and dates, those like it, its districts and its trusts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.report import council_words as said
from pipeline.report.answer import Fact
from pipeline.report.council_figures import Figures
from pipeline.report.read import Names, Reader, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    NO_REGION,
    counted,
    day,
    financial_year,
    joined,
    number,
    part,
    percent,
)

FOUNDED = date(2010, 4, 1)
"""Councils that began before the first year of any source are not called new."""
ALIKE_BY = "share of people of 65 and over; deprivation; share of people in rural areas; population"
"""What similar councils are alike in: see ``comparators`` of ``locality.place``."""
LEAST_WEIGHT = 0.05
"""Trusts with a smaller share are counted and not named."""

TRUSTS = """
SELECT areacd, trust, weight, patient_share, rank, vintage
FROM locality.trust_place
QUALIFY vintage = max(vintage) OVER (PARTITION BY areacd)
ORDER BY areacd, rank
"""

POPULATION = """
SELECT areacd, population_year, persons, aged_65_plus
FROM locality.population
QUALIFY year = max(year) OVER (PARTITION BY areacd)
"""

OF_DISTRICTS = """
SELECT figure.areacd, figure.indicator, figure.year, figure.value
FROM locality.indicator_place AS figure
JOIN locality.place AS place USING (areacd)
JOIN meta.indicator AS measure ON measure.name = figure.indicator
WHERE place.tier = 'lower' AND measure.block = 'outcome' AND measure.level = 'council'
    AND figure.value IS NOT NULL AND figure.status <> 'e'
QUALIFY figure.year = max(figure.year) OVER (PARTITION BY figure.areacd, figure.indicator)
"""


@dataclass(frozen=True)
class Link:
    """A council by name; `note` says more, `address` is empty where it has no page."""

    name: str
    address: str = ""
    note: str = ""


@dataclass(frozen=True)
class District:
    """A district with its row of the table."""

    code: str
    name: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Named:
    """A council; `when` are its dates in words, empty where it was there all along."""

    code: str
    name: str
    council_class: str
    region: str
    when: str


@dataclass(frozen=True)
class Listed(Named):
    """A council in the list to find it in."""

    districts: Sequence[str]


@dataclass(frozen=True)
class Place(Named):
    """What a page says of the council as a place.

    Attributes:
        notices: boundary changes.
        around: councils before and after it that have a page.
        facts: need and circumstance.
        similar: those like it, nearest first.
        found_here: whether they were worked out here, from carried figures.
        alike_by: what they are alike in.
        columns: headings of the districts' table.
        trusts: the table of trusts, None where none is known.
        main_trust: the trust with the largest share, and that share.
    """

    notices: Sequence[str]
    around: Sequence[Link]
    facts: Sequence[Fact]
    similar: Sequence[Link]
    found_here: bool
    alike_by: str
    columns: Sequence[str]
    districts: Sequence[District]
    trusts: DataTable | None
    main_trust: tuple[str, float, int] | None


class Places:
    """What every council is."""

    def __init__(self, reader: Reader, figures: Figures, names: Names) -> None:
        self._figures, self._names = figures, names
        self._all = {row["areacd"]: row for row in reader.rows("locality.place")}
        self._trusts: dict[str, list[Row]] = {}
        self._mains: dict[str, int] = {}
        for row in reader.query(TRUSTS, ["locality.trust_place"]):
            self._trusts.setdefault(row["areacd"], []).append(row)
            council = figures.places.get(row["areacd"])
            if row["rank"] == 1 and council and not council["end_date"]:
                self._mains[row["trust"]] = self._mains.get(row["trust"], 0) + 1
        self._population: dict[str, Row] = {
            row["areacd"]: row for row in reader.query(POPULATION, ["locality.population"])
        }
        self._districts: dict[str, list[Row]] = {}
        for row in self._all.values():
            if row["county_areacd"]:
                self._districts.setdefault(row["county_areacd"], []).append(row)
        needs = ["locality.indicator_place", "locality.place", "meta.indicator"]
        self._outcomes: dict[tuple[str, str], Row] = {
            (row["areacd"], row["indicator"]): row for row in reader.query(OF_DISTRICTS, needs)
        }

    def _named(self, code: str) -> Named:
        row = self._all[code]
        region = row["region"] or NO_REGION
        return Named(code, row["areanm"], row["council_class"], region, _when(row))

    def listed(self, code: str) -> Listed:
        """What the list says of one council."""
        districts = [_dated(one) for one in self._below(code)]
        return Listed(**vars(self._named(code)), districts=districts)

    def of(self, code: str) -> Place:
        """What one council is."""
        row = self._all[code]
        columns, districts = self._of_districts(code)
        trusts = self._trusts.get(code, [])
        first = trusts[0] if trusts else None
        return Place(
            **vars(self._named(code)),
            notices=self._notices(row),
            around=self._around(row),
            facts=self._facts(code),
            similar=[self._link(one) for one in self._figures.similar.get(code, [])],
            found_here=code in self._figures.computed,
            alike_by=ALIKE_BY,
            columns=columns,
            districts=districts,
            trusts=self._trust_table(code),
            main_trust=None
            if first is None
            else (self._names.of(first["trust"]), first["weight"], self._shared(first)),
        )

    def _link(self, code: str) -> Link:
        row = self._all.get(code)
        if row is None:
            return Link(code)
        address = f"{code}.html" if code in self._figures.years else ""
        kind = f"{row['council_class']}, {row['region'] or NO_REGION}"
        return Link(row["areanm"], address, kind)

    def _notices(self, row: Row) -> list[str]:
        """Boundary changes in words."""
        found = []
        before = [self._all[one] for one in _codes(row["predecessors"]) if one in self._all]
        after = [self._all[one] for one in _codes(row["successors"]) if one in self._all]
        if before and row["start_date"]:
            names = joined([f"{one['areanm']} ({one['council_class']})" for one in before])
            found.append(
                f"Boundary change: it began on {day(row['start_date'])} in place of {names}. "
                "Figures for earlier years are theirs."
            )
        if row["end_date"]:
            names = joined([one["areanm"] for one in after])
            instead = f" {names} took its place." if names else ""
            found.append(
                f"Boundary change: this council ended; the register gives {day(row['end_date'])}."
                f"{instead}"
            )
        return found

    def _around(self, row: Row) -> list[Link]:
        around = [*_codes(row["predecessors"]), *_codes(row["successors"])]
        return [self._link(one) for one in around if one in self._figures.years]

    def _facts(self, code: str) -> list[Fact]:
        made = []
        people = self._population.get(code)
        if people and people["persons"]:
            when = f"mid-{people['population_year']}"
            share = people["aged_65_plus"] / people["persons"]
            made += [
                Fact("People", number(people["persons"]), when),
                Fact("Aged 65 and over", percent(share, 1), when),
            ]
        # Several years of one index stand together.
        for measure, value, england in sorted(
            self._figures.facts(code), key=lambda one: str(one[0]["title"])
        ):
            notes = []
            if england is not None:
                notes.append(f"England's median {said.value(measure, england)}")
            if measure["name"].startswith("deprivation"):
                notes.append("the higher, the more deprived")
            made.append(Fact(measure["title"], said.value(measure, value), "; ".join(notes)))
        return made

    def _below(self, code: str) -> list[Row]:
        return sorted(self._districts.get(code, []), key=lambda row: str(row["areanm"]))

    def _of_districts(self, code: str) -> tuple[list[str], list[District]]:
        own = self._below(code)
        measures = [
            measure
            for name, measure in self._figures.measures.items()
            if any((row["areacd"], name) in self._outcomes for row in own)
        ]
        made = []
        for row in own:
            cells = [self._trust(row["areacd"])]
            for measure in measures:
                found = self._outcomes.get((row["areacd"], measure["name"]))
                cells.append(
                    absent()
                    if found is None
                    else figure(said.value(measure, found["value"]), financial_year(found["year"]))
                )
            made.append(District(row["areacd"], _dated(row), cells))
        return ["Main hospital trust", *(one["title"] for one in measures)], made

    def _trust(self, code: str) -> Cell:
        rows = self._trusts.get(code)
        if not rows:
            return absent()
        return text(self._names.of(rows[0]["trust"]), f"{percent(rows[0]['weight'])} of the weight")

    def _trust_table(self, code: str) -> DataTable | None:
        rows = self._trusts.get(code, [])
        named = [row for row in rows if row["weight"] >= LEAST_WEIGHT]
        if not named:
            return None
        rest = rows[len(named) :]
        table = [
            [
                text(self._names.of(row["trust"])),
                figure(percent(row["weight"])),
                figure(part(row["patient_share"])),
                text(counted(others, "council") if (others := self._shared(row)) else "No other"),
            ]
            for row in named
        ]
        if rest:
            share = sum(row["weight"] for row in rest)
            table.append(
                [
                    text(counted(len(rest), "other trust")),
                    figure(part(share)),
                    text("Not listed", "each has less than 5% of the weight"),
                    text("Not listed"),
                ]
            )
        return DataTable(
            "Hospital trusts behind this council's leadership figures",
            [
                "Trust",
                "Weight in this council's figures",
                "Share of the trust's patients who live here",
                "Main trust of other councils, too",
            ],
            table,
            "locality.trust_place: weight, patient_share, rank",
            narrow="pairs",
        )

    def _shared(self, row: Row) -> int:
        """Present councils, beside this one, whose main trust it is."""
        itself = row["rank"] == 1 and not self._all[row["areacd"]]["end_date"]
        return self._mains.get(row["trust"], 0) - itself


def _codes(listed: str | None) -> list[str]:
    return [one.strip() for one in (listed or "").split(",") if one.strip()]


def _when(row: Mapping[str, date | None]) -> str:
    start, end = row["start_date"], row["end_date"]
    began = f"from {day(start)}" if start and start >= FOUNDED else ""
    ended = f"until {day(end)}" if end else ""
    return " ".join(filter(None, [began, ended]))


def _dated(row: Row) -> str:
    """A name with its dates, where it was not there all along."""
    when = _when(row)
    return f"{row['areanm']} ({when})" if when else str(row["areanm"])
