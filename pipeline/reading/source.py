"""What a source is: one published dataset, declared once, with the way to make it tidy."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

import polars as pl

from pipeline.reading.calendar import Calendar
from pipeline.reading.published import EXAMPLES, Failure, PublishedFile, SourceError

Grade = Literal["original", "derived", "scraped"]
Level = Literal["council", "district", "trust", "country"]

STATUS = {
    "ok": "observed and published",
    "c": "confidential: suppressed by the publisher",
    "x": "not available",
    "z": "not applicable",
    "low": "too few to publish; shown as low",
    "u": "unreliable, by the publisher's own mark",
    "p": "provisional",
    "r": "revised",
    "e": "estimated from councils of another date on the same ground",
    "q": "set aside: what is published fails a check; see meta.quarantine",
}
"""The statuses a value may have, in the wording of the Government Analysis Function's symbols."""

WARNINGS = {
    "rekeyed": "Typed again or reshaped by a third party; not the publisher's own bytes.",
    "licence_unclear": "The publisher's licence for this copy is not stated without doubt.",
    "unit_not_stated": "The file states no unit; the unit here is inferred from magnitudes.",
    "rounded": "Some years are published rounded to whole percents.",
    "revised_once": "Each month was revised once, up to about a year later; only the revised "
    "files are held here.",
    "net_of_transfers": "Net figures fall when money moves from the NHS; compare with care.",
    "reporting_practice": "Zeros may be a way of reporting and not an absence of money.",
    "not_one_basis": "Budget and outturn are not on one basis; their gap is no deviation.",
    "residence_not_use": "Says where a trust's patients live, not where a place's patients go.",
    "later_vintage": "Drawn on later boundaries or codes than the years it is used for.",
    "scope_changes": "What a total covers differs between years and classes of council.",
    "voluntary_item": "Councils need not report it; many do not, and some report zero.",
    "zero_for_missing": "Some zeros are almost certainly missing values.",
    "part_years": "Years of a merger hold a part of a year.",
    "repeated_values": "Some years repeat the figures of another year.",
    "definition_changes": "What a figure means changes between years.",
    "names_only": "Places have names and no codes: join by name and date, and never by guess.",
    "volunteer_reading": "Read out of councils' documents by volunteers.",
    "unverified_scrape": "Read off web pages by a third party and not verified by the publisher.",
    "snapshot": "Only the latest state of each place; earlier ones are gone.",
    "moment_not_stated": "Which day and which patients are counted is not stated.",
    "areas_drop_out": "Some areas stop reporting part-way.",
    "estimates_in_totals": "Totals hold the publisher's estimates for returns not sent.",
    "uncertified": "Many returns are not certified by the council.",
    "in_development": "Some measures are official statistics in development.",
    "blank_may_be_none": "A blank may mean that there is none.",
    "suppressed_rows_dropped": "Rows that the publisher suppressed were dropped by a third party.",
    "year_inferred": "The year, or what a figure is, is inferred and not stated.",
    "model_based": "Estimated from a model, not counted.",
}
"""The vocabulary of usage warnings."""

PLACE_CODE = r"^E\d{8}$"
"""The form of the ONS code of a place in England."""


@dataclass(frozen=True)
class Release:
    """One published file of a source.

    Attributes:
        file: path of the file in a mirror, with forward slashes.
        url: its pinned address, which never changes what it gives.
        sha256: of its bytes.
        period: what it covers, such as ``2011-04`` or ``2016-17``.
        published: ISO date it was published or last revised; empty where the file states none.
        rows: rows that ``tidy`` makes of it.
        label: how people call it, where the period alone does not tell releases apart.
        revision: 0 for the first release held of a period, 1 for the next, and so on.
    """

    file: str
    url: str
    sha256: str
    period: str
    published: str = ""
    rows: int | None = None
    label: str = "final"
    revision: int = 0

    def __post_init__(self) -> None:
        path = PurePosixPath(self.file)
        if path.is_absolute() or ".." in path.parts or re.search(r"[\\:\x00-\x1f]", self.file):
            raise ValueError(f"release file {self.file!r}: expected a path inside a mirror")

    @property
    def id(self) -> str:
        """Unique within the source; sorts by period, then publication date."""
        return " ".join(part for part in (self.period, self.published, self.label) if part)


@dataclass(frozen=True)
class Column:
    """One column of a tidy table.

    Attributes:
        kind: polars type of the column.
        meaning: one sentence for the data dictionary, with the unit where it has one.
        low, high: bounds that every value must keep.
        values: the only values allowed.
        null: whether it may be empty.
    """

    kind: pl.DataType | type[pl.DataType]
    meaning: str
    low: float | None = None
    high: float | None = None
    values: Sequence[str] | None = None
    null: bool = False


VALUE = Column(pl.Float64, "The published figure; empty where the status says so.", null=True)
STATUS_COLUMN = Column(
    pl.String, "What stands behind the value; see meta.dictionary.", values=tuple(STATUS)
)
ORIGIN = {
    "release": Column(pl.String, "Which release the row came from."),
    "revision": Column(
        pl.Int32, "0 for the first release held of a period, 1 for the next, and so on.", low=0
    ),
    "file": Column(pl.String, "Published file that the row came from."),
    "row": Column(pl.Int32, "Row of that file or sheet, counted from 1.", low=1, null=True),
}


