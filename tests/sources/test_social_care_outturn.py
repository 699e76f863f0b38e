import copy
from pathlib import Path
from typing import Any

import pytest

from pipeline.reading.source import conform
from pipeline.sources import social_care_outturn
from pipeline.sources._service_returns import BODIES, COMPONENTS
from pipeline.sources.social_care_outturn import LINES, SOURCE, TOTAL, WHOLES
from tests.sources.layouts import refused, tidied, workbook

OLD, _, NEW = SOURCE.releases
OLD_SHEET, NEW_SHEET = "RO3_LA_Data_2022-23", "RO3_LA_Data_202425"
PLACE = ["E-code", "ONS Code", "Local authority", "Notes", "Class", "Detailed Class"]
COLUMNS = [
    *("Employees\n (C1)", "Running Expenses\n (C2)", "Total Expenditure\n (C3 = C1 + C2)"),
    *("Sales, Fees and Charges\n (C4)", "Other Income\n (C5)", "Total Income\n (C6 = C4 + C5)"),
    "Net Current Expenditure\n (C7 = C3 - C6)",
]
LETTERS = {"Police": "P", "Park": "NPA", "Fire": "FR", "Combined Authority": "CA", "Waste": "WA"}
LETTERS |= {"L": "LB"}
ONE = [1, 9, 10, 2, 1, 3, 7]
PARTS = sum(line not in WHOLES for line in LINES)
"""The lines of 2022-23 that are no sums of others."""


def figures() -> list[float]:
    """Each line the same, each sum the sum of its lines."""
    sizes = dict.fromkeys(LINES, 1) | dict.fromkeys(WHOLES, 2) | {TOTAL: PARTS}
    return [size * figure for size in sizes.values() for figure in ONE]


def classes(of_unitaries: list[Any]) -> list[list[Any]]:
    zero = [0] * len(of_unitaries)
    rows = []
    for body in BODIES:
        letters = LETTERS.get(body, body)
        code = "E9990" if body == "GLA" else "[Y]"
        place = [code, "E00", body, None, letters, letters, 1]
        rows.append([*place, *(of_unitaries if body == "UA" else zero)])
    return rows


def old() -> list[list[Any]]:
    """2022-23: lines stand in a row above the header, ids above it, columns are numbered."""
    ids: list[Any] = [None] * 7
    above: list[Any] = [None] * 7
    header: list[Any] = [*PLACE, "Certified"]
    for number, (name, line) in enumerate(LINES.items()):
        above += [line.heading.replace("18-64", "18–64"), *[None] * 6]
        header += [label if not number else f"{label}{number}" for label in COLUMNS]
        ids += [f"RO3-{line.stem}-{component.suffix}" for component in COMPONENTS.values()]
        if name in ("carers_18_64", "carers_65_over"):
            other = {"carers_18_64": "carers_65_over", "carers_65_over": "carers_18_64"}[name]
            ids[-2] = f"RO3-{LINES[other].stem}-tot-inc"
    above[-7] += "  [note 2]"
    rows = [
        ["Worksheet 2: Revenue Outturn (RO) 2022-23: Social Care and Public Health (RO3) data"],
        ["This worksheet contains 2 tables. Data are reported in £ thousand. "],
        [*ids, None],
        [*above, "General Practice Services"],
        [*header, "Net Current Expenditure\n (C7 = C3 - C6)999"],
        ["E9921", "E06999001", "Fogton UA", None, "UA", "UA", "N", *figures(), ">"],
        ["E9922", "E06999002", "Mist  UA", "M", "UA", "UA", "[x]", *["[x]"] * 217, "[x]"],
        ["E9980", "E23999001", "Fog Police", "[note 1]", "O", "P", "Y", *[0] * 217, 0],
        ["E9981", "E9981", "Fog Park", None, "O", "NPA", "Y", *[0] * 217, 0],
        ["Eng", "E92000001", "ENGLAND", None, "Eng", "Eng", "[Y]", *figures(), 0],
    ]
    again = list(rows[4])
    again[2] = "Class Breakdown [o]"
    return [*rows, again, *classes([*figures(), 0])]


