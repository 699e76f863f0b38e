"""Corrections for many tests against values published with R's p.adjust."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.study.multiplicity import add_bh, holm

PUBLISHED = json.loads((Path(__file__).parent.parent / "reference" / "padjust.json").read_text())


def test_benjamini_and_hochberg_as_r_has_it() -> None:
    rows: list[dict[str, Any]] = [{"p": one} for one in PUBLISHED["p"]]
    add_bh(rows)
    assert [row["p_bh"] for row in rows] == pytest.approx(PUBLISHED["BH"], rel=1e-12)


def test_rows_without_a_p_are_no_part_of_the_family() -> None:
    rows: list[dict[str, Any]] = [{"value": 0.01}, {"value": None}, {"value": 0.04}, {}]
    add_bh(rows, "value")
    assert [row.get("p_bh") for row in rows] == pytest.approx([0.02, None, 0.04, None])
    nothing: list[dict[str, Any]] = [{"p": None}]
    add_bh(nothing)
    assert nothing == [{"p": None}]


def test_holm_as_r_has_it() -> None:
    assert holm(PUBLISHED["p"]) == pytest.approx(PUBLISHED["holm"], rel=1e-12)
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []
