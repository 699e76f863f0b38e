"""What commands refuse before they begin."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.edition import SAMPLE
from pipeline.runs.plan import NoWholeRun, plan
from pipeline.runs.steps import Digests, finish, steps
from pipeline.trace import Trace


@pytest.mark.parametrize("command", [["run", "england"], ["run", "england", "--dry-run"]])
def test_a_source_alone_is_refused_before_a_whole_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    result = CliRunner().invoke(app, [*command, "--source", "ascof"])
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert "england: a source is redone by itself after a whole run" in result.stderr
    assert "never made: accidents_emergency_icb, accidents_emergency_trust," in result.stderr
    assert "Run first: rapport run england" in result.stderr
    assert not [*tmp_path.glob("england/*/**")]


def test_a_source_alone_is_redone_where_all_others_were_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a run that only this source failed in."""
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    digests = Digests(SAMPLE)
    for step in steps(SAMPLE).values():
        if step.layer in ("raw", "tidy") and step.source != "ascof":
            finish(SAMPLE, step, Trace(), digests, run_id="earlier")
    assert "tidy__ascof" in plan(SAMPLE, only=["ascof"]).selected
    SAMPLE.forget("steps", "raw__generated")
    with pytest.raises(NoWholeRun, match="never made: the generated files"):
        plan(SAMPLE, only=["ascof"])


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    result = CliRunner().invoke(app, ["dev", "--port", port])
    assert result.exit_code == 2
    assert "Invalid value for '--port'" in result.output
