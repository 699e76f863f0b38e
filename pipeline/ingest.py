"""From the raw files of a source to its tidy table."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.corrections import Correction, apply
from pipeline.edition import Edition
from pipeline.published import PublishedFile, SourceError
from pipeline.quarantine import opened, read, sort_out
from pipeline.source import Release, Source, conform


class IngestError(Exception):
    """What is wrong with a source, file by file."""

    def __init__(self, source: Source, problems: list[SourceError]) -> None:
        self.problems = problems
        listed = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f"source {source.name} was not published: {len(problems)} of {len(source.releases)} "
            f"files have problems\n{listed}"
        )


def release_table(source: Source, release: Release, path: Path) -> pl.DataFrame:
    """One release's file as its source reads it, with exactly the declared columns.

    Raises:
        SourceError: it is not as declared, whatever the source's code makes of that.
    """
    file = PublishedFile(path, release.file)
    return conform(source, release, read(source, release, file))


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
    for release in source.releases:
        edition.bring(edition.raw / release.file)
        file = opened(source, PublishedFile(edition.raw / release.file, release.file))
        try:
            frame = read(source, release, file)
            if file.aside is None:
                frame = conform(source, release, frame)
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
    return Ingested(
        pl.concat([one.frame for one in done]),
        pl.concat([one.aside for one in done]),
        sum(one.missing for one in done),
    )
