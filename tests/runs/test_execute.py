"""What the command says of a published version."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.database.publish import build
from pipeline.database.versions import building, swap
from pipeline.edition import Edition
from pipeline.runs.execute import summary
from pipeline.tables import Table

TERM = "inconclusive: depends on how the block is composed"
VERDICTS = [
    ("all_panels", "overall", "inconclusive", f"Open. Inside authorities: {TERM}."),
    ("districts", "within", TERM, "Open."),
    ("districts", "between", "not supported", "No."),
]


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    """A published version with a verdict of every kind."""
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    made = Edition("test", "Test", synthetic=False)
    verdicts = pl.DataFrame(VERDICTS, ["spec_id", "part", "verdict", "sentence"], orient="row")
    verdicts = verdicts.with_columns(
        pl.lit("both").alias("composition"), pl.lit(None, pl.String).alias("exploratory")
    )
    specs = pl.DataFrame({"spec_id": ["districts"], "title": ["Districts"]})
    folder = building(made, "v1")
    build(
        folder,
        [
            Table("evidence", "verdict", verdicts, ""),
            Table("evidence", "analysis_spec", specs, ""),
            Table("meta", "source", pl.DataFrame({"source": ["one"]}), ""),
            Table("meta", "check_results", pl.DataFrame({"passed": [True]}), ""),
        ],
    )
    for name in ("report/index.html", "exports/README.md"):
        (folder / name).parent.mkdir()
        (folder / name).touch()
    swap(made, "v1")
    return made


def test_verdicts_are_told_in_the_reports_words(edition: Edition) -> None:
    said = " ".join(summary(edition).split())
    words = "inconclusive: depends on how measures are put together"
    assert f"Open. Inside authorities: {words}." in said
    assert f"Districts: inside {words}" in said
    assert "Districts: between not supported" in said
    assert "block is composed" not in said
