"""Dagster's executors, made to hold the edition for the length of a run."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipeline.edition import Edition
from pipeline.runs.lock import WAIT_SECONDS, only_run


class _Holding(dg.Executor):
    """An executor that waits until no other run has the edition."""

    def __init__(self, edition: Edition, inner: dg.Executor) -> None:
        self.edition, self.inner = edition, inner

    @property
    def retries(self) -> Any:
        """As the inner executor has it."""
        return self.inner.retries

    @property
    def step_dependency_config(self) -> Any:
        """As the inner executor has it."""
        return self.inner.step_dependency_config

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        """The inner executor's events, while the edition is held."""
        what = f"run {plan_context.run_id[:8]}"
        with only_run(self.edition, what, WAIT_SECONDS, plan_context.log.warning):
            yield from self.inner.execute(plan_context, execution_plan)


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
    return dg.ExecutorDefinition(
        inner.name,
        inner.config_schema,  # type: ignore[arg-type]
        inner.get_requirements,
        lambda context: _Holding(edition, make(context)),
        inner.description,
    )
