"""A few published rows that fail a rule are set aside, never used and never lost."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.reading.published import PublishedFile, SourceError
from pipeline.reading.quarantine import (
    EMPTIED,
    HIDDEN,
    LEFT_OUT,
    ROUNDS,
    Sorted,
    bears,
    opened,
    read,
    shown,
    sort_out,
)
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers
from pipeline.sources import sources
from tests.reading.test_source import RELEASE, made


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    grid = file.csv()
    frame = grid.table(grid.header("areacd", "value"), {"areacd": "areacd", "value": "text"})
    wrong = frame.filter(~pl.col("areacd").str.contains(r"^E\d{8}$"))
    grid.refuse(wrong, "areacd", "areacd", "expected an ONS code")
    frame = frame.with_columns(pl.lit("value").alias("label"))
    return numbers(frame, "text", file=file, markers={"[c]": "c"}).drop("label")


SOURCE = made(
    columns={
        "areacd": Column(pl.String, "Code."),
        "value": replace(VALUE, low=0, high=100),
        "status": STATUS_COLUMN,
    },
    key=("areacd",),
    tidy=tidy,
)


def sorted_out(
    tmp_path: Path, lines: Sequence[str], source: Source = SOURCE, head: str = "areacd,value"
) -> Sorted:
    path = tmp_path / "file.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    file = opened(source, PublishedFile(path, RELEASE.file))
    return sort_out(source, RELEASE, read(source, RELEASE, file), file)


GOOD = [f"E0600000{place},{place}" for place in range(1, 6)]


def wide(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Two figures a row, read before codes are looked at."""
    grid = file.csv()
    names = {name: name for name in ("areacd", "beds", "staff")}
    frame = grid.table(grid.header(*names), names).unpivot(
        on=["beds", "staff"], index=["areacd", "row"], variable_name="label", value_name="text"
    )
    frame = numbers(frame, "text", file=file, markers={}).rename({"label": "measure"})
    wrong = frame.filter(~pl.col("areacd").str.contains(r"^E\d{8}$")).unique("row")
    grid.refuse(wrong, "areacd", "areacd", "expected an ONS code")
    return frame


WIDE = replace(
    SOURCE,
    columns={**SOURCE.columns, "measure": Column(pl.String, "Measure.")},
    key=("areacd", "measure"),
    tidy=wide,
)
WIDE_HEAD = "areacd,beds,staff"


def test_good_rows_are_all_kept(tmp_path: Path) -> None:
    found = sorted_out(tmp_path, GOOD)
    assert found.frame.height == 5
    assert found.aside.is_empty()
    assert found.missing == 0


@pytest.mark.parametrize(
    ("line", "value", "rule"),
    [
        ("E06000009,twelve", "twelve", "expected a number or one of '[c]'"),
        ("E06000009,-3", "-3", "expected at least 0"),
        ("E06000009,101", "101", "expected at most 100"),
    ],
)
def test_a_figure_that_fails_is_emptied_and_its_key_stays(
    tmp_path: Path, line: str, value: str, rule: str
) -> None:
    plain = replace(SOURCE, warnings=())
    found = sorted_out(tmp_path, [*GOOD, line], plain)
    row = found.frame.filter(pl.col("areacd") == "E06000009").row(0, named=True)
    assert (row["value"], row["status"]) == (None, "q")
    (aside,) = found.aside.iter_rows(named=True)
    assert aside == {
        "source": "made",
        "release": RELEASE.id,
        "file": RELEASE.file,
        "sheet": None,
        "row": 7,
        "column": "value",
        "key": "areacd=E06000009",
        "value": value,
        "rule": rule,
        "outcome": EMPTIED,
    }


def test_a_row_with_an_impossible_code_is_left_out_and_kept_aside(tmp_path: Path) -> None:
    found = sorted_out(tmp_path, [*GOOD, "Leeds,7"])
    assert found.frame.height == 5
    assert found.missing == 1
    (aside,) = found.aside.iter_rows(named=True)
    assert (aside["row"], aside["value"], aside["outcome"]) == (7, "Leeds", LEFT_OUT)


def test_a_repeated_row_is_used_once_and_a_contradiction_not_at_all(tmp_path: Path) -> None:
    same = sorted_out(tmp_path, [*GOOD, GOOD[0]])
    assert same.frame.filter(pl.col("areacd") == "E06000001")["value"].to_list() == [1.0]
    assert "the same as row 2" in same.aside["outcome"][0]
    other = sorted_out(tmp_path, [*GOOD, "E06000001,50"])
    assert other.frame.filter(pl.col("areacd") == "E06000001").select("value", "status").rows() == [
        (None, "q")
    ]
    assert other.aside["value"].to_list() == ["1", "50"]


