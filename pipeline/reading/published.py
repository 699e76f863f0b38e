"""Reading published files as text, with errors that name file, sheet, row and column."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from pipeline.reading.limits import CELLS
from pipeline.reading.workbooks import ReadError, check_file, r_frames, sheet, sheet_names

HEADER_SEARCH_ROWS = 40
EXAMPLES = 5


class SourceError(Exception):
    """Something in a published file is not as its source declares.

    The message says where (file, sheet, row, column), what was expected, what was found and
    what to do.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        todo: str = "Compare the file with the publisher's; if the layout changed, update the "
        "source's declaration.",
    ) -> None:
        place = [file]
        if sheet is not None:
            place.append(f"sheet '{sheet}'")
        if row is not None:
            place.append(f"row {row}")
        if column is not None:
            place.append(f"column '{column}'")
        super().__init__(f"{', '.join(place)}: {problem}. {todo}")


@dataclass(frozen=True)
class Failure:
    """One published row, or one cell of it, that is not as declared.

    Attributes:
        column: what the publisher calls it.
        value: the cell as published.
        rule: what was expected.
    """

    sheet: str | None
    row: int
    column: str
    value: str
    rule: str


class RefusedRowsError(SourceError):
    """Some rows of a sheet are not as declared, and the others are.

    Attributes:
        failures: one a row.
        of: rows of the sheet.
    """

    def __init__(self, problem: str, failures: Sequence[Failure], of: int, file: str) -> None:
        first = failures[0]
        super().__init__(problem, file=file, sheet=first.sheet, row=first.row, column=first.column)
        self.failures = failures
        self.of = of


@dataclass
class SetAside:
    """What of one file is left out while it is read, because it fails a rule of rows.

    Attributes:
        rows, share: how many may be set aside: so many, or this share where that is more.
        hidden: rows that are not read.
        cells: figures that are left empty; the status of each is ``q`` and its place here.
    """

    rows: int
    share: float
    hidden: list[Failure] = field(default_factory=list)
    cells: list[Failure] = field(default_factory=list)

    def most(self, of: int) -> int:
        """How many of so many rows may be set aside: never all of them."""
        return min(max(self.rows, int(self.share * of)), of - 1)

    def few(self, failing: int, of: int) -> bool:
        """Whether so many may be set aside."""
        return failing <= self.most(of)

    def hides(self, sheet: str | None) -> list[int]:
        """Numbers of the rows of a sheet that are not read."""
        return [one.row for one in self.hidden if one.sheet == sheet]


def squash(text: str | None) -> str:
    """Text with runs of white space (line breaks too) folded to one space."""
    return re.sub(r"\s+", " ", text or "").strip()


@dataclass(frozen=True)
class Grid:
    """A rectangle of text cells: one worksheet, or one CSV file.

    ``rows`` holds the cells as text (None where empty); row numbers in messages count from 1 as
    a spreadsheet does.
    """

    file: str
    sheet: str | None
    rows: Sequence[tuple[str | None, ...]]
    aside: SetAside | None = None

    def error(self, problem: str, **where: object) -> SourceError:
        """An error that already names this file and sheet."""
        return SourceError(problem, file=self.file, sheet=self.sheet, **where)  # type: ignore[arg-type]

    def refuse(self, wrong: pl.DataFrame, name: str, label: str, expected: str) -> None:
        """Raise an error at the first of the rows that are wrong, if there are any.

        Args:
            wrong: rows, with their number in ``row``.
            name: the column that is wrong, and ``label`` what the publisher calls it.
            expected: the start of the message, such as "expected a council code".

        Raises:
            RefusedRowsError: there is a wrong row.
        """
        if wrong.height:
            failures = [
                Failure(self.sheet, row, label, "" if value is None else str(value), expected)
                for row, value in wrong.select("row", name).iter_rows()
            ]
            found = f"found {wrong[name][0]!r} ({wrong.height} rows)"
            raise RefusedRowsError(f"{expected}, {found}", failures, len(self.rows), self.file)

    def dates(self, frame: pl.DataFrame, form: str, **labels: str) -> pl.DataFrame:
        """Text columns as dates.

        Args:
            frame: rows, with their number in ``row``.
            form: such as ``%Y-%m-%d``.
            labels: the columns, and what the publisher calls each.

        Raises:
            SourceError: a text is no such date.
        """
        read = {name: pl.col(name).str.to_date(form, strict=False) for name in labels}
        for name, label in labels.items():
            wrong = frame.filter(pl.col(name).is_not_null() & read[name].is_null())
            self.refuse(wrong, name, label, f"expected a date in the form {form}")
        return frame.with_columns(**read)

    def header(self, *labels: str) -> int:
        """Index of the first row that holds every one of the labels.

        Raises:
            SourceError: no row within the first 40 holds them all.
        """
        wanted = {label.casefold() for label in labels}
        best: set[str] = set()
        for index, row in enumerate(self.rows[:HEADER_SEARCH_ROWS]):
            found = wanted & {squash(cell).casefold() for cell in row}
            if found == wanted:
                return index
            best = max(best, found, key=len)
        missing = ", ".join(f"'{label}'" for label in labels if label.casefold() not in best)
        raise self.error(
            f"expected a header row with the columns {', '.join(map(repr, labels))}; no row has "
            f"{missing}"
        )

    def table(
        self,
        header: int,
        columns: Mapping[str, str],
        *,
        others: bool = False,
        optional: frozenset[str] = frozenset(),
    ) -> pl.DataFrame:
        """The rows under a header as a text frame, with the row number in ``row``.

        Args:
            header: index of the header row.
            columns: published label (case and spacing do not matter) to our name.
            others: whether columns beside the declared ones are allowed (and left out).
            optional: our names that may be absent; they come back empty.

        Raises:
            SourceError: a declared column is missing, repeated, or an undeclared one is there.
        """
        labels = [squash(cell) for cell in self.rows[header]]
        wanted = {label.casefold(): name for label, name in columns.items()}
        places: dict[str, int] = {}
        for place, label in enumerate(labels):
            name = wanted.get(label.casefold())
            if name is None:
                if label and not others:
                    raise self.error(
                        f"column not declared; expected {', '.join(map(repr, columns))}",
                        row=header + 1,
                        column=label,
                    )
                continue
            if name in places:
                raise self.error("the column appears twice", row=header + 1, column=label)
            places[name] = place
        for label, name in columns.items():
            if name not in places and name not in optional:
                raise self.error(
                    "expected this column, found " + ", ".join(repr(x) for x in labels if x),
                    row=header + 1,
                    column=label,
                )
        body = self.rows[header + 1 :]
        data: dict[str, list[str | None]] = {
            name: [row[places[name]] if name in places else None for row in body]
            for name in dict.fromkeys(columns.values())
        }
        frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String))
        frame = frame.with_columns(
            pl.col(pl.String).str.strip_chars().replace("", None),
            pl.int_range(header + 2, header + 2 + len(body), dtype=pl.Int32).alias("row"),
        )
        hidden = self.aside.hides(self.sheet) if self.aside is not None else []
        return frame.filter(~pl.col("row").is_in(hidden)) if hidden else frame


