"""Runs that start by themselves: on release days, on new files, and once each."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import dagster as dg
import pytest

from pipeline.definitions import sample
from pipeline.definitions.england import defs
from pipeline.edition import ENGLAND
from pipeline.reading.calendar import NHS_MONTHLY, STAFF_SURVEY, Calendar
from pipeline.reading.source import Release
from pipeline.runs import schedules
from pipeline.runs.alerts import Alert
from pipeline.runs.plan import COMMAND, WHY
from pipeline.runs.runlog import Summary
from pipeline.runs.schedules import addresses, alerts, by_calendar, differs, watch
from pipeline.runs.steps import Digests, finish, raw_step
from pipeline.sources import sources
from pipeline.trace import tracing


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    return tmp_path


# ---------------------------------------------------------------------------------------------
# Calendars.


def test_a_calendar_is_a_cron_line_a_name_and_words() -> None:
    assert NHS_MONTHLY.cron == "0 12 * * thu#2"
    assert NHS_MONTHLY.words == "the second Thursday of every month"
    assert NHS_MONTHLY.name == "monthly_second_thu"
    assert STAFF_SURVEY.cron == "0 12 * 3 fri"
    assert STAFF_SURVEY.words == "every Friday of March"


def test_a_deadline_follows_the_release_days() -> None:
    assert NHS_MONTHLY.deadline == ("0 12 * * thu#3", timedelta(days=7))
    assert Calendar("fri", months=(8, 12)).deadline == ("0 12 1 1,9 *", timedelta(days=31))


def test_every_calendar_has_a_schedule_off_by_default_in_london_time() -> None:
    found = {one.name: one for one in defs.get_repository_def().schedule_defs}
    assert set(found) == {f"england_{one.name}" for one in by_calendar()}
    assert not sample.defs.get_repository_def().schedule_defs
    for one in found.values():
        assert one.default_status is dg.DefaultScheduleStatus.STOPPED
        assert one.execution_timezone == "Europe/London"
    monthly = found["england_monthly_second_thu"]
    assert "delayed_discharge_reasons" in str(monthly.description)


def test_sources_without_a_known_calendar_have_no_schedule_and_no_deadline() -> None:
    graph = defs.resolve_asset_graph()
    for name, source in sources().items():
        policy = graph.get(dg.AssetKey(["england", "raw", name])).freshness_policy
        assert (policy is not None) == (source.calendar is not None), name
    synthetic = sample.defs.resolve_asset_graph()
    assert synthetic.get(dg.AssetKey(["sample", "raw", "ascof"])).freshness_policy is None


def test_nothing_but_fetching_is_tried_again() -> None:
    """Reading a file again gives the same error: only downloads are repeated, by themselves."""
    for asset in defs.assets or ():
        assert isinstance(asset, dg.AssetsDefinition)
        assert asset.op.retry_policy is None


def test_a_release_day_looks_at_its_sources_and_asks_for_what_changed() -> None:
    schedule = defs.get_repository_def().get_schedule_def("england_march_fri")
    context = dg.build_schedule_context()
    (request,) = schedule.evaluate_tick(context).run_requests or []
    asked = {key.to_user_string() for key in request.asset_selection or ()}
    # Nothing was ever made: all that depends on them is asked for as well.
    assert "england/raw/staff_survey_leadership" in asked
    assert "england/evidence/verdict" in asked
    assert "england/raw/revenue_outturn" not in asked
    assert "not made yet" not in request.tags[WHY]


# ---------------------------------------------------------------------------------------------
# Files.


def settled() -> None:
    """As if the files of every source had been brought once."""
    for one in sources().values():
        with tracing() as traced:
            pass
        finish(ENGLAND, raw_step(ENGLAND, one), traced, Digests(ENGLAND), run_id="earlier")


def tick(sensor: dg.SensorDefinition, cursor: str | None) -> tuple[dg.SensorResult | None, object]:
    context = dg.build_sensor_context(cursor=cursor)
    result = sensor(context)
    return result, context.cursor  # type: ignore[return-value]


def test_a_new_file_asks_for_one_run_of_what_depends_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "delayed_transfers").mkdir(parents=True)
    monkeypatch.setenv("RAPPORT_MIRROR", str(mirror))
    settled()
    sensor = watch(ENGLAND)
    result, cursor = tick(sensor, None)
    assert isinstance(result, dg.SkipReason)
    assert "as they were" in str(result.skip_message)

    (mirror / "delayed_transfers" / "April_19.xls").write_bytes(b"new")
    result, cursor = tick(sensor, None)
    assert isinstance(result, dg.RunRequest)
    asked = {key.to_user_string() for key in result.asset_selection or ()}
    assert "england/raw/delayed_transfers" in asked
    assert "england/raw/ascof" not in asked

    again, same = tick(sensor, str(cursor))
    assert isinstance(again, dg.SkipReason)
    assert "asked for already: delayed_transfers" in str(again.skip_message)
    assert same == cursor

    (mirror / "delayed_transfers" / "April_19.xls").write_bytes(b"newer")
    other, _ = tick(sensor, str(cursor))
    assert isinstance(other, dg.RunRequest)
    assert other.run_key not in (None, result.run_key)


# ---------------------------------------------------------------------------------------------
# Addresses.


class Publisher(BaseHTTPRequestHandler):
    """A publisher's server that answers HEAD with a tag, or as it is told."""

    tag: ClassVar[str] = '"one"'
    status: ClassVar[int] = 200
    asked: ClassVar[list[str | None]] = []
    paths: ClassVar[list[str]] = []
    address: ClassVar[str] = ""

    def do_HEAD(self) -> None:
        self.paths.append(self.path)
        self.asked.append(self.headers.get("If-None-Match"))
        same = self.headers.get("If-None-Match") == self.tag
        self.send_response(304 if same and self.status == 200 else self.status)
        if self.status == 200:
            self.send_header("ETag", self.tag)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def declares(monkeypatch: pytest.MonkeyPatch, *files: str) -> None:
    """Have one source, of these files at the publisher."""
    releases = [
        Release(f"ascof/{file}", f"{Publisher.address}/{file}", "0" * 64, file) for file in files
    ]
    only = replace(sources()["ascof"], releases=releases)
    monkeypatch.setattr(schedules, "sources", lambda: {"ascof": only})


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Publisher]]:
    Publisher.tag, Publisher.status, Publisher.asked, Publisher.paths = '"one"', 200, [], []
    server = HTTPServer(("127.0.0.1", 0), Publisher)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    Publisher.address = f"http://127.0.0.1:{server.server_port}"
    declares(monkeypatch, "file.csv")
    yield Publisher
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Alert]:
    """The alerts that are sent."""
    alerts: list[Alert] = []

    def heard(alert: Alert) -> list[str]:
        alerts.append(alert)
        return []

    monkeypatch.setattr(schedules, "send", heard)
    return alerts


