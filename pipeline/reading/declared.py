"""What people declare of sources in files of ``data``: read here, and refused where it is wrong.

A file has entries of a few kinds, ``[[correction]]`` or ``[[drift]]``, each with the keys of the
class that it becomes.
"""

import difflib
import tomllib
from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, fields
from functools import lru_cache
from pathlib import Path
from types import NoneType
from typing import Any, Protocol, TypeVar, get_args, get_type_hints

from pipeline.sources import sources


class DeclarationError(ValueError):
    """A declaration is wrong: the file, the entry, what was expected and what to do, in a line."""


class OfSource(Protocol):
    """An entry: it is of one source."""

    @property
    def source(self) -> str:
        """The source's name."""


T = TypeVar("T", bound=OfSource)


def entries(
    path: Path,
    table: str,
    kind: type[T],
    *,
    beside: Collection[str] = (),
    wrong: Callable[[T], Sequence[str]] = lambda entry: (),
) -> list[T]:
    """The entries of one kind that a file declares.

    Args:
        table: how they are called, without brackets.
        beside: what other entries the file may have.
        wrong: what more is wrong with an entry, in words.

    Raises:
        DeclarationError: the file cannot be read, or an entry is not as expected.
    """
    text = read(path)
    return list(_entries(path.name, text, table, kind, known=(table, *beside), wrong=wrong))


def read(path: Path) -> str:
    """The text of a file of declarations.

    Raises:
        DeclarationError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as problem:
        raise DeclarationError(
            f"data/{path.name} cannot be read: {problem}. Put it back as UTF-8 text"
        ) from None


def tables(name: str, text: str, known: Collection[str]) -> dict[str, Any]:
    """The tables of a file's text.

    Raises:
        DeclarationError: it is not TOML, or has a table that is not known.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise DeclarationError(
            f"data/{name} is not valid TOML: {problem}. Mend it, and run again"
        ) from None
    for table in found:
        if table not in known:
            raise DeclarationError(
                f"data/{name}: no table {table!r}{meant(table, known)}. Rename it or take it out, "
                "and run again"
            )
    return found


def meant(name: str, known: Collection[str]) -> str:
    """The known name that is nearest to one that is not, else all of them."""
    near = difflib.get_close_matches(name, known, 1)
    return f", the nearest is {near[0]!r}" if near else f", there are {', '.join(known)}"


# The files are read for every step of a run.
@lru_cache(maxsize=32)
def _entries(
    name: str,
    text: str,
    table: str,
    kind: type[T],
    *,
    known: Collection[str],
    wrong: Callable[[T], Sequence[str]],
) -> Sequence[T]:
    found = tables(name, text, known).get(table, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise DeclarationError(
            f"data/{name}: expected [[{table}]], in two brackets, above each entry. Write it so, "
            "and run again"
        )
    made = []
    for number, content in enumerate(found, 1):
        problems: Sequence[str] = _problems(kind, content)
        if not problems:
            made.append(kind(**content))
            problems = wrong(made[-1])
        if problems:
            raise DeclarationError(
                f"data/{name}, entry {number} of [[{table}]]: {'; '.join(problems)}. Mend the "
                "entry or take it out, and run again"
            )
    return made


def _problems(kind: type[T], content: dict[str, Any]) -> list[str]:
    """What is wrong with the keys and values of an entry, and with its source."""
    keys = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    problems = [
        f"{name!r} is missing"
        for name, one in keys.items()
        if one.default is MISSING and name not in content
    ]
    hints = get_type_hints(kind)
    for name, value in content.items():
        if name not in keys:
            problems.append(f"no key {name!r}{meant(name, keys)}")
            continue
        expected = _expected(hints[name], value)
        if expected:
            problems.append(f"{name!r}: expected {expected}, found {value!r}")
        elif name == "source" and value not in sources():
            problems.append(f"no source {value!r}{meant(value, sources())}")
    return problems


def _expected(hint: Any, value: Any) -> str:
    """What a value should be; empty where it is that."""
    # A key that may be left out is told by its default, and TOML has no None.
    kind = next((one for one in get_args(hint) if NoneType in get_args(hint)), hint)
    if kind is str:
        return "" if _is_text(value) else "a text that is not empty"
    if kind in (int, float):
        number = isinstance(value, int | kind) and not isinstance(value, bool)
        return "" if number else "a whole number" if kind is int else "a number"
    if kind == Sequence[str]:
        right = isinstance(value, list) and value and all(map(_is_text, value))
        return "" if right else "a list of texts"
    if kind == dict[str, Any]:
        return "" if isinstance(value, dict) and value else "{ column = value }"
    return ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
