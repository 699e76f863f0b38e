"""Running an edition's job from the command line, as a Dagster run like any other."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from pipeline.edition import Edition
from pipeline.framework import framework
from pipeline.lock import only_run
from pipeline.results import ALL_PANELS
from pipeline.sources import sources
from pipeline.switches import losses, switched_off
from pipeline.versions import published_version


def execute(
    edition: Edition, mirror: Path | None, only: Sequence[str] = (), wait: float = 0
) -> bool:
    """Run the job in this process, print how it went, and say whether it succeeded.

    With ``only``, only those sources are fetched again, and only what depends on them is redone;
    so are sources that were switched off or on since the last run. Where another run of the edition
    is under way, it is waited for so many seconds.

    Raises:
        AnotherRun: another run has the edition.
        SwitchError: what is declared as switched off cannot be.
    """
    off = switched_off()
    from dagster import DagsterInstance  # noqa: PLC0415

    from pipeline.definitions import defs  # noqa: PLC0415

    print(f"Rapport, {edition.title}")
    _say(losses(framework(), off))
    if only:
        turned = [name for name in sources() if turned_since(edition, name, off)]
        only = list(dict.fromkeys([*only, *turned]))
        _say([f"{name} was switched off or on since the last run." for name in turned])
    job = defs.resolve_job_def(edition.name)
    config: dict[str, object] = {"loggers": {"console": {}}}
    if mirror is not None:
        config["resources"] = {"mirror": {"config": {"folder": str(mirror.resolve())}}}
    steps = [f"{edition.name}__raw__{source}*" for source in only] or None
    with (
        only_run(edition, f"rapport run {edition.name}", wait, print),
        DagsterInstance.get() as instance,
    ):
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


def turned_since(edition: Edition, source: str, off: Mapping[str, str]) -> bool:
    """Whether a source was switched off or on since it was last run."""
    fetched = edition.recall("fetched", source)
    return fetched is not None and (source in off) == bool(fetched)


def _say(sentences: Sequence[str]) -> None:
    for sentence in sentences:
        print(textwrap.fill(sentence, 100, initial_indent="  ", subsequent_indent="    "))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=" " * 12, subsequent_indent=" " * 12)


VERDICTS = """
SELECT DISTINCT spec_id, title, part, verdict, sentence, verdict.exploratory,
    spec_id <> 'all_panels' AS later
FROM evidence.verdict AS verdict
LEFT JOIN evidence.analysis_spec AS spec USING (spec_id)
WHERE composition = 'both' AND (spec_id = 'all_panels' OR part <> 'overall')
ORDER BY later, title, part
"""


def summary(edition: Edition) -> str:
    """The verdict and the paths of what is published, in a few lines."""
    version = published_version(edition)
    if version is None:
        return f"{edition.name}: nothing is published yet; run: rapport run {edition.name}"
    with duckdb.connect(str(edition.database), read_only=True) as connection:
        judged = connection.execute(
            "FROM duckdb_tables() WHERE schema_name = 'evidence' AND table_name = 'verdict'"
        ).fetchall()
        verdicts = judged and connection.execute(VERDICTS).fetchall()
        listed = connection.table("meta.source")
        off = []
        if "switched_off" in listed.columns:
            off = listed.filter("switched_off").select("source, why_switched_off").fetchall()
        ((failing, checks),) = connection.execute(
            "SELECT count(*) FILTER (NOT passed), count(*) FROM meta.check_results"
        ).fetchall()
    lines = [f"{edition.name}: {edition.title}"]
    mark = "SYNTHETIC, generated data: " if edition.synthetic else ""
    for spec, title, part, verdict, sentence, exploratory, _ in verdicts:
        if spec == ALL_PANELS:
            lines.append(f"  verdict   {mark}{verdict}")
            lines += _wrapped(sentence.split(" By panel: ")[0])
        else:
            aside = ", exploratory" if exploratory else ""
            lines += _wrapped(f"{title}: {part} {verdict}{aside}")
    if not verdicts:
        lines.append("  verdict   none: no panel has rows to analyse")
    lines += [f"  without   {name}, switched off: {why}" for name, why in off]
    lines += [
        f"  checks    {checks - failing} of {checks} hold",
        f"  database  {edition.database}",
        f"  report    {edition.report}",
        f"  version   {version}",
    ]
    return "\n".join(lines)
