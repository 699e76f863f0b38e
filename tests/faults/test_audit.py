"""An audit that could not be made fails, and says what was not audited and what to do."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults import audit

LOCKED = """
one==1.0 \\
    --hash=sha256:00
two==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:00
three==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:00
"""


def safe(name: str, version: str) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": []}


def skipped(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": f"Dependency not found on PyPI: {name}"}


def run(tmp_path: Path, patch: pytest.MonkeyPatch, writes: str) -> int:
    """The audit with a pip-audit that writes this and, as the real one then does, exits with 0."""
    lock, tool = tmp_path / "requirements.lock", tmp_path / "tool.py"
    lock.write_text(LOCKED)
    tool.write_text(f"import sys\nprint({writes!r})\nprint('connection failed', file=sys.stderr)")
    patch.setattr(audit, "LOCK", lock)
    return audit.main([sys.executable, str(tool)])


@pytest.mark.parametrize(
    ("writes", "words"),
    [
        (
            json.dumps({"dependencies": [skipped("one"), skipped("two")]}),
            ("Nothing was audited", "none of the 3", "PyPI's own service", "make audit` again"),
        ),
        ("", ("Nothing was audited", "connection failed")),
        (
            json.dumps({"dependencies": [safe("one", "1.0"), skipped("two")]}),
            ("1 of 3 locked packages were not audited: two 2.0.", "pip-audit said: Dependency"),
        ),
        (
            json.dumps(
                {
                    "dependencies": [
                        safe("one", "1.0"),
                        safe("two", "2.0")
                        | {"vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]},
                    ]
                }
            ),
            ("two 2.0: PYSEC-1; mended in 2.1.",),
        ),
    ],
)
def test_what_was_not_audited_or_is_vulnerable_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    writes: str,
    words: Sequence[str],
) -> None:
    assert run(tmp_path, monkeypatch, writes) == 1
    shown = capsys.readouterr()
    assert all(word in shown.err for word in words), shown.err
    assert "no known vulnerability" not in shown.out + shown.err


def test_what_is_safe_passes_and_says_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"dependencies": [safe("one", "1.0"), safe("Two", "2.0")]}
    assert run(tmp_path, monkeypatch, json.dumps(found)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 locked packages audited; no known vulnerability.",
        "Not asked about, for another system or Python: three 3.0.",
    ]