def new() -> list[list[Any]]:
    """2024-25: one header row, ids in the last row, a council without lines."""
    lines = {name: line for name, line in LINES.items() if line.last > 2023}
    header: list[Any] = [*PLACE, "Certification"]
    ids: list[Any] = [None] * 7
    for line in lines.values():
        header += [f"{line.heading} - {label.replace(chr(10), '')}" for label in COLUMNS]
        ids += [f"RO3-{line.stem}-{component.suffix}" for component in COMPONENTS.values()]
    total = [1.5, 9.25, 10.75, 2, 0, 2, 8.75]
    noted = ["[note 4]"] * (7 * (len(lines) - 1))
    rows = [
        ["Worksheet 2: Revenue Outturn (RO) 2024-25: Social Care and Public Health (RO3) data"],
        ["This worksheet contains two tables. Data are reported in £ thousand."],
        header,
        ["E9921", "E06999001", "Fogton UA", "[note 4]", "UA", "UA", "Y", *noted, *total],
        ["Eng", "E92000001", "ENGLAND", None, "Eng", "Eng", "[Y]", *["[n]"] * 196, *total],
        header,
    ]
    return [*rows, *classes([0] * 196 + total), ids]


def test_rows_until_2023_24(tmp_path: Path) -> None:
    file = workbook(tmp_path, OLD, {"Front_Page": [["x"]], OLD_SHEET: old()})
    found = tidied(SOURCE, OLD, file)
    assert len(found) == 217 * (4 + 1 + len(BODIES))
    places = {
        (r["ecode"], r["areacd"], r["areanm"], r["class"], r["body"], r["area_type"], r["note"])
        for r in found
        if r["area_type"] != "class_total"
    }
    assert places == {
        ("E9921", "E06999001", "Fogton UA", "UA", "UA", "council", None),
        ("E9922", "E06999002", "Mist UA", "UA", "UA", "council", "M"),
        ("E9980", "E23999001", "Fog Police", "O", "Police", "other_authority", "[note 1]"),
        ("E9981", None, "Fog Park", "O", "Park", "other_authority", None),
        ("ENGLAND", "E92000001", "England", None, None, "country", None),
    }
    totals = {(r["ecode"], r["areacd"]) for r in found if r["area_type"] == "class_total"}
    assert totals == {(body, None) for body in BODIES}
    memory = [
        (r["measure"], r["value"], r["status"], r["certified"], r["year"])
        for r in found
        if r["ecode"] == "E9921" and r["line"] == "memory_cognition_65_over"
    ]
    assert memory == [
        ("employees", 1, "ok", "N", 2022),
        ("net_current_expenditure", 7, "ok", "N", 2022),
        ("other_income", 1, "ok", "N", 2022),
        ("running_expenses", 9, "ok", "N", 2022),
        ("sales_fees_charges", 2, "ok", "N", 2022),
        ("total_expenditure", 10, "ok", "N", 2022),
        ("total_income", 3, "ok", "N", 2022),
    ]
    missing = {(r["value"], r["status"], r["certified"]) for r in found if r["ecode"] == "E9922"}
    assert missing == {(None, "x", None)}


def test_rows_since_2024_25(tmp_path: Path) -> None:
    found = tidied(SOURCE, NEW, workbook(tmp_path, NEW, {NEW_SHEET: new()}))
    fogton = {(r["line"], r["measure"]): r for r in found if r["ecode"] == "E9921"}
    assert len(fogton) == 203
    assert fogton[TOTAL, "total_expenditure"]["value"] == 10.75
    assert fogton["assistive_technology", "total_expenditure"]["status"] == "x"
    assert {r["status"] for r in found if r["ecode"] == "ENGLAND" and r["line"] != TOTAL} == {"x"}


