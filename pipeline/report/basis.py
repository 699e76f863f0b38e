"""What the answer rests on: rows, measures, sources, corrections and checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.report.check_words import told
from pipeline.report.read import Analysis, Names, Reader, Row
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import (
    NOT_AVAILABLE,
    capital,
    counted,
    joined,
    number,
    percent,
    words,
)
from pipeline.study.framework import Framework

GRADES = {
    "original": "the publisher's own file",
    "derived": "typed again or reshaped by someone else",
    "scraped": "taken from web pages by someone else",
    "synthetic": "generated; no real place",
}

CHECKS = """
SELECT severity, passed, "table", message, failing
FROM meta.check_results
ORDER BY passed, "table", message
"""

RECONCILED = """
SELECT
    source,
    count(*) AS compared,
    count(*) FILTER (WHERE agrees) AS agreeing,
    count(*) FILTER (WHERE NOT agrees) AS differing,
    count(*) FILTER (WHERE NOT agrees AND settled) AS explained,
    count(*) FILTER (WHERE agrees IS NULL AND computed IS NULL) AS part_missing,
    count(*) FILTER (WHERE agrees IS NULL AND computed IS NOT NULL) AS total_missing
FROM meta.reconciliation
GROUP BY ALL
ORDER BY source
"""


@dataclass(frozen=True)
class Basis:
    """What the page says of the data.

    Attributes:
        unmeasured: words of the claim without a measure, and why; None where the framework at
            hand is not the one that the file was made under.
        not_used: one sentence on the sides of the claim that are not measured.
        checks: what the checks came to, and those that fail.
        grades: what the grades of provenance mean.
    """

    thinning: DataTable
    measures: DataTable
    not_used: str
    unmeasured: Mapping[str, str] | None
    sources: DataTable
    grades: Sequence[tuple[str, str]]
    kept: Sequence[str]
    attributions: Sequence[str]


@dataclass(frozen=True)
class Kept:
    """What was corrected and checked of the whole file, in sentences and in tables."""

    corrected: str
    corrections: DataTable | None
    checks: str
    failing: DataTable | None
    reconciled: str
    reconciliations: DataTable | None

    @property
    def said(self) -> list[str]:
        """The sentences alone."""
        return [self.corrected, self.checks, self.reconciled]


def kept(reader: Reader) -> Kept:
    """Gather what was corrected and checked."""
    titles = {row["source"]: row["title"] for row in reader.rows("meta.source")}
    corrections = _corrections(reader, titles)
    failing, checks = _checks(reader)
    reconciliations, reconciled = _reconciliations(reader, titles)
    found = len(corrections.rows) if corrections else 0
    corrected = (
        f"{counted(found, 'error')} of publishers {'was' if found == 1 else 'were'} corrected."
    )
    return Kept(
        corrected=corrected if found else "No publisher's error was corrected.",
        corrections=corrections,
        checks=checks,
        failing=failing,
        reconciled=reconciled,
        reconciliations=reconciliations,
    )


def basis(reader: Reader, analysis: Analysis, framework: Framework, same: bool) -> Basis:
    """Gather what an analysis rests on.

    Args:
        reader: the file.
        analysis: one analysis of it.
        framework: the framework at hand.
        same: whether the file was made under it.
    """
    sources = reader.rows("meta.source")
    grades = sorted({row["provenance"] for row in sources})
    return Basis(
        thinning=_thinning(analysis),
        measures=_measures(analysis),
        not_used=_not_used(analysis),
        unmeasured=framework.unmeasured if same else None,
        sources=_sources(reader, sources),
        grades=[(grade, GRADES.get(grade, "")) for grade in grades],
        kept=kept(reader).said,
        attributions=attributions(reader),
    )


def attributions(reader: Reader) -> list[str]:
    """What the sources' licences ask to be said, each once."""
    return list(dict.fromkeys(row["attribution"] for row in reader.rows("meta.source")))


def thinned(sample: str) -> list[tuple[str, int]]:
    """The steps of ``analysis_spec.sample``, each with the rows left after it."""
    steps = (part.rpartition(": ") for part in sample.split("; ") if part)
    return [(step, int(rows)) for step, _, rows in steps]


def _thinning(analysis: Analysis) -> DataTable:
    steps = thinned(analysis.spec["sample"])
    rows = []
    for place, (step, left) in enumerate(steps):
        lost = figure(number(steps[place - 1][1] - left)) if place else text("the start")
        rows.append([text(capital(step)), figure(number(left)), lost])
    return DataTable(
        f"Rows left after each step; one row is one {analysis.nouns.place} in one year",
        ["Step", "Rows left", "Rows lost"],
        rows,
        "evidence.analysis_spec: sample",
        fit=True,
        narrow="table",
    )


