"""The locked packages among the known vulnerabilities: ``make audit``.

A package that could not be looked up fails the audit, as a vulnerable one does: pip-audit by itself
says "no known vulnerabilities" where its service knows, or can be asked about, none of them.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[2] / "requirements.lock"
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\;]+)", re.MULTILINE)
AUDIT = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json")
NAMED = 5


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def verdict(found: Mapping[str, Any] | None, lock: str) -> tuple[bool, list[str]]:
    """Whether all is well, and what is said of it.

    Args:
        found: what pip-audit wrote; None where it wrote nothing.
        lock: the text of the lock.
    """
    locked = [f"{name.lower()} {version}" for name, version in LOCKED.findall(lock)]
    looked = (found or {}).get("dependencies", [])
    told = {f"{one['name'].lower()} {one['version']}": one for one in looked if "version" in one}
    skipped = {one["name"].lower(): one["skip_reason"] for one in looked if "skip_reason" in one}
    missed = [one for one in locked if one.split()[0] in skipped]
    said = []
    if not told:
        said.append(
            f"Nothing was audited, and none of the {len(locked)} locked packages is known to be "
            "safe: pip-audit could look none of them up. It asks PyPI's own service, for which a "
            "mirror of packages does not answer: run `make audit` again where that is reached."
        )
    elif missed:
        said.append(
            f"{len(missed)} of {len(locked)} locked packages were not audited: {listed(missed)}. "
            "Run `make audit` again; a package that PyPI does not know has to be looked up by hand."
        )
    if skipped:
        said.append(f"pip-audit said: {next(iter(skipped.values()))}")
    bad = {name: one["vulns"] for name, one in told.items() if one["vulns"]}
    for name, vulns in bad.items():
        mended = sorted({version for one in vulns for version in one["fix_versions"]})
        said.append(
            f"{name}: {', '.join(one['id'] for one in vulns)}; mended in "
            f"{', '.join(mended) or 'no version yet'}."
        )
    elsewhere = [one for one in locked if one not in told and one not in missed]
    if told and elsewhere:
        said.append(f"Not asked about, for another system or Python: {', '.join(elsewhere)}.")
    well = bool(told) and not missed and not bad
    if well:
        said.insert(0, f"{len(told)} locked packages audited; no known vulnerability.")
    return well, said


def main(command: Sequence[str]) -> int:
    """Audit the lock with a pip-audit: 0 where all is well, 1 where it is not or is not known."""
    done = subprocess.run(
        [*command, *AUDIT, "-r", str(LOCK)], check=False, capture_output=True, text=True
    )
    try:
        found = json.loads(done.stdout)
    except ValueError:
        found = None
    well, said = verdict(found, LOCK.read_text(encoding="utf-8"))
    if found is None:
        said += done.stderr.strip().splitlines()[-3:]
    print("\n".join(said), file=sys.stdout if well else sys.stderr)
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
