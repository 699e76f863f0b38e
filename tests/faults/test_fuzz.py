"""A short fuzz of every parser; ``make fuzz`` is the long one."""

import math
import tempfile
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.database.exports import harmless
from pipeline.database.publish import build
from pipeline.reading.published import Grid, PublishedFile, SourceError
from pipeline.reading.source import numbers
from pipeline.sample import generate
from pipeline.sources import sources
from pipeline.tables import Table, View
from tests.faults.fuzz import fuzz
from tests.faults.mutate import NASTY

SHORT = settings(deadline=None, derandomize=True, max_examples=60, database=None)
FEW = settings(deadline=None, derandomize=True, max_examples=8, database=None)
CELLS = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(NASTY))
LABELS = ("Code", "Name", "Value")


def file(content: bytes) -> PublishedFile:
    with tempfile.NamedTemporaryFile(suffix=".csv", delete=False) as stream:
        stream.write(content)
    return PublishedFile(Path(stream.name), "folder/a.csv")


@SHORT
@given(st.binary(max_size=300))
@example(b"\xff\xfea")
@example(b'a,b\n"')
@example(b"\x00")
def test_any_bytes_are_rows_of_one_width_or_a_clear_error(content: bytes) -> None:
    one = file(content)
    try:
        rows = one.csv().rows
    except SourceError as problem:
        assert str(problem).startswith("folder/a.csv")
    else:
        assert len({len(row) for row in rows}) <= 1
        assert "" not in {cell for row in rows for cell in row}
    finally:
        one.path.unlink()


@SHORT
@given(
    st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_what_is_read(rows: list[list[str]], encoding: str) -> None:
    kept = [[*LABELS], *rows]
    text = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in kept)
    # Lone surrogates are no text, and a mark of byte order is no part of it.
    if any(0xD800 <= ord(char) < 0xE000 or char == "\ufeff" for char in text):
        return
    one = file(text.encode(encoding))
    found = one.csv().rows
    one.path.unlink()
    empty = (None,) * 3
    assert [row for row in found if any(row)] == [
        tuple(cell or None for cell in row) for row in kept if any(row)
    ]
    assert all(any(row) or row == empty for row in found)


@SHORT
@given(st.lists(st.tuples(*[CELLS] * 4), max_size=6), st.tuples(*[CELLS] * 4))
def test_any_sheet_is_a_table_or_a_clear_error(
    rows: list[tuple[str | None, ...]], header: tuple[str | None, ...]
) -> None:
    grid = Grid("folder/a.xls", "Sheet", [header, *rows])
    columns = {"Code": "code", "Value": "text"}
    for labels in (header, ("Code", "Value", None, None)):
        own = Grid(grid.file, grid.sheet, [labels, *rows])
        try:
            frame = own.table(own.header(*columns), columns)
        except SourceError as problem:
            assert str(problem).startswith("folder/a.xls, sheet 'Sheet'")
        else:
            assert frame.columns == ["code", "text", "row"]
            assert frame.height <= len(rows)


@SHORT
@given(st.lists(CELLS, max_size=8))
def test_a_number_is_a_number_and_nothing_else_is(cells: list[str | None]) -> None:
    frame = pl.DataFrame(
        {"text": cells, "row": range(len(cells))}, schema={"text": pl.String, "row": pl.Int32}
    )
    try:
        found = numbers(frame, "text", file=PublishedFile(Path("a"), "a.csv"), markers={"-": "c"})
    except SourceError as problem:
        assert str(problem).startswith("a.csv, row ")
        return
    for cell, value, status in zip(cells, found["value"], found["status"], strict=True):
        text = (cell or "").strip()
        if status == "ok":
            assert math.isfinite(value)
            assert value == float(text.replace(",", ""))
            assert text.isascii()
        else:
            assert value is None
            assert text in ("", "-")


@SHORT
@given(st.text(max_size=20))
@example("=1+1")
@example("＝1+1")
@example("\t=1")
def test_no_text_leaves_as_a_formula(text: str) -> None:
    (made,) = pl.DataFrame({"a": [text]}).select(harmless(pl.col("a")))["a"]
    assert made in (text, "'" + text)
    if text[:1] in tuple("=@\t\r\n＝＋－＠") and text:
        assert made.startswith("'")


@FEW
@given(
    st.lists(
        st.sampled_from([one for one in NASTY if one.strip() and "\x00" not in one]),
        min_size=2,
        max_size=4,
        unique_by=lambda name: name.casefold(),
    )
)
def test_any_name_and_any_text_is_stored_and_none_is_run(names: list[str]) -> None:
    name, *columns = names
    frame = pl.DataFrame({column: list(NASTY) for column in columns})
    said = "; ".join(names) + "'); DROP SCHEMA tidy; --"
    table = Table("tidy", name, frame, said, columns=dict.fromkeys(columns, said))
    query = 'SELECT 1 AS "' + columns[0].replace('"', '""') + '"'
    view = View("main", name + " view", query, said, columns={columns[0]: said})
    with tempfile.TemporaryDirectory() as folder:
        path = build(Path(folder) / "v", [table], [view])
        with duckdb.connect(str(path), read_only=True) as connection:
            listed = connection.execute(
                "SELECT table_name, comment FROM duckdb_tables()"
            ).fetchall()
            quoted = '"' + name.replace('"', '""') + '"'
            assert connection.sql(f"FROM tidy.{quoted}").pl().equals(frame)
    assert listed == [(name, said)]


SOME = (
    "accidents_emergency_trust",
    "cqc_council_assessments",
    "district_history",
    "innovation_grants",
    "oflog_adult_social_care",
    "political_control",
    "revenue_budget",
    "service_expenditure",
    "staff_survey_acute_scores",
)


@pytest.fixture(scope="module")
def good_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    generate(folder, only={name: sources()[name] for name in SOME})
    return folder


def test_changed_files_are_refused_clearly_or_accepted(good_files: Path) -> None:
    wanted = [(sources()[name], sources()[name].releases[0]) for name in SOME]
    found = fuzz(good_files, wanted, each=6, seed=3)
    assert found.escaped == {}
    assert found.unforeseen == {}
    assert found.outcomes.total() == 6 * len(SOME)
    assert found.outcomes["refused"] > len(SOME)
