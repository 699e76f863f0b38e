from pathlib import Path

import pytest

from pipeline.reading.source import conform
from pipeline.sources.staff_survey_leadership import QUESTIONS, RESPONSES, SOURCE
from tests.sources.layouts import comma_separated, refused, tidied

RELEASE = SOURCE.releases[0]
NEW = ("7f", "7g")


def survey(percents: str = "10,20,30,25,15", respondents: str = "200") -> list[list[str]]:
    """One row before 7f and 7g were asked and one after, with a mark and Windows line ends."""
    parts = [*RESPONSES, "N"]
    header = ["\ufeffORG_CODE", "YEAR", *(f"{q}_{part}" for q in QUESTIONS for part in parts)]
    answer = [*percents.split(","), respondents]
    before = ["RZ8", "2014"]
    for question in QUESTIONS:
        before += ["NA"] * 6 if question in NEW else answer
    return [header, before, ["99X/99Y", "2016", *answer * len(QUESTIONS)]]


def test_rows(tmp_path: Path) -> None:
    columns = ("org_code", "period", "question", "response", "score", "value", "status")
    found = tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, survey()), *columns)
    assert len(found) == 2 * 11 * 5
    assert [row for row in found if row[:3] == ("RZ8", "2014", "7d")] == [
        ("RZ8", "2014", "7d", "agree", 4, 25.0, "ok"),
        ("RZ8", "2014", "7d", "disagree", 2, 20.0, "ok"),
        ("RZ8", "2014", "7d", "neither", 3, 30.0, "ok"),
        ("RZ8", "2014", "7d", "strongly_agree", 5, 15.0, "ok"),
        ("RZ8", "2014", "7d", "strongly_disagree", 1, 10.0, "ok"),
    ]


def test_a_question_not_yet_asked_is_not_applicable(tmp_path: Path) -> None:
    rows = survey()
    rows[2][rows[0].index("8a_SA")] = "NA"
    columns = ("year", "question", "response", "value", "status", "respondents")
    found = set(tidied(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), *columns))
    assert (2014, "7f", "agree", None, "z", None) in found
    assert (2016, "7f", "agree", 25.0, "ok", 200) in found
    assert (2016, "8a", "strongly_agree", None, "x", 200) in found


@pytest.mark.parametrize(("percents", "agrees"), [("10,20,30,25,14", 11), ("10,20,30,25,15", 20)])
def test_responses_make_a_hundred(tmp_path: Path, percents: str, agrees: int) -> None:
    file = comma_separated(tmp_path, RELEASE, survey(percents))
    assert SOURCE.reconcile is not None
    found = SOURCE.reconcile(conform(SOURCE, RELEASE, SOURCE.tidy(file, RELEASE)))
    near = (found["published"] - found["computed"]).abs() <= found["tolerance"]
    assert (found.height, near.sum()) == (9 + 11, agrees)  # 99 percent passes in 2016 only


def test_bad_files(tmp_path: Path) -> None:
    def bad(rows: list[list[str]], *words: str) -> None:
        refused(SOURCE, RELEASE, comma_separated(tmp_path, RELEASE, rows), RELEASE.file, *words)

    rows = survey()
    rows[0][2] = "7a_VeryBad"
    bad(rows, "row 1", "column '7a_VeryBad'", "not declared")
    bad([[*row, ""] if i else [*row, "7h_SD"] for i, row in enumerate(survey())], "'7h_SD'")
    bad([*survey()[:2], survey()[2][:40]], "row 3", "expected 68 cells", "found 40")
    bad(survey("10,20,30,25,15%"), "row 2", "column '7a_SA'", "found '15%'")
    bad(survey(respondents="12.5"), "row 2", "column '7a_N'", "whole number", "12.5")
    bad([*survey(), survey()[1]], "org_code=RZ8, year=2014, question=7a", "2 rows (2, 4)")
    bad([survey()[0], ["", *survey()[1][1:]]], "row 2", "column 'org_code'", "may not be empty")
