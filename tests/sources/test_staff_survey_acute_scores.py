from pathlib import Path
from typing import Any

from pipeline.reading.source import conform
from pipeline.sources.staff_survey_acute_scores import EMPTY, MEASURES, SHEET, SOURCE, UNREAD
from tests.sources.layouts import refused, tidied, workbook

RELEASE = SOURCE.releases[0]
HEADER = ["Code", "Year.Index", "Name", "Responses", *EMPTY, *UNREAD, *MEASURES]


def row(code: str, year: Any, cells: dict[str, Any] | None = None) -> list[Any]:
    have = {"Code": code, "Year.Index": year, "Name": "Fable", "Responses": 340} | (cells or {})
    return [have.get(label, "NA") for label in HEADER]


SCORE = {"Engagement.Index": 3.9, "FreedomSpeak.Index": 0, "SHMI.Index": 1.05}
ROWS = [
    HEADER,
    row("RZ9", 2018, SCORE),
    row("RZ9", 2019, {"Responses": "NA", "Name": "NA", "SHMI.before": 1.05}),
]


def test_rows(tmp_path: Path) -> None:
    file = workbook(tmp_path, RELEASE, {SHEET: ROWS})
    columns = ("org_name", "period", "year", "measure", "value", "status", "respondents", "row")
    found = tidied(SOURCE, RELEASE, file, *columns)
    assert len(found) == 2 * len(MEASURES)
    assert [r for r in found if r[3] == "engagement"] == [
        ("Fable", "2018", 2018, "engagement", 3.9, "ok", 340, 2),
        (None, "2019", 2019, "engagement", None, "x", None, 3),
    ]
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    assert sums.select("area", "period", "published", "computed").rows() == [
        ("RZ9", "2019", 1.05, 1.05)
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[Any]], *words: str) -> None:
        file = workbook(tmp_path, RELEASE, {SHEET: rows})
        refused(SOURCE, RELEASE, file, RELEASE.file, *words)

    other = workbook(tmp_path, RELEASE, {"Sheet1": ROWS})
    refused(SOURCE, RELEASE, other, f"expected a sheet named '{SHEET}'", "found 'Sheet1'")
    bad([["Org", *HEADER[1:]], *ROWS[1:]], "no row has 'Code'")
    bad([[*HEADER, "new"], *ROWS[1:]], "row 1", "column 'new'", "not declared")
    bad([*ROWS, row("Total", 2018)], "row 4", "'Code'", "'Total'")
    bad([*ROWS, row("RZ8", "2018-19")], "row 4", "'Year.Index'", "'2018-19'")
    bad([*ROWS, row("RZ8", 2018, {"Openness.Index": 3.5})], "row 4", "'Openness.Index'", "'3.5'")
    bad([*ROWS, row("RZ8", 2018, {"Responses": 9.5})], "row 4", "'Responses'", "whole number")
    bad([*ROWS, row("RZ8", 2018, {"SHMI.Index": "high"})], "row 4", "'SHMI.Index'", "'high'")
    bad([*ROWS, ROWS[1]], "org_code=RZ9, year=2018", "2 rows (2, 4)")
