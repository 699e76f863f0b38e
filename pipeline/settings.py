"""The environment variables of Rapport: the one place that reads and checks them.

They are read when something runs, never when definitions load.
"""

import difflib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "RAPPORT_"
LOGIN = re.compile(r"\S*:\S*@")
"""A user and password, as they may stand in an address."""


class SettingsError(Exception):
    """Environment variables that are wrong, each with what was expected."""


@dataclass(frozen=True)
class Variable:
    """One environment variable.

    Attributes:
        about: what it is for.
        read: text to value; raises ValueError saying what was expected.
        default: the value where it is not set, or set to nothing.
        secret: whether its value may never be shown.
    """

    about: str
    read: Callable[[str], Any]
    default: Any = None
    secret: bool = False


def folder(text: str) -> Path:
    """A folder, made when needed; ``~`` is the user's home."""
    path = Path(text).expanduser().resolve()
    if path.exists() and not path.is_dir():
        raise ValueError("expected a folder, and this is a file")
    return path


def existing_folder(text: str) -> Path:
    """A folder that must be there."""
    path = folder(text)
    if not path.is_dir():
        raise ValueError("expected a folder that exists")
    return path


def address(*schemes: str, login: bool = False) -> Callable[[str], str]:
    """An address with one of the schemes and a host (or bucket).

    Args:
        login: whether a user and password may stand in it: only where nothing shows it.
    """

    def read(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or not parts.netloc:
            raise ValueError(f"expected {' or '.join(f'{one}://...' for one in schemes)}")
        if "@" in parts.netloc and not login:
            raise ValueError("expected no user or password in the address")
        return text

    return read


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A whole number between two bounds."""

    def read(text: str) -> int:
        expected = f"expected a whole number from {least} to {most}"
        try:
            number = int(text)
        except ValueError:
            raise ValueError(expected) from None
        if not least <= number <= most:
            raise ValueError(expected)
        return number

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """One of some words."""

    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"expected {' or '.join(words)}")
        return text.lower()

    return read


def mail_addresses(text: str) -> tuple[str, ...]:
    """E-mail addresses, with commas."""
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    if not found or any(not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", one) for one in found):
        raise ValueError("expected e-mail addresses with commas, such as team@example.org")
    return found


def mail_address(text: str) -> str:
    """One e-mail address."""
    (one, *others) = mail_addresses(text)
    if others:
        raise ValueError("expected one e-mail address")
    return one


VARIABLES: Mapping[str, Variable] = {
    "data": Variable(
        "Folder of all data: published versions, Dagster's own records, and everything else unless "
        "`RAPPORT_TABLES` says otherwise. By default `data` beside the code.",
        folder,
    ),
    "tables": Variable(
        "Object storage for tables, records and published files, for runs on several machines: "
        "`s3://bucket/prefix`.",
        address("s3"),
    ),
    "mirror": Variable(
        "Folder with the published files, instead of downloading each from its address.",
        existing_folder,
    ),
    "processes": Variable(
        "Processes that the steps of a run are spread over; 1 is fastest on one small machine.",
        whole_number(1, 256),
        1,
    ),
    "dask": Variable(
        "Address of a Dask scheduler, `tcp://host:8786`, that the evidence is computed on; by "
        "default all cores of this machine.",
        address("tcp", "tls", "ws", "wss", "inproc"),
    ),
    "keep_versions": Variable(
        "How many of the last published versions are kept to go back to.",
        whole_number(1, 1000),
        5,
    ),
    "site_url": Variable(
        "Address that the reports are served below, `https://host/folder` for "
        "`https://host/folder/england/index.html`; Dagster's UI links to it. `rapport dev` serves "
        "the default.",
        address("http", "https"),
        "http://localhost:3001",
    ),
    "logs": Variable(
        "How many runs' logs are kept in the `logs` folder of an edition.",
        whole_number(1, 100_000),
        100,
    ),
    "alert_webhook": Variable(
        "Address that a failed run is posted to as JSON, with `text` for chat services.",
        address("https", "http", login=True),
        secret=True,
    ),
    "alert_email": Variable(
        "Addresses that a failed run is mailed to, with commas; needs `RAPPORT_SMTP_HOST` and "
        "`RAPPORT_SMTP_FROM`.",
        mail_addresses,
        (),
    ),
    "smtp_host": Variable("The mail server that takes alerts.", str),
    "smtp_port": Variable("Its port.", whole_number(1, 65_535), 587),
    "smtp_security": Variable(
        "How the connection is secured: `starttls`, `tls` from the start (usually port 465), or "
        "`none` for a relay on the same network.",
        one_of("starttls", "tls", "none"),
        "starttls",
    ),
    "smtp_from": Variable("Address that alerts are sent from.", mail_address),
    "smtp_user": Variable("User at the mail server, where it asks for one.", str),
    "smtp_password": Variable("That user's password.", str, secret=True),
}
"""Every variable, by its name without ``RAPPORT_`` and in small letters."""
KNOWN = tuple(PREFIX + name.upper() for name in VARIABLES)


@dataclass(frozen=True, repr=False)
class Settings:
    """The values of ``VARIABLES``. Some are secret: none is shown where it is printed whole."""

    data: Path | None
    tables: str | None
    mirror: Path | None
    processes: int
    dask: str | None
    keep_versions: int
    site_url: str
    logs: int
    alert_webhook: str | None
    alert_email: Sequence[str]
    smtp_host: str | None
    smtp_port: int
    smtp_security: str
    smtp_from: str | None
    smtp_user: str | None
    smtp_password: str | None


def settings() -> Settings:
    """The settings as the environment has them now.

    Raises:
        SettingsError: a variable is wrong or not known; all of them are named.
    """
    # Asked thousands of times in a run: the whole environment is gone through only when it changed.
    known = tuple(map(os.environ.get, KNOWN))
    return _read(known, len(os.environ))


@lru_cache(maxsize=8)
def _read(known: tuple[str | None, ...], size: int) -> Settings:
    found = {name: text for name, text in os.environ.items() if name.startswith(PREFIX)}
    values: dict[str, Any] = {name: one.default for name, one in VARIABLES.items()}
    problems: list[str] = []
    for variable, text in sorted(found.items()):
        name = variable.removeprefix(PREFIX).lower()
        declared = VARIABLES.get(name)
        if declared is None or variable != PREFIX + name.upper():
            near = difflib.get_close_matches(name, VARIABLES, 1)
            meant = f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""
            problems.append(f"{variable}: there is no such variable{meant}")
        elif text.strip():
            try:
                values[name] = declared.read(text.strip())
            except ValueError as problem:
                shown = "" if declared.secret else f", found {LOGIN.sub('...@', text)!r}"
                problems.append(f"{variable}: {problem}{shown}")
    if problems:
        raise SettingsError(
            "the environment is not as expected (docs/operate.md lists every variable)\n"
            + "\n".join(f"  - {problem}" for problem in problems)
        )
    return Settings(**values)


def as_markdown() -> str:
    """The variables as the table of docs/operate.md."""
    rows = ["| variable | by default | what it is for |", "|---|---|---|"]
    for name, one in VARIABLES.items():
        default = one.default if one.default not in (None, ()) else ""
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {one.about} |")
    return "\n".join(rows)
