"""Dagster's executors, each made to hold the edition for the length of a run."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import dagster as dg

from pipeline.edition import EDITIONS
from pipeline.lock import WAIT_SECONDS, only_run


class _Holding(dg.Executor):
    """An executor that waits until no other run has the editions of its steps."""

    def __init__(self, inner: dg.Executor) -> None:
        self.inner = inner

    @property
    def retries(self) -> Any:
        """As the inner executor has it."""
        return self.inner.retries

    @property
    def step_dependency_config(self) -> Any:
        """As the inner executor has it."""
        return self.inner.step_dependency_config

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        """The inner executor's events, while the editions are held."""
        steps = execution_plan.step_keys_to_execute
        names = {name for name in EDITIONS if any(step.startswith(f"{name}__") for step in steps)}
        with ExitStack() as held:
            for name in sorted(names):
                what = f"run {plan_context.run_id[:8]}"
                held.enter_context(
                    only_run(EDITIONS[name], what, WAIT_SECONDS, plan_context.log.warning)
                )
            yield from self.inner.execute(plan_context, execution_plan)


def one_run_at_a_time(inner: dg.ExecutorDefinition) -> dg.ExecutorDefinition:
    """The same executor, holding the editions; the run's own process holds them, not its steps.

    Runs started with ``rapport run`` take the lock themselves: Dagster's ``execute_in_process``
    passes every executor by.
    """

    make = inner.executor_creation_fn
    if make is None:
        raise ValueError(f"the executor {inner.name} makes nothing")
    return dg.ExecutorDefinition(
        inner.name,
        inner.config_schema,  # type: ignore[arg-type]
        inner.get_requirements,
        lambda context: _Holding(make(context)),
        inner.description,
    )
