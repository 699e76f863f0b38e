"""An asset that is up to date is not made again: it says what it said before."""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg

from pipeline.code import combined
from pipeline.edition import Edition
from pipeline.runs.lock import AnotherRun, check_held
from pipeline.runs.plan import ALL, COMMAND, REDO
from pipeline.runs.runlog import UNCHANGED
from pipeline.runs.steps import PUBLISH, Digests, Made, Step, finish, made_before, reasons, steps
from pipeline.trace import tracing

Context = dg.AssetExecutionContext | dg.AssetCheckExecutionContext
T = TypeVar("T")


def code_of(step: Step) -> str:
    """The asset's code version: Dagster shows an asset as outdated when it changes."""
    return step.code()[:16]


def is_due(context: Context, edition: Edition, step: Step, mirror: Path | None = None) -> bool:
    """Whether a step has to be done: it is out of date, or the run asks for it."""
    asked = context.run.tags.get(REDO, "").split(",")
    if ALL in asked or step.name in asked:
        return True
    digests = Digests(edition)
    # What ends a run is one version, made together.
    together = [steps(edition)[name] for name in PUBLISH] if step.name in PUBLISH else [step]
    found = any(reasons(edition, one, digests, mirror) for one in together)
    digests.keep()
    return found


def doing(
    context: Context,
    edition: Edition,
    step: Step,
    work: Callable[[], T],
    *,
    mirror: Path | None = None,
    right: Callable[[T], bool] = lambda result: True,
) -> tuple[T, Made | None]:
    """Do a step and record what it read and made, unless its result is not ``right``.

    Raises:
        Failure: the step's run has ended, or another run holds the edition.
    """
    check_turn(context.run, edition)
    before = made_before(edition, step.name)
    with tracing() as trace:
        result = work()
    if not right(result):
        edition.forget("steps", step.name)
        return result, None
    digests = Digests(edition)
    made = finish(edition, step, trace, digests, run_id=context.run.run_id, mirror=mirror)
    digests.keep()
    if before is not None and before.outputs == made.outputs and made.outputs:
        context.log.info("the same as before")
    return result, made


def check_turn(run: dg.DagsterRun, edition: Edition) -> None:
    """Let a step begin only while its run does.

    Raises:
        Failure: the step's run has ended, or another run holds the edition.
    """
    if run.is_finished:
        what = f"the step's run, {run.run_id[:8]}, has ended ({run.status.value}). Nothing was done"
        raise dg.Failure(what, allow_retries=False)
    try:
        check_held(edition, "" if COMMAND in run.tags else run.run_id)
    except AnotherRun as problem:
        raise dg.Failure(str(problem), allow_retries=False) from None


def data_version(made: Made, key: dg.AssetKey) -> dg.DataVersion:
    """The version of an asset's data: the digest of its table, or of everything it made."""
    own = made.outputs.get(f"table:{'.'.join(key.path[1:])}")
    return dg.DataVersion((own or combined(made.outputs.items()))[:16])


def once(edition: Edition, step: Step, keys: Sequence[dg.AssetKey]) -> Callable[[T], T]:
    """Make assets again only where their step is out of date, or the run asks for it."""

    def decorate(make: Any) -> Any:
        @wraps(make)
        def made(context: Any, **resources: Any) -> Iterator[dg.MaterializeResult[None]]:
            folder = resources["mirror"].path() if "mirror" in resources else None
            if not is_due(context, edition, step, folder):
                yield from _again(context, edition, step, keys)
                return

            def work() -> list[dg.MaterializeResult[None]]:
                result = make(context, **resources)
                return [*result] if isinstance(result, Iterator) else [result]

            results, record = doing(context, edition, step, work, mirror=folder)
            for key, result in zip(keys, results, strict=True):
                version = data_version(record, key) if record is not None else None
                yield result._replace(asset_key=result.asset_key or key, data_version=version)

        # Dagster looks at it a dozen times, and Python would find it anew each time.
        made.__signature__ = signature(make)  # type: ignore[attr-defined]
        return made

    return decorate


def _again(
    context: Any, edition: Edition, step: Step, keys: Sequence[dg.AssetKey]
) -> Iterator[dg.MaterializeResult[None]]:
    """What the assets showed when they were last made, with the same version of the data."""
    record = made_before(edition, step.name)
    assert record is not None
    context.log.info(UNCHANGED)
    for key in keys:
        event = context.instance.get_latest_materialization_event(key)
        shown = (
            event.asset_materialization.metadata if event and event.asset_materialization else {}
        )
        metadata = {**shown, UNCHANGED: f"made from the same inputs in run {record.run_id}"}
        yield dg.MaterializeResult(
            asset_key=key, metadata=metadata, data_version=data_version(record, key)
        )
