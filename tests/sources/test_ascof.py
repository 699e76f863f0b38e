import copy
from pathlib import Path
from typing import Any

import pytest

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import conform
from pipeline.sources.ascof import SOURCE, TABLES
from tests.sources.layouts import refused, tidied, workbook

RELEASE = SOURCE.releases[0]
PLACE = ["Local authority code", "Local authority", "ONS area code"]
PLACES = [
    ["England", "England", "E92000001"],
    ["S", "Shire Counties", "[z]"],
    ["U", "Unitary Authorities", "[z]"],
    ["M", "Metropolitan Districts", "[z]"],
    ["I", "Inner London", "[z]"],
    ["O", "Outer London", "[z]"],
    ["FG", "Foggy Region", "E12999001"],
    ["199", "Fogshire", "E10999001"],
]
Sheets = dict[str, list[list[Any]]]


def sheets() -> Sheets:
    """Every table, all its figures ``[x]``; the header stands in row 6, 7 or 5."""
    found: Sheets = {"Cover": [["Cover"]]}
    for number, table in TABLES.items():
        header = PLACE + [
            f"{year} to {year + 1} - {heading}"
            for year in range(table.first, 2025)
            for heading in table.headings()
        ]
        above = {"2a": 5, "6a": 3}.get(number, 4)
        found[f"Table_{number}"] = [
            [f"Table {number}: {table.title} [note 1]"],
            *[["Words"]] * above,
            header,
            *([*place, *["[x]"] * (len(header) - 3)] for place in PLACES),
        ]
    return found


def put(rows: list[list[Any]], code: str, year: int, figures: list[Any]) -> None:
    header = next(row for row in rows if row[0] == PLACE[0])
    at = next(n for n, label in enumerate(header) if label.startswith(f"{year} to "))
    row = next(row for row in rows if row[0] == code)
    row[at : at + len(figures)] = figures


def figures(file: PublishedFile, **where: str) -> list[Any]:
    rows = tidied(SOURCE, RELEASE, file)
    return sorted(
        (row["period"], row["statistic"], row["basis"], row["value"], row["status"])
        for row in rows
        if all(row[name] == value for name, value in where.items())
    )


def test_rows(tmp_path: Path) -> None:
    book = sheets()
    put(book["Table_2a"], "199", 2024, [62, 80, 77.5])
    put(book["Table_4b"], "199", 2023, ["[c]", "[c]", "[c]", 40, 30, "[z]"])
    put(book["Table_6b"], "199", 2024, [1, 10, 10, 6, 10, 60])
    put(book["Table_1c"], "199", 2016, ["0.4 (0.5)", "1,460 (1,065)", "7.9 (:)"])
    put(book["Table_1b"], "199", 2019, [0, 0, 0])
    book["Table_6a"].append(["[z]", "Fogshire and Mistshire", "[z]", "[x]", 22.5])
    file = workbook(tmp_path, RELEASE, book)
    at = {"cassr_code": "199"}
    assert figures(file, measure="no_further_support_after_reablement", **at) == [
        ("2024-25", "denominator", "official", 80, "ok"),
        ("2024-25", "numerator", "official", 62, "ok"),
        ("2024-25", "outcome", "official", 77.5, "ok"),
    ]
    assert figures(file, table="4b", **at) == [
        ("2023-24", "denominator", "official", None, "c"),
        ("2023-24", "numerator", "official", None, "c"),
        ("2023-24", "outcome", "official", None, "c"),
        ("2024-25", "denominator", "official", 30, "ok"),
        ("2024-25", "numerator", "official", 40, "ok"),
        ("2024-25", "outcome", "official", None, "z"),
    ]
    assert figures(file, measure="providers_good", period="2024-25", **at) == [
        ("2024-25", "denominator", "official", 10, "ok"),
        ("2024-25", "numerator", "official", 6, "ok"),
        ("2024-25", "outcome", "official", 60, "ok"),
    ]
    assert figures(file, measure="carer_quality_of_life", period="2016-17", **at) == [
        ("2016-17", "margin_of_error", "official", 0.4, "ok"),
        ("2016-17", "margin_of_error", "reviewed", 0.5, "ok"),
        ("2016-17", "outcome", "official", 7.9, "ok"),
        ("2016-17", "outcome", "reviewed", None, "x"),
        ("2016-17", "respondents", "official", 1460, "ok"),
        ("2016-17", "respondents", "reviewed", 1065, "ok"),
    ]
    # Nobody answered: zeros are no figures.
    assert figures(file, measure="adjusted_quality_of_life", period="2019-20", **at) == [
        ("2019-20", "margin_of_error", "official", None, "x"),
        ("2019-20", "outcome", "official", None, "x"),
        ("2019-20", "respondents", "official", None, "x"),
    ]
    found = tidied(SOURCE, RELEASE, file)
    kinds = {(row["cassr_code"], row["areacd"], row["area_type"]) for row in found}
    assert kinds == {
        ("England", "E92000001", "country"),
        ("FG", "E12999001", "region"),
        ("199", "E10999001", "council"),
        ("[z]", None, "joint"),
        *((letter, None, "council_type") for letter in "SUMIO"),
    }
    row = next(r for r in found if r["table"] == "2c" and r["statistic"] == "outcome")
    assert (row["measure"], row["unit"]) == ("care_home_admissions_65_over", "per 100,000 people")
    assert (row["collection"], row["year"]) == ("client level data (CLD)", 2024)
    row = next(r for r in found if r["table"] == "2c" and r["statistic"] == "numerator")
    assert row["unit"] == "people"


