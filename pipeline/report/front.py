"""The front page: the claim, its answer over all panels, and what would change it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evidence.verdict import DEPENDS, INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED
from pipeline.report.answer import (
    AGAINST_IT,
    HALVES,
    UNSEEN,
    Fact,
    asked_of,
    half,
    held_against,
    smallest,
)
from pipeline.report.charts import BELOW, Picture, Scale, Span, spans
from pipeline.report.limits import Limit
from pipeline.report.read import ANY, BETWEEN, BOTH, WITHIN, Analysis, Claim, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    capital,
    composition,
    counted,
    interval,
    joined,
    minus,
    number,
    p_value,
    points,
    sentences,
    words,
    year_span,
)
from pipeline.study.framework import Framework
from pipeline.study.results import BY_PANEL

QUANTITIES = {
    BETWEEN: ("lead", "between authorities"),
    WITHIN: ("link", "inside authorities"),
}


@dataclass(frozen=True)
class Overall:
    """The answer to the claim.

    Attributes:
        verdict: a word or two.
        sentences: the verdict in plain words, the answer first.
        exploratory: why the answer is exploratory, or nothing.
        facts: how sure, line by line.
        meaning: what the verdict does and does not say.
    """

    verdict: str
    sentences: Sequence[str]
    exploratory: str | None
    facts: Sequence[Fact]
    meaning: Sequence[str]


@dataclass(frozen=True)
class Forest:
    """The lead of every panel.

    Attributes:
        without: panels without a lead, and why.
    """

    picture: Picture | None
    table: DataTable | None
    without: Sequence[str]


def overall(claim: Claim | None, analyses: Sequence[Analysis]) -> Overall:
    """The answer to the claim as a whole."""
    primary = [one for one in analyses if one.spec["is_primary"]]
    if claim is None:
        verdict, said = "No answer", "The file holds no verdict on the whole claim."
    else:
        verdict = capital(claim.verdict)
        said = minus(claim.sentence.partition(BY_PANEL)[0])
        # Panels by the names that pictures and tables have, and not by their longer titles.
        for one in analyses:
            said = said.replace(one.spec["title"], one.name)
    return Overall(
        verdict=verdict,
        sentences=sentences(said),
        exploratory=_exploratory(claim, primary),
        facts=_facts(claim, primary),
        meaning=_meaning(claim, primary),
    )


def _facts(claim: Claim | None, primary: Sequence[Analysis]) -> list[Fact]:
    facts = []
    for part, title in HALVES.items():
        halves = [one for one in primary if part == BETWEEN or one.has_localities]
        found = [row for one in halves if (row := one.verdict(part))]
        if not halves:
            continue
        counts = ", ".join(
            f"{verdict} {number(sum(row['verdict'].startswith(verdict) for row in found))}"
            for verdict in (SUPPORTED, NOT_SUPPORTED, INCONCLUSIVE)
        )
        lost = len(halves) - len(found)
        facts.append(
            Fact(
                f"{title.format(authorities='authorities')}: verdicts of "
                f"{counted(len(halves), 'primary panel')}",
                capital(counts),
                f"{number(lost)} could not be asked" if lost else "",
            )
        )
    for part, (what, where) in QUANTITIES.items():
        reach = [(one, smallest(one, part)[0]) for one in primary if one.powers(part)]
        if reach:
            said = "; ".join(f"{one.name}: {size}" for one, size in reach)
            label = f"Smallest {what} that could be found, {where}"
            note = f"a smaller {what} is easily missed"
            if part == BETWEEN and any(one.one_year for one, _ in reach):
                note += "; none where there is no later year to predict, which 'supported' asks for"
            facts.append(Fact(label, said, note))
    for row in claim.rules if claim else ():
        if row["rule_id"].startswith("holm") and row["value"] is not None:
            facts.append(
                Fact(
                    "Largest p of the primary panels, corrected for their number (Holm)",
                    p_value(row["value"]),
                    f"'supported' needs less than {row['threshold']:g}",
                )
            )
    return facts


def _exploratory(claim: Claim | None, primary: Sequence[Analysis]) -> str | None:
    """Why the answer is exploratory: the claim's own reason, or that of a panel it rests on."""
    if claim and claim.exploratory:
        return claim.exploratory
    reasons = [
        f"{one.name}: {one.spec['exploratory']}" for one in primary if one.spec["exploratory"]
    ]
    return " ".join(reasons) or None


