"""A rerun redoes what changed and what depends on it, counted step by step."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline.assets.publish import refuse_unchecked
from pipeline.cli import _home
from pipeline.database.versions import PublishError, published_version
from pipeline.definitions.sample import defs
from pipeline.edition import SAMPLE
from pipeline.runs.execute import execute
from pipeline.runs.plan import plan
from pipeline.runs.steps import PUBLISH, made_before, steps
from tests.conftest import MadeOnce
from tests.finished import declare, hashes
from tests.made import finished_run

pytestmark = pytest.mark.long(seconds=55)

OFLOG, SOURCE = "ascof/oflog_ASC_data.csv", "oflog_adult_social_care"
OWN = {f"raw__{SOURCE}", f"tidy__{SOURCE}"}


@pytest.fixture(scope="module", autouse=True)
def finished(
    tmp_path_factory: pytest.TempPathFactory,
    made_once: MadeOnce,
    small_run: None,
) -> Iterator[Path]:
    """A data folder in which the sample has been run once."""
    root = made_once(finished_run, tmp_path_factory.mktemp("finished") / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORT_DATA", str(root))
        _home()
        yield root


def runs() -> dict[str, str]:
    """Step to the run that last did it."""
    found = {name: made_before(SAMPLE, name) for name in steps(SAMPLE)}
    return {name: made.run_id for name, made in found.items() if made is not None}


def redone(before: dict[str, str]) -> set[str]:
    """The steps that were done again since."""
    return {name for name, run in runs().items() if before.get(name) != run}


def depending(changed: set[str]) -> set[str]:
    """Steps that read one of these tables, by Dagster's own graph and not by our records."""
    graph = defs.resolve_asset_graph()
    found = set()
    for table in changed:
        layer, _, name = table.partition(".")
        key = dg.AssetKey([SAMPLE.name, layer, name])
        if layer in ("tidy", "locality"):
            found.add(f"{layer}__{name}__checks")
        for child in graph.get(key).child_keys if graph.has(key) else ():
            _, child_layer, child_name = child.path
            found.add("evidence" if child_layer == "evidence" else f"{child_layer}__{child_name}")
    return found


def edit(old: str, new: str) -> None:
    """Change the first such text of the Oflog file, and declare the new bytes as a publisher's."""
    path = SAMPLE.published_files / OFLOG
    content = path.read_bytes().replace(old.encode(), new.encode(), 1)
    assert content != path.read_bytes()
    path.write_bytes(content)
    declare(OFLOG)


def test_nothing_changed_does_no_work_and_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, version, tables = runs(), published_version(SAMPLE), hashes()

    def started() -> None:
        raise AssertionError("Dagster was started")

    monkeypatch.setattr("dagster.DagsterInstance.get", started)
    capsys.readouterr()
    assert execute(SAMPLE, None)
    assert f"nothing changed since version {version}: 54 sources" in capsys.readouterr().out
    assert (redone(before), published_version(SAMPLE), hashes()) == (set(), version, tables)


def test_a_missing_table_is_remade_and_nothing_else() -> None:
    before, version, tables = runs(), published_version(SAMPLE), hashes()
    SAMPLE.table("locality", "place").unlink()  # type: ignore[union-attr]
    planned = plan(SAMPLE)
    assert planned.due == {"locality__place": ["locality/place is missing"]}
    assert "evidence" in planned.selected
    assert execute(SAMPLE, None)
    assert redone(before) == {"locality__place"}
    assert (published_version(SAMPLE), hashes()) == (version, tables)


def test_a_damaged_database_is_published_anew() -> None:
    before, version, tables = runs(), published_version(SAMPLE), hashes()
    with SAMPLE.database.open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"damage")
    assert plan(SAMPLE).due == {
        "publish__version": ["the published rapport.duckdb is not as it was written"]
    }
    assert execute(SAMPLE, None)
    assert redone(before) == set(PUBLISH)
    assert hashes() == tables
    assert published_version(SAMPLE) != version
    assert not plan(SAMPLE).due


def test_a_table_that_was_not_checked_as_it_is_refuses_to_be_published() -> None:
    refuse_unchecked(SAMPLE)
    table = SAMPLE.table("tidy", SOURCE)
    before = table.read_bytes()
    SAMPLE.write("tidy", SOURCE, SAMPLE.read("tidy", SOURCE).head(5))
    with pytest.raises(PublishError, match=f"^tidy/{SOURCE}: it was made anew and not checked"):
        refuse_unchecked(SAMPLE)
    # A run of another source makes up for it, and for no more.
    planned = plan(SAMPLE, only=["trust_finance"])
    assert {f"raw__{SOURCE}", f"tidy__{SOURCE}"} & set(planned.due) == {f"tidy__{SOURCE}"}
    assert f"tidy__{SOURCE}__checks" in planned.selected
    table.write_bytes(before)
    refuse_unchecked(SAMPLE)


def test_what_an_earlier_version_did_not_note_of_a_source_without_files_is_made_up_for() -> None:
    """It noted no table of a source that is switched off: nothing was looked at."""
    step = "tidy__ascof__checks"
    record = SAMPLE.recall("steps", step)
    before = record["inputs"].pop("table:tidy.ascof")
    # As after an upgrade, the check is out of date besides.
    record["inputs"]["code"] = "older"
    SAMPLE.record("steps", step, record)
    assert execute(SAMPLE, None, ["trust_finance"])
    assert SAMPLE.recall("steps", step)["inputs"]["table:tidy.ascof"] == before
    refuse_unchecked(SAMPLE)


def test_all_redoes_everything_with_the_same_bytes() -> None:
    planned = plan(SAMPLE, everything=True)
    assert list(planned.selected) == list(steps(SAMPLE))


def test_one_changed_source_redoes_exactly_its_dependants() -> None:
    before, tables = runs(), hashes()
    edit(",ASC1,7.8,", ",ASC1,7.9,")
    assert execute(SAMPLE, None, [SOURCE])
    changed = {name for name, digest in hashes().items() if tables.get(name) != digest}
    assert f"tidy.{SOURCE}" in changed
    assert redone(before) == OWN | depending(changed) | set(PUBLISH)
    assert len(redone(before)) < len(steps(SAMPLE)) / 5


def test_what_comes_out_the_same_stops_there() -> None:
    before, tables = runs(), hashes()
    # A column that nothing reads: other bytes of the file, the same table.
    edit("MADs_from_median", "Mads_from_median")
    assert execute(SAMPLE, None, [SOURCE])
    # The published version names the hash of every file, so it is made anew.
    assert redone(before) == OWN | set(PUBLISH)
    assert hashes() == tables
