"""Every source reads changed copies of its own files: a clear error, or an acceptance.

``python -m tests.faults.fuzz --each 200`` changes every layout of every source so many times. With
``--published FOLDER`` it changes the published files, with ``--every`` every release.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.reading.ingest import one_release
from pipeline.reading.published import SourceError
from pipeline.reading.source import Release, Source
from pipeline.sample import generate
from pipeline.sources import sources
from tests.faults.mutate import changes

UNFORESEEN = "cannot read it as"
SLOW_SECONDS = 30


@dataclass
class Found:
    """What came of changed files.

    Attributes:
        unforeseen: errors that are no clear message, by their text, each with a seed.
        escaped: exceptions that are not even that, with a seed.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    unforeseen: dict[str, str] = field(default_factory=dict)
    escaped: dict[str, str] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")


def layouts(every: bool = False) -> Iterator[tuple[Source, Release]]:
    """One release of every source, or two where it has several layouts; or every release."""
    for source in sources().values():
        if every:
            yield from ((source, release) for release in source.releases)
            continue
        yield source, source.releases[0]
        if len(source.releases) > 1:
            yield source, source.releases[-1]


class Good(NamedTuple):
    """A file that is as it should be: where its changed copies go, and the table that it gives."""

    source: Source
    release: Release
    path: Path
    table: pl.DataFrame


def fuzz(published: Path, wanted: list[tuple[Source, Release]], each: int, seed: int) -> Found:
    """Read changed copies of releases' files.

    Args:
        published: folder of good files.
        each: changes of each file.
    """
    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        for source, release in wanted:
            content = (published / release.file).read_bytes()
            path = Path(folder) / Path(release.file).name
            path.write_bytes(content)
            good = Good(source, release, path, one_release(source, release, path).frame)
            for number in range(each):
                chance = random.Random(f"{seed} {release.file} {number}")
                change = chance.choice(changes(release.file, content))
                path.write_bytes(change(content, chance))
                found.kinds[kind(release.file, content)] += 1
                _one(found, good, f"{change.__name__} {number} of {release.file}")
    return found


def kind(name: str, content: bytes) -> str:
    """What sort of file it is: by its ending, and for .xls whether it really is one."""
    ending = Path(name).suffix
    return f"{ending}, a zip archive" if ending == ".xls" and content[:2] == b"PK" else ending


def _one(found: Found, good: Good, case: str) -> None:
    """Read the changed copy that lies where the good file was."""
    started = time.monotonic()
    try:
        read = one_release(good.source, good.release, good.path)
        same = "the same" if read.frame.equals(good.table) else "another"
        aside = "rows set aside" if read.aside.height else f"{same} table"
        found.outcomes[f"accepted, {aside}"] += 1
    except SourceError as problem:
        said = str(problem)
        if not said.startswith(good.release.file):
            found.escaped.setdefault(f"names no file: {said[:200]}", case)
        if UNFORESEEN in said:
            found.outcomes["refused, by the safety net"] += 1
            found.unforeseen.setdefault(
                said.partition(UNFORESEEN)[2][:160] + good.source.name, case
            )
        else:
            found.outcomes["refused"] += 1
    except BaseException as problem:
        if isinstance(problem, KeyboardInterrupt):
            raise
        found.escaped.setdefault(f"{type(problem).__name__}: {str(problem)[:200]}", case)
    found.slowest = max(found.slowest, (time.monotonic() - started, case))


def main() -> None:
    """Change many files, print what came of it, and exit with 1 where one got away."""
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("--each", type=int, default=200)
    parse.add_argument("--seed", type=int, default=random.randrange(10**6))
    parse.add_argument("--source", action="append")
    parse.add_argument("--published", type=Path, help="folder of good files; made up without it")
    parse.add_argument("--every", action="store_true", help="every release, not one or two")
    asked = parse.parse_args()
    with tempfile.TemporaryDirectory() as made:
        published = asked.published or Path(made)
        if asked.published is None:
            generate(published)
        chosen = layouts(asked.every)
        wanted = [one for one in chosen if not asked.source or one[0].name in asked.source]
        found = fuzz(published, wanted, asked.each, asked.seed)
    tried = ", ".join(f"{count} of {name}" for name, count in found.kinds.most_common())
    print(f"{len(wanted)} files, {found.kinds.total()} changed copies, seed {asked.seed}: {tried}")
    for outcome, count in sorted(found.outcomes.items()):
        print(f"  {outcome:<28} {count}")
    print(f"  slowest {found.slowest[0]:.1f} s: {found.slowest[1]}")
    for title, problems in (
        ("refused by the safety net alone", found.unforeseen),
        ("NOT REFUSED CLEARLY", found.escaped),
    ):
        print(f"{title}: {len(problems)}")
        for said, case in sorted(problems.items()):
            print(f"  {case}: {said}")
    raise SystemExit(1 if found.escaped or found.slowest[0] > SLOW_SECONDS else 0)


if __name__ == "__main__":
    main()
