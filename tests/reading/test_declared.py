"""What is declared wrongly in a file of ``data`` is refused in a line that says what to do."""

from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from pipeline.assets.raw import Mirror, raw_asset
from pipeline.checks import drift
from pipeline.cli import app
from pipeline.edition import Edition
from pipeline.reading import corrections, differences, reconciliation, switches
from pipeline.reading.declared import DeclarationError
from pipeline.sources import sources

CORRECTION = """
[[correction]]
source = "ascof"
where = { areacd = "E10000009" }
column = "value"
status = "x"
rows = 1
why = "Known."
evidence = "Seen."
"""
ACCEPTED = '[[accepted]]\nsource = "ascof"\nperiods = ["2024-25"]\nwhy = "Known."\n'
DIFFERENCE = """
[[difference]]
source = "ascof"
check = "a = b"
period = "2024-25"
rows = 1
largest = 12
why = "Known."
"""
DRIFT = '[[drift]]\nsource = "ascof"\nperiod = "2024-25"\nstatistic = "median"\nwhy = "Known."\n'
READERS = {
    "corrections": (corrections, corrections.declared, CORRECTION),
    "accepted_changes": (differences, differences.accepted, ACCEPTED),
    "explained_differences": (reconciliation, reconciliation.declared, DIFFERENCE + DRIFT),
}


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files stand for those of ``data``, all empty at first."""
    for module, name in (
        (corrections, "corrections"),
        (differences, "accepted_changes"),
        (reconciliation, "explained_differences"),
        (drift, "explained_differences"),
        (switches, "switched_off"),
    ):
        path = tmp_path / f"{name}.toml"
        path.touch()
        monkeypatch.setattr(module, "PATH", path)
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.mark.parametrize("name", READERS)
def test_entries_are_read(declare: Path, name: str) -> None:
    _, read, text = READERS[name]
    assert read() == []
    (declare / f"{name}.toml").write_text(text)
    (one,) = read()
    assert (one.source, one.why) == ("ascof", "Known.")
    assert len(drift.declared()) == (name == "explained_differences")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("corrections", "\n[[correction", r"not valid TOML: .*line|document"),
        ("corrections", "[[corrections]]", "no table 'corrections', the nearest is 'correction'"),
        ("corrections", 'source = "ascof"', "no table 'source', there are correction"),
        ("corrections", "[correction]", r"expected \[\[correction\]\], in two brackets"),
        (
            "corrections",
            CORRECTION + CORRECTION.replace("rows = 1\n", ""),
            r"corrections\.toml, entry 2 of \[\[correction\]\]: 'rows' is missing\. Mend the entry",
        ),
        (
            "corrections",
            CORRECTION.replace("evidence", "evidnce"),
            "'evidence' is missing; no key 'evidnce', the nearest is 'evidence'",
        ),
        (
            "corrections",
            CORRECTION.replace('"ascof"', '"ascoff"'),
            "no source 'ascoff', the nearest is 'ascof'",
        ),
        ("corrections", CORRECTION.replace("Known.", " "), "'why': expected a text .*, found ' '"),
        ("corrections", CORRECTION.replace("rows = 1", 'rows = "1"'), "expected a whole number"),
        ("corrections", CORRECTION.replace("rows = 1", "rows = true"), "expected a whole number"),
        (
            "corrections",
            CORRECTION.replace('{ areacd = "E10000009" }', '"E10000009"'),
            r"'where': expected { column = value }",
        ),
        (
            "corrections",
            CORRECTION.replace("areacd", "areacode"),
            "ascof has no column 'areacode', the nearest is 'areacd'",
        ),
        ("corrections", CORRECTION.replace('"x"', '"zz"'), "no status 'zz'"),
        (
            "corrections",
            CORRECTION.replace('status = "x"\n', ""),
            "'corrected' or 'status' is missing",
        ),
        ("accepted_changes", "[[accept]]", "no table 'accept', the nearest is 'accepted'"),
        (
            "accepted_changes",
            ACCEPTED.replace('["2024-25"]', '"2024-25"'),
            r"entry 1 of \[\[accepted\]\]: 'periods': expected a list of texts, found '2024-25'",
        ),
        ("explained_differences", "[[differences]]", "the nearest is 'difference'"),
        (
            "explained_differences",
            DIFFERENCE.replace("12", '"12"'),
            "'largest': expected a number, found '12'",
        ),
        ("explained_differences", DRIFT.replace("ascof", "x"), "no source 'x'"),
        (
            "explained_differences",
            DRIFT.replace('"median"', '"medium"'),
            r"entry 1 of \[\[drift\]\]: no statistic 'medium', the nearest is 'median'",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_entry(
    declare: Path, name: str, text: str, said: str
) -> None:
    (declare / f"{name}.toml").write_text(text)
    with pytest.raises(DeclarationError, match=said) as caught:
        (drift.declared if "drift" in text else READERS[name][1])()
    told = str(caught.value)
    assert told.startswith(f"data/{name}.toml")
    assert "\n" not in told


def test_a_file_that_is_not_there_or_no_text_is_said(declare: Path) -> None:
    (declare / "corrections.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DeclarationError, match=r"data/corrections\.toml cannot be read: 'utf-8'"):
        corrections.declared()
    (declare / "corrections.toml").unlink()
    with pytest.raises(DeclarationError, match=r"cannot be read: .*No such file"):
        corrections.declared()


@pytest.mark.parametrize("name", [*READERS, "switched_off"])
@pytest.mark.parametrize("command", [["run", "sample"], ["run", "sample", "--dry-run"]])
def test_a_run_refuses_it_in_a_line(declare: Path, command: list[str], name: str) -> None:
    (declare / f"{name}.toml").write_text("[[nothing]]")
    result = CliRunner().invoke(app, command)
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"data/{name}.toml: no table 'nothing'")
    assert result.stderr.count("\n") == 1
    assert not (declare / "data" / "sample").exists()


def test_releases_refuse_it_too(declare: Path) -> None:
    (declare / "switched_off.toml").write_text("[[nothing]]")
    result = CliRunner().invoke(app, ["releases", "england", "--mirror", str(declare)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("data/switched_off.toml: no table 'nothing'")


def test_a_dry_run_says_what_a_switched_off_source_costs(declare: Path) -> None:
    (declare / "switched_off.toml").write_text('[sources]\ncqc_trust_ratings = "Asked."')
    result = CliRunner().invoke(app, ["run", "sample", "--dry-run"])
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "cqc_trust_ratings is switched off (Asked): no measure of 'Rating of well-led" in said


def test_dagster_loads_and_its_step_says_it(declare: Path) -> None:
    (declare / "switched_off.toml").write_text("[sources")
    edition = Edition("test", "Test", synthetic=False)
    result = dg.materialize(
        [raw_asset(edition, sources()["ascof"])],
        resources={"mirror": Mirror(folder=str(declare))},
        raise_on_error=False,
    )
    (failed,) = result.filter_events(lambda event: event.is_step_failure)
    assert "data/switched_off.toml is not valid TOML" in str(failed.step_failure_data.error)