@dataclass(frozen=True)
class Source:
    """A published dataset.

    ``tidy`` makes one release's file into rows with exactly ``columns``; everything else
    (assets, checks, dictionary, attribution, tests) follows from this declaration.

    Attributes:
        key: columns that identify a row within one release.
        area: column with the place's code, and what kind of place it is.
        markers: published text that stands for a status instead of a number.
        reconcile: checks of published totals: rows of ``check, period, area, published,
            computed, tolerance``.
        calendar: when its publisher releases, where that is known in general terms.
    """

    name: str
    title: str
    publisher: str
    licence: str
    attribution: str
    grade: Grade
    about: str
    releases: Sequence[Release]
    columns: Mapping[str, Column]
    key: Sequence[str]
    tidy: Callable[[PublishedFile, Release], pl.DataFrame]
    area: tuple[str, Level] | None = None
    markers: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    reconcile: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    calendar: Calendar | None = None

    def __post_init__(self) -> None:
        unknown = [w for w in self.warnings if w not in WARNINGS]
        if unknown:
            raise ValueError(f"source {self.name}: no usage warning {unknown}; see WARNINGS")
        bad = {m: s for m, s in self.markers.items() if s not in STATUS}
        if bad:
            raise ValueError(f"source {self.name}: markers map to unknown statuses {bad}")
        ids = [release.id for release in self.releases]
        if len(set(ids)) != len(ids):
            raise ValueError(f"source {self.name}: releases share an id")

    @property
    def schema(self) -> Mapping[str, Column]:
        """All columns of the tidy table: the declared ones and where each row came from."""
        return {**self.columns, **ORIGIN}


def numbers(
    frame: pl.DataFrame,
    text: str,
    *,
    file: PublishedFile,
    sheet: str | None = None,
    markers: Mapping[str, str],
    blank: str = "x",
    scale: float = 1.0,
) -> pl.DataFrame:
    """Replace a text column by ``value`` (float) and ``status``.

    Thousands commas are dropped. A marker leaves the value empty with its status; an empty cell
    gets the status ``blank``.

    Where the file sets figures aside, a few that are neither a number nor a declared marker are
    left empty: their status is ``q`` and the place of the failure in ``file.aside.cells``.

    Raises:
        SourceError: some text is neither a number nor a declared marker; the rows are named.
    """
    published = pl.col(text).str.strip_chars()
    value = published.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    mark = published.replace_strict(
        list(markers), list(markers.values()), default=None, return_dtype=pl.String
    )
    parsed = frame.with_columns(
        pl.when(mark.is_null()).then(value * scale).alias("value"),
        pl.when(published.is_null())
        .then(pl.lit(blank))
        .when(mark.is_not_null())
        .then(mark)
        .when(value.is_finite())
        .then(pl.lit("ok"))
        .alias("status"),
    )
    failed = pl.col("status").is_null()
    wrong = parsed.filter(failed)
    if wrong.height:
        expected = f"expected a number or one of {', '.join(map(repr, markers)) or 'no marker'}"
        aside = file.aside
        if (
            aside is None
            or "row" not in parsed.columns
            or not aside.few(wrong.height, frame.height)
        ):
            first = wrong.row(0, named=True)
            others = wrong[text].unique(maintain_order=True).to_list()[:EXAMPLES]
            raise file.error(
                f"{expected}, found {', '.join(map(repr, others))} ({wrong.height} cells)",
                sheet=sheet,
                row=first.get("row"),
                column=first.get("label"),
                todo="If it is a new symbol of the publisher's, declare it in the source's "
                "markers; if it is an error, declare a correction.",
            )
        start = len(aside.cells)
        aside.cells += [
            Failure(sheet, one["row"], one.get("label") or "", one[text], expected)
            for one in wrong.iter_rows(named=True)
        ]
        number = failed.cum_sum() + (start - 1)
        parsed = parsed.with_columns(
            pl.when(failed).then(pl.format("q{}", number)).otherwise("status").alias("status"),
            pl.when(failed).then(None).otherwise("value").alias("value"),
        )
    return parsed.drop(text)


def shape(source: Source, release: Release, frame: pl.DataFrame) -> pl.DataFrame:
    """One release's rows with exactly the declared columns, typed and sorted.

    Raises:
        SourceError: columns are missing or new.
    """
    frame = frame.with_columns(
        pl.lit(release.id).alias("release"),
        pl.lit(release.revision).alias("revision"),
        pl.lit(release.file).alias("file"),
    )
    missing = [name for name in source.schema if name not in frame.columns]
    extra = [name for name in frame.columns if name not in source.schema]
    if missing or extra:
        raise SourceError(
            f"tidy() of source {source.name} gave columns missing {missing}, undeclared {extra}",
            file=release.file,
            todo="Make tidy() and the declared columns agree.",
        )
    return frame.select(
        pl.col(name).cast(column.kind) for name, column in source.schema.items()
    ).sort(*source.key, maintain_order=True)


def conform(source: Source, release: Release, frame: pl.DataFrame) -> pl.DataFrame:
    """One release's rows with exactly the declared columns, typed, keyed and sorted.

    Raises:
        SourceError: columns are missing or new, a column that may not be empty is, or two rows
            share a key.
    """
    frame = shape(source, release, frame)
    for name, column in source.schema.items():
        if not column.null and frame[name].null_count():
            first = frame.filter(pl.col(name).is_null()).row(0, named=True)
            raise SourceError(
                f"{frame[name].null_count()} rows have no {name}, which may not be empty",
                file=release.file,
                row=first["row"],
                column=name,
            )
    twice = frame.filter(pl.struct(source.key).is_duplicated())
    if twice.height:
        first = twice.row(0, named=True)
        key = ", ".join(f"{name}={first[name]}" for name in source.key)
        rows = twice.filter(
            pl.all_horizontal(pl.col(name).eq_missing(pl.lit(first[name])) for name in source.key)
        )["row"].to_list()
        raise SourceError(
            f"the key ({key}) stands on {len(rows)} rows ({', '.join(map(str, rows))}), expected "
            "one",
            file=release.file,
            row=first["row"],
        )
    return frame
