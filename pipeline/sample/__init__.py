"""A synthetic England in the publishers' own file layouts, with a fixed seed and a known truth."""

import csv
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pipeline.reading.source import Source
from pipeline.sample.outcome import TARGET_DELTA
from pipeline.sample.world import SEED, Truth, World, build
from pipeline.sample.writers import by_source
from pipeline.sources import sources

__all__ = ["SEED", "TARGET_DELTA", "Truth", "World", "build", "generate"]

README = """\
Everything in this folder is generated. No place, organisation, code or number is real.

The files have the names and layouts of the publishers' own, so that what reads the real ones
reads these. Two differences: a file named .xls holds an .xlsx container (readers go by content,
not by name), and only the sheets and columns that matter to a reader are filled.

MANIFEST.csv   each file with its sha256 and size
truth.json     what was put into the figures, and what an analysis should find again
"""


def generate(
    folder: Path,
    seed: int = SEED,
    *,
    target_delta: float = TARGET_DELTA,
    only: Mapping[str, Source] | None = None,
) -> Truth:
    """Write a synthetic England below a folder: every file of every declared source.

    The same seed gives the same bytes.

    Args:
        target_delta: what leadership adds to the explained variance, less what budgets add; 0 for
            an England in which neither leads.
        only: the sources to write, by name; every declared one if left out.

    Raises:
        LookupError: a source has no writer; it is named and nothing is written.
    """
    wanted = sources() if only is None else only
    write = by_source()
    missing = sorted(set(wanted) - set(write))
    if missing:
        raise LookupError(
            f"no sample writer for {', '.join(missing)}: add pipeline/sample/writers/<name>.py "
            "with write(world, release, path)"
        )
    world = build(seed, target_delta)
    rows: list[tuple[str, str, int]] = []
    for name, source in sorted(wanted.items()):
        for release in source.releases:
            path = folder / release.file
            path.parent.mkdir(parents=True, exist_ok=True)
            write[name](world, release, path)
            content = path.read_bytes()
            rows.append((release.file, hashlib.sha256(content).hexdigest(), len(content)))
    with (folder / "MANIFEST.csv").open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("file", "sha256", "bytes"))
        table.writerows(sorted(rows))
    truth = world.truth()
    (folder / "truth.json").write_text(
        json.dumps(truth.as_json(), indent=1) + "\n", encoding="utf-8"
    )
    (folder / "README.txt").write_text(README, encoding="utf-8")
    return truth
