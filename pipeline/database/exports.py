"""What leaves the DuckDB file: Parquet, CSV with CSVW metadata, and one accessible workbook.

Everything is read out of the finished database, whose comments, keys and ``meta`` tables say what
the files say of themselves. Every table carries a column ``synthetic``, so that a file that was
moved or renamed still says whether its figures are generated.

CSV metadata follow the W3C's CSV on the Web, the workbook the Government Analysis Function's
guidance on releasing statistics in spreadsheets.
"""

import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import xlsxwriter

from pipeline.database.publish import opened
from pipeline.database.versions import PARQUET
from pipeline.edition import GENERATED, SYNTHETIC

WORKBOOK = "rapport.xlsx"
README = "README.md"
WORKBOOK_CELLS = {"evidence": 70_000, "locality": 15_000}
"""Layer to the most cells that a table in the workbook has."""
LINE = 16
"""Points that a line of writing is high. Rows are given their height, because not every program
works out that of wrapped text."""
WIDEST = 60
"""Characters a column of text is wide, at most; longer text is wrapped."""
COVER = 80
"""Characters the cover is wide."""
A4 = 9
"""Number of the paper in workbooks."""
CELL = 32_767
"""Characters that a cell of a workbook can hold."""

SYNTHETIC_COLUMN = "whether every figure is generated"
RISKY = r"^[=+\-@\t\r\n＝＋－＠]"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
HARMLESS = (
    "A text that a spreadsheet could run as a formula (it begins with =, +, -, @, a tab or a line "
    "break, and is no number) has an apostrophe put before it. Numbers are untouched."
)
SHORTHAND = {
    "[c]": "confidential: suppressed by the publisher",
    "[low]": "too few to publish",
    "[u]": "not shown because it is unreliable, by the publisher's own mark",
    "[x]": "not available: not published, not measured, or could not be computed",
    "[z]": "not applicable: the column has nothing to say of this row",
}
DATATYPES: dict[pl.DataType | type[pl.DataType], str] = {
    pl.String: "string",
    pl.Float64: "double",
    pl.Boolean: "boolean",
    pl.Date: "date",
}
FOLDERS = {"tidy": ("parquet",), "locality": ("parquet", "csv"), "evidence": ("parquet", "csv")}
"""Layer to the forms its tables are exported in; long tidy tables are too large for text."""
AT_ONCE = 300_000
"""Rows up to which a table is read at once, which is a little faster."""


class ExportError(Exception):
    """A table cannot be exported as it is."""


@dataclass(frozen=True)
class Exported:
    """One table with what the database says of it.

    Attributes:
        frame: its rows; those of a long table are read out of the database while they are written.
        rows: how many there are.
    """

    layer: str
    name: str
    about: str
    columns: Mapping[str, str]
    key: Sequence[str]
    licences: Sequence[str]
    attributions: Sequence[str]
    frame: pl.LazyFrame
    rows: int

    @property
    def file(self) -> str:
        """Name of its files, without ending."""
        return f"{self.layer}__{self.name}"

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.rows * len(self.columns)


@dataclass(frozen=True)
class Run:
    """The run that made the database."""

    title: str
    version: str
    built_at: str
    synthetic: bool
    framework_registered: bool


def write(database: Path, folder: Path) -> int:
    """Write every export of a database into a folder; the README comes last.

    Returns:
        The number of files.

    Raises:
        ExportError: a table cannot be exported as it is.
    """
    for form in ("parquet", "csv"):
        (folder / form).mkdir(parents=True, exist_ok=True)
    shown: list[Exported] = []
    with opened(database) as connection:
        run = _run(connection)
        for table in _tables(connection, run):
            forms = FOLDERS[table.layer]
            write_parquet(table, run, folder)
            if "csv" in forms:
                write_csv(table, run, folder / "csv")
                shown.append(table)
        sources = connection.sql(
            "SELECT source, title, publisher, licence, provenance, attribution FROM meta.source "
            "ORDER BY source"
        ).pl()
        statuses = connection.sql(
            "SELECT \"table\" AS status, meaning FROM meta.dictionary WHERE layer = 'status' "
            "ORDER BY ALL"
        ).pl()
        write_workbook(shown, run, sources, statuses, folder / WORKBOOK)
    (folder / README).write_text(readme(shown, run), encoding="utf-8", newline="\n")
    return sum(path.is_file() for path in folder.rglob("*"))


