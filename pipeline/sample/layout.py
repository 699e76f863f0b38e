"""Writing files of the kinds that publishers use, with the same bytes every time."""

import csv
import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

Cell = str | int | float | None
Row = Sequence[Cell]

WRITTEN = datetime(2020, 1, 1)
"""The date that workbooks carry, so that the same content has the same bytes."""


@dataclass(frozen=True)
class Sheet:
    """One worksheet: rows of cells from the first column on; None is an empty cell."""

    name: str
    rows: Sequence[Row]
    hidden: bool = False


def workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """Write worksheets. The container is xlsx whatever the name: readers go by content."""
    import xlsxwriter  # noqa: PLC0415 - costs start-up time only where a sample is made

    # In memory: the parts of one would otherwise each be a file on the disk first.
    book = xlsxwriter.Workbook(str(path), {"in_memory": True})
    book.set_properties({"created": WRITTEN, "author": "", "comments": "Generated, not real"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        if sheet.hidden:
            page.hide()
        for number, row in enumerate(sheet.rows):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, place, cell)
                elif cell is not None:
                    page.write_number(number, place, cell)
    book.close()


def text_file(
    path: Path,
    rows: Iterable[Row],
    *,
    encoding: str = "utf-8",
    line_end: str = "\n",
    quote_all: bool = False,
) -> None:
    """Write comma-separated values; None is an empty cell."""
    out = io.StringIO(newline="")
    csv.writer(
        out,
        lineterminator=line_end,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
    ).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))


def r_data(path: Path, name: str, columns: Mapping[str, Sequence[str | float]]) -> None:
    """Write one data frame as R data."""
    import pandas as pd  # noqa: PLC0415
    import pyreadr  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.rda"
        pyreadr.write_rdata(str(plain), pd.DataFrame(columns), df_name=name)
        # Compressed here: pyreadr would put the time into the file.
        path.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))


def day_in_words(day: date) -> str:
    """A date as publishers write it: ``27th April 2012``."""
    last = 0 if 11 <= day.day <= 13 else day.day % 10
    ending = {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    return f"{day.day}{ending} {day:%B %Y}"


def decimal(value: float, digits: int = 10) -> str:
    """A number as text with so many significant digits."""
    return f"{value:.{digits}g}"


def plain(value: float) -> float | int:
    """The same number, whole where it is whole."""
    return int(value) if float(value).is_integer() else float(value)


def with_ampersand(name: str) -> str:
    """A name the way some publishers write it."""
    return name.replace(" and ", " & ")
