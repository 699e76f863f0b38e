"""The ``rapport`` command."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pipeline.edition import EDITIONS, PROJECT, Edition, data_root
from pipeline.settings import SettingsError, settings

app = typer.Typer(
    help="Does leadership explain innovation better than plans and budgets do? "
    "From published files to a verdict.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Which = Annotated[
    str, typer.Argument(help="sample (synthetic, no network) or england (the real data).")
]


def _edition(name: str) -> Edition:
    if name not in EDITIONS:
        raise typer.BadParameter(f"{name!r} is not an edition; there are {', '.join(EDITIONS)}")
    return EDITIONS[name]


def _known(names: list[str]) -> None:
    from pipeline.sources import sources  # noqa: PLC0415

    for name in names:
        if name not in sources():
            raise typer.BadParameter(f"no source {name!r}; there are {', '.join(sources())}")


def _releases(named: list[str], wanted: list[str]) -> list[str]:
    """The files of the releases that are named by id or period."""
    from pipeline.sources import sources  # noqa: PLC0415

    if wanted and len(named) != 1:
        raise typer.BadParameter("--release needs the one --source that the releases are of")
    found = []
    for text in wanted:
        own = sources()[named[0]].releases
        files = [one.file for one in own if text in (one.id, one.period)]
        if not files:
            known = ", ".join(one.id for one in own)
            raise typer.BadParameter(f"{named[0]} has no release {text!r}; there are {known}")
        found += files
    return found


@contextmanager
def refusing(*problems: type[Exception]) -> Iterator[None]:
    """End the command with such a problem in its own words, and no traceback."""
    try:
        yield
    except problems as problem:
        typer.echo(problem, err=True)
        raise typer.Exit(1) from problem


@app.callback()
def check_environment() -> None:
    """Stop at once where the environment is not as it should be."""
    with refusing(SettingsError):
        settings()


def _home() -> Path:
    """Dagster's folder, inside the data folder, with its configuration in place."""
    home = data_root() / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists():
        shutil.copyfile(Path(__file__).with_name("dagster.yaml"), settings)
    os.environ["DAGSTER_HOME"] = str(home)
    return home


@app.command()
def run(
    edition: Which = "sample",
    *,
    mirror: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the published files, instead of downloading each from its address.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Redo only this source and what depends on it, after a whole run."),
    ] = None,
    release: Annotated[
        list[str] | None,
        typer.Option(
            help="Of the one source named, read only these releases again (id or period), and "
            "keep what was read of the others."
        ),
    ] = None,
    wait: Annotated[
        bool,
        typer.Option(help="Wait while another run of the edition is under way, up to four hours."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Redo everything, out of date or not.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what is out of date and why, and do nothing.")
    ] = False,
) -> None:
    """Run the pipeline for one edition: fetch, check, analyse, publish, report.

    Only what is out of date is redone: what was never made, whose files, declarations or code
    changed, or whose output is missing or damaged, and what depends on it.
    Ends by printing the verdict and the paths of the database and of the report. On failure the
    last published version stays as it is, and the command exits with 1.
    """
    chosen, folder = _edition(edition), mirror or settings().mirror
    _known(source or [])
    releases = _releases(source or [], release or [])
    # Dagster takes a second to import: only what is needed is.
    from pipeline.reading.declared import DeclarationError  # noqa: PLC0415
    from pipeline.runs.execute import execute, preview  # noqa: PLC0415
    from pipeline.runs.lock import WAIT_SECONDS, AnotherRun  # noqa: PLC0415
    from pipeline.runs.plan import NoWholeRun  # noqa: PLC0415
    from pipeline.runs.quiet import quiet_exit  # noqa: PLC0415

    quiet_exit()
    with refusing(AnotherRun, DeclarationError, NoWholeRun):
        if dry_run:
            preview(chosen, folder, source or [], everything=everything)
            return
        _home()
        done = execute(
            chosen,
            folder,
            source or [],
            WAIT_SECONDS if wait else 0,
            everything=everything,
            releases=releases,
        )
    if not done:
        raise typer.Exit(1)


@app.command()
def releases(
    edition: Which = "england",
    mirror: Annotated[
        Path | None,
        typer.Option(
            help="Folder with the published files as they are today, instead of downloading each "
            "declared file from its address. New files are found in a folder only.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Only this source (may be given several times).")
    ] = None,
) -> None:
    """Say which published files are new, changed or missing, and what they would change.

    Each is read as its source would read it and compared with what is published. Nothing is used
    or published; the report is also written to the edition's releases.md and meta.release_notice.
    """
    chosen = _edition(edition)
    _known(source or [])
    from pipeline.reading.declared import DeclarationError  # noqa: PLC0415
    from pipeline.reading.notices import command  # noqa: PLC0415
    from pipeline.runs.lock import AnotherRun  # noqa: PLC0415

    with refusing(AnotherRun, DeclarationError):
        typer.echo(command(chosen, mirror or settings().mirror, source or [], typer.echo))


