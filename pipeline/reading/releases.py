"""New and changed files of the sources: noticed, tried and compared before anything is published.

A declared file whose bytes are not the declared ones, and an undeclared file that is named like the
declared ones of a source, are read as the source would read them, and set beside what is published.
Neither is ever used: that takes a change of the declaration.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from posixpath import basename, dirname, splitext
from typing import Literal

import polars as pl

from pipeline.edition import Edition
from pipeline.reading.corrections import declared as declared_corrections
from pipeline.reading.differences import Difference, differ, latest
from pipeline.reading.fetch import digest
from pipeline.reading.geography import refuse_unknown
from pipeline.reading.ingest import one_release
from pipeline.reading.published import SourceError
from pipeline.reading.quarantine import HIDDEN, Sorted
from pipeline.reading.reconciliation import compare
from pipeline.reading.source import Release, Source
from pipeline.sources import sources

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SPAN = re.compile(r"(20\d\d)\D(20\d\d)")
MONTH = re.compile(
    r"jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?"
    r"|oct(ober)?|nov(ember)?|dec(ember)?"
)
EDITION_WORDS = re.compile(
    r"copy|draft|final|first|latest|new|prenov|provisional|release|revised|revision|second"
    r"|updated?|v|version"
)
"""Words of file names that tell releases apart, beside numbers and months."""

KINDS = {
    "changed": "bytes are not the declared ones",
    "undeclared": "not declared, and named like the declared files of the source",
    "missing": "declared, and not there",
    "unreached": "declared, and its address could not be asked",
    "declared": "declared since the last publish, or no longer declared",
}
Kind = Literal["changed", "undeclared", "missing", "unreached", "declared"]
GONE = (404, 410)
"""Statuses of a server that says that a file is not there."""

SCHEMA = {
    "source": pl.String,
    "file": pl.String,
    "kind": pl.String,
    "release": pl.String,
    "sha256": pl.String,
    "rows": pl.Int64,
    "rows_before": pl.Int64,
    "columns_added": pl.String,
    "columns_gone": pl.String,
    "keys_added": pl.Int64,
    "keys_gone": pl.Int64,
    "values_changed": pl.Int64,
    "largest_change": pl.Float64,
    "periods_added": pl.String,
    "coverage_lost": pl.String,
    "examples": pl.String,
    "rows_set_aside": pl.Int64,
    "set_aside": pl.String,
    "problem": pl.String,
}


@dataclass(frozen=True)
class Notice:
    """What was noticed of one file.

    Attributes:
        release: how it is declared, or would be.
        rows: tidy rows of the file; None where it could not be read.
        difference: the source with this file, against what is published; None where nothing is
            published or the file could not be read.
        problem: why it could not be read, or where a run would stop.
        aside: the failing cells that a run would set aside, as rows of ``meta.quarantine``.
    """

    source: str
    file: str
    kind: Kind
    release: Release | None = None
    rows: int | None = None
    difference: Difference | None = None
    problem: str | None = None
    aside: pl.DataFrame | None = None

    @property
    def rows_set_aside(self) -> int | None:
        """Published rows of which a run would set something aside; None where none was read."""
        return None if self.aside is None else self.aside.select("sheet", "row").n_unique()

    def set_aside(self) -> list[str]:
        """What a run would set aside, a sentence each."""
        found = []
        for one in (self.aside if self.aside is not None else pl.DataFrame()).iter_rows(named=True):
            sheet = f"sheet {one['sheet']!r}, " if one["sheet"] else ""
            where = f"{sheet}row {one['row']}, {one['column'] or 'the row'}"
            cell = one["value"] if one["value"] == HIDDEN else repr(one["value"])
            found.append(f"{where}: {one['rule']}, the cell is {cell}: {one['outcome']}")
        return found

    def row(self) -> dict[str, object]:
        """The notice as a row of ``meta.release_notice``."""
        found: dict[str, object] = {
            "source": self.source,
            "file": self.file,
            "kind": self.kind,
            "release": self.release.id if self.release else None,
            "sha256": self.release.sha256 if self.release else None,
            "rows": self.rows,
            "rows_set_aside": self.rows_set_aside,
            "set_aside": "; ".join(self.set_aside()),
            "problem": self.problem,
        }
        if self.difference is not None:
            found |= {
                name: value if isinstance(value, int | float | None) else "; ".join(map(str, value))
                for name, value in vars(self.difference).items()
                if name not in ("rows_after", "lost")
            }
            found["coverage_lost"] = "; ".join(map(str, self.difference.lost))
        return {name: found.get(name) for name in SCHEMA}


# ---------------------------------------------------------------------------------------------
# Which files.


@cache
def pattern(name: str) -> str:
    """A file's name without its ending, numbers, months and words that tell releases apart."""
    parts = re.findall(r"[a-z]+", PurePosixPath(name).stem.casefold())
    return " ".join(p for p in parts if not MONTH.fullmatch(p) and not EDITION_WORDS.fullmatch(p))


