"""README's findings are those of a database, and of the published one where there is one."""

import re
from pathlib import Path

import duckdb
import pytest

from pipeline.edition import ENGLAND
from pipeline.report.findings import BEGIN, END, PICTURE, README, findings
from pipeline.report.read import Reader

from .conftest import World, database


def test_tables_give_the_leads_and_verdicts_of_the_database(tmp_path: Path) -> None:
    with duckdb.connect(str(database(tmp_path, World())), read_only=True) as connection:
        made = findings(Reader(connection))
    assert made.text.startswith("**The data here cannot decide the claim.**")
    row = next(line for line in made.text.splitlines() if line.startswith("| Councils and delayed"))
    assert "(*primary, exploratory*) | 6 |" in row
    assert "| −0.1 (−2.5 to 2.4) | 0.0 (−2.5 to 2.4) | not supported |" in row
    inside = next(line for line in made.text.splitlines() if line.startswith("| Districts and"))
    assert "| 3 | 0.1% (1.0%) | 0.662 | inconclusive |" in inside
    assert made.picture.startswith("<svg")
    assert f"]({PICTURE.parent.name}/{PICTURE.name})" in made.text


def test_the_readme_has_a_place_for_them_and_a_picture() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert re.search(r"!\[.{40,}\]\(docs/answer\.svg\)", text)
    assert PICTURE.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.england
@pytest.mark.skipif(not ENGLAND.database.exists(), reason="no database of England is published")
def test_the_readme_agrees_with_the_published_database() -> None:
    with duckdb.connect(str(ENGLAND.database), read_only=True) as connection:
        made = findings(Reader(connection))
    text = README.read_text(encoding="utf-8")
    assert made.text == text.partition(BEGIN)[2].partition(END)[0].lstrip("\n"), (
        "the README shows another database: make findings"
    )
