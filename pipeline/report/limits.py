"""The limits of an answer, in plain words and from the data."""

from dataclasses import dataclass

from pipeline.report.read import BETWEEN, Analysis, Reader
from pipeline.report.wording import (
    capital,
    counted,
    joined,
    number,
    percent,
    points,
    words,
    year_span,
)

SHARED = """
SELECT
    count(*) AS trusts,
    coalesce(sum(councils) FILTER (WHERE councils > 1), 0) AS sharing,
    max(councils) AS most
FROM (
    SELECT dominant_trust, count(DISTINCT locality) AS councils
    FROM evidence.panel
    WHERE spec_id = ? AND enters_between AND dominant_trust IS NOT NULL
    GROUP BY ALL
)
"""

POPULATION = """
SELECT
    count(*) AS rows,
    count(*) FILTER (WHERE population.population_year <> panel.year) AS other_year,
    max(abs(population.population_year - panel.year)) AS furthest
FROM evidence.panel AS panel
JOIN locality.population AS population
    ON population.areacd = panel.locality AND population.year = panel.year
WHERE panel.spec_id = ? AND panel.enters_between
"""

GUARDS = {
    "within_effect": "places under one plan and budget",
    "robustness": "placebo outcomes, reversed time, other samples",
    "multiverse": "other reasonable choices of measures and controls",
    "published_comparison": "published studies",
}
"""Evidence tables that would hold further tests, and what they would test."""


@dataclass(frozen=True)
class Limit:
    """One limit with a short title."""

    title: str
    text: str


def limits(reader: Reader, analysis: Analysis) -> list[Limit]:
    """Every limit that applies to an analysis."""
    found = [_innovation(analysis), *_leadership(analysis), _association()]
    found += _unmeasured(analysis)
    found += switched_off(reader, analysis)
    found += _coverage(analysis)
    found += _shared(reader, analysis)
    found += _population(reader, analysis)
    found += _small_panel(analysis)
    found += _one_year(analysis)
    found += _not_done(reader)
    return found


def _innovation(analysis: Analysis) -> Limit:
    stands_for = analysis.outcome["words"].removeprefix("innovation: ")
    better = "lower is better" if analysis.outcome["polarity"] < 0 else "higher is better"
    return Limit(
        "Innovation is read from results",
        "Nobody counts innovations. What services achieve stands for them: here "
        f"'{analysis.outcome['title']}' ({better}), for the words '{stands_for}'. It moves for "
        "many other reasons too.",
    )


def _leadership(analysis: Analysis) -> list[Limit]:
    carried = [row for row in analysis.results["measure_quality"] if row["level"] == "trust"]
    if not carried:
        return []
    groups = joined([words(name) for name in dict.fromkeys(row["block"] for row in carried)])
    every = len(analysis.results["measure_quality"])
    places = analysis.nouns.places
    said = f"{number(len(carried))} of the {counted(every, 'measure')} used ({groups}) are of NHS "
    if places == "trusts":
        return [
            Limit(
                "Leadership is that of NHS trusts",
                f"{said}trusts, as their own staff and inspectors see them. Nothing here measures "
                "the leadership of councils or of community services.",
            )
        ]
    said += f"trusts. They reach {places} by where the trusts' patients live."
    if any(row["block"] == "leadership" for row in carried):
        said += (
            " So leadership here is that of NHS trusts, as their own staff see it. It is not the "
            "leadership of the council."
        )
    return [Limit(f"Trusts' values stand for {places}", said)]


def _association() -> Limit:
    return Limit(
        "Association only",
        "The figures say what goes together and what predicts better. They do not say what would "
        "happen if an authority changed its leadership, its plans or its budget.",
    )


def _unmeasured(analysis: Analysis) -> list[Limit]:
    declared = dict.fromkeys(row["block"] for row in analysis.coverage)
    missing = [words(name) for name in declared if name not in analysis.used_blocks]
    if not missing:
        return []
    return [
        Limit(
            "Part of the claim is not tested",
            f"{capital(joined(missing))}: too little open data for the years "
            f"{year_span(analysis.spec['years'])}, or a shared source with the outcome. The table "
            "of measures gives the reason for each.",
        )
    ]


