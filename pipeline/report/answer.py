"""The answer of a panel and how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evidence.verdict import INCONCLUSIVE, NOT_SUPPORTED, NOT_SUPPORTED_RULE, SUPPORTED
from pipeline.evidence.within_rules import AGAINST
from pipeline.report.read import BETWEEN, BOTH, OVERALL, WITHIN, Analysis, Nouns, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    LEAST_P,
    NOT_AVAILABLE,
    capital,
    composition,
    counted,
    interval,
    minus,
    number,
    p_value,
    percent,
    points,
    sentences,
    trimmed,
    verdict,
    words,
    year_span,
)
from pipeline.rounding import decimals


@dataclass(frozen=True)
class Asked:
    """What a rule asks, in words.

    Attributes:
        text: the question; {h} stands for the claim's first side, {places} and {authority} for what
            the panel's places are called.
        needs: how the reading must compare with the threshold.
        kind: points, percent, p or slope.
    """

    text: str
    needs: str
    kind: str


SAME_SIGN = "compositions_same_sign"
UNSEEN = "loao_p_below_alpha"
ASKED = {
    "ci_low_above_zero": Asked("Is the whole interval of the lead above zero?", "above", "points"),
    "delta_at_least_min": Asked("Is the lead large enough to count?", "at least", "points"),
    UNSEEN: Asked(
        "Does the lead hold, beyond luck, for {authorities} the model had not seen?", "below", "p"
    ),
    "q2_h_above_controls": Asked(
        "For {authorities} the model had not seen, does adding {h} to need and circumstance "
        "predict better?",
        "above",
        "percent",
    ),
    "forward_lead_positive": Asked(
        "Is there a lead when later years are predicted?", "above", "points"
    ),
    NOT_SUPPORTED_RULE: Asked(
        "Is a lead that matters ruled out? Read: the one-sided upper bound", "below", "points"
    ),
    SAME_SIGN: Asked("Do both ways point in the same direction?", "", "points"),
    "compositions_same_verdict": Asked("Do both ways give the same verdict?", "", ""),
    "w_star_low_above_min": Asked(
        "Is it sure that enough of the lasting differences lie inside {authorities}?",
        "above",
        "percent",
    ),
    "slope_positive": Asked(
        "Do {places} with more leadership have the better outcome?", "above", "slope"
    ),
    "trajectory_p_below_alpha": Asked(
        "Would chance seldom bring about so close a link?", "below", "p"
    ),
    "partial_r2_at_least_min": Asked(
        "Does a large enough share of the differences inside go with leadership?",
        "at least",
        "percent",
    ),
    AGAINST[0]: Asked(
        "Is a link that matters ruled out? Read: the one-sided upper bound", "below", "percent"
    ),
    AGAINST[1]: Asked(
        "Is it ruled out that enough of the lasting differences lie inside {authorities}?",
        "below",
        "percent",
    ),
}
AGAINST_IT = {NOT_SUPPORTED_RULE, *AGAINST}
"""Rules that count for 'not supported'; the others must all be met for 'supported'."""
HALVES = {BETWEEN: "Between {authorities}", WITHIN: "Inside {authorities}"}


@dataclass(frozen=True)
class Fact:
    """One line of how sure the answer is."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Half:
    """One half of the test on one panel: its verdict, or why there is none."""

    title: str
    verdict: str
    sentences: Sequence[str]


@dataclass(frozen=True)
class Power:
    """What one half of the test could have found."""

    lead: str
    table: DataTable
    reach: str


@dataclass(frozen=True)
class Answer:
    """What the page says first.

    Attributes:
        verdict: a word or two.
        sentences: the verdict in plain words, the answer first.
        halves: both halves of the test, where the panel can ask both.
        meaning: what the verdict does and does not say.
        exploratory: why the result is exploratory, or nothing.
        stopped: why nothing at all was estimated, or nothing.
        facts: how sure, line by line.
        rules: each half's criteria.
        powers: how often the rule would say what.
    """

    verdict: str
    sentences: Sequence[str]
    halves: Sequence[Half]
    meaning: Sequence[str]
    exploratory: str | None
    stopped: str | None
    facts: Sequence[Fact]
    rules: Sequence[DataTable]
    powers: Sequence[Power]


def answer(analysis: Analysis) -> Answer:
    """The answer of one analysis."""
    final = analysis.verdict(OVERALL) or analysis.verdict(BETWEEN)
    stopped = None if final else analysis.spec["stopped"] or "the file holds no verdict"
    if final is None:
        given, said = "No answer", f"Nothing was estimated, because: {stopped}."
    else:
        given, said = verdict(final["verdict"]), minus(final["sentence"])
    return Answer(
        verdict=given,
        sentences=sentences(said),
        halves=[half(analysis, part) for part in HALVES] if analysis.has_localities else [],
        meaning=_meaning(analysis, final),
        exploratory=analysis.spec["exploratory"] or None,
        stopped=stopped,
        facts=_facts(analysis),
        rules=[table for part in HALVES if (table := _rules(analysis, part))],
        powers=[found for part in HALVES if (found := _power(analysis, part))],
    )


