from pathlib import Path

from pipeline.reading.published import PublishedFile
from pipeline.sample.layout import r_data
from pipeline.sources.rural_urban_2021 import SOURCE
from tests.sources.layouts import refused, tidied

RELEASE = SOURCE.releases[0]
FAR = "Majority rural: Majority further from a major town or city"
NEAR = "Urban: Majority nearer to a major town or city"


def classes(folder: Path, *rows: tuple[str, str, str, str], last: str = "ruc") -> PublishedFile:
    path = folder / Path(RELEASE.file).name
    labels = ("ltla24_code", "ruc21_code", "classification", last)
    r_data(
        path, "ruc21_ltla24", {label: [row[i] for row in rows] for i, label in enumerate(labels)}
    )
    return PublishedFile(path, RELEASE.file)


RURAL = ("E07999001", "RMF", FAR, "Rural")
URBAN = ("E06999001", "UUN", NEAR, "Urban")
WALES = ("W06999001", "UUN", NEAR, "Urban")


def test_rows(tmp_path: Path) -> None:
    columns = ("areacd", "period", "ruc_code", "classification", "rural_or_urban", "row")
    assert tidied(SOURCE, RELEASE, classes(tmp_path, RURAL, URBAN, WALES), *columns) == [
        ("E06999001", "2021", "UUN", NEAR, "Urban", 2),
        ("E07999001", "2021", "RMF", FAR, "Rural", 1),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(row: tuple[str, str, str, str], *words: str) -> None:
        refused(SOURCE, RELEASE, classes(tmp_path, RURAL, row), RELEASE.file, *words)

    bad(("E06999001", "XYZ", NEAR, "Urban"), "row 2", "'ruc21_code'", "'XYZ'")
    bad(("E06999001", "UUN", FAR, "Urban"), "row 2", "'classification'", "belong to the code")
    bad(("E06999001", "UUN", NEAR, "Rural"), "row 2", "column 'ruc'", "'Rural'")
    bad(("Fogton", "UUN", NEAR, "Urban"), "row 2", "'areacd'", "'Fogton'")
    bad(RURAL, "areacd=E07999001", "2 rows (1, 2)")
    refused(SOURCE, RELEASE, classes(tmp_path, RURAL, last="kind"), "missing ruc", "new kind")
