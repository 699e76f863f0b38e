from pathlib import Path
from typing import Any

from pipeline.reading.source import conform
from pipeline.sources._service_returns import BODIES, COMPONENTS
from pipeline.sources.service_expenditure import LINES, SOURCE, TOTAL
from tests.sources.layouts import refused, tidied, workbook

RELEASE = SOURCE.releases[0]
SHEET = "RSX_LA_Data_2022-23"
PLACE = ["E-code", "ONS Code", "Local authority", "Notes", "Class", "Detailed Class", "Certified"]
ONE = [1, 9, 10, 2, 1, 3, 7]
FIGURES = [*ONE * 13, *(13 * figure for figure in ONE)]


def rows() -> list[list[Any]]:
    """Ids above the header, the dash of the first service without a space before it."""
    header: list[Any] = list(PLACE)
    ids: list[Any] = [None] * 7
    for number, line in enumerate(LINES.values()):
        dash = " - " if number else "- "
        header += [
            f"{line.heading}{dash}{component.words}\n ({column})"
            for column, component in COMPONENTS.items()
        ]
        ids += [f"RSX-{line.stem}-{component.suffix}" for component in COMPONENTS.values()]
    return [
        ["Worksheet 2: Revenue Outturn (RO) 2022-23: Service Expenditure Summary (RSX) data"],
        ["This worksheet contains 2 tables. Data is reported in £ thousand. "],
        ids,
        header,
        ["E9921", "E06999001", "Fogton UA", None, "UA", "UA", "Y", *FIGURES],
        ["Eng", "E92000001", "ENGLAND", None, "Eng", "Eng", "[Y]", *FIGURES],
        header,
        *(
            [
                *("E9990" if body == "GLA" else "[Y]", "E00", body, None, "O", body, 1),
                *(FIGURES if body == "UA" else [0] * 98),
            ]
            for body in ("LB" if name == "L" else name for name in BODIES)
        ),
    ]


def test_rows(tmp_path: Path) -> None:
    file = workbook(tmp_path, RELEASE, {SHEET: rows()})
    found = tidied(SOURCE, RELEASE, file)
    assert len(found) == 98 * (2 + len(BODIES))
    fogton = {(r["line"], r["measure"]): r["value"] for r in found if r["ecode"] == "E9921"}
    assert fogton["education", "employees"] == 1
    assert fogton["adult_social_care", "other_income"] == 1
    assert fogton["adult_social_care", "net_current_expenditure"] == 7
    assert fogton[TOTAL, "total_expenditure"] == 130
    assert {(r["area_type"], r["class"]) for r in found if r["ecode"] == "L"} == {
        ("class_total", "L")
    }
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    assert sums.height > 98
    assert sums.filter(sums["published"] != sums["computed"]).is_empty()
    total = sums.filter(sums["check"] == f"{TOTAL} = sum of its lines: total_expenditure")
    assert total.rows() == [(total["check"][0], "2022-23", "E9921", 130, 130, 7.01)]
    england = sums.filter(sums["check"] == "England = sum of classes: education employees")
    assert england["tolerance"].to_list() == [24.01]


def test_bad_files(tmp_path: Path) -> None:
    def bad(row: int, column: int, value: Any, *words: str, name: str = SHEET) -> None:
        changed = rows()
        changed[row][column] = value
        file = workbook(tmp_path, RELEASE, {name: changed})
        refused(SOURCE, RELEASE, file, RELEASE.file, *words)

    bad(0, 0, "Title", "expected '(RO) 2022-23:'")
    bad(3, 0, "E-code", f"expected a sheet named '{SHEET}'", name="RSX")
    bad(3, 28, "Adult care - Employees (C1)", "row 4", "'Adult Social Care - Employees (C1)'")
    bad(2, 28, "RSX-csc-empl", "row 3", "hidden id 'RSX-asc-empl'", "'Adult Social Care - C1'")
    bad(4, 28, "[note 4]", "row 5", "column 'Adult Social Care - C1'", "'[note 4]'")
    bad(5, 0, "E9922", "one row of England")
