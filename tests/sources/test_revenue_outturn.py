from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.reading.source import conform
from pipeline.sources.revenue_outturn import SOURCE
from tests.sources.layouts import council_returns, refused, tidied, workbook

BY_LABEL = {(release.period, release.label): release for release in SOURCE.releases}
OLD = BY_LABEL["2010-11", "revised"]
MIDDLE = BY_LABEL["2012-13", "revised"]
NEW = BY_LABEL["2017-18", "final"]
PROVISIONAL = BY_LABEL["2017-18", "provisional"]

# Heading, then a figure for Fogshire and one for Marsh End; the total is the sum of services.
SERVICES = {
    "Education services": (500, 40),
    "Highways and transport services": (30, 4),
    "Social care": (95, 9),
    "Children Social Care": (25, 2),
    "Adult Social Care": (70, 7),
    "Public Health": (12, 1),
    "Housing services (GFRA only)": (0, 3),
    "Cultural and related services": (8, 2),
    "Environmental and regulatory services": (33, 5),
    "Planning and development services": (-6, 1),
    "Police services": (0, 0),
    "Fire and rescue services": (0, 0),
    "Central services": (11, 2),
    "Other services": (1, 0),
}
AFTER = {
    "Housing benefits: rent allowances - mandatory payments": (1, 1),
    "Net current expenditure (total of lines 699 to 748)": (900, 90),
    "REVENUE EXPENDITURE (TOTAL OF LINES 785 TO 796)": (800, 80),
    "Schools reserves level": (60, 6),
    "Other earmarked financial reserves level": (50, 5),
    "Unallocated financial reserves level": (40, 4),
}
LATER = {
    "NET CURRENT EXPENDITURE": (900, 90),
    "Revenue  expenditure": (800, 80),
    "Estimated schools reserves level at 1 April": (60, 6),
    "Estimated public health financial reserves level at 1 April": (7, 1),
    "Estimated other earmarked financial reserves level at 1 April": (50, 5),
    "Estimated unallocated financial reserves level at 1 April": (40, 4),
    "Estimated unallocated financial reserves level at 31 March": (41, 5),
}
FOGSHIRE = {
    "education": 500,
    "highways": 30,
    "children_social_care": 25,
    "adult_social_care": 70,
    "housing": 0,
    "cultural": 8,
    "environmental": 33,
    "planning": -6,
    "police": 0,
    "fire": 0,
    "central": 11,
    "other": 1,
    "total_service_expenditure": 672,
    "net_current_expenditure": 900,
    "revenue_expenditure": 800,
    "reserves_schools_opening": 60,
    "reserves_earmarked_opening": 50,
    "reserves_unallocated_opening": 40,
}
TOTAL = "TOTAL SERVICE EXPENDITURE (total of lines 190 to 698)"


def lines(period: str) -> dict[str, tuple[int, int]]:
    year = int(period[:4])
    gone = set() if year == 2010 else {"Social care"}
    gone |= {"Children Social Care", "Adult Social Care"} if year == 2010 else set()
    gone |= {"Public Health"} if year < 2013 else set()
    services = {label: pair for label, pair in SERVICES.items() if label not in gone}
    fog, marsh = (sum(pair[i] for pair in services.values()) for i in (0, 1))
    return services | {TOTAL: (fog, marsh)} | (LATER if year > 2013 else AFTER)


def old_sheet(period: str = "2012-13") -> list[list[Any]]:
    """2010-11 to 2013-14: header in row 6, a blank row below it, no ONS codes."""
    figures = lines(period)
    year = period[:4]
    fog, marsh = ([pair[i] for pair in figures.values()] for i in (0, 1))
    both = [a + b for a, b in zip(fog, marsh, strict=True)]
    return council_returns(
        [
            [f"Revenue Outturn Summary (RS): {period} data"],
            [],
            ["Net current expenditure (£ thousand)"],
            [],
            [*[None] * (5 + len(figures) - 3), f"Financial reserves levels at 1 April {year}"],
        ],
        ["E-code", "Local authority", None, "Class", None, *figures],
        councils=[
            [],
            ["E9921", "Fogshire  CC", None, "SC", None, *fog],
            ["E9901", "Marsh End UA", None, "UA", None, *marsh],
        ],
        lines=len(figures),
        totals={"ENGLAND": both, "SC": fog, "UA": marsh},
        notes=[["Source: returns"], [None, "https://nowhere.example"]],
    )


