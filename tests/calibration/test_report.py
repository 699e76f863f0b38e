"""Shares, coverage and targets of a small table that can be counted by hand."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.calibration.designs import Design, designs
from pipeline.calibration.files import England, order
from pipeline.calibration.report import (
    Ran,
    coverage_met,
    error,
    findings,
    page,
    picture,
    summarise,
)
from pipeline.calibration.run import quick
from pipeline.calibration.worlds import Truth
from pipeline.database.locality import tables
from pipeline.study.framework import framework

SETTINGS = quick(framework().test)
KNOWN = {
    name: one for name, one in designs(SETTINGS.between).items() if name in ("equal", "nothing")
}
RAN = Ran(worlds=100, seed=1, framework_hash="abcdef0123456789", seconds=90.0)


def row(design: str, world: int, part: str, composition: str, verdict: str, **more: Any) -> Any:
    empty = dict.fromkeys(("estimate", "ci_low", "ci_high", "penalty", "p", "reversed"))
    known = {
        "design": design,
        "world": world,
        "part": part,
        "composition": composition,
        "verdict": verdict,
    }
    return {**known, **empty, **more}


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    """100 worlds: `equal` is called supported in 12; its interval misses 0 in 20."""
    rows = []
    for world in range(100):
        verdict = "supported" if world < 12 else "inconclusive"
        low = 0.01 if world < 20 else -0.1
        for one in ("composite", "indicators"):
            numbers = {"estimate": 0.02, "ci_low": low, "ci_high": 0.15, "penalty": 0.1}
            rows.append(row("equal", world, "between", one, verdict, **numbers))
            rows.append(row("equal", world, "within", one, "supported", p=0.001))
            rows.append(row("nothing", world, "between", one, "not supported", **numbers))
            p = 0.01 if world < 4 else 0.5
            rows.append(row("nothing", world, "within", one, "not supported", p=p))
        share = {"estimate": 0.3, "ci_low": 0.2, "ci_high": 0.35 if world < 95 else 0.33}
        for name in ("equal", "nothing"):
            both = verdict if name == "equal" else "not supported"
            rows.append(row(name, world, "between", "both", both, reversed=world < 30))
            rows.append(row(name, world, "within", "both", "not supported", **share))
            rows.append(row(name, world, "overall", "both", "not supported"))
    return pl.DataFrame(rows, infer_schema_length=None)


@pytest.fixture(scope="module")
def summary(found: pl.DataFrame) -> pl.DataFrame:
    return summarise(found, KNOWN, SETTINGS)


def one(summary: pl.DataFrame, *key: str) -> dict[str, Any]:
    return summary.row(
        by_predicate=(pl.col("design") == key[0])
        & (pl.col("part") == key[1])
        & (pl.col("composition") == key[2]),
        named=True,
    )


def test_shares_and_targets_are_counted(summary: pl.DataFrame) -> None:
    equal = one(summary, "equal", "between", "composite")
    assert equal["supported"] == pytest.approx(0.12)
    assert equal["inconclusive"] == pytest.approx(0.88)
    assert equal["error_supported"] == pytest.approx((0.12 * 0.88 / 100) ** 0.5)
    assert equal["covered"] == pytest.approx(0.80)
    assert equal["size_met"] is False
    assert equal["coverage_met"] is False
    nothing = one(summary, "nothing", "between", "composite")
    assert nothing["size_met"] is True
    assert nothing["coverage_met"] is None  # both v are 0
    assert one(summary, "equal", "between", "both")["reversed"] == pytest.approx(0.30)


def test_within_is_held_against_its_own_truth(summary: pl.DataFrame) -> None:
    design: Design = KNOWN["equal"]
    assert design.within is not None
    within = one(summary, "equal", "within", "both")
    assert within["truth"] == design.within.w_star == pytest.approx(0.339, abs=0.001)
    assert within["covered"] == pytest.approx(0.95)
    assert within["size_met"] is None  # leadership has an effect within
    nothing = one(summary, "nothing", "within", "composite")
    assert nothing["p_below_alpha"] == pytest.approx(0.04)
    assert nothing["size_met"] is True
    assert one(summary, "equal", "overall", "both")["size_met"] is True


def test_the_target_of_coverage_leaves_room_for_chance() -> None:
    assert error(0.95, 400) == pytest.approx(0.0109, abs=1e-4)
    assert coverage_met(0.91, 400)
    assert not coverage_met(0.90, 400)
    assert not coverage_met(0.93 - 2 * error(0.95, 10_000) - 1e-6, 10_000)
    assert not coverage_met(0.998, 400)


def test_the_page_says_first_what_is_missed(summary: pl.DataFrame) -> None:
    said = findings(summary)
    assert "target missed in 3 of" in said[0]
    assert "`equal` (between, both) 12.0%" in said[0]
    text = page(summary, KNOWN, RAN, Truth(0.05, 0.105))
    assert text.index("target missed in 3 of") < text.index("## The worlds")
    assert "**missed**" in text
    assert "delta of -0.055" in text
    assert "2 minutes of\nprocessor time" in text
    table = next(line for line in text.splitlines() if line.startswith("| `equal` | 12.0"))
    assert table == "| `equal` | 12.0 ± 3.2 | 0.0 | 88.0 | 0.0 | **missed** |"


def test_englands_have_a_table_of_their_own(summary: pl.DataFrame) -> None:
    one = England(3, 0.1, 0.112, 0.09, -0.01, 0.2, "inconclusive")
    text = page(summary, KNOWN, RAN, None, [one])
    assert "| 3 | 0.10 | 0.112 | 0.090 | -0.010 to 0.200 | inconclusive |" in text
    assert "From published files" not in page(summary, KNOWN, RAN, None)


def test_locality_tables_come_after_those_that_they_are_made_of() -> None:
    place = {name: number for number, name in enumerate(order())}
    assert set(place) == set(tables())
    for name, one in tables().items():
        for layer, other in one.inputs:
            assert layer != "locality" or place[other] < place[name]


def test_the_picture_shows_every_design(summary: pl.DataFrame, tmp_path: Path) -> None:
    picture(summary, KNOWN, tmp_path / "calibration.svg")
    drawn = (tmp_path / "calibration.svg").read_text()
    assert "equal" in drawn
    assert "depends on composition" in drawn
