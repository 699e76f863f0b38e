"""The event log writes what Dagster's own does, where Dagster's own finds it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline import event_log
from pipeline.edition import PROJECT

PLAIN = "telemetry: {enabled: false}\n"
GIVEN = """
event_log_storage:
  module: pipeline.event_log
  class: EventLog
  config:
    base_dir:
      env: DAGSTER_HOME
"""
"""What data folders were given once, and keep."""


@dg.asset
def counted(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    context.log.info("counting")
    return dg.MaterializeResult(metadata={"rows": 3})


@dg.asset_check(asset=counted, blocking=True)  # type: ignore[arg-type]
def enough() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """DAGSTER_HOME with the configuration that a first run puts there."""
    shutil.copy(PROJECT / "pipeline" / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    yield tmp_path


def log_of(home: Path, run_id: str) -> list[str]:
    """Every entry of a run, as Dagster's own storage reads it."""
    (home / "dagster.yaml").write_text(PLAIN)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert not isinstance(instance.event_log_storage, event_log.EventLog)
        return [entry.to_json() for entry in instance.all_logs(run_id)]


def test_dagsters_own_storage_reads_it(home: Path) -> None:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert isinstance(instance.event_log_storage, event_log.EventLog)
        result = dg.materialize([counted, enough], instance=instance)
        own = [entry.to_json() for entry in instance.all_logs(result.run_id)]
        known = instance.get_latest_materialization_event(counted.key)
    assert known is not None
    assert len(own) > 10
    assert log_of(home, result.run_id) == own


def test_a_folder_of_before_still_opens(home: Path) -> None:
    (home / "dagster.yaml").write_text(GIVEN)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert isinstance(instance.event_log_storage, event_log.EventLog)


def test_more_runs_than_stay_open(home: Path) -> None:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        runs = [
            dg.materialize([counted], instance=instance).run_id for _ in range(event_log.OPEN + 2)
        ]
        logs = [len(instance.all_logs(run)) for run in runs]
        assert len(set(logs)) == 1
        found = instance.fetch_materializations(counted.key, limit=100).records
        assert {one.run_id for one in found} == set(runs)
        instance.delete_run(runs[0])
        assert instance.all_logs(runs[0]) == []
        instance.event_log_storage.wipe()
        assert instance.all_logs(runs[1]) == []
        assert dg.materialize([counted], instance=instance).success