def new_sheet(mark: str | None = None) -> list[list[Any]]:
    """2014-15 on: header in row 7, ONS codes, no figures where no return was sent."""
    figures = lines("2017-18")
    fog, marsh = ([pair[i] for pair in figures.values()] for i in (0, 1))
    lost = [3] * len(figures)
    england = [sum(cells) for cells in zip(fog, marsh, lost, strict=True)]
    unitaries = [sum(cells) for cells in zip(marsh, lost, strict=True)]
    return council_returns(
        [
            ["Revenue Outturn (RO) 2017-18: Revenue Outturn Summary (RS) data"],
            ["Net current expenditure (£ thousand)"],
            ["Hide or delete", 1, 5],
            [1, 1, 1],
            [mark, None, None, None, None, "Service Expenditure", "Reserves at 1 April 2017"],
            [None, None, None, None, None, 190, 290],
        ],
        ["E-code", "ONS Code", "Local authority", None, "Class", *figures],
        councils=[
            ["E9921", "E10999021", "Fogshire", None, "SC", *fog],
            ["E9901", "E06999001", "Marsh End UA (d)", None, "UA", *marsh],
            ["E9902", "n/a", "Lost Isles", "Grossed", "UA", *["…"] * len(figures)],
        ],
        lines=len(figures),
        totals={"ENGLAND": england, "SC": fog, "UA": unitaries},
        notes=[["Source: returns", None, None, None, None, *marsh], ["(d) A note"]],
    )


def old(folder: Path, rows: list[list[Any]], release: Any = MIDDLE, block: str = "(1)") -> Any:
    name = f"RS LA Data {release.period}"
    return workbook(folder, release, {"Front page": [["x"]], f"{name} {block}": rows})


def new(folder: Path, rows: list[list[Any]], release: Any = NEW) -> Any:
    return workbook(folder, release, {"RS LA Data 2017-18": rows, "Access (Col 1)": [["x"]]})


def test_old_layout(tmp_path: Path) -> None:
    found = tidied(SOURCE, MIDDLE, old(tmp_path, old_sheet()))
    fogshire = [row for row in found if row["ecode"] == "E9921"]
    assert {row["measure"]: row["value"] for row in fogshire} == FOGSHIRE
    assert {row["status"] for row in found} == {"ok"}
    columns = ("ecode", "areacd", "areanm", "class", "area_type", "row")
    assert {tuple(row[name] for name in columns) for row in found} == {
        ("E9921", None, "Fogshire CC", "SC", "council", 8),
        ("E9901", None, "Marsh End UA", "UA", "council", 9),
        ("ENGLAND", "E92000001", "England", None, "country", 11),
        ("L", None, "LONDON BOROUGHS", "L", "class_total", 14),
        ("MD", None, "METROPOLITAN DISTRICTS", "MD", "class_total", 15),
        ("UA", None, "UNITARY AUTHORITIES", "UA", "class_total", 16),
        ("SC", None, "SHIRE COUNTIES", "SC", "class_total", 17),
        ("SD", None, "SHIRE DISTRICTS", "SD", "class_total", 18),
        ("O", None, "OTHER AUTHORITIES", "O", "class_total", 19),
    }
    assert {(row["period"], row["year"]) for row in found} == {("2012-13", 2012)}


def test_2010_has_one_social_care_and_a_second_block(tmp_path: Path) -> None:
    rows = old_sheet("2010-11")
    place = len(rows[5])
    rows[4] = [*rows[4], *[None] * (place - len(rows[4]))]
    rows[4].append('Net current expenditure (non-IAS19 and PFI "off-balance" sheet)')
    rows[5] += ["Education services", "Social care"]
    rows[7] += [999, 999]
    found = tidied(SOURCE, OLD, old(tmp_path, rows, OLD), "ecode", "measure", "value")
    fogshire = {measure: value for ecode, measure, value in found if ecode == "E9921"}
    split = {"children_social_care", "adult_social_care"}
    expected = {name: value for name, value in FOGSHIRE.items() if name not in split}
    assert fogshire == expected | {"social_care": 95}


