"""What a run would do, and why, made before Dagster starts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.checks.passed import unchecked
from pipeline.database.versions import published_version
from pipeline.edition import Edition
from pipeline.reading.differences import some
from pipeline.runs.steps import (
    CHECKS,
    PUBLISH,
    SAID,
    SWITCH,
    Digests,
    made_before,
    reasons,
    said,
    steps,
)
from pipeline.sources import sources

REDO = "rapport/redo"
"""Tag of a run: the steps to redo whether or not they are out of date, with commas, or ``all``."""
ALL = "all"
WHY = "rapport/why"
"""Tag of runs that a schedule or sensor asked for: what was out of date."""
COMMAND = "rapport/command"
"""Tag of runs that the command line started: it reports failures itself."""
LOGGERS: Mapping[str, Mapping[str, object]] = {"console": {}, "log_file": {}}
"""Every run prints, and keeps a log."""
SHOWN = 12


class NoWholeRun(Exception):  # noqa: N818 - it says what is missing, not what went wrong
    """Some sources were asked for, and others that the results need were never made."""


@dataclass(frozen=True)
class Plan:
    """The steps of a run.

    Attributes:
        due: step to why it is out of date, or asked for.
        selected: those and every step that may change with them, in the way of the data. A step
            whose inputs come out as they were is not redone.
        left: sources that are out of date and were not asked for.
    """

    edition: Edition
    due: Mapping[str, Sequence[str]]
    selected: Sequence[str]
    left: Sequence[str] = ()

    @property
    def sources(self) -> list[str]:
        """Sources with files, declarations or tables that are out of date."""
        own = {steps(self.edition)[name].source for name in self.due}
        return sorted(own - {""})

    @property
    def switched(self) -> list[str]:
        """Sources that were switched off or on since they were last run."""
        own = {
            steps(self.edition)[name].source
            for name, why in self.due.items()
            if SAID[SWITCH] in why
        }
        return sorted(own)

    def summary(self) -> str:
        """The plan in one line."""
        version = published_version(self.edition)
        total, every = len(sources()), len(steps(self.edition))
        if not self.due:
            since = f" since version {version}" if version else ""
            last = made_before(self.edition, PUBLISH[-1])
            if version and last and last.version not in (None, version):
                return (
                    f"nothing changed since version {last.version}, and {version} was put back by "
                    f"hand: it stays published until something changes, or until: rapport rollback "
                    f"{self.edition.name} {last.version}"
                )
            return (
                f"nothing changed{since}: {total} sources, {every} steps and what is published "
                "are as they were made"
            )
        if all(made_before(self.edition, name) is None for name in self.due):
            new = len(self.due)
            first = "nothing was made before" if new == every else f"{new} steps were never made"
            return f"{first}; {len(self.selected)} of {every} steps to do"
        changed = self.sources
        said = f"{len(changed)} of {total} sources changed" if changed else "no source changed"
        return (
            f"{said}; {len(self.due)} steps out of date; {len(self.selected)} of {every} steps "
            "to look at, and each whose inputs come out as they were is left as it is"
        )

    def lines(self) -> list[str]:
        """What is out of date, and why: a line a step."""
        width = max((len(name) for name in self.due), default=0)
        said = [
            f"{name.replace('__', '/'):<{width}}  {'; '.join(_few(why))}"
            for name, why in self.due.items()
        ]
        if len(said) > SHOWN:
            said[SHOWN:] = [f"and {len(said) - SHOWN} more"]
        if self.left:
            said.append(f"not asked for, and out of date too: {', '.join(self.left)}")
        return said


def _few(why: Sequence[str]) -> list[str]:
    return [*why[:3], *([f"and {len(why) - 3} more reasons"] if len(why) > 3 else [])]


def plan(
    edition: Edition,
    mirror: Path | None = None,
    only: Iterable[str] = (),
    everything: bool = False,
    *,
    forced: bool = True,
) -> Plan:
    """What is out of date now.

    Args:
        mirror: the folder that published files would be copied from.
        only: sources to redo, with what depends on them; everything else stays as it is, except
            sources that were switched off or on, and those that a run made and did not check.
        everything: whether to redo all, out of date or not.
        forced: whether the sources of ``only`` are redone even if they are not out of date.

    Raises:
        NoWholeRun: sources are forced that others, never made, would be missing beside.
    """
    asked = set(only)
    if asked and forced:
        _refuse_part(edition, asked)
    digests = Digests(edition)
    every = steps(edition)
    due: dict[str, list[str]] = {}
    for name, step in every.items():
        found = ["asked for"] if everything else reasons(edition, step, digests, mirror)
        if found:
            due[name] = found
    if not everything:
        due = _first_causes(edition, due)
    left: list[str] = []
    if asked:
        left_so = [one.partition("/") for one in unchecked(edition, digests)]
        unfinished = {name for layer, _, name in left_so if layer == "tidy"}
        due, left = _restricted(edition, due, asked, unfinished, forced=forced)
    digests.keep()
    selected = _downstream(edition, due)
    if not selected.isdisjoint(PUBLISH):
        selected |= set(PUBLISH)
    for name in list(selected):
        # A check that has to pass holds up what comes after its own table.
        table = name.removesuffix(CHECKS)
        selected.add(table if table in every else table.partition("__")[0])
    return Plan(edition, due, [name for name in every if name in selected], left)


def _refuse_part(edition: Edition, asked: set[str]) -> None:
    """Stop before a run of some sources that would only find out that others are not there."""
    missing = {
        step.source or "the generated files"
        for name, step in steps(edition).items()
        if step.layer in ("raw", "tidy") and not name.endswith(CHECKS) and step.source not in asked
        if made_before(edition, name) is None
    }
    if missing:
        raise NoWholeRun(
            f"{edition.name}: a source is redone by itself after a whole run, and these were never "
            f"made: {some(sorted(missing))}. Nothing was done. Run first: rapport run "
            f"{edition.name}"
        )


def _first_causes(edition: Edition, due: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What is due without steps that only wait for another: they may find nothing to do."""
    before = [made for name in due if (made := made_before(edition, name)) is not None]
    awaited = {
        f"{said(label)} {what}"
        for made in before
        for label in made.outputs
        for what in ("is gone", "changed")
    }
    left = {name: [one for one in why if one not in awaited] for name, why in due.items()}
    return {name: why for name, why in left.items() if why}


