"""What is said of new and changed files: a line in a run, a report, rows of a table."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.edition import Edition, replacing
from pipeline.reading.differences import Difference, some
from pipeline.reading.fetch import manifest
from pipeline.reading.releases import KINDS, SCHEMA, Kind, Notice, from_addresses, look
from pipeline.reading.source import Release, Source
from pipeline.reading.switches import switched_off
from pipeline.runs.lock import WAIT_SECONDS, only_run
from pipeline.sources import sources
from pipeline.tables import Table


def line(notice: Notice, see: str = "") -> str:
    """The notice in one line of a run."""
    what = {
        "changed": "its bytes changed since it was declared; not used",
        "undeclared": "a new file that is not declared; not used",
        "missing": "not there",
        "unreached": "its address could not be asked",
        "declared": "new since the last publish",
    }[notice.kind]
    told = f"{notice.file} ({notice.source}): {what}"
    if notice.kind == "declared":
        return f"{told}: {_brief(notice)}"
    return f"{told}. What it would change: {see} --source {notice.source}"


def _brief(notice: Notice) -> str:
    found = notice.difference
    if found is None:
        return "nothing published to compare with"
    said = [
        f"{found.keys_added:,} rows added",
        f"{found.keys_gone:,} gone",
        f"{found.values_changed:,} values changed",
    ]
    if found.largest_change is not None:
        said.append(f"by up to {found.largest_change:.0%}")
    said += map(str, found.lost)
    return ", ".join(said)


def declaration(release: Release, rows: int | None) -> str:
    """The lines that declare a release; the address is left open, since it pins the bytes."""
    lines = [
        "Release(",
        f'    file="{release.file}",',
        '    url="https://...",  # an address that always gives these bytes',
        f'    sha256="{release.sha256}",',
        f'    period="{release.period}",',
        '    published="",  # ISO date, where the publisher states one',
        f"    rows={rows},",
        f'    label="{release.label}",',
        f"    revision={release.revision},",
        "),",
    ]
    return "\n".join(lines)


TODO = {
    "changed": "If the copy is damaged, get the file again. If the publisher issued it again, keep "
    "both: put the old bytes back, save the new ones under a name of their own, and declare that "
    "file beside the old one with the next `revision`. To give the old one up, declare the new "
    "bytes in its place.",
    "undeclared": "To use it, declare it: check period, label and revision, and add its address.",
    "missing": "Put the file there, or let a run without a mirror get it from its address. Where "
    "that has it no more, declare an address that does.",
    "unreached": "Nothing is known of it. Ask again from where the address can be reached, or look "
    "in a folder of the files: --mirror.",
    "declared": "",
}


def described(notice: Notice) -> str:
    """The notice in full, as Markdown that reads well in a terminal."""
    lines = [
        f"## {notice.file}",
        "",
        f"{notice.source}: {KINDS[notice.kind]}.",
    ]
    if notice.problem:
        lines += ["", f"Problem: {notice.problem}"]
    found = notice.difference
    if found is not None:
        replaced = found.rows_before - found.rows_after + (notice.rows or 0)
        lines += [
            "",
            f"- rows: {notice.rows:,} in this file"
            + (f", in place of {replaced:,} published" if replaced else ", all of them new"),
            f"- columns: {_columns(found)}",
            f"- keys: {found.keys_added:,} added, {found.keys_gone:,} gone",
            f"- values: {found.values_changed:,} changed"
            + (
                f", the largest by {found.largest_change:.1%}"
                if found.largest_change is not None
                else ""
            ),
            "- coverage: "
            + "; ".join(
                [
                    *([f"new: {some(found.periods_added)}"] if found.periods_added else []),
                    *(map(str, found.lost) if found.lost else ["nothing lost"]),
                ]
            ),
        ]
        if found.examples:
            lines += ["- for example:", *(f"  - {one}" for one in found.examples)]
    elif notice.rows is not None:
        lines += ["", f"- rows: {notice.rows:,}; nothing is published to compare them with"]
    aside = notice.set_aside()
    if aside:
        rows = f"{notice.rows_set_aside} row" + ("s" if notice.rows_set_aside != 1 else "")
        lines += [
            "",
            f"A run would set aside {rows} of it (meta.quarantine), and use the rest:",
            "",
        ]
        lines += [f"- {one}" for one in aside]
    unread = notice.rows is None and notice.kind not in ("missing", "unreached")
    if unread and notice.kind == "undeclared":
        lines += ["", f"To use it, make pipeline/sources/{notice.source}.py read it first."]
    elif TODO[notice.kind]:
        lines += ["", TODO[notice.kind]]
    if notice.release is not None and notice.rows is not None:
        module = f"pipeline/sources/{notice.source}.py"
        lines += ["", f"In `releases` of {module}, in the form used there:", "", "```python"]
        lines += [declaration(notice.release, notice.rows), "```"]
    return "\n".join(lines)


def _columns(found: Difference) -> str:
    said = []
    if found.columns_added:
        said.append(f"added {', '.join(found.columns_added)}")
    if found.columns_gone:
        said.append(f"gone {', '.join(found.columns_gone)}")
    return "; ".join(said) or "as declared"


def report(
    edition: Edition, where: str, looked: Sequence[Source], notices: Sequence[Notice]
) -> str:
    """Everything that was noticed, as Markdown."""
    declared = sum(len(source.releases) for source in looked)
    count = {kind: sum(one.kind == kind for one in notices) for kind in KINDS}
    there = declared - sum(count[kind] for kind in ("missing", "unreached", "changed"))
    lines = [
        f"# Releases of {edition.title}",
        "",
        f"Looked in {where}: {len(looked)} sources, {declared} declared files.",
        "",
        f"- as declared: {there}",
        f"- missing: {count['missing']}",
        f"- whose address could not be asked: {count['unreached']}",
        f"- changed, so that the bytes are not the declared ones: {count['changed']}",
        f"- new, so not declared and named like those that are: {count['undeclared']}",
    ]
    order: list[Kind] = ["changed", "undeclared", "missing", "unreached", "declared"]
    for one in sorted(notices, key=lambda one: (order.index(one.kind), one.file)):
        lines += ["", described(one)]
    ending = (
        "Nothing was changed, and no run uses these files until they are declared. After "
        "declaring: `rapport run " + edition.name + "`, which compares again before it publishes."
        if notices
        else "Nothing to do."
    )
    return "\n".join([*lines, "", ending, ""])


def keep(
    edition: Edition, stage: Literal["looked", "declared"], source: str, notices: Sequence[Notice]
) -> None:
    """Keep the notices of a source for ``meta.release_notice``."""
    edition.record(f"releases_{stage}", source, [one.row() for one in notices])


def notice_table(edition: Edition) -> Table:
    """``meta.release_notice``: what was last noticed of every source's files."""
    rows = [
        row
        for name in sources()
        for stage in ("looked", "declared")
        for row in edition.recall(f"releases_{stage}", name) or []
    ]
    return Table(
        "meta",
        "release_notice",
        pl.DataFrame(rows, schema=SCHEMA, orient="row"),
        "New, changed and missing files of the sources, and what they change or would change.",
        columns={
            "source": "name of the source",
            "file": "path of the file in a mirror",
            "sha256": "hash of its bytes; empty where it is missing",
            "columns_added": "columns that are not published",
            "columns_gone": "published columns that are not there any more",
            "periods_added": "periods that are not published",
            "examples": "a few of the values that differ",
            "kind": "; ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items()),
            "release": "how it is declared, or would be",
            "rows": "tidy rows of the file",
            "rows_before": "published rows of the source, of each period the latest release",
            "keys_added": "rows by key that are not published",
            "keys_gone": "published rows by key that are not there any more",
            "values_changed": "cells of rows that both have",
            "largest_change": "largest relative change of a number that both have",
            "coverage_lost": "places and periods that had a figure and have none",
            "rows_set_aside": "published rows that a run would set aside, because a rule fails; "
            "empty where the file was not read",
            "set_aside": "which cells fail, what was expected, and what would become of them",
            "problem": "why it could not be read, or where a run would stop",
        },
    )


