from pathlib import Path

from pipeline.reading.source import conform
from pipeline.sources.staff_survey_acute import MEASURES, SOURCE, UNREAD
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = ["Code", "Year.index", UNREAD, *MEASURES]


def row(code: str, year: str, **cells: str) -> list[str]:
    have = {"Code": code, "Year.index": year} | {k.replace("_", "."): v for k, v in cells.items()}
    return [have.get(label, "NA") for label in HEADER]


ROWS = [
    HEADER,
    row("", "2015", Survey_clinical_proportion="0.69"),
    row("R1F1", "2018", Engagement="0.71", Responses="340", SHMI_index="1.05"),
    row("R1F1", "2019", SHMI_before="1.05", SHMI_index="0.9"),
]


def test_rows(tmp_path: Path) -> None:
    columns = ("org_code", "period", "year", "measure", "value", "status", "row")
    found = tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns)
    assert len(found) == 2 * len(MEASURES)
    assert [r for r in found if r[3] == "engagement"] == [
        ("R1F1", "2018", 2018, "engagement", 0.71, "ok", 3),
        ("R1F1", "2019", 2019, "engagement", None, "x", 4),
    ]


def test_mortality_of_the_year_before(tmp_path: Path) -> None:
    rows = [*ROWS, row("RZ9", "2016", SHMI_index="1.1"), row("RZ9", "2017", SHMI_before="1.2")]
    frame = SOURCE.tidy(comma_separated(tmp_path, RELEASE, rows), RELEASE)
    assert SOURCE.reconcile is not None
    found = SOURCE.reconcile(conform(SOURCE, RELEASE, frame)).sort("area")
    assert found.select("area", "period", "published", "computed").rows() == [
        ("R1F1", "2019", 1.05, 1.05),
        ("RZ9", "2017", 1.2, 1.1),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["Org", *HEADER[1:]], *ROWS[1:]], "no row has 'Code'")
    bad([[*HEADER, "new"], *([*r, ""] for r in ROWS[1:])], "row 1", "'new'", "not declared")
    bad([*ROWS, ROWS[1][:4]], "row 5", f"expected {len(HEADER)} cells", "found 4")
    bad([*ROWS, row("", "2016")], "row 5", "'Code'", "without a code")
    bad([*ROWS, row("Total", "2016")], "row 5", "'Code'", "'Total'")
    bad([*ROWS, row("RZ9", "2016-17")], "row 5", "'Year.index'", "'2016-17'")
    bad([*ROWS, row("RZ9", "2016", rr="44%")], "row 5", "'rr'", "'44%'")
    bad([*ROWS, ROWS[2]], "org_code=R1F1, year=2018", "2 rows (3, 5)")
