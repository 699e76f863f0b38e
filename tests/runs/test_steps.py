"""What a step is made from is noted, and a change of any of it is told by name."""

import ast
import os
from importlib.metadata import packages_distributions
from pathlib import Path

import polars as pl
import pytest

from pipeline import code, trace
from pipeline.code import COMPUTING, WRITING, code_version, modules, packages
from pipeline.definitions import definitions
from pipeline.edition import EDITIONS, ENGLAND, SAMPLE, Edition
from pipeline.runs.steps import (
    CHECKS,
    PACKAGES,
    WRITE,
    Digests,
    Step,
    finish,
    inputs,
    made_before,
    reasons,
    steps,
)
from pipeline.trace import tracing

FRAME = pl.DataFrame({"a": [1, 2]})


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    ENGLAND.write("tidy", "one", FRAME)
    return ENGLAND


class Made:
    """A step that reads tidy.one and makes locality.two, with code and a declaration to change."""

    def __init__(self) -> None:
        self.code = "first"
        self.declared: dict[str, str | None] = {"its query": "q"}
        self.step = Step("locality__two", lambda: self.code, lambda: self.declared)

    def make(self, edition: Edition) -> None:
        with tracing() as traced:
            edition.write("locality", "two", edition.read("tidy", "one") * 2)
            edition.record("counts", "two", {"rows": 2})
        finish(edition, self.step, traced, Digests(edition), run_id="r1")

    def why(self, edition: Edition) -> list[str]:
        return reasons(edition, self.step, Digests(edition))


def test_a_step_is_due_until_it_was_made(edition: Edition) -> None:
    step = Made()
    assert step.why(edition) == ["not made yet"]
    step.make(edition)
    assert step.why(edition) == []
    record = made_before(edition, "locality__two")
    assert record is not None
    assert set(record.outputs) == {"table:locality.two", "record:counts/two"}
    assert "table:tidy.one" in record.inputs


def test_every_kind_of_change_is_named(edition: Edition) -> None:
    step = Made()
    step.make(edition)
    edition.write("tidy", "one", FRAME + 1)
    assert step.why(edition) == ["tidy/one changed"]
    edition.write("tidy", "one", FRAME)
    assert step.why(edition) == []
    step.code = "second"
    assert step.why(edition) == ["its code changed"]
    step.code = "first"
    step.declared = {"its query": "another"}
    assert step.why(edition) == ["its query changed"]
    step.declared = {}
    assert step.why(edition) == ["its query changed"]


def test_missing_and_damaged_outputs_are_noticed(edition: Edition) -> None:
    step = Made()
    step.make(edition)
    table = edition.folder / "tables" / "locality" / "two.parquet"
    content = table.read_bytes()
    table.unlink()
    assert step.why(edition) == ["locality/two is missing"]
    # The same size, other bytes.
    table.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert step.why(edition) == ["locality/two is not as it was written"]
    table.write_bytes(content)
    assert step.why(edition) == []
    (edition.folder / "tables" / "tidy" / "one.parquet").unlink()
    assert step.why(edition) == ["tidy/one is gone"]


def test_a_damaged_record_counts_as_none(edition: Edition) -> None:
    step = Made()
    step.make(edition)
    edition.record("steps", "locality__two", {"unexpected": 1})
    assert step.why(edition) == ["not made yet"]


def test_what_a_step_makes_itself_is_no_input(edition: Edition) -> None:
    with tracing() as traced:
        edition.write("locality", "two", FRAME)
        edition.read("locality", "two")
        edition.recall("steps", "anything")
    assert traced.read == set()
    assert traced.made == {"table:locality.two"}
    trace.read("table:tidy.outside")
    assert "table:tidy.outside" not in traced.read


def test_a_file_is_read_again_only_when_its_stamp_changed(edition: Edition) -> None:
    path = edition.folder / "some.txt"
    path.write_text("one")
    os.utime(path, (1, 1))
    digests = Digests(edition)
    first = digests.file(path)
    digests.keep()
    path.write_text("two")
    os.utime(path, (1, 1))
    assert Digests(edition).file(path) == first
    os.utime(path, (2, 2))
    assert Digests(edition).file(path) not in (first, None)


