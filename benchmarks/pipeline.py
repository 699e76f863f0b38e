"""A whole run beside the least that it could take, and how it grows.

Writes docs/benchmarks_pipeline.md and .svg.

`python -m benchmarks.pipeline --mirror FOLDER` (`make bench MIRROR=FOLDER`) measures the real
England, without a mirror the sample. `--places 10 --years 10` measures one larger England instead,
made of the tables of the last run, and keeps its rows in docs/benchmarks_large.csv; with `--data`
its tables stay, so that `--layers` can be measured one at a time. Ratios are of processor seconds
of one run on one machine.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import altair as alt
import duckdb
import polars as pl

from benchmarks.clock import seconds
from benchmarks.ingest import PANDAS, bare, ours, with_pandas
from benchmarks.larger import make
from benchmarks.stages import forget_peak, peak
from pipeline.database.publish import STORAGE_VERSION
from pipeline.edition import EDITIONS, PROJECT, Edition
from pipeline.sample import generate
from pipeline.sources import sources

PAGE = PROJECT / "docs" / "benchmarks_pipeline.md"
LARGE = PROJECT / "docs" / "benchmarks_large.csv"
LAYERS = ("locality", "evidence", "checks", "database", "exports", "report", "version")
LATER = tuple(one for one in LAYERS if one != "checks")
SIZES = ((1, 1), (2, 1), (2, 2))
STAGES = {
    "raw": "fetching and verifying the files",
    "tidy": "tidy tables",
    "checks": "checks",
    "locality": "locality tables",
    "evidence": "evidence",
    "database": "database",
    "exports": "exports",
    "report": "report",
    "version": "swapping the version in",
    "between steps": "Dagster, between steps",
}
GROWN = ("locality", "evidence", "database", "exports", "report")
MOST_RATIO, MOST_LOAD, MOST_MB = 3.0, 1.5, 1536.0
MOST_EVIDENCE = 10.0
"""Seconds, of the real England on two processors."""

LOADING = """
from time import process_time
import dagster
imported = process_time()
import pipeline.definitions.england
print(process_time(), imported)
"""
"""Counted from the start of the process, which takes a hundredth of a second by itself."""

EVIDENCE = """
import sys
from time import perf_counter
import great_expectations
from pipeline.edition import EDITIONS
from pipeline.study.analysis import evidence_tables
from pipeline.study.framework import framework
if __name__ == "__main__":
    began = perf_counter()
    evidence_tables(EDITIONS[sys.argv[1]], framework())
    print(perf_counter() - began)
"""
"""In a run the checks, which come first, have loaded their library."""

Rows = list[dict[str, Any]]


def measured(edition: Edition, data: Path, layers: Sequence[str], mirror: Path | None) -> Rows:
    """The rows of a run in a process of its own."""
    home = data / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT / "pipeline" / "dagster.yaml", home / "dagster.yaml")
    out = data / "stages.json"
    command = [sys.executable, "-m", "benchmarks.stages", edition.name, str(out), *layers]
    if mirror is not None:
        command += ["--mirror", str(mirror.resolve())]
    environment = {**os.environ, "RAPPORT_DATA": str(data), "DAGSTER_HOME": str(home)}
    subprocess.run(
        command, env=environment, cwd=PROJECT, check=True, stdout=subprocess.DEVNULL, timeout=86400
    )
    found: Rows = json.loads(out.read_text(encoding="utf-8"))
    return found


def by_stage(rows: Rows) -> dict[str, tuple[float, float]]:
    """Stage to processor seconds and most memory (MB)."""
    found: dict[str, tuple[float, float]] = {}
    for row in rows:
        spent, most = found.get(row["stage"], (0.0, 0.0))
        found[row["stage"]] = (spent + row["seconds"], max(most, row.get("mb", 0.0)))
    return found


def loading(repeats: int = 5) -> tuple[float, float]:
    """Processor seconds to load an edition's definitions, and what of it imports Dagster.

    The least of a few processes, as most of it is the same work each time.
    """
    found = []
    for _ in range(repeats):
        done = subprocess.run(
            [sys.executable, "-c", LOADING], cwd=PROJECT, check=True, capture_output=True, text=True
        )
        whole, dagster = map(float, done.stdout.split())
        found.append((whole, dagster))
    return min(found)


def on_all_processors(edition: Edition, data: Path, repeats: int = 3) -> float:
    """Seconds that pass while the evidence is computed on all processors, the least of a few."""
    script = data / "evidence.py"
    script.write_text(EVIDENCE, encoding="utf-8")
    environment = {**os.environ, "RAPPORT_DATA": str(data), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, str(script), edition.name]
    return min(
        float(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
        for _ in range(repeats)
    )


def files(folder: Path) -> list[Path]:
    """Every published file that a source declares."""
    return [folder / one.file for source in sources().values() for one in source.releases]


def write_database(tables: Path, path: Path) -> None:
    """All tables into a DuckDB file, and nothing else: no keys, comments or views."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS built (STORAGE_VERSION '{STORAGE_VERSION}')")
        for number, one in enumerate(sorted(tables.rglob("*.parquet"))):
            connection.read_parquet(str(one)).create(f"built.main.t{number}")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def target(found: float, most: float) -> str:
    """Whether a target is met, in words."""
    return f"The target, {most:,g}, is {'met' if found <= most else 'MISSED'}."


