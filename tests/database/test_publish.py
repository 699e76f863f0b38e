"""Publishing is whole or not at all, and readers are never disturbed."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.assets.publish import publish_assets
from pipeline.database.publish import build
from pipeline.database.versions import (
    NEEDED,
    PublishError,
    building,
    published_version,
    swap,
)
from pipeline.edition import Edition
from pipeline.tables import Macro, Table, View


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    return Edition("test", "Test", synthetic=False)


def table(value: float = 1.0, rows: int = 3, *, grain: tuple[str, ...] = ("code",)) -> Table:
    frame = pl.DataFrame({"code": [f"c{i}" for i in range(rows)], "value": [value] * rows})
    return Table("locality", "thing", frame, "It's a thing.", grain, {"code": "A code's meaning."})


def publish(edition: Edition, version: str, value: float, rows: int = 3) -> None:
    complete(edition, version, value, rows)
    swap(edition, version)


def complete(edition: Edition, version: str, value: float = 1.0, rows: int = 3) -> Path:
    folder = building(edition, version)
    build(folder, [table(value, rows)])
    for name in ("report/index.html", "exports/README.md"):
        (folder / name).parent.mkdir()
        (folder / name).write_text(version)
    return folder


def values(path: Path) -> list[tuple[float, int]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            "SELECT value, count(*) FROM locality.thing GROUP BY ALL"
        ).fetchall()


def test_tables_have_keys_and_comments(tmp_path: Path) -> None:
    path = build(tmp_path / "v", [table()])
    with duckdb.connect(str(path), read_only=True) as connection:
        about = connection.execute("SELECT comment FROM duckdb_tables()").fetchall()
        columns = connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL"
        ).fetchall()
        key = connection.execute(
            "SELECT constraint_column_names FROM duckdb_constraints() "
            "WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    assert about == [("It's a thing.",)]
    assert columns == [("code", "A code's meaning.")]
    assert key == [(["code"],)]


def test_a_grain_without_an_index_is_stated_only(tmp_path: Path) -> None:
    twice = pl.DataFrame({"code": ["a", "a"]})
    path = build(tmp_path / "v", [Table("tidy", "thing", twice, "", ("code",), keyed=False)])
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM tidy.thing").fetchall() == [(2,)]


MEANINGS = {"code": "It's the code.", "twice": "Twice the value."}
VIEW = View(
    "main", "doubled", "SELECT code, 2 * value AS twice FROM locality.thing", "Twice.", (), MEANINGS
)


def test_a_long_table_is_written_in_parts_and_without_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.tables.PART", 8)  # four rows of two columns
    monkeypatch.setattr("pipeline.database.publish.KEYED", 9)
    long = table(rows=10)
    lazy = replace(long, frame=long.frame.lazy())
    assert [part.height for part in lazy.parts()] == [4, 4, 2]
    path = build(tmp_path / "v", [lazy, replace(table(rows=9), name="short")])
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.table("locality.thing").pl().equals(long.frame.lazy().collect())
        keyed = connection.execute(
            "SELECT table_name FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        ).fetchall()
    assert keyed == [("short",)]


def test_views_and_macros_are_stored_with_their_meaning(tmp_path: Path) -> None:
    one = "CREATE MACRO one(wanted) AS TABLE SELECT * FROM main.doubled WHERE code = wanted"
    path = build(tmp_path / "v", [table()], [VIEW, Macro("main", "one", one, "One code.")])
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("FROM one('c1')").fetchall() == [("c1", 2.0)]
        said = connection.execute(
            "SELECT comment FROM duckdb_views() WHERE NOT internal UNION ALL "
            "SELECT comment FROM duckdb_functions() WHERE function_name = 'one'"
        ).fetchall()
        columns = connection.execute(
            "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'doubled'"
        ).fetchall()
    assert said == [("Twice.",), ("One code.",)]
    assert dict(columns) == MEANINGS


def test_a_macro_may_call_one_that_is_declared_after_it(tmp_path: Path) -> None:
    one = "CREATE MACRO one(wanted) AS TABLE SELECT * FROM two(wanted)"
    two = "CREATE MACRO two(wanted) AS TABLE SELECT * FROM main.doubled WHERE code = wanted"
    macros = [Macro("main", "one", one, "One."), Macro("main", "two", two, "Two.")]
    path = build(tmp_path / "v", [table()], [*macros, VIEW])
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("FROM one('c1')").fetchall() == [("c1", 2.0)]


def test_a_view_that_gives_other_columns_than_it_declares_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="declares"):
        build(tmp_path / "v", [table()], [replace(VIEW, columns={"code": "Code."})])


def test_a_repeated_key_is_refused(tmp_path: Path) -> None:
    twice = pl.DataFrame({"code": ["a", "a"]})
    with pytest.raises(PublishError, match="not one row per key"):
        build(tmp_path / "v", [Table("locality", "thing", twice, "", ("code",))])


class Wrong(Table):
    """A table that is written with rows too few or too many."""

    def parts(self) -> Iterator[pl.DataFrame]:
        for part in super().parts():
            yield {"few": part.head(2), "many": pl.concat([part, part])}[self.name]


@pytest.mark.parametrize(("name", "count"), [("few", 2), ("many", 6)])
def test_other_rows_than_were_to_be_written_are_refused(
    tmp_path: Path, name: str, count: int
) -> None:
    wrong = Wrong("tidy", name, table().frame, "")
    with pytest.raises(PublishError, match=f"wrote 3 rows, read {count}"):
        build(tmp_path / "v", [wrong])


def test_the_swap_makes_everything_public_together(edition: Edition) -> None:
    assert published_version(edition) is None
    publish(edition, "v1", 1.0)
    assert values(edition.database) == [(1.0, 3)]
    publish(edition, "v2", 2.0)
    assert values(edition.database) == [(2.0, 3)]
    assert edition.report.read_text() == "v2"
    assert (edition.folder / "exports" / "README.md").read_text() == "v2"
    assert published_version(edition) == "v2"


@pytest.mark.parametrize("needed", NEEDED)
def test_a_version_that_lacks_a_part_is_not_published(edition: Edition, needed: str) -> None:
    publish(edition, "v1", 1.0)
    (complete(edition, "v2", 2.0) / needed).unlink()
    with pytest.raises(PublishError, match="the published version stays as it is"):
        swap(edition, "v2")
    assert values(edition.database) == [(1.0, 3)]
    assert edition.report.read_text() == "v1"


def test_a_reader_that_holds_the_file_open_keeps_reading_what_it_opened(edition: Edition) -> None:
    publish(edition, "v1", 1.0)
    with duckdb.connect(str(edition.database), read_only=True) as held:
        for number in range(2, 9):
            publish(edition, f"v{number}", float(number))
            assert held.execute("SELECT DISTINCT value FROM locality.thing").fetchall() == [(1.0,)]


def test_readers_never_see_half_a_version(edition: Edition) -> None:
    publish(edition, "v00", 0.0, rows=1)
    seen: set[tuple[float, int]] = set()
    problems: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                found = values(edition.database)
                assert len(found) == 1, found
                seen.update(found)
            except Exception as problem:
                problems.append(problem)
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    # Version n holds n + 1 rows of the value n: a mixture would show.
    for number in range(1, 15):
        publish(edition, f"v{number:02d}", float(number), rows=number + 1)
    done.set()
    for reader in readers:
        reader.join()
    assert not problems
    assert seen <= {(float(number), number + 1) for number in range(15)}


def test_a_version_waits_for_its_report_and_its_exports(edition: Edition) -> None:
    needs = {
        one.key.path[-1]: {needed.path[-1] for needed in one.asset_deps[one.key]}
        for one in publish_assets(edition)
    }
    assert needs["report"] == needs["exports"] == {"database"}
    assert needs["version"] == {"report", "exports"}
