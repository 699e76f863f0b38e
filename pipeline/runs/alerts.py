"""Telling people that a run failed, by webhook and e-mail, as the environment says."""

import logging
import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from pipeline.database.versions import published_version
from pipeline.edition import Edition
from pipeline.runs.runlog import Failure, Summary, logs
from pipeline.settings import Settings, SettingsError, settings

TIMEOUT = 15.0
ATTEMPTS = 3
LONGEST = 1500
"""Characters of one problem; the log has the whole of it."""


@dataclass(frozen=True)
class Alert:
    """What is told: a subject, the text, and the same as data for programs."""

    subject: str
    text: str
    data: dict[str, object]


def failed(edition: Edition, run: Summary) -> Alert:
    """What is told of a run that failed."""
    version = published_version(edition)
    stays = (
        f"Published stays, whole and as it was: version {version}."
        if version
        else "Nothing is published yet, and nothing was."
    )
    count = len(run.failed)
    subject = f"Rapport {edition.name}: the run failed at {_named(run.failed) or 'its start'}"
    text = "\n".join(
        [
            f"{subject}.",
            stays,
            "",
            *(f"{one.asset}: {_short(one.problem)}\n" for one in run.failed),
            f"{len(run.redone)} steps were done, {len(run.unchanged)} were unchanged, {count} "
            f"failed, {len(run.not_run)} were not run.",
            f"Log: {logs(edition) / run.log}" if run.log else "No log was kept.",
            f"On that machine: rapport why {edition.name}. When it is mended: rapport run "
            f"{edition.name}, which redoes what failed and what was not run.",
        ]
    )
    data: dict[str, object] = {
        "event": "run failed",
        "edition": edition.name,
        "run_id": run.run_id,
        "published_version": version,
        "failed": [{"asset": one.asset, "problem": one.problem} for one in run.failed],
        "not_run": list(run.not_run),
        "log": run.log,
    }
    return Alert(subject, text, data)


def trial(edition: Edition) -> Alert:
    """A test of the ways that alerts are sent."""
    subject = f"Rapport {edition.name}: a test of alerts"
    text = f"{subject}. Nothing failed; an alert of a failed run would come here."
    return Alert(subject, text, {"event": "test", "edition": edition.name})


def _named(failures: Sequence[Failure]) -> str:
    names = [one.asset for one in failures[:3]]
    more = len(failures) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _short(problem: str) -> str:
    if len(problem) <= LONGEST:
        return problem
    return f"{problem[:LONGEST]}... ({len(problem) - LONGEST} more characters in the log)"


def check() -> list[str]:
    """How alerts are sent: the ways that are set up.

    Raises:
        SettingsError: a way is set up by half.
    """
    now = settings()
    ways = []
    if now.alert_webhook:
        ways.append("webhook")
    missing = [
        f"RAPPORT_{name.upper()}"
        for name in ("smtp_host", "smtp_from")
        if now.alert_email and not getattr(now, name)
    ]
    if missing:
        raise SettingsError(f"RAPPORT_ALERT_EMAIL needs {' and '.join(missing)} as well")
    if now.smtp_host and not now.alert_email:
        raise SettingsError("RAPPORT_SMTP_HOST is set, and RAPPORT_ALERT_EMAIL says of nobody")
    if bool(now.smtp_user) != bool(now.smtp_password):
        raise SettingsError("RAPPORT_SMTP_USER and RAPPORT_SMTP_PASSWORD need each other")
    if now.smtp_user and now.smtp_security == "none":
        raise SettingsError("a password is not sent without RAPPORT_SMTP_SECURITY=starttls or tls")
    if now.alert_email:
        ways.append("e-mail")
    return ways


def send(alert: Alert) -> list[str]:
    """Send an alert every way that is set up; one that fails does not keep the others back.

    Returns:
        What went wrong, in words; empty where all was sent, or nothing is set up.

    Raises:
        SettingsError: a way is set up by half.
    """
    import httpx  # noqa: PLC0415 - only where something is sent

    from pipeline.retry import attempts  # noqa: PLC0415

    ways, now, problems = check(), settings(), []
    for way, one in (("webhook", _post), ("e-mail", _mail)):
        if way in ways:
            try:
                for attempt in attempts(
                    on=_passing, attempts=ATTEMPTS, wait_initial=0.5, wait_max=10.0
                ):
                    with attempt:
                        one(alert, now)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, smtplib.SMTPException) as problem:
                # Not the address: it may hold a secret.
                status = getattr(getattr(problem, "response", None), "status_code", "")
                said = f"answered {status}" if status else f"{type(problem).__name__}"
                problems.append(f"the alert by {way} could not be sent: {said}")
    return problems


def _passing(problem: Exception) -> bool:
    """Whether another attempt may help."""
    import httpx  # noqa: PLC0415

    if isinstance(problem, httpx.HTTPStatusError):
        return problem.response.status_code >= 500 or problem.response.status_code == 429
    if isinstance(problem, smtplib.SMTPResponseException):
        return 400 <= problem.smtp_code < 500
    return isinstance(problem, httpx.TransportError | OSError) and not isinstance(
        problem, smtplib.SMTPException
    )


def _post(alert: Alert, now: Settings) -> None:
    import httpx  # noqa: PLC0415

    # What it says of every request names the address.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # "text" is what chat services show.
    content = {"text": f"{alert.text}", **alert.data}
    httpx.post(str(now.alert_webhook), json=content, timeout=TIMEOUT).raise_for_status()


def _mail(alert: Alert, now: Settings) -> None:
    message = EmailMessage()
    message["Subject"] = alert.subject
    message["From"] = now.smtp_from
    message["To"] = ", ".join(now.alert_email)
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid()
    message.set_content(alert.text)
    host, port = str(now.smtp_host), now.smtp_port
    secure = ssl.create_default_context()
    if now.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=secure)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    with server:
        if now.smtp_security == "starttls":
            server.starttls(context=secure)
        if now.smtp_user and now.smtp_password:
            server.login(now.smtp_user, now.smtp_password)
        server.send_message(message)
