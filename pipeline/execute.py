"""Running an edition's job from the command line, as a Dagster run like any other."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipeline.edition import Edition
from pipeline.publish import published_version


def execute(edition: Edition, mirror: Path | None, only: Sequence[str] = ()) -> bool:
    """Run the job in this process, print how it went, and say whether it succeeded.

    With ``only``, only those sources are fetched again, and only what depends on them is redone.
    """
    from dagster import DagsterInstance  # noqa: PLC0415

    from pipeline.definitions import defs  # noqa: PLC0415

    print(f"Rapport, {edition.title}")
    job = defs.resolve_job_def(edition.name)
    config: dict[str, object] = {"loggers": {"console": {}}}
    if mirror is not None:
        config["resources"] = {"mirror": {"config": {"folder": str(mirror.resolve())}}}
    steps = [f"{edition.name}__raw__{source}*" for source in only] or None
    with DagsterInstance.get() as instance:
        result = job.execute_in_process(
            run_config=config, instance=instance, raise_on_error=False, op_selection=steps
        )
    if not result.success:
        print("\nThe run failed. What was published before stays as it is.")
        for event in result.filter_events(lambda event: event.is_step_failure):
            error = event.step_failure_data.error
            cause = error.cause if error is not None and error.cause is not None else error
            message = cause.message.strip() if cause is not None else "no message"
            print(f"\n{str(event.step_key).replace('__', '/')}: {message}")
        return False
    print()
    print(summary(edition))
    return True


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=" " * 12, subsequent_indent=" " * 12)


def summary(edition: Edition) -> str:
    """The verdict and the paths of what is published, in a few lines."""
    version = published_version(edition)
    if version is None:
        return f"{edition.name}: nothing is published yet; run: rapport run {edition.name}"
    with duckdb.connect(str(edition.database), read_only=True) as connection:
        verdicts = connection.execute(
            "SELECT DISTINCT verdict, sentence, exploratory FROM evidence.verdict "
            "WHERE composition = 'both'"
        ).fetchall()
        ((failing, checks),) = connection.execute(
            "SELECT count(*) FILTER (NOT passed), count(*) FROM meta.check_results"
        ).fetchall()
    lines = [f"{edition.name}: {edition.title}"]
    mark = "SYNTHETIC, generated data: " if edition.synthetic else ""
    for verdict, sentence, exploratory in verdicts:
        lines.append(f"  verdict   {mark}{verdict}{' (exploratory)' if exploratory else ''}")
        lines += _wrapped(sentence)
        if exploratory:
            lines += _wrapped(f"Exploratory: {exploratory}")
    lines += [
        f"  checks    {checks - failing} of {checks} hold",
        f"  database  {edition.database}",
        f"  report    {edition.report}",
        f"  version   {version}",
    ]
    return "\n".join(lines)