def undeclared(source: Source, mirror: Path) -> list[str]:
    """Files of a mirror that are named like a source's declared ones, in the same folder.

    A new file may have another ending (publishers move from .xls to .xlsx), but one of a data file;
    where several sources fit, those count whose files have the same ending.
    """
    declared = {release.file: one.name for one in sources().values() for release in one.releases}
    endings = {splitext(file)[1] for file in declared}
    folders = {dirname(release.file) for release in source.releases}
    owners: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for file, name in declared.items():
        if dirname(file) in folders:
            place = dirname(file), pattern(basename(file))
            owners.setdefault(place, set()).add((name, splitext(file)[1]))
    found = []
    for folder in sorted(folders):
        there = (mirror / folder).iterdir() if (mirror / folder).is_dir() else ()
        for name in sorted(path.name for path in there):
            file, ending = f"{folder}/{name}", splitext(name)[1]
            if file in declared or ending not in endings or name.startswith((".", "~")):
                continue
            fitting = owners.get((folder, pattern(name)), set())
            same = {owner for owner in fitting if owner[1] == ending}
            if source.name in {owner for owner, _ in same or fitting}:
                found.append(file)
    return found


def _month(name: str) -> str | None:
    """``2019-04`` of a name such as ``April_19.xls`` or ``data 2019-04.csv``."""
    parts = re.findall(r"[a-z]+|\d+", name.casefold())
    months = [MONTHS.index(part[:3]) + 1 for part in parts if MONTH.fullmatch(part)]
    years = [int(part) % 100 for part in parts if re.fullmatch(r"(20)?\d\d", part)]
    if months and years:
        return f"20{years[-1]:02d}-{months[0]:02d}"
    found = re.search(r"(20\d\d)[-_ ]?(0[1-9]|1[0-2])(?!\d)", name)
    return f"{found[1]}-{found[2]}" if found else None


def _financial_year(name: str) -> str | None:
    for first, last in re.findall(r"(20\d\d)\D?(\d\d)(?!\d)", name):
        if (int(first) + 1) % 100 == int(last):
            return f"{first}-{last}"
    return None


def _year(name: str) -> str | None:
    found = re.findall(r"20\d\d", name) or re.findall(r"(?<!\d)\d\d(?!\d)", name)
    return found[-1] if found and len(found[-1]) == 4 else f"20{found[-1]}" if found else None


def _period(name: str, declared: Sequence[str]) -> str | None:
    """The period that a file's name speaks of, in the form of the declared ones."""
    if all(re.fullmatch(r"\d{4}", period) for period in declared):
        return _year(name)
    if all(re.fullmatch(r"\d{4}-\d\d", period) for period in declared):
        years = all((int(one[:4]) + 1) % 100 == int(one[5:]) for one in declared)
        return _financial_year(name) if years else _month(name)
    found = SPAN.search(name)
    return f"{found[1]}-{found[2]}" if found else None


def proposed(source: Source, file: str, sha256: str) -> Release:
    """How an undeclared file would be declared, as far as its name tells."""
    path = PurePosixPath(file)
    like = [
        release
        for release in source.releases
        if pattern(PurePosixPath(release.file).name) == pattern(path.name)
    ]
    last = max(like, key=lambda release: (release.period, release.revision))
    period = _period(path.stem, [release.period for release in like]) or last.period
    # A file of many years repeats the years of the one before it.
    same = like if SPAN.fullmatch(period) else [r for r in source.releases if r.period == period]
    labels = [word for word in ("provisional", "revised", "final") if word in file.casefold()]
    return Release(
        file=file,
        url="",
        sha256=sha256,
        period=period,
        label=labels[0] if labels else "revised" if same else last.label,
        revision=1 + max((release.revision for release in same), default=-1),
    )


# ---------------------------------------------------------------------------------------------
# What is in them.


def published_table(edition: Edition, layer: str, name: str) -> pl.DataFrame | None:
    """A table of the published database, or None where there is none."""
    return _table(edition.database, layer, name) if edition.database.exists() else None


def _table(database: Path, layer: str, name: str) -> pl.DataFrame | None:
    import duckdb  # noqa: PLC0415 - not needed to define the assets

    with duckdb.connect(str(database), read_only=True) as connection:
        try:
            found: pl.DataFrame = connection.table(f'{layer}."{name}"').pl()
        except duckdb.CatalogException:
            return None
    return found


def _published_releases(edition: Edition, source: Source) -> set[tuple[str, str]] | None:
    """Release and sha256 of a source in the published database; None where nothing is published."""
    database = edition.database.resolve()
    listed = _releases(database, database.stat().st_mtime_ns) if database.exists() else None
    if listed is None:
        return None
    own = listed.filter(pl.col("source") == source.name)
    return set(own.select("release", "sha256").iter_rows())


