from pathlib import Path

from pipeline.sources.spending_power import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = ["ons_code", "ons_name", "class", "region", *(str(year) for year in range(2012, 2022))]
FOGSHIRE = ["E10999001", "Fogshire", "County council", "Nowhere"]
ROWS = [
    HEADER,
    [*FOGSHIRE, "1,234.5", *["310"] * 3, "305.5", "250", *["260"] * 2, "..", ".."],
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    found = tidied(
        SOURCE, RELEASE, file, "areacd", "class", "period", "year", "measure", "value", "status"
    )
    place = ("E10999001", "County council")
    earlier, later = "spending_power_until_2015_16", "spending_power_since_2016_17"
    assert found == [
        (*place, "2011-12", 2011, earlier, 1234.5, "ok"),
        (*place, "2012-13", 2012, earlier, 310, "ok"),
        (*place, "2013-14", 2013, earlier, 310, "ok"),
        (*place, "2014-15", 2014, earlier, 310, "ok"),
        (*place, "2015-16", 2015, earlier, 305.5, "ok"),
        (*place, "2016-17", 2016, later, 250, "ok"),
        (*place, "2017-18", 2017, later, 260, "ok"),
        (*place, "2018-19", 2018, later, 260, "ok"),
        (*place, "2019-20", 2019, later, None, "z"),
        (*place, "2020-21", 2020, later, None, "z"),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    def changed(column: int, value: str) -> list[list[str]]:
        row = list(ROWS[1])
        row[column] = value
        return [HEADER, row]

    bad([["code", *HEADER[1:]], ROWS[1]], "no row has 'ons_code'")
    bad([[*HEADER[:-1], "2022"], ROWS[1]], "row 1", "column '2022'", "not declared")
    bad([HEADER[:-1], ROWS[1][:-1]], "row 1", "column '2021'", "expected this column")
    bad([*ROWS, ROWS[1][:6]], "row 3", "expected 14 cells", "found 6")
    bad(changed(5, "n/a"), "row 2", "column '2013'", "'n/a'")
    bad(changed(0, "Fogshire"), "row 2", "column 'ons_code'", "'Fogshire'")
    bad(changed(2, "Parish"), "row 2", "column 'class'", "'Parish'")
    bad([*ROWS, ROWS[1]], "areacd=E10999001, period=2011-12", "2 rows (2, 3)")
