"""The two cases that the claim comes from, and the sets of neighbours that are like them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.answer import Fact
from pipeline.report.read import Analysis, Names, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    capital,
    counted,
    financial_year,
    joined,
    number,
    p_value,
    percent,
)

SETS = "discordant sets"
LOGIT = "conditional logit, authority x year strata"
FIRST = 5
"""Sets that are shown before the table of all of them."""


@dataclass(frozen=True)
class Case:
    """One founding case: what it was, and the panels whose places are in the same position."""

    title: str
    story: str
    panels: Sequence[str]


CASES = (
    Case(
        "Dementia",
        "An integrated health and social care dementia service developed in one locality of a very "
        "large authority, and not in its other localities. All of them shared one plan and one "
        "budget.",
        ("districts_dementia",),
    ),
    Case(
        "Intermediate care",
        "One hospital funded an intermediate care service for older people. Three other hospitals "
        "under the same social services department did not.",
        ("trusts_in_boards", "trusts_in_councils"),
    ),
)


@dataclass(frozen=True)
class Sets:
    """The discordant sets of one panel.

    Attributes:
        panel: its short name.
        page: its page, from the report's folder.
        adopter: who counts as having adopted.
        said: how many there are and what all of them together say.
        facts: the tests on all sets together.
        largest: the largest differences, either way.
        every: all sets.
    """

    panel: str
    page: str
    adopter: str
    said: Sequence[str]
    facts: Sequence[Fact]
    largest: DataTable | None
    every: DataTable | None


@dataclass(frozen=True)
class Told:
    """A founding case with what its panels say."""

    case: Case
    panels: Sequence[Sets]


def cases(analyses: Mapping[str, Analysis], names: Names) -> list[Told]:
    """The founding cases that this file has a panel for."""
    told = []
    for case in CASES:
        own = [sets(analyses[name], names) for name in case.panels if name in analyses]
        if own:
            told.append(Told(case, own))
    return told


def sets(analysis: Analysis, names: Names) -> Sets:
    """The discordant sets of one panel, the largest differences first."""
    rows = sorted(analysis.results["discordant_sets"], key=lambda row: -abs(row["diff"]))
    many = len(rows) > FIRST
    return Sets(
        panel=analysis.name,
        page=analysis.page,
        adopter=_adopter(analysis),
        said=_said(analysis, rows),
        facts=_facts(analysis),
        largest=_table(analysis, rows[:FIRST], names, many) if rows else None,
        every=_table(analysis, rows, names, largest=False) if many else None,
    )


def _adopter(analysis: Analysis) -> str:
    """Who counts as having adopted."""
    share = percent(analysis.inside["adopter_share"])
    return (
        f"Nobody records which {analysis.nouns.places} adopted what. So those in the top {share} "
        f"of the year by '{analysis.outcome['title']}' ({analysis.better} is better) stand for the "
        "adopters here."
    )


def _said(analysis: Analysis, rows: Sequence[Row]) -> list[str]:
    nouns = analysis.nouns
    if not rows:
        why = analysis.spec.get("stopped_within")
        nothing = f"Nothing was compared, because: {why}." if why else "There is no such set."
        return [nothing]
    authorities = counted(
        len({row["authority"] for row in rows}), nouns.authority, nouns.authorities
    )
    higher = sum(row["diff"] > 0 and number(row["diff"], 2) != "0.00" for row in rows)
    lower = sum(row["diff"] < 0 and number(row["diff"], 2) != "0.00" for row in rows)
    clear = [row for row in rows if row["ci_low"] is not None and row["ci_low"] > 0]
    against = [row for row in rows if row["ci_high"] is not None and row["ci_high"] < 0]
    sets_ = counted(len(rows), "set")
    return [
        f"{sets_} in {authorities}: in one {nouns.authority} and year, some {nouns.places} were "
        "adopters and their neighbours were not.",
        f"Leadership was higher among the adopters in {number(higher)} sets, lower in "
        f"{number(lower)}, and the same in {number(len(rows) - higher - lower)}. Single sets whose "
        f"interval lies wholly above zero: {number(len(clear))}; wholly below: "
        f"{number(len(against))}. By luck alone, a few of each are to be expected.",
    ]


def _pooled(analysis: Analysis, model: str) -> Row | None:
    rows = analysis.results["within_effect"]
    return next((row for row in rows if row["model"] == model), None)


def _facts(analysis: Analysis) -> list[Fact]:
    facts = []
    pooled, logit = _pooled(analysis, SETS), _pooled(analysis, LOGIT)
    if pooled and pooled["estimate"] is not None:
        error = "" if pooled["se"] is None else f"standard error {number(pooled['se'], 2)}; "
        facts.append(
            Fact(
                "Leadership of adopters less that of their neighbours, all sets together",
                f"{number(pooled['estimate'], 2, signed=True)} standard deviations",
                f"{error}p {p_value(pooled['p_perm'])} (one-sided, each {analysis.nouns.authority} "
                "counted once)",
            )
        )
    if logit and logit["estimate"] is not None:
        facts.append(
            Fact(
                "Log-odds of adopting for one standard deviation more of leadership",
                number(logit["estimate"], 2, signed=True),
                f"standard error {number(logit['se'], 2)}; p {p_value(logit['p'])} (two-sided; "
                "too small where adoption lasts)",
            )
        )
    return facts


def _table(analysis: Analysis, rows: Sequence[Row], names: Names, largest: bool) -> DataTable:
    nouns = analysis.nouns
    which = "the largest differences" if largest else "all of them, the largest differences first"
    return DataTable(
        f"{analysis.name}: sets of neighbours, {which}",
        [
            f"{capital(nouns.authority)} and year",
            f"Adopters, of all {nouns.places}",
            "Leadership of adopters",
            "Leadership of the others",
            f"Difference, and {100 * analysis.inside['confidence']:g}% interval",
        ],
        [
            [
                text(names.of(row["authority"]), financial_year(row["year"])),
                text(
                    f"{number(row['n_adopters'])} of {number(row['n_localities'])}",
                    joined([names.of(code) for code in row["adopters"].split(", ")]),
                ),
                figure(number(row["h_adopters"], 2, signed=True)),
                figure(number(row["h_others"], 2, signed=True)),
                _difference(row),
            ]
            for row in rows
        ],
        "evidence.discordant_sets: authority, year, adopters, n_adopters, n_localities, "
        "h_adopters, h_others, diff, ci_low, ci_high",
        named=f"{analysis.name}: sets of neighbours",
        narrow="pairs",
    )


def _difference(row: Row) -> Cell:
    if row["diff"] is None:
        return absent()
    if row["ci_low"] is None:
        return figure(number(row["diff"], 2, signed=True), "No interval")
    ends = f"{number(row['ci_low'], 2)} to {number(row['ci_high'], 2)}"
    return figure(number(row["diff"], 2, signed=True), ends)
