from itertools import product
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.reading.source import conform
from pipeline.sources.adult_social_care_income import SOURCE
from tests.sources.layouts import Rows, comma_separated, refused, tidied

WIDE, LONG, ITEMS, TOTALS = SOURCE.releases
CARE = "Adult Social Care"


def wide() -> list[list[str]]:
    """2014-15: a column a council, regions in the first row, footers below."""

    def line(summary: str, category: str, *cells: str, delivery: str = "Total") -> list[str]:
        return ["Non Salt Totals", "", summary, delivery, category, *cells]

    return [
        ["", "", "", "", "", "NE", "L"],
        [
            *("Support type", "Age category", "Summary", "Delivery mechanism"),
            *("Accounting category", "901 - Fogshire", "902 - Marsh End & Süd"),
        ],
        ["Long term", "Age 18 to 64", "Total", "Total", "Income: total", "1", "$0.00 "],
        line("Social care activities", "Income: total", "9", "9", delivery=""),
        line(CARE, "Gross total cost: total expenditure", "1,000.5", "200"),
        line(CARE, "Income: client contributions", "100", "20"),
        line(CARE, "Income: joint arrangements", "0", ":"),
        line(CARE, "Income: Income from NHS", "50", "10"),
        line(CARE, "Income: other income", "5.5", ""),
        line(CARE, "Income: total", "155.5", "30"),
        line(CARE, "Net total expenditure", "845", "170"),
        line(CARE, "Gross total expenditure", "945", "190"),
        line("Income from Specific and Special Grants", "Net total expenditure", "7", "0"),
        line("Actual total net cost", "Net total expenditure", "838", "170"),
        ["", "", "", "", "", "", ""],
        ["Data are presented in £000's", "", "", "", "", "", ""],
    ]


def test_councils_as_columns(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, WIDE, wide(), "cp1252")
    found = tidied(SOURCE, WIDE, file, "cassr_code", "areanm", "measure", "value", "status", "row")
    fogshire = [row[2:] for row in found if row[:2] == ("901", "Fogshire")]
    assert fogshire == [
        ("income_client_contributions", 100.0, "ok", 6),
        ("income_joint_arrangements", 0.0, "ok", 7),
        ("income_nhs", 50.0, "ok", 8),
        ("income_other", 5.5, "ok", 9),
        ("income_specific_grants", 7.0, "ok", 13),
        ("income_total", 155.5, "ok", 10),
        ("net_total_expenditure", 845.0, "ok", 11),
        ("total_expenditure", 1000.5, "ok", 5),
    ]
    marsh = {row[2]: row[3:5] for row in found if row[:2] == ("902", "Marsh End & Süd")}
    assert marsh["income_joint_arrangements"] == marsh["income_other"] == (None, "x")
    assert (len(found), len(marsh)) == (16, 8)


def test_bad_columns(tmp_path: Path) -> None:
    def bad(rows: Rows, *words: str) -> None:
        refused(SOURCE, WIDE, comma_separated(tmp_path, WIDE, rows, "cp1252"), WIDE.file, *words)

    rows = wide()
    rows[1][6] = "England"
    bad(rows, "row 2", "column 'England'", "expected a council")
    rows = wide()
    rows[8][4] = "Income: other"
    bad(rows, "one row of 'Adult Social Care / Income: other income'", "found 0")
    bad([*wide()[:8], wide()[7], *wide()[8:]], "Income: Income from NHS'", "found 2")
    rows = wide()
    rows[7][6] = "ten"
    bad(rows, "row 8", "column '902 - Marsh End & Süd'", "'ten'")
    bad([*wide()[:8], wide()[8][:6]], "row 9", "expected 7 cells", "found 6")


HEADER = [
    *("UUID", "Council Code", "Council Name", "Data Type", "Data Source", "Age Band"),
    *("Finance Type", "Comparative totals", "Value"),
]


def item(code: str, council: str, title: str, value: str) -> list[str]:
    kind = ["Mandatory", "Additional Data", "-", "Income"]
    return [code, council, f"Council {council}", *kind, title, value]


