"""A small team's installation as in deploy/: PostgreSQL, webserver and daemon, report site."""

import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
import httpx
import pytest
import yaml
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.system_config.objects import ResolvedRunConfig

from pipeline.edition import PROJECT, SAMPLE
from pipeline.sample import generate
from pipeline.sources import sources
from tests.services import Postgres, a_postgres, free_port, service, wait

pytestmark = pytest.mark.long(seconds=60)

DEPLOY = PROJECT / "deploy"
BIN = Path(sys.executable).parent
SOURCE = "council_registry"


def locations(place: Path = PROJECT) -> list[dict[str, dict[str, str]]]:
    """The code locations that a workspace lists."""
    listed: list[dict[str, dict[str, str]]] = yaml.safe_load(
        (place / "workspace.yaml").read_text("utf-8")
    )["load_from"]
    return listed


def unit(name: str) -> list[str]:
    """The command of a service, with our own place of installation."""
    lines = (DEPLOY / f"rapport-{name}.service").read_text("utf-8").splitlines()
    (command,) = [
        line.removeprefix("ExecStart=") for line in lines if line.startswith("ExecStart=")
    ]
    return (
        command.replace("/opt/rapport/.venv/bin", str(BIN))
        .replace("/opt/rapport", str(PROJECT))
        .split()
    )


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with a_postgres() as made:
        yield made


LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
HEALTH = "{ instance { daemonHealth { allDaemonStatuses { daemonType required healthy } } } }"
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