def _meaning(claim: Claim | None, primary: Sequence[Analysis]) -> list[str]:
    said = []
    if claim and claim.verdict.startswith(INCONCLUSIVE):
        said.append("This is not a 'no'. The data are too thin, or too divided, to say yes or no.")
    leads = [row for one in primary for name in one.compositions if (row := one.lead(name))]
    reverse = any(row["ci_high"] is not None and row["ci_high"] < 0 for row in leads)
    if claim and claim.verdict == NOT_SUPPORTED and not reverse:
        said.append("It does not show that plans and budgets do better, nor that neither matters.")
    said.append("Nothing here shows that one thing causes another.")
    said.append(
        "Innovation is not counted. What integrated services achieve stands for it, and that moves "
        "for many other reasons too."
    )
    return said


def forest(analyses: Sequence[Analysis], mark: str) -> Forest:
    """The lead of every panel under both compositions."""
    marks, rows = [], []
    names = list(dict.fromkeys(name for one in analyses for name in one.compositions))
    for name in names:
        for one in analyses:
            row = one.lead(name)
            if row is None:
                continue
            known = row["ci_low"] is not None and row["ci_high"] is not None
            ends = interval(row["ci_low"], row["ci_high"]) if known else "no interval"
            marks.append(
                Span(
                    composition(name),
                    one.name,
                    100 * row["estimate"],
                    100 * row["ci_low"] if known else None,
                    100 * row["ci_high"] if known else None,
                    f"{points(row['estimate'])} ({ends})",
                    strong=bool(one.spec["is_primary"]),
                )
            )
    for one in analyses:
        if any(one.lead(name) for name in names):
            rows.append(
                [
                    _named(one),
                    *(_lead(one, name) for name in names),
                    text(capital(" against ".join(filter(None, one.measured_sides)))),
                ]
            )
    without = [
        f"{one.name}: {one.spec['stopped']}"
        for one in analyses
        if one.spec["stopped"] and not any(one.lead(name) for name in names)
    ]
    if not marks:
        return Forest(None, None, without)
    first = analyses[0]
    counts = first.between["delta_min"]
    h, b = first.sides
    title = f"Lead of {h} over {b} in every panel, percentage points"
    meaning = (
        f"Right of zero, {h} lead. Dashed line: the smallest lead that counts, {points(counts)} "
        "points. Filled: primary panels; hollow: the others."
    )
    alt = (
        f"Dots with {first.level} intervals, a row a panel: the lead of {h} over {b}, in "
        f"percentage points. {BELOW}"
    )
    picture = spans(mark + title, mark + alt, marks, Scale([0.0, 100 * counts], meaning))
    table = DataTable(
        f"Lead of {h} over {b}, percentage points",
        ["Panel", *(composition(name) for name in names), "Measured"],
        rows,
        "evidence.block_contrast, headline rows of delta: estimate, ci_low, ci_high, p_one_sided",
    )
    return Forest(picture, table, without)


def _named(one: Analysis) -> Cell:
    """A panel with its page, and whether it is primary and exploratory."""
    standing = "Primary" if one.spec["is_primary"] else "Not primary"
    explored = "; exploratory" if one.spec["exploratory"] else ""
    return text(one.name, standing + explored, link=one.page)


def _lead(one: Analysis, name: str) -> Cell:
    row = one.lead(name)
    if row is None:
        return absent()
    if row["ci_low"] is None or row["ci_high"] is None:
        return figure(points(row["estimate"], 1), "no interval")
    known = f"{one.level} interval {interval(row['ci_low'], row['ci_high'])}"
    # The rule reads the p of predicting places that were left out, not of explaining.
    read = next((r for r in one.criteria(BETWEEN, name) if r["rule_id"] == UNSEEN), None)
    luck = ""
    if read is not None and read["value"] is not None:
        luck = f"; p\u00a0{p_value(read['value'], read['threshold'])} for predicting"
    return figure(points(row["estimate"], 1), known + luck)


