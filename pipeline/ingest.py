"""From the raw files of a source to its tidy table."""

from pathlib import Path

import polars as pl

from pipeline.corrections import Correction, apply
from pipeline.edition import Edition
from pipeline.published import PublishedFile, SourceError, squash
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
    try:
        return conform(source, release, source.tidy(file, release))
    except SourceError:
        raise
    except Exception as problem:  # a file that nobody foresaw may break anything
        raise file.error(
            f"pipeline/sources/{source.name}.py cannot read it as {release.period} "
            f"({type(problem).__name__}: {squash(str(problem))[:300]})"
        ) from problem


def tidy_table(source: Source, edition: Edition, corrections: list[Correction]) -> pl.DataFrame:
    """All releases of a source as one tidy table, corrected and sorted.

    Every file is read even when one fails, so that one message tells everything; nothing is
    returned unless all of them are right.

    Raises:
        IngestError: at least one file is not as declared.
    """
    frames: list[pl.DataFrame] = []
    problems: list[SourceError] = []
    for release in source.releases:
        edition.bring(edition.raw / release.file)
        try:
            frame = release_table(source, release, edition.raw / release.file)
            expected = None if edition.synthetic else release.rows
            if expected is not None and frame.height != expected:
                raise SourceError(
                    f"expected {expected} tidy rows, found {frame.height}", file=release.file
                )
        except SourceError as problem:
            problems.append(problem)
        else:
            frames.append(frame)
    if not problems:
        table = pl.concat(frames)
        try:
            return apply(source, table, corrections)
        except SourceError as problem:
            problems.append(problem)
    raise IngestError(source, problems)
