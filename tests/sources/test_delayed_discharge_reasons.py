from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.reading.published import PublishedFile
from pipeline.sample.layout import r_data
from pipeline.sample.writers.delayed_discharge_reasons import REASONS as PUBLISHED
from pipeline.sources.delayed_discharge_reasons import COLUMNS, FRAME, REASONS, SOURCE
from tests.sources.layouts import refused, tidied, written

RELEASE = SOURCE.releases[0]
Row = tuple[str, str, str, str, float]


def row(code: str, month: str, reason: str, count: float) -> Row:
    return "Fable NHS Trust", code, month, reason, count


ENDED = "Interface\u00a0process – Homeless with no recourse to public funds?"
ROWS = [
    row("RZ9", "2024-06-01", "Capacity – Housing provision not yet available (Pathway 0 or 1)", 3),
    row("RZ9", "2025-01-01", ENDED, 0),
    row("RZ8", "2024-06-01", "Wellbeing concerns - Issues with discharge destination readiness", 7),
    row("RZ8", "2024-06-01", ENDED, float("nan")),
]


def made(folder: Path, rows: Sequence[Row], name: str = FRAME) -> PublishedFile:
    path = folder / Path(RELEASE.file).name
    r_data(path, name, dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)))
    return PublishedFile(path, RELEASE.file)


def test_rows(tmp_path: Path) -> None:
    columns = ("org_code", "period", "year", "category", "reason", "pathway", "value", "status")
    found = tidied(SOURCE, RELEASE, made(tmp_path, ROWS), *columns, "row")
    wellbeing = ("wellbeing_concerns", "destination_readiness", None)
    interface = ("interface_process", "no_public_funds", None)
    assert found == [
        ("RZ8", "2024-06", 2024, *wellbeing, 7.0, "ok", 3),
        ("RZ8", "2024-06", 2024, *interface, None, "x", 4),
        ("RZ9", "2024-06", 2024, "capacity", "housing_capacity", "0 or 1", 3.0, "ok", 1),
        ("RZ9", "2025-01", 2024, *interface, 0.0, "ok", 2),
    ]


def test_every_published_reason_has_its_own(tmp_path: Path) -> None:
    rows = [row("RZ9", "2024-06-01", reason, 1) for reason in PUBLISHED]
    found = tidied(SOURCE, RELEASE, made(tmp_path, rows), "reason")
    assert sorted(found) == sorted((reason,) for reason in REASONS.values())


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (row("RZ7X", "2024-06-01", ENDED, 1), ("'nhs_trust22_code'", "'RZ7X'")),
        (row("RZ7", "2024-06-02", ENDED, 1), ("'date'", "first day of a month")),
        (row("RZ7", "June 2024", ENDED, 1), ("'date'", "'June 2024'")),
        (row("RZ7", "2024-06-01", "Capacity – A new one", 1), ("'delay_reason'", "A new one")),
        (row("RZ7", "2024-06-01", ENDED, 1.5), ("'delay_count'", "whole number", "1.5")),
    ],
)
def test_bad_rows(tmp_path: Path, extra: Row, words: tuple[str, ...]) -> None:
    refused(SOURCE, RELEASE, made(tmp_path, [*ROWS, extra]), RELEASE.file, "row 5", *words)


def test_bad_files(tmp_path: Path) -> None:
    refused(SOURCE, RELEASE, written(tmp_path, RELEASE, b"cut"), "not a readable R data file")
    refused(SOURCE, RELEASE, made(tmp_path, ROWS, "reasons"), "expected a data frame")
    twice = made(tmp_path, [*ROWS, ROWS[0]])
    refused(SOURCE, RELEASE, twice, "org_code=RZ9, period=2024-06", "2 rows (1, 5)")
    path = tmp_path / "cut.rda"
    r_data(path, FRAME, {"nhs_trust22_code": ["RZ9"], "date": ["2024-06-01"]})
    refused(SOURCE, RELEASE, PublishedFile(path, RELEASE.file), "expected the columns", "delay")