def switched_off(reader: Reader, analysis: Analysis) -> list[Limit]:
    """Sources that are left out, and what the analysis loses by it."""
    off = {
        row["source"]: f"{row['title']} ({row['why_switched_off'].rstrip('.')})"
        for row in reader.rows("meta.source")
        if row.get("switched_off")
    }
    if not off:
        return []
    said = f"{counted(len(off), 'source')} left out of this run: {joined(list(off.values()))}."
    lost = [row["title"] for row in analysis.coverage if row["source"] in off]
    if lost:
        said += f" So there is no value of: {'; '.join(lost)}."
    return [Limit("Sources that are switched off", said)]


def _coverage(analysis: Analysis) -> list[Limit]:
    carried = [
        row for row in analysis.results["measure_quality"] if row["coverage_min"] is not None
    ]
    if not carried:
        return []
    lowest = min(row["coverage_min"] for row in carried)
    typical = min(row["coverage_median"] for row in carried)
    trusts = [row["n_effective_median"] for row in carried if row["n_effective_median"] is not None]
    said = (
        "A place's value is a weighted mean over its trusts. In a typical row, trusts with "
        f"{percent(typical)} of the weight were observed; in the weakest row, "
        f"{percent(lowest)}. Rows below {percent(analysis.settings['min_coverage'])} are not used."
    )
    if trusts:
        said += (
            f" A typical place's value rests on about {number(min(trusts), 1)} trusts "
            "(the effective number, in which small shares count little)."
        )
    return [Limit("How much was observed", said)]


def _shared(reader: Reader, analysis: Analysis) -> list[Limit]:
    rows = reader.query(SHARED, ["evidence.panel"], [analysis.spec["spec_id"]])
    if not rows or not rows[0]["trusts"]:
        return []
    row = rows[0]
    nouns = analysis.nouns
    every = analysis.panel["areacd"].n_unique()
    return [
        Limit(
            f"{capital(nouns.places)} that share a trust are not independent",
            f"{number(row['sharing'])} of {counted(every, nouns.place)} share their main hospital "
            f"trust with another; the most for one trust is {number(row['most'])}. "
            f"{counted(row['trusts'], 'trust')} stand behind all of them. The main interval is "
            f"the wider of two: leaving out one {nouns.authority}, and one trust, at a time.",
        )
    ]


def _population(reader: Reader, analysis: Analysis) -> list[Limit]:
    rows = reader.query(
        POPULATION, ["evidence.panel", "locality.population"], [analysis.spec["spec_id"]]
    )
    if not rows or not rows[0]["other_year"]:
        return []
    row = rows[0]
    return [
        Limit(
            "Population of a nearby year",
            f"In {number(row['other_year'])} of {counted(row['rows'], 'row')}, the population is "
            "that of the nearest year that is published, up to "
            f"{counted(row['furthest'], 'year')} away. Rates per head move a little with it.",
        )
    ]


def _small_panel(analysis: Analysis) -> list[Limit]:
    rows = analysis.powers(BETWEEN)
    if not rows or rows[0]["mde80"] is not None:
        return []
    largest = max(float(row["true_effect"]) for row in rows)
    return [
        Limit(
            "A real lead is easily missed",
            f"The smallest lead that could be found lies beyond {points(largest)} points, the "
            "largest one tried. The rule asks for several things at once, so it seldom says "
            "'supported'.",
        )
    ]


def _one_year(analysis: Analysis) -> list[Limit]:
    if not analysis.one_year:
        return []
    return [
        Limit(
            "No later year to predict",
            "The measures are of one year. The rule asks for a lead in predicting later years, so "
            "this panel could say 'not supported' or 'inconclusive', but never 'supported' between "
            f"{analysis.nouns.authorities}.",
        )
    ]


def _not_done(reader: Reader) -> list[Limit]:
    missing = [plain for table, plain in GUARDS.items() if not reader.has(f"evidence.{table}")]
    if not missing:
        return []
    return [
        Limit(
            "Checks that this file does not hold",
            f"No result was found for: {'; '.join(missing)}. Until then the answer rests on one "
            "way of asking.",
        )
    ]
