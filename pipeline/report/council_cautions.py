"""Where a comparison of one council would mislead, and how sure one can be about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.council_figures import CARRIED, NEEDS, SHOWN, Figures, Series
from pipeline.report.council_panels import Said
from pipeline.report.council_place import Place
from pipeline.report.councils import STATUSES
from pipeline.report.place_statistics import LEVEL, by_luck
from pipeline.report.read import Names, Reader, Row
from pipeline.report.wording import (
    ROUNDING,
    capital,
    counted,
    financial_year,
    joined,
    number,
    part,
    percent,
)

FAR = 5.0
"""Median absolute deviations, as standard deviations, beyond which a figure is an outlier."""
TO_SD = 1.4826
SMALL = 50_000
"""People below which rates are said to move with few cases."""
NAMED = 6
"""Measures named in one sentence."""

WITHOUT = "Measures without a figure here"
NOTHING = "nothing is published for this council itself"

PLAIN = {
    "declared in the framework as not to be carried": "what was published of the councils before "
    "or after it would say nothing of this one"
}
"""Reasons of ``locality.not_carried`` that name what readers do not know."""

CARRIED_FROM = """
SELECT areacd, carried_from, min(share_inside) AS share_inside
FROM locality.indicator_carried
WHERE status = 'e' AND existed
GROUP BY ALL
"""

NOT_CARRIED = """
SELECT areacd, indicator, reason, first_year, last_year
FROM locality.not_carried
WHERE existed > 0
ORDER BY areacd, reason, indicator
"""

# In no year that most councils have a figure for; the status is empty where there is no row at all.
ABSENT = """
WITH figure AS (
    SELECT areacd, year, indicator, value, status
    FROM locality.indicator_place
    JOIN locality.authority_year USING (areacd, year)
),
usual AS (
    SELECT year, indicator
    FROM figure
    JOIN (SELECT year, count(*) AS councils FROM locality.authority_year GROUP BY ALL) USING (year)
    GROUP BY ALL
    HAVING count(value) > any_value(councils) / 2
)
SELECT council.areacd, indicator, coalesce(min(figure.status), '') AS status
FROM locality.authority_year AS council
JOIN usual USING (year)
LEFT JOIN figure USING (areacd, year, indicator)
ANTI JOIN (SELECT areacd, indicator FROM locality.not_carried WHERE existed > 0)
    USING (areacd, indicator)
GROUP BY ALL
HAVING count(figure.value) = 0
ORDER BY ALL
"""

POPULATION = """
WITH span AS (
    SELECT areacd, min(year) AS first, max(year) AS last
    FROM locality.indicator_place
    JOIN locality.authority_year USING (areacd, year)
    GROUP BY ALL
)
SELECT
    areacd,
    arg_max(persons, year) AS persons,
    count(*) FILTER (year BETWEEN first AND last) AS years,
    count(*) FILTER (year BETWEEN first AND last AND population_year <> year) AS away,
    max(abs(population_year - year)) FILTER (year BETWEEN first AND last) AS furthest
