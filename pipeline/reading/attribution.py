"""``ATTRIBUTION.md``: whose data this is, generated from the sources' declarations.

Write it anew with ``python -m pipeline.reading.attribution`` after a source was added or changed.
"""

from pipeline.edition import PROJECT
from pipeline.reading.source import WARNINGS
from pipeline.reading.switches import switched_off
from pipeline.sources import sources

PATH = PROJECT / "ATTRIBUTION.md"
GRADES = {
    "original": "the publisher's own bytes, sometimes kept in a third party's copy",
    "derived": "typed again or reshaped by a third party",
    "scraped": "read off web pages by a third party, not verified",
}


def text() -> str:
    """The file's text, sources in alphabetical order."""
    lines = [
        "# Attribution",
        "",
        "Generated from `pipeline/sources/`. No published data is part of this project; a run",
        "fetches it from the addresses in the declarations.",
        "",
        "| source | publisher | licence | provenance | attribution |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{one.name}` | {one.publisher} | {one.licence} | {one.grade} | {one.attribution} |"
        for one in sources().values()
    ]
    lines += ["", "Provenance:", ""]
    lines += [f"- `{grade}`: {meaning}." for grade, meaning in GRADES.items()]
    lines += ["", "## What to mind", "", "| source | warning |", "|---|---|"]
    lines += [
        f"| `{one.name}` | {WARNINGS[warning]} |"
        for one in sources().values()
        for warning in one.warnings
    ]
    off = switched_off()
    if off:
        lines += ["", "## Switched off", "", "Neither fetched nor used.", ""]
        lines += ["| source | why |", "|---|---|"]
        lines += [f"| `{name}` | {why} |" for name, why in off.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
