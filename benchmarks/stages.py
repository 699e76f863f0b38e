"""Processor time and memory of a run, step by step, in a process of its own.

`python -m benchmarks.stages EDITION OUT [LAYER ...] [--mirror FOLDER]` runs the edition's job in
the current data folder and writes a row a step. With layers (the checks, or steps of publishing),
only those are run: their inputs are there. Everything runs in one thread of one process, so that
what is counted is what was spent.
"""

import argparse
import json
import os
import resource
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
PUBLISH = ("database", "exports", "report", "version")


def spent() -> float:
    """Processor seconds of this process and of those that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak() -> float:
    """Most memory (MB) that the process held since `forget_peak`, or since it began."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """Begin to look for the most memory anew, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def stage(step: str) -> str:
    """The stage that a step belongs to: its layer, the checks, or the step of publishing."""
    parts = step.split("__")
    if parts[-1] == "checks":
        return "checks"
    return parts[2] if parts[1] == "publish" and len(parts) > 2 else parts[1]


class Meter:
    """Looks at the clock when the run's log says that a step starts or ends."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._last = spent()

    def see(self, kind: str, step: str) -> None:
        """A step's event."""
        now = spent()
        if kind == "STEP_START":
            self.rows.append({"step": step, "stage": "between steps", "seconds": now - self._last})
            forget_peak()
        elif kind in ("STEP_SUCCESS", "STEP_FAILURE"):
            row = {"step": step, "stage": stage(step), "seconds": now - self._last, "mb": peak()}
            self.rows.append(row)
        else:
            return
        self._last = spent()


def run(edition: str, layers: list[str], mirror: Path | None) -> list[dict[str, Any]]:
    """Run the job or some layers of it, and return a row a step.

    Raises:
        RuntimeError: a step failed.
    """
    # Loaded after the number of threads is set.
    import dagster as dg  # noqa: PLC0415
    import joblib  # noqa: PLC0415

    from pipeline.definitions import definitions  # noqa: PLC0415
    from pipeline.edition import EDITIONS  # noqa: PLC0415
    from pipeline.runs import console  # noqa: PLC0415
    from pipeline.runs.plan import ALL, REDO  # noqa: PLC0415

    job = definitions(EDITIONS[edition]).resolve_job_def(edition)
    meter = Meter()
    before = console._Lines.emit

    def emit(self: Any, record: Any) -> None:
        meta = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is not None:
            meter.see(str(event.event_type_value), str(meta.get("step_key") or ""))
        before(self, record)

    console._Lines.emit = emit  # type: ignore[method-assign]
    steps = [step for step in (node.name for node in job.graph.nodes) if stage(step) in layers]
    config: dict[str, Any] = {"loggers": {"console": {}}}
    if mirror is not None:
        config["resources"] = {"mirror": {"config": {"folder": str(mirror)}}}
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.get())
        stack.enter_context(joblib.parallel_config(backend="sequential"))
        if layers:
            # Tables that were made larger pass no checks, if those are run at all.
            stack.enter_context(patch("pipeline.assets.publish.refuse_unchecked"))
        result = job.execute_in_process(
            run_config=config,
            instance=instance,
            raise_on_error=False,
            op_selection=steps or None,
            # What is up to date would not be measured.
            tags={REDO: ALL},
        )
    failures = result.filter_events(
        # Checks refuse the years of a larger England: what they found is in their records.
        lambda event: event.is_step_failure and not (layers and stage(event.step_key) == "checks")
    )
    if failures or not (result.success or "checks" in layers):
        told = [
            f"{one.step_key}: {one.event_specific_data.error_display_string}" for one in failures
        ]
        raise RuntimeError("\n".join(["these steps failed", *told]))
    return meter.rows


def main() -> None:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("edition")
    parser.add_argument("out", type=Path)
    parser.add_argument("layers", nargs="*")
    parser.add_argument("--mirror", type=Path)
    given = parser.parse_args()
    rows = run(given.edition, given.layers, given.mirror)
    given.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    for name in THREADS:
        os.environ.setdefault(name, "1")
    main()