LISTED = [
    HEADER,
    item("8326110", "901", "Income from Specific and Special Grants", "1271"),
    item("8328110", "901", "Income from Better Care Fund", "15.233"),
    item("8328110", "902", "Income from Better Care Fund", ""),
    item("8510102", "901", "Assessment and Care management", "12"),
]


def test_listed_items(tmp_path: Path) -> None:
    columns = ("cassr_code", "areanm", "period", "measure", "value", "status", "row")
    file = comma_separated(tmp_path, LONG, LISTED)
    assert tidied(SOURCE, LONG, file, *columns) == [
        ("901", "Council 901", "2015-16", "income_better_care_fund", 15.233, "ok", 3),
        ("902", "Council 902", "2015-16", "income_better_care_fund", None, "x", 4),
        ("901", "Council 901", "2015-16", "income_specific_grants", 1271.0, "ok", 2),
    ]


def test_bad_items(tmp_path: Path) -> None:
    def bad(rows: Rows, *words: str) -> None:
        refused(SOURCE, LONG, comma_separated(tmp_path, LONG, rows), LONG.file, *words)

    fund = "Income from Better Care Fund"
    bad([[*HEADER[:8], "Amount"], *LISTED[1:]], "no row has 'Value'")
    bad([[*row, ""] if i else [*row, "Note"] for i, row in enumerate(LISTED)], "column 'Note'")
    bad([*LISTED, item("8328110", "903", "Income from BCF", "1")], "row 6", "'Income from BCF'")
    bad([*LISTED, item("8328110", "93", fund, "1")], "row 6", "column 'Council Code'", "'93'")
    bad([*LISTED, item("8328110", "903", fund, "1m")], "row 6", "column 'Value'", "'1m'")
    bad([*LISTED, item("", "903", fund, "1")], "row 6", "column 'UUID'")
    bad([*LISTED, LISTED[2]], "measure=income_better_care_fund", "2 rows (3, 6)")
    bad([HEADER, LISTED[1], LISTED[4]], "rows of the items 8328110")


AREAS = {
    "901": ("901", "E06999001", "E12000001"),
    "902": ("902", "E10999002", "E12000001"),
    "region": ("", "", "E12000001"),
    "England": ("", "", "E92000001"),
}
PLACE = ["FY_Ending", "CASSR_CODE", "GEOGRAPHY_CODE", "REGION_GO_CODE"]


def coded(fund: dict[str, str]) -> list[list[str]]:
    header = [
        *("UUID", *PLACE, "DataSource_KEY", "Datatype_KEY", "AgeBand_KEY", "FinanceType_KEY"),
        *("PrimarySupportReason_KEY", "ComparativeTotals_KEY", "ItemValue"),
    ]
    keys = ["1", "1", "", "", "", "6"]
    grants = {"901": "5", "902": "-2", "region": "3", "England": "3"}
    return [
        header,
        *(["8328110", "2017", *AREAS[area], *keys, value] for area, value in fund.items()),
        *(["8326110", "2017", *AREAS[area], *keys, value] for area, value in grants.items()),
        ["8510101", "2017", *AREAS["901"], *keys, "99"],
    ]


def test_coded_items(tmp_path: Path) -> None:
    rows = coded({"901": "1000", "902": ":", "region": "1000", "England": "1000"})
    file = comma_separated(tmp_path, ITEMS, rows)
    columns = ("cassr_code", "areacd", "areanm", "area_type", "measure", "value", "status")
    found = tidied(SOURCE, ITEMS, file, *columns)
    assert [row for row in found if row[4] == "income_better_care_fund"] == [
        ("901", "E06999001", None, "council", "income_better_care_fund", 1000.0, "ok"),
        ("902", "E10999002", None, "council", "income_better_care_fund", None, "x"),
        ("E92000001", "E92000001", "England", "country", "income_better_care_fund", 1000.0, "ok"),
        ("E12000001", "E12000001", None, "region", "income_better_care_fund", 1000.0, "ok"),
    ]
    assert len(found) == 8
    for row, column, cell in ((1, 4, "N"), (1, 3, "E06"), (2, 2, "Marsh End"), (2, 1, "2016")):
        rows = coded({"901": "1000", "902": "1"})
        rows[row][column] = cell
        file = comma_separated(tmp_path, ITEMS, rows)
        refused(SOURCE, ITEMS, file, f"row {row + 1}", f"column '{rows[0][column]}'", repr(cell))


