"""Hostile files: bombs, entities, huge dimensions, names that climb, text that runs."""

import bz2
import gzip
import io
import lzma
import resource
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import joblib
import polars as pl
import pytest
import xlsxwriter

from pipeline.reading import limits, published, workbooks
from pipeline.reading.limits import MB
from pipeline.reading.published import PublishedFile, SourceError

BOOK = "xl/worksheets/sheet1.xml"


def good() -> dict[str, bytes]:
    """The parts of a workbook that is as it should be."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("Sheet").write_row(0, 0, ["Code", "7"])
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, parts: dict[str, bytes]) -> PublishedFile:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return PublishedFile(path, f"folder/{path.name}")


@pytest.fixture(autouse=True)
def _bounded() -> Iterator[None]:
    """Every test here takes little time, and this process little more memory."""
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.process_time() - started < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000


def test_a_workbook_that_expands_too_much_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(BOOK, "w", force_zip64=True) as part,
    ):
        for _ in range(limits.EXPANDED_BYTES // MB + 1):
            part.write(b" " * MB)
    assert path.stat().st_size < 2 * MB
    with pytest.raises(SourceError, match=r"bomb\.xlsx: .*expands to more than the 500 MB"):
        PublishedFile(path, "bomb.xlsx").sheets()


def test_a_workbook_of_many_parts_is_refused(tmp_path: Path) -> None:
    many = good() | {f"xl/media/{number}": b"" for number in range(limits.MEMBERS + 1)}
    with pytest.raises(SourceError, match=r"many\.xlsx: .*holds \d+ files, and may hold 5000"):
        packed(tmp_path / "many.xlsx", many).sheets()


def test_a_size_that_is_a_lie_helps_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The container says that a part is small, and it is not: the reader's own limits hold."""
    parts = good()
    cells = b"".join(b'<c r="A%d"><v>1</v></c>' % row for row in range(2, 2001))
    parts[BOOK] = parts[BOOK].replace(b"</sheetData>", b"<row>" + cells + b"</row></sheetData>")
    file = packed(tmp_path / "lie.xlsx", parts)
    size = len(parts[BOOK]).to_bytes(4, "little")
    content = file.path.read_bytes()
    assert content.count(size) >= 1
    file.path.write_bytes(content.replace(size, (10).to_bytes(4, "little")))
    monkeypatch.setattr(workbooks, "CELLS", 1000)
    with pytest.raises(SourceError, match=r"lie\.xlsx, sheet 'Sheet': .*may have 1000 cells"):
        file.sheet("Sheet")


@pytest.mark.parametrize(
    ("name", "pack"), [("a.rda", gzip.compress), ("b.rda", bz2.compress), ("c.rda", lzma.compress)]
)
def test_an_r_file_that_expands_too_much_is_refused_unread(
    tmp_path: Path, name: str, pack: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "EXPANDED_BYTES", 5 * MB)
    (tmp_path / name).write_bytes(pack(bytes(6 * MB)))  # type: ignore[operator]
    with pytest.raises(SourceError, match=rf"{name}: .*expands to more than the 5 MB"):
        PublishedFile(tmp_path / name, name).rdata("frame")


def test_a_cell_at_the_end_of_the_sheet_ends_the_reader_and_not_the_run(tmp_path: Path) -> None:
    """1,048,576 rows by 16,384 columns, of which two cells are filled."""
    parts = good()
    parts[BOOK] = parts[BOOK].replace(
        b"</sheetData>",
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
    )
    file = packed(tmp_path / "far.xlsx", parts)
    with pytest.raises(SourceError, match=r"far\.xlsx, sheet 'Sheet': .*3000 MB of memory"):
        file.sheet("Sheet")
    # And the next file is read as ever.
    assert packed(tmp_path / "good.xlsx", good()).sheet("Sheet").rows == [("Code", "7")]


def test_huge_dimensions_that_are_only_claimed_do_no_harm(tmp_path: Path) -> None:
    parts = good()
    parts[BOOK] = parts[BOOK].replace(
        b'<dimension ref="A1:B1"/>', b'<dimension ref="A1:XFD1048576"/>'
    )
    assert b"XFD1048576" in parts[BOOK]
    assert packed(tmp_path / "claim.xlsx", parts).sheet("Sheet").rows == [("Code", "7")]


def test_a_sheet_of_too_many_cells_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = good()
    parts[BOOK] = parts[BOOK].replace(
        b"</sheetData>", b'<row r="300"><c r="CZ300"><v>1</v></c></row></sheetData>'
    )
    monkeypatch.setattr(workbooks, "CELLS", 1000)
    with pytest.raises(SourceError, match=r"300 rows and 104 columns, and may have 1000 cells"):
        packed(tmp_path / "wide.xlsx", parts).sheet("Sheet")
    monkeypatch.setattr(published, "CELLS", 10)
    (tmp_path / "long.csv").write_text("a,b\n" * 6)
    with pytest.raises(SourceError, match=r"long\.csv, row 6: more than 10 cells"):
        PublishedFile(tmp_path / "long.csv", "long.csv").csv()


