"""What the steps of a run are spread over: one process, or several of this machine.

Another executor (Celery, Kubernetes) is set where definitions are loaded for it, see
``deploy/celery``, ``deploy/kubernetes`` and docs/deploy.md.
"""

import os
from collections.abc import Mapping, Sequence

import dagster as dg

from pipeline.edition import Edition
from pipeline.settings import settings

PRELOADED = ("pipeline.checks.engine", "great_expectations")
"""What a process that steps are forked from has loaded already, beside the definitions, so that no
step loads it again."""


def _number(config: Mapping[str, object]) -> int:
    """The run's own number, else the environment's."""
    number = config.get("processes")
    return number if isinstance(number, int) else settings().processes


def _needs(config: Mapping[str, object]) -> Sequence[dg.ExecutorRequirement]:
    return dg.multiple_process_executor_requirements() if _number(config) > 1 else []


def processes(edition: Edition) -> dg.ExecutorDefinition:
    """The executor of an edition: one process, or as many as the run or the environment says."""

    @dg.executor(
        name="processes",
        config_schema={
            "processes": dg.Field(
                dg.Int,
                is_required=False,
                description="Processes that the steps are spread over; 1 is the one that runs. "
                "By default RAPPORT_PROCESSES, and without that 1.",
            )
        },
        requirements=_needs,
    )
    def spread(context: dg.InitExecutorContext) -> dg.Executor:
        """Steps in one process or several."""
        number = _number(context.executor_config)
        if number == 1:
            return _made(dg.in_process_executor, context, {})
        config: dict[str, object] = {"max_concurrent": number}
        if os.name == "posix":
            preloaded = [f"pipeline.definitions.{edition.name}", *PRELOADED]
            config["start_method"] = {"forkserver": {"preload_modules": preloaded}}
        return _made(dg.multiprocess_executor, context, config)

    return spread


def _made(
    kind: dg.ExecutorDefinition, context: dg.InitExecutorContext, config: dict[str, object]
) -> dg.Executor:
    """One of Dagster's own executors with our configuration."""
    create = kind.executor_creation_fn
    if create is None:
        raise TypeError(f"executor {kind.name} cannot be made in a process")
    return create(context._replace(executor_config={"retries": {"enabled": {}}, **config}))