@lru_cache(maxsize=1)
def _releases(database: Path, changed: int) -> pl.DataFrame | None:
    """Read once: a run asks for every source, and opening the file takes longer than the answer.

    Args:
        changed: when the file was written, where a newer version has the same name.
    """
    return _table(database, "meta", "release")


def _tried(
    source: Source, release: Release, path: Path, edition: Edition
) -> tuple[Sorted | None, str | None]:
    """The file as a run would read it, and what is wrong with it."""
    corrections = () if edition.synthetic else declared_corrections()
    try:
        found = one_release(source, release, path, corrections)
    except SourceError as problem:
        return None, str(problem)
    registry = published_table(edition, "tidy", "council_registry")
    try:
        if registry is not None:
            refuse_unknown(source, found.frame, registry)
    except SourceError as problem:
        return found, str(problem)
    return found, None


def _totals_off(source: Source, table: pl.DataFrame) -> int:
    return compare(source, table, []).filter(~pl.col("agrees")).height


def tried(source: Source, kind: Kind, release: Release, path: Path, edition: Edition) -> Notice:
    """One file read as the source would read it, and compared with what is published."""
    found, problem = _tried(source, release, path, edition)
    frame = None if found is None else found.frame
    published = published_table(edition, "tidy", source.name)
    difference = None
    if frame is not None and published is not None and published.height:
        others = published.filter(pl.col("file") != release.file)
        new = pl.concat([others, frame], how="diagonal_relaxed")
        difference = differ(source, latest(source, published), latest(source, new))
        off, were = (_totals_off(source, table) for table in (new, published))
        if off > were:
            worse = f"{off - were} published totals would not add up any more."
            problem = " ".join(filter(None, (problem, worse)))
    rows = None if frame is None else frame.height
    aside = None if found is None else found.aside
    return Notice(source.name, release.file, kind, release, rows, difference, problem, aside)


def look(
    source: Source,
    edition: Edition,
    mirror: Path,
    hashes: Mapping[str, str] | None = None,
) -> list[Notice]:
    """Everything about a source's files in a folder that is not as declared.

    Args:
        mirror: folder laid out as the declared file names.
        hashes: file to sha256, instead of the declared ones (for generated files).
    """
    found: list[Notice] = []
    for release in source.releases:
        path = mirror / release.file
        if not path.exists():
            found.append(Notice(source.name, release.file, "missing", release))
            continue
        sha256 = digest(path)
        if sha256 != (release.sha256 if hashes is None else hashes.get(release.file)):
            now = replace(release, sha256=sha256)
            found.append(tried(source, "changed", now, path, edition))
    known = {release.sha256: release.file for release in source.releases}
    for file in undeclared(source, mirror):
        sha256 = digest(mirror / file)
        notice = tried(source, "undeclared", proposed(source, file, sha256), mirror / file, edition)
        if sha256 in known:
            copy = f"It has the same bytes as {known[sha256]}, which is declared."
            notice = replace(notice, problem=" ".join(filter(None, (copy, notice.problem))))
        found.append(notice)
    return found


def from_addresses(
    source: Source, folder: Path, progress: Callable[[str], None]
) -> dict[str, tuple[Kind, str]]:
    """Download a source's files as they are today.

    Returns:
        File to what it is, missing or unreached, and why it could not be had.
    """
    import httpx  # noqa: PLC0415 - only where something is downloaded

    from pipeline.reading.download import DownloadError, download  # noqa: PLC0415

    problems: dict[str, tuple[Kind, str]] = {}
    for release in source.releases:
        path = folder / release.file
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            download(release, path, progress, resume=False)
        except (DownloadError, httpx.HTTPError, OSError) as problem:
            path.unlink(missing_ok=True)
            status = getattr(getattr(problem, "response", None), "status_code", None)
            kind: Kind = "missing" if status in GONE else "unreached"
            problems[release.file] = kind, f"{release.url}: {type(problem).__name__}: {problem}"
    return problems


def newly_declared(
    source: Source, edition: Edition, table: pl.DataFrame
) -> tuple[list[Notice], pl.DataFrame | None]:
    """What a change of the declared releases does to a source, against what is published.

    Args:
        table: the source's new tidy table.

    Returns:
        At most one notice, and the published rows in force; None where the releases are those
        of the published version, or nothing of the source is published.
    """
    before = _published_releases(edition, source)
    after = {(one.id, one.sha256): one for one in source.releases}
    if before is None or set(after) == before:
        return [], None
    published = published_table(edition, "tidy", source.name)
    if published is None or not published.height:
        return [], None
    new = [one for known, one in after.items() if known not in before]
    said = [one.file for one in new]
    ids = {one.id for one in source.releases}
    said += [f"{one} (withdrawn)" for one in sorted({one for one, _ in before} - ids)]
    old = latest(source, published)
    notice = Notice(
        source.name,
        ", ".join(said),
        "declared",
        new[-1] if new else None,
        table.filter(pl.col("release").is_in([one.id for one in new])).height,
        differ(source, old, latest(source, table)),
    )
    return [notice], old
