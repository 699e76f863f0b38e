from datetime import date
from pathlib import Path

from pipeline.sources.dementia_register import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
HEADER = ["", "INDICATOR", "ORG_TYPE", "ORG_CODE", "NAME", "ACH_DATE", "MEASURE", "VALUE", "DQ"]


def row(kind: str, code: str, value: str, day: str = "2018-03-31", mark: str = "") -> list[str]:
    fixed = ("DEMENTIA: 65+ ESTIMATED DIAGNOSIS RATE", "DEMENTIA_REGISTER_65_PLUS")
    return ["17", fixed[0], kind, code, "FOGSHIRE", day, fixed[1], value, mark]


ROWS = [
    HEADER,
    row("LTLA", "E07999001", "300.0"),
    row("LTLA", "E06999001", "120.0", mark="1.0"),
    row("LTLA", "E06999001", "125.0", "2018-04-30"),
    row("UTLA", "E06999001", "120.0"),
    row("CC", "E10999001", "300.0"),
    row("PHE_REGION", "E12999001", "420.0"),
    row("PHE_CENTRE", "E45999001", "420.0"),
    row("DEVOLVED_AREA", "STP99", "420.0"),
    row("IMD_DECILE", "IMD_9", "420.0"),
    row("ONS_GROUP", "Cl_9", "420.0"),
    row("COUNTRY_GEOGRAPHICAL", "E92000001", "420.0"),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    columns = ("areacd", "area_type", "level", "period", "month", "year", "value", "status", "row")
    march = ("2018-03", date(2018, 3, 1), 2017)
    april = ("2018-04", date(2018, 4, 1), 2018)
    assert tidied(SOURCE, RELEASE, file, *columns) == [
        ("E06999001", "council", "district", *march, 120.0, "u", 3),
        ("E06999001", "council", "district", *april, 125.0, "ok", 4),
        ("E06999001", "council", "upper_tier", *march, 120.0, "ok", 5),
        ("E07999001", "council", "district", *march, 300.0, "ok", 2),
        ("E10999001", "council", "upper_tier", *march, 300.0, "ok", 6),
        ("E12999001", "region", "region", *march, 420.0, "ok", 7),
        ("E92000001", "country", "country", *march, 420.0, "ok", 12),
    ]


def test_england_is_the_sum_of_each_level(tmp_path: Path) -> None:
    def differences(rows: list[list[str]]) -> dict[str, float]:
        assert SOURCE.reconcile is not None
        frame = SOURCE.tidy(comma_separated(tmp_path, RELEASE, rows), RELEASE)
        sums = SOURCE.reconcile(frame).select("check", "published", "computed").rows()
        return {check: computed - published for check, published, computed in sums}

    assert set(differences(ROWS).values()) == {0.0}
    wrong = [row("LTLA", "E07999001", "290.0"), row("UTLA", "E06999001", "121.0")]
    assert differences([*ROWS[:1], wrong[0], *ROWS[2:4], wrong[1], *ROWS[5:]]) == {
        "England = sum of district areas": -10.0,
        "England = sum of upper_tier areas": 1.0,
        "England = sum of region areas": 0.0,
        "council at both levels": -1.0,
    }


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["", "MEASURED", *HEADER[2:]], *ROWS[1:]], "no row has 'INDICATOR'")
    bad([["index", *HEADER[1:]], *ROWS[1:]], "row 1", "column 'index'", "not declared")
    bad([*ROWS, ROWS[1][:5]], "row 13", "expected 9 cells", "found 5")
    bad([*ROWS, row("LTLA", "E07999002", "many")], "row 13", "'VALUE'", "'many'")
    bad([*ROWS, row("LTLA", "E07999002", "1", "2018-03-30")], "row 13", "'ACH_DATE'")
    bad([*ROWS, row("LTLA", "FOG", "1")], "row 13", "'ORG_CODE'", "'FOG'")
    bad([*ROWS, row("LTLA", "E07999002", "1", mark="2.0")], "row 13", "'DQ'", "'2.0'")
    bad([*ROWS, row("ICB", "E54999001", "1")], "row 13", "'ORG_TYPE'", "'ICB'")
    other = row("LTLA", "E07999002", "1")
    other[6] = "DEMENTIA_ESTIMATE_65_PLUS"
    bad([*ROWS, other], "row 13", "'MEASURE'", "'DEMENTIA_ESTIMATE_65_PLUS'")
    bad([*ROWS, ROWS[1]], "areacd=E07999001", "level=district", "2 rows (2, 13)")