def half(analysis: Analysis, part: str) -> Half:
    """One half of the test on one panel."""
    title = HALVES[part].format(**vars(analysis.nouns))
    final = analysis.verdict(part)
    if final:
        return Half(title, verdict(final["verdict"]), sentences(minus(final["sentence"])))
    why = analysis.spec["stopped" if part == BETWEEN else "stopped_within"]
    if why:
        return Half(title, "Not possible", [f"Nothing was estimated, because: {why}."])
    if part == WITHIN and not analysis.has_localities:
        return Half(title, "Not asked", ["Each place has a plan and a budget of its own."])
    return Half(title, "No verdict", ["The file holds no verdict."])


def _meaning(analysis: Analysis, final: Row | None) -> list[str]:
    """What a verdict does and does not say."""
    said = []
    first, second = (
        measured or declared
        for measured, declared in zip(analysis.measured_sides, analysis.sides, strict=True)
    )
    between = analysis.verdict(BETWEEN)
    leads = [row for name in analysis.compositions if (row := analysis.lead(name))]
    halves = [part for part in HALVES if analysis.verdict(part)]
    if final is None:
        said.append(
            "The rules of the test stop an analysis whose data cannot bear it. This says nothing "
            "for the claim and nothing against it."
        )
    elif final["verdict"].startswith(INCONCLUSIVE):
        whole = "Taken together, this" if len(halves) > 1 else "This"
        said.append(f"{whole} is not a 'no'. The data are too thin to say yes or no.")
    if between and between["verdict"] == SUPPORTED:
        said.append(
            f"In these data, the outcome is associated more strongly with {first} than with "
            f"{second}."
        )
    elif between and between["verdict"] == NOT_SUPPORTED:
        small, least = (
            points(analysis.between[name]) for name in ("equivalence_upper", "delta_min")
        )
        said.append(
            f"Between {analysis.nouns.authorities}, the rule says 'not supported' when it can rule "
            f"out, at {analysis.level} confidence, a lead of {small} points or more for {first}. A "
            f"smaller one counts from {least} points, and may still be there."
        )
        if not any(row["ci_high"] < 0 for row in leads):
            said.append(f"It does not show that {second} predict better, nor that neither matters.")
    said.append("Nothing here shows that one thing causes another.")
    if not analysis.has_localities:
        said.append(
            "This is one half of the test: differences between councils. The other half asks "
            "whether innovation follows leadership among places that share one plan and one "
            "budget. This panel cannot ask it, because each council has its own."
        )
    return said


def _facts(analysis: Analysis) -> list[Fact]:
    spec, nouns = analysis.spec, analysis.nouns
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
    for part, what in ((BETWEEN, "lead"), (WITHIN, "link inside one authority")):
        if analysis.powers(part):
            facts.append(Fact(f"Smallest {what} that could be found", *smallest(analysis, part)))
    lag = counted(analysis.lag, "year")
    inside = next(iter(analysis.results["within_effect"]), None)

    def also(count: str) -> str:
        """How many of them are compared inside authorities."""
        return f"{number(inside[count])} compared inside {nouns.authorities}" if inside else ""

    if analysis.has_localities:
        facts.append(
            Fact(capital(nouns.places), number(spec["n_localities"]), also("n_localities"))
        )
    facts += [
        Fact(capital(nouns.authorities), number(spec["n_authorities"]), also("n_authorities")),
        Fact("Rows", number(spec["n_rows"]), f"one for each {nouns.place} and year"),
        Fact("Years", year_span(spec["years"]), f"the outcome is taken {lag} later"),
    ]
    return facts


def smallest(analysis: Analysis, part: str) -> tuple[str, str]:
    """The smallest effect that one half of the test could have found, and how that is known."""
    rows = analysis.powers(part)
    settings = analysis.between if part == BETWEEN else analysis.inside
    target = percent(settings["power_target"])
    if part == BETWEEN and analysis.one_year:
        return "none", "'supported' asks for a lead in predicting a later year, and there is none"

    def said(share: float) -> str:
        if part == BETWEEN:
            return f"{points(share)} points"
        return f"{percent(share, 1)} of the differences"

    found = rows[0]["mde80"]
    if found is not None:
        return f"about {said(found)}", f"found in {target} of simulated cases"
    largest = max(rows, key=lambda row: float(row["true_effect"]))
    return (
        f"more than {said(largest['true_effect'])}",
        f"that was the largest one tried; it was found in {percent(largest['p_supported'])} of "
        f"simulated cases, and {target} are asked for",
    )


