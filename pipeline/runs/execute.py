"""Running an edition's job from the command line, as a Dagster run like any other."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import duckdb

from pipeline.database.versions import is_full, no_room, published_version
from pipeline.edition import Edition
from pipeline.reading.readings import forget
from pipeline.reading.switches import losses, switched_off
from pipeline.runs.alerts import failed, send
from pipeline.runs.lock import only_run
from pipeline.runs.plan import COMMAND, LOGGERS, REDO, Plan, plan, redo_tag
from pipeline.runs.runlog import Failure, Summary, history, logs
from pipeline.runs.steps import declarations, steps
from pipeline.settings import SettingsError
from pipeline.sources import sources
from pipeline.study.framework import framework
from pipeline.study.results import ALL_PANELS
from pipeline.verdict_words import claim, side, worded


def execute(
    edition: Edition,
    mirror: Path | None,
    only: Sequence[str] = (),
    wait: float = 0,
    *,
    everything: bool = False,
    releases: Sequence[str] = (),
) -> bool:
    """Redo in this process what is out of date, print how it went, and say whether it succeeded.

    Args:
        mirror: folder to copy published files from, instead of downloading them.
        only: sources to redo with what depends on them, and nothing else; sources that were
            switched off or on since the last run are redone too.
        wait: seconds to wait for another run of the edition that is under way.
        everything: whether to redo all, out of date or not.
        releases: files of the sources of ``only`` to read again; none for all of them.

    Raises:
        AnotherRun: another run has the edition.
        DeclarationError: something is declared wrongly in a file of ``data``.
        NoWholeRun: sources were asked for before there is a whole run.
    """
    _begin(edition)
    try:
        failure = _redo(edition, mirror, only, wait, everything=everything, releases=releases)
    except Exception as problem:
        if not is_full(problem, edition.folder):
            raise
        # Dagster cannot note a step's failure either.
        what = Failure("writing", no_room(edition.folder))
        failure = Summary("", "", status="failed", failed=[what])
    if failure is None:
        print(f"\n{summary(edition)}")
        return True
    print(f"\n{why(edition, failure)}")
    _tell(edition, failure)
    return False


def _redo(
    edition: Edition,
    mirror: Path | None,
    only: Sequence[str],
    wait: float,
    *,
    everything: bool,
    releases: Sequence[str],
) -> Summary | None:
    """Redo what is out of date; what the run did where it failed, else None."""
    with only_run(edition, f"rapport run {edition.name}", wait, print):
        # Made while no other run has the edition: what it finds stays true.
        planned = plan(edition, mirror, only, everything)
        _print_plan(planned)
        for source in sources() if everything else only:
            forget(edition, sources()[source], releases)
        return _run(planned, mirror, redo_tag(everything, only)) if planned.due else None


def _run(planned: Plan, mirror: Path | None, redo: str) -> Summary | None:
    """Run the selected steps; what the run did where it failed, else None."""
    from pipeline.definitions import definitions  # noqa: PLC0415
    from pipeline.runs.instance import instance  # noqa: PLC0415

    edition = planned.edition
    job = definitions(edition).resolve_job_def(edition.name)
    config: dict[str, object] = {"loggers": LOGGERS}
    if mirror is not None:
        config["resources"] = {"mirror": {"config": {"folder": str(mirror.resolve())}}}
    whole = len(planned.selected) == len(steps(edition))
    with instance() as opened:
        result = job.execute_in_process(
            run_config=config,
            instance=opened,
            raise_on_error=False,
            op_selection=None
            if whole
            else [f"{edition.name}__{name}" for name in planned.selected],
            tags={COMMAND: "run"} | ({REDO: redo} if redo else {}),
        )
    if result.success:
        return None
    known = [one for one in history(edition) if one.run_id == result.run_id]
    return known[0] if known else Summary(result.run_id, "", status="failed")


def why(edition: Edition, run: Summary | None) -> str:
    """Why a run failed: each asset, its file, sheet and row, what was expected and what to do."""
    version = published_version(edition)
    if run is None:
        return f"{edition.name}: no run is on record; run: rapport run {edition.name}"
    if run.status == "succeeded":
        return f"{edition.name}: the last run did not fail: {run.line()}"
    lines = []
    if run.status == "started":
        lines.append(
            f"The run of {run.started} has not ended: it is still running, or was stopped from "
            "outside. If it is not running, run again; what was done is not redone."
        )
    else:
        lines.append(f"The run {run.status}. What was published before stays as it is.")
    lines += [f"\n{one.asset}: {one.problem}" for one in run.failed]
    if run.not_run:
        lines.append(f"\n{len(run.not_run)} steps need what failed and were not run.")
    lines += [
        "",
        f"  log       {logs(edition) / run.log}",
        f"  published {version or 'nothing yet'}",
        f"  then      rapport run {edition.name}  (redoes what failed and what was not run)",
    ]
    return "\n".join(lines)


def _tell(edition: Edition, run: Summary) -> None:
    """Send the alerts that are set up."""
    try:
        problems = send(failed(edition, run))
    except SettingsError as wrong:
        problems = [f"no alert was sent: {wrong}"]
    for problem in problems:
        print(f"  note      {problem}")


def preview(
    edition: Edition, mirror: Path | None, only: Sequence[str] = (), *, everything: bool = False
) -> None:
    """Print what ``execute`` would do and what its results would lose, and do nothing.

    Raises:
        DeclarationError: something is declared wrongly in a file of ``data``.
        NoWholeRun: sources were asked for before there is a whole run.
    """
    _begin(edition)
    _print_plan(plan(edition, mirror, only, everything))


def _begin(edition: Edition) -> None:
    """Refuse what is declared wrongly, and say what the results lose by what is switched off."""
    # The sample uses none of these, and is where they are tried first.
    declarations()
    lost = losses(framework(), switched_off())
    print(f"Rapport, {edition.title}")
    _say(lost)


def _print_plan(planned: Plan) -> None:
    """What will be done, and why."""
    _say([f"{name} was switched off or on since the last run." for name in planned.switched])
    print(f"  {planned.summary()}")
    for line in planned.lines():
        print(f"    {line}")


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
    last = next(iter(history(edition)), None)
    run = [f"  last run  {last.line()}"] if last else []
    if last is not None and last.status == "failed":
        run.append(f"            why: rapport why {edition.name}")
    if version is None:
        nothing = f"{edition.name}: nothing is published yet; run: rapport run {edition.name}"
        return "\n".join([nothing, *run])
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
    for spec, title, part, verdict, sentence, exploratory, _ in verdicts:
        if spec == ALL_PANELS:
            lines.append(f"  verdict   {edition.mark}{worded(verdict)}")
            lines += _wrapped(claim(sentence))
        else:
            aside = ", exploratory" if exploratory else ""
            lines += _wrapped(f"{title}: {side(part)} {worded(verdict)}{aside}")
    if not verdicts:
        lines.append("  verdict   none: no panel has rows to analyse")
    lines += [f"  without   {name}, switched off: {why}" for name, why in off]
    lines += [
        f"  checks    {checks - failing} of {checks} hold",
        f"  database  {edition.database}",
        f"  report    {edition.report}",
        f"  version   {version}",
        *run,
    ]
    return "\n".join(lines)