def cells(*areas: str) -> list[list[str]]:
    """The 109 mandatory cells of each area (2 spent, 0.5 got), and a voluntary age band."""
    reasons, ages = ("4", "5", "6", "7", "13"), ("1", "2")
    settings = ("1", "2", "3", "4", "5", "6", "7", "9")
    keys: list[tuple[str, ...]] = [
        *(
            ("2", age, reason, s, "", "", "1")
            for age, reason, s in product(ages, reasons, settings)
        ),
        *(("4", age, reason, "", p, "", "1") for age, reason, p in product(ages, reasons, "12")),
        *(("3", "", reason, "", "", "", "1") for reason in ("1", "2", "3", "8", "9", "10", "11")),
        *(("3", "", "12", "", "", carer, "1") for carer in ("1", "2")),
        ("2", "3", "4", "1", "", "", "2"),
    ]
    header = [
        *PLACE,
        *("CareType_KEY", "AgeBand_KEY", "PrimarySupportReason_KEY", "SupportSetting_KEY"),
        *("Purpose_KEY", "CarerSupportType_KEY", "DataType_KEY"),
        *("TOTALEXPENDITURE", "TOTALINCOME", "NETTOTALEXPENDITURE", "GROSSTOTALEXPENDITURE"),
        *("NETCURRENTEXPENDITURE", "GROSSCURRENTEXPENDITURE"),
    ]

    def values(area: str) -> list[str]:
        return ["4", "1", "3"] if area == "England" else ["2", "0.5", "1.5"]

    return [
        header,
        *(["2017", *AREAS[a], *key, *values(a), "9", "9", "9"] for a in areas for key in keys),
    ]


def test_cells_are_added_up(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, TOTALS, cells("901", "902", "England"))
    columns = ("cassr_code", "areacd", "period", "measure", "value", "status", "row")
    found = tidied(SOURCE, TOTALS, file, *columns)
    assert [row for row in found if row[0] == "901"] == [
        ("901", "E06999001", "2016-17", "income_total", 54.5, "ok", None),
        ("901", "E06999001", "2016-17", "net_total_expenditure", 163.5, "ok", None),
        ("901", "E06999001", "2016-17", "total_expenditure", 218.0, "ok", None),
    ]
    assert SOURCE.reconcile is not None
    totals = SOURCE.reconcile(conform(SOURCE, TOTALS, SOURCE.tidy(file, TOTALS)))
    compared = totals.filter(pl.col("check").str.contains("councils|net"))
    assert compared.select("area", "published", "computed").sort("area", "published").rows() == [
        ("901", 163.5, 163.5),
        ("902", 163.5, 163.5),
        ("E92000001", 109.0, 109.0),
        ("E92000001", 327.0, 327.0),
        ("E92000001", 436.0, 436.0),
    ]


def test_bad_cells(tmp_path: Path) -> None:
    def bad(rows: Rows, *words: str) -> None:
        refused(SOURCE, TOTALS, comma_separated(tmp_path, TOTALS, rows), TOTALS.file, *words)

    rows: list[list[Any]] = cells("901")
    bad([*rows[:5], *rows[6:]], "row 2", "expected 109 mandatory cells", "found 108")
    bad([*rows, rows[3]], "row 4", "each cell of an area once", "'901'")
    rows[7][11] = "-"
    bad(rows, "row 8", "column 'TOTALEXPENDITURE'", "'-'")
    rows[7][11] = ":"
    file = comma_separated(tmp_path, TOTALS, rows)
    found = tidied(SOURCE, TOTALS, file, "measure", "value", "status")
    assert ("total_expenditure", None, "x") in found  # a total lacking a part has no value
    rows[0] = [*rows[0][:10], "Kind", *rows[0][11:]]
    bad(rows, "no row has 'DataType_KEY'")
