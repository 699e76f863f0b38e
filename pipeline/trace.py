"""What a step reads and makes, noted while it runs, so that nobody has to declare it.

Labels: ``table:tidy.ascof``, ``record:checks/tidy.ascof``, ``raw:ascof/x.ods``,
``generated:ascof/x.ods``, ``reference:council_code_additions`` and, of what is published,
``version:report``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

BETWEEN_RUNS = ("publish", "releases_declared", "steps")
"""Kinds of records that one run leaves for the next, or for itself: neither read nor made."""
SHARED = ("releases_looked",)
"""Kinds of records that others write as well, so that no step answers for them."""


@dataclass
class Trace:
    """The labels of what was read and of what was made."""

    read: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def tracing() -> Iterator[Trace]:
    """Note what is read and made in the block."""
    trace = Trace()
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def read(label: str) -> None:
    """Note that something was read; what the step itself made does not count."""
    trace = _current.get()
    if trace is not None and label not in trace.made and not _of(label, BETWEEN_RUNS):
        trace.read.add(label)


def made(label: str) -> None:
    """Note that something was made."""
    trace = _current.get()
    if trace is not None and not _of(label, (*BETWEEN_RUNS, *SHARED)):
        trace.made.add(label)


def _of(label: str, kinds: tuple[str, ...]) -> bool:
    return label.startswith(tuple(f"record:{kind}/" for kind in kinds))