def whole_run(edition: Edition, data: Path, mirror: Path, rows: Rows) -> str:
    """The run against its bare minimum."""
    stages = by_stage(rows)
    reading = seconds(lambda: [bare(path) for path in files(mirror)])
    with tempfile.TemporaryDirectory() as folder:
        tables = data / edition.name / "tables"
        writing = seconds(lambda: write_database(tables, Path(folder) / "bare.duckdb"))
    evidence = stages["evidence"][0]
    least = reading + writing + evidence
    total = sum(spent for spent, _ in stages.values())
    most = max(mb for _, mb in stages.values())
    load, dagster = loading()
    passed = on_all_processors(edition, data)
    met = target(passed, MOST_EVIDENCE) if not edition.synthetic else "Its target is England's."
    listed = [
        (words, f"{stages[name][0] / least:.2f}", f"{stages[name][0] / total:.0%}",
         f"{stages[name][1]:,.0f}" if name != "between steps" else "")
        for name, words in STAGES.items()
        if name in stages
    ]  # fmt: skip
    listed.append(("**all**", f"**{total / least:.2f}**", "100%", f"{most:,.0f}"))
    return f"""## A cold run beside the least that it could take

The least is reading every cell of the {len(files(mirror))} files ({reading / least:.0%}), writing
the tables into a DuckDB file without keys, comments or views ({writing / least:.0%}), and computing
the evidence ({evidence / least:.0%}). Times are multiples of that.

{table(("stage", "times the least", "share of the run", "most memory, MB"), listed)}

- Time: {total / least:.2f} times the least. {target(total / least, MOST_RATIO)}
- Loading an edition's definitions: {load:.2f} s of processor time, {dagster:.2f} to import Dagster
  and {load - dagster:.2f} for everything else. {target(load, MOST_LOAD)}
- Memory: {most:,.0f} MB at most. {target(most, MOST_MB)}
- The evidence on all {os.cpu_count()} processors of this machine: {passed:.1f} seconds pass, the
  least of three. {met}
"""


def growth(sizes: dict[tuple[int, int], Rows], tidy_rows: dict[tuple[int, int], int]) -> str:
    """How each stage after the files grows."""
    found = {size: by_stage(rows) for size, rows in sizes.items()}
    first, *others = found
    listed = []
    for name in GROWN:
        listed.append(
            (
                STAGES[name],
                *(f"{found[one][name][0] / found[first][name][0]:.2f}" for one in others),
                *(f"{found[one][name][1]:,.0f}" for one in found),
            )
        )
    listed.append(
        (
            "*rows of the tidy tables*",
            *(f"*{tidy_rows[one] / tidy_rows[first]:.2f}*" for one in others),
            *("" for _ in found),
        )
    )
    head = (
        "stage",
        *(f"time x{one[0] * one[1]}" for one in others),
        *(f"MB x{one[0] * one[1]}" for one in found),
    )
    return f"""## How it grows

The tables of the same England with twice the places, and with twice the places and years
(`benchmarks/larger.py`). Times are multiples of the run of one England; memory is the most that the
process held. The registered panels keep their years, so the evidence grows with places alone.

{table(head, listed)}

![Processor time of each stage at one, two and four times the data]({PAGE.stem}.svg)
"""


def picture(sizes: dict[tuple[int, int], Rows]) -> None:
    """The growth table as a picture beside it."""
    first = by_stage(next(iter(sizes.values())))
    frame = pl.DataFrame(
        [
            {
                "stage": STAGES[name],
                "size": size[0] * size[1],
                "time": by_stage(rows)[name][0] / first[name][0],
            }
            for size, rows in sizes.items()
            for name in GROWN
        ]
    )
    most = max(one[0] * one[1] for one in sizes)
    names = [STAGES[name] for name in GROWN]
    scale, axis = alt.Scale(type="log", base=2), alt.Axis(values=[1, 2, 4, 8], format="d")
    x = alt.X("size:Q", scale=scale, axis=axis, title="size of the tables, as a multiple")
    y = alt.Y("time:Q", scale=scale, axis=axis, title="time, as a multiple (dashed: linear)")
    color = alt.Color("stage:N", title=None, scale=alt.Scale(domain=names, scheme="dark2"))
    shape = alt.Shape("stage:N", title=None, scale=alt.Scale(domain=names))
    linear = alt.Chart(alt.Data(values=[{"size": n, "time": n} for n in (1, most)]))
    stages = alt.Chart(alt.Data(values=frame.to_dicts())).encode(x, y, color)
    drawn = (
        linear.mark_line(strokeDash=[4, 4], color="#666666").encode(x, y)
        + stages.mark_line()
        + stages.mark_point(size=70, filled=True, opacity=1).encode(shape=shape)
    )
    # Room for a reader's font that is wider than the one that the key was measured with.
    room = {"left": 5, "top": 5, "bottom": 5, "right": 35}
    drawn.properties(width=420, height=300, padding=room).save(str(PAGE.with_suffix(".svg")))


