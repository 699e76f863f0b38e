"""From the raw files of a source to its tidy table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from pipeline import trace
from pipeline.edition import Edition
from pipeline.reading.corrections import Correction, apply, corrected
from pipeline.reading.published import PublishedFile, SourceError
from pipeline.reading.quarantine import Sorted, opened, read, sort_out
from pipeline.reading.readings import Readings
from pipeline.reading.source import Release, Source, conform


class IngestError(Exception):
    """What is wrong with a source, file by file."""

    def __init__(self, source: Source, problems: list[SourceError]) -> None:
        self.problems = problems
        listed = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f"source {source.name} was not published: problems in {len(problems)} of "
            f"{len(source.releases)} files\n{listed}"
        )

    def __reduce__(self) -> tuple[type[RuntimeError], tuple[str]]:
        """Another process is told in words: a source's functions do not travel."""
        return RuntimeError, (str(self),)


def one_release(
    source: Source, release: Release, path: Path, corrections: Sequence[Correction] = ()
) -> Sorted:
    """One release's file on its own, as a run would read it: its rows, and what it would set aside.

    Args:
        corrections: made where they match.

    Raises:
        SourceError: it is not as declared, whatever the source's code makes of that.
    """
    file = opened(source, PublishedFile(path, release.file))
    frame = rows_of(source, release, file)
    for one in corrections:
        if one.source == source.name:
            frame = corrected(frame, one)
    return sort_out(source, release, frame, file)


def rows_of(source: Source, release: Release, file: PublishedFile) -> pl.DataFrame:
    """One release's rows; a file that sets rows aside may give some that do not hold.

    Raises:
        SourceError: it is not as declared.
    """
    frame = read(source, release, file)
    return frame if file.aside is not None else conform(source, release, frame)


def whole(file: PublishedFile) -> bool:
    """Whether nothing of a file that was read had to be set aside."""
    return file.aside is None or not (file.aside.hidden or file.aside.cells)


@dataclass(frozen=True)
class Ingested:
    """A source's tidy table, and the rows of its files that are set aside.

    Attributes:
        missing: the most rows that those left out would have given.
    """

    table: pl.DataFrame
    aside: pl.DataFrame
    missing: int


def ingest(source: Source, edition: Edition, corrections: list[Correction]) -> Ingested:
    """All releases of a source as one tidy table, corrected and sorted.

    Every file is read even when one fails, so that one message tells everything; nothing is
    returned unless all of them are right, but for a few rows that are set aside.

    Raises:
        IngestError: at least one file is not as declared.
    """
    frames: list[pl.DataFrame] = []
    problems: list[SourceError] = []
    files = {}
    readings = Readings(source, edition)
    for release in source.releases:
        trace.read(f"raw:{release.file}")
        edition.bring(edition.raw / release.file)
        file = opened(source, PublishedFile(edition.raw / release.file, release.file))
        try:
            frame = readings.of(
                release, partial(rows_of, source, release, file), partial(whole, file)
            )
        except SourceError as problem:
            problems.append(problem)
        else:
            files[release.id] = file
            frames.append(frame)
    if problems:
        raise IngestError(source, problems)
    try:
        table = apply(source, pl.concat(frames), corrections)
    except SourceError as problem:
        raise IngestError(source, [problem]) from problem
    by_release = table.partition_by("release", as_dict=True, maintain_order=True)
    done = []
    for release in source.releases:
        try:
            rows = by_release.get((release.id,), table.clear())
            one = sort_out(source, release, rows, files[release.id])
            expected = None if edition.synthetic else release.rows
            if expected is not None and not expected - one.missing <= one.frame.height <= expected:
                raise files[release.id].error(
                    f"expected {expected} tidy rows, found {one.frame.height}"
                    + (f" and {one.aside.height} failures set aside" if one.aside.height else "")
                )
            done.append(one)
        except SourceError as problem:
            problems.append(problem)
    if problems:
        raise IngestError(source, problems)
    readings.prune()
    return Ingested(
        # In one piece, so that the bytes do not depend on what was read and what was kept.
        pl.concat([one.frame for one in done], rechunk=True),
        pl.concat([one.aside for one in done]),
        sum(one.missing for one in done),
    )
