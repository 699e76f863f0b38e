"""Published rows that fail a rule: set aside with what was published, never used and never lost.

A few failing rows do not stop their source. A figure that cannot be trusted is left empty and its
row stays, with the status ``q``, so that nothing takes its place and every sum with it is empty
too. A row whose key cannot be trusted is left out. Many failing rows are a fault of the file, and
stop it.
"""

from dataclasses import dataclass

import polars as pl

from pipeline.checks.thresholds import thresholds
from pipeline.reading.published import (
    Failure,
    PublishedFile,
    RefusedRowsError,
    SetAside,
    SourceError,
    squash,
)
from pipeline.reading.revisions import key_text
from pipeline.reading.source import PLACE_CODE, Release, Source, shape
from pipeline.reading.switches import GEOGRAPHY
from pipeline.tables import Table

STATUS = "q"
ROUNDS = 5
"""How often a file is read again without the rows that it refuses."""
EMPTIED = "the figure was left empty, with the status q"
LEFT_OUT = "the row was left out, because its key cannot be trusted"
REPEATED = "the row was left out: it says the same as row {}, which is used"
HIDDEN = "not shown: it may tell of few people"
SCHEMA = {
    "source": pl.String,
    "release": pl.String,
    "file": pl.String,
    "sheet": pl.String,
    "row": pl.Int32,
    "column": pl.String,
    "key": pl.String,
    "value": pl.String,
    "rule": pl.String,
    "outcome": pl.String,
}
MEANINGS = {
    "source": "name of the source",
    "release": "release, as in the column release of its table",
    "file": "published file",
    "sheet": "sheet of the file; empty where it has none or the rule is of the tidy table",
    "row": "row of that file or sheet, counted from 1",
    "column": "column that fails: as published, or of the tidy table",
    "key": "what tells the row in the tidy table; empty where the row could not be read",
    "value": "the cell as published; where it may tell of few people, that it is not shown",
    "rule": "what was expected",
    "outcome": "what became of the row",
}


@dataclass(frozen=True)
class Sorted:
    """The rows of one release that hold, and those that do not.

    Attributes:
        missing: the most tidy rows that the rows left out would have given.
    """

    frame: pl.DataFrame
    aside: pl.DataFrame
    missing: int = 0


def bears(source: Source) -> bool:
    """Whether a row of the source can be set aside without changing what other rows mean.

    It can where rows are figures with a status; lists of places, and what weighs others, are used
    whole or not at all.
    """
    return {"value", "status"} <= set(source.columns) and source.name not in GEOGRAPHY


def disclosive(source: Source) -> bool:
    """Whether figures may tell of few people: the publisher suppresses some, or has."""
    suppresses = {"c", "low"} & set(source.markers.values())
    return bool(suppresses) or "suppressed_rows_dropped" in source.warnings


def shown(source: Source, value: str) -> str:
    """A failing cell, unless it may tell of few people."""
    if not disclosive(source):
        return value
    try:
        small = abs(float(value.replace(",", ""))) < thresholds("disclosive")["smallest_shown"]
    except ValueError:
        small = any(letter.isdigit() for letter in value)
    return HIDDEN if small else value


def opened(source: Source, file: PublishedFile) -> PublishedFile:
    """The file, set to put aside what fails where the source bears it."""
    limit = thresholds("quarantine")
    aside = SetAside(limit["rows"], limit["share"]) if bears(source) else None
    return PublishedFile(file.path, file.name, aside)


def read(source: Source, release: Release, file: PublishedFile) -> pl.DataFrame:
    """The source's ``tidy`` of a file, without the few rows that it refuses.

    Raises:
        SourceError: the file is not as declared, or too many of its rows are not, whatever the
            source's code makes of that.
    """
    aside = file.aside
    problems: list[RefusedRowsError] = []
    while True:
        try:
            return shape(source, release, source.tidy(file, release))
        except RefusedRowsError as problem:
            if aside is None:
                raise
            problems.append(problem)
            if len(problems) > ROUNDS:
                # Without the rows that fail others do, and so on: the first says what is wrong.
                raise problems[0] from None
            before = {(one.sheet, one.row) for one in aside.hidden}
            new = [one for one in problem.failures if (one.sheet, one.row) not in before]
            if not new or not aside.few(len(before) + len(new), problem.of):
                raise
            aside.hidden += new
            aside.cells.clear()
        except SourceError:
            raise
        except Exception as problem:  # a file that nobody foresaw may break anything
            raise file.error(
                f"pipeline/sources/{source.name}.py cannot read it as {release.period} "
                f"({type(problem).__name__}: {squash(str(problem))[:300]})"
            ) from problem


