"""What was checked of one source, in words: expectations, published totals, revisions."""

from collections.abc import Sequence

from pipeline.report.check_words import told
from pipeline.report.read import Names, Reader, Row
from pipeline.report.tables import DataTable, absent, figure, text
from pipeline.report.wording import capital, counted, joined, number, percent

ASKED = {
    "schema": "columns are the declared ones",
    "keys": "every row has its key, and no two share one",
    "values": "values keep their bounds, and statuses say what is missing",
    "sums": "parts add up to published totals",
    "coverage": "no rows were lost",
    "drift": "figures are like the ones before",
    "relations": "codes and figures agree with other tables",
}
"""What a category of checks asks."""

CHECKS = """
SELECT "table" AS source, category, severity, passed, failing, message
FROM meta.check_results
WHERE layer = 'tidy'
"""

RECONCILED = """
SELECT
    source,
    split_part("check", ':', 1) AS what,
    count(*) AS compared,
    count(*) FILTER (WHERE agrees) AS agreeing,
    count(*) FILTER (WHERE NOT agrees) AS differing,
    count(*) FILTER (WHERE NOT agrees AND settled) AS explained,
    count(*) FILTER (WHERE agrees IS NULL) AS unknown
FROM meta.reconciliation
GROUP BY ALL
ORDER BY differing DESC, what
"""

EXPLAINED = """
SELECT source, explained, count(*) AS rows, min(period) AS first, max(period) AS last,
    max(abs(difference)) AS largest
FROM meta.reconciliation
WHERE NOT agrees
GROUP BY ALL
ORDER BY rows DESC, explained
"""

REVISED = """
SELECT source, from_release, to_release, kind, count(*) AS rows,
    median(abs(change / nullif(before, 0))) AS typical,
    max(abs(change / nullif(before, 0))) AS largest
FROM meta.revision
GROUP BY ALL
ORDER BY to_release, kind, from_release
"""


def checks(reader: Reader, source: str) -> tuple[str, DataTable | None]:
    """What the checks of a source came to, and those that fail."""
    rows = reader.of_source(source, CHECKS, ["meta.check_results"])
    if not rows:
        return "The file records no checks of this source.", None
    asked = [what for category, what in ASKED.items() if _any(rows, category)]
    failing = [row for row in rows if not row["passed"]]
    held = "all of them hold" if len(rows) > 1 else "it holds"
    if failing:
        held = f"{number(len(failing))} fail" if len(failing) > 1 else "1 fails"
    said = f"{counted(len(rows), 'check')} asked whether {joined(asked)}: {held}."
    if not failing:
        return said, None
    table = DataTable(
        "Checks that fail",
        ["Check", "What was found", "Weight", "Rows"],
        [
            [
                text(capital(row["category"])),
                text(*told(row["message"] or capital(ASKED[row["category"]]), Names(reader).of)),
                text(row["severity"]),
                absent() if row["failing"] is None else figure(number(row["failing"])),
            ]
            for row in failing
        ],
        "meta.check_results: category, message, severity, failing",
    )
    return said, table


KNOWN = """
SELECT source, period_after, explained, count(*) AS figures
FROM meta.drift
WHERE drifts AND explained IS NOT NULL
GROUP BY ALL
ORDER BY period_after DESC, explained
"""


def known_changes(reader: Reader, source: str) -> DataTable | None:
    """Newest figures that are unlike the ones before and of which it is known why."""
    rows = reader.of_source(source, KNOWN, ["meta.drift"])
    if not rows:
        return None
    return DataTable(
        "Newest figures unlike the ones before, and why",
        ["Newest period", "Why", "Comparisons"],
        [
            [text(row["period_after"]), text(row["explained"]), figure(number(row["figures"]))]
            for row in rows
        ],
        "meta.drift: period_after, explained",
    )


ASIDE = """
SELECT source, file, sheet, row, "column", value, rule, outcome
FROM meta.quarantine
ORDER BY ALL
"""
LISTED = 50
"""Failing rows that a page lists; meta.quarantine has them all."""