def test_reconciliation(tmp_path: Path) -> None:
    book = sheets()
    for code in ("England", "FG", "S", "199"):
        put(book["Table_2a"], code, 2024, [62, 80, 77.5] if code == "199" else [60, 80, 77.5])
    for code in "UMIO":
        put(book["Table_2a"], code, 2024, ["[z]", "[z]", "[z]"])
    put(book["Table_2b"], "199", 2024, [20, 100000, 21.0])
    put(book["Table_2c"], "England", 2024, [500, 1000, 50000.0])
    put(book["Table_2c"], "FG", 2024, [400, 1000, "[x]"])
    put(book["Table_6b"], "199", 2024, [1, 10, 10, 6, 10, 60, 2, 10, 20, 1, 10, 10, 8, 10, 80])
    file = workbook(tmp_path, RELEASE, book)
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    found = {
        (r["check"], r["area"]): (r["published"], r["computed"], r["tolerance"])
        for r in sums.rows(named=True)
    }
    support = "no_further_support_after_reablement"
    england = "England = sum of {}: {} numerator official"
    assert found[england.format("regions", support), "England"] == (60, 60, 5)
    assert found[england.format("councils", support), "England"] == (60, 62, 5)
    assert found[england.format("types", support), "England"] == (60, 60, 5)
    # A part that is not published: no sum.
    types = england.format("types", "care_home_admissions_65_over")
    assert found[types, "England"][:2] == (500, None)
    regions = england.format("regions", "care_home_admissions_65_over")
    assert found[regions, "England"] == (500, 400, 5)
    # Counts of councils are exact, those of regions are rounded to 5.
    ratio = "outcome = numerator / denominator: "
    assert found[ratio + support, "199 Fogshire"] == (77.5, 77.5, pytest.approx(0.051))
    assert found[ratio + support, "FG Foggy Region"][2] > 5
    admissions = found[f"{ratio}care_home_admissions_18_64", "199 Fogshire"]
    assert admissions == (21, pytest.approx(20), pytest.approx(0.051))
    rated = found["good or outstanding = good + outstanding", "199 Fogshire"]
    assert rated == (8, 7, 0.5)


def test_bad_files(tmp_path: Path) -> None:
    good = sheets()

    def bad(name: str, change: Any, *words: str) -> None:
        book = copy.deepcopy(good)
        change(book[name])
        refused(SOURCE, RELEASE, workbook(tmp_path, RELEASE, book), RELEASE.file, *words)

    def edit(row: int, column: int, value: Any) -> Any:
        def change(rows: list[list[Any]]) -> None:
            rows[row][column] = value

        return change

    without = {name: rows for name, rows in good.items() if name != "Table_2a"}
    refused(SOURCE, RELEASE, workbook(tmp_path, RELEASE, without), "'Table_2a'", "found 'Cover'")
    more = {**good, "Table_7a": [["New"]]}
    refused(SOURCE, RELEASE, workbook(tmp_path, RELEASE, more), "'Table_7a'", "no other table")

    bad("Table_2a", edit(0, 0, "Table 2a: something new"), "sheet 'Table_2a'", "'Table 2a: some")
    bad("Table_2a", edit(6, 3, "2024 to 2025 - count"), "row 7", "column '2024 to 2025 - count'")
    bad("Table_2a", edit(6, 3, None), "row 7", "'2024 to 2025 - numerator'", "expected this column")
    bad("Table_2a", edit(6, 3, "2023 to 2024 - numerator"), "'2024 to 2025 - numerator'")
    bad("Table_2a", edit(6, 4, "2024 to 2025 - numerator"), "row 7", "expected this column")
    bad("Table_2a", edit(14, 3, "many"), "row 15", "'2024 to 2025 - numerator'", "'many'")
    bad("Table_2a", edit(14, 3, "5 (6)"), "row 15", "'5 (6)'")
    bad("Table_1c", edit(13, 3, "5 (6)"), "row 14", "'2015 to 2016 - margin of error'", "'5 (6)'")
    bad("Table_2a", edit(14, 2, "E99"), "row 15", "'Local authority code'", "'199'")
    bad("Table_2a", edit(14, 0, None), "row 15", "'Local authority code'")
    bad("Table_2a", edit(9, 1, "Unitaries"), "row 10", "'U'")
    bad("Table_2a", lambda rows: rows.append(["[z]", "Fog and Mist", "[z]", 1, 2, 50]), "'[z]'")
    bad("Table_2a", lambda rows: rows.pop(13), "sheet 'Table_2a'", "region", "cut short?")
    bad("Table_2a", lambda rows: rows.append(rows[-1]), "2 rows (15, 16)", "cassr_code=199")