def command(
    edition: Edition,
    mirror: Path | None,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda message: None,
) -> str:
    """Look at the files of all sources, or some, and report.

    The report is kept as the edition's ``releases.md``, its rows as ``meta.release_notice``, once
    no run is under way.

    Args:
        mirror: folder of the files as they are today; without it the sample's own, else each
            declared file is downloaded from its address and thrown away again.

    Raises:
        AnotherRun: another run has the edition, and did not end in hours.
    """
    off = switched_off()
    looked = [
        one for one in sources().values() if one.name not in off and (not only or one.name in only)
    ]
    hashes = None
    if edition.synthetic:
        mirror = edition.published_files
        hashes = manifest(mirror) if (mirror / "MANIFEST.csv").exists() else {}
    found: dict[str, list[Notice]] = {}
    failed: dict[str, dict[str, tuple[Kind, str]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        where = f"the folder {mirror}"
        if mirror is None:
            mirror, where = Path(scratch), "the declared addresses"
            for source in looked:
                progress(f"{source.name}: {len(source.releases)} files")
                failed[source.name] = from_addresses(source, mirror, progress)
        for source in looked:
            problems = failed.get(source.name, {})
            own = look(source, edition, mirror, hashes)
            for place, one in enumerate(own):
                if one.file in problems:
                    kind, problem = problems[one.file]
                    own[place] = replace(one, kind=kind, problem=problem)
            found[source.name] = own
    text = report(edition, where, looked, [one for own in found.values() for one in own])
    # Looking takes long and disturbs nobody; a run writes where the notices are kept.
    with only_run(edition, f"rapport releases {edition.name}", WAIT_SECONDS, progress):
        for name, own in found.items():
            keep(edition, "looked", name, own)
        edition.write("meta", "release_notice", notice_table(edition).frame.lazy().collect())
        with replacing(edition.noticed) as scratch_file:
            scratch_file.write_text(text, encoding="utf-8")
    return text
