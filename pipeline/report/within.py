"""Inside authorities: how much differs there, and whether leadership goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.charts import BELOW, Picture, Scale, Span, spans
from pipeline.report.read import Analysis, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import capital, composition, number, p_value, percent

PLAIN_MODELS = {
    "authority x year fixed effects": "Places beside their neighbours of the same year",
    "authority x year fixed effects, all indicators at once": "The same, all measures at once",
    "authority x year fixed effects, averaged by dominant trust": (
        "The same, places of one main trust taken together"
    ),
    "within-between, random intercepts": "Both levels in one model (within-between)",
    "conditional logit, authority x year strata": "Odds of adopting, within authority and year",
    "discordant sets": "Adopters beside their neighbours",
}
PLAIN_TERMS = {
    "H": "leadership",
    "H, weights learned on other authorities": "leadership, weights learned elsewhere",
    "within": "leadership, inside authorities",
    "between": "leadership, between authorities",
    "contextual": "difference of the two",
}


@dataclass(frozen=True)
class Inside:
    """What is shown of the comparison inside authorities.

    Attributes:
        pictures: the share that lies within, and the share that goes with leadership.
        table: the same numbers, one row a panel.
    """

    pictures: Sequence[Picture]
    table: DataTable


def inside(analyses: Sequence[Analysis], mark: str) -> Inside | None:
    """The comparison inside authorities, for every panel that has one."""
    some = [one for one in analyses if one.results["within_effect"]]
    if not some:
        return None
    pictures = [found for found in (_lasting(some, mark), _tracked(some, mark)) if found]
    return Inside(pictures, _table(some))


def _split(analysis: Analysis) -> Row | None:
    rows = [row for row in analysis.results["variance_split"] if row["w_star"] is not None]
    return rows[0] if rows else None


def _share(row: Row | None) -> str:
    if row is None:
        return "not available"
    ends = f"{percent(row['ci_low'])} to {percent(row['ci_high'])}"
    return f"{percent(row['w_star'])} ({ends})"


def _lasting(some: Sequence[Analysis], mark: str) -> Picture | None:
    marks = []
    for analysis in some:
        row = _split(analysis)
        if row:
            value, low, high = (100 * row[name] for name in ("w_star", "ci_low", "ci_high"))
            marks.append(Span("", analysis.name, value, low, high, _share(row)))
    if not marks:
        return None
    least = 100 * some[0].inside["w_star_min"]
    title = "Share of the lasting differences that lies inside authorities, percent"
    scale = Scale(
        [0.0, least],
        f"Dashed line at {number(least)}: the least share that the rule asks for. At 100, whatever "
        "lasts differs inside authorities.",
        "percent of lasting differences",
    )
    alt = (
        f"Dots with {some[0].level} intervals for the share of the lasting differences that lies "
        f"inside authorities. {BELOW}"
    )
    return spans(mark + title, mark + alt, marks, scale)


def _goes_with(row: Row) -> str:
    if row["partial_r2_within"] is None:
        return "not available"
    upper = row["partial_r2_upper"]
    known = "" if upper is None else f" (upper bound {percent(upper, 1)})"
    return f"{percent(row['partial_r2_within'], 1)}{known}"


def _tracked(some: Sequence[Analysis], mark: str) -> Picture | None:
    marks = []
    for name in ("composite", "indicators"):
        for analysis in some:
            row = analysis.tracked(name)
            if row is None or row["partial_r2_within"] is None:
                continue
            share, upper = 100 * row["partial_r2_within"], row["partial_r2_upper"]
            # An upper bound in the claim's direction lies below the share where the link runs the
            # other way.
            low, high = (None, None) if upper is None else sorted((share, 100 * upper))
            marks.append(Span(composition(name), analysis.name, share, low, high, _goes_with(row)))
    if not marks:
        return None
    least = 100 * some[0].inside["partial_r2_min"]
    title = "Share of the differences inside authorities that goes with leadership, percent"
    scale = Scale(
        [0.0, least],
        f"Dashed line at {number(least)}: the least share that counts. Lines run from the share to "
        "its upper bound in the direction of the claim.",
        "percent of the differences inside",
    )
    alt = (
        f"Dots for the share of the differences inside authorities that goes with leadership, each "
        f"with its one-sided {some[0].level} upper bound. {BELOW}"
    )
    return spans(mark + title, mark + alt, marks, scale)


def _slope(row: Row | None, level: float) -> Cell:
    if row is None or row["estimate"] is None:
        return absent()
    error = "" if row["se"] is None else f"standard error {number(row['se'], 2)}; "
    return figure(number(row["estimate"], 2, signed=True), error + _p(row, level))


def _p(row: Row, level: float) -> str:
    """The p of a slope: where trusts are shared there are two, and the rule holds the larger
    against its level.
    """
    if row["p_perm"] is None:
        return "no p"
    permuted = f"p {p_value(row['p_perm'], level)}"
    if row["p_by_trust"] is None:
        return permuted
    by_trust = p_value(row["p_by_trust"], level)
    return f"{permuted} by permutation, {by_trust} by dominant trust: the larger counts"


def _part(row: Row | None) -> Cell:
    if row is None or row["partial_r2_within"] is None:
        return absent()
    upper = row["partial_r2_upper"]
    note = "no upper bound" if upper is None else f"upper bound {percent(upper, 1)}"
    return figure(percent(row["partial_r2_within"], 1), note)


def _table(some: Sequence[Analysis]) -> DataTable:
    rows = []
    for analysis in some:
        split = _split(analysis)
        lasting = (
            absent("It cannot be told what lasts")
            if split is None
            else figure(
                percent(split["w_star"]),
                f"{analysis.level} interval {percent(split['ci_low'])} to "
                f"{percent(split['ci_high'])}",
            )
        )
        for name in ("composite", "indicators"):
            found = analysis.tracked(name)
            rows.append(
                [
                    text(analysis.name, composition(name), link=analysis.page),
                    lasting,
                    _slope(found, analysis.inside["alpha"]),
                    _part(found),
                ]
            )
    return DataTable(
        "Inside authorities: what lasts, and what goes with leadership",
        [
            "Panel",
            "Lasting differences that lie inside authorities (W*)",
            "Slope on leadership, and its one-sided p",
            "Share of the differences inside that goes with leadership (partial R\u00b2)",
        ],
        rows,
        "evidence.variance_split: w_star, ci_low, ci_high; evidence.within_effect: estimate, se, "
        "p_perm, p_by_trust, partial_r2_within, partial_r2_upper",
        narrow="pairs",
    )


def models(analysis: Analysis) -> DataTable | None:
    """Every model of the outcome inside authorities."""
    rows = analysis.results["within_effect"]
    if not rows:
        return None
    kinds = {
        "p": "p, two-sided",
        "p_wild": "p, two-sided, wild bootstrap",
        "p_perm": "p, by permutation",
        "p_by_trust": "p, by dominant trust",
    }

    def optional(value: float | None, said: str) -> Cell:
        return absent() if value is None else figure(said)

    return DataTable(
        "Inside authorities: every model",
        ["Model and term", "Estimate", "Standard error", *kinds.values()],
        [
            [
                text(
                    PLAIN_MODELS.get(row["model"], capital(row["model"])),
                    f"{PLAIN_TERMS.get(row['term'], row['term'])}; "
                    f"{composition(row['composition']).lower()}",
                ),
                optional(row["estimate"], number(row["estimate"] or 0.0, 2)),
                optional(row["se"], number(row["se"] or 0.0, 2)),
                *(optional(row[p], p_value(row[p] or 0.0)) for p in kinds),
            ]
            for row in rows
        ],
        f"evidence.within_effect: model, term, estimate, se, {', '.join(kinds)}",
        narrow="pairs",
    )
