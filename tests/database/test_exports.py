"""What is exported says what it is, keeps every value, and runs nothing when it is opened."""

import csv
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import fastexcel
import polars as pl
import pytest

from pipeline.database import exports
from pipeline.database.exports import (
    Exported,
    ExportError,
    Run,
    datatype,
    metadata,
    write,
    write_workbook,
)
from pipeline.database.meta import catalogue
from pipeline.database.publish import build
from pipeline.database.versions import NEEDED
from pipeline.edition import GENERATED
from pipeline.tables import Table

ATTACKS = ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1"]
PLAIN = ["-5", "+0.5", "-1e-3", "plain", "'quoted", "a=b", 'say "no", twice', "two\nlines", "£ é"]
TEXTS = [*ATTACKS, *PLAIN]
SIZE = len(TEXTS)

THING = pl.DataFrame(
    {
        "code": [f"E{n:08d}" for n in range(SIZE)],
        "said": TEXTS,
        "value": [-1.5, None, None, None, *[0.1] * (SIZE - 4)],
        "status": ["ok", "c", "low", "p", *["ok"] * (SIZE - 4)],
        "carried": [None, *[2.0] * (SIZE - 1)],
        "carried__status": ["z", *["ok"] * (SIZE - 1)],
        "count": pl.Series([None, *range(1, SIZE)], dtype=pl.Int32),
        "day": [date(2020, 4, 1), None, *[date(2021, 4, 1)] * (SIZE - 2)],
        "whether": [True, None, *[False] * (SIZE - 2)],
        "note": [None, *["said"] * (SIZE - 1)],
    }
)
MEANINGS = {name: f"meaning of {name}" for name in THING.columns}


def database(folder: Path, *, synthetic: bool = True) -> Path:
    run = {
        "run_id": "run-1",
        "title": "Made-up England",
        "version": "v1",
        "built_at": "2026-01-02T03:04:05+00:00",
        "synthetic": synthetic,
        "framework_registered": False,
    }
    source = {
        "source": "made",
        "title": "Made",
        "publisher": "Nobody",
        "licence": "OGL v3.0",
        "provenance": "original",
        "attribution": "Made by nobody.",
    }
    large = pl.DataFrame({"code": [f"c{n}" for n in range(8_000)], "value": [1.0] * 8_000})
    made = [
        Table("locality", "thing", THING, "Things.", ("code",), MEANINGS, sources=("made",)),
        Table("locality", "large", large, "Many.", ("code",), {"code": "code", "value": "value"}),
        Table("tidy", "made", THING, "Raw.", ("code",), MEANINGS, keyed=False, sources=("made",)),
        Table(
            "evidence",
            "found",
            pl.DataFrame({"spec_id": ["a"], "synthetic": [synthetic]}),
            "Found.",
            ("spec_id",),
            {"spec_id": "panel", "synthetic": "whether"},
        ),
        Table("meta", "run", pl.DataFrame([run]), "Run."),
        Table("meta", "source", pl.DataFrame([source]), "Sources."),
    ]
    return build(folder, [*made, *catalogue(made, [])])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("exports")
    write(database(root / "v1"), root / "exports")
    yield root / "exports"


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_places_and_evidence_are_text_and_parquet_and_sources_are_parquet(folder: Path) -> None:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    tables = ["evidence__found", "locality__large", "locality__thing"]
    assert names == sorted(
        [
            "README.md",
            "rapport.xlsx",
            *(f"csv/{one}.csv" for one in tables),
            *(f"csv/{one}.csv-metadata.json" for one in tables),
            *(f"parquet/{one}.parquet" for one in [*tables, "tidy__made"]),
        ]
    )
    assert f"exports/{exports.README}" in NEEDED


