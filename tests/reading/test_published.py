"""Reading published files: what is found, and what is said when it is not."""

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pipeline.reading.published import Grid, PublishedFile, SourceError


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> PublishedFile:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return PublishedFile(path, f"folder/{path.name}")


def grid(*rows: tuple[str | None, ...]) -> Grid:
    return Grid("folder/file.xls", "Sheet", rows)


def test_a_workbook_is_read_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    file = workbook(tmp_path / "old.xls", {" By  Council ": [[None], ["Code", 7], ["E1", 1.5]]})
    found = file.sheet("By Council")
    assert found.rows == [(None, None), ("Code", "7"), ("E1", "1.5")]


def test_a_missing_sheet_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"One": [["x"]], "Two": [["x"]]})
    with pytest.raises(SourceError, match=r"folder/a\.xlsx: expected a sheet named 'Three'.*'One'"):
        file.sheet("Three")


def test_a_truncated_workbook_says_so(tmp_path: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", {"One": [["x"]]})
    file.path.write_bytes(file.path.read_bytes()[:200])
    with pytest.raises(SourceError, match=r"not a readable workbook.*fetch it again"):
        file.sheet("One")


def test_header_is_found_below_a_title_and_regardless_of_case_and_line_breaks() -> None:
    found = grid(("Title", None), (None, None), ("CODE", "Average\n rank"), ("E1", "3"))
    assert found.header("Code", "Average rank") == 2


def test_a_missing_header_names_the_column_that_no_row_has() -> None:
    with pytest.raises(SourceError, match=r"sheet 'Sheet'.*no row has 'Total'"):
        grid(("Code", "Name")).header("Code", "Total")


def test_table_gives_text_with_row_numbers_and_empty_as_null() -> None:
    frame = grid(("Code", "Value"), ("0180", " 7 "), ("", "-")).table(
        0, {"Code": "code", "Value": "text"}
    )
    assert frame.to_dicts() == [
        {"code": "0180", "text": "7", "row": 2},
        {"code": None, "text": "-", "row": 3},
    ]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (("Code", "Amount"), r"row 1, column 'Amount': column not declared"),
        (("Code", "Value", "Extra"), r"row 1, column 'Extra': column not declared"),
        (("Code", "Value", "Value"), r"row 1, column 'Value': the column appears twice"),
        (("Code",), r"row 1, column 'Value': expected this column, found 'Code'"),
    ],
)
def test_renamed_added_repeated_and_missing_columns(header: tuple[str, ...], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        grid(header).table(0, {"Code": "code", "Value": "value"})


def test_undeclared_columns_are_left_out_where_they_are_allowed() -> None:
    frame = grid(("Code", "Extra"), ("E1", "x")).table(0, {"Code": "code"}, others=True)
    assert frame.columns == ["code", "row"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_decoded_whatever_the_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("name,£\nÉire,1\n".encode(encoding))
    assert PublishedFile(path, "a.csv").csv().rows == [("name", "£"), ("Éire", "1")]


def test_a_row_cut_short_is_named_and_blank_rows_keep_the_count(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n\n3\n")
    with pytest.raises(SourceError, match=r"a\.csv, row 4: expected 2 cells.*found 1"):
        PublishedFile(path, "a.csv").csv()


def test_a_damaged_r_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.rda"
    path.write_bytes(b"not R at all")
    with pytest.raises(SourceError, match=r"a\.rda: not a readable R data file"):
        PublishedFile(path, "a.rda").rdata("frame")


def test_refuse_names_the_first_wrong_row() -> None:
    wrong = pl.DataFrame({"code": ["X1", "X2"], "row": [9, 12]})
    with pytest.raises(SourceError, match=r"row 9, column 'Code': expected a code, found 'X1' \(2"):
        grid(("Code",)).refuse(wrong, "code", "Code", "expected a code")
    grid(("Code",)).refuse(wrong.clear(), "code", "Code", "expected a code")
