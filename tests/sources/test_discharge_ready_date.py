from pathlib import Path
from typing import Any

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import conform
from pipeline.sources.discharge_ready_date import BANDS, PAGES, SOURCE
from tests.sources.layouts import Rows, refused, tidied, workbook

RELEASE = SOURCE.releases[0]
CONSISTENCY = "Most Improved Consistency"
DETAIL = ["month", "org_code", *PAGES[CONSISTENCY].figures, *PAGES[CONSISTENCY].unread]
PARTS = {f"{band}_delay_volume": 2 for band in BANDS} | {f"{b}_delay_beddays": 5 for b in BANDS}
WHOLE = {"patients_discharged_volume": 100, "no_delay_volume": 88, "total_delay_volume": 12}


def detail(month: str, code: str, **cells: Any) -> list[Any]:
    have = {"month": month, "org_code": code, "dd_bed_days": 30} | PARTS | WHOLE | cells
    return [have.get(label) for label in DETAIL]


def month(name: str, area: str | None, value: float) -> list[Any]:
    return [name, area, value, 300, 10.5]


FIGURE_1 = [
    ["month", "org_code", "perc_patients_delayed", "patients_discharged_volume", "perc_bed_delays"],
    month("Jul-24", "National", 12),
    month("Aug-24", "National", 13),
    month("Sep-24", "National", 14),
    [],
    month("Jul-Sep 2024", None, 13),
    [],
    [None, None, 0.1, 0.2, 0.3],
]
COMPARED = ["org_code", *PAGES["Figure 2"].figures, *PAGES["Figure 2"].unread]
SHEETS: dict[str, Rows] = {
    "Figure 1": FIGURE_1,
    "National Delay length": [
        ["month", "org_code", "average_delay_los_minus_0_day_delay"],
        ["Mar-25", "National", 6.5],
    ],
    CONSISTENCY: [DETAIL, detail("2024-04-01 00:00:00", "RZ9")],
    "Figure 2": [COMPARED, ["RZ9", 12.5, 9.5, *[1] * 7], [], [103]],
    "All trusts staffing": [["month", "org_code", "doctors", "nurses"], ["May-24", "RZ8", 9.5, 20]],
}


def made(folder: Path, **changed: Rows) -> PublishedFile:
    return workbook(folder, RELEASE, SHEETS | {k.replace("_", " "): v for k, v in changed.items()})


def test_rows(tmp_path: Path) -> None:
    columns = ("area_type", "org_code", "period", "year", "measure", "value", "status", "row")
    found = tidied(SOURCE, RELEASE, made(tmp_path), *columns)
    assert len(found) == 4 * 3 + 1 + len(PAGES[CONSISTENCY].figures) + 2 + 2
    wanted = {"patients_delayed_percent", "mean_delay", "bed_days_delayed_percent", "nurses"}
    bed_days, patients = "bed_days_delayed_percent", "patients_delayed_percent"
    england = ("country", "National")
    assert [row for row in found if row[4] in wanted and row[6] == "ok"] == [
        ("trust", "RZ8", "2024-05", 2024, "nurses", 20.0, "ok", 2),
        (*england, "2024-07", 2024, bed_days, 10.5, "ok", 2),
        (*england, "2024-07", 2024, patients, 12.0, "ok", 2),
        (*england, "2024-07/2024-09", 2024, bed_days, 10.5, "ok", 6),
        (*england, "2024-07/2024-09", 2024, patients, 13.0, "ok", 6),
        (*england, "2024-08", 2024, bed_days, 10.5, "ok", 3),
        (*england, "2024-08", 2024, patients, 13.0, "ok", 3),
        (*england, "2024-09", 2024, bed_days, 10.5, "ok", 4),
        (*england, "2024-09", 2024, patients, 14.0, "ok", 4),
        ("trust", "RZ9", "post", None, bed_days, 9.5, "ok", 2),
        ("trust", "RZ9", "pre", None, bed_days, 12.5, "ok", 2),
        ("country", "National", "2025-03", 2024, "mean_delay", 6.5, "ok", 2),
    ]


def test_quarters_and_parts(tmp_path: Path) -> None:
    bad = detail("2024-05-01 00:00:00", "RZ9", dd_bed_days=31)
    rows = [*SHEETS[CONSISTENCY], bad]
    file = workbook(tmp_path, RELEASE, SHEETS | {CONSISTENCY: rows})
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    off = sums.filter((sums["published"] - sums["computed"]).abs() > sums["tolerance"])
    assert sums.height == 3 + 2 * 3
    assert off.select("check", "period", "published", "computed").rows() == [
        ("parts = bed_days_delayed", "2024-05", 31.0, 30.0)
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(file: PublishedFile, *words: str) -> None:
        refused(SOURCE, RELEASE, file, RELEASE.file, *words)

    without = {name: rows for name, rows in SHEETS.items() if name != "Figure 2"}
    bad(workbook(tmp_path, RELEASE, without), "expected a sheet named 'Figure 2'")
    renamed = [["month", "code", "x", "y", "z"], *FIGURE_1[1:]]
    bad(made(tmp_path, Figure_1=renamed), "sheet 'Figure 1'", "no row has 'org_code'")
    added = [[*FIGURE_1[0], "new"], *FIGURE_1[1:]]
    bad(made(tmp_path, Figure_1=added), "row 1", "column 'new'", "not declared")
    late = [*FIGURE_1[:2], month("2024 Q3", "National", 1)]
    bad(made(tmp_path, Figure_1=late), "row 3", "column 'month'", "'2024 Q3'")
    bad(made(tmp_path, Figure_1=[FIGURE_1[0], month("Jul-24", None, 1)]), "row 2", "'org_code'")
    words: Rows = [COMPARED, ["RZ9", "n/k", 9.5, *[1] * 7]]
    bad(made(tmp_path, Figure_2=words), "sheet 'Figure 2'", "row 2", "column 'pre'", "'n/k'")
    total: Rows = [COMPARED, ["Mean", 12.5, 9.5, *[1] * 7]]
    bad(made(tmp_path, Figure_2=total), "row 2", "'org_code'", "'Mean'")
    twice = [*SHEETS["Figure 2"][:2], SHEETS["Figure 2"][1]]
    bad(made(tmp_path, Figure_2=twice), "sheet=Figure 2, org_code=RZ9", "2 rows (2, 3)")
