"""Published files written by hand: invented places and numbers in a publisher's layout."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from pipeline.reading.published import PublishedFile, SourceError
from pipeline.reading.source import Release, Source, conform

Rows = Sequence[Sequence[Any]]


def written(folder: Path, release: Release, content: bytes) -> PublishedFile:
    """Bytes under the name of a release."""
    path = folder / Path(release.file).name
    path.write_bytes(content)
    return PublishedFile(path, release.file)


def comma_separated(
    folder: Path, release: Release, rows: Rows, encoding: str = "utf-8"
) -> PublishedFile:
    """Rows as a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return written(folder, release, text.getvalue().encode(encoding))


def workbook(folder: Path, release: Release, sheets: Mapping[str, Rows]) -> PublishedFile:
    """Rows as worksheets; the name may end in .xls, the reader goes by content."""
    path = folder / Path(release.file).name
    book = xlsxwriter.Workbook(str(path))
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return PublishedFile(path, release.file)


def tidied(source: Source, release: Release, file: PublishedFile, *columns: str) -> list[Any]:
    """The conformed rows, as tuples of the named columns (as dicts when none is named)."""
    frame = conform(source, release, source.tidy(file, release))
    return frame.select(columns).rows() if columns else frame.rows(named=True)


def refused(source: Source, release: Release, file: PublishedFile, *words: str) -> None:
    """Reading fails with a message that has all these words."""
    with pytest.raises(SourceError) as problem:
        conform(source, release, source.tidy(file, release))
    message = str(problem.value)
    assert all(word in message for word in words), message


CLASS_ROWS = {
    "LONDON BOROUGHS": "L",
    "METROPOLITAN DISTRICTS": "MD",
    "UNITARY AUTHORITIES": "UA",
    "SHIRE COUNTIES": "SC",
    "SHIRE DISTRICTS": "SD",
    "OTHER AUTHORITIES": "O",
}


def council_returns(
    title: Rows,
    header: Sequence[str | None],
    *,
    councils: Rows,
    lines: int,
    totals: Mapping[str, Sequence[Any]],
    notes: Rows = (),
) -> list[list[Any]]:
    """A sheet of council finance returns: title, header, councils, England, classes, notes.

    Args:
        lines: how many columns hold figures; the ones before them hold the place.
        totals: ENGLAND and letters of classes to figures; the other classes hold zeros.
    """
    place = len(header) - lines
    name = header.index("Local authority")

    def total(title: str, letters: str | None) -> list[Any]:
        cells: list[Any] = [None] * place
        cells[name], cells[header.index("Class")] = title, letters
        return [*cells, *totals.get(letters or title, [0] * lines)]

    return [
        *map(list, title),
        list(header),
        *map(list, councils),
        [],
        total("ENGLAND", None),
        [],
        [*[None] * name, "CLASS BREAKDOWN"],
        *(total(title, letters) for title, letters in CLASS_ROWS.items()),
        [],
        *map(list, notes),
    ]
