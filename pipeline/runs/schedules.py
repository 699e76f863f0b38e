"""When runs start by themselves: on release days, when files change, and who hears of failures.

All but the alerts are off until the team turns them on in Dagster's UI (docs/operate.md).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from pipeline.assets.keys import key
from pipeline.code import combined
from pipeline.edition import Edition
from pipeline.reading.calendar import ZONE, Calendar
from pipeline.reading.source import Source
from pipeline.reading.switches import switched_off
from pipeline.runs.alerts import Alert, failed, send
from pipeline.runs.plan import COMMAND, WHY, Plan, plan
from pipeline.runs.runlog import Failure, Summary, asset_of, cause, edition_of, history
from pipeline.runs.steps import CHECKS, Digests, raw_step, reasons, state
from pipeline.settings import SettingsError, settings
from pipeline.sources import sources
from pipeline.study.results import TABLES

if TYPE_CHECKING:
    import httpx

WATCH_SECONDS = 600
"""How often the folder of published files is looked at, once that is turned on."""
ADDRESS_SECONDS = 3600
ADDRESSES = 40
"""How many addresses are asked at a time: all of them in a few hours, and none too often."""
TIMEOUT = 10.0


def assets_of(edition: Edition, names: Sequence[str]) -> list[dg.AssetKey]:
    """The assets that steps make; their checks follow the assets."""
    found: list[dg.AssetKey] = []
    for name in names:
        layer, _, table = name.partition("__")
        if layer == "evidence":
            found += [key(edition, "evidence", one) for one in TABLES]
        elif not name.endswith(CHECKS):
            found.append(key(edition, layer, table))
    return found


def request(planned: Plan, run_key: str | None, also: Sequence[dg.AssetKey] = ()) -> dg.RunRequest:
    """A run of what a plan selected, and of some assets more."""
    chosen = assets_of(planned.edition, planned.selected)
    return dg.RunRequest(
        run_key=run_key,
        asset_selection=[*dict.fromkeys([*also, *chosen])],
        tags={WHY: planned.summary()[:200]},
    )


# ---------------------------------------------------------------------------------------------
# Release days.


def by_calendar() -> dict[Calendar, list[Source]]:
    """The sources that share a release calendar."""
    found: dict[Calendar, list[Source]] = {}
    for one in sources().values():
        if one.calendar is not None:
            found.setdefault(one.calendar, []).append(one)
    return found


def release_day(
    edition: Edition, calendar: Calendar, own: Sequence[Source]
) -> dg.ScheduleDefinition:
    """The schedule of one calendar: its sources are looked at, and what changed is redone."""
    names = [one.name for one in own]

    @dg.schedule(
        cron_schedule=calendar.cron,
        job_name=edition.name,
        name=f"{edition.name}_{calendar.name}",
        execution_timezone=ZONE,
        description=f"On {calendar.words}: {', '.join(names)}. {calendar.stated} Their files are "
        "looked at, and what changed is redone with all that depends on it.",
    )
    def due(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        looked = [name for name in names if name not in switched_off()]
        if not looked:
            return dg.SkipReason("all of its sources are switched off")
        planned = plan(edition, settings().mirror, looked, forced=False)
        raw = [key(edition, "raw", name) for name in looked]
        return request(planned, None, raw)

    return due


# ---------------------------------------------------------------------------------------------
# New and changed files.


def changed_files(edition: Edition) -> tuple[dict[str, list[str]], str]:
    """Sources whose files are new, changed, missing or damaged, with why, and a digest of that."""
    digests, mirror = Digests(edition), settings().mirror
    found: dict[str, list[str]] = {}
    states: list[tuple[str, str | None]] = []
    for one in sources().values():
        step = raw_step(edition, one)
        why = reasons(edition, step, digests, mirror)
        if why:
            found[one.name] = why
            states.append((one.name, state(edition, step, digests, mirror)))
    digests.keep()
    return found, combined(states)[:16]


def watch(edition: Edition) -> dg.SensorDefinition:
    """The sensor that asks for a run when published files are not as they were."""

    @dg.sensor(
        name=f"{edition.name}_releases",
        job_name=edition.name,
        minimum_interval_seconds=WATCH_SECONDS,
        description="Looks at the folder of published files and at what is declared. A file that "
        "is new, changed, missing or damaged starts a run of what depends on it, once.",
    )
    def new_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        changed, now = changed_files(edition)
        if not changed:
            return dg.SkipReason(f"the files of all {len(sources())} sources are as they were")
        told = "; ".join(f"{name}: {why[0]}" for name, why in changed.items())
        if context.cursor == now:
            return dg.SkipReason(f"a run was asked for already: {told}")
        context.update_cursor(now)
        context.log.info(told)
        planned = plan(edition, settings().mirror, changed, forced=False)
        return request(planned, now)

    return new_files


def ask(client: "httpx.Client", url: str, known: Mapping[str, str]) -> dict[str, str]:
    """What a server says of an address now: status, and what tells its bytes apart."""
    import httpx  # noqa: PLC0415 - only where addresses are asked

    headers = {"If-None-Match": known["etag"]} if known.get("etag") else {}
    try:
        answer = client.head(url, headers=headers)
    except httpx.HTTPError as problem:
        # Nothing is known of the file: what was known stays.
        return {**known, "asked": type(problem).__name__}
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return {**known, "status": "200"}
    if answer.status_code >= 500 or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return {**known, "asked": str(answer.status_code)}
    said = {"status": str(answer.status_code)}
    for name in ("etag", "last-modified", "content-length"):
        if answer.headers.get(name):
            said[name] = answer.headers[name]
    return said


def differs(known: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What is different at an address, in words; empty where nothing is."""
    if "status" not in known:
        # The server has not told of the file yet, or was not asked.
        return ""
    if now.get("status") != known.get("status"):
        return f"answers {now.get('status')}, before {known.get('status')}"
    # One mark is enough, and the first that both have is the surest.
    for name in ("etag", "last-modified", "content-length"):
        if name in known and name in now:
            return "" if known[name] == now[name] else f"other bytes ({name})"
    return ""


