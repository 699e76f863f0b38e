"""The steps of a run: what each is made by, what it was made from, and whether it is out of date.

Each step that succeeds leaves a record: a digest of the code that made it, of what is declared for
it, of every table, file and record that it read, and of everything it made. A step is up to date
while all of these are as they were. What it reads is noted while it runs (``trace``), so a new
input needs no declaration.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from pipeline.checks import drift
from pipeline.code import WRITING, code_version, combined, is_module, packages, sha256
from pipeline.database.locality import tables
from pipeline.database.sqltable import SQL, sql_tables
from pipeline.database.versions import published_version
from pipeline.edition import PROJECT, Edition, Place, contents, replacing
from pipeline.reading import corrections, differences, reconciliation
from pipeline.reading.declared import OfSource
from pipeline.reading.fetch import digest as file_digest
from pipeline.reading.releases import undeclared
from pipeline.reading.source import Source
from pipeline.reading.switches import switched_off
from pipeline.sources import sources
from pipeline.study.framework import REGISTERED, framework
from pipeline.study.results import TABLES
from pipeline.trace import Trace

CODE, PACKAGES, MIRROR, SWITCH = "code", "packages", "mirror", "switch"
SAID = {
    CODE: "its code changed",
    PACKAGES: "Python or a package changed",
    SWITCH: "it was switched off or on since the last run",
    MIRROR: "files in the mirror are not as declared, or no longer so",
}
KINDS = {
    "table": "{}",
    "record": "the record of {}",
    "reference": "data/reference/{}.csv",
    "raw": "raw/{}",
    "generated": "published/{}",
    "version": "the published {}",
}
"""Kinds of labels, and how each is called."""
PUBLISHED = ("version:rapport.duckdb", "version:report", "version:exports")
SUITES = PROJECT / "pipeline" / "checks"
CHECKS = "__checks"
"""How the names of steps that check a table end."""
PUBLISH = ("publish__database", "publish__report", "publish__exports", "publish__version")
"""What ends a run: one version, so made together or not at all."""
WRITE = ("raw__generated", *PUBLISH)
"""Steps that write pages, pictures or workbooks."""
SETTLED_SECONDS = 2.0
"""A file changed later than this ago may change again without another time stamp."""


@dataclass(frozen=True)
class Step:
    """One step of an edition's job.

    Attributes:
        name: the op's name without the edition, such as ``tidy__ascof``.
        of: the source it belongs to, where it belongs to one.
        code: digest of the code that makes it.
        declared: name to digest of what is declared for it outside the code.
    """

    name: str
    code: Callable[[], str]
    declared: Callable[[], Mapping[str, str | None]] = field(default=dict)
    of: Source | None = None

    @property
    def source(self) -> str:
        """The name of the source it belongs to; empty where it belongs to none."""
        return self.of.name if self.of else ""

    @property
    def layer(self) -> str:
        """``raw``, ``tidy``, ``locality``, ``evidence`` or ``publish``."""
        return self.name.partition("__")[0]

    @property
    def title(self) -> str:
        """How it is called in what a run prints."""
        return self.name.replace("__", "/")


def _off() -> dict[str, str | None]:
    return {"what is switched off": combined(switched_off().items())}


def _switch(source: str) -> dict[str, str | None]:
    return {SWITCH: switched_off().get(source)}


def _entries(kind: str, entries: Iterable[object]) -> dict[str, str | None]:
    content = [asdict(one) for one in entries]  # type: ignore[call-overload]
    return {kind: sha256(json.dumps(content, sort_keys=True, default=str)) if content else None}


def _framework() -> dict[str, str | None]:
    registered = sha256(REGISTERED.read_bytes())
    return {"the framework": combined([("framework", framework().hash), ("known", registered)])}


def _rules() -> dict[str, str | None]:
    """What is promised of tables, asked of them, and allowed."""
    return _folder("the rules of checks", SUITES, "*.toml")


def _folder(name: str, folder: Path, pattern: str) -> dict[str, str | None]:
    files = sorted(folder.rglob(pattern))
    return {name: combined((path.name, sha256(path.read_bytes())) for path in files)}


def raw_step(edition: Edition, source: Source) -> Step:
    """The step that brings a source's files."""

    def declared() -> dict[str, str | None]:
        # The sample declares its files in the manifest that it generates.
        known = () if edition.synthetic else source.releases
        return {f"the release {one.file}": one.sha256 for one in known} | _switch(source.name)

    return Step(
        f"raw__{source.name}",
        lambda: code_version("pipeline.reading.fetch", alone=("pipeline.assets.raw",)),
        declared,
        source,
    )


