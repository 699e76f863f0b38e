"""The sources: one module a dataset, each with a ``SOURCE``. Adding a module adds a source.

A module whose name starts with an underscore is not one: it is shared by several, or not ready.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from pipeline.reading.source import Source


@cache
def sources() -> dict[str, Source]:
    """Every declared source by name, in alphabetical order.

    Raises:
        ValueError: a module declares another name than its own.
    """
    found = {}
    for module in sorted(info.name for info in iter_modules(__path__)):
        if module.startswith("_"):
            continue
        source: Source = import_module(f"{__name__}.{module}").SOURCE
        if source.name != module:
            raise ValueError(f"sources/{module}.py declares the name {source.name!r}")
        found[source.name] = source
    return found