def test_an_address_with_other_bytes_or_none_is_told_once(
    publisher: type[Publisher], told: list[Alert]
) -> None:
    sensor = addresses(ENGLAND)
    _, cursor = tick(sensor, None)
    assert told == []
    _, cursor = tick(sensor, str(cursor))
    assert publisher.asked == [None, '"one"'], "asked with what is known"
    publisher.tag = '"two"'
    _, cursor = tick(sensor, str(cursor))
    assert "ascof/file.csv: other bytes (etag)" in told[0].text
    assert "rapport releases england --source ascof" in told[0].text
    _, cursor = tick(sensor, str(cursor))
    assert len(told) == 1
    publisher.status = 503
    _, cursor = tick(sensor, str(cursor))
    assert len(told) == 1, "a server that is down says nothing of the file"
    publisher.status = 404
    _, cursor = tick(sensor, str(cursor))
    assert "answers 404, before 200" in told[1].text
    assert json.loads(str(cursor))["next"] == 0


def test_a_first_look_that_fails_makes_no_change_of_the_first_answer(
    publisher: type[Publisher], told: list[Alert]
) -> None:
    sensor = addresses(ENGLAND)
    publisher.status = 503
    _, cursor = tick(sensor, None)
    publisher.status = 200
    _, cursor = tick(sensor, str(cursor))
    assert told == []
    publisher.tag = '"two"'
    tick(sensor, str(cursor))
    assert len(told) == 1, "from then on it is known"


def test_a_few_addresses_at_a_time_come_to_all_of_them_in_turn(
    publisher: type[Publisher], told: list[Alert], monkeypatch: pytest.MonkeyPatch
) -> None:
    declares(monkeypatch, "0.csv", "1.csv", "2.csv", "3.csv", "4.csv")
    monkeypatch.setattr(schedules, "ADDRESSES", 2)
    sensor = addresses(ENGLAND)
    cursor: object = None
    for _ in range(4):
        _, cursor = tick(sensor, None if cursor is None else str(cursor))
    assert publisher.paths == [f"/{place % 5}.csv" for place in range(8)]
    assert told == []


def test_the_surest_mark_that_both_have_decides() -> None:
    before = {"status": "200", "etag": "a", "last-modified": "x", "content-length": "1"}
    assert differs(before, {**before, "last-modified": "y"}) == ""
    assert differs(before, {**before, "etag": "b"}) == "other bytes (etag)"
    assert differs(before, {"status": "200", "content-length": "2"}) == (
        "other bytes (content-length)"
    )
    assert differs({}, before) == ""


# ---------------------------------------------------------------------------------------------
# Failures.


@dg.op(name="england__tidy__bad")
def bad() -> None:
    raise ValueError("x.xls, row 3: expected a number")


@dg.job(name="england")
def failing() -> None:
    bad()


@pytest.mark.parametrize("tags", [{}, {COMMAND: "run"}])
def test_a_failed_run_is_told_unless_the_command_line_told_it(
    tags: dict[str, str], told: list[Alert]
) -> None:
    with dg.instance_for_test() as instance:
        result = failing.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        context = dg.build_run_status_sensor_context(
            sensor_name="rapport_alerts",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        alerts(context)
    assert len(told) == (0 if tags else 1)
    if told:
        assert "tidy/bad: x.xls, row 3: expected a number" in told[0].text


def test_a_failure_without_steps_is_told_too() -> None:
    assert "its start" in schedules.failed(ENGLAND, Summary("r", "", status="failed")).subject
