"""Which code makes what: a digest of modules and of everything they import from this package."""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from platform import python_version

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.name
IMPORT = re.compile(
    rf"^[ \t]*from[ \t]+({ROOT}[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)"
    rf"|^[ \t]*import[ \t]+({ROOT}[\w.]*)",
    re.MULTILINE,
)
COMPUTING = (
    "duckdb",
    "fastexcel",
    "great-expectations",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pyreadr",
    "scipy",
    "sqlglot",
)
"""Packages that results may depend on."""
WRITING = ("jinja2", "markupsafe", "xlsxwriter")
"""Packages that only the bytes of pages, pictures and workbooks depend on."""


def sha256(content: bytes | str) -> str:
    """The digest of some bytes or text."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def combined(digests: Iterable[tuple[str, str | None]]) -> str:
    """One digest of named digests, whatever their order."""
    return sha256("\n".join(f"{name} {digest}" for name, digest in sorted(digests)))


@cache
def _path(module: str) -> Path | None:
    first, *rest = module.split(".")
    if first != ROOT:
        return None
    place = PACKAGE.joinpath(*rest)
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


def is_module(name: str) -> bool:
    """Whether a module is one of this package."""
    return _path(name) is not None


@cache
def _module(module: str) -> tuple[str, frozenset[str]]:
    """A module's digest, and the modules of this package that it imports anywhere."""
    path = _path(module)
    if path is None:
        raise LookupError(f"no module {module}")
    content = path.read_bytes()
    imported: set[str] = set()
    for package, names, plain in IMPORT.findall(content.decode("utf-8")):
        imported.add(package or plain)
        for name in re.findall(r"(\w+)(?:\s+as\s+\w+)?", names.strip("()")):
            if package and _path(f"{package}.{name}"):
                imported.add(f"{package}.{name}")
    known = frozenset(name for name in imported if name != ROOT and _path(name))
    return sha256(content), known - {module}


def _all_of(package: str) -> list[str]:
    """Every module below a package, named with dots."""
    folder = PACKAGE.joinpath(*package.split(".")[1:])
    return [
        ".".join((ROOT, *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for path in folder.rglob("*.py")
    ]


@cache
def modules(*roots: str) -> frozenset[str]:
    """The modules named and all that they import; ``package.*`` names a whole package."""
    waiting = [m for root in roots for m in (_all_of(root[:-2]) if root[-2:] == ".*" else [root])]
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _module(module)[1]
    return frozenset(found)


@cache
def code_version(*roots: str, alone: tuple[str, ...] = ()) -> str:
    """A digest of the code that makes something.

    Args:
        roots: modules, taken with everything they import; ``package.*`` for a whole package.
        alone: modules taken without what they import.

    Raises:
        LookupError: a module is not there.
    """
    names = modules(*roots) | set(alone)
    return combined((name, _module(name)[0]) for name in names)


@cache
def packages(*more: str) -> str:
    """A digest of the versions of Python, of the packages that compute, and of some more."""
    named = ((name, version(name)) for name in (*COMPUTING, *more))
    return combined([("python", python_version()), *named])
