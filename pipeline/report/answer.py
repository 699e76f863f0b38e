"""The answer and how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evidence.verdict import INCONCLUSIVE, NOT_SUPPORTED, NOT_SUPPORTED_RULE, SUPPORTED
from pipeline.report.read import Analysis, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    NOT_AVAILABLE,
    capital,
    composition,
    counted,
    interval,
    number,
    p_value,
    percent,
    points,
    trimmed,
    words,
    year_span,
)

BOTH = "both"
WITHIN = "within"


@dataclass(frozen=True)
class Asked:
    """What a rule asks, in words.

    Attributes:
        text: the question; {h} stands for the claim's first side.
        needs: how the reading must compare with the threshold.
        kind: points, percent or p.
    """

    text: str
    needs: str
    kind: str


ASKED = {
    "ci_low_above_zero": Asked("Is the whole interval of the lead above zero?", "above", "points"),
    "delta_at_least_min": Asked("Is the lead large enough to count?", "at least", "points"),
    "loao_p_below_alpha": Asked(
        "Does the lead hold, beyond luck, for councils the model had not seen?", "below", "p"
    ),
    "q2_h_above_controls": Asked(
        "For councils the model had not seen, does adding {h} to need and circumstance predict "
        "better?",
        "above",
        "percent",
    ),
    "forward_lead_positive": Asked(
        "Is there a lead when later years are predicted?", "above", "points"
    ),
    "upper_bound_below_equivalence": Asked("Is a lead that matters ruled out?", "below", "points"),
    "compositions_same_sign": Asked("Do both ways point in the same direction?", "", "points"),
    "compositions_same_verdict": Asked("Do both ways give the same verdict?", "", ""),
}


@dataclass(frozen=True)
class Fact:
    """One line of how sure the answer is."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Answer:
    """What the page says first.

    Attributes:
        verdict: a word or two.
        sentence: the verdict in plain words.
        more: what the file says beyond the first sentence.
        meaning: what the verdict does and does not say.
        exploratory: why the result is exploratory, or nothing.
        stopped: why nothing was estimated, or nothing.
        facts: how sure, line by line.
        tables: the rule's criteria, and how often the rule would say what.
        reach: what the simulated leads come to.
    """

    verdict: str
    sentence: str
    more: str
    meaning: Sequence[str]
    exploratory: str | None
    stopped: str | None
    facts: Sequence[Fact]
    rules: DataTable | None
    power: DataTable | None
    reach: str


def answer(analysis: Analysis) -> Answer:
    """The answer of one analysis."""
    stopped = analysis.spec["stopped"]
    final = next(iter(analysis.of("verdict", BOTH)), None)
    if stopped or final is None:
        why = stopped or "the file holds no verdict"
        verdict, sentence = "No answer", f"Nothing was estimated, because: {why}."
    else:
        verdict, sentence = capital(final["verdict"]), final["sentence"]
    first, stop, more = sentence.partition(". ")
    first += stop.strip()
    return Answer(
        verdict=verdict,
        sentence=first,
        more=more,
        meaning=_meaning(analysis, final),
        exploratory=analysis.spec["exploratory"] or None,
        stopped=stopped,
        facts=_facts(analysis),
        rules=_rules(analysis),
        power=_power(analysis),
        reach=_reach(analysis),
    )


def _meaning(analysis: Analysis, final: Row | None) -> list[str]:
    """What a verdict does and does not say."""
    said = []
    first, second = (
        measured or declared
        for measured, declared in zip(analysis.measured_sides, analysis.sides, strict=True)
    )
    leads = [row for name in analysis.compositions if (row := analysis.lead(name))]
    if final is None:
        said.append(
            "The rules of the test stop an analysis whose data cannot bear it. This says nothing "
            "for the claim and nothing against it."
        )
    elif final["verdict"] == SUPPORTED:
        said.append(
            f"In these data, the outcome is associated more strongly with {first} than with "
            f"{second}."
        )
    elif final["verdict"] == NOT_SUPPORTED:
        small = points(analysis.between["equivalence_upper"])
        said.append(
            f"The rule says 'not supported' when it can rule out, at {analysis.level} "
            f"confidence, a lead of {small} points or more for {first}."
        )
        if not any(row["ci_high"] < 0 for row in leads):
            said.append(f"It does not show that {second} predict better, nor that neither matters.")
    elif final["verdict"].startswith(INCONCLUSIVE):
        said.append("This is not a 'no'. The data are too thin to say yes or no.")
    said.append("Nothing here shows that one thing causes another.")
    parts = {row["part"] for row in analysis.results["verdict"]}
    if WITHIN not in parts:
        said.append(
            "This is one half of the test: differences between councils. The other half asks "
            "whether innovation follows leadership among places that share one plan and one "
            "budget. This file holds no result on it."
        )
    return said