FROM locality.population
LEFT JOIN span USING (areacd)
WHERE persons IS NOT NULL
GROUP BY ALL
"""


@dataclass(frozen=True)
class Caution:
    """One thing to mind."""

    title: str
    text: str


class Cautions:
    """What to mind about every council."""

    def __init__(self, reader: Reader, figures: Figures, names: Names) -> None:
        self._figures, self._names = figures, names
        self._from: dict[str, list[Row]] = {}
        for row in reader.query(CARRIED_FROM, ["locality.indicator_carried"]):
            self._from.setdefault(row["areacd"], []).append(row)
        self._lacking: dict[str, list[Row]] = {}
        for row in reader.query(NOT_CARRIED, ["locality.not_carried"]):
            self._lacking.setdefault(row["areacd"], []).append(row)
        self._absent: dict[str, list[Row]] = {}
        for row in reader.query(ABSENT, [*NEEDS, "locality.not_carried"]):
            if figures.measures.get(row["indicator"], {}).get("block") in SHOWN:
                self._absent.setdefault(row["areacd"], []).append(row)
        self._statuses: dict[str, str] = {
            row["status"]: row["meaning"] for row in reader.query(STATUSES, ["meta.dictionary"])
        }
        self._people: dict[str, Row] = {
            row["areacd"]: row for row in reader.query(POPULATION, ["locality.population", *NEEDS])
        }

    def of(self, code: str, series: Sequence[Series]) -> list[Caution]:
        """Everything to mind about one council."""
        return [
            *self._small(code),
            *self._outliers(code, series),
            *self._carried(code, series),
            *self._little(series),
            *self._vintage(code),
            *self._without_figure(code),
            *self._missing(code),
            *self._similar(code),
        ]

    def people(self, code: str) -> float | None:
        """People in the latest year."""
        row = self._people.get(code)
        return row["persons"] if row else None

    def _small(self, code: str) -> list[Caution]:
        people = self.people(code)
        if people is None or people >= SMALL:
            return []
        told = f"Only {number(people)} people live here. A few cases move a rate a lot."
        return [Caution("Very few people", told)]

    def _outliers(self, code: str, series: Sequence[Series]) -> list[Caution]:
        far = []
        for one in series:
            point = one.known[-1]
            key = self._figures.services(code, one.name), one.name, point.year
            middle, deviation = self._figures.spreads.get(key, (0.0, 0.0))
            if not point.usable or point.value is None or not deviation:
                continue
            if abs(point.value - middle) > FAR * (TO_SD * deviation):
                far.append(f"'{one.measure['title']}'")
        if not far:
            return []
        return [
            Caution(
                "Far from every usual figure",
                f"An outlier among all councils on {_listed(far)}. Such a figure can say more "
                "about an unusual place, or how it was recorded, than about the service.",
            )
        ]

    def _carried(self, code: str, series: Sequence[Series]) -> list[Caution]:
        own = [
            one
            for one in series
            if one.yearly and any(point.status == CARRIED for point in one.known)
        ]
        if not own:
            return []
        rows = self._from.get(code, [])
        sources = sorted({name for row in rows for name in (row["carried_from"] or "").split(",")})
        named = joined([self._names.of(name) for name in sources if name])
        shares = [row["share_inside"] for row in rows if row["share_inside"] is not None]
        told = (
            f"{counted(len(own), 'measure holds', 'measures hold')} figures that were published on "
            f"other boundaries and are carried over by people{f', from {named}' if named else ''}: "
            f"{_listed([_of_years(one, CARRIED) for one in own])}. They are drawn hollow and are "
            "left out of trends."
        )
        if shares and min(shares) < 1:
            told += (
                " Where this council was part of a larger one, it is taken to be like the whole of "
                f"it, of whose people {part(min(shares))} live here."
            )
        return [Caution("Figures carried from other boundaries", told)]

    def _little(self, series: Sequence[Series]) -> list[Caution]:
        thin = [
            f"'{one.measure['title']}'"
            for one in series
            if any(not point.usable for point in one.known)
        ]
        if not thin:
            return []
        least = percent(self._figures.least)
        return [
            Caution(
                "Too little observed",
                f"In some years less than {least} of {_listed(thin)} was observed. These years are "
                "shown and not compared.",
            )
        ]

    def _vintage(self, code: str) -> list[Caution]:
        row = self._people.get(code)
        if not row or not row["away"]:
            return []
        return [
            Caution(
                "Population of another year",
                f"In {row['away']} of {counted(row['years'], 'year')} figures per head rest on the "
                f"population of another year, up to {counted(row['furthest'], 'year')} away.",
            )
        ]

    def absent(self, code: str) -> int:
        """How many measures that most councils have were never published for this one."""
        return len(self._absent.get(code, []))

    def _without_figure(self, code: str) -> list[Caution]:
        by_status: dict[str, list[str]] = {}
        for row in self._absent.get(code, []):
            title = self._figures.measures[row["indicator"]]["title"]
            by_status.setdefault(row["status"], []).append(f"'{title}'")
        told = [
            f"{_listed(titles)} ({self._statuses.get(status, NOTHING)})."
            for status, titles in by_status.items()
        ]
        if not told:
            return []
        most = "Most councils have a figure of these, and this one has none in any year. "
        return [Caution(WITHOUT, most + " ".join(told))]

    def _missing(self, code: str) -> list[Caution]:
        by_reason: dict[str, list[str]] = {}
        for row in self._lacking.get(code, []):
            measure = self._figures.measures.get(row["indicator"])
            if measure:
                reason = PLAIN.get(str(row["reason"]), str(row["reason"]))
                by_reason.setdefault(reason, []).append(f"'{measure['title']}'")
        return [
            Caution("Not carried over", f"{capital(reason)}: {_listed(titles)}.")
            for reason, titles in by_reason.items()
        ]

    def _similar(self, code: str) -> list[Caution]:
        if not self._figures.similar.get(code):
            told = "No similar councils are known, so it is compared with region and England only."
            return [Caution("No similar councils", told)]
        if code not in self._figures.computed:
            return []
        return [
            Caution(
                "Similar councils of a reorganised council",
                "The database names none, because one of the figures that it compares by was not "
                "published for this council. The five here are the nearest by the same measures, "
                "as carried over to it.",
            )
        ]


def _listed(items: Sequence[str]) -> str:
    if len(items) <= NAMED:
        return joined(items)
    return f"{', '.join(items[:NAMED])} and {counted(len(items) - NAMED, 'more measure')}"


def _of_years(one: Series, status: str) -> str:
    found = [financial_year(point.year) for point in one.known if point.status == status]
    span = found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"
    return f"'{one.measure['title']}' ({span})"


def in_short(place: Place, series: Sequence[Series], absent: int) -> str:
    """How sure one can be about one council, in a few sentences.

    Args:
        absent: how many measures that most councils have it has no figure of.
    """
    tested = [one for one in series if one.beside.low is not None]
    apart = sum(one.beside.side != 0 for one in tested)
    luck = _by_luck(len(tested))
    of = f"{number(apart) if apart else 'none'} of {counted(len(tested), 'measure')}"
    if not tested:
        said = ["We cannot tell how it stands: no measure can be compared with similar councils."]
    elif apart <= by_luck(len(tested)):
        said = [
            f"Not sure that it differs from similar councils at all: it stands apart on {of}, and "
            f"luck alone would bring about {luck}."
        ]
    else:
        said = [
            f"Fairly sure that it differs from similar councils: it stands apart on {of}, more "
            f"than luck alone would bring (about {luck}). Of any single one we are less sure."
        ]
    known = sum(any(point.low is not None for point in one.known) for one in series)
    if not known:
        said.append("For none of its measures does anybody publish how much of a figure is chance.")
    elif known < len(series):
        said.append(
            f"For {number(len(series) - known)} of {counted(len(series), 'measure')} nobody "
            "publishes how much of a figure is chance."
        )
    if absent:
        said.append(
            f"It has no figure of {counted(absent, 'measure')} that most councils have: "
            f"'{WITHOUT}' says why."
        )
    if place.notices:
        said.append("Its boundaries changed, so that its years are not all one place.")
    return " ".join(said)


def sure(place: Place, series: Sequence[Series], panel: Said, cautions: Cautions) -> list[Caution]:
    """How sure one can be about one council: what holds, in a line each."""
    return [
        _boundaries(place),
        *_differences(series),
        *_chance(series),
        *_leadership(place, series),
        *_figures(series),
        *_people(place, cautions),
        Caution("In the panels", f"In {panel.inside} of {counted(panel.of, 'panel')}."),
    ]


def _boundaries(place: Place) -> Caution:
    if place.notices:
        return Caution("Boundaries", "Changed: see the notice above. Years are not all one place.")
    return Caution("Boundaries", "No change of boundaries is recorded for these years.")


def _differences(series: Sequence[Series]) -> list[Caution]:
    tested = [one for one in series if one.beside.low is not None]
    if not tested:
        return [Caution("Beside similar councils", "No measure could be compared.")]
    apart = sum(one.beside.side != 0 for one in tested)
    told = (
        f"It stands apart on {apart} of {counted(len(tested), 'measure')}. By luck alone about "
        f"{_by_luck(len(tested))} would; measures that go together stand apart together."
    )
    untold: dict[str, list[str]] = {}
    for one in series:
        if one.beside.low is None:
            untold.setdefault(one.beside.why_not, []).append(f"'{one.measure['title']}'")
    for why, titles in untold.items():
        many = capital(number(len(titles)))
        told += f" {many} more cannot be told, because {why}: {_listed(titles)}."
    return [Caution("Beside similar councils", told)]


def _by_luck(count: int) -> str:
    """How many of so many measures stand apart on average, if none really does."""
    luck = (1 - LEVEL) * count
    return number(luck, 0 if luck > 0.9 else 1)


def _chance(series: Sequence[Series]) -> list[Caution]:
    known = [one for one in series if any(point.low is not None for point in one.known)]
    if not known:
        told = (
            "Not known for any measure: nobody publishes it. So there is no interval and no rank."
        )
        return [Caution("Chance in a single figure", told)]
    return [
        Caution(
            "Chance in a single figure",
            f"Known for {len(known)} of {counted(len(series), 'measure')}, and there only for who "
            "answered the survey. For all others nobody publishes how much is chance, so they have "
            "no interval and no rank.",
        )
    ]


def _leadership(place: Place, series: Sequence[Series]) -> list[Caution]:
    carried = [
        point
        for one in series
        if one.measure["block"] == "leadership" and one.measure["level"] == "trust"
        for point in one.known
        if point.usable
    ]
    if not carried or place.main_trust is None:
        return []
    name, weight, others = place.main_trust
    least = min(point.coverage for point in carried if point.coverage is not None)
    observed = f"{part(least)} of it" if least < 1 - ROUNDING else "all of it"
    shared = (
        f", which is the main trust of {counted(others, 'other council')} too" if others else ""
    )
    return [
        Caution(
            "Leadership",
            f"Measured among staff of hospital trusts, not in the council. {percent(weight)} of it "
            f"is {name}{shared}. In the weakest year used, {observed} was observed.",
        )
    ]


def _figures(series: Sequence[Series]) -> list[Caution]:
    points = [point for one in series if one.yearly for point in one.points]
    carried = sum(point.value is not None and point.status == CARRIED for point in points)
    missing = sum(point.value is None for point in points)
    if not points:
        return [Caution("Figures", "No figure is known.")]
    said = [
        f"{number(len(points) - carried - missing)} of {number(len(points))} yearly figures are "
        "its own"
    ]
    if carried:
        said.append(f"{number(carried)} carried from other boundaries")
    if missing:
        said.append(f"{number(missing)} missing")
    return [Caution("Figures", f"{', '.join(said)}.")]


def _people(place: Place, cautions: Cautions) -> list[Caution]:
    people = cautions.people(place.code)
    if people is None or people >= SMALL:
        return []
    return [Caution("Size", f"{number(people)} people: small numbers move a lot by chance.")]