def test_a_table_that_is_read_while_it_is_written_gives_the_same_files(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    write(database(tmp_path / "v1"), tmp_path / "exports")
    for path in sorted(folder.rglob("*.csv*")):
        assert (tmp_path / "exports" / "csv" / path.name).read_bytes() == path.read_bytes()
    for path in sorted(folder.rglob("*.parquet")):
        again = tmp_path / "exports" / "parquet" / path.name
        assert pl.read_parquet(again).equals(pl.read_parquet(path))
        assert pl.read_parquet_metadata(again) == pl.read_parquet_metadata(path)


# CSV and its metadata.


def test_no_text_of_a_csv_file_is_run_as_a_formula(folder: Path) -> None:
    said = [row["said"] for row in csv_rows(folder / "csv" / "locality__thing.csv")]
    assert said == [*(f"'{attack}" for attack in ATTACKS), *PLAIN]


def test_values_survive_a_csv_file_and_missing_ones_are_empty(folder: Path) -> None:
    rows = csv_rows(folder / "csv" / "locality__thing.csv")
    first, second = rows[0], rows[1]
    assert (first["value"], first["day"], first["whether"]) == ("-1.5", "2020-04-01", "true")
    assert (second["value"], second["day"], second["whether"]) == ("", "", "")
    assert [row["code"] for row in rows] == THING["code"].to_list()


def test_the_metadata_describe_the_file_that_they_stand_beside(folder: Path) -> None:
    path = folder / "csv" / "locality__thing.csv"
    said = json.loads(Path(f"{path}-metadata.json").read_text(encoding="utf-8"))
    assert said["@context"][0] == "http://www.w3.org/ns/csvw"
    assert said["url"] == path.name
    assert said["tableSchema"]["primaryKey"] == ["code"]
    assert said["dc:license"] == ["OGL v3.0"]
    assert said["dc:source"] == ["Made by nobody."]
    assert said["null"] == ""
    columns = said["tableSchema"]["columns"]
    assert [one["titles"] for one in columns] == list(csv_rows(path)[0])
    assert {one["name"]: one["datatype"] for one in columns} == {
        "code": "string",
        "said": "string",
        "value": "double",
        "status": "string",
        "carried": "double",
        "carried__status": "string",
        "count": "integer",
        "day": "date",
        "whether": "boolean",
        "note": "string",
        "synthetic": "boolean",
    }
    assert {one["name"]: one["dc:description"] for one in columns} == {
        **MEANINGS,
        "synthetic": exports.SYNTHETIC_COLUMN,
    }
    assert [one["name"] for one in columns if one["required"]] == ["code"]


def test_a_table_without_a_key_claims_none() -> None:
    frame = pl.LazyFrame({"a": [1]})
    table = Exported("locality", "a", "A.", {"a": "A."}, (), (), (), frame, 1)
    assert "primaryKey" not in metadata(table, RUN, "a.csv")["tableSchema"]


def test_a_type_that_csvw_has_no_name_for_here_is_refused() -> None:
    with pytest.raises(ExportError, match="List"):
        datatype(pl.List(pl.String))


# Parquet.


def test_parquet_keeps_every_value_and_says_what_it_is(folder: Path) -> None:
    path = folder / "parquet" / "tidy__made.parquet"
    frame = pl.read_parquet(path)
    assert frame.drop("synthetic").equals(THING)
    said = pl.read_parquet_metadata(path)
    assert said["title"] == "tidy.made"
    assert said["licence"] == "OGL v3.0"
    assert json.loads(said["columns"])["code"] == "meaning of code"


# Synthetic.


@pytest.mark.parametrize("synthetic", [True, False])
def test_every_file_says_whether_its_figures_are_generated(tmp_path: Path, synthetic: bool) -> None:
    write(database(tmp_path / "v1", synthetic=synthetic), tmp_path / "exports")
    for path in (tmp_path / "exports" / "parquet").iterdir():
        assert pl.read_parquet(path)["synthetic"].unique().to_list() == [synthetic], path
    for path in (tmp_path / "exports" / "csv").glob("*.csv"):
        assert {row["synthetic"] for row in csv_rows(path)} == {str(synthetic).lower()}, path
    book = fastexcel.read_excel(tmp_path / "exports" / "rapport.xlsx")
    for name in ("Cover", "thing", "found"):
        top = book.load_sheet(name, header_row=None).to_polars().head(4).to_series(0)
        assert (GENERATED in top.to_list()) == synthetic, name
    said = (tmp_path / "exports" / "README.md").read_text(encoding="utf-8")
    assert (GENERATED in said) == synthetic


# The workbook.


@pytest.fixture(scope="module")
def book(folder: Path) -> fastexcel.ExcelReader:
    return fastexcel.read_excel(folder / "rapport.xlsx")


def cells(book: fastexcel.ExcelReader, name: str) -> list[dict[str, str]]:
    return book.load_table(name, dtypes="string").to_polars().to_dicts()


def xml(folder: Path, part: str) -> str:
    with zipfile.ZipFile(folder / "rapport.xlsx") as archive:
        return archive.read(part).decode()


def sheet_xml(folder: Path, book: fastexcel.ExcelReader, name: str) -> str:
    return xml(folder, f"xl/worksheets/sheet{book.sheet_names.index(name) + 1}.xml")


def test_the_workbook_begins_with_cover_contents_and_notes(book: fastexcel.ExcelReader) -> None:
    assert book.sheet_names == [
        "Cover",
        "Contents",
        "Notes",
        "Columns",
        "Sources",
        "found",
        "thing",
    ]
    listed = {row["table"]: row["worksheet"] for row in cells(book, "contents")}
    assert listed == {
        "evidence.found": "found",
        "locality.large": "too large for it",
        "locality.thing": "thing",
    }


def test_every_sheet_but_the_cover_holds_one_real_table(
    book: fastexcel.ExcelReader, folder: Path
) -> None:
    tables = ["contents", "notes", "columns", "sources", "evidence_found", "locality_thing"]
    assert book.table_names() == tables
    for name in book.sheet_names:
        text = sheet_xml(folder, book, name)
        assert text.count("<tablePart ") == (0 if name == "Cover" else 1), name
        assert "mergeCell" not in text
        # The guidance advises against frozen panes and against buttons that cover headings.
        assert "<pane " not in text
        assert "<cols>" in text
    for number in range(1, len(tables) + 1):
        text = xml(folder, f"xl/tables/table{number}.xml")
        assert "autoFilter" not in text
        assert 'headerRowCount="0"' not in text


def test_writing_is_large_enough_and_long_text_is_wrapped(
    book: fastexcel.ExcelReader, folder: Path
) -> None:
    namespace = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    styles = ElementTree.fromstring(xml(folder, "xl/styles.xml"))
    fonts = styles.findall("x:fonts/x:font", namespace)
    sizes = [one.find("x:sz", namespace) for one in fonts]
    assert min(float(one.attrib["val"]) for one in sizes if one is not None) >= 12
    assert {one.attrib["val"] for one in styles.findall("x:fonts/x:font/x:name", namespace)} == {
        "Arial"
    }
    formats = styles.findall("x:cellXfs/x:xf", namespace)
    sheet = ElementTree.fromstring(sheet_xml(folder, book, "Columns"))
    for cell in sheet.findall(".//x:sheetData/x:row/x:c", namespace):
        if cell.attrib["r"].startswith("C") and int(cell.attrib["r"][1:]) > 3:
            alignment = formats[int(cell.attrib["s"])].find("x:alignment", namespace)
            assert alignment is not None
            assert alignment.attrib["wrapText"] == "1"


def test_a_sheet_says_in_its_first_column_what_it_holds_and_what_its_shorthand_means(
    book: fastexcel.ExcelReader,
) -> None:
    first = book.load_sheet("thing", header_row=None, dtypes="string").to_polars().to_series(0)
    above = first.to_list()[: first.to_list().index("code")]
    assert above[0].endswith(", Made-up England")
    assert "one table, locality.thing" in above[1]
    said = next(one for one in above if one.startswith("Shorthand in this table: "))
    assert all(mark in said for mark in ("[c]", "[low]", "[x]", "[z]"))
    assert "[u]" not in said
    assert above[-1] == GENERATED


def test_the_contents_lead_to_every_sheet(book: fastexcel.ExcelReader, folder: Path) -> None:
    text = sheet_xml(folder, book, "Contents")
    for name in ("found", "thing"):
        assert f"location=\"'{name}'!A1\"" in text or f'location="{name}!A1"' in text


def test_numbers_are_numbers_and_missing_ones_say_why(book: fastexcel.ExcelReader) -> None:
    rows = cells(book, "locality_thing")
    assert [row["value"] for row in rows[:4]] == ["-1.5", "[c]", "[low]", "[x]"]
    assert (rows[0]["carried"], rows[1]["carried"]) == ("[z]", "2")
    assert (rows[0]["count"], rows[1]["day"], rows[1]["whether"]) == ("[x]", "[x]", "[x]")
    assert rows[0]["note"] == "[z]"
    used = {"[c]", "[low]", "[x]", "[z]"}
    assert used <= {row["symbol"] for row in cells(book, "notes")}


def test_no_cell_of_the_workbook_is_a_formula_and_texts_are_unchanged(
    book: fastexcel.ExcelReader, folder: Path
) -> None:
    text = sheet_xml(folder, book, "thing")
    assert "<f>" not in text
    said = [row["said"] for row in cells(book, "locality_thing")]
    assert said[:4] == ATTACKS[:4]
    assert said[len(ATTACKS) :] == PLAIN
    namespace = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    styles = ElementTree.fromstring(xml(folder, "xl/styles.xml")).findall(
        "x:cellXfs/x:xf", namespace
    )
    column = ElementTree.fromstring(text).findall(".//x:c", namespace)
    quoted = [
        styles[int(cell.get("s", "0"))].get("quotePrefix") == "1"
        for cell in column
        if cell.get("r", "").startswith("B") and int(cell.get("r", "B0")[1:]) > 5
    ]
    assert quoted == [True] * len(ATTACKS) + [False] * len(PLAIN)


def test_the_document_has_a_title_and_a_language(folder: Path) -> None:
    assert "<dc:title>SYNTHETIC: Rapport, Made-up England" in xml(folder, "docProps/core.xml")
    assert "en-GB" in xml(folder, "docProps/custom.xml")


def test_the_same_database_gives_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    write(folder.parent / "v1" / "rapport.duckdb", tmp_path)
    for path in sorted(folder.rglob("*.*")):
        assert (tmp_path / path.relative_to(folder)).read_bytes() == path.read_bytes(), path


RUN = Run("Made-up England", "v1", "2026-01-02T03:04:05+00:00", False, True)


def test_a_text_that_no_cell_can_hold_is_refused(tmp_path: Path) -> None:
    frame = pl.LazyFrame({"code": ["x" * (exports.CELL + 1)]})
    table = Exported("locality", "long", "Long.", {"code": "Code."}, (), (), (), frame, 1)
    empty = pl.DataFrame(schema={"status": pl.String, "meaning": pl.String})
    with pytest.raises(ExportError, match="code"):
        write_workbook([table], RUN, empty, empty, tmp_path / "rapport.xlsx")
