"""A failed run is told by webhook and e-mail, received here by servers of our own."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from aiosmtpd.controller import Controller
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.edition import ENGLAND
from pipeline.runs import alerts
from pipeline.runs.alerts import Alert, check, failed, send
from pipeline.runs.runlog import Failure, Summary
from pipeline.settings import SettingsError

PROBLEM = (
    "delayed_transfers/May_13.xls, sheet 'LA - by reason', row 20, column 'Total': expected a "
    "number, found 'many'. Declare a correction."
)
RUN = Summary(
    "0123456789abcdef",
    "2026-01-08T12:00:00.000+00:00",
    status="failed",
    redone=["raw/delayed_transfers"],
    not_run=["locality/place"],
    failed=[Failure("tidy/delayed_transfers", PROBLEM)],
    log="20260108T120000Z-01234567.jsonl",
)


class Hook(BaseHTTPRequestHandler):
    """A webhook's receiver: the first answers are given, then 200."""

    answers: ClassVar[list[int]] = []
    got: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(json.loads(content))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hook]]:
    Hook.answers, Hook.got = [], []
    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("RAPPORT_ALERT_WEBHOOK", f"http://127.0.0.1:{server.server_port}/secret")
    yield Hook
    server.shutdown()
    server.server_close()


class Letters:
    """A mail server's handler that keeps what it takes."""

    def __init__(self) -> None:
        self.got: list[tuple[list[str], Message]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        self.got.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Letters]:
    handler = Letters()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("RAPPORT_ALERT_EMAIL", "team@example.org, duty@example.org")
    monkeypatch.setenv("RAPPORT_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("RAPPORT_SMTP_PORT", str(port))
    monkeypatch.setenv("RAPPORT_SMTP_FROM", "rapport@example.org")
    monkeypatch.setenv("RAPPORT_SMTP_SECURITY", "none")
    yield handler
    controller.stop()


@pytest.fixture
def alert(monkeypatch: pytest.MonkeyPatch) -> Alert:
    monkeypatch.setattr(alerts, "published_version", lambda edition: "0007-20260101T000000Z-aaaa")
    return failed(ENGLAND, RUN)


def test_it_says_what_failed_where_what_to_do_and_that_published_stays(alert: Alert) -> None:
    assert alert.subject == "Rapport england: the run failed at tidy/delayed_transfers"
    assert PROBLEM in alert.text
    assert "Published stays, whole and as it was: version 0007-20260101T000000Z-aaaa." in alert.text
    assert RUN.log in alert.text
    assert "rapport why england" in alert.text
    assert "1 failed, 1 were not run" in alert.text


def test_both_ways_are_received(alert: Alert, hook: type[Hook], letters: Letters) -> None:
    assert check() == ["webhook", "e-mail"]
    assert send(alert) == []
    (posted,) = hook.got
    assert posted["text"] == alert.text
    assert posted["failed"] == [{"asset": "tidy/delayed_transfers", "problem": PROBLEM}]
    assert (posted["run_id"], posted["edition"]) == (RUN.run_id, "england")
    ((to, letter),) = letters.got
    assert to == ["team@example.org", "duty@example.org"]
    assert (letter["Subject"], letter["From"]) == (alert.subject, "rapport@example.org")
    assert PROBLEM.split(": ")[1] in letter.get_payload(decode=True).decode().replace("\n", " ")  # type: ignore[union-attr]


def test_a_busy_receiver_is_asked_again(alert: Alert, hook: type[Hook]) -> None:
    hook.answers = [503, 429]
    assert send(alert) == []
    assert len(hook.got) == 3


def test_one_that_refuses_does_not_keep_the_other_back(
    alert: Alert, hook: type[Hook], letters: Letters
) -> None:
    hook.answers = [404]
    (problem,) = send(alert)
    assert problem == "the alert by webhook could not be sent: answered 404"
    assert len(hook.got) == len(letters.got) == 1


def test_nothing_set_up_sends_nothing_and_the_command_says_so_and_fails(alert: Alert) -> None:
    assert check() == []
    assert send(alert) == []
    result = CliRunner().invoke(app, ["alert", "sample"])
    assert result.exit_code == 1
    assert "No alert is set up: set RAPPORT_ALERT_WEBHOOK" in result.stderr


def test_what_cannot_be_sent_shows_no_secret(
    alert: Alert,
    hook: type[Hook],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    for name, value in {
        "ALERT_EMAIL": "team@example.org",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "9",
        "SMTP_FROM": "rapport@example.org",
        "SMTP_USER": "secret user",
        "SMTP_PASSWORD": "secret password",
    }.items():
        monkeypatch.setenv(f"RAPPORT_{name}", value)
    hook.answers = [503, 503, 503]
    problems = send(alert)
    assert problems == [
        "the alert by webhook could not be sent: answered 503",
        "the alert by e-mail could not be sent: ConnectionRefusedError",
    ]
    assert len(hook.got) == 3
    told = capfd.readouterr()
    assert (told.out, told.err, caplog.text) == ("", "", "")


def test_a_webhook_that_is_no_address_is_told_without_it(
    alert: Alert, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_ALERT_WEBHOOK", "https://hooks.example.org:secret/secret")
    assert send(alert) == ["the alert by webhook could not be sent: InvalidURL"]


def test_a_long_problem_is_cut_in_the_text_alone() -> None:
    long = replace(RUN, failed=[Failure("tidy/x", "y" * 5000)])
    made = failed(ENGLAND, long)
    assert "(3500 more characters in the log)" in made.text
    assert made.data["failed"] == [{"asset": "tidy/x", "problem": "y" * 5000}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ALERT_EMAIL": "a@b.org"}, "needs RAPPORT_SMTP_HOST and RAPPORT_SMTP_FROM"),
        ({"SMTP_HOST": "mail"}, "RAPPORT_ALERT_EMAIL says of nobody"),
        ({"SMTP_USER": "me"}, "need each other"),
        (
            {"SMTP_USER": "me", "SMTP_PASSWORD": "x", "SMTP_SECURITY": "none"},
            "a password is not sent without",
        ),
    ],
)
def test_half_a_setting_says_what_is_missing(
    given: dict[str, str], said: str, alert: Alert, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"RAPPORT_{name}", value)
    with pytest.raises(SettingsError, match=said):
        send(alert)
