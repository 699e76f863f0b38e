"""What has been calibrated already, so that a run that was stopped goes on where it was.

Results are kept in ``calibration`` of the data folder, under a name that changes with everything
they depend on: the code, the settings and the libraries that do the sums. Old ones are never mixed
with new ones; the folder can be deleted at any time.
"""

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.edition import data_root, keep

LIBRARIES = ("numpy", "scipy")


def fingerprint(files: Iterable[Path], *settings: object) -> str:
    """A short name for the contents of files, settings and the versions of LIBRARIES."""
    made = hashlib.sha256()
    for path in sorted(files):
        made.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    made.update(repr((settings, [version(one) for one in LIBRARIES])).encode())
    return made.hexdigest()[:16]


class Store:
    """Small results by name, each written whole."""

    def __init__(self, name: str) -> None:
        self.folder = data_root() / "calibration" / name

    def read(self, key: str) -> Any:
        """What is kept under a name, None if nothing is."""
        path = self.folder / f"{key}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def write(self, key: str, value: Any) -> None:
        """Keep a value; floats come back as they were."""
        keep(self.folder / f"{key}.json", json.dumps(value).encode())