def test_new_layout(tmp_path: Path) -> None:
    found = tidied(SOURCE, NEW, new(tmp_path, new_sheet()))
    fogshire = {row["measure"]: row["value"] for row in found if row["ecode"] == "E9921"}
    assert fogshire == FOGSHIRE | {
        "public_health": 12,
        "total_service_expenditure": 684,
        "reserves_public_health_opening": 7,
    }
    columns = ("ecode", "areacd", "areanm", "value", "status")
    care = {
        tuple(row[name] for name in columns)
        for row in found
        if row["measure"] == "adult_social_care" and row["area_type"] == "council"
    }
    assert care == {
        ("E9921", "E10999021", "Fogshire", 70, "ok"),
        ("E9901", "E06999001", "Marsh End UA (d)", 7, "ok"),
        ("E9902", None, "Lost Isles", None, "x"),
    }


def agreement(folder: Path, rows: list[list[Any]]) -> dict[tuple[str, str], bool | None]:
    file = new(folder, rows)
    assert SOURCE.reconcile is not None
    found = SOURCE.reconcile(conform(SOURCE, NEW, SOURCE.tidy(file, NEW)))
    agrees = (pl.col("published") - pl.col("computed")).abs() <= pl.col("tolerance")
    return {row[:2]: row[2] for row in found.select("check", "area", agrees).rows()}


def test_reconciliation(tmp_path: Path) -> None:
    rows = new_sheet()
    care = "adult_social_care (final)"
    found = agreement(tmp_path, rows)
    assert False not in found.values()
    assert found["England = sum of councils: " + care, "ENGLAND"] is None  # one sent no return
    assert found["England = sum of classes: " + care, "ENGLAND"] is True
    assert found["class = sum of its councils: " + care, "UA"] is None
    assert found["class = sum of its councils: " + care, "SC"] is True
    total = "total = sum of services: total_service_expenditure (final)"
    assert (found[total, "E9921"], found[total, "E9902"]) == (True, None)
    rows[7][rows[6].index("Adult Social Care")] += 20
    found = agreement(tmp_path, rows)
    assert {key for key, agrees in found.items() if agrees is False} == {
        ("class = sum of its councils: " + care, "SC"),
        (total, "E9921"),
    }


@pytest.mark.parametrize(
    ("row", "column", "cell", "words"),
    [
        (0, 0, "Revenue Outturn Summary (RS): 2011-12 data", ("the year '2012-13'",)),
        (2, 0, "Capital items (£ thousand)", ("'Net current expenditure (£ thousand)'",)),
        (4, 21, "Financial reserves levels at 31 March 2013", ("'at 1 April 2012'",)),
        (5, 8, "Care of adults", ("row 6", "column 'Adult Social Care'")),
        (5, 9, "Adult Social Care", ("row 6", "column 'Adult Social Care'", "twice")),
        (7, 8, "70 est.", ("row 8", "column 'Adult Social Care'", "'70 est.'")),
        (8, 0, "E9921", ("2 rows (8, 9)", "ecode=E9921")),
        (8, 0, "E99", ("row 9", "column 'E-code'", "'E99'")),
        (8, 3, "XX", ("row 9", "column 'Class'", "'XX'")),
        (18, 1, "OTHERS", ("OTHER AUTHORITIES", "found none")),
    ],
)
def test_bad_cells(tmp_path: Path, row: int, column: int, cell: str, words: tuple[str]) -> None:
    rows = old_sheet()
    rows[row][column:column] = [None] * (column - len(rows[row]))
    rows[row][column : column + 1] = [cell]
    file = old(tmp_path, rows)
    sheet = () if "ecode=E9921" in words else ("sheet 'RS LA Data 2012-13 (1)'",)
    refused(SOURCE, MIDDLE, file, MIDDLE.file, *sheet, *words)


def test_bad_sheets(tmp_path: Path) -> None:
    file = old(tmp_path, old_sheet(), block="(2)")
    refused(SOURCE, MIDDLE, file, "expected a sheet named 'RS LA Data 2012-13 (1)'", "(2)")
    marked, plain = new_sheet("PROVISIONAL (1)"), new_sheet()
    assert tidied(SOURCE, PROVISIONAL, new(tmp_path, marked, PROVISIONAL))
    refused(SOURCE, NEW, new(tmp_path, marked), "declared as final", "PROVISIONAL")
    refused(SOURCE, PROVISIONAL, new(tmp_path, plain, PROVISIONAL), "declared as provisional")
    plain[7][1] = "E1099902"
    refused(SOURCE, NEW, new(tmp_path, plain), "row 8", "column 'ONS Code'", "'E1099902'")