def _measures(analysis: Analysis) -> DataTable:
    """Every declared indicator, used or not."""
    quality = {row["indicator"]: row for row in analysis.results["measure_quality"]}
    rows = []
    for row in analysis.coverage:
        reliability = quality.get(row["indicator"], {}).get("reliability")
        known = "" if reliability is None else f"Reliability {number(reliability, 2)}"
        block = words(row["block"])
        rows.append(
            [
                text(row["title"]),
                text(capital(block), "" if row["words"] == block else capital(row["words"])),
                figure(percent(row["measured_share"])),
                text("Used", known) if row["used"] else text("Not used", _why(row["why_not"])),
            ]
        )
    return DataTable(
        "The measures, and the words of the claim they stand for",
        ["Measure", "Group and words", "Rows that have it", "Used here"],
        rows,
        "meta.construct_coverage: title, block, words, measured_share, used, why_not; "
        "evidence.measure_quality: reliability",
    )


def _why(reason: str | None) -> str:
    return capital(reason or "")


def _not_used(analysis: Analysis) -> str:
    declared = dict.fromkeys(row["block"] for row in analysis.coverage)
    missing = [words(block) for block in declared if block not in analysis.used_blocks]
    return f"Groups of the claim without a measure here: {joined(missing)}." if missing else ""


def _sources(reader: Reader, sources: Sequence[Row]) -> DataTable:
    warnings: dict[str, list[str]] = {}
    for row in reader.rows("meta.usage_warning"):
        warnings.setdefault(row["source"], []).append(row["meaning"])

    def minded(row: Row) -> Cell:
        declared = warnings.get(row["source"], ["Nothing declared."])
        if row.get("switched_off"):
            declared = [f"Switched off, so not used: {row['why_switched_off']}", *declared]
        return text(" ".join(declared))

    return DataTable(
        "The sources",
        ["Source", "Publisher", "Licence", "Grade", "What to mind"],
        [
            [
                text(row["title"], counted(row["files"], "file")),
                text(row["publisher"]),
                text(row["licence"]),
                text(capital(row["provenance"])),
                minded(row),
            ]
            for row in sources
        ],
        "meta.source: title, publisher, licence, provenance, files; meta.usage_warning: meaning",
    )


def _corrections(reader: Reader, titles: Mapping[str, str]) -> DataTable | None:
    rows = reader.rows("meta.correction")
    if not rows:
        return None
    return DataTable(
        "Publishers' errors that were corrected",
        ["Source", "Why", "Published", "Corrected to", "Rows", "What it rests on"],
        [
            [
                text(titles.get(row["source"], row["source"])),
                text(row["why"]),
                text("various" if row["published"] is None else row["published"]),
                text(row["corrected"]),
                figure(number(row["rows"])),
                text(row["evidence"]),
            ]
            for row in rows
        ],
        "meta.correction: source, why, published, corrected, rows, evidence",
    )


def _checks(reader: Reader) -> tuple[DataTable | None, str]:
    rows = reader.query(CHECKS, ["meta.check_results"])
    if not rows:
        return None, "The file records no checks."
    failing = [row for row in rows if not row["passed"]]
    held = len(rows) - len(failing)
    said = f"{counted(len(rows), 'check')} were made on the tables: {number(held)} hold"
    said += f" and {number(len(failing))} fail." if failing else " and none fails."
    if not failing:
        return None, said
    table = DataTable(
        "Checks that fail",
        ["Table", "Weight", "Rows", "What was found"],
        [
            [
                text(row["table"]),
                text(row["severity"]),
                absent() if row["failing"] is None else figure(number(row["failing"])),
                text(*told(row["message"] or NOT_AVAILABLE, Names(reader).of)),
            ]
            for row in failing
        ],
        "meta.check_results: passed, severity, failing, message",
    )
    return table, said


def _reconciliations(reader: Reader, titles: Mapping[str, str]) -> tuple[DataTable | None, str]:
    rows = reader.query(RECONCILED, ["meta.reconciliation"])
    if not rows:
        return None, "The file compares no published totals."
    total = {name: sum(row[name] for row in rows) for name in rows[0] if name != "source"}
    unknown = total["part_missing"] + total["total_missing"]
    said = (
        f"{counted(total['compared'], 'published total')} were set beside our own sums: "
        f"{number(total['agreeing'])} agree and {number(total['differing'])} differ."
    )
    if total["differing"]:
        said += f" Of these, {number(total['explained'])} are explained in the column 'explained'."
    if unknown:
        said += (
            f" {number(unknown)} could not be compared, because a part or the total itself is not "
            "published. A missing part is never counted as zero."
        )
    names = [
        ("compared", "Totals"),
        ("agreeing", "Agree"),
        ("differing", "Differ"),
        ("part_missing", "A part is not published"),
        ("total_missing", "The total is not published"),
    ]
    table = DataTable(
        "Published totals beside our own sums",
        ["Source", *(heading for _, heading in names)],
        [
            [
                text(titles.get(row["source"], row["source"])),
                *(figure(number(row[name])) for name, _ in names),
            ]
            for row in rows
        ],
        "meta.reconciliation: agrees, computed, published",
        narrow="pairs",
    )
    return table, said