@dataclass(frozen=True)
class PublishedFile:
    """One file of a release, as bytes on disk."""

    path: Path
    name: str
    aside: SetAside | None = None
    """Where given, rows and figures that fail a rule are set aside, as long as they are few."""

    def error(self, problem: str, **where: object) -> SourceError:
        """An error that already names this file."""
        return SourceError(problem, file=self.name, **where)  # type: ignore[arg-type]

    @cached_property
    def _bytes(self) -> bytes:
        try:
            check_file(self.path)
        except ReadError as problem:
            raise self.error(str(problem)) from problem
        return self.path.read_bytes()

    @cached_property
    def _sheets(self) -> list[str]:
        try:
            return sheet_names(self.path)
        except ReadError as problem:
            raise self.error(
                f"not a readable workbook ({squash(str(problem))[:200]})",
                todo="The file is damaged or cut short; fetch it again from its address.",
            ) from problem

    def sheets(self) -> list[str]:
        """The names of the worksheets."""
        return list(self._sheets)

    def sheet(self, *names: str) -> Grid:
        """The first of the named worksheets (case and outer spaces do not matter) as text.

        Raises:
            SourceError: the workbook has none of them, or cannot be read.
        """
        have = {squash(name).casefold(): name for name in self.sheets()}
        for name in names:
            actual = have.get(name.casefold())
            if actual is not None:
                try:
                    frame = sheet(self.path, actual)
                except ReadError as problem:
                    raise self.error(
                        f"the sheet cannot be read ({squash(str(problem))[:200]})", sheet=actual
                    ) from problem
                return Grid(self.name, actual, frame.rows(), self.aside)
        raise self.error(
            f"expected a sheet named {' or '.join(map(repr, names))}, found "
            + ", ".join(map(repr, self.sheets()))
        )

    def text(self) -> str:
        """The file decoded: UTF-8 (with or without a mark), UTF-16, else Windows-1252.

        Raises:
            SourceError: it is marked as UTF-16 and is not, or is larger than a file may be.
        """
        raw = self._bytes
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            try:
                return raw.decode("utf-16")
            except UnicodeDecodeError as problem:
                raise self.error(
                    f"marked as UTF-16, and is not ({problem.reason} at byte {problem.start})",
                    todo="The file may be cut short; fetch it again from its address.",
                ) from problem
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("cp1252", errors="replace")

    def csv(self) -> Grid:
        """The file as a grid of text cells.

        Raises:
            SourceError: a row has more or fewer cells than the first one, or there is no end to
                a cell or to the cells.
        """
        import csv  # noqa: PLC0415

        lines = csv.reader(io.StringIO(self.text(), newline=""))
        rows: list[tuple[str | None, ...]] = []
        cells = 0
        try:
            for line in lines:
                rows.append(tuple([cell or None for cell in line] if "" in line else line))
                cells += len(line)
                if cells > CELLS:
                    raise self.error(f"more than {CELLS} cells", row=len(rows))
        except csv.Error as problem:
            raise self.error(
                f"no text of cells with commas ({problem})",
                row=len(rows) + 1,
                todo="A quotation mark may have no end; compare the file with the publisher's.",
            ) from problem
        width = len(rows[0]) if rows else 0
        for index, row in enumerate(rows):
            if not any(row):
                rows[index] = (None,) * width
            elif len(row) != width:
                raise self.error(
                    f"expected {width} cells as in the first row, found {len(row)}",
                    row=index + 1,
                    todo="The file may be cut short; fetch it again from its address.",
                )
        return Grid(self.name, None, rows, self.aside)

    def rdata(self, name: str) -> pl.DataFrame:
        """One data frame out of an R data file, every column as text or number.

        Raises:
            SourceError: the file is damaged or holds no such frame.
        """
        try:
            frames = r_frames(self.path)
        except ReadError as problem:
            raise self.error(
                f"not a readable R data file ({squash(str(problem))[:200]})",
                todo="The file is damaged or cut short; fetch it again from its address.",
            ) from problem
        if name not in frames:
            raise self.error(f"expected a data frame {name!r}, found {', '.join(frames)}")
        return frames[name]
