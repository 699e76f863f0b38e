import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.evidence.panel import Panel
from pipeline.evidence.race import Race, run_race
from tests.evidence.worlds import SETTINGS

REFERENCE = Path(__file__).parent.parent / "reference"
GOLDEN_SETTINGS = replace(SETTINGS, h_blocks=("L", "K"), b_blocks=("P", "M"))


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    return json.loads((REFERENCE / "golden_panel.json").read_text())


@pytest.fixture(scope="session")
def columns() -> np.ndarray:
    return np.genfromtxt(REFERENCE / "golden_panel.csv", delimiter=",", names=True)


def golden_panel(columns: np.ndarray, outcome: str) -> Panel:
    year = columns["year"].astype(np.int64)
    return Panel(
        outcome=columns[outcome],
        controls=np.column_stack([columns["imd"], columns["logpop"], year == 2, year == 3]),
        blocks={
            name: np.column_stack([columns[f"{name}{i}"] for i in (1, 2, 3)]) for name in "LKPM"
        },
        authority=columns["authority"].astype(np.int64) - 1,
        dominant_trust=None,
        year=year,
    )


@pytest.fixture(scope="session")
def panel(columns: np.ndarray) -> Panel:
    return golden_panel(columns, "y")


@pytest.fixture(scope="session")
def race(panel: Panel) -> Race:
    """The golden panel's blocks enter as free indicators by least squares."""
    return run_race("indicators", panel, (0.0,), GOLDEN_SETTINGS)


@pytest.fixture(scope="session")
def placebo(columns: np.ndarray) -> Race:
    return run_race("indicators", golden_panel(columns, "placebo"), (0.0,), GOLDEN_SETTINGS)
