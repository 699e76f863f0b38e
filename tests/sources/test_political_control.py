from pathlib import Path

from pipeline.sources.political_control import MEASURES, PARTIES, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = ["id", "council id", "authority", "year", "total", *PARTIES, "majority"]


def row(number: str, year: str, label: str, total: str = "30", con: str = "18") -> list[str]:
    return ["9", number, "Fogshire", year, total, con, "10", "2", *["0"] * 6, label]


ROWS = [
    HEADER,
    row("17", "2024", "Con"),
    row("17", "2025", "LD/IND/GRN min"),
    row("417", "2025", "TBD", con="17"),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    rows = tidied(SOURCE, RELEASE, file)
    assert len(rows) == 3 * len(MEASURES)
    assert [
        (row["council_id"], row["year"], row["control"], row["control_words"], row["value"])
        for row in rows
        if row["measure"] == "seats_conservative"
    ] == [
        ("17", 2024, "Con", "to 2024", 18.0),
        ("17", 2025, "LD/IND/GRN min", "from 2025", 18.0),
        ("417", 2025, None, "from 2025", 17.0),
    ]
    assert SOURCE.reconcile is not None
    sums = SOURCE.reconcile(SOURCE.tidy(file, RELEASE)).sort("period", "area")
    assert sums.select("area", "published", "computed").rows() == [
        ("17", 30.0, 30.0),
        ("17", 30.0, 30.0),
        ("417", 30.0, 29.0),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([[*HEADER[:-1], "control"], *ROWS[1:]], "no row has 'majority'")
    bad([[*HEADER, "nation"], *([*one, ""] for one in ROWS[1:])], "'nation'", "not declared")
    bad([*ROWS, ROWS[1][:9]], "row 5", "expected 15 cells", "found 9")
    bad([*ROWS, row("18", "2024", "Con", con="most")], "row 5", "column 'con'", "'most'")
    bad([*ROWS, row("18", "2024", "CON/IND")], "row 5", "'majority'", "'CON/IND'")
    bad([*ROWS, row("18", "2025", "Con plurality")], "row 5", "'majority'", "'Con plurality'")
    bad([*ROWS, row("Fog", "2025", "CON")], "row 5", "'council id'", "'Fog'")
    bad([*ROWS, ROWS[1]], "council_id=17, year=2024", "2 rows (2, 5)")
