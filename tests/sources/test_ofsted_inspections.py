from datetime import date
from pathlib import Path
from typing import Any

from pipeline.sources.ofsted_inspections import (
    FORMER,
    HISTORY_SHEET,
    JUDGEMENTS,
    LATEST_SHEET,
    SOURCE,
)
from tests.sources.layouts import refused, tidied, workbook

RELEASE = SOURCE.releases[0]
GOOD, LOW = "Good", "Requires improvement to be good"
STANDARD = "ILACS Standard Inspection"
PLACE = ["Web link", "Local authority name"]


def labels(block: str, *judgements: str) -> list[str]:
    return [f"{block} {words}" for words in ("publication date", "inspection type", *judgements)]


LATEST: list[list[Any]] = [
    ["Judgements"],
    [*PLACE, "Ofsted region", "Inspection date", *(label.capitalize() for label in JUDGEMENTS)],
    ["page", "St Helens", "North", "2023-07-10T00:00:00", LOW, GOOD, LOW, LOW, GOOD],
    ["page", "Fogshire", "North", "Not yet inspected"],
]
COMBINED = "experiences and progress of children in care and care leavers"
BELOW = [*list(JUDGEMENTS)[:3], COMBINED]
FIRST = ["2019-04-01T00:00:00", STANDARD, GOOD, LOW, GOOD, GOOD, None]
SECOND = ["2023-09-04T00:00:00", STANDARD, LOW, GOOD, LOW, LOW, GOOD]
HISTORY: list[list[Any]] = [
    ["Inspections"],
    [
        *PLACE,
        "LA region",
        *labels("First ILACS", *JUDGEMENTS),
        *labels("Second ILACS", *JUDGEMENTS),
    ],
    ["page", "St. Helens", "North", *FIRST, *SECOND],
    ["page", "Fogshire", "North"],
    [FORMER],
    [*PLACE, "LA region", *labels("ILACS framework", *BELOW)],
    ["page", "Mistshire", "South", "2018-08-24T00:00:00", STANDARD, LOW, "Inadequate", LOW, LOW],
]


def test_rows(tmp_path: Path) -> None:
    file = workbook(tmp_path, RELEASE, {LATEST_SHEET: LATEST, HISTORY_SHEET: HISTORY})
    rows = tidied(SOURCE, RELEASE, file)
    assert len(rows) == 5 + 5 + 5 + 5 + 4
    leaders = [
        (row["part"], row["registry_name"], row["inspection"], row["grade"], row["value"])
        for row in rows
        if row["measure"] == "impact_of_leaders"
    ]
    assert leaders == [
        ("former", "Mistshire", 1, "Inadequate", 1.0),
        ("history", "St. Helens", 1, LOW, 2.0),
        ("history", "St. Helens", 2, GOOD, 3.0),
        ("latest", "Fogshire", 0, None, None),
        ("latest", "St. Helens", 0, GOOD, 3.0),
    ]
    status = {
        (row["part"], row["areanm"], row["inspection"]): row["status"]
        for row in rows
        if row["measure"] == "care_leavers"
    }
    assert status == {
        ("history", "St. Helens", 1): "z",
        ("history", "St. Helens", 2): "ok",
        ("latest", "Fogshire", 0): "x",
        ("latest", "St Helens", 0): "ok",
    }
    first = next(row for row in rows if row["part"] == "history")
    assert (first["publication_date"], first["inspection_date"]) == (date(2019, 4, 1), None)
    assert (first["period"], first["year"], first["row"]) == ("2019-20", 2019, 3)
    assert next(row for row in rows if row["part"] == "former")["row"] == 7
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(SOURCE.tidy(file, RELEASE))
    assert sums.height == 5
    assert sums["computed"].to_list() == sums["published"].to_list()


def test_bad_files(tmp_path: Path) -> None:
    def bad(latest: list[list[Any]], history: list[list[Any]], *words: str) -> None:
        file = workbook(tmp_path, RELEASE, {LATEST_SHEET: latest, HISTORY_SHEET: history})
        refused(SOURCE, RELEASE, file, RELEASE.file, *words)

    file = workbook(tmp_path, RELEASE, {LATEST_SHEET: LATEST})
    refused(SOURCE, RELEASE, file, f"expected a sheet named '{HISTORY_SHEET}'")
    renamed = [LATEST[0], [*LATEST[1][:5], "Leadership", *LATEST[1][6:]], *LATEST[2:]]
    bad(renamed, HISTORY, "row 2", "column 'Leadership'", "not declared")
    third = [HISTORY[0], [*HISTORY[1], "Third ILACS publication date"], *HISTORY[2:]]
    bad(LATEST, third, "column 'Third ILACS publication date'", "not declared")
    bad(LATEST, HISTORY[:4], f"expected a row '{FORMER}'", "cut short")
    bad([*LATEST, [*LATEST[2][:5], "Satisfactory", *LATEST[2][6:]]], HISTORY, "row 5", "'Satisf")
    bad([*LATEST, ["page", "Fogton", "North", "soon"]], HISTORY, "row 5", "a date", "'soon'")
    cut = [*LATEST, [*LATEST[2][:1], "Fogton", *LATEST[2][2:7], None, None]]
    bad(cut, HISTORY, "row 5", "children in care", "found None")
    visit = [*HISTORY[:3], [*HISTORY[2][:4], "LA Monitoring visit", *HISTORY[2][5:]], *HISTORY[4:]]
    bad(LATEST, visit, "row 4", "'LA Monitoring visit'")
    bad([*LATEST, LATEST[2]], HISTORY, "areanm=St Helens", "2 rows (3, 5)")
