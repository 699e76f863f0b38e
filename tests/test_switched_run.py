"""A whole run with sources switched off: it publishes, names the loss, and can be undone."""

from pathlib import Path

import duckdb
import pytest

from pipeline.cli import _home
from pipeline.edition import SAMPLE
from pipeline.reading import switches
from pipeline.runs.execute import execute
from tests.conftest import MadeOnce
from tests.finished import hashes
from tests.made import finished_run

pytestmark = pytest.mark.long(seconds=70)

RATINGS, ASSESSMENTS = "cqc_trust_ratings", "cqc_council_assessments"


def test_off_and_on_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    made_once: MadeOnce,
    small_run: None,
) -> None:
    monkeypatch.setenv("RAPPORT_DATA", str(made_once(finished_run, tmp_path / "data")))
    others, before_off = switches.PATH.read_text(), switches.switched_off().keys()
    declared = tmp_path / "switched_off.toml"
    declared.write_text(others)
    monkeypatch.setattr(switches, "PATH", declared)
    _home()
    before = hashes()
    capsys.readouterr()

    declared.write_text(
        f'{others}{RATINGS} = "The publisher asked for it."\n'
        '[grades]\nscraped = "Not verified by the publisher."\n'
    )
    # The other one is redone too, because it was switched off since.
    assert execute(SAMPLE, None, [RATINGS])
    said = " ".join(capsys.readouterr().out.split())
    assert f"{RATINGS} is switched off (The publisher asked for it): no measure of" in said
    assert f"{ASSESSMENTS} was switched off or on since the last run" in said
    assert "FAILED" not in said
    assert f"without {RATINGS}, switched off: The publisher asked for it." in said
    with duckdb.connect(str(SAMPLE.database), read_only=True) as connection:
        off = connection.execute("SELECT source FROM meta.source WHERE switched_off").fetchall()
        empty = connection.execute(f"SELECT count(*) FROM tidy.{RATINGS}").fetchall()  # noqa: S608
        why = connection.execute(
            "SELECT DISTINCT used, why_not FROM meta.construct_coverage "
            "WHERE indicator = 'well_led'"
        ).fetchall()
    assert {name for (name,) in off} - before_off == {ASSESSMENTS, RATINGS}
    assert empty == [(0,)]
    assert why == [(False, f"source {RATINGS} is switched off: The publisher asked for it.")]
    assert "Sources that are switched off" in SAMPLE.report.read_text(encoding="utf-8")

    declared.write_text(others)
    assert execute(SAMPLE, None, [RATINGS])
    assert hashes() == before