def ingest(edition: Edition, folder: Path) -> str:
    """Three sources beside pandas and the bare reading, and one of them by number of files."""
    listed = []
    for name in PANDAS:
        source = sources()[name]
        paths = [folder / one.file for one in source.releases]
        least = seconds(lambda paths=paths: [bare(path) for path in paths], 3)
        by_pandas = seconds(lambda source=source: with_pandas(source, folder), 2)
        by_us = seconds(lambda source=source: ours(source, edition), 2)
        mine, theirs = ours(source, edition)["value"], with_pandas(source, folder)["value"]
        agree = abs(mine.sum() - theirs.sum()) <= 1e-9 * abs(theirs.sum())
        listed.append(
            (
                f"`{name}`, {len(paths)} file{'s' * (len(paths) > 1)}",
                f"{mine.count():,}",
                f"{by_us / least:.1f}",
                f"{by_pandas / least:.1f}",
                f"{by_us / by_pandas:.2f}",
                "yes" if agree else "NO",
            )
        )
    source = sources()["delayed_transfers"]
    some = [
        replace(source, releases=source.releases[:: len(source.releases) // n])
        for n in (24, 48, 96)
    ]
    spent = [seconds(lambda one=one: ours(one, edition), 2) for one in some]
    counts = [len(one.releases) for one in some]
    head = ("source", "figures", "ours / bare", "pandas / bare", "ours / pandas", "same sum")
    grows = ", ".join(
        f"{one / spent[0]:.2f} times for {count / counts[0]:.2f} times the files"
        for one, count in list(zip(spent, counts, strict=True))[1:]
    )
    return f"""## The ingest of three sources beside pandas

The pandas versions (`benchmarks/ingest.py`) make the same figures with the same reader of
workbooks, and check nothing: no declared columns, markers, keys, codes, rows or sums. Bare is
reading every cell.

{table(head, listed)}

Delayed transfers by number of files: {grows}.
"""


MUCH_LARGER = "## Much larger Englands"
MAKING = "making the tables"
LARGE_STAGES = {name: words for name, words in STAGES.items() if name != "between steps"}


def kept() -> dict[tuple[int, int], dict[str, dict[str, str]]]:
    """What was measured of larger Englands: places and years, stage, row."""
    found: dict[tuple[int, int], dict[str, dict[str, str]]] = {}
    if LARGE.exists():
        with LARGE.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                found.setdefault((int(row["places"]), int(row["years"])), {})[row["stage"]] = row
    return found


def keep(
    places: int,
    years: int,
    rows: int,
    stages: dict[str, tuple[float, float]],
    refused: str = "",
) -> None:
    """Keep what was measured of one larger England, and put it into the page.

    Stages that were measured before stay as they were.

    Args:
        refused: what checks refused, in words.
    """
    every = kept()
    found = every.setdefault((places, years), {})
    found |= {
        name: {
            "places": str(places),
            "years": str(years),
            "rows": str(rows),
            "stage": name,
            "seconds": f"{spent:.1f}" if spent else "",
            "mb": f"{most:.0f}" if most else "",
            "refused": refused,
        }
        for name, (spent, most) in stages.items()
    }
    listed = [
        found[name]
        for _, found in sorted(every.items())
        for name in (MAKING, *LARGE_STAGES)
        if name in found
    ]
    with LARGE.open("w", encoding="utf-8", newline="") as stream:
        names = ("places", "years", "rows", "stage", "seconds", "mb", "refused")
        out = csv.DictWriter(stream, names, restval="", lineterminator="\n")
        out.writeheader()
        out.writerows(listed)
    before, *_ = PAGE.read_text(encoding="utf-8").partition(MUCH_LARGER)
    PAGE.write_text(before + large(), encoding="utf-8")


def large() -> str:
    """What the last runs on larger Englands measured."""
    every = sorted(kept().items())
    if not every:
        return ""
    sizes = [
        f"- x{places * years}: {places} times the places and {years} times the years, "
        f"{int(next(iter(found.values()))['rows']):,} rows of tidy tables"
        for (places, years), found in every
    ]
    head = ["stage"]
    for (places, years), _ in every:
        head += [f"processor seconds x{places * years}", f"most memory, MB x{places * years}"]
    listed = []
    for name in (MAKING, *LARGE_STAGES):
        if any(name in found for _, found in every):
            cells = [LARGE_STAGES.get(name, name)]
            for _, found in every:
                row = found.get(name, {"seconds": "", "mb": ""})
                cells += [f"{float(row[part]):,.0f}" if row[part] else ""
                          for part in ("seconds", "mb")]  # fmt: skip
            listed.append(cells)
    refused = [
        f"- x{places * years}: {found['checks']['refused']}"
        for (places, years), found in every
        if found.get("checks", {}).get("refused")
    ]
    return f"""{MUCH_LARGER}

{chr(10).join(sizes)}

Measured once, not by every `make bench`: `python -m benchmarks.pipeline --mirror FOLDER
--places N --years N`, every layer in a process of its own with one thread. Memory is the most that
one process held; the report's pages are made in as many processes as there are processors, and each
holds about as much.

{table(head, listed)}

Checks know how many rows each source has, which years have come and which codes there are, so that
they refuse some of what a larger England holds; they are run for their cost.

{chr(10).join(refused)}
"""


def refusals(edition: Edition) -> str:
    """How many expectations the checks of an edition held, and which of them failed."""
    results = [
        one
        for path in sorted((edition.folder / "records" / "checks").glob("*.json"))
        for one in json.loads(path.read_text(encoding="utf-8"))
    ]
    failed = Counter(one["expectation"] for one in results if not one["passed"])
    named = ", ".join(f"{name} {count}" for name, count in failed.most_common())
    return f"{len(results):,} expectations, {failed.total():,} not met ({named})"


def one_large(
    edition: Edition,
    origin: Path,
    size: tuple[int, int],
    folder: Path,
    *,
    layers: Sequence[str],
) -> None:
    """Make and run one larger England, and keep what was measured, layer by layer.

    Each layer runs in a process of its own, and is kept when it has ended: what comes after it may
    take hours.

    Args:
        folder: of its data; tables that are there are not made again.
    """
    noted = folder / "rows.json"
    with patch.dict(os.environ, {"RAPPORT_DATA": str(folder)}):
        if not noted.exists():
            start = time.process_time()
            forget_peak()
            rows = make(edition, origin, *size)
            keep(*size, rows, {MAKING: (time.process_time() - start, peak())})
            noted.write_text(json.dumps(rows), encoding="utf-8")
        rows = json.loads(noted.read_text(encoding="utf-8"))
        for layer in layers:
            found = by_stage(measured(edition, folder, [layer], None))
            refused = refusals(edition) if layer == "checks" else ""
            keep(*size, rows, {layer: found[layer]}, refused)


def page(words: str, parts: Sequence[str]) -> str:
    """The whole page; `words` say what was measured."""
    sections = "\n".join([*parts, large()]).rstrip()
    return f"""# Benchmarks of a whole run

Written by `make bench`, here on {words}; do not edit. Processor time of one thread, all on one
machine: times depend on it and on what else it does, ratios much less. The engine on its own:
[benchmarks](benchmarks.md).

{sections}
"""


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirror", type=Path)
    parser.add_argument("--places", type=int, default=1)
    parser.add_argument("--years", type=int, default=1)
    parser.add_argument("--data", type=Path, help="keep the larger England here, and go on with it")
    parser.add_argument("--layers", nargs="+", choices=LAYERS, default=LAYERS)
    given = parser.parse_args()
    edition = EDITIONS["england" if given.mirror else "sample"]
    if given.places * given.years > 1:
        size = given.places, given.years
        with tempfile.TemporaryDirectory() as folder:
            data = given.data or Path(folder)
            one_large(
                edition,
                edition.folder,
                size,
                data,
                layers=given.layers,
            )
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "x1"
        with patch.dict(os.environ, {"RAPPORT_DATA": str(data)}):
            mirror = given.mirror or edition.published_files
            if not given.mirror:
                generate(mirror)
            cold = measured(edition, data, [], given.mirror)
            origin = edition.folder
            parts = [whole_run(edition, data, mirror, cold), ingest(edition, mirror)]
        sizes: dict[tuple[int, int], Rows] = {}
        tidy_rows: dict[tuple[int, int], int] = {}
        for places, years in SIZES:
            grown = Path(folder) / f"x{places}x{years}"
            with patch.dict(os.environ, {"RAPPORT_DATA": str(grown)}):
                tidy_rows[places, years] = make(edition, origin, places, years)
            sizes[places, years] = measured(edition, grown, LATER, None)
            shutil.rmtree(grown)
        picture(sizes)
        parts.insert(1, growth(sizes, tidy_rows))
    words = "the real England" if given.mirror else "the synthetic sample"
    PAGE.write_text(page(words, parts), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