def _rules(source: Source, frame: pl.DataFrame) -> list[tuple[str, pl.Expr, str]]:
    """Column, whether a row fails, and what was expected."""
    found: list[tuple[str, pl.Expr, str]] = []
    for name, column in source.schema.items():
        cell = pl.col(name)
        if not column.null and name != "value":
            found.append((name, cell.is_null(), f"expected a {name}, found none"))
        if column.values is not None and name != "status":
            some = ", ".join(map(str, column.values[:5])) + (", ..." if column.values[5:] else "")
            found.append((name, ~cell.is_in(list(column.values)), f"expected one of {some}"))
        if column.low is not None:
            found.append((name, cell < column.low, f"expected at least {column.low:g}"))
        if column.high is not None:
            found.append((name, cell > column.high, f"expected at most {column.high:g}"))
    if "areacd" in frame.columns:
        wrong = ~pl.col("areacd").str.contains(PLACE_CODE)
        found.append(("areacd", wrong, "expected an ONS code: E and eight digits"))
    return found


def sort_out(source: Source, release: Release, frame: pl.DataFrame, file: PublishedFile) -> Sorted:
    """Sort one release's rows into those that hold and those that are set aside.

    Args:
        frame: rows as ``shape`` gives them, corrected.

    Raises:
        SourceError: too many rows fail, or any row of a source that does not bear it.
    """
    if file.aside is None:
        return Sorted(frame, pl.DataFrame(schema=SCHEMA))
    rules = _rules(source, frame)
    twice = pl.struct(source.key).is_duplicated()
    if not (file.aside.hidden or file.aside.cells) and not any(
        frame.select(
            twice.any(), *(rule.any().alias(str(i)) for i, (_, rule, _) in enumerate(rules))
        ).row(0)
    ):
        return Sorted(frame, pl.DataFrame(schema=SCHEMA))
    hidden = {(one.sheet, one.row) for one in file.aside.hidden}
    book = _Book(source, release, file.aside, frame["row"].n_unique() + len(hidden))
    per_row = int(frame["row"].value_counts()["count"].max() or 1)  # type: ignore[arg-type]
    frame = frame.with_row_index("_at").with_columns(key_text(source.key).alias("_key"))
    for failure in file.aside.hidden:
        book.add(failure, None, LEFT_OUT)
    frame = _cells(frame, file.aside, book)
    gone: set[int] = set()
    emptied: dict[str, set[int]] = {}
    optional = {n for n, c in source.columns.items() if c.null and n not in source.key} | {"value"}
    for name, fails, expected in rules:
        failing = frame.filter(fails)
        stays = name in optional
        for one in failing.iter_rows(named=True):
            failure = Failure(None, one["row"], name, _plain(one[name]), expected)
            book.add(failure, one["_key"], EMPTIED if stays else LEFT_OUT)
        book.hold()
        (emptied.setdefault(name, set()) if stays else gone).update(failing["_at"])
    emptied_keys, repeats = _twice(source, frame.filter(~pl.col("_at").is_in(gone)), book)
    gone |= repeats
    figures = emptied_keys.union(*emptied.values())
    book.hold()
    missing = len(gone) + len(file.aside.hidden) * per_row
    if figures:
        at = pl.col("_at")
        frame = frame.with_columns(
            pl.when(at.is_in(figures)).then(None).otherwise("value").alias("value"),
            pl.when(at.is_in(figures)).then(pl.lit(STATUS)).otherwise("status").alias("status"),
            *(
                pl.when(at.is_in(rows)).then(None).otherwise(name).alias(name)
                for name, rows in emptied.items()
                if name != "value"
            ),
        )
    kept = frame.filter(~pl.col("_at").is_in(gone)) if gone else frame
    return Sorted(kept.drop("_at", "_key"), book.rows(), missing)


