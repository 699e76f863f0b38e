"""The importance of 12 indicators over all 4,096 subsets, ours beside others, on the same data.

Run by `make bench`; writes docs/benchmarks.md. Times are processor seconds of one thread.
"""

import shutil
import subprocess
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from threadpoolctl import threadpool_limits

from benchmarks.clock import seconds
from pipeline.evidence.moments import moments
from pipeline.evidence.panel import Array
from pipeline.evidence.resampling import bootstrap_weights
from pipeline.evidence.subsets import entries, indicator_values, subset_gains

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
ROWS, AUTHORITIES, CONTROLS, INDICATORS, REPLICATES = 1500, 150, 4, 12, 2001
SUBSETS = 1 << INDICATORS
CHUNK = 100
"""Weightings whose moments are held at once."""
SAMPLED = 512
R_REPLICATES = 5
TARGET = 1000


def peak(work: Callable[[], object]) -> float:
    """Most memory (MB) that is held beyond what there was before."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


rng = np.random.default_rng(20190401)
authority = np.repeat(np.arange(AUTHORITIES), ROWS // AUTHORITIES)
controls = rng.normal(size=(ROWS, CONTROLS))
x = 0.7 * rng.normal(size=(AUTHORITIES, INDICATORS))[authority] + 0.7 * rng.normal(
    size=(ROWS, INDICATORS)
)
outcome = controls[:, 0] + 0.3 * x[:, :4].sum(axis=1) + rng.normal(size=ROWS)
weights = bootstrap_weights(AUTHORITIES, REPLICATES, rng)
design = np.column_stack([np.ones(ROWS), controls, x])
control_columns = np.arange(1, 1 + CONTROLS)
columns = np.arange(1 + CONTROLS, design.shape[1])


def ours(replicates: int, taken: int = CONTROLS) -> Array:
    """LMG, first and last of each indicator in each replicate, from the rows on."""
    groups = moments(design, outcome[:, None], authority, AUTHORITIES)
    chunks = (weights[at : min(at + CHUNK, replicates)] for at in range(0, replicates, CHUNK))
    return np.concatenate(
        [indicator_values(groups.weighted(own), control_columns[:taken], columns) for own in chunks]
    )


def loop(subsets: Array, draw: Array) -> Array:
    """R2 of the controls and each subset of indicators, one fit a subset."""
    found = []
    for subset in subsets:
        chosen = (subset >> np.arange(INDICATORS) & 1).astype(bool)
        fitted = np.column_stack([np.ones(ROWS), controls, x[:, chosen]])
        found.append(sm.WLS(outcome, fitted, weights=draw[authority]).fit().rsquared)
    return np.array(found)


def relaimpo() -> tuple[float, Array] | str:
    """Seconds a replicate and LMG on all rows by R's relaimpo, or why not."""
    script = shutil.which("Rscript")
    if script is None:
        return "R is not installed"
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.csv"
        table = np.column_stack([outcome, controls, x])
        np.savetxt(data, np.column_stack([table, weights[:R_REPLICATES].T[authority]]), "%.17g")
        command = [script, str(HERE / "relaimpo.R"), str(data), str(CONTROLS), str(INDICATORS)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return "relaimpo is not installed" if "relaimpo" in done.stderr else done.stderr.strip()
    spent, *lmg = map(float, done.stdout.split())
    return spent / R_REPLICATES, np.array(lmg)


def row(name: str, spent: float, mine: float, note: str) -> str:
    """A row of the table of speeds."""
    return f"| {name} | {1e3 * spent:,.3f} | {spent / mine:,.0f} | {note} |"


def main() -> None:
    """Measure everything and write the page."""
    mine = seconds(lambda: ours(REPLICATES), 3) / REPLICATES
    sampled = np.sort(rng.choice(SUBSETS, size=SAMPLED, replace=False))
    theirs = seconds(lambda: loop(sampled, weights[0])) / SAMPLED * SUBSETS
    groups = moments(design, outcome[:, None], authority, AUTHORITIES)
    gains = subset_gains(groups.weighted(weights[:1]), control_columns, columns)[:, 0]
    base = loop(np.zeros(1, dtype=np.int64), weights[0])
    apart = np.abs(gains[sampled] - (loop(sampled, weights[0]) - base)).max()
    lines = [
        row("this pipeline", mine, mine, f"all {REPLICATES:,} weightings of authorities"),
        row(
            "a loop over statsmodels",
            theirs,
            mine,
            f"one weighting, {SAMPLED} of the {SUBSETS:,} subsets drawn at random, scaled up; "
            f"the largest difference in R2 is {apart:.0e}",
        ),
    ]
    other = relaimpo()
    if isinstance(other, str):
        lines.append(f"| R, relaimpo | | | not measured: {other} |")
    else:
        lmg = entries(subset_gains(groups.total(), control_columns, columns))[0, :, 0]
        note = f"{R_REPLICATES} weightings; the largest difference in LMG on all rows is "
        lines.append(
            row("R, relaimpo", other[0], mine, f"{note}{np.abs(other[1] - lmg).max():.0e}")
        )
    few, many = (peak(lambda n=n: ours(n)) for n in (500, 2000))
    specifications = [
        (n, seconds(lambda n=n: [ours(250, 1 + one % CONTROLS) for one in range(n)], 2))
        for n in (4, 8, 16)
    ]
    per_one = [spent / n for n, spent in specifications]
    met = "is met" if theirs / mine >= TARGET else "is MISSED"
    PAGE.write_text(
        f"""# Benchmarks

Written by `make bench`; do not edit. Processor time of one thread, all in one run on the same data:
{INDICATORS} indicators, {CONTROLS} controls, {ROWS:,} rows, {AUTHORITIES} authorities. A replicate
is one weighting of the authorities (a bootstrap draw, or one left out) with the R2 of all
{SUBSETS:,} subsets of the indicators beyond the controls. Times depend on the machine; the ratios
much less.

| who | milliseconds a replicate | times ours | measured on |
|---|---|---|---|
{chr(10).join(lines)}

The target, {TARGET:,} times faster than the statsmodels loop, {met}: {theirs / mine:,.0f} times.

**Memory.** The most that is held at once is {few:.1f} MB for 500 replicates and {many:.1f} MB for
2,000 ({many / few:.2f} times as much): replicates are worked on in chunks, and only their results
are kept.

**Cost in specifications** (250 replicates each, the controls differing).

| specifications | time, as a multiple of {specifications[0][0]} | were it linear |
|---|---|---|
"""
        + "\n".join(
            f"| {n} | {spent / specifications[0][1]:.2f} | {n / specifications[0][0]:.2f} |"
            for n, spent in specifications
        )
        + f"\n\nThe time of one specification varies by {max(per_one) / min(per_one) - 1:.0%}.\n",
        encoding="utf-8",
    )
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
