"""Whole synthetic Englands through the pipeline: from published files to a verdict."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import joblib

from pipeline.calibration.run import quick
from pipeline.calibration.store import Store, fingerprint
from pipeline.database.locality import make, tables
from pipeline.edition import PROJECT, Edition
from pipeline.evidence.between import between
from pipeline.reading.ingest import ingest
from pipeline.sample import generate
from pipeline.sources import sources
from pipeline.study.framework import framework
from pipeline.study.panels import candidates, registered, select

LEADS = (0.0, 0.10, 0.25)
PANEL = "councils_delayed_transfers"
"""The panel whose outcome the generator drives."""


@dataclass(frozen=True)
class England:
    """One synthetic England.

    Attributes:
        target: lead of leadership over budgets that the generator aims at.
        drawn: the lead on the panel as it was drawn, with true values.
        delta, ci_low, ci_high: what the analysis of the files finds with composites.
        verdict: of both compositions.
    """

    seed: int
    target: float
    drawn: float
    delta: float
    ci_low: float
    ci_high: float
    verdict: str


def england(seed: int, target: float) -> England:
    """Generate the files, read them, make the locality tables, and judge the panel.

    Works in a folder of its own, whatever the environment says.

    Raises:
        ValueError: if the panel cannot be estimated.
    """
    all_of = framework()
    with tempfile.TemporaryDirectory() as folder:
        edition = Edition("calibration", "A synthetic England", synthetic=True, home=Path(folder))
        known = generate(edition.raw, seed, target_delta=target)
        for name, source in sources().items():
            edition.write("tidy", name, ingest(source, edition, []).table)
        for name in order():
            edition.write("locality", name, make(tables()[name], edition))
        spec = all_of.panels[PANEL]
        built = select(candidates(spec, all_of, edition), all_of, registered(spec, all_of))
    if built.panel is None:
        raise ValueError(f"England {seed}: no panel")
    result = between(built.panel, quick(all_of.test).between)
    if result.stopped:
        raise ValueError(f"England {seed}: {result.stopped}")
    found = next(
        row
        for row in result.block_contrast
        if (row.composition, row.estimand, row.headline) == ("composite", "delta", True)
    )
    if found.ci_low is None or found.ci_high is None:
        raise ValueError(f"England {seed}: no interval")
    return England(
        seed,
        target,
        known.delta,
        found.estimate,
        found.ci_low,
        found.ci_high,
        result.verdict[-1].verdict,
    )


def order() -> list[str]:
    """The locality tables, each after those that it is made of."""
    needs = {
        name: {one for layer, one in table.inputs if layer == "locality"}
        for name, table in tables().items()
    }
    return list(TopologicalSorter(needs).static_order())


def englands(
    count: int, jobs: int, progress: Callable[[str, int], None] = lambda name, done: None
) -> list[England]:
    """`count` Englands for each lead, seeds 1, 2, ..., in processes of their own.

    Those made before by the same code are not made again.
    """
    code = [*(PROJECT / "pipeline").rglob("*.py"), *(PROJECT / "sql").rglob("*.sql")]
    store = Store(fingerprint(code, framework().hash))
    tasks = {
        f"england-{seed}-{lead}": (seed, lead) for lead in LEADS for seed in range(1, count + 1)
    }
    found = {key: England(**kept) for key in tasks if (kept := store.read(key))}
    progress("synthetic Englands", len(found))
    left = [key for key in tasks if key not in found]
    with joblib.parallel_config(backend="loky", n_jobs=jobs):
        made = joblib.Parallel(return_as="generator")(
            joblib.delayed(england)(*tasks[key]) for key in left
        )
        for key, one in zip(left, made, strict=True):
            found[key] = one
            store.write(key, asdict(one))
            progress("synthetic Englands", 1)
    return [found[key] for key in tasks]