def repeated(cells: int, rows: int) -> bytes:
    """An ods in which one filled cell is repeated."""
    return (
        '<?xml version="1.0"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        '<office:spreadsheet><table:table table:name="Sheet">'
        f'<table:table-row table:number-rows-repeated="{rows}">'
        f'<table:table-cell table:number-columns-repeated="{cells}" '
        'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    ).encode()


def ods(path: Path, content: bytes) -> PublishedFile:
    return packed(
        path,
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": b'<?xml version="1.0"?><manifest:manifest xmlns:manifest='
            b'"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        },
    )


def test_cells_repeated_for_ever_end_the_reader_and_not_the_run(tmp_path: Path) -> None:
    assert ods(tmp_path / "few.ods", repeated(2, 3)).sheet("Sheet").rows == [("x", "x")] * 3
    with pytest.raises(SourceError, match=r"many\.ods"):
        ods(tmp_path / "many.ods", repeated(16_384, 1_048_576)).sheet("Sheet")


LAUGHS = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))
ENTITIES = f'<!DOCTYPE x [<!ENTITY a0 "ha"><!ENTITY out SYSTEM "file:///etc/passwd">{LAUGHS}]>'


@pytest.mark.parametrize("entity", ["a9", "out", "unknown"])
def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path, entity: str) -> None:
    xml = repeated(1, 1).decode().replace("?><office", f"?>{ENTITIES}<office", 1)
    parts = good()
    shared = parts["xl/sharedStrings.xml"].decode()
    parts["xl/sharedStrings.xml"] = (
        shared.replace("?>", f"?>{ENTITIES}", 1).replace("Code", f"&{entity};").encode()
    )
    for file in (
        ods(tmp_path / "a.ods", xml.replace(">x<", f">&{entity};<").encode()),
        packed(tmp_path / "a.xlsx", parts),
    ):
        try:
            said = str(file.sheet("Sheet").rows)
        except SourceError as problem:
            said = str(problem)
        assert "root:" not in said
        assert len(said) < 1000


def test_a_reader_that_never_ends_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "READ_SECONDS", 1)
    monkeypatch.setattr(workbooks, "_sheet_names", _for_ever)
    with pytest.raises(SourceError, match=r"slow\.xlsx: .*not read after 1 s"):
        packed(tmp_path / "slow.xlsx", good()).sheets()


def _for_ever(path: str, changed: int) -> list[str]:
    while True:
        time.sleep(1)


def test_joblibs_workers_read_workbooks_too(tmp_path: Path) -> None:
    file = packed(tmp_path / "a.xlsx", good())
    with joblib.parallel_config(backend="loky", n_jobs=2):
        read = joblib.Parallel()(joblib.delayed(_first_row)(file) for _ in range(2))
    assert read == [("Code", "7")] * 2


def _first_row(file: PublishedFile) -> tuple[object, ...]:
    return tuple(file.sheet("Sheet").rows[0])


def _without_its_library(*_: object) -> list[str]:
    def work() -> list[str]:
        raise ModuleNotFoundError("No module named 'fastexcel'")

    return workbooks._tried(work)


def test_a_missing_library_is_not_the_files_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "_sheet_names", _without_its_library)
    with pytest.raises(ModuleNotFoundError, match="fastexcel"):
        packed(tmp_path / "a.xlsx", good()).sheet("Sheet")


def test_names_that_climb_out_of_the_container_are_never_written(tmp_path: Path) -> None:
    climbing = good() | {"../../climbed.txt": b"x", "/climbed.txt": b"x"}
    inner = tmp_path / "one" / "two"
    inner.mkdir(parents=True)
    assert packed(inner / "a.xlsx", climbing).sheet("Sheet").rows == [("Code", "7")]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.xlsx"]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(limits.FILE_BYTES + MB)
    for read in (PublishedFile.csv, PublishedFile.text, PublishedFile.sheets):
        with pytest.raises(SourceError, match=r"large\.csv: .*has 101 MB, and .* may have 100 MB"):
            read(PublishedFile(path, "large.csv"))


def csv(path: Path, content: bytes) -> list[tuple[str | None, ...]]:
    path.write_bytes(content)
    return list(PublishedFile(path, "a.csv").csv().rows)


def test_text_that_is_marked_as_what_it_is_not(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv: marked as UTF-16, and is not"):
        csv(tmp_path / "a.csv", b"\xff\xfea,b\n1")


def test_a_quotation_mark_without_an_end_is_found(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv, row 2: .*quotation mark may have no end"):
        csv(tmp_path / "a.csv", b'a,b\n"' + b"1,2\n" * 50_000)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_any_way(tmp_path: Path, ending: bytes) -> None:
    rows = csv(tmp_path / "a.csv", b"a,b" + ending + b'1,"x\ny"\r\n' + b"2,z" + ending)
    assert rows == [("a", "b"), ("1", "x\ny"), ("2", "z")]


def test_control_characters_are_no_numbers(tmp_path: Path) -> None:
    rows = csv(tmp_path / "a.csv", b"\xef\xbb\xbfa,b\n1\x00,\x1b[31m2\n")
    assert rows == [("a", "b"), ("1\x00", "\x1b[31m2")]
    text = pl.Series(["1\x00", "\x1b[31m2", "１２", "0x10"])
    assert text.cast(pl.Float64, strict=False).to_list() == [None] * 4
