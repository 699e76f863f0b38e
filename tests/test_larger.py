"""The larger England of the benchmarks: valid codes, and copies that join within themselves."""

import re
from pathlib import Path

import polars as pl
import pytest

from benchmarks import pipeline as bench
from benchmarks.larger import make, parts
from benchmarks.stages import stage
from pipeline.edition import PROJECT, SAMPLE
from pipeline.reading.ingest import ingest
from pipeline.sample import generate
from pipeline.sources import sources

REGISTRY = "council_registry"


def test_places_have_codes_of_their_own_that_join_within_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    source = sources()[REGISTRY]
    generate(SAMPLE.raw, only={REGISTRY: source})
    one = ingest(source, SAMPLE, []).table
    three = pl.concat(parts(source, one, 3, 5))
    assert three.height == 3 * one.height  # a register has no years to repeat
    assert three["areacd"].str.contains(r"^E\d{8}$").all()
    assert three["areacd"].drop_nulls().n_unique() == 3 * one["areacd"].drop_nulls().n_unique()
    assert three.schema == one.schema
    codes = set(three["registry_code"])
    named = three["replaced_by"].drop_nulls().str.split(",").explode().str.strip_chars()
    assert named.len() == 3 * one["replaced_by"].drop_nulls().str.split(",").explode().len()
    assert set(named) <= codes
    assert set(three["county_registry_code"].drop_nulls()) <= codes


def test_years_are_repeated_and_the_country_stays_one() -> None:
    source = sources()["population"]
    areas = ["E92000001", "E12000001", "E06000001"]
    one = pl.DataFrame(
        {
            "areacd": areas,
            "areanm": ["England", "A region", "A council"],
            "period": "2015-16",
            "year": pl.Series([2015] * 3, dtype=pl.Int32),
            "age": 65,
            "release": "first",
        }
    )
    made = pl.concat(parts(source, one, 2, 3))
    assert made.select("areacd", "year", "period").rows() == [
        (area, 2015 + 20 * later, f"{2015 + 20 * later}-{16 + 20 * later:02d}")
        for later in range(3)
        for area in (*areas, "E06100001")
    ]


def test_more_than_the_codes_have_room_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="from 1 to 10 times"):
        make(SAMPLE, tmp_path, 11, 1)


def test_what_was_measured_of_a_stage_stays_until_it_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "LARGE", tmp_path / "large.csv")
    monkeypatch.setattr(bench, "PAGE", tmp_path / "page.md")
    bench.PAGE.write_text("# Page\n", encoding="utf-8")
    # As kept before checks were run.
    bench.LARGE.write_text(
        "places,years,rows,stage,seconds,mb\n10,1,2000,exports,30.0,600\n", encoding="utf-8"
    )
    bench.keep(10, 1, 2000, {"locality": (20.0, 900.0)})
    bench.keep(10, 1, 2000, {"locality": (25.0, 800.0)})
    bench.keep(10, 1, 2000, {"checks": (40.0, 700.0)}, "9 expectations, 1 not met (years 1)")
    bench.keep(10, 10, 20000, {"exports": (250.0, 700.0)})
    rows = [line for line in bench.PAGE.read_text(encoding="utf-8").splitlines() if "|" in line]
    assert rows[2:] == [
        "| checks | 40 | 700 |  |  |",
        "| locality tables | 25 | 800 |  |  |",
        "| exports | 30 | 600 | 250 | 700 |",
    ]
    page = bench.PAGE.read_text(encoding="utf-8")
    assert page.count(bench.MUCH_LARGER) == 1
    assert "- x10: 9 expectations, 1 not met (years 1)" in page


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("england__tidy__ascof", "tidy"),
        ("england__tidy__ascof__checks", "checks"),
        ("england__locality__place__checks", "checks"),
        ("england__evidence", "evidence"),
        ("england__publish__database", "database"),
    ],
)
def test_every_step_has_a_stage(step: str, expected: str) -> None:
    assert stage(step) == expected


def test_benchmarks_are_run_as_modules() -> None:
    """Run as a file, one would find benchmarks/pipeline.py where it asks for the pipeline."""
    commands = (PROJECT / "Makefile").read_text(encoding="utf-8")
    ran = re.findall(r"\$\(BIN\)/python -m benchmarks\.(\w+)", commands)
    assert {"importance", "pipeline"} <= set(ran)
    assert "benchmarks/" not in commands
    for name in ran:
        assert (PROJECT / "benchmarks" / f"{name}.py").exists()
