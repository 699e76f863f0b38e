"""The tables that say how the file came about: what each run did, and which run made each step."""

import polars as pl

from pipeline.edition import Edition
from pipeline.runs.runlog import history
from pipeline.runs.steps import PUBLISH, made_before, steps
from pipeline.tables import Table

HISTORY = {
    "run_id": (pl.String, "run of the pipeline"),
    "started": (pl.String, "when it started, in universal time"),
    "ended": (pl.String, "when it ended; empty for the run that made this file"),
    "seconds": (pl.Float64, "how long it took"),
    "status": (pl.String, "succeeded, failed, cancelled, or started: not ended when this was made"),
    "redone": (pl.Int64, "steps that were done, those of the file's own run up to its making"),
    "unchanged": (pl.Int64, "steps looked at and left as they were: what they read was as before"),
    "not_run": (pl.Int64, "steps that needed one that failed"),
    "failed": (pl.String, "steps that failed, with commas"),
    "problem": (pl.String, "what was wrong, where, and what to do"),
    "peak_megabytes": (pl.Int64, "most memory its main process held, where the system tells"),
}
STEP = {
    "step": (pl.String, "step of the pipeline"),
    "source": (pl.String, "source it belongs to; empty where it belongs to none"),
    "run_id": (pl.String, "run that last made it; what it read has not changed since"),
    "in_this_run": (pl.Boolean, "whether that is the run that made this file"),
}


def run_tables(edition: Edition, run_id: str) -> list[Table]:
    """``meta.run_history`` and ``meta.run_step``."""
    runs = [
        {
            "run_id": one.run_id,
            "started": one.started,
            "ended": one.ended or None,
            "seconds": one.seconds,
            "status": one.status,
            "redone": len(one.redone),
            "unchanged": len(one.unchanged),
            "not_run": len(one.not_run),
            "failed": ", ".join(failure.asset for failure in one.failed) or None,
            "problem": "\n".join(failure.problem for failure in one.failed) or None,
            "peak_megabytes": one.peak_megabytes,
        }
        for one in history(edition)
    ]
    made = []
    for name, step in steps(edition).items():
        before = made_before(edition, name)
        # The steps that publish are under way.
        by = run_id if name in PUBLISH else before.run_id if before else None
        made.append(
            {
                "step": step.title,
                "source": step.source or None,
                "run_id": by,
                "in_this_run": by == run_id,
            }
        )
    return [
        Table(
            "meta",
            "run_history",
            pl.DataFrame(runs, {name: kind for name, (kind, _) in HISTORY.items()}),
            "The runs whose logs are kept, the latest first: what each did, and why it failed.",
            ("run_id",),
            {name: meaning for name, (_, meaning) in HISTORY.items()},
        ),
        Table(
            "meta",
            "run_step",
            pl.DataFrame(made, {name: kind for name, (kind, _) in STEP.items()}),
            "Which run last made each step. A run redoes only what is out of date.",
            ("step",),
            {name: meaning for name, (_, meaning) in STEP.items()},
        ),
    ]
