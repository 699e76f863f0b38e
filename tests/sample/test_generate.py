import csv
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.sample import SEED, generate
from pipeline.sample.writers import by_source
from pipeline.sources import sources
from tests.sample.conftest import Sample

AGAIN = "import sys, pathlib, pipeline.sample as s; s.generate(pathlib.Path(sys.argv[1]))"
SMALL = ("council_registry", "rural_urban", "trust_succession")


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_source_has_a_writer() -> None:
    assert set(by_source()) == set(sources())


def test_a_source_without_a_writer_is_named(tmp_path: Path) -> None:
    known = sources()["rural_urban"]
    unknown = replace(known, name="moon_phases")
    with pytest.raises(LookupError, match="moon_phases"):
        generate(tmp_path / "new", only={"rural_urban": known, "moon_phases": unknown})
    assert not (tmp_path / "new").exists()


def test_every_release_is_written_and_listed(sample: Sample) -> None:
    declared = {release.file for source in sources().values() for release in source.releases}
    rows = manifest(sample.folder)
    assert [row["file"] for row in rows] == sorted(declared)
    for row in rows:
        content = (sample.folder / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert len(content) == int(row["bytes"])


def test_same_seed_same_bytes(sample: Sample, tmp_path: Path) -> None:
    # In another process, with another order of sets.
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", AGAIN, str(tmp_path)], env=environment, check=True)
    assert manifest(tmp_path) == manifest(sample.folder)
    for name in ("truth.json", "README.txt"):
        assert (tmp_path / name).read_bytes() == (sample.folder / name).read_bytes()


def test_generating_again_replaces_and_another_seed_differs(tmp_path: Path) -> None:
    only = {name: sources()[name] for name in SMALL}
    generate(tmp_path, only=only)
    first = manifest(tmp_path)
    generate(tmp_path, seed=SEED + 1, only=only)
    assert all(a["sha256"] != b["sha256"] for a, b in zip(first, manifest(tmp_path), strict=True))
    generate(tmp_path, only=only)
    assert manifest(tmp_path) == first


def test_what_lies_beside_the_files(sample: Sample) -> None:
    assert "xlsx" in (sample.folder / "README.txt").read_text(encoding="utf-8")
    truth = json.loads((sample.folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["delta"] == sample.truth.delta
    assert truth["coefficients"]["leadership"] < 0
    assert any("no place" in line for line in truth["read_me"])
    summary = sample.truth.summary()
    assert json.loads(json.dumps(summary)) == summary
    assert "exposure" not in summary
