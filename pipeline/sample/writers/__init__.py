"""One module a source: writes its releases in the publisher's own layout.

Each module has ``write(world, release, path)``. The module of a source has the source's name.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pipeline.reading.source import Release
from pipeline.sample.world import World

Writer = Callable[[World, Release, Path], None]


def by_source() -> dict[str, Writer]:
    """Every writer by the name of its source."""
    return {
        name: import_module(f"{__name__}.{name}").write
        for name in sorted(info.name for info in iter_modules(__path__))
    }
