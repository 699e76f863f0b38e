"""What was read of each release's file, kept, so that a file is read once.

A source of 96 files that gets one more reads one file. A reading belongs to the bytes of the file,
the declaration of the release and the code that reads it; its own digest is in its name, so that a
damaged one is never used.
"""

import io
from collections.abc import Callable, Sequence

import polars as pl

from pipeline.code import code_version, combined, is_module, packages, sha256
from pipeline.edition import Edition, replacing
from pipeline.reading.fetch import digest
from pipeline.reading.source import Release, Source

DIGITS = 24


class Readings:
    """The kept readings of a source with more than one file.

    Attributes:
        read: the files that had to be read, in order.
    """

    def __init__(self, source: Source, edition: Edition) -> None:
        self._source = source
        self._edition = edition
        self._folder = edition.folder / "cache" / "read" / source.name
        self._used: set[str] = set()
        self.read: list[str] = []
        self._reader = getattr(source.tidy, "__module__", "")
        # A single file is read again only when it changed, and then nothing kept would fit; and
        # only code of this package can be told from what it was.
        self._kept = len(source.releases) > 1 and is_module(self._reader)

    def of(
        self,
        release: Release,
        read: Callable[[], pl.DataFrame],
        whole: Callable[[], bool] = lambda: True,
    ) -> pl.DataFrame:
        """The rows of a release: kept ones where they fit, else read and kept.

        Args:
            read: reads them of the file.
            whole: whether what was read may be kept: what had to be set aside is read each time.
        """
        path = self._edition.raw / release.file
        if not self._kept or not path.exists():
            self.read.append(release.file)
            return read()
        key = self._key(release, digest(path))
        for kept in self._folder.glob(f"{key}-*.parquet"):
            content = kept.read_bytes()
            if kept.stem == f"{key}-{sha256(content)[:DIGITS]}":
                self._used.add(kept.name)
                return pl.read_parquet(io.BytesIO(content))
            kept.unlink()
        self.read.append(release.file)
        frame = read()
        if not whole():
            return frame
        stream = io.BytesIO()
        frame.write_parquet(stream, compression="lz4")
        content = stream.getvalue()
        name = f"{key}-{sha256(content)[:DIGITS]}.parquet"
        with replacing(self._folder / name) as scratch:
            scratch.write_bytes(content)
        self._used.add(name)
        return frame

    def again(
        self,
        release: Release,
        read: Callable[[], pl.DataFrame],
        whole: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Read a release again whatever is kept; whether that gave another result, or the first."""
        path = self._edition.raw / release.file
        before = set(self._folder.glob(f"{self._key(release, digest(path))}-*.parquet"))
        contents = {kept: kept.read_bytes() for kept in before}
        for kept in before:
            kept.unlink()
        self.of(release, read, whole)
        after = {kept: kept.read_bytes() for kept in before if kept.exists()}
        return not before or after != contents

    def _key(self, release: Release, file: str) -> str:
        own = f"pipeline.sources.{self._source.name}"
        code = [self._reader, "pipeline.reading.quarantine", *([own] if is_module(own) else [])]
        made_by = [
            ("file", file),
            ("release", repr(release)),
            ("reader", getattr(self._source.tidy, "__qualname__", "")),
            ("code", code_version(*code)),
            ("packages", packages()),
        ]
        return combined(made_by)[:DIGITS]

    def forget(self, files: Sequence[str] = ()) -> None:
        """Drop what is kept of these files; of all where none is named."""
        for release in self._source.releases:
            path = self._edition.raw / release.file
            if (not files or release.file in files) and path.exists():
                for kept in self._folder.glob(f"{self._key(release, digest(path))}-*.parquet"):
                    kept.unlink(missing_ok=True)

    def prune(self) -> None:
        """Drop the readings that were not used, of files or code that are gone."""
        for path in self._folder.glob("*.parquet"):
            if path.name not in self._used:
                path.unlink(missing_ok=True)


def forget(edition: Edition, source: Source, files: Sequence[str] = ()) -> None:
    """Drop what is kept of a source, or of some of its files, so that they are read again."""
    Readings(source, edition).forget(files)
