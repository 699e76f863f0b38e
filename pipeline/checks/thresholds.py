"""The thresholds of ``thresholds.toml``."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("thresholds.toml")


@cache
def thresholds(section: str) -> dict[str, Any]:
    """One section, name to number."""
    found: dict[str, Any] = tomllib.loads(PATH.read_text(encoding="utf-8"))[section]
    return found
