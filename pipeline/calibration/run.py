"""Many worlds of each design through the registered analysis, on every core or a Dask cluster."""

import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import joblib
import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from pipeline.calibration.designs import Design
from pipeline.calibration.store import Store, fingerprint
from pipeline.calibration.worlds import Drawn, draw
from pipeline.evidence.between import between
from pipeline.evidence.lead import lead
from pipeline.evidence.locality import LocalityPanel, codes_of
from pipeline.evidence.overall import overall
from pipeline.evidence.panel import Panel
from pipeline.evidence.settings import BetweenSettings, WithinSettings
from pipeline.evidence.within import within
from pipeline.runs.workers import workers
from pipeline.study.framework import Test

STOPPED = "cannot be asked"
BATCH = 8
"""Worlds in one task: long enough that handing it over costs nothing."""


@dataclass(frozen=True)
class Found:
    """What one part of the analysis says of one world.

    Attributes:
        part: between, within or overall.
        composition: composite, indicators, or both together.
        estimate, ci_low, ci_high: between, each composition's delta with its headline interval;
            within, W* with its interval on the row of both.
        penalty: ridge penalty in use between.
        p: one-sided, as the rule reads it within: the larger of the permutation's and the one by
            dominant trust.
        reversed: whether the guard of the reversed lag speaks.
    """

    design: str
    world: int
    part: str
    composition: str
    verdict: str
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    penalty: float | None = None
    p: float | None = None
    reversed: bool | None = None


@dataclass(frozen=True)
class Settings:
    """The registered settings of both halves, without what their rules do not read."""

    between: BetweenSettings
    within: WithinSettings


def quick(test: Test) -> Settings:
    """Leave out bootstrap, K-fold and power, and permute less often.

    A permutation test has its level whatever the number of permutations.
    """
    return Settings(
        replace(test.between, n_bootstrap=0, kfold_repeats=0, n_simulations=0),
        replace(test.within, n_bootstrap=0, n_simulations=0, n_permutations=99),
    )


def seed_of(settings: Settings, design: str, world: int) -> np.random.SeedSequence:
    """Each world's own seed: it does not depend on what else is run, where, or in what order."""
    return np.random.SeedSequence(
        settings.between.seed, spawn_key=(zlib.crc32(design.encode()), world)
    )


def judge(design: Design, world: int, settings: Settings) -> list[Found]:
    """Draw one world and analyse it: between, and for some designs within and the claim as a whole.

    Raises:
        ValueError: if the between half stops at a gate.
    """
    drawn = draw(design.world, np.random.default_rng(seed_of(settings, design.name, world)))
    rows = between_found(design.name, world, drawn, settings.between)
    if design.within is None:
        return rows
    rows += within_found(design.name, world, drawn, settings)
    halves: dict[str, str | None] = {
        part: next(
            (row.verdict for row in rows if (row.part, row.composition) == (part, "both")), None
        )
        for part in ("between", "within")
    }
    claim = overall(halves, [])[0].verdict
    return [*rows, Found(design.name, world, "overall", "both", claim)]


def between_found(design: str, world: int, drawn: Drawn, settings: BetweenSettings) -> list[Found]:
    """The between half of one world.

    Raises:
        ValueError: if the analysis stops at a gate.
    """
    result = between(drawn.panel, settings)
    if result.stopped:
        raise ValueError(f"{design} {world}: {result.stopped}")
    verdicts = {row.composition: row.verdict for row in result.verdict}
    leads = {
        row.composition: row
        for row in result.block_contrast
        if row.estimand == "delta" and row.headline
    }
    penalties = {row.composition: row.penalty for row in result.block_fit}
    rows = [
        Found(
            design,
            world,
            "between",
            name,
            verdicts[name],
            row.estimate,
            row.ci_low,
            row.ci_high,
            penalties[name],
        )
        for name, row in leads.items()
    ]
    backwards = reversed_lag(drawn, settings)
    return [*rows, Found(design, world, "between", "both", verdicts["both"], reversed=backwards)]


