from collections.abc import Sequence
from pathlib import Path

from pipeline.reading.published import PublishedFile
from pipeline.sample.layout import r_data
from pipeline.sources.lsoa_icb import COLUMNS, FRAME, SOURCE
from tests.sources.layouts import refused, tidied, written

RELEASE = SOURCE.releases[0]
BOARD = ("E38000901", "96A", "NHS Fable ICB - 96A", "E54000901", "QZA", "NHS Fable ICB")
ROWS = [
    ("E01900002", "Fableton 001B", *BOARD, "E06000901", "Fableton"),
    ("E01900001", "Fableton 001A", *BOARD, "E06000901", "Fableton"),
]


def made(folder: Path, rows: Sequence[tuple[str, ...]], name: str = FRAME) -> PublishedFile:
    path = folder / Path(RELEASE.file).name
    r_data(path, name, dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)))
    return PublishedFile(path, RELEASE.file)


def test_rows(tmp_path: Path) -> None:
    columns = ("lsoa_code", "sub_icb_org_code", "icb_code", "icb_org_code", "areacd", "row")
    assert tidied(SOURCE, RELEASE, made(tmp_path, ROWS), *columns) == [
        ("E01900001", "96A", "E54000901", "QZA", "E06000901", 2),
        ("E01900002", "96A", "E54000901", "QZA", "E06000901", 1),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(file: PublishedFile, *words: str) -> None:
        refused(SOURCE, RELEASE, file, RELEASE.file, *words)

    bad(written(tmp_path, RELEASE, b"cut"), "not a readable R data file")
    bad(made(tmp_path, ROWS, "lookup"), "expected a data frame")
    path = tmp_path / "renamed.rda"
    r_data(path, FRAME, {"lsoa11_code": ["E01900001"], "icb23_code": ["E54000901"]})
    bad(PublishedFile(path, RELEASE.file), "expected the columns", "icb23_code")
    wales = ("W01900001", *ROWS[0][1:])
    bad(made(tmp_path, [*ROWS, wales]), "row 3", "'lsoa11_code'", "'W01900001'")
    unnamed = ("E01900003", "", *ROWS[0][2:])
    bad(made(tmp_path, [*ROWS, unnamed]), "row 3", "'lsoa11_name'")
    bad(made(tmp_path, [*ROWS, ROWS[0]]), "lsoa_code=E01900002", "2 rows (1, 3)")
