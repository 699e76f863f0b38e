"""The environment variables: read in one place, wrong ones told clearly."""

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.edition import PROJECT, Edition, data_root
from pipeline.settings import VARIABLES, Settings, SettingsError, as_markdown, settings

DEFAULT = Settings(**{name: one.default for name, one in VARIABLES.items()})


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(f"RAPPORT_{name.upper()}", raising=False)


def test_without_any_the_data_is_beside_the_code() -> None:
    now = settings()
    assert now == DEFAULT
    assert (now.data, now.tables, now.mirror, now.processes, now.dask) == (None,) * 3 + (1, None)
    assert data_root() == PROJECT / "data"


def test_what_is_set_is_read_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "new"))
    monkeypatch.setenv("RAPPORT_TABLES", "s3://bucket/some/prefix?region=eu-west-2")
    monkeypatch.setenv("RAPPORT_MIRROR", str(tmp_path))
    monkeypatch.setenv("RAPPORT_PROCESSES", "4")
    monkeypatch.setenv("RAPPORT_DASK", "tcp://scheduler:8786")
    monkeypatch.setenv("RAPPORT_SITE_URL", "https://reports.example.org")
    assert settings() == replace(
        DEFAULT,
        data=(tmp_path / "new").resolve(),
        tables="s3://bucket/some/prefix?region=eu-west-2",
        mirror=tmp_path.resolve(),
        processes=4,
        dask="tcp://scheduler:8786",
        site_url="https://reports.example.org",
    )
    monkeypatch.setenv("RAPPORT_PROCESSES", " ")
    assert settings().processes == 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("DATA", __file__, "expected a folder, and this is a file"),
        ("TABLES", "bucket/prefix", "expected s3://..., found 'bucket/prefix'"),
        ("TABLES", "s3://", "expected s3://..."),
        ("MIRROR", "/nowhere/at/all", "expected a folder that exists, found '/nowhere/at/all'"),
        ("PROCESSES", "many", "expected a whole number from 1 to 256, found 'many'"),
        ("PROCESSES", "0", "expected a whole number from 1 to 256, found '0'"),
        ("DASK", "scheduler:8786", "expected tcp://..."),
        ("DASK", "tcp://me:secret@host:1", "expected no user or password in the address, found"),
        ("TABLES", "s3://me:secret@bucket", "expected no user or password in the address, found"),
        ("SITE_URL", "https://me:secret@host", "expected no user or password in the address"),
        (
            "SITE_URL",
            "ftp://me:secret@host",
            "expected http://... or https://..., found '...@host'",
        ),
        ("LOGS", "0", "expected a whole number from 1 to 100000"),
        ("ALERT_EMAIL", "team", "expected e-mail addresses with commas"),
        ("ALERT_WEBHOOK", "hooks.example.org/x", "expected https://... or http://..."),
        ("SMTP_SECURITY", "ssl", "expected starttls or tls or none"),
        ("SMTP_FROM", "a@example.org, b@example.org", "expected one e-mail address"),
        ("DASKS", "tcp://scheduler:8786", "no such variable; did you mean RAPPORT_DASK?"),
    ],
)
def test_a_wrong_one_says_what_was_expected(
    name: str, text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"RAPPORT_{name}", text)
    with pytest.raises(
        SettingsError, match=re.escape(f"RAPPORT_{name}: ") + ".*" + re.escape(said)
    ) as caught:
        settings()
    assert "secret" not in str(caught.value)


def test_printed_whole_they_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_SMTP_PASSWORD", "hunter2")
    monkeypatch.setenv("RAPPORT_ALERT_WEBHOOK", "https://me:hunter2@hooks.example.org/hunter2")
    assert "hunter2" in str(settings().alert_webhook)
    assert "hunter2" not in f"{settings()} {settings()!r}"


def test_all_wrong_ones_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_PROCESSES", "x")
    monkeypatch.setenv("RAPPORT_MIRROR", "/nowhere/at/all")
    with pytest.raises(SettingsError) as caught:
        settings()
    assert str(caught.value).count("\n  - ") == 2


def test_no_other_module_reads_them() -> None:
    readers = {
        path.relative_to(PROJECT).as_posix()
        for path in (PROJECT / "pipeline").rglob("*.py")
        if re.search(r"(environ\.get|getenv|environ\[)[^\n]*RAPPORT_", path.read_text("utf-8"))
    }
    assert readers == set()


def test_an_edition_with_a_home_keeps_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("RAPPORT_TABLES", "s3://bucket/prefix")
    own = Edition("world", "A world", synthetic=True, home=tmp_path / "home")
    own.write("tidy", "one", pl.DataFrame({"value": [1]}))
    own.record("kind", "one", {"a": 1})
    assert own.read("tidy", "one")["value"].to_list() == [1]
    assert own.recall("kind", "one") == {"a": 1}
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_the_documentation_lists_them() -> None:
    assert as_markdown() in (PROJECT / "docs" / "operate.md").read_text("utf-8")