def _own(source: Source | None) -> list[str]:
    """The module that declares a source, where one does."""
    name = f"pipeline.sources.{source.name}" if source else ""
    return [name] if is_module(name) else []


def declarations() -> dict[str, Sequence[OfSource]]:
    """What is declared of sources in files of ``data``, by how a plan calls it.

    Raises:
        DeclarationError: a file or an entry is not as expected.
    """
    return {
        "its corrections": corrections.declared(),
        "its explained differences": reconciliation.declared(),
        "its accepted changes": differences.accepted(),
        "its explained drift": drift.declared(),
    }


def tidy_step(edition: Edition, source: Source) -> Step:
    """The step that makes a source's table."""

    def declared() -> dict[str, str | None]:
        known = _switch(source.name) | _rules()
        if not edition.synthetic:
            for kind, entries in declarations().items():
                known |= _entries(kind, [one for one in entries if one.source == source.name])
        return known

    return Step(
        f"tidy__{source.name}",
        lambda: code_version(
            *_own(source),
            "pipeline.reading.ingest",
            "pipeline.reading.geography",
            "pipeline.reading.reconciliation",
            "pipeline.reading.differences",
            "pipeline.checks.drift",
            alone=("pipeline.assets.tidy",),
        ),
        declared,
        source,
    )


def checks_step(edition: Edition, layer: str, name: str, of: Source | None = None) -> Step:
    """The step that checks a table."""

    def declared() -> dict[str, str | None]:
        rules = _rules()
        if layer == "tidy":
            return rules | _switch(name)
        return {**rules, **_off(), **_framework(), **_query(name)}

    return Step(
        f"{layer}__{name}{CHECKS}",
        lambda: code_version(
            "pipeline.checks.engine",
            "pipeline.checks.rules",
            # They say which rules a table is held to, and what may be shown.
            "pipeline.reading.quarantine",
            *_own(of),
            alone=(
                "pipeline.checks.asset_checks",
                "pipeline.checks.passed",
                "pipeline.database.locality",
            ),
        ),
        declared,
        of,
    )


def _query(name: str) -> dict[str, str | None]:
    table = sql_tables("locality").get(name)
    return {"its query": sha256((SQL / "locality" / f"{name}.sql").read_bytes()) if table else None}


def _keys() -> str:
    """What the framework's tables use of the declarations of sources."""
    used = sorted({one.source for one in framework().indicators.values() if one.source})
    return combined(
        (name, f"{sources()[name].key} {sources()[name].area}")
        for name in used
        if name in sources()
    )


def _locality(name: str) -> Step:
    by_query = name in sql_tables("locality")

    def declared() -> dict[str, str | None]:
        return _query(name) if by_query else {**_framework(), "keys of its sources": _keys()}

    return Step(
        f"locality__{name}",
        lambda: code_version(
            "pipeline.database.sqltable" if by_query else "pipeline.study.indicators",
            alone=("pipeline.assets.locality", "pipeline.database.locality"),
        ),
        declared,
    )


def _publish(edition: Edition) -> list[Step]:
    def database() -> dict[str, str | None]:
        known = {**_off(), **_framework(), **_folder("views and macros", SQL, "*.sql")}
        return (
            known if edition.synthetic else known | _entries("corrections", corrections.declared())
        )

    code = {
        "database": lambda: code_version("pipeline.assets.publish", "pipeline.sources.*"),
        "report": lambda: code_version("pipeline.report.*"),
        "exports": lambda: code_version("pipeline.database.exports"),
        "version": lambda: code_version("pipeline.database.publish"),
    }
    declared: dict[str, Callable[[], Mapping[str, str | None]]] = {
        "database": database,
        "report": lambda: {
            **_framework(),
            **_folder("templates", PROJECT / "pipeline" / "report" / "templates", "*"),
            **_folder("the calibration", PROJECT / "docs", "calibration.csv"),
        },
    }
    return [
        Step(f"publish__{name}", made_by, declared.get(name, dict))
        for name, made_by in code.items()
    ]


