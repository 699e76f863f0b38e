"""A backup of the data folder, restored at another place, is a working edition."""

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.database.versions import new_version, published_version, swap, version_folder
from pipeline.edition import SAMPLE
from pipeline.runs.execute import execute
from pipeline.runs.plan import plan
from pipeline.runs.steps import Made, made_before
from tests.conftest import MadeOnce
from tests.made import finished_run


@pytest.fixture
def restored(
    small_run: None, made_once: MadeOnce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the data folder of a run, whose original is gone."""
    original = made_once(finished_run, tmp_path / "server" / "data")
    root = tmp_path / "elsewhere" / "restored"
    shutil.copytree(original, root, symlinks=True)
    shutil.rmtree(original)
    monkeypatch.setenv("RAPPORT_DATA", str(root))
    return root


def told(*command: str) -> str:
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_restored_folder_is_up_to_date_readable_and_can_be_rolled_back(
    restored: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = published_version(SAMPLE)
    assert first is not None
    said = told("status")
    assert f"database  {restored / 'sample' / 'rapport.duckdb'}" in said
    assert f"version   {first}" in said

    def started() -> None:
        raise AssertionError("Dagster was started")

    with monkeypatch.context() as patch:
        patch.setattr("dagster.DagsterInstance.get", started)
        assert execute(SAMPLE, None)
    assert f"nothing changed since version {first}" in capsys.readouterr().out

    second = new_version(SAMPLE, "restored")
    shutil.copytree(version_folder(SAMPLE, first), version_folder(SAMPLE, second))
    swap(SAMPLE, second)
    assert published_version(SAMPLE) == second
    wrong = {"cqc_trust_ratings": "The publisher asked for it."}
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.database.versions.switched_off", lambda: wrong)
        back = told("rollback", "sample")
    assert f"{first} is published again" in back
    assert "CAUTION: cqc_trust_ratings is switched off (The publisher asked for it.)" in back
    assert published_version(SAMPLE) == first
    with duckdb.connect(str(SAMPLE.database), read_only=True) as connection:
        assert connection.table("evidence.verdict").shape[0] > 0
    # Going back is no change: the next run leaves it as it is.
    assert not plan(SAMPLE).due
    publishing = made_before(SAMPLE, "publish__version")
    assert publishing is not None
    later = replace(publishing, version=second)
    SAMPLE.record("steps", "publish__version", vars(later))
    assert f"since version {second}, and {first} was put back by hand" in plan(SAMPLE).summary()


def test_what_another_version_of_the_code_recorded_is_made_again(restored: Path) -> None:
    found = made_before(SAMPLE, "tidy__delayed_transfers")
    assert isinstance(found, Made)
    records = {
        "tidy__delayed_transfers": {**vars(found), "colour": "a later version's"},
        "tidy__revenue_outturn": {"inputs": dict(found.inputs)},
        "tidy__staff_survey_leadership": ["an earlier version's"],
    }
    for step, record in records.items():
        SAMPLE.record("steps", step, record)
    assert plan(SAMPLE).due == {step: ["not made yet"] for step in sorted(records)}
