"""A page for every source: whose it is, what was read, what was checked, what uses it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pipeline.database.sqltable import sql_tables
from pipeline.report.answer import Fact
from pipeline.report.basis import GRADES
from pipeline.report.check_pages import address
from pipeline.report.page import About, render
from pipeline.report.read import Analysis, Reader, Row
from pipeline.report.source_checks import checks, known_changes, reconciled, revised, set_aside
from pipeline.report.tables import Cell, DataTable, absent, figure, text
from pipeline.report.wording import capital, counted, number, part, words

FOLDER = "sources"
HASH = 12
"""Characters of a hash that are shown."""
KINDS = {
    "String": "text",
    "Float64": "number",
    "Int32": "whole number",
    "Int64": "whole number",
    "Date": "date",
    "Boolean": "yes or no",
}

COLUMNS = """
SELECT "table" AS source, "column", type, meaning
FROM meta.dictionary
WHERE layer = 'tidy' AND "column" <> ''
"""
USES = """
SELECT DISTINCT input_table AS source, input_column AS "column", layer, "table",
    "column" AS made
FROM meta.lineage
WHERE input_layer = 'tidy'
ORDER BY ALL
"""
STATUSES = "SELECT \"table\" AS status, meaning FROM meta.dictionary WHERE layer = 'status'"
OF_STATUS = 'SELECT status, count(*) AS rows FROM tidy."{}" GROUP BY ALL ORDER BY rows DESC, status'
HOW_MANY = 'SELECT count(*) AS rows FROM tidy."{}"'


@dataclass(frozen=True)
class File:
    """One release of a source.

    Attributes:
        sha256: the whole hash; the page shows its beginning.
    """

    release: str
    period: str
    published: str
    file: str
    address: str | None
    sha256: str
    rows: str


@dataclass(frozen=True)
class Source:
    """Everything that one page says."""

    name: str
    title: str
    about: str
    publisher: str
    licence: str
    grade: str
    attribution: str
    switched_off: str
    facts: Sequence[Fact]
    warnings: Sequence[str]
    files: Sequence[File]
    columns: DataTable | None
    statuses: DataTable | None
    checks: str
    documented: str
    failing: DataTable | None
    aside: DataTable | None
    known: DataTable | None
    reconciled: str
    reconciliations: DataTable | None
    explained: DataTable | None
    revised: str
    revisions: DataTable | None
    corrections: DataTable | None
    notices: Sequence[str]
    measures: DataTable | None
    tables: Sequence[tuple[str, str]]
    panels: Sequence[tuple[str, str]]


def pages(
    reader: Reader, run: About, found: Sequence[Analysis], documented: Collection[str] = ()
) -> dict[str, str]:
    """The pages of the sources: path in the report's folder -> HTML.

    Args:
        found: every analysis in the file.
        documented: tables whose checks have a page of their own.
    """
    rows = reader.rows("meta.source")
    if not rows:
        return {}
    gathered = _Gathered(reader, found, documented)
    made = [gathered.of(row) for row in rows]
    written = {
        f"{FOLDER}/{one.name}.html": render(
            "source.html.j2", root="../", here=FOLDER, run=run, source=one, hash_length=HASH
        )
        for one in made
    }
    listed = render(
        "sources.html.j2",
        root="../",
        here=FOLDER,
        run=run,
        table=_list(made),
        grades=[
            (grade, meaning)
            for grade, meaning in GRADES.items()
            if any(row["provenance"] == grade for row in rows)
        ],
    )
    return {f"{FOLDER}/index.html": listed} | written


def _list(made: Sequence[Source]) -> DataTable:
    def used(one: Source) -> Cell:
        count = len(one.measures.rows) if one.measures else 0
        note = f"in {counted(len(one.panels), 'panel')}" if one.panels else ""
        if count:
            return text(counted(count, "measure"), note)
        return text("Behind other tables" if one.tables else "Not used by a measure", note)

    return DataTable(
        "The sources",
        ["Source", "Publisher", "Licence", "Used for"],
        [
            [
                text(
                    one.title,
                    f"{capital(one.grade)}; {counted(len(one.files), 'file')}",
                    link=f"{FOLDER}/{one.name}.html",
                    mark="Switched off" if one.switched_off else "",
                ),
                text(one.publisher),
                text(one.licence),
                used(one),
            ]
            for one in made
        ],
        "meta.source: title, publisher, licence, provenance, files; meta.indicator: source",
    )


class _Gathered:
    """The tables about sources, arranged by source."""

    def __init__(
        self, reader: Reader, found: Sequence[Analysis], documented: Collection[str]
    ) -> None:
        self._reader = reader
        self._documented = documented
        self._analyses = found
        self._releases = _by_source(reader.rows("meta.release"))
        self._warnings = _by_source(reader.rows("meta.usage_warning"))
        self._corrections = _by_source(reader.rows("meta.correction"))
        self._notices = _by_source(reader.rows("meta.release_notice"))
        self._columns = _by_source(reader.query(COLUMNS, ["meta.dictionary"]))
        self._indicators = _by_source(reader.rows("meta.indicator"))
        self._uses = _by_source(reader.query(USES, ["meta.lineage"]))
        self._traced = reader.has("meta.lineage")
        statuses = reader.query(STATUSES, ["meta.dictionary"])
        self._statuses = {row["status"]: row["meaning"] for row in statuses}
        self._readers: dict[str, list[tuple[str, str]]] = {}
        for name, table in sql_tables("locality").items():
            for layer, source in table.inputs:
                if layer == "tidy":
                    about = table.about.partition(". ")[0].removesuffix(".")
                    self._readers.setdefault(source, []).append((f"locality.{name}", about))

    def of(self, row: Row) -> Source:
        """Everything that is said of one source."""
        name = row["source"]
        grade = row["provenance"]
        columns = self._columns.get(name, [])
        panels = self._panels(name)
        held, failing = checks(self._reader, name)
        agreed, reconciliations, explained = reconciled(self._reader, name)
        changed, revisions = revised(self._reader, name)
        return Source(
            name=name,
            title=row["title"],
            about=row["about"],
            publisher=row["publisher"],
            licence=row["licence"],
            grade=grade,
            attribution=row["attribution"],
            switched_off=(row["why_switched_off"] or "") if row["switched_off"] else "",
            facts=[
                Fact("Publisher", row["publisher"]),
                Fact("Licence", row["licence"]),
                Fact("Grade", capital(grade), GRADES.get(grade, "")),
                Fact("Files", number(row["files"])),
                *self._size(name),
            ],
            warnings=[one["meaning"] for one in self._warnings.get(name, [])],
            files=[_file(one) for one in self._releases.get(name, [])],
            columns=_columns(name, columns, self._made_of(name)) if columns else None,
            statuses=self._status_table(name, columns),
            checks=held,
            documented=address(f"tidy.{name}") if f"tidy.{name}" in self._documented else "",
            failing=failing,
            aside=set_aside(self._reader, name),
            known=known_changes(self._reader, name),
            reconciled=agreed,
            reconciliations=reconciliations,
            explained=explained,
            revised=changed,
            revisions=revisions,
            corrections=self._correction_table(name),
            notices=[
                f"{one['file']}: {one['kind']}" + (f". {one['problem']}" if one["problem"] else "")
                for one in self._notices.get(name, [])
            ],
            measures=self._measures(name),
            tables=self._readers.get(name, []),
            panels=[(one.spec["title"], one.page) for one in panels],
        )

    def _made_of(self, name: str) -> dict[str, str] | None:
        """Column -> the columns that are made of it; None where the file does not record that."""
        if not self._traced:
            return None
        made: dict[str, dict[str, list[str]]] = {}
        for one in self._uses.get(name, []):
            table = f"{one['layer']}.{one['table']}"
            made.setdefault(one["column"], {}).setdefault(table, []).append(one["made"])
        return {
            column: "; ".join(f"{table}: {', '.join(own)}" for table, own in tables.items())
            for column, tables in made.items()
        }

    def _size(self, name: str) -> list[Fact]:
        found = self._reader.query(HOW_MANY.format(name), [f"tidy.{name}"])
        return [Fact("Rows", number(found[0]["rows"]), f"in tidy.{name}")] if found else []

    def _panels(self, name: str) -> list[Analysis]:
        """Panels that use a measure of the source, in whatever part."""
        own = {one["name"] for one in self._indicators.get(name, [])}
        return [one for one in self._analyses if own & _used(one)]

    def _measures(self, name: str) -> DataTable | None:
        own = self._indicators.get(name, [])
        if not own:
            return None
        rows = []
        for one in own:
            panels = [
                panel.spec["title"] for panel in self._analyses if one["name"] in _used(panel)
            ]
            rows.append(
                [
                    text(one["title"]),
                    text(
                        capital(words(one["block"])),
                        "" if one["words"] == one["block"] else one["words"],
                    ),
                    text(f"Used in {counted(len(panels), 'panel')}", "; ".join(panels))
                    if panels
                    else text("Used in no panel"),
                ]
            )
        return DataTable(
            "Measures made of this source",
            ["Measure", "Group and words", "Panels"],
            rows,
            "meta.indicator: title, block, words; meta.construct_coverage: used",
        )

    def _status_table(self, name: str, columns: Sequence[Row]) -> DataTable | None:
        if "status" not in {one["column"] for one in columns}:
            return None
        rows = self._reader.query(OF_STATUS.format(name), [f"tidy.{name}"])
        every = sum(row["rows"] for row in rows)
        if not every:
            return None
        return DataTable(
            "What stands behind the values",
            ["Status", "Rows", "Share"],
            [
                [
                    text(capital(self._statuses[row["status"]])),
                    figure(number(row["rows"])),
                    figure(part(row["rows"] / every, digits=1)),
                ]
                for row in rows
            ],
            f"tidy.{name}: status",
            fit=True,
            narrow="table",
        )

    def _correction_table(self, name: str) -> DataTable | None:
        rows = self._corrections.get(name, [])
        if not rows:
            return None
        return DataTable(
            "Errors of the publisher that were corrected",
            ["Why", "Published", "Corrected to", "Rows", "What it rests on"],
            [
                [
                    text(row["why"]),
                    text(row["published"] or "various", words(row["column"])),
                    text(row["corrected"]),
                    figure(number(row["rows"])),
                    text(row["evidence"]),
                ]
                for row in rows
            ],
            "meta.correction: why, column, published, corrected, rows, evidence",
        )


def _used(panel: Analysis) -> set[str]:
    """Indicators that a panel uses: outcome, controls, and those of its blocks."""
    used = {row["indicator"] for row in panel.coverage if row["used"]}
    return used | {panel.spec["outcome"], *panel.spec["controls"].split(", ")}


def _by_source(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["source"], []).append(row)
    return found


def _file(row: Mapping[str, str | int | None]) -> File:
    rows, address = row["rows"], str(row["url"] or "")
    return File(
        release=str(row["release"]),
        period=str(row["period"]),
        published=str(row["published"] or "not stated"),
        file=str(row["file"]),
        # Only an address of the web becomes a link, whatever the file holds.
        address=address if address.startswith(("https://", "http://")) else None,
        sha256=str(row["sha256"] or ""),
        rows="not counted" if rows is None else number(float(rows)),
    )


def _columns(name: str, columns: Sequence[Row], made: Mapping[str, str] | None) -> DataTable:
    return DataTable(
        f"Columns of tidy.{name}",
        ["Column", "Kind", "Meaning and unit", "What is made of it"],
        [
            [
                text(one["column"]),
                text(KINDS.get(one["type"]) or one["type"]),
                text(one["meaning"]) if one["meaning"] else absent(),
                absent() if made is None else text(made.get(one["column"], "Nothing")),
            ]
            for one in columns
        ],
        "meta.dictionary: column, type, meaning; meta.lineage: input_column, table, column",
    )