def test_services_on_postgresql(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Start, run from the web page's interface, stop, back up, lose, restore, upgrade."""
    home = tmp_path / "data" / "dagster"
    home.mkdir(parents=True)
    shutil.copyfile(DEPLOY / "dagster.yaml", home / "dagster.yaml")
    monkeypatch.setenv("RAPPORT_DATA", str(home.parent))
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", postgres.url)
    generate(SAMPLE.published_files, only={SOURCE: sources()[SOURCE]})
    # One code location: each takes a process of its own and seconds to load.
    workspace = tmp_path / "workspace.yaml"
    only = [one for one in locations() if one["python_module"]["location_name"] == "sample"]
    workspace.write_text(yaml.safe_dump({"load_from": only}), "utf-8")

    port = str(free_port())
    page = f"http://127.0.0.1:{port}"

    def ask(query: str, **variables: Any) -> Any:
        answer = httpx.post(
            f"{page}/graphql", json={"query": query, "variables": variables}, timeout=60
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def healthy() -> bool:
        found = ask(HEALTH)["instance"]["daemonHealth"]["allDaemonStatuses"]
        needed = {one["daemonType"]: one["healthy"] for one in found if one["required"]}
        return {"SCHEDULER", "SENSOR", "QUEUED_RUN_COORDINATOR"} <= needed.keys() and all(
            needed.values()
        )

    with ExitStack() as services:
        own = {"3000": port, str(PROJECT / "workspace.yaml"): str(workspace)}
        webserver, daemons = (
            [own.get(word, word) for word in unit(name)] for name in ("webserver", "daemon")
        )
        assert str(workspace) in webserver
        assert str(workspace) in daemons
        web = services.enter_context(service(webserver, tmp_path / "webserver.log"))
        wait("the page", lambda: httpx.get(f"{page}/server_info", timeout=60).is_success, web)
        daemon = services.enter_context(service(daemons, tmp_path / "daemon.log"))
        wait("heartbeats of schedules, sensors and the queue", healthy, daemon)
        launched = ask(
            LAUNCH,
            params={
                "selector": {
                    "repositoryLocationName": "sample",
                    "repositoryName": "__repository__",
                    "jobName": "sample",
                    "assetSelection": [{"path": ["sample", n, SOURCE]} for n in ("raw", "tidy")],
                    "assetCheckSelection": [],
                },
                "runConfigData": {},
            },
        )["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run_id = launched["run"]["runId"]
        ended = wait(
            "the run",
            lambda: {"SUCCESS", "FAILURE"} & {ask(STATUS, id=run_id)["runOrError"]["status"]},
            daemon,
        )
        assert ended == {"SUCCESS"}
    assert SAMPLE.read("tidy", SOURCE).height

    postgres("pg_dump", "--format=custom", "--file=backup", "rapport")
    postgres("dropdb", "--force", "rapport")
    postgres("createdb", "rapport")
    postgres("pg_restore", "--dbname=rapport", "--exit-on-error", "backup")
    # The step of an upgrade; nothing to do is not an error.
    command = [str(BIN / "dagster"), "instance", "migrate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert "Postgres" in type(instance.run_storage).__name__
        (run,) = instance.get_runs()
        assert (run.run_id, run.status) == (run_id, dg.DagsterRunStatus.SUCCESS)
        event = instance.get_latest_materialization_event(dg.AssetKey(["sample", "tidy", SOURCE]))
        assert event is not None
        assert event.run_id == run_id
    assert not list(home.rglob("*.db"))  # nothing was kept in SQLite


def test_units_are_valid(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not installed")
    units = []
    for path in sorted(DEPLOY.rglob("*.service")):
        text = path.read_text("utf-8").replace("/opt/rapport/.venv/bin", str(BIN))
        units.append(tmp_path / path.name)
        units[-1].write_text(text.replace("=/opt/rapport\n", f"={PROJECT}\n"), "utf-8")
    assert len(units) == 3
    command = [verify, "verify", "--man=no", *map(str, units)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The report site on loopback, and the edition's folder."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    port = free_port()
    # Its workers may run under another user, who cannot enter the folder of the test.
    folder = Path(tempfile.mkdtemp(prefix="rapport-site-"))
    folder.chmod(0o755)
    edition = folder / "england"
    for version in ("one", "two"):
        made = edition / "versions" / version
        (made / "report").mkdir(parents=True)
        (made / "report" / "index.html").write_text(f"<p>{version}</p>", "utf-8")
        (made / "rapport.duckdb").write_bytes(version.encode())
    (edition / "current").symlink_to("versions/one")
    (edition / "report").symlink_to("current/report")
    (edition / "rapport.duckdb").symlink_to("current/rapport.duckdb")
    block = (DEPLOY / "nginx.conf").read_text("utf-8")
    block = block.replace("/srv/rapport/data/england", str(edition)).replace(
        "listen 8080", f"listen 127.0.0.1:{port}"
    )
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = folder / "nginx.conf"
    settings.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n"
        f"types {{ text/html html; }}\n{block}\n}}\n",
        "utf-8",
    )
    try:
        with service([nginx, "-c", str(settings)], folder / "said") as server:
            address = f"http://127.0.0.1:{port}"
            wait("the site", lambda: httpx.get(address, timeout=60).is_success, server)
            yield address, edition
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_who_may_read_what_is_published_may_not_read_the_password() -> None:
    text = (PROJECT / "docs" / "deploy.md").read_text("utf-8")
    (readers,) = re.findall(r"install -d -o rapport -g (\S+) -m 2750 .*/srv/rapport/data\b", text)
    (secret,) = re.findall(r"install -m 0640 -g (\S+) /opt/rapport/deploy/rapport.env", text)
    assert readers != secret
    assert set(re.findall(r"usermod --append --groups (\S+)", text)) == {readers}


def test_the_site_is_read_only_and_follows_the_published_version(site: tuple[str, Path]) -> None:
    address, edition = site
    answer = httpx.get(f"{address}/", timeout=60)
    assert answer.text == "<p>one</p>"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    database = httpx.get(f"{address}/rapport.duckdb", timeout=60)
    assert database.content == b"one"
    assert database.headers["content-type"] == "application/octet-stream"
    for refused in ("PUT", "POST", "DELETE"):
        assert httpx.request(refused, f"{address}/index.html", timeout=60).status_code == 405
    for hidden in ("/../versions/one/rapport.duckdb", "/.hidden", "/versions/", "/records/"):
        assert httpx.get(f"{address}{hidden}", timeout=60).status_code in (400, 404)
    link = edition / "next"
    link.symlink_to("versions/two")
    link.replace(edition / "current")
    assert httpx.get(f"{address}/", timeout=60).text == "<p>two</p>"


def test_each_edition_is_a_code_location() -> None:
    found = [one["python_module"] for one in locations()]
    assert [one["location_name"] for one in found] == ["england", "sample"]
    for one in found:
        location = importlib.import_module(one["module_name"]).defs
        assert location.resolve_job_def(one["location_name"])
        keys = location.resolve_asset_graph().get_all_asset_keys()
        assert {key.path[0] for key in keys} == {one["location_name"]}


def loaded(place: Path, name: str) -> ModuleType:
    """A module of a folder of deploy/, as Dagster or Celery loads it from there."""
    spec = importlib.util.spec_from_file_location(f"{place.name}_{name}", place / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (location,) = locations(place)
    assert (place / location["python_file"]["relative_path"]).is_file()
    return module


def test_kubernetes_by_configuration() -> None:
    """A run needs no configuration: the executor has it from the file beside the definitions."""
    pytest.importorskip("dagster_k8s", reason="rapport[kubernetes] is not installed")
    place = DEPLOY / "kubernetes"
    module = loaded(place, "definitions")
    job = module.defs.resolve_job_def("england")
    assert job.executor_def.name == "k8s"
    assert "k8s" in dg.validate_run_config(job)["execution"]
    found = ResolvedRunConfig.build(job).execution.execution_engine_config
    assert (found["job_namespace"], found["max_concurrent"]) == ("rapport", 8)
    wrong = module.k8s_job_executor.configured({"no_such_setting": True}, name="k8s")
    job = module.definitions(module.ENGLAND, wrong).resolve_job_def("england")
    with pytest.raises(dg.DagsterInvalidConfigError):
        ResolvedRunConfig.build(job)


def test_celery_by_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run needs no configuration; what it shares with the workers is in the environment."""
    pytest.importorskip("dagster_celery", reason="rapport[celery] is not installed")
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://broker:6379/0")
    monkeypatch.setenv("CELERY_RESULT_BACKEND", "redis://broker:6379/1")
    place = DEPLOY / "celery"
    job = loaded(place, "definitions").defs.resolve_job_def("england")
    assert job.executor_def.name == "celery"
    assert "celery" in dg.validate_run_config(job)["execution"]
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, {"execution": {"config": {"no_such_setting": True}}})
    app = loaded(place, "workers").app
    from dagster_celery.make_app import make_app  # noqa: PLC0415 - an optional part

    of_runs = make_app({"broker": "pyamqp://elsewhere//", "backend": "rpc://"})
    for one in (app, of_runs):
        assert one.conf.broker_url == "redis://broker:6379/0"
        assert one.conf.result_backend == "redis://broker:6379/1"
    assert app.tasks["execute_plan"].acks_late
    make = job.executor_def.executor_creation_fn
    assert make is not None
    with dg.DagsterInstance.ephemeral() as instance:
        config = {"retries": {"enabled": {}}}
        context = dg.InitExecutorContext(InMemoryJob(job), job.executor_def, config, instance)
        # Its loop asks the executor itself for what makes its app.
        assert make(context).app_args()["broker"].startswith("pyamqp:")  # type: ignore[attr-defined]
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.broker_transport_options["visibility_timeout"] == 1800
