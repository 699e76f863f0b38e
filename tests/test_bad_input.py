"""A bad file gets a message a person can act on, and nothing of it is published.

Each test breaks one published file of a synthetic England that has already been run and published,
runs what depends on it again as ``rapport run sample --source ...`` does, and looks at the message,
the database and the tables.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import fastexcel
import polars as pl
import pytest
import xlsxwriter

from pipeline.cli import _home
from pipeline.database.versions import published_version
from pipeline.edition import SAMPLE, Edition, Place
from pipeline.runs.execute import execute
from tests.conftest import MadeOnce
from tests.finished import declare
from tests.made import finished_run

pytestmark = pytest.mark.long(seconds=130)

ORGANISATION = "LA - by responsible org"
TRANSFERS = "delayed_transfers/May_13.xls"
OTHERS = [f"delayed_transfers/{month}_13.xls" for month in ("June", "July", "Aug")]
OFLOG = "ascof/oflog_ASC_data.csv"

Rows = list[list[str | None]]
Sheets = dict[str, Rows]


@pytest.fixture
def data(
    made_once: MadeOnce, small_run: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A data folder in which the sample has been run once, to break."""
    root = made_once(finished_run, tmp_path / "data")
    monkeypatch.setenv("RAPPORT_DATA", str(root))
    _home()
    return root


def edit_workbook(change: Callable[[Sheets], None], file: str = TRANSFERS) -> None:
    """Change the cells of a delayed-transfers workbook."""
    path = SAMPLE.published_files / file
    book = fastexcel.read_excel(path.read_bytes())
    sheets: Sheets = {
        name: [
            list(row)
            for row in book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            .to_polars()
            .rows()
        ]
        for name in book.sheet_names
    }
    change(sheets)
    with xlsxwriter.Workbook(path, {"strings_to_numbers": True}) as out:
        for name, rows in sheets.items():
            sheet = out.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(number, place, cell)
    declare(file)


def edit_text(change: Callable[[str], str]) -> None:
    """Change the text of the Oflog table."""
    path = SAMPLE.published_files / OFLOG
    text = path.read_bytes().decode("utf-8-sig")
    path.write_text(change(text), encoding="utf-8", newline="")
    declare(OFLOG)


def place_of(rows: Rows, cell: str) -> tuple[int, int]:
    return next((number, row.index(cell)) for number, row in enumerate(rows) if cell in row)


def drop_sheet(sheets: Sheets) -> None:
    del sheets["LA - by reason"]


def rename_column(sheets: Sheets) -> None:
    row, column = place_of(sheets[ORGANISATION], "Social Care")
    sheets[ORGANISATION][row][column] = "Council"


def add_column(sheets: Sheets) -> None:
    rows = sheets[ORGANISATION]
    header, total = place_of(rows, "Total")
    for number, row in enumerate(rows):
        row.insert(total, "Housing" if number == header else "1" if number > header else None)


def words_for_numbers(sheets: Sheets) -> None:
    """In more rows than may be set aside."""
    rows = sheets[ORGANISATION]
    header, both = place_of(rows, "Both")
    for row in rows[header + 5 : header + 12]:
        row[both] = "twelve"


def wrong_total(sheets: Sheets) -> None:
    rows = sheets[ORGANISATION]
    header, nhs = place_of(rows, "NHS")
    rows[header + 5][nhs] = str(int(rows[header + 5][nhs] or 0) + 5)


def unknown_code(text: str) -> str:
    code = re.search(r"E0[6-9]\d{6}", text)
    assert code is not None
    return text.replace(code[0], "E06009999")


