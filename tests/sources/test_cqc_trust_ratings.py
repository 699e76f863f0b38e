from datetime import date
from pathlib import Path

from pipeline.sources.cqc_trust_ratings import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
ROWS = [
    ["\ufeffORG_CODE", "DATE", "POPULATION", "QUESTION", "RATING_SCORE"],
    ["RZ9", "12/01/2017", "Overall", "Well-led", "3"],
    ["1-900001", "03/02/2016", "Urgent care", "Safe", "0"],
    ["RZ9", "12/01/2017", "Urgent care", "Overall", ""],
    ["RZ9", "28/06/2018", "Urgent care", "Overall", "1"],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("org_code", "code_type", "date", "scope", "service", "question", "value", "rating")
    years = tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), "period", "year")
    # January and February belong to the financial year before.
    assert years == [("2015-16", 2015), ("2016-17", 2016), ("2016-17", 2016), ("2018-19", 2018)]
    found = tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns, "status")
    first, second = date(2017, 1, 12), date(2018, 6, 28)
    urgent = ("service", "Urgent care")
    assert found == [
        ("1-900001", "cqc", date(2016, 2, 3), *urgent, "safe", 1.0, "Inadequate", "ok"),
        ("RZ9", "ods", first, "provider", "Overall", "well_led", 4.0, "Outstanding", "ok"),
        ("RZ9", "ods", first, *urgent, "overall", None, None, "x"),
        ("RZ9", "ods", second, *urgent, "overall", 2.0, "Requires improvement", "ok"),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    def extra(place: int, text: str) -> list[list[str]]:
        row = ["RZ8", "12/01/2017", "Overall", "Safe", "2"]
        row[place] = text
        return [*ROWS, row]

    bad([["ORG", *ROWS[0][1:]], *ROWS[1:]], "no row has 'ORG_CODE'")
    bad([[*ROWS[0], "NOTE"], *([*r, ""] for r in ROWS[1:])], "row 1", "'NOTE'", "not declared")
    bad([*ROWS, ["RZ8", "12/01/2017"]], "row 6", "expected 5 cells", "found 2")
    bad(extra(0, "RZ"), "row 6", "'ORG_CODE'", "'RZ'")
    bad(extra(1, "2017-01-12"), "row 6", "'DATE'", "'2017-01-12'")
    bad(extra(1, "01/13/2017"), "row 6", "'DATE'", "'01/13/2017'")
    bad(extra(2, ""), "row 6", "'POPULATION'")
    bad(extra(3, "Well led"), "row 6", "'QUESTION'", "'Well led'")
    bad(extra(4, "Good"), "row 6", "'RATING_SCORE'", "'Good'")
    bad(extra(4, "4"), "row 6", "'RATING_SCORE'", "from 0 to 3", "4.0")
    bad([*ROWS, ROWS[1]], "org_code=RZ9, service=Overall, question=well_led", "2 rows (2, 6)")