def _cells(frame: pl.DataFrame, aside: SetAside, book: "_Book") -> pl.DataFrame:
    """The rows with the status of figures that could not be read, each of them noted."""
    number = pl.col("status").str.extract(r"^q(\d+)$").cast(pl.Int32)
    marked = frame.select("_key", number.alias("_cell")).drop_nulls()
    keys = {cell: key for key, cell in marked.iter_rows()}
    for place, failure in enumerate(aside.cells):
        beside = frame.filter(pl.col("row") == failure.row)["_key"]
        book.add(failure, keys.get(place, beside[0] if len(beside) == 1 else None), EMPTIED)
    book.hold()
    return frame.with_columns(
        pl.when(number.is_not_null()).then(pl.lit(STATUS)).otherwise("status").alias("status")
    )


def _plain(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _twice(source: Source, frame: pl.DataFrame, book: "_Book") -> tuple[set[int], set[int]]:
    """Rows that share a key: those whose figure is to be emptied, and those to leave out."""
    twice = frame.filter(pl.struct(source.key).is_duplicated())
    emptied: set[int] = set()
    repeats: set[int] = set()
    for (key,), group in twice.group_by("_key", maintain_order=True):
        first, *others = group.iter_rows(named=True)
        same = group.select(n for n in source.columns).n_unique() == 1
        expected = f"expected the key on one row, found it on {group.height}"
        for one in others if same else (first, *others):
            outcome = REPEATED.format(first["row"]) if same else EMPTIED
            failure = Failure(None, one["row"], "value", _plain(one["value"]), expected)
            book.add(failure, str(key), outcome)
        repeats |= {one["_at"] for one in others}
        if not same:
            emptied.add(first["_at"])
    return emptied, repeats


class _Book:
    """What is set aside of one release."""

    def __init__(self, source: Source, release: Release, limit: SetAside, of: int) -> None:
        self._source, self._release, self._limit, self._of = source, release, limit, of
        self._found: list[tuple[Failure, str | None, str]] = []

    def add(self, failure: Failure, key: str | None, outcome: str) -> None:
        """Note one failing cell."""
        self._found.append((failure, key, outcome))

    def hold(self) -> None:
        """Refuse the release where too many rows have failed.

        Raises:
            SourceError: so many did.
        """
        failing = {(failure.sheet, failure.row) for failure, *_ in self._found}
        of = self._of
        if not self._limit.few(len(failing), of):
            first, key, _ = self._found[0]
            raise SourceError(
                f"{first.rule}, found {shown(self._source, first.value)!r} and more "
                f"({len(failing)} of {of} rows fail a rule; "
                f"{self._limit.most(of)} may be set aside)"
                + (f"; the first is {key}" if key else ""),
                file=self._release.file,
                sheet=first.sheet,
                row=first.row,
                column=first.column,
                todo="So many are a fault of the file or of its declaration: compare the file with "
                "the publisher's. Nothing of it was used.",
            )

    def rows(self) -> pl.DataFrame:
        """As rows of ``meta.quarantine``."""
        rows = [
            (
                self._source.name,
                self._release.id,
                self._release.file,
                failure.sheet,
                failure.row,
                failure.column,
                key,
                shown(self._source, failure.value),
                failure.rule,
                outcome,
            )
            for failure, key, outcome in self._found
        ]
        return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def quarantine_table(rows: pl.DataFrame) -> Table:
    """``meta.quarantine``."""
    return Table(
        "meta",
        "quarantine",
        rows.sort("source", "release", "file", "sheet", "row", "column", "rule", nulls_last=True),
        "Published rows that fail a rule, as published, and what became of them. None is used.",
        ("source", "release", "sheet", "row", "column", "key", "rule"),
        MEANINGS,
        keyed=False,
    )