def test_a_file_changed_just_now_is_not_trusted_by_its_stamp(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.runs.steps.SETTLED_SECONDS", 3600.0)
    path = edition.folder / "some.txt"
    path.write_text("one")
    digests = Digests(edition)
    first = digests.file(path)
    digests.keep()
    stamp = path.stat().st_mtime_ns
    path.write_text("two")
    os.utime(path, ns=(stamp, stamp))
    assert Digests(edition).file(path) != first


@pytest.mark.parametrize("edition", EDITIONS.values(), ids=list(EDITIONS))
def test_the_steps_are_those_of_the_job(edition: Edition) -> None:
    nodes = {node.name for node in definitions(edition).resolve_job_def(edition.name).graph.nodes}
    assert {f"{edition.name}__{name}" for name in steps(edition)} == nodes


def test_code_is_taken_with_what_it_imports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "pipeline"
    package.mkdir()
    (package / "one.py").write_text("from pipeline import (\n    two,  # why\n    nothing,\n)\n")
    (package / "two.py").write_text("def f():\n    import pipeline.three\n")
    (package / "three.py").write_text("x = 1\n")
    (package / "other.py").write_text("y = 1\n")
    monkeypatch.setattr(code, "PACKAGE", package)

    def fresh() -> str:
        for cached in (code._module, code.modules, code.code_version):
            cached.cache_clear()
        return code_version("pipeline.one")

    before = fresh()
    assert modules("pipeline.one") == {"pipeline.one", "pipeline.two", "pipeline.three"}
    (package / "other.py").write_text("y = 2\n")
    assert fresh() == before
    (package / "three.py").write_text("x = 2\n")
    assert fresh() != before
    for cached in (code._module, code.modules, code.code_version):
        cached.cache_clear()


@pytest.mark.parametrize(
    "module", ["checks.asset_checks", "checks.suites", "reading.switches", "reading.quarantine"]
)
def test_checks_are_redone_where_what_puts_them_together_changes(
    monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    checks = [one for name, one in steps(ENGLAND).items() if name.endswith(CHECKS)]
    before = [one.code() for one in checks]
    own = code._module

    def changed(name: str) -> tuple[str, frozenset[str]]:
        digest, imported = own(name)
        return ("other" if name == f"pipeline.{module}" else digest), imported

    monkeypatch.setattr(code, "_module", changed)
    code_version.cache_clear()
    after = [one.code() for one in checks]
    code_version.cache_clear()
    assert not set(before) & set(after)


@pytest.mark.parametrize(
    ("package", "redone"),
    [
        ("jinja2", set(WRITE)),
        ("vl-convert-python", set()),
        ("xlsxwriter", set(WRITE)),
        ("polars", set(steps(SAMPLE))),
        ("rich", set()),
    ],
)
def test_steps_are_redone_for_the_packages_that_they_depend_on(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, package: str, redone: set[str]
) -> None:
    digests = Digests(edition)

    def now() -> dict[str, str | None]:
        packages.cache_clear()
        return {name: inputs(one, (), digests)[PACKAGES] for name, one in steps(SAMPLE).items()}

    before, own = now(), code.version
    monkeypatch.setattr(code, "version", lambda name: "0" if name == package else own(name))
    after = now()
    packages.cache_clear()
    assert {name for name in after if before[name] != after[name]} == redone


def test_every_package_that_makes_something_counts() -> None:
    """What the modules of steps import is a package that counts, or one that changes no bytes."""
    changes_nothing = {
        *("dagster", "distributed", "filelock", "httpx", "joblib", "pebble", "stamina"),
        *("threadpoolctl", "universal-pathlib"),
    }
    made_by = ["pipeline.assets.publish", "pipeline.report.*", "pipeline.database.exports"]
    made_by += ["pipeline.checks.rules", "pipeline.sample.*", "pipeline.sources.*"]
    imported: set[str] = set()
    for module in modules(*made_by, "pipeline.study.analysis"):
        path = code._path(module)
        assert path is not None
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).partition(".")[0])
    names = packages_distributions()
    packaged = {one.lower().replace("_", "-") for name in imported for one in names.get(name, ())}
    assert packaged - {"rapport", *COMPUTING, *WRITING} == changes_nothing


def test_a_source_is_redone_for_its_own_code_alone() -> None:
    ascof = modules("pipeline.sources.ascof")
    assert "pipeline.reading.published" in ascof
    assert not any(name.startswith("pipeline.sources.d") for name in ascof)