@app.command()
def status() -> None:
    """Say what is published in each edition, and what the last run's checks found."""
    from pipeline.runs.execute import summary  # noqa: PLC0415

    for edition in EDITIONS.values():
        typer.echo(summary(edition))


@app.command()
def versions(edition: Which = "england") -> None:
    """List the versions that are kept, the latest last, and say which one is published."""
    from pipeline.database.versions import describe, versions  # noqa: PLC0415

    chosen = _edition(edition)
    kept = versions(chosen)
    if not kept:
        typer.echo(f"{edition}: no version is kept yet; run: rapport run {edition}")
        return
    typer.echo(f"  {'version':<31} {'built (UTC)':<19} {'rows':>10}  verdict")
    for version in kept:
        one = describe(chosen, version)
        said = one.problem or one.verdict or "no verdict"
        rows = "" if one.problem else f"{one.rows:,}"
        mark = "*" if one.public else " "
        typer.echo(f"{mark} {version:<31} {one.built_at[:19]:<19} {rows:>10}  {said}")
    typer.echo("* is published; another is put back by: rapport rollback " + edition + " VERSION")


@app.command()
def rollback(
    edition: Which = "england",
    version: Annotated[
        str | None,
        typer.Argument(
            help="Name or number of a version, as rapport versions lists them; without it the one "
            "before the published one."
        ),
    ] = None,
) -> None:
    """Publish a kept version again, at once and whole. A run that finds a change publishes anew."""
    from pipeline.database.versions import PublishError, rollback, shown_again  # noqa: PLC0415
    from pipeline.runs.lock import AnotherRun, only_run  # noqa: PLC0415

    chosen = _edition(edition)
    with (
        refusing(AnotherRun, OSError, PublishError),
        only_run(chosen, f"rapport rollback {edition}"),
    ):
        before, now = rollback(chosen, version)
    for source, why_off in shown_again(chosen).items():
        typer.echo(
            f"CAUTION: {source} is switched off ({why_off}) and is in this version: it is public "
            "again. If it must not be, go back to a version without it, or: rapport run "
            f"{edition} --all",
            err=True,
        )
    typer.echo(
        f"{edition}: {now.version} is published again (built {now.built_at}, {now.rows:,} rows, "
        f"verdict: {now.verdict or 'none'})."
    )
    if before is not None:
        typer.echo(
            f"  It replaces {before.version}, which is kept. A run that finds a change publishes "
            "anew: where a source is to blame, switch it off or correct it first "
            "(docs/operate.md)."
        )


@app.command()
def why(edition: Which = "england") -> None:
    """Say why the last run failed: asset, file, sheet and row, what was expected, what to do."""
    from pipeline.runs.execute import why as explained  # noqa: PLC0415
    from pipeline.runs.runlog import history  # noqa: PLC0415

    chosen = _edition(edition)
    typer.echo(explained(chosen, next(iter(history(chosen)), None)))


@app.command()
def alert(edition: Which = "england") -> None:
    """Send a test alert by the ways that the environment sets up, and say how that went."""
    from pipeline.runs.alerts import check, send, trial  # noqa: PLC0415

    with refusing(SettingsError):
        ways = check()
        problems = send(trial(_edition(edition)))
    if not ways:
        problems = ["No alert is set up: set RAPPORT_ALERT_WEBHOOK or RAPPORT_ALERT_EMAIL."]
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo(f"Sent by {' and '.join(ways)}.")


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port of the web page.", min=1, max=65535)] = 3000,
) -> None:
    """Open Dagster's UI on the same definitions, and serve the reports it links to.

    Stop it with Ctrl-C; what it started ends with it, also where it is killed.
    """
    _home()
    from pipeline.database.site import served  # noqa: PLC0415
    from pipeline.runs import child  # noqa: PLC0415
    from pipeline.runs.instance import instance  # noqa: PLC0415

    with instance():
        pass  # begun before Dagster's own processes open it together
    arguments = ["dev", "-w", str(PROJECT / "workspace.yaml"), "-p", str(port)]
    with served(settings().site_url) as told:
        typer.echo(told)
        code = child.run("dagster", arguments, PROJECT)
    raise typer.Exit(code)


if __name__ == "__main__":
    app()
