from pathlib import Path

from pipeline.reading.published import PublishedFile
from pipeline.sample.layout import r_data
from pipeline.sources.health_index import LABELS, MEASURES, SOURCE
from tests.sources.layouts import refused, tidied

RELEASE = SOURCE.releases[0]
Rows = dict[str, list[str | float]]
CHILDREN = "Children's social, emotional and mental health"
ROWS: Rows = {
    "ltla21_code": ["E07999001", "E07999001", "E06999001"],
    "year": [2015.0, 2016.0, 2015.0],
    "indicator": ["Dementia", "Dementia", CHILDREN],
    "value": [0.75, float("nan"), 2.5],
}


def index(folder: Path, rows: Rows) -> PublishedFile:
    path = folder / Path(RELEASE.file).name
    r_data(path, "england_health_index_indicators", rows)
    return PublishedFile(path, RELEASE.file)


def test_rows(tmp_path: Path) -> None:
    columns = ("areacd", "period", "year", "measure", "value", "status", "row")
    assert tidied(SOURCE, RELEASE, index(tmp_path, ROWS), *columns) == [
        ("E06999001", "2015", 2015, "childrens_social_emotional_and_mental_health", 2.5, "ok", 3),
        ("E07999001", "2015", 2015, "dementia", 0.75, "ok", 1),
        ("E07999001", "2016", 2016, "dementia", None, "x", 2),
    ]
    assert len(set(MEASURES.values())) == len(LABELS)


def test_bad_files(tmp_path: Path) -> None:
    def bad(changes: Rows, *words: str) -> None:
        rows = {label: cells for label, cells in {**ROWS, **changes}.items() if cells}
        refused(SOURCE, RELEASE, index(tmp_path, rows), RELEASE.file, *words)

    bad({"value": []}, "missing value")
    bad({"unit": ["a", "b", "c"]}, "new unit")
    bad({"value": ["0.75", "n/k", "1"]}, "column 'value'", "numbers, found text")
    bad({"indicator": ["Dementia", "Luck", CHILDREN]}, "row 2", "'indicator'", "'Luck'")
    bad({"year": [2015.0, 2015.5, 2015.0]}, "row 2", "'year'", "2015.5")
    bad({"ltla21_code": ["E07999001", "Fog", "E06999001"]}, "row 2", "'areacd'", "'Fog'")
    bad({"year": [2015.0] * 3}, "areacd=E07999001", "measure=dementia", "2 rows (1, 2)")