def test_reconciliation(tmp_path: Path) -> None:
    rows = old()
    rows[5][7 + 5] = 5  # total income of the first line, C6
    file = workbook(tmp_path, OLD, {OLD_SHEET: rows})
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(conform(SOURCE, OLD, SOURCE.tidy(file, OLD)))
    found = {
        (r["check"], r["area"]): (r["published"], r["computed"], r["tolerance"])
        for r in sums.rows(named=True)
    }
    expenditure = f"{TOTAL} total_expenditure"
    assert found[f"{TOTAL} = sum of its lines: total_expenditure", "E9921"][:2] == (250, 250)
    assert PARTS == 25
    assert found["carers = sum of its lines: other_income", "E9921"] == (2, 2, 1.51)
    assert found[f"England = sum of classes: {expenditure}", "ENGLAND"] == (250, 250, 6.01)
    # One unitary sent no return: no sum of authorities.
    assert found[f"class = sum of its authorities: {expenditure}", "UA"][:2] == (250, None)
    assert found[f"class = sum of its authorities: {expenditure}", "Police"] == (0, 0, 1.01)
    assert found["total_income = its parts: physical_support_18_64", "E9921"] == (5, 3, 1.5)
    net = found["net_current_expenditure = its parts: physical_support_18_64", "E9921"]
    assert net == (7, 5, 1.5)


def test_no_line_is_forgotten() -> None:
    assert set(WHOLES[TOTAL]) | {TOTAL} | {p for parts in WHOLES.values() for p in parts} == set(
        LINES
    )
    assert {social_care_outturn.SWAPPED["2022-23"][line, "C6"] for line in WHOLES["carers"]} == {
        LINES[line].stem for line in WHOLES["carers"]
    }


def test_bad_files(tmp_path: Path) -> None:
    good = old()

    def bad(row: int, column: int, value: Any, *words: str) -> None:
        rows = copy.deepcopy(good)
        rows[row][column] = value
        refused(SOURCE, OLD, workbook(tmp_path, OLD, {OLD_SHEET: rows}), OLD.file, *words)

    bad(0, 0, "Revenue Outturn (RO) 2021-22: (RO3) data", "'(RO) 2022-23:'")
    bad(1, 0, "Data are reported in £ million.", "'reported in £ thousand'")
    bad(2, 9, "RO3-ascphyadl-run-exp", "row 3", "hidden id 'RO3-ascphyadl-tot-exp'", "- C3'")
    bad(3, 14, "Physical help", "row 5", "'Physical support - older people (65+) - Employees (C1)'")
    bad(4, 8, "Running Costs (C2)", "row 5", "'Physical support - adults (18-64) - Running Exp")
    bad(4, 8, "Running Expenses (C3)", "row 5", "words and number differ")
    bad(4, 8, "Employees (C1)", "row 5", "appears twice")
    bad(4, 6, "Sure", "row 5", "column 'Certified'")
    bad(5, 9, ">", "row 6", "column 'Physical support - adults (18-64) - C3'", "'>'")
    bad(5, 1, "E9921", "row 6", "column 'ONS Code'")
    bad(5, 0, "9921", "row 6", "column 'E-code'", "'9921'")
    bad(5, 4, "XX", "row 6", "column 'Class'", "'XX'")
    bad(5, 5, "XX", "row 6", "column 'Detailed Class'", "'XX'")
    bad(5, 6, "maybe", "row 6", "column 'Certified'", "'maybe'")

    def cut(rows: list[list[Any]], *words: str, name: str = OLD_SHEET) -> None:
        refused(SOURCE, OLD, workbook(tmp_path, OLD, {name: rows}), OLD.file, *words)

    cut(good, f"expected a sheet named '{OLD_SHEET}'", name="RO3 data")
    cut(good[:8], "one row of England", "cut short?")
    cut(good[:-1], "total of each class", "none of")
    cut([*good[:6], good[5], *good[6:]], "ecode=E9921", "2 rows (6, 7)")
    cut([row for row in good if row[7:8] != ["RO3-ascphyadl-empl"]], "hidden row of ids")
    added = [[*row[:14], "New line" if n == 3 else None, *row[14:]] for n, row in enumerate(good)]
    added[4][14] = "Total (C8)"
    cut(added, "row 5", "column 'Total (C8)'", "not declared")


@pytest.mark.parametrize("release", SOURCE.releases, ids=lambda release: release.period)
def test_lines_of_a_year(release: Any) -> None:
    year = int(release.period[:4])
    assert sum(year <= line.last for line in LINES.values()) == (31 if year < 2024 else 29)
