"""What the panels say of one council: whether it is in them, and how much it weighs there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.council_figures import Figures
from pipeline.report.read import Analysis, Names, Reader, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    counted,
    financial_year,
    joined,
    number,
    percent,
    points,
    verdict,
)

LEFT_OUT = "leave one authority out"
DISTRICTS = """
SELECT areacd, authority_areacd, year
FROM locality.district_year
WHERE year IN (SELECT unnest(?))
ORDER BY areacd, year
"""


@dataclass(frozen=True)
class Said:
    """What the panels say of one council.

    Attributes:
        panels: one row a panel.
        inside, of: panels that it or its localities are in, and all panels.
        influential: titles of the panels in which leaving it out moves the lead most.
        adopters: who counts as having done it.
        sets: places of one authority that did it beside others that did not.
    """

    panels: DataTable
    inside: int
    of: int
    influential: Sequence[str]
    adopters: Sequence[str]
    sets: DataTable | None


@dataclass
class Panels:
    """The panels, arranged by council."""

    reader: Reader
    analyses: Sequence[Analysis]
    names: Names
    figures: Figures

    def __post_init__(self) -> None:
        self._mains: dict[str, list[str]] = {}
        for row in self.reader.rows("locality.trust_authority"):
            self._mains.setdefault(row["council_areacd"], []).append(row["trust"])
        self._together: dict[tuple[str, int], list[str]] = {}
        years = {row["year"] for one in self.analyses for row in one.results["discordant_sets"]}
        if years:
            for row in self.reader.query(DISTRICTS, ["locality.district_year"], [sorted(years)]):
                together = self._together.setdefault((row["authority_areacd"], row["year"]), [])
                together.append(row["areacd"])
        self._by_panel = {
            one.spec["spec_id"]: one.panel.select("areacd", "authority", "year").to_dicts()
            if one.panel.height
            else []
            for one in self.analyses
        }

    def of(self, code: str) -> Said:
        """What the panels say of one council."""
        rows, inside, influential = [], 0, []
        for one in self.analyses:
            is_in, how = self._inside(code, one)
            weighs = self._weighs(code, one)
            inside += is_in
            if weighs:
                influential.append(one.spec["title"])
            rows.append(
                [
                    text(one.spec["title"], one.outcome["title"], link=one.page),
                    text("In it" if is_in else "Not in it", how),
                    text(weighs or ("No" if is_in else "Not in it")),
                    _answer(one),
                ]
            )
        table = DataTable(
            "The panels: whether this council is in them, and what they found",
            [
                "Panel and outcome",
                "This council",
                "One of the two that move the lead most?",
                "Answer",
            ],
            rows,
            "evidence.panel: locality, authority, year; evidence.robustness: detail, estimate; "
            "evidence.verdict: verdict",
        )
        own = [
            (analysis, row)
            for analysis in sorted(self.analyses, key=lambda one: str(one.spec["title"]))
            for row in sorted(analysis.results["discordant_sets"], key=lambda one: int(one["year"]))
            if row["authority"] == code
        ]
        return Said(
            panels=table,
            inside=inside,
            of=len(rows),
            influential=influential,
            adopters=list(dict.fromkeys(_adopter(analysis) for analysis, _ in own)),
            sets=self._set_table(code, own) if own else None,
        )

    def _inside(self, code: str, one: Analysis) -> tuple[bool, str]:
        rows = self._by_panel[one.spec["spec_id"]]
        if not rows:
            return False, "No place could be analysed"
        itself = [row for row in rows if row["areacd"] == code]
        if itself:
            return True, f"In {counted(len(itself), 'year')}"
        if not one.has_localities:
            return False, self._why_not(code, one)
        below = {row["areacd"] for row in rows if row["authority"] == code}
        if below:
            return True, f"With {counted(len(below), one.nouns.place, one.nouns.places)}"
        served = sorted({row["areacd"] for row in rows} & set(self._mains.get(code, [])))
        if served:
            return True, f"Through {joined([self.names.of(trust) for trust in served])}"
        return False, f"No {one.nouns.place} that belongs mostly to this council is in it"

    def _why_not(self, code: str, one: Analysis) -> str:
        """What is missing for a council that is not in a panel of councils."""
        first, last = (int(year) for year in one.spec["years"].split("-"))
        start, end = self.figures.years[code]
        own = [year for year in range(first, last + 1) if start <= year <= end]
        if not own:
            return "It did not exist in those years"
        controls = [
            name for name in one.spec["controls"].split(", ") if name in self.figures.measures
        ]
        used = [row["indicator"] for row in one.coverage if row["used"]]
        needed = [(one.spec["outcome"], one.lag), *((name, 0) for name in [*controls, *used])]
        lacking = []
        for name, lag in needed:
            known = self.figures.values.get((code, name), {})
            if not all(year + lag in known for year in own):
                lacking.append(f"'{self.figures.measures[name]['title']}'")
        if not lacking:
            return ""
        return f"Some or all years lack {joined(lacking)}"

    def _weighs(self, code: str, one: Analysis) -> str:
        for row in one.results["robustness"]:
            if row["kind"] == LEFT_OUT and str(row["detail"]).endswith(code):
                which = str(row["detail"]).partition(":")[0]
                said = f"Yes: without it the lead is the {which} of all, {points(row['estimate'])}"
                lead = next(filter(None, map(one.lead, one.compositions)), None)
                beside = f" (with it {points(lead['estimate'])})" if lead else ""
                turned = "" if row["passes"] else "; it changes sides"
                return f"{said} points{beside}{turned}"
        return ""

    def _set_table(self, code: str, own: Sequence[tuple[Analysis, Row]]) -> DataTable:
        rows = []
        for analysis, row in own:
            did = [one.strip() for one in row["adopters"].split(",")]
            every = self._together.get((code, row["year"]), [])
            rest = [one for one in every if one not in did]
            complete = set(did) <= set(every) and len(every) == row["n_localities"]
            rows.append(
                [
                    text(financial_year(row["year"]), analysis.outcome["title"]),
                    text(joined([self.names.of(one) for one in did])),
                    text(joined([self.names.of(one) for one in rest]))
                    if complete
                    else text(counted(row["n_localities"] - len(did), "other")),
                    _difference(row),
                ]
            )
        return DataTable(
            "Places of this council that share its plan and budget and differ in the outcome",
            [
                "Year of the leadership measures, and outcome a year later",
                "Among the best of that year",
                "Not among them",
                "Leadership there less leadership elsewhere, standard deviations",
            ],
            rows,
            "evidence.discordant_sets: authority, year, adopters, diff, ci_low, ci_high",
        )


def _adopter(one: Analysis) -> str:
    """Who counts as having done it."""
    share = percent(one.inside["adopter_share"])
    return (
        f"Nobody records which {one.nouns.places} adopted what. Those in the top {share} of a year "
        f"by '{one.outcome['title']}' ({one.better} is better) stand for them."
    )


def _difference(row: Mapping[str, float | None]) -> Cell:
    diff, low, high = row["diff"], row["ci_low"], row["ci_high"]
    if diff is None:
        return absent()
    note = "no interval"
    if low is not None and high is not None:
        note = f"95% interval {number(low, 2)} to {number(high, 2)}"
        note += "" if low > 0 or high < 0 else "; no detectable difference"
    return figure(number(diff, 2, signed=True), note)


def _answer(one: Analysis) -> Cell:
    """The panel's own answer, with what is exploratory marked."""
    found = [row for part in ("overall", "between", "within") if (row := one.verdict(part))]
    said = verdict(found[0]["verdict"]) if found else "No answer"
    return text(said, mark="Exploratory" if one.spec["exploratory"] else "")
