from pathlib import Path

from pipeline.reading.source import conform
from pipeline.sources.staff_survey_organisations import MEASURES, RELIGIONS, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
RELIGION = [label for label, (name, _, _) in MEASURES.items() if name in RELIGIONS]
BASES = list(dict.fromkeys(base for _, base, _ in MEASURES.values()))
HEADER = [
    *("ODS code", "Year", "Organisation name", "Benchmarking group", "Region", "ICS/STP"),
    *("Weighting", "ICS", *MEASURES, *BASES, "Respondents", "Burned_out_response_rate"),
    *("Emotionally_exhausting_response_rate", "Frustration_response_rate"),
]


def row(code: str, year: str, region: str, stp: str, ics: str = "NA", **cells: str) -> list[str]:
    have = {"ODS code": code, "Year": year, "Organisation name": "Fable", "Region": region}
    have |= {"Benchmarking group": "Community Trusts", "Weighting": "Unweighted"}
    have |= {"ICS/STP": stp, "ICS": ics} | dict.fromkeys(BASES, "24")
    have |= dict.fromkeys(MEASURES, "30.5") | dict.fromkeys(RELIGION, "0")
    have |= {"Religion_None_rate": "75", "Religion_Sikh_rate": "25", "Autonomy_base": "21"} | cells
    return [have.get(label, "100") for label in HEADER]


ROWS = [
    HEADER,
    row("R1F1", "2021", "Fable System", "East Quarter"),
    row("RZ9", "2021", "Riddle System", "East Quarter"),
    row("98X/98Y", "2021", "-", "-"),
    row("RZ9", "2022", "East Quarter", "<NA>"),
    row("RZ8", "2022", "East Quarter", "Fable System"),
    row("RZ9", "2023", "East Quarter", "NA", "Fable System", Autonomy_rate="-"),
]


def test_rows(tmp_path: Path) -> None:
    file = comma_separated(tmp_path, RELEASE, ROWS)
    every = tidied(SOURCE, RELEASE, file)
    assert len(every) == 6 * len(MEASURES)
    names = ("org_code", "year", "region", "system", "value", "status", "respondents", "row")
    found = [[r[n] for n in names] for r in every if r["measure"] == "able_to_make_improvements"]
    assert found == [
        ["98X/98Y", 2021, None, None, 30.5, "ok", 21, 4],
        ["R1F1", 2021, "East Quarter", "Fable System", 30.5, "ok", 21, 2],
        ["RZ8", 2022, "East Quarter", "Fable System", 30.5, "ok", 21, 6],
        ["RZ9", 2021, "East Quarter", "Riddle System", 30.5, "ok", 21, 3],
        ["RZ9", 2022, "East Quarter", None, 30.5, "ok", 21, 5],
        ["RZ9", 2023, "East Quarter", "Fable System", None, "x", 21, 7],
    ]


def test_religions_make_a_hundred(tmp_path: Path) -> None:
    short = row("RZ8", "2022", "East Quarter", "Fable System", Religion_Sikh_rate="24")
    frame = SOURCE.tidy(comma_separated(tmp_path, RELEASE, [*ROWS[:5], short]), RELEASE)
    assert SOURCE.reconcile is not None
    found = SOURCE.reconcile(conform(SOURCE, RELEASE, frame))
    assert sorted(found["computed"].to_list()) == [99.0, 100.0, 100.0, 100.0, 100.0]


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    bad([["ODS", *HEADER[1:]], *ROWS[1:]], "no row has 'ODS code'")
    bad([[*HEADER, "New_rate"], *([*r, "1"] for r in ROWS[1:])], "'New_rate'", "not declared")
    bad([*ROWS, ROWS[1][:30]], "row 8", f"expected {len(HEADER)} cells", "found 30")
    bad([*ROWS, row("RZ7", "2025", "-", "-")], "row 8", "'Year'", "'2025'")
    bad([*ROWS, row("Rz7", "2022", "-", "-")], "row 8", "'ODS code'", "'Rz7'")
    bad([*ROWS, row("RZ7", "2022", "-", "-", Stress_rate="low")], "'Stress_rate'", "'low'")
    bad([*ROWS, row("RZ7", "2022", "-", "-", Stress_base="9.5")], "'Stress_base'", "whole")
    # Columns that are not swapped any more, and a place in a column that should be empty.
    straight = [row(code, "2021", "East", f"System {code}") for code in ("RZ6", "RZ7")]
    bad([HEADER, *straight], "row 2", "in 2021", "'ICS/STP'", "no more regions")
    bad([*ROWS, row("RZ7", "2023", "East Quarter", "Fable")], "row 8", "'ICS/STP'", "'Fable'")
    bad([*ROWS, ROWS[1]], "org_code=R1F1, year=2021", "2 rows (2, 8)")