def within_found(design: str, world: int, drawn: Drawn, settings: Settings) -> list[Found]:
    """The within half of one world, without adopters; one row if a gate stops it."""
    panel = drawn.panel
    sides = settings.between.h_blocks
    result = within(
        LocalityPanel(
            outcome=panel.outcome,
            leadership={name: x for name, x in panel.blocks.items() if name in sides},
            controls=panel.controls,
            authority=panel.authority,
            locality=drawn.locality,
            year=panel.year,
            source=panel.dominant_trust,
        ),
        settings.within,
        adopted=np.zeros(len(panel.year), dtype=np.bool_),
    )
    if result.stopped:
        return [Found(design, world, "within", "both", STOPPED)]
    verdicts = {row.composition: row.verdict for row in result.verdict}
    p = {
        row.composition: max(row.p_perm or 0.0, row.p_by_trust or 0.0)
        for row in result.within_effect
        if row.perm_unit == "locality trajectory"
    }
    split = result.variance_split[0]
    rows = [Found(design, world, "within", name, verdicts[name], p=p[name]) for name in p]
    shares = split.w_star, split.ci_low, split.ci_high
    return [*rows, Found(design, world, "within", "both", verdicts["both"], *shares)]


def reversed_lag(drawn: Drawn, settings: BetweenSettings) -> bool:
    """Whether the guard of the reversed lag speaks: H leads on the outcome of the year before it,
    for sure, and by more than on the outcome of the year after.
    """
    known = np.isfinite(drawn.earlier)
    panel = drawn.panel
    trusts = panel.dominant_trust
    back = lead(
        Panel(
            outcome=drawn.earlier[known],
            controls=panel.controls[known],
            blocks={name: x[known] for name, x in panel.blocks.items()},
            authority=codes_of(panel.authority[known]),
            dominant_trust=None if trusts is None else codes_of(trusts[known]),
            year=panel.year[known],
        ),
        settings,
    )
    return back.ci_low > 0 and back.delta > max(lead(panel, settings).delta, 0.0)


def judge_all(
    design: Design, worlds: Iterable[int], settings: Settings
) -> tuple[list[Found], float]:
    """Several worlds of one design, and the processor seconds that they took.

    One thread, so that sums come out the same whatever the machine.
    """
    start = time.thread_time()
    with threadpool_limits(1):
        rows = [row for world in worlds for row in judge(design, world, settings)]
    return rows, time.thread_time() - start


def store_of(settings: Settings) -> Store:
    """Where results of these settings and this code are kept; designs are in each one's name."""
    here = Path(__file__).parent
    code = [*(here.parent / "evidence").glob("*.py"), here / "run.py", here / "worlds.py"]
    return Store(fingerprint(code, settings))


def calibrate(
    chosen: Iterable[Design],
    worlds: int,
    settings: Settings,
    jobs: int = -1,
    progress: Callable[[str, int], None] = lambda design, done: None,
    *,
    store: Store | None = None,
) -> tuple[pl.DataFrame, float]:
    """What is found in the first `worlds` worlds of each design, and processor seconds.

    Rows are in the order of designs and worlds, whoever did them, and when.

    Args:
        jobs: local processes, -1 for one a core; a Dask cluster has its own number.
        progress: told the design and how many of its worlds have just been done.
        store: what is in it is not done again, and what is done is kept in it.
    """
    tasks = {
        f"{design.name}-{fingerprint([], design)}-{some.start}-{some.stop}": (design, some)
        for design in chosen
        for some in (range(first, min(first + BATCH, worlds)) for first in range(0, worlds, BATCH))
    }
    found: dict[str, tuple[list[Found], float]] = {}
    for key, (design, some) in tasks.items():
        kept = store.read(key) if store else None
        if kept:
            found[key] = [Found(**row) for row in kept["rows"]], kept["seconds"]
            progress(design.name, len(some))
    # All designs advance together, so that a run that is stopped has some worlds of each.
    left = sorted((key for key in tasks if key not in found), key=lambda key: tasks[key][1].start)
    with workers():
        done = joblib.Parallel(n_jobs=jobs, return_as="generator")(
            joblib.delayed(judge_all)(*tasks[key], settings) for key in left
        )
        for key, (rows, spent) in zip(left, done, strict=True):
            found[key] = rows, spent
            if store:
                store.write(key, {"seconds": spent, "rows": [asdict(row) for row in rows]})
            progress(tasks[key][0].name, len(tasks[key][1]))
    table = [asdict(row) for key in tasks for row in found[key][0]]
    seconds = sum(spent for _, spent in found.values())
    return pl.DataFrame(table, infer_schema_length=None), seconds
