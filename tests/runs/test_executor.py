"""Steps spread over processes: the same bytes as in one."""

from hashlib import sha256
from pathlib import Path

import dagster as dg
import pytest

from pipeline.definitions.sample import defs
from pipeline.edition import SAMPLE
from pipeline.sample import generate
from pipeline.sources import sources

pytestmark = pytest.mark.long(seconds=35)

SOURCES = ("council_registry", "district_history")
STEPS = [dg.AssetKey(["sample", layer, name]) for name in SOURCES for layer in ("raw", "tidy")]


def sample_job() -> dg.JobDefinition:
    """The job, as another process finds it again."""
    return defs.resolve_job_def("sample")


def run(
    folder: Path, config: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, dict[str, str]]:
    """How many steps had a process of their own, and the hash of each table made."""
    monkeypatch.setenv("RAPPORT_DATA", str(folder))
    generate(SAMPLE.published_files, only={name: sources()[name] for name in SOURCES})
    home = folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", "utf-8")
    with (
        dg.DagsterInstance.from_config(str(home)) as instance,
        dg.execute_job(
            dg.reconstructable(sample_job),
            instance,
            run_config={"execution": {"config": config}},
            asset_selection=STEPS,
        ) as result,
    ):
        assert result.success
        said = [entry.message for entry in instance.all_logs(result.run_id)]
    own = {line for line in said if line.startswith("Launching subprocess for")}
    files = sorted((SAMPLE.folder / "tables").rglob("*.parquet"))
    hashes = {path.name: sha256(path.read_bytes()).hexdigest() for path in files}
    return len(own), hashes


def test_several_processes_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, alone = run(tmp_path / "one", {}, monkeypatch)
    assert own == 0
    assert {f"{name}.parquet" for name in SOURCES} <= alone.keys()
    monkeypatch.setenv("RAPPORT_PROCESSES", "2")
    own, spread = run(tmp_path / "several", {}, monkeypatch)
    assert own >= len(STEPS)
    assert spread == alone
    # What the run itself asks for goes before the environment.
    own, again = run(tmp_path / "asked", {"processes": 1}, monkeypatch)
    assert own == 0
    assert again == alone