def _reading(kind: str, value: float | None, threshold: float | None) -> str:
    """What a rule reads, with decimals enough to tell it from the threshold."""
    if value is None:
        return NOT_AVAILABLE
    if kind == "p" and value < LEAST_P:
        return f"p {p_value(value)}"
    scale = 100 if kind in ("points", "percent") else 1
    digits = 3 if kind == "p" else 2
    if threshold is not None:
        digits = decimals(scale * value, scale * threshold, digits)
    told = number(scale * value, digits)
    return {"points": f"{told} points", "percent": f"{told}%", "p": f"p {told}"}.get(kind, told)


def held_against(kind: str, value: float) -> str:
    """A threshold; those that were fixed are round numbers."""
    if kind == "points":
        return f"{trimmed(points(value, 2))} points"
    if kind == "percent":
        return f"{trimmed(number(100 * value, 2))}%"
    return trimmed(number(value, 3))


def _criterion(row: Row | None) -> Cell:
    """Whether one criterion is met, and what it reads."""
    if row is None:
        return absent()
    asked = ASKED.get(row["rule_id"], Asked("", "against", ""))
    read = _reading(asked.kind, row["value"], row["threshold"])
    note = f"{'' if row['value'] is None else 'reads '}{read}"
    if row["threshold"] is not None:
        note += f"; must be {asked.needs} {held_against(asked.kind, row['threshold'])}"
    return text("Met" if row["passed"] else "Not met", note)


def asked_of(rule: str, first: str, nouns: Nouns) -> Asked:
    """What a rule asks, with the name of the claim's first side and of the places."""
    asked = ASKED.get(rule, Asked(capital(words(rule)), "", ""))
    return Asked(asked.text.format(h=first, **vars(nouns)), asked.needs, asked.kind)


def _rules(analysis: Analysis, part: str) -> DataTable | None:
    """Each criterion of one half, both compositions side by side."""
    own = [row for row in analysis.results["verdict"] if row["part"] == part]
    names = list(dict.fromkeys(row["composition"] for row in own if row["composition"] != BOTH))
    by_name = {name: {r["rule_id"]: r for r in analysis.criteria(part, name)} for name in names}
    listed = dict.fromkeys(rule for rows in by_name.values() for rule in rows)
    if not listed:
        return None
    first, nouns = analysis.measured_sides[0] or analysis.sides[0], analysis.nouns
    rows = [
        [
            text(asked_of(rule, first, nouns).text),
            text(f"'{NOT_SUPPORTED if rule in AGAINST_IT else SUPPORTED}'"),
            *(_criterion(by_name[name].get(rule)) for name in names),
        ]
        for rule in listed
    ]
    for row in analysis.criteria(part, BOTH):
        met = text("Met" if row["passed"] else "Not met")
        asked = asked_of(row["rule_id"], first, nouns).text
        learned = part == WITHIN and row["rule_id"] == SAME_SIGN
        note = f"what was learned in other {nouns.authorities}, whether or not it holds here"
        rows.append(
            [
                text(asked, note if learned else ""),
                text("one answer for both ways"),
                *([met] * len(names)),
            ]
        )
    title = HALVES[part].format(**vars(nouns)).lower()
    return DataTable(
        f"The rule, {title}: what it asks, and what was read",
        ["What the rule asks", "Counts for", *(composition(name) for name in names)],
        rows,
        "evidence.verdict: rule_id, passed, value, threshold",
    )


def _power(analysis: Analysis, part: str) -> Power | None:
    rows = analysis.powers(part)
    if not rows:
        return None
    both = rows[0]["composition"] == BOTH
    way = "both ways" if both else f"{composition(rows[0]['composition']).lower()} alone"
    between = part == BETWEEN
    title = HALVES[part].format(**vars(analysis.nouns))
    table = DataTable(
        f"{title}: how often the rule would say what, if the truth were known, asking {way}",
        [
            "True lead, points" if between else "True link, % of the differences",
            "Sup\u00adported",
            "Not sup\u00adported",
            "Incon\u00adclusive",
        ],
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
    lead = "a known lead" if between else "a known link inside each authority"
    return Power(lead, table, _reach(analysis, part))


def _reach(analysis: Analysis, part: str) -> str:
    """The chance that a true effect which matters is missed or denied."""
    between = part == BETWEEN
    settings = analysis.between if between else analysis.inside
    matters = settings["equivalence_upper" if between else "partial_r2_min"]
    rows = [row for row in analysis.powers(part) if row["true_effect"] >= matters]
    if not rows:
        return ""
    row = min(rows, key=lambda one: float(one["true_effect"]))
    size = points(row["true_effect"])
    effect = f"lead of {size} points" if between else f"link with {size}% of the differences"
    return (
        f"Even a true {effect} would be called 'supported' in only "
        f"{percent(row['p_supported'], 1)} of cases, and 'not supported' in "
        f"{percent(row['p_not_supported'], 1)}."
        if row["p_supported"] < settings["power_target"]
        else ""
    )