def _verdict(one: Analysis, part: str) -> Cell:
    found = half(one, part)
    verdict, _, why = found.verdict.partition(": ")
    if not why and one.verdict(part) is None:
        why = one.spec["stopped" if part == BETWEEN else "stopped_within"] or ""
    return text(verdict, capital(why))


def panels(analyses: Sequence[Analysis]) -> DataTable:
    """Every panel with its verdicts."""
    rows = []
    for one in analyses:
        spec, nouns = one.spec, one.nouns
        size = counted(spec["n_localities"], nouns.place, nouns.places)
        if one.has_localities:
            size += f" in {counted(spec['n_authorities'], nouns.authority, nouns.authorities)}"
        standing = "Primary" if spec["is_primary"] else "Not primary"
        rows.append(
            [
                text(one.name, spec["title"], link=one.page),
                text(one.outcome["title"], f"{one.better} is better"),
                text(year_span(spec["years"])),
                figure(number(spec["n_rows"]), size),
                _verdict(one, BETWEEN),
                _verdict(one, WITHIN),
                text(standing, "Exploratory" if spec["exploratory"] else "Confirmatory"),
            ]
        )
    return DataTable(
        "All panels",
        [
            "Panel",
            "Outcome",
            "Years of the measures",
            "Rows",
            "Between authorities",
            "Inside authorities",
            "Standing",
        ],
        rows,
        "evidence.analysis_spec: title, years, n_rows, n_localities, n_authorities, is_primary, "
        "exploratory; evidence.verdict: verdict",
    )


def limits(analyses: Sequence[Analysis], framework: Framework, same: bool) -> list[Limit]:
    """The limits of the answer as a whole."""
    found = [
        Limit(
            "Innovation is read from results",
            "What services achieve stands for it: "
            + "; ".join(dict.fromkeys(one.outcome["title"] for one in analyses))
            + ".",
        ),
        Limit(
            "Leadership is mostly that of NHS trusts",
            "Staff surveys and ratings of trusts measure it. Councils' own leadership is measured "
            "by inspection alone.",
        ),
    ]
    gaps: dict[str, list[str]] = {}
    for one in analyses:
        declared = dict.fromkeys(row["block"] for row in one.coverage)
        missing = [words(name) for name in declared if name not in one.used_blocks]
        if missing:
            gaps.setdefault(joined(missing), []).append(one.name)
    if gaps:
        said = "; ".join(f"no {what}: {joined(names)}" for what, names in gaps.items())
        found.append(
            Limit("Parts of the claim that some panels do not measure", f"{capital(said)}.")
        )
    explored = [one.name for one in analyses if one.spec["exploratory"]]
    if explored:
        found.append(
            Limit(
                "Some panels were explored first",
                f"{joined(explored)}: their results are hints, whatever they say.",
            )
        )
    short = [one.name for one in analyses if one.one_year]
    if short:
        found.append(
            Limit(
                "Panels of one year",
                f"{joined(short)}: there is no later year to predict, so the rule can never say "
                "'supported' between authorities there.",
            )
        )
    found.append(
        Limit(
            "Association only",
            "Nothing here says what would happen if an authority changed its leadership, its plans "
            "or its budget.",
        )
    )
    if same:
        found += [Limit(capital(what), why) for what, why in framework.unmeasured.items()]
    return found


def tally(analyses: Sequence[Analysis], part: str) -> list[str]:
    """What the panels say of one half of the test, in words."""
    found = [(one, row) for one in analyses if (row := one.verdict(part))]
    if not found:
        return []
    said = [
        f"{counted(len(found), 'panel')} could be asked. Of these, "
        + ", ".join(
            f"{number(count)} {'says' if count == 1 else 'say'} '{verdict}'"
            for verdict in (SUPPORTED, NOT_SUPPORTED, INCONCLUSIVE)
            for count in [sum(row["verdict"].startswith(verdict) for _, row in found)]
        )
        + "."
    ]
    turns = [one.name for one, row in found if row["verdict"] == DEPENDS]
    if turns:
        said.append(
            "The answer depends on how the measures are put together in "
            f"{number(len(turns))}: {joined(turns)}."
        )
    return said


