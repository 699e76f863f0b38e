from pathlib import Path
from typing import Any

from pipeline.reading.source import conform
from pipeline.sources.revenue_budget import LINES, SOURCE
from tests.sources.layouts import council_returns, refused, tidied, workbook

RELEASE = SOURCE.releases[0]
SHEET = "RA LA Data 2016-17"
HEADINGS = [line.headings[0] for line in LINES.values()]
SERVICES = [10, 20, 30, 40, 50, 0, 5, 6, 7, 0, 0, 8, -1]
FIGURES = [*SERVICES, sum(SERVICES), 300, 280, 4, 61, 62, 63, 64]


def sheet() -> list[list[Any]]:
    """Header in row 7, details of a service before its total, no ONS codes."""
    return council_returns(
        [
            ["Revenue Account Budget (RA): 2016-17 data"],
            ["Net current expenditure (£ thousand)"],
            [4, 5, 6],
            [1, 1, 1],
            [*[None] * 4, "Education Services", *[None] * 12, "Reserves at 1 April 2016"],
            [*[None] * 4, 110, 120],
        ],
        ["E-code", "Local authority", None, "Class", "Early years", *HEADINGS],
        councils=[["E9921", "Fogshire", None, "SC", 3, *FIGURES]],
        lines=len(HEADINGS) + 1,
        totals={"ENGLAND": [3, *FIGURES], "SC": [3, *FIGURES]},
        notes=[["Source: returns"]],
    )


def test_rows(tmp_path: Path) -> None:
    file = workbook(tmp_path, RELEASE, {"LA drop-down": [["x"]], SHEET: sheet()})
    found = tidied(SOURCE, RELEASE, file)
    fogshire = {row["measure"]: row["value"] for row in found if row["ecode"] == "E9921"}
    assert fogshire == {
        "education": 10,
        "highways": 20,
        "children_social_care": 30,
        "adult_social_care": 40,
        "public_health": 50,
        "housing": 0,
        "cultural": 5,
        "environmental": 6,
        "planning": 7,
        "police": 0,
        "fire": 0,
        "central": 8,
        "other": -1,
        "total_service_expenditure": 175,
        "net_current_expenditure": 300,
        "revenue_expenditure": 280,
        "adult_social_care_precept": 4,
        "reserves_schools_opening": 61,
        "reserves_public_health_opening": 62,
        "reserves_earmarked_opening": 63,
        "reserves_unallocated_opening": 64,
    }
    assert {(row["period"], row["year"], row["status"]) for row in found} == {
        ("2016-17", 2016, "ok")
    }
    assert {row["areacd"] for row in found if row["area_type"] != "country"} == {None}
    assert SOURCE.reconcile is not None
    totals = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    assert totals.filter(totals["published"] != totals["computed"]).is_empty()


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[Any]], *words: str, name: str = SHEET) -> None:
        refused(SOURCE, RELEASE, workbook(tmp_path, RELEASE, {name: rows}), RELEASE.file, *words)

    bad(sheet(), f"expected a sheet named '{SHEET}'", "found 'RA 2016-17'", name="RA 2016-17")
    rows = sheet()
    rows[6][8] = "ADULT SOCIAL CARE TOTAL"
    bad(rows, f"sheet '{SHEET}'", "row 7", "column 'TOTAL ADULT SOCIAL CARE'")
    rows = sheet()
    rows[7][8] = ">40"
    bad(rows, f"sheet '{SHEET}'", "row 8", "column 'TOTAL ADULT SOCIAL CARE'", "'>40'")