def addresses(edition: Edition) -> dg.SensorDefinition:
    """The sensor that asks the addresses of published files whether they are as before.

    A run never uses other bytes than the declared ones, so none is started: people are told.
    """

    @dg.sensor(
        name=f"{edition.name}_addresses",
        job_name=edition.name,
        minimum_interval_seconds=ADDRESS_SECONDS,
        description="Asks the addresses of the declared files, a few at a time and without "
        "downloading them, whether they changed or are gone, and tells the team. Uses the network.",
    )
    def changed(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        import httpx  # noqa: PLC0415

        cursor = json.loads(context.cursor) if context.cursor else {}
        known, start = cursor.get("known", {}), cursor.get("next", 0)
        every = [(name, r) for name, one in sources().items() for r in one.releases]
        own = [*every, *every][start : start + min(ADDRESSES, len(every))]
        found: dict[str, list[str]] = {}
        with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
            for name, release in own:
                before = known.get(release.url, {})
                now = ask(client, release.url, before)
                told = differs(before, now)
                if told:
                    found.setdefault(name, []).append(f"{release.file}: {told} ({release.url})")
                known[release.url] = now
        following = (start + len(own)) % len(every)
        context.update_cursor(json.dumps({"known": known, "next": following}))
        if not found:
            return dg.SkipReason(f"{len(own)} addresses are as they were")
        alert = at_addresses(edition, found)
        context.log.warning(alert.text)
        for problem in send(alert):
            context.log.error(problem)
        return dg.SkipReason(alert.subject)

    return changed


def at_addresses(edition: Edition, found: Mapping[str, Sequence[str]]) -> Alert:
    """What is told of addresses that are not as before."""
    subject = f"Rapport {edition.name}: published files changed at {', '.join(found)}"
    lines = [line for own in found.values() for line in own]
    see = [f"rapport releases {edition.name} --source {name}" for name in found]
    text = "\n".join(
        [f"{subject}.", "Nothing of it is used until it is declared.", "", *lines, "",
         "What it would change:", *see]
    )  # fmt: skip
    data: dict[str, object] = {
        "event": "published files changed",
        "edition": edition.name,
        "files": {name: list(own) for name, own in found.items()},
    }
    return Alert(subject, text, data)


# ---------------------------------------------------------------------------------------------
# Failures.


def of_run(context: dg.RunFailureSensorContext) -> tuple[Edition, Summary] | None:
    """The edition and the summary of a failed run: of its log, else of Dagster's events."""
    run = context.dagster_run
    events = context.get_step_failure_events()
    steps = [str(event.step_key) for event in events]
    edition = edition_of(run.job_name) or next(iter(map(edition_of, steps)), None)
    if edition is None:
        return None
    kept = [one for one in history(edition) if one.run_id == run.run_id and one.failed]
    if kept:
        return edition, kept[0]
    found = [
        Failure(asset_of(str(event.step_key)), cause(event.step_failure_data.error))
        for event in events
    ]
    if not found:
        found = [Failure(run.job_name, str(context.failure_event.message))]
    return edition, Summary(run.run_id, "", status="failed", failed=found)


@dg.run_failure_sensor(
    name="rapport_alerts",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells of a failed run by webhook and e-mail, where the environment sets them up. "
    "Runs from the command line tell of themselves.",
)
def alerts(context: dg.RunFailureSensorContext) -> None:
    """Send the alerts of a failed run; a way that fails is told in the daemon's log."""
    if COMMAND in context.dagster_run.tags:
        return
    found = of_run(context)
    if found is None:
        return
    try:
        problems = send(failed(*found))
    except SettingsError as wrong:
        problems = [f"no alert was sent: {wrong}"]
    for problem in problems:
        context.log.error(problem)


def schedules(edition: Edition) -> Iterator[dg.ScheduleDefinition]:
    """A schedule for each calendar, of an edition that has publishers."""
    if not edition.synthetic:
        for calendar, own in by_calendar().items():
            yield release_day(edition, calendar, own)


def sensors(edition: Edition) -> Iterator[dg.SensorDefinition]:
    """The sensors of files and addresses, and of failures."""
    if not edition.synthetic:
        yield watch(edition)
        yield addresses(edition)
    yield alerts