def inside(analyses: Sequence[Analysis]) -> list[Fact]:
    """Each panel's verdict inside authorities, with its sentence."""
    return [
        Fact(one.name, found.verdict, " ".join(found.sentences))
        for one in analyses
        if one.has_localities and (found := half(one, WITHIN))
    ]


def needs(analyses: Sequence[Analysis]) -> DataTable:
    """What each panel could have found, and what it does not measure."""
    rows = []
    for one in analyses:
        declared = dict.fromkeys(row["block"] for row in one.coverage)
        missing = [words(name) for name in declared if name not in one.used_blocks]
        rows.append(
            [
                text(one.name, link=one.page),
                *(_reach(one, part) for part in (BETWEEN, WITHIN)),
                text(capital(joined(missing)) or "Nothing"),
                text(_wanted(one, missing)),
            ]
        )
    return DataTable(
        "What each panel could have found, and what it lacks",
        [
            "Panel",
            "Smallest lead that could be found, points",
            "Smallest link inside authorities, % of the differences",
            "Groups of the claim without a measure",
            "Data that would help",
        ],
        rows,
        "evidence.power: mde80, true_effect; meta.construct_coverage: block, used, why_not",
    )


def _reach(one: Analysis, part: str) -> Cell:
    rows = one.powers(part)
    if not rows:
        asked = part == BETWEEN or one.has_localities
        return absent("Not estimated" if asked else "Not asked of this panel")
    if rows[0]["mde80"] is not None:
        return figure(f"about {points(rows[0]['mde80'])}")
    return figure(f"more than {points(max(row['true_effect'] for row in rows))}")


def _wanted(one: Analysis, missing: Sequence[str]) -> str:
    """The data that would let a panel say more."""
    wanted = [f"A measure of {joined(missing)} for these years"] if missing else []
    if one.one_year:
        wanted.append("a second year of the measures")
    lacking = [part for part in (BETWEEN, WITHIN) if one.powers(part)]
    if any(one.powers(part)[0]["mde80"] is None for part in lacking):
        wanted.append(f"more {one.nouns.places} or years")
    return capital("; ".join(wanted)) or "More years of the same"


def needed(analyses: Sequence[Analysis]) -> DataTable | None:
    """Each line of the rule, and how many primary panels meet it in both ways."""
    primary = [one for one in analyses if one.spec["is_primary"]]
    rows = []
    for part, title in HALVES.items():
        met: dict[str, list[bool]] = {}
        first: dict[str, tuple[Analysis, Row]] = {}
        for one in primary:
            own: dict[str, list[Row]] = {}
            for row in one.results["verdict"]:
                if row["part"] == part and row["composition"] != BOTH:
                    own.setdefault(row["rule_id"], []).append(row)
            for rule, found in own.items():
                met.setdefault(rule, []).append(all(row["passed"] for row in found))
                first.setdefault(rule, (one, found[0]))
        for rule, flags in met.items():
            one, row = first[rule]
            asked = asked_of(rule, one.sides[0], ANY)
            fixed = rule != "q2_h_above_controls" and row["threshold"] is not None
            needs_ = f"{asked.needs} {held_against(asked.kind, row['threshold'])}" if fixed else ""
            rows.append(
                [
                    text(asked.text, title.format(authorities="authorities")),
                    text(needs_ or "better than without"),
                    text(f"'{NOT_SUPPORTED if rule in AGAINST_IT else SUPPORTED}'"),
                    figure(f"{number(sum(flags))} of {number(len(flags))}"),
                ]
            )
    if not rows:
        return None
    return DataTable(
        "What the rule asks for, and how many of the primary panels that could be asked meet it",
        ["What the rule asks", "Must be", "Counts for", "Panels that meet it"],
        rows,
        "evidence.verdict: rule_id, passed, threshold",
    )
