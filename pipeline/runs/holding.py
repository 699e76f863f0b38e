"""Dagster's executors, made to hold the edition for the length of a run."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipeline.edition import Edition
from pipeline.runs.lock import WAIT_SECONDS, only_run


def one_run_at_a_time(edition: Edition, inner: dg.ExecutorDefinition) -> dg.ExecutorDefinition:
    """The same executor, holding the edition; the run's own process holds it, not its steps.

    Runs started with ``rapport run`` take the lock themselves: Dagster's ``execute_in_process``
    passes every executor by.

    Raises:
        ValueError: the executor is one that Dagster cannot make.
    """

    make = inner.executor_creation_fn
    if make is None:
        raise ValueError(f"the executor {inner.name} makes nothing")

    def holding(context: dg.InitExecutorContext) -> dg.Executor:
        executor = make(context)
        execute = executor.execute

        def held(plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
            run_id, say = plan_context.run_id, plan_context.log.warning
            with only_run(edition, f"run {run_id[:8]}", WAIT_SECONDS, say, run_id):
                yield from execute(plan_context, execution_plan)

        # The executor stays of its own class: Celery's asks more of itself than others have.
        executor.execute = held  # type: ignore[method-assign]
        return executor

    return dg.ExecutorDefinition(
        inner.name,
        inner.config_schema,  # type: ignore[arg-type]
        inner.get_requirements,
        holding,
        inner.description,
    )