def _facts(analysis: Analysis) -> list[Fact]:
    spec = analysis.spec
    facts = []
    first, second = analysis.measured_sides
    for name in analysis.compositions:
        row = analysis.lead(name)
        if row is None:
            continue
        note = "no interval"
        if row["ci_low"] is not None and row["ci_high"] is not None:
            note = f"{analysis.level} interval {interval(row['ci_low'], row['ci_high'])}"
        label = f"Lead of {first} over {second}, {composition(name).lower()}"
        facts.append(Fact(label, f"{points(row['estimate'])} points", note))
    if analysis.results["power"]:
        facts.append(Fact("Smallest lead that could be found", *_smallest(analysis)))
    lag = counted(analysis.lag, "year")
    facts += [
        Fact("Councils", number(spec["n_authorities"])),
        Fact("Rows", number(spec["n_rows"]), "one for each council and year"),
        Fact("Years", year_span(spec["years"]), f"the outcome is taken {lag} later"),
    ]
    return facts


def _smallest(analysis: Analysis) -> tuple[str, str]:
    rows = analysis.results["power"]
    target = percent(analysis.between["power_target"])
    found = rows[0]["mde80"]
    if found is not None:
        return f"about {points(found)} points", f"found in {target} of simulated cases"
    largest = max(rows, key=lambda row: float(row["true_effect"]))
    return (
        f"more than {points(largest['true_effect'])} points",
        f"that was the largest lead tried; it was found in {percent(largest['p_supported'])} of "
        f"simulated cases, and {target} are asked for",
    )


def _reading(kind: str, value: float | None) -> str:
    if value is None:
        return NOT_AVAILABLE
    if kind == "points":
        return f"{points(value, 2)} points"
    return percent(value, 2) if kind == "percent" else f"p {p_value(value)}"


def _held_against(kind: str, value: float) -> str:
    """A threshold; those that were fixed are round numbers."""
    if kind == "points":
        return f"{trimmed(points(value, 2))} points"
    return percent(value, 2) if kind == "percent" else trimmed(number(value, 3))


def _criterion(row: Row | None) -> Cell:
    """Whether one criterion is met, and what it reads."""
    if row is None:
        return absent()
    asked = ASKED.get(row["rule_id"], Asked("", "against", ""))
    note = f"reads {_reading(asked.kind, row['value'])}"
    if row["threshold"] is not None:
        note += f"; must be {asked.needs} {_held_against(asked.kind, row['threshold'])}"
    return text("Met" if row["passed"] else "Not met", note)


def _rules(analysis: Analysis) -> DataTable | None:
    """Each criterion of the rule, both compositions side by side."""
    names = analysis.compositions
    by_name = {name: {r["rule_id"]: r for r in analysis.of("verdict", name)} for name in names}
    listed = dict.fromkeys(rule for rows in by_name.values() for rule in rows)
    if not listed:
        return None
    rows = []
    for rule in listed:
        asked = ASKED.get(rule, Asked(capital(words(rule)), "", ""))
        counts = NOT_SUPPORTED if rule == NOT_SUPPORTED_RULE else SUPPORTED
        rows.append(
            [
                text(asked.text.format(h=analysis.measured_sides[0])),
                text(f"'{counts}'"),
                *(_criterion(by_name[name].get(rule)) for name in names),
            ]
        )
    for row in analysis.of("verdict", BOTH):
        asked = ASKED.get(row["rule_id"], Asked(capital(words(row["rule_id"])), "", ""))
        met = text("Met" if row["passed"] else "Not met")
        rows.append([text(asked.text), text("one answer for both ways"), *([met] * len(names))])
    return DataTable(
        "The rule: what it asks, and what was read",
        ["What the rule asks", "Counts for", *(composition(name) for name in names)],
        rows,
        "evidence.verdict: rule_id, passed, value, threshold",
    )


def _power(analysis: Analysis) -> DataTable | None:
    rows = analysis.results["power"]
    if not rows:
        return None
    way = composition(rows[0]["composition"]).lower()
    return DataTable(
        f"How often the rule would say what, if the true lead were known; {way}",
        ["True lead, points", "Sup\u00adported", "Not sup\u00adported", "Incon\u00adclusive"],
        [
            [
                text(trimmed(points(row["true_effect"]))),
                figure(percent(row["p_supported"], 1)),
                figure(percent(row["p_not_supported"], 1)),
                figure(percent(row["p_inconclusive"], 1)),
            ]
            for row in rows
        ],
        "evidence.power: true_effect, p_supported, p_not_supported, p_inconclusive, mde80",
        fit=True,
        narrow="table",
    )


def _reach(analysis: Analysis) -> str:
    """The chance that a true lead which matters is missed or denied."""
    matters = analysis.between["equivalence_upper"]
    rows = [row for row in analysis.results["power"] if row["true_effect"] >= matters]
    if not rows:
        return ""
    row = min(rows, key=lambda one: float(one["true_effect"]))
    return (
        f"Even a true lead of {points(row['true_effect'])} points would be called 'supported' in "
        f"only {percent(row['p_supported'])} of cases, and 'not supported' in "
        f"{percent(row['p_not_supported'])}."
        if row["p_supported"] < analysis.between["power_target"]
        else ""
    )
