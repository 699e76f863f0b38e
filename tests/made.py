"""What several test modules start from: made by one test process, and read by all."""

from pathlib import Path

import joblib
import pytest

from pipeline.calibration.files import order
from pipeline.checks.drift import compared
from pipeline.cli import _home
from pipeline.database.locality import make, tables
from pipeline.edition import SAMPLE
from pipeline.reading.ingest import ingest
from pipeline.reading.reconciliation import compare
from pipeline.runs.execute import execute
from pipeline.sample import generate
from pipeline.sources import sources
from pipeline.study.analysis import evidence_tables
from tests import few
from tests.conftest import MadeOnce


def published_sample(root: Path, _: MadeOnce) -> None:
    """The generated England's published files."""
    generate(root)


def tables_of_the_sample(root: Path, made_once: MadeOnce) -> None:
    """A data folder with every table that a run makes of the sample, with few panels and draws."""
    with pytest.MonkeyPatch.context() as setting, joblib.parallel_config(backend="sequential"):
        setting.setenv("RAPPORT_DATA", str(root))
        made_once(published_sample, SAMPLE.raw)
        for source in sources().values():
            found = ingest(source, SAMPLE, [])
            SAMPLE.write("tidy", source.name, found.table)
            SAMPLE.write("meta", f"quarantine_{source.name}", found.aside)
            SAMPLE.write("meta", f"drift_{source.name}", compared(source, found.table))
            SAMPLE.write("meta", f"reconciliation_{source.name}", compare(source, found.table, []))
        for name in order():
            SAMPLE.write("locality", name, make(tables()[name], SAMPLE))
        evidence = evidence_tables(SAMPLE, few.panels_and_draws())
        SAMPLE.write("meta", "construct_coverage", evidence.pop("construct_coverage"))
        for name, frame in evidence.items():
            SAMPLE.write("evidence", name, frame)


def finished_run(root: Path, _: MadeOnce) -> None:
    """A data folder in which a small run of the sample has been published once."""
    with pytest.MonkeyPatch.context() as setting:
        few.small_run(setting, root, few.BROKEN)
        setting.setenv("RAPPORT_DATA", str(root))
        _home()
        assert execute(SAMPLE, None)