def test_many_failing_rows_stop_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"4 of 9 rows fail a rule; 3 may be set aside"):
        sorted_out(tmp_path, [*GOOD, *(f"E0600001{n},200" for n in range(4))])
    with pytest.raises(SourceError, match=r"expected a number .* \(4 cells\)"):
        sorted_out(tmp_path, [*GOOD, *(f"E0600001{n},many" for n in range(4))])
    with pytest.raises(SourceError, match="expected an ONS code, found 'Leeds'"):
        sorted_out(tmp_path, [*GOOD, *["Leeds,1"] * 4])


def test_a_file_of_few_rows_is_never_set_aside_whole(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="2 of 2 rows fail a rule; 1 may be set aside"):
        sorted_out(tmp_path, ["E06000001,200", "E06000002,-1"])


def test_different_faults_count_together(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="4 of 9 rows fail"):
        sorted_out(tmp_path, [*GOOD, "Leeds,1", "E06000011,200", "E06000012,many", "E06000013,-1"])


def test_a_row_left_out_misses_all_that_it_would_have_given(tmp_path: Path) -> None:
    lines = ["E06000001,1,2", "E06000002,3,4", "Leeds,5,6"]
    found = sorted_out(tmp_path, lines, WIDE, WIDE_HEAD)
    assert (found.frame.height, found.missing) == (4, 2)


def test_published_rows_are_counted_and_not_what_they_give(tmp_path: Path) -> None:
    lines = ["E06000001,200,2", "E06000002,200,4", "E06000003,200,6"]
    with pytest.raises(SourceError, match="3 of 3 rows fail a rule; 2 may be set aside"):
        sorted_out(tmp_path, lines, WIDE, WIDE_HEAD)


def test_a_figure_is_noted_once_however_often_the_file_is_read(tmp_path: Path) -> None:
    """The file is read again without a row that it refuses."""
    lines = ["E06000001,twelve,2", "E06000002,3,4", "E06000003,5,6", "Leeds,7,8"]
    found = sorted_out(tmp_path, lines, WIDE, WIDE_HEAD)
    assert sorted(found.aside["value"]) == ["Leeds", "twelve"]


def test_rows_that_fail_only_because_others_are_gone_end_in_the_first_message(
    tmp_path: Path,
) -> None:
    """A rule of how many rows there are fails anew for every row that is left out."""
    lines = [f"E{place:08d},1" for place in range(5000)]
    times = []

    def counted(file: PublishedFile, release: Release) -> pl.DataFrame:
        times.append(release)
        grid = file.csv()
        frame = grid.table(grid.header("areacd", "value"), {"areacd": "areacd", "value": "text"})
        grid.refuse(frame.filter(pl.col("text") != "1"), "text", "value", "expected 1")
        few = frame.head(1 if frame.height < len(lines) else 0)
        grid.refuse(few, "areacd", "areacd", "expected 5000 rows")
        return tidy(file, release)

    with pytest.raises(SourceError, match="row 4002, column 'value': expected 1"):
        sorted_out(
            tmp_path, [*lines[:4000], "E99999999,2", *lines[4001:]], replace(SOURCE, tidy=counted)
        )
    assert len(times) == ROUNDS + 1


def test_what_may_tell_of_few_people_is_not_shown(tmp_path: Path) -> None:
    suppressing = replace(SOURCE, markers={"[c]": "c"})
    found = sorted_out(tmp_path, [*GOOD, "E06000011,-3", "E06000012,500"], suppressing)
    assert found.aside["value"].to_list() == [HIDDEN, "500"]


def test_of_what_is_no_number_digits_may_tell_of_few_people() -> None:
    suppressing = replace(SOURCE, markers={"[c]": "c"})
    cells = ["9", "-9", "10", "1,234", "3*", "n/a", ""]
    told = ["10", "1,234", "n/a", ""]
    assert [
        shown(suppressing, cell) for cell in cells if shown(suppressing, cell) != HIDDEN
    ] == told
    plain = replace(SOURCE, markers={})
    assert [shown(plain, cell) for cell in cells] == cells


def test_lists_of_places_and_weights_bear_no_row_less() -> None:
    assert not bears(sources()["council_registry"])
    assert not bears(sources()["trust_catchment"])
    assert bears(sources()["delayed_transfers"])
