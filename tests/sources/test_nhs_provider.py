from pathlib import Path

from pipeline.sources.nhs_provider import SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
ROWS = [
    ["\ufeffORG_CODE", "ORG_NAME", "ORG_TYPE", "HEE_REGION_CODE", "SPECIALIST"],
    ["98A ", "Riddle, Fable and Saga CCG ", "Clinical Commissioning Group", "YDF30", "FALSE"],
    ["RZ9 ", "Fable Infirmary", "Acute", "YDF21", "TRUE"],
]


def test_rows(tmp_path: Path) -> None:
    columns = ("org_code", "org_name", "org_type", "hee_region", "specialist", "row")
    assert tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, ROWS), *columns) == [
        ("98A", "Riddle, Fable and Saga CCG", "commissioner", "YDF30", False, 2),
        ("RZ9", "Fable Infirmary", "acute", "YDF21", True, 3),
    ]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    def extra(place: int, text: str) -> list[list[str]]:
        row = ["RZ8", *ROWS[2][1:]]
        row[place] = text
        return [*ROWS, row]

    bad([["CODE", *ROWS[0][1:]], *ROWS[1:]], "no row has 'ORG_CODE'")
    bad([[*ROWS[0], "NEW"], *([*r, ""] for r in ROWS[1:])], "row 1", "'NEW'", "not declared")
    bad([*ROWS, ["RZ8", "Saga"]], "row 4", "expected 5 cells", "found 2")
    bad(extra(0, "RZ8X"), "row 4", "'ORG_CODE'", "'RZ8X'")
    bad(extra(1, ""), "row 4", "'org_name'", "may not be empty")
    bad(extra(2, "Hospice"), "row 4", "'ORG_TYPE'", "'Hospice'")
    bad(extra(3, "North"), "row 4", "'HEE_REGION_CODE'", "'North'")
    bad(extra(4, "yes"), "row 4", "'SPECIALIST'", "'yes'")
    bad([*ROWS, ROWS[2]], "org_code=RZ9", "2 rows (3, 4)")
