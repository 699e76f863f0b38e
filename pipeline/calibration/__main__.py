"""`python -m pipeline.calibration`: run the worlds and write docs/calibration.*."""

from collections.abc import Callable
from typing import Annotated

import numpy as np
import polars as pl
import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from pipeline.calibration import report
from pipeline.calibration.designs import designs
from pipeline.calibration.files import LEADS, englands
from pipeline.calibration.run import calibrate, quick, store_of
from pipeline.calibration.worlds import sampled_truth
from pipeline.edition import PROJECT
from pipeline.evidence.settings import READINGS
from pipeline.study.framework import framework

DOCS = PROJECT / "docs"


def main(
    worlds: Annotated[int, typer.Option(help="Worlds of each design.")] = 400,
    design: Annotated[list[str] | None, typer.Option(help="Only this design.")] = None,
    files: Annotated[
        int, typer.Option(help="Whole synthetic Englands for each of three leads; 0 for none.")
    ] = 4,
    jobs: Annotated[int, typer.Option(help="Processes on this machine; -1 is one a core.")] = -1,
) -> None:
    """Run the registered analysis on many worlds whose truth is known.

    What was done before a run was stopped is not done again: start it once more and it goes on.
    With the address of a Dask scheduler in RAPPORT_DASK the worlds run there.
    """
    all_of = framework()
    settings = quick(all_of.test)
    known = designs(settings.between)
    for name in design or []:
        if name not in known:
            raise typer.BadParameter(f"no design {name!r}; there are {', '.join(known)}")
    chosen = {name: one for name, one in known.items() if not design or name in design}
    with Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        speed_estimate_period=600.0,
    ) as progress:

        def bar(total: int, name: str) -> Callable[[str, int], None]:
            task = progress.add_task(name, total=total)
            return lambda doing, done: progress.update(task, description=doing, advance=done)

        store = store_of(settings)
        told = bar(worlds * len(chosen), "worlds")
        found, seconds = calibrate(chosen.values(), worlds, settings, jobs, told, store=store)
        told = bar(files * len(LEADS), "synthetic Englands") if files else told
        made = englands(files, jobs, told) if files else []
    ran = report.Ran(
        worlds=worlds,
        seed=settings.between.seed,
        framework_hash=all_of.hash,
        seconds=seconds,
    )
    gone = chosen.get("missing_not_at_random")
    rng = np.random.default_rng(settings.between.seed)
    left = sampled_truth(gone.world, settings.between, rng) if gone else None
    summary = report.summarise(found, chosen, settings)
    recorded = summary.with_columns(readings=pl.lit(READINGS))
    recorded.write_csv(DOCS / "calibration.csv", float_precision=4)
    report.picture(summary, chosen, DOCS / "calibration.svg")
    text = report.page(summary, chosen, ran, left, made)
    (DOCS / "calibration.md").write_text(text, encoding="utf-8")
    print("\n".join(report.findings(summary)))


if __name__ == "__main__":
    typer.run(main)
