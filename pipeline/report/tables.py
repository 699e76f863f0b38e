"""Tables of the page, apart from how they look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pipeline.report.wording import NOT_AVAILABLE, capital


class Cell(NamedTuple):
    """One cell: its text, a smaller note below it, and how it is set.

    Attributes:
        numeric: set to the right.
        missing: no value stands behind it.
        place: a position from -1 to 1, drawn as a dot on a line.
        link: a page of the report, from its folder.
        mark: a word that stands out before the text.
    """

    text: str
    note: str = ""
    numeric: bool = False
    missing: bool = False
    place: float | None = None
    link: str = ""
    mark: str = ""


@dataclass(frozen=True)
class DataTable:
    """A table with its caption; the first cell of a row is its heading.

    Attributes:
        origin: tables and columns of the database that it is made of.
        named: what it is called where origins are listed; the caption if empty.
        fit: as wide as its words need, and no wider.
        narrow: on a narrow page a row becomes a card with one cell or a pair in each line, or the
            table stays one, where its columns are few and short.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    origin: str = ""
    named: str = ""
    fit: bool = False
    narrow: Literal["cards", "pairs", "table"] = "cards"

    def beside(self, row: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
        """The cells of a row after its heading, each with its column's name."""
        return zip(self.columns[1:], row[1:], strict=True)

    def numeric(self, column: int) -> bool:
        """Whether a column holds numbers."""
        return any(row[column].numeric for row in self.rows)


def text(value: str, note: str = "", link: str = "", mark: str = "") -> Cell:
    """A cell of words."""
    return Cell(value, note, link=link, mark=mark)


def figure(value: str, note: str = "", place: float | None = None) -> Cell:
    """A cell with a number."""
    return Cell(value, note, numeric=True, place=place)


def absent(why: str = "") -> Cell:
    """A cell without a value, and what its absence means."""
    return Cell(NOT_AVAILABLE, capital(why), numeric=True, missing=True)