def set_aside(reader: Reader, source: str) -> DataTable | None:
    """Published rows that were set aside, and what became of them."""
    rows = reader.of_source(source, ASIDE, ["meta.quarantine"])
    if not rows:
        return None
    return DataTable(
        "Published rows that were set aside",
        ["Where", "As published", "What was expected", "What became of it"],
        [
            [
                text(f"{row['file']}, row {row['row']}", f"{row['sheet'] or ''} {row['column']}"),
                text(row["value"] or "(empty)"),
                text(capital(row["rule"])),
                text(capital(row["outcome"])),
            ]
            for row in rows[:LISTED]
        ],
        "meta.quarantine: file, row, column, value, rule, outcome",
    )


def _any(rows: Sequence[Row], category: str) -> bool:
    return any(row["category"] == category for row in rows)


def reconciled(reader: Reader, source: str) -> tuple[str, DataTable | None, DataTable | None]:
    """Published totals beside our sums: in words, by kind of total, and what explains differences.

    A total that could not be compared lacks a part, or is itself not published.
    """
    rows = reader.of_source(source, RECONCILED, ["meta.reconciliation"])
    if not rows:
        return "This source publishes no totals that could be compared with our sums.", None, None
    counts = ("compared", "agreeing", "differing", "explained", "unknown")
    total = {name: sum(row[name] for row in rows) for name in counts}
    said = (
        f"{counted(total['compared'], 'published total')} were set beside our own sums: "
        f"{number(total['agreeing'])} agree, {number(total['differing'])} differ"
    )
    said += f" ({number(total['explained'])} of these explained)." if total["differing"] else "."
    if total["unknown"]:
        said += (
            f" {number(total['unknown'])} could not be compared, because a part or the total is "
            "not published. A missing part is never counted as zero."
        )
    table = DataTable(
        "Published totals beside our own sums",
        ["What should be equal", "Totals", "Agree", "Differ", "Explained", "Not comparable"],
        [
            [
                text(row["what"]),
                *(figure(number(row[name])) for name in counts),
            ]
            for row in rows
        ],
        "meta.reconciliation: check, agrees, settled",
        narrow="pairs",
    )
    return said, table, _explained(reader, source)


def _explained(reader: Reader, source: str) -> DataTable | None:
    rows = reader.of_source(source, EXPLAINED, ["meta.reconciliation"])
    if not rows:
        return None
    return DataTable(
        "Differences between published totals and our sums",
        ["What is known of why", "Totals", "Periods", "Largest difference"],
        [
            [
                text(row["explained"] or "Not explained"),
                figure(number(row["rows"])),
                text(
                    row["first"]
                    if row["first"] == row["last"]
                    else f"{row['first']} to {row['last']}"
                ),
                figure(number(row["largest"], 0 if row["largest"] >= 1 else 3)),
            ]
            for row in rows
        ],
        "meta.reconciliation: explained, period, difference",
    )


def revised(reader: Reader, source: str) -> tuple[str, DataTable | None]:
    """What later releases of a period changed."""
    rows = reader.of_source(source, REVISED, ["meta.revision"])
    if not rows:
        return "No period of this source is held in more than one release.", None
    every = sum(row["rows"] for row in rows)
    said = (
        f"{counted(every, 'value')} differ between releases of one period. Both are kept; what is "
        "analysed is the later one."
    )
    table = DataTable(
        "What later releases changed",
        ["Later release", "Earlier release", "Kind of change", "Values", "Typical", "Largest"],
        [
            [
                text(row["to_release"] or "gone"),
                text(row["from_release"] or "not in it"),
                text(capital(row["kind"])),
                figure(number(row["rows"])),
                absent() if row["typical"] is None else figure(percent(row["typical"], 1)),
                absent() if row["largest"] is None else figure(percent(row["largest"], 1)),
            ]
            for row in rows
        ],
        "meta.revision: from_release, to_release, kind, change",
        narrow="pairs",
    )
    return said, table
