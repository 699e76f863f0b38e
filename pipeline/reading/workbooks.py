"""Reading workbooks and R data files in a process of their own, within limits.

The libraries that read them are written in Rust and C. A damaged or hostile file may make them
crash, never end, or ask for all memory there is: then only that process ends, and the message names
the file.
"""

import bz2
import gzip
import lzma
import multiprocessing
import os
import zipfile
import zlib
from collections.abc import Callable
from concurrent.futures import TimeoutError as TooLateError
from functools import cache, lru_cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import polars as pl

from pipeline.reading.limits import (
    CELLS,
    EXPANDED_BYTES,
    FILE_BYTES,
    MB,
    MEMBERS,
    READ_BYTES,
    READ_SECONDS,
)

P = ParamSpec("P")
R = TypeVar("R")


class ReadError(Exception):
    """A file cannot be read, or asks for more than it may have."""


def sheet_names(path: Path) -> list[str]:
    """The names of a workbook's sheets.

    Raises:
        ReadError: it is no workbook, or too large.
    """
    _check_size(path)
    return _apart(_sheet_names, str(path), path.stat().st_mtime_ns)


def sheet(path: Path, name: str) -> pl.DataFrame:
    """One sheet's cells as text, the first row included.

    Raises:
        ReadError: it cannot be read, or is too large.
    """
    return _apart(_sheet, str(path), path.stat().st_mtime_ns, name, CELLS)


def r_frames(path: Path) -> dict[str, pl.DataFrame]:
    """The data frames of an R data file, by name.

    Raises:
        ReadError: it cannot be read, or is too large.
    """
    _check_size(path)
    return _apart(_r_frames, str(path))


# ---------------------------------------------------------------------------------------------
# Before reading: how much a file would hold.


def _check_size(path: Path) -> None:
    check_file(path)
    expanded = 0
    if zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError) as problem:
            raise ReadError(f"the container is damaged: {problem}") from problem
        if len(members) > MEMBERS:
            raise ReadError(f"it holds {len(members)} files, and may hold {MEMBERS}")
        expanded = sum(member.file_size for member in members)
    else:
        with path.open("rb") as stream:
            begins = stream.read(6)
        for mark, unpack in (
            (b"\x1f\x8b", gzip.open),
            (b"BZh", bz2.open),
            (b"\xfd7zXZ", lzma.open),
        ):
            if begins.startswith(mark):
                expanded = _expanded(path, unpack)
    if expanded > EXPANDED_BYTES:
        raise ReadError(
            f"it expands to more than the {EXPANDED_BYTES // MB} MB that a published file may hold"
        )


def check_file(path: Path) -> None:
    """Refuse a file that is larger than a published file may be.

    Raises:
        ReadError: it is.
    """
    size = path.stat().st_size
    if size > FILE_BYTES:
        raise ReadError(
            f"it has {size // MB} MB, and a published file may have {FILE_BYTES // MB} MB"
        )


def _expanded(path: Path, unpack: Callable[..., Any]) -> int:
    """The unpacked size, counted no further than the limit."""
    size = 0
    try:
        with unpack(path) as stream:
            while size <= EXPANDED_BYTES and (chunk := stream.read(MB)):
                size += len(chunk)
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
        # Whoever reads it says what is wrong.
        return size
    return size


# ---------------------------------------------------------------------------------------------
# In the other process.


def _apart(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Do it in the other process, which is begun anew where a file brought it down."""
    from pebble import ProcessExpired  # noqa: PLC0415 - only where a workbook is read

    future = _pool(os.getpid()).schedule(work, args, kwargs, timeout=READ_SECONDS)
    try:
        made: R = future.result()
    except ProcessExpired as problem:
        raise ReadError(
            "reading it ended the process that read it: it is damaged, or would take more than the "
            f"{READ_BYTES // MB} MB of memory that a file may take"
        ) from problem
    except TooLateError as problem:
        raise ReadError(f"it was not read after {READ_SECONDS} s") from problem
    return made


@cache
def _pool(process: int) -> Any:
    """The other process; a process that was forked has one of its own."""
    from pebble import ProcessPool  # noqa: PLC0415

    if multiprocessing.get_start_method() not in multiprocessing.get_all_start_methods():
        # In joblib's workers it is one of their own, which a new interpreter does not know.
        multiprocessing.set_start_method("spawn", force=True)
    pool: Any = ProcessPool(
        max_workers=1, context=multiprocessing.get_context("spawn"), initializer=_limit
    )

    def end() -> None:
        pool.stop()
        pool.join()

    # And not atexit: a process that multiprocessing made (a step's own) does not run that, but
    # waits for its children for ever.
    Finalize(None, end, exitpriority=1)
    return pool


def _limit() -> None:
    """Limit the memory that this process may take beside what it has, where Linux can."""
    # What the libraries print of their own end helps nobody.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.environ["POLARS_MAX_THREADS"] = "1"
    taken = Path("/proc/self/statm")
    if taken.exists():
        import resource  # noqa: PLC0415 - not on Windows

        import fastexcel  # noqa: F401, PLC0415 - its own memory is not the file's

        pages = int(taken.read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + READ_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _tried(work: Callable[[], R]) -> R:
    """Whatever a library raises, as an error that can be sent on."""
    try:
        return work()
    except MemoryError:
        raise ReadError(f"it would take more than {READ_BYTES // MB} MB of memory") from None
    except ReadError:
        raise
    except (KeyboardInterrupt, SystemExit, ImportError):
        raise  # a library that is missing says nothing about the file
    except BaseException as problem:  # a panic in Rust is no Exception
        raise ReadError(str(problem) or type(problem).__name__) from None


@lru_cache(maxsize=1)
def _workbook(path: str, _changed: int) -> Any:
    import fastexcel  # noqa: PLC0415

    # From bytes the container is told by its content: publishers do rename files.
    return fastexcel.read_excel(Path(path).read_bytes())


def _sheet_names(path: str, changed: int) -> list[str]:
    return _tried(lambda: list(_workbook(path, changed).sheet_names))


def _sheet(path: str, changed: int, name: str, most: int) -> pl.DataFrame:
    def read() -> pl.DataFrame:
        loaded = _workbook(path, changed).load_sheet(
            name, header_row=None, skip_rows=0, dtypes="string"
        )
        frame: pl.DataFrame = loaded.to_polars()
        if frame.height * frame.width > most:
            raise ReadError(
                f"it has {frame.height} rows and {frame.width} columns, and may have {most} cells"
            )
        return frame

    return _tried(read)


def _r_frames(path: str) -> dict[str, pl.DataFrame]:
    def read() -> dict[str, pl.DataFrame]:
        import pyreadr  # noqa: PLC0415

        return {name: pl.from_pandas(frame) for name, frame in pyreadr.read_r(path).items()}

    return _tried(read)