def _run(connection: duckdb.DuckDBPyConnection) -> Run:
    (made,) = connection.table("meta.run").pl().to_dicts()
    return Run(**{name: made[name] for name in Run.__dataclass_fields__})


def _tables(connection: duckdb.DuckDBPyConnection, run: Run) -> Iterator[Exported]:
    listed = connection.execute(
        'SELECT layer, name, about, grain, sources, rows FROM meta."table" '
        "WHERE kind = 'table' AND list_contains(?, layer) ORDER BY layer, name",
        [list(FOLDERS)],
    ).fetchall()
    terms = {
        source: (licence, attribution)
        for source, licence, attribution in connection.execute(
            "SELECT source, licence, attribution FROM meta.source"
        ).fetchall()
    }
    # Asked once: the answer for one table takes as long as that for all.
    meanings: dict[tuple[str, str], dict[str, str]] = {}
    for layer, name, column, meaning in connection.execute(
        "SELECT schema_name, table_name, column_name, coalesce(comment, '') FROM duckdb_columns() "
        "ORDER BY schema_name, table_name, column_index"
    ).fetchall():
        meanings.setdefault((layer, name), {})[column] = meaning
    for layer, name, about, grain, sources, rows in listed:
        used = [terms[source] for source in sources.split(", ") if source]
        columns = meanings[layer, name]
        held = connection.table(f'{layer}."{name}"')
        frame = held.pl(lazy=True) if rows > AT_ONCE else held.pl().lazy()
        if "synthetic" not in columns:
            columns["synthetic"] = SYNTHETIC_COLUMN
            frame = frame.with_columns(pl.lit(run.synthetic).alias("synthetic"))
        yield Exported(
            layer,
            name,
            about,
            columns,
            grain.split(", ") if grain else (),
            sorted({licence for licence, _ in used}),
            sorted({attribution for _, attribution in used}),
            frame,
            rows,
        )


# ---------------------------------------------------------------------------------------------
# Parquet and CSV.


def write_parquet(table: Exported, run: Run, folder: Path) -> None:
    """One Parquet file whose metadata say what the table and its columns are."""
    said = {
        "title": f"{table.layer}.{table.name}",
        "description": table.about,
        "columns": json.dumps(table.columns, ensure_ascii=False),
        "synthetic": str(run.synthetic).lower(),
        "version": run.version,
        "licence": "; ".join(table.licences),
        "source": "; ".join(table.attributions),
    }
    table.frame.sink_parquet(folder / PARQUET.format(table.layer, table.name), metadata=said)


def harmless(text: pl.Expr) -> pl.Expr:
    """A text column in which nothing can be run as a formula; see ``HARMLESS``."""
    risky = text.str.contains(RISKY) & ~text.str.contains(NUMBER)
    return pl.when(risky).then(pl.lit("'") + text).otherwise(text).name.keep()


def write_csv(table: Exported, run: Run, folder: Path) -> None:
    """One CSV file and its metadata, as CSV on the Web."""
    frame = table.frame.with_columns(harmless(pl.col(pl.String)))
    name = f"{table.file}.csv"
    frame.sink_csv(folder / name)
    described = json.dumps(metadata(table, run, name), indent=1, ensure_ascii=False)
    (folder / f"{name}-metadata.json").write_text(described + "\n", encoding="utf-8", newline="\n")


def metadata(table: Exported, run: Run, url: str) -> dict[str, Any]:
    """CSV on the Web: what the file and its columns are."""
    kinds = table.frame.collect_schema()
    columns = [
        {
            "name": name,
            "titles": name,
            "dc:description": meaning,
            "datatype": datatype(kinds[name]),
            "required": name in table.key,
        }
        for name, meaning in table.columns.items()
    ]
    schema: dict[str, Any] = {"columns": columns}
    if table.key:
        schema["primaryKey"] = list(table.key)
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        "dc:title": f"{table.layer}.{table.name}",
        "dc:description": table.about,
        "dc:identifier": run.version,
        "dc:modified": run.built_at,
        "dc:license": list(table.licences),
        "dc:source": list(table.attributions),
        "rdfs:comment": HARMLESS,
        "null": "",
        "dialect": {"encoding": "utf-8", "header": True, "delimiter": ","},
        "tableSchema": schema,
    }