def cut_line(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:-1], lines[-1][: len(lines[-1]) // 3]])


def said_and_unpublished(
    capsys: pytest.CaptureFixture[str],
    source: str,
    files: Sequence[str],
    *words: str,
    checked: bool = False,
) -> None:
    """Read files again; the message says the words and nothing that is public has changed."""
    version = published_version(SAMPLE)
    database = hashlib.sha256(SAMPLE.database.read_bytes()).hexdigest()
    table = SAMPLE.table("tidy", source)
    before = table.read_bytes()
    capsys.readouterr()
    assert not execute(SAMPLE, None, [source], releases=files)
    said = " ".join(capsys.readouterr().out.split())
    for word in (*words, *([] if checked else files)):
        assert word in said
    assert "What was published before stays as it is." in said
    assert published_version(SAMPLE) == version
    assert hashlib.sha256(SAMPLE.database.read_bytes()).hexdigest() == database
    assert checked or table.read_bytes() == before


@pytest.mark.usefixtures("data")
def test_workbooks_that_are_not_as_declared(capsys: pytest.CaptureFixture[str]) -> None:
    """Each is told, and not only the first."""
    at = f", sheet '{ORGANISATION}', row"
    told = {
        drop_sheet: ": expected a sheet named 'LA - by reason', found 'England'",
        rename_column: f"{at} 14, column 'Council': column not declared",
        add_column: f"{at} 14, column 'Housing': column not declared",
        words_for_numbers: f"{at} 19: expected a number or one of '-', found 'twelve'",
    }
    files = [TRANSFERS, *OTHERS]
    for change, file in zip(told, files, strict=True):
        edit_workbook(change, file)
    said_and_unpublished(
        capsys,
        "delayed_transfers",
        files,
        "problems in 4 of 96 files",
        *(f"{file}{words}" for file, words in zip(files, told.values(), strict=True)),
    )


@pytest.mark.usefixtures("data")
def test_a_total_that_does_not_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    edit_workbook(wrong_total)
    said_and_unpublished(
        capsys,
        "delayed_transfers",
        [TRANSFERS],
        "total = sum of parts: responsible_organisation, period 2013-05",
        "England = sum of areas: responsible_organisation, nhs, period 2013-05",
        "Parts do not add up to the published total: see meta.reconciliation",
        checked=True,
    )
    # Nor does a run of another source publish what the table holds now.
    said_and_unpublished(
        capsys, "trust_finance", [], "tidy/delayed_transfers: the last check of it failed"
    )


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("stopped", ["while its tables were written", "before its checks"])
def test_a_table_that_a_run_left_unchecked(
    capsys: pytest.CaptureFixture[str], stopped: str
) -> None:
    """A run of another source does not take the last check, of other rows, for one of these."""
    edit_workbook(wrong_total)
    before = SAMPLE.read("tidy", "delayed_transfers")
    with pytest.MonkeyPatch.context() as patch:
        if stopped == "before its checks":
            patch.setattr("pipeline.checks.asset_checks.check_tidy", None)
        else:
            write = Edition.write

            def stop(self: Edition, layer: str, name: str, frame: pl.DataFrame) -> Place:
                assert not name.startswith("reconciliation"), "stopped"
                return write(self, layer, name, frame)

            patch.setattr(Edition, "write", stop)
        assert not execute(SAMPLE, None, ["delayed_transfers"], releases=[TRANSFERS])
    assert not SAMPLE.read("tidy", "delayed_transfers").equals(before)
    said_and_unpublished(
        capsys,
        "trust_finance",
        [],
        "sample/tidy/delayed_transfers",
        "Parts do not add up to the published total: see meta.reconciliation",
    )


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            unknown_code,
            ("column 'areacd': 1 council codes that no vintage knows: E06009999", "corrections"),
        ),
        (cut_line, ("expected 12 cells as in the first row, found", "fetch it again")),
    ],
)
def test_a_text_file_that_is_not_as_declared(
    capsys: pytest.CaptureFixture[str], change: Callable[[str], str], words: tuple[str, ...]
) -> None:
    edit_text(change)
    said_and_unpublished(capsys, "oflog_adult_social_care", [OFLOG], *words)


@pytest.mark.usefixtures("data")
def test_a_truncated_workbook(capsys: pytest.CaptureFixture[str]) -> None:
    path = SAMPLE.published_files / TRANSFERS
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    declare(TRANSFERS)
    said_and_unpublished(
        capsys,
        "delayed_transfers",
        [TRANSFERS],
        "problems in 1 of 96 files",
        f"{TRANSFERS}: not a readable",
        "fetch it again",
    )


@pytest.mark.usefixtures("data")
def test_a_wrong_hash(capsys: pytest.CaptureFixture[str]) -> None:
    path = SAMPLE.published_files / OFLOG
    path.write_bytes(path.read_bytes() + b"\n")
    (SAMPLE.raw / OFLOG).unlink()
    said_and_unpublished(
        capsys,
        "oflog_adult_social_care",
        [OFLOG],
        f"{OFLOG}: the bytes from the mirror",
        "are not the declared ones",
        "put it by hand at",
    )


def test_one_bad_source_leaves_the_others_alone_and_is_mended(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = (SAMPLE.published_files / TRANSFERS).read_bytes()
    version = published_version(SAMPLE)
    edit_workbook(drop_sheet)
    others = list((data / "sample" / "tables" / "tidy").glob("*.parquet"))
    before = {path.name: path.read_bytes() for path in others}
    assert not execute(SAMPLE, None, ["delayed_transfers", "trust_finance"], releases=[TRANSFERS])
    said = capsys.readouterr().out
    assert "FAILED  sample/tidy/delayed_transfers" in said
    assert "sample/tidy/trust_finance " in said
    assert {path.name: path.read_bytes() for path in others} == before
    (SAMPLE.published_files / TRANSFERS).write_bytes(good)
    declare(TRANSFERS)
    assert execute(SAMPLE, None, ["delayed_transfers"], releases=[TRANSFERS])
    # What is published was made of the same files, so nothing is left to publish.
    assert published_version(SAMPLE) == version
    assert {path.name: path.read_bytes() for path in others} == before


@pytest.mark.usefixtures("data")
def test_a_few_bad_rows_are_set_aside_and_the_rest_is_published() -> None:
    def change(text: str) -> str:
        header, word, code, *rest = csv.reader(io.StringIO(text))
        word[header.index("Value")] = "none of your business"
        code[header.index("Local authority code")] = "Leeds"
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows([header, word, code, *rest, rest[0]])
        return written.getvalue()

    version = published_version(SAMPLE)
    edit_text(change)
    assert execute(SAMPLE, None, ["oflog_adult_social_care"])
    assert published_version(SAMPLE) != version
    with duckdb.connect(str(SAMPLE.database), read_only=True) as connection:
        aside = connection.execute(
            "SELECT row, value, outcome FROM meta.quarantine ORDER BY row"
        ).fetchall()
        emptied = connection.execute(
            "SELECT row, value, status FROM tidy.oflog_adult_social_care WHERE status = 'q'"
        ).fetchall()
        told = connection.execute(
            "SELECT severity, message FROM meta.check_results "
            "WHERE expectation = 'nothing_set_aside' AND NOT passed"
        ).fetchall()
    assert [value for _, value, _ in aside][:2] == ["none of your business", "Leeds"]
    assert "is used" in aside[2][2]
    assert emptied == [(2, None, "q")]
    ((severity, message),) = told
    assert severity == "warning"
    assert "none of your business" in message