@cache
def steps(edition: Edition) -> dict[str, Step]:
    """Every step of an edition's job by name, in the way of the data."""
    made: list[Step] = []
    if edition.synthetic:
        made.append(
            Step(
                "raw__generated",
                lambda: code_version("pipeline.sample.*", "pipeline.sources.*"),
            )
        )
    every = sources().values()
    made += [raw_step(edition, one) for one in every]
    for one in every:
        made += [tidy_step(edition, one), checks_step(edition, "tidy", one.name, one)]
    for name in tables():
        made += [_locality(name), checks_step(edition, "locality", name)]
    made.append(
        Step(
            "evidence",
            lambda: code_version("pipeline.study.analysis", alone=("pipeline.assets.evidence",)),
            lambda: {**_framework(), **_off()},
        )
    )
    made += [checks_step(edition, "evidence", name) for name in TABLES]
    made += _publish(edition)
    return {one.name: one for one in made}


# ---------------------------------------------------------------------------------------------
# What things are now.


class Digests:
    """Digests of files, each read again only when its size or time stamp changed."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._path = edition.folder / "cache" / "digests.json"
        try:
            self._known: dict[str, list[object]] = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            self._known = {}
        self._changed = False

    def file(self, path: Place) -> str | None:
        """The digest of a file, None where it is not there."""
        if not isinstance(path, Path):
            return sha256(contents(path)) if path.exists() else None
        try:
            now = path.stat()
        except OSError:
            return None
        known = self._known.get(str(path))
        if known is not None and known[:2] == [now.st_size, now.st_mtime_ns]:
            return str(known[2])
        found = file_digest(path)
        # A file that is still being changed may keep its time stamp.
        if time.time() - now.st_mtime > SETTLED_SECONDS:
            self._known[str(path)] = [now.st_size, now.st_mtime_ns, found]
            self._changed = True
        return found

    def folder(self, path: Path) -> str | None:
        """One digest of everything below a folder, None where there is nothing."""
        files = sorted(one for one in path.rglob("*") if one.is_file())
        if not files:
            return None
        return combined((one.relative_to(path).as_posix(), self.file(one)) for one in files)

    def of(self, label: str) -> str | None:
        """The digest of what a label of ``trace`` names, None where it is not there."""
        kind, _, name = label.partition(":")
        edition = self._edition
        if kind == "table":
            layer, _, table = name.partition(".")
            return self.file(edition.table(layer, table))
        if kind == "record":
            sort, _, record = name.partition("/")
            return self.file(edition.note(sort, record))
        if kind == "reference":
            return self.file(PROJECT / "data" / "reference" / f"{name}.csv")
        if kind == "version":
            published = edition.folder / name
            return self.folder(published) if published.is_dir() else self.file(published)
        own = {"raw": edition.raw, "generated": edition.published_files}[kind] / name
        return self.file(own) or self.file(
            edition.shared / own.relative_to(edition.folder).as_posix()
        )

    def keep(self) -> None:
        """Keep what was read for the next time."""
        if self._changed:
            with replacing(self._path) as scratch:
                scratch.write_text(json.dumps(self._known), encoding="utf-8")
            self._changed = False


# ---------------------------------------------------------------------------------------------
# What was made, and from what.


@dataclass(frozen=True)
class Made:
    """The record of a step that succeeded: what it was made from, and what it made.

    Attributes:
        inputs, outputs: digest of each, by label.
        version: the version that was published then, for the step that publishes.
    """

    inputs: Mapping[str, str | None]
    outputs: Mapping[str, str | None]
    run_id: str = ""
    version: str | None = None


def made_before(edition: Edition, step: str) -> Made | None:
    """What a step last made, None where it never succeeded."""
    found = edition.recall("steps", step)
    try:
        return Made(**found)
    except TypeError:
        return None


def inputs(step: Step, read: Iterable[str], digests: Digests) -> dict[str, str | None]:
    """Digest of everything that a step depends on, by label."""
    return {
        CODE: step.code(),
        PACKAGES: packages(*(WRITING if step.name in WRITE else ())),
        **step.declared(),
        **{label: digests.of(label) for label in sorted(read)},
    }


def in_mirror(source: Source, mirror: Path, digests: Digests) -> str | None:
    """Digest of a source's files in a mirror that are not as declared; None where all are."""
    found = {file: digests.file(mirror / file) for file in undeclared(source, mirror)}
    for release in source.releases:
        now = digests.file(mirror / release.file)
        if now not in (None, release.sha256):
            found[release.file] = now
    return combined(found.items()) if found else None


