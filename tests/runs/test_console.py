"""What a run prints while it goes on."""

import logging

import pytest

from pipeline.runs.console import _Lines


def printed(said: str, capsys: pytest.CaptureFixture[str]) -> str:
    record = logging.LogRecord("rapport.console", logging.INFO, "", 0, said, None, None)
    record.dagster_meta = {"step_key": "england__evidence", "orig_message": said}
    _Lines().emit(record)
    return capsys.readouterr().out


def test_long_steps_say_how_far_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed("2 of 9 panels: Councils, 2021-22", capsys).strip() == (
        "2 of 9 panels: Councils, 2021-22"
    )
    assert printed("12 of 96 files, 3 MB", capsys).strip() == "12 of 96 files, 3 MB"


def test_what_a_step_says_of_its_result_waits_for_its_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert printed("365 rows", capsys) == ""