def datatype(kind: pl.DataType) -> str:
    """The name that CSV on the Web has for a type.

    Raises:
        ExportError: it has none.
    """
    if kind.is_integer():
        return "integer"
    try:
        return DATATYPES[kind.base_type()]
    except KeyError:
        raise ExportError(f"no CSVW datatype is declared for {kind}") from None


# ---------------------------------------------------------------------------------------------
# The workbook.


class _Book:
    """A workbook and its formats, in the form that all sheets share."""

    def __init__(self, path: Path, run: Run) -> None:
        self.run = run
        self.book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"})
        base: dict[str, Any] = {"font_name": "Arial", "font_size": 12, "valign": "top"}
        self.book.formats[0].set_font_name("Arial")
        self.book.formats[0].set_font_size(12)
        formats: dict[str, dict[str, Any]] = {
            "title": {"bold": True, "font_size": 16},
            "subtitle": {"bold": True, "font_size": 14},
            "heading": {"bold": True, "text_wrap": True},
            # The indent keeps numbers apart from text in the next column.
            "heading of numbers": {"bold": True, "text_wrap": True, "align": "right", "indent": 1},
            "text": {"align": "left"},
            "wrapped": {"align": "left", "text_wrap": True},
            "quoted": {"align": "left", "text_wrap": True, "quote_prefix": True},
            "number": {"align": "right", "indent": 1},
            # LibreOffice would show 1 and 0; Excel takes no notice of the format.
            "truth": {"align": "right", "indent": 1, "num_format": '"TRUE";"TRUE";"FALSE"'},
            "date": {"align": "right", "num_format": "yyyy-mm-dd"},
            "link": {"font_color": "#0000EE", "underline": 1},
        }
        self.formats = {
            name: self.book.add_format({**base, **own}) for name, own in formats.items()
        }
        self.book.set_properties(
            {
                "title": _title(run),
                "author": "Rapport",
                "subject": "Evidence tables and small tables of places",
                "keywords": "leadership, partnership, plans, budgets, innovation, health, social "
                "care, councils, NHS trusts, England",
                "comments": GENERATED if run.synthetic else "",
                "created": datetime.fromisoformat(run.built_at),
            }
        )
        self.book.set_custom_property("Language", "en-GB")

    def sheet(self, name: str, lines: Sequence[str]) -> Any:
        """A new sheet with a title and lines of text in its first column."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_default_row(LINE)
        sheet.set_row(0, 1.4 * LINE)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        for row, line in enumerate(lines):
            sheet.write_string(row, 0, line, self.formats["text" if row else "title"])
        return sheet

    def table(self, sheet: Any, first: int, name: str, frame: pl.DataFrame) -> None:
        """A real table with a header row.

        It has no filter buttons and no frozen panes, which the guidance advises against: buttons
        cover headings, and frozen rows leave no room on a magnified screen.
        """
        lines = [1] * frame.height
        for place, (column, kind) in enumerate(frame.schema.items()):
            self._column(sheet, first + 1, place, frame, column)
            longest = max((len(str(one)) for one in frame[column]), default=0)
            widest = WIDEST if kind == pl.String else 22
            width = max(len(column) + 4, min(longest + 3, widest))
            sheet.set_column(place, place, width)
            if kind == pl.String:
                lines = [
                    max(one)
                    for one in zip(lines, map(_lines_of(width), frame[column]), strict=True)
                ]
        for row, needed in enumerate(lines, first + 1):
            if needed > 1:
                sheet.set_row(row, LINE * needed)
        sheet.add_table(
            first,
            0,
            first + max(frame.height, 1),
            frame.width - 1,
            {
                "name": name,
                "style": "Table Style Light 1",
                "banded_rows": False,
                "autofilter": False,
                "columns": [
                    {
                        "header": column,
                        "header_format": self.formats[
                            "heading" if kind == pl.String else "heading of numbers"
                        ],
                    }
                    for column, kind in frame.schema.items()
                ],
            },
        )
        sheet.repeat_rows(first)

    def _column(self, sheet: Any, first: int, place: int, frame: pl.DataFrame, column: str) -> None:
        kind = frame.schema[column]
        marks = _marks(frame, column)
        for row, (value, mark) in enumerate(zip(frame[column], marks, strict=True), first):
            if value is None:
                own = self.formats["text" if kind == pl.String else "number"]
                sheet.write_string(row, place, mark, own)
            elif isinstance(value, str):
                if len(value) > CELL:
                    raise ExportError(f"{column}: a text of {len(value)} characters")
                risky = re.match(RISKY, value) and not re.match(NUMBER, value)
                own = self.formats["quoted" if risky else "wrapped"]
                sheet.write_string(row, place, value, own)
            elif isinstance(value, bool):
                sheet.write_boolean(row, place, value, self.formats["truth"])
            elif isinstance(value, int | float):
                sheet.write_number(row, place, value, self.formats["number"])
            else:
                sheet.write_datetime(row, place, value, self.formats["date"])


def _lines_of(width: int) -> Callable[[str | None], int]:
    """Lines that a text takes in a column of so many characters, 15 at most."""

    def lines(text: str | None) -> int:
        parts = (text or "").splitlines()
        return min(
            15, max(1, sum(len(one) <= width or len(textwrap.wrap(one, width)) for one in parts))
        )

    return lines


def _marks(frame: pl.DataFrame, column: str) -> Sequence[str]:
    """The shorthand of each row of a column, for where it has no value."""
    if frame.schema[column] == pl.String:
        return ["[z]"] * frame.height
    status = "status" if column == "value" else f"{column}__status"
    if status not in frame.columns:
        return ["[x]"] * frame.height
    marks = (f"[{own}]" for own in frame[status])
    return [mark if mark in SHORTHAND else "[x]" for mark in marks]


def _shorthand(frame: pl.DataFrame) -> list[str]:
    """What the shorthand that a table uses means, as one line, or none."""
    used = {
        mark
        for column in frame.columns
        for missing, mark in zip(frame[column].is_null(), _marks(frame, column), strict=True)
        if missing
    }
    if not used:
        return []
    said = "; ".join(f"{mark} {meaning}" for mark, meaning in SHORTHAND.items() if mark in used)
    return [f"Shorthand in this table: {said}."]


def _title(run: Run) -> str:
    mark = SYNTHETIC if run.synthetic else ""
    return f"{mark}Rapport, {run.title}: evidence and places"


def _lines(table: Exported, frame: pl.DataFrame, run: Run) -> list[str]:
    title, _, more = table.about.partition(". ")
    lines = [
        f"{title.rstrip('.')}, {run.title}",
        f"This worksheet contains one table, {table.layer}.{table.name}. Its columns are explained "
        "in the worksheet Columns.",
        *([more] if more else []),
        *_shorthand(frame),
    ]
    return [*lines, GENERATED] if run.synthetic else lines


def _cover(made: _Book, run: Run) -> None:
    """The first sheet: what the workbook is, how to read it, and where to go from here."""
    told = {
        "What this is": [
            *([GENERATED] if run.synthetic else []),
            "Does leadership explain innovation between places better than plans and budgets do? "
            "These are the smaller tables of the test's results and of the places behind them.",
        ],
        "How to read it": [
            "Results say what is associated with what, and what predicts better; never what causes "
            "what. Rows with a reason in the column exploratory were looked at before the rule was "
            "registered.",
            *(
                []
                if run.framework_registered
                else ["Exploratory throughout: the framework is not the registered one."]
            ),
            "No cell is empty. Where a figure is missing, shorthand in square brackets says why; "
            "missing is never zero.",
            "Larger tables are in the CSV and Parquet files beside this workbook, and all of them "
            "in the DuckDB file.",
        ],
        "Version": [f"{run.version}, built {run.built_at}."],
    }
    links = {
        "Contents": "internal:'Contents'!A1",
        "Notes, with all shorthand": "internal:'Notes'!A1",
        "Sources, with licences and attribution": "internal:'Sources'!A1",
        "The report of the same version (web page)": "external:../report/index.html",
    }
    sheet = made.sheet("Cover", [_title(run)])
    sheet.set_column(0, 0, COVER)
    row = 1
    for heading, lines in told.items():
        sheet.write_string(row, 0, heading, made.formats["subtitle"])
        for line in lines:
            row += 1
            sheet.write_string(row, 0, line, made.formats["wrapped"])
            sheet.set_row(row, LINE * _lines_of(COVER)(line))
        row += 1
    sheet.write_string(row, 0, "Where to go from here", made.formats["subtitle"])
    for place, (name, target) in enumerate(links.items(), row + 1):
        sheet.write_url(place, 0, target, made.formats["link"], name)


def write_workbook(
    tables: Sequence[Exported],
    run: Run,
    sources: pl.DataFrame,
    statuses: pl.DataFrame,
    path: Path,
) -> None:
    """Cover, contents, notes, columns, sources, and one sheet a table."""
    fits = [one for one in tables if one.cells <= WORKBOOK_CELLS[one.layer]]
    inside = [one for one in fits if one.rows]
    made = _Book(path, run)
    _cover(made, run)

    contents = pl.DataFrame(
        [
            (
                one.name if one in inside else "no rows" if one in fits else "too large for it",
                f"{one.layer}.{one.name}",
                one.rows,
                f"csv/{one.file}.csv",
                one.about,
            )
            for one in tables
        ],
        schema=["worksheet", "table", "rows", "file", "what it holds"],
        orient="row",
    )
    sheet = made.sheet("Contents", ["Contents", "This worksheet contains one table."])
    made.table(sheet, 2, "contents", contents)
    for row, one in enumerate(tables, 3):
        if one in inside:
            target = f"internal:'{one.name}'!A1"
            sheet.write_url(row, 0, target, made.formats["link"], one.name)

    meanings = dict(statuses.iter_rows())
    notes = [
        *(("missing figure", mark, meaning) for mark, meaning in SHORTHAND.items()),
        *(("value of a column status", name, meaning) for name, meaning in meanings.items()),
        ("text", "any text", "no cell is a formula; text that looks like one is marked as text"),
    ]
    sheet = made.sheet("Notes", ["Notes", "This worksheet contains one table."])
    frame = pl.DataFrame(notes, schema=["about", "symbol", "meaning"], orient="row")
    made.table(sheet, 2, "notes", frame)

    rows = [
        (one.name, column, meaning) for one in inside for column, meaning in one.columns.items()
    ]
    sheet = made.sheet("Columns", ["Columns", "This worksheet contains one table."])
    frame = pl.DataFrame(rows, schema=["worksheet", "column", "meaning"], orient="row")
    made.table(sheet, 2, "columns", frame)

    sheet = made.sheet("Sources", ["Sources", "This worksheet contains one table."])
    made.table(sheet, 2, "sources", sources)
    for one in inside:
        frame = one.frame.collect()
        lines = _lines(one, frame, run)
        sheet = made.sheet(one.name, lines)
        made.table(sheet, len(lines), f"{one.layer}_{one.name}", frame)
    made.book.close()


def readme(tables: Sequence[Exported], run: Run) -> str:
    """What is in the folder, as Markdown."""
    lines = [
        f"# {_title(run)}",
        "",
        *([f"**{GENERATED}**", ""] if run.synthetic else []),
        f"Version {run.version}, built {run.built_at}.",
        "",
        "- `csv/`: tables of places and evidence, UTF-8. Each has its metadata beside it "
        "(`NAME.csv-metadata.json`, CSV on the Web): columns with meaning and type, key, licence "
        "and sources. An empty field is a missing value, never zero; the status beside it says "
        "why it is missing.",
        "- `parquet/`: the same and every tidy table, with the same in the file's metadata.",
        f"- `{WORKBOOK}`: the smaller tables of evidence and places. An empty text column shows "
        "[z]; shorthand for missing figures is explained in the sheet Notes.",
        "",
        f"CSV files: {HARMLESS} In the workbook such a text is marked as text and unchanged.",
        "",
        "The column `synthetic` of every table says whether every figure is generated.",
        "",
        "| table | rows | what it holds |",
        "|---|---|---|",
        *(f"| `{one.layer}.{one.name}` | {one.rows:,} | {one.about} |" for one in tables),
    ]
    return "\n".join(lines) + "\n"