def _restricted(
    edition: Edition,
    due: Mapping[str, list[str]],
    asked: set[str],
    unfinished: set[str],
    *,
    forced: bool,
) -> tuple[dict[str, list[str]], list[str]]:
    """What is due of the sources asked for, and the names of the other sources that are due."""
    every = steps(edition)
    switched = {every[name].source for name, why in due.items() if SAID[SWITCH] in why}
    wanted = asked | switched | unfinished
    kept = {
        name: why
        for name, why in due.items()
        if every[name].source in wanted
        # The generated files stay as they are, like the published ones of the real data.
        or not (every[name].source or every[name].layer == "raw")
    }
    for source in asked if forced else ():
        for name in (f"raw__{source}", f"tidy__{source}"):
            kept.setdefault(name, ["asked for"])
    ordered = {name: kept[name] for name in every if name in kept}
    others = {every[name].source for name in due} - wanted - {""}
    return ordered, sorted(others)


def _downstream(edition: Edition, due: Iterable[str]) -> set[str]:
    """These steps and all that read what they make, by what each read when it was last made."""
    readers: dict[str, set[str]] = {}
    made: dict[str, list[str]] = {}
    for name in steps(edition):
        before = made_before(edition, name)
        if before is not None:
            made[name] = list(before.outputs)
            for label in before.inputs:
                readers.setdefault(label, set()).add(name)
    found: set[str] = set()
    waiting = list(due)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [one for label in made.get(name, []) for one in readers.get(label, ())]
    return found


def redo_tag(everything: bool, only: Iterable[str]) -> str:
    """The run's tag that names the steps to redo whether or not they are out of date."""
    return ALL if everything else ",".join(f"raw__{one},tidy__{one}" for one in sorted(only))