def finish(
    edition: Edition,
    step: Step,
    trace: Trace,
    digests: Digests,
    *,
    run_id: str,
    mirror: Path | None = None,
) -> Made:
    """Record what a step read and made."""
    now = inputs(step, trace.read, digests)
    if step.layer == "raw" and step.of and not edition.synthetic:
        before = made_before(edition, step.name)
        now[MIRROR] = (
            in_mirror(step.of, mirror, digests)
            if mirror is not None
            else (before.inputs.get(MIRROR) if before else None)
        )
    outputs = {label: digests.of(label) for label in sorted(trace.made)}
    version = None
    if step.name == PUBLISH[-1]:
        version = published_version(edition)
        outputs |= {label: digests.of(label) for label in PUBLISHED}
    made = Made(now, outputs, run_id, version)
    edition.record("steps", step.name, asdict(made))
    return made


def _now(
    edition: Edition, step: Step, before: Made, digests: Digests, mirror: Path | None
) -> dict[str, str | None]:
    """What a step depends on as it is now, by the labels of the last time."""
    now = inputs(step, filter(_is_label, before.inputs), digests)
    now[MIRROR] = before.inputs.get(MIRROR)
    if mirror is not None and step.layer == "raw" and step.of and not edition.synthetic:
        now[MIRROR] = in_mirror(step.of, mirror, digests)
    return now


def state(edition: Edition, step: Step, digests: Digests, mirror: Path | None = None) -> str:
    """One digest of what a step depends on and of what it made, as they are now."""
    before = made_before(edition, step.name) or Made({}, {})
    now = _now(edition, step, before, digests, mirror)
    made = [(f"made {label}", digests.of(label)) for label in before.outputs]
    return combined([*now.items(), *made])


def reasons(
    edition: Edition, step: Step, digests: Digests, mirror: Path | None = None
) -> list[str]:
    """Why a step is out of date; empty where it is not.

    Args:
        mirror: the folder that published files would be copied from.
    """
    before = made_before(edition, step.name)
    if before is None:
        return ["not made yet"]
    now = _now(edition, step, before, digests, mirror)
    found = []
    for label in sorted(set(before.inputs) | set(now)):
        if before.inputs.get(label) == now.get(label):
            continue
        if label in SAID:
            found.append(SAID[label])
        elif label in now and now[label] is None and _is_label(label):
            found.append(f"{said(label)} is gone")
        else:
            found.append(f"{said(label)} changed")
    if step.name == PUBLISH[-1]:
        runs = {made.run_id for name in PUBLISH if (made := made_before(edition, name))}
        if len(runs) > 1:
            found.append("a new database was made and not published")
    outputs = before.outputs
    if before.version is not None and published_version(edition) not in (None, before.version):
        # Somebody went back to an earlier version on purpose.
        outputs = {}
    for label, digest in outputs.items():
        current = digests.of(label)
        if current is None:
            found.append(f"{said(label)} is missing")
        elif current != digest:
            found.append(f"{said(label)} is not as it was written")
    return found


def _is_label(label: str) -> bool:
    return label.partition(":")[0] in KINDS


def said(label: str) -> str:
    """A label in words."""
    kind, _, name = label.partition(":")
    return (
        KINDS[kind].format(name.replace(".", "/") if kind == "table" else name) if name else label
    )
