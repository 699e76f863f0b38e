"""The sources' pages say whose a source is, what was read and checked, and what uses it."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.database.publish import build
from pipeline.reading.source import STATUS
from pipeline.report.page import about
from pipeline.report.read import Reader, analyses
from pipeline.report.source_pages import HASH, _file, pages
from pipeline.study.framework import framework
from pipeline.tables import Table

from .conftest import HOSTILE, Page
from .form import Form

Row = dict[str, Any]
Site = dict[str, Page]

USED, BEHIND, OFF = "delayed_transfers", "council_registry", "spending_power"
"""A source with a measure in a panel, one that only tables read, one that is switched off."""
OUTCOME = "delayed_days_rate"
TITLE = framework().indicators[OUTCOME].title
SHA256 = "0123456789abcdef" * 4
ADDRESS = "https://example.org/a%20file.csv"


def meta(synthetic: bool) -> dict[str, list[Row]]:
    run = {
        "version": "v1",
        "title": "Test",
        "built_at": "2026-01-02T03:04:05+00:00",
        "synthetic": synthetic,
        "framework_registered": True,
        "framework_sha256": "f",
        "packages": "p",
    }
    sources = [
        {
            "source": name,
            "title": title,
            "publisher": "The Publisher",
            "licence": "OGL v3.0",
            "attribution": "Contains invented data.",
            "provenance": "scraped",
            "about": "What it is.",
            "files": 1,
            "switched_off": name == OFF,
            "why_switched_off": "They asked for it." if name == OFF else None,
        }
        for name, title in ((USED, "Transfers"), (BEHIND, HOSTILE), (OFF, "Power"))
    ]
    release = {
        "source": USED,
        "release": "2017-18 final",
        "revision": 0,
        "period": "2017-18",
        "published": None,
        "file": "folder/file.csv",
        "url": None if synthetic else ADDRESS,
        "sha256": SHA256,
        "bytes": 10,
        "rows": 1234,
    }
    sums = [
        {
            "source": USED,
            "check": f"England = sum of councils: {part}",
            "period": f"201{number}-1{number + 1}",
            "difference": difference,
            "agrees": agrees,
            "settled": settled,
            "explained": why,
        }
        for number, (part, difference, agrees, settled, why) in enumerate(
            [
                ("a", 0.0, True, True, None),
                ("b", -12.0, False, True, "The publisher's own."),
                ("c", 7.0, False, False, None),
                ("d", None, None, None, None),
            ]
        )
    ]
    checks = [
        {
            "layer": layer,
            "table": table,
            "category": category,
            "severity": "warning",
            "passed": passed,
            "failing": None if passed else 3,
            "message": "" if passed else "Three rows twice.",
        }
        for layer, table, category, passed in (
            ("tidy", USED, "keys", False),
            ("tidy", USED, "schema", True),
            ("tidy", BEHIND, "schema", True),
            ("locality", USED, "values", False),
        )
    ]
    revisions = [
        {
            "source": USED,
            "from_release": "2017-18 provisional",
            "to_release": "2017-18 final",
            "kind": kind,
            "before": before,
            "change": change,
        }
        for kind, before, change in (
            ("changed", 100.0, 1.0),
            ("changed", 100.0, -50.0),
            ("changed", 100.0, 3.0),
            ("added", None, None),
        )
    ]
    return {
        "run": [run],
        "source": sources,
        "release": [release],
        "usage_warning": [
            {"source": USED, "usage_warning": "rounded", "meaning": "It is rounded."}
        ],
        "correction": [
            {
                "source": USED,
                "matches": "{}",
                "column": "value",
                "published": None,
                "corrected": "15233.0",
                "rows": 1,
                "why": "It was in millions.",
                "evidence": "Magnitude.",
            }
        ],
        "release_notice": [
            {"source": USED, "file": "new.csv", "kind": "undeclared", "problem": None}
        ],
        "reconciliation": sums,
        "check_results": checks,
        "drift": [
            {"source": USED, "period_after": "2017-18", "drifts": drifts, "explained": why}
            for drifts, why in (
                (True, "The form has changed."),
                (True, "The form has changed."),
                (True, None),
                (False, None),
            )
        ],
        "revision": revisions,
        "indicator": [asdict(framework().indicators[OUTCOME])],
        "lineage": [
            {
                "layer": layer,
                "table": table,
                "column": column,
                "indicator": "",
                "input_layer": "tidy",
                "input_table": USED,
                "input_column": "value",
            }
            for layer, table, column in (
                ("locality", "indicator_council", "status"),
                ("locality", "indicator_council", "value"),
                ("main", "latest", "value"),
            )
        ],
        "dictionary": [
            *(
                {
                    "layer": "tidy",
                    "table": USED,
                    "column": name,
                    "type": kind,
                    "meaning": meaning,
                }
                for name, kind, meaning in (
                    ("", "", "The table."),
                    ("value", "Float64", "Days a month."),
                    ("status", "String", ""),
                )
            ),
            *(
                {"layer": "status", "table": name, "column": "", "type": "", "meaning": meaning}
                for name, meaning in STATUS.items()
            ),
        ],
    }


def database(folder: Path, synthetic: bool) -> Path:
    spec = {
        "spec_id": "panel",
        "title": "A panel",
        "outcome": OUTCOME,
        "is_primary": True,
        "exploratory": None,
        "years": "2012-2013",
        "lag": 1,
        "controls": "deprivation, year",
        "thresholds": json.dumps(asdict(framework().test)),
        "stopped": None,
        "stopped_within": None,
    }
    tidy = {USED: [{"status": "ok"}] * 3 + [{"status": "c"}], OFF: []}
    made = [
        Table("meta", name, pl.DataFrame(rows, infer_schema_length=None), name)
        for name, rows in meta(synthetic).items()
    ]
    made += [
        Table("tidy", name, pl.DataFrame(rows, schema={"status": pl.String}), name)
        for name, rows in tidy.items()
    ]
    made.append(Table("evidence", "analysis_spec", pl.DataFrame([spec]), "spec"))
    return build(folder / "database", made)


def site_of(folder: Path, synthetic: bool) -> Site:
    with duckdb.connect(str(database(folder, synthetic)), read_only=True) as connection:
        reader = Reader(connection)
        made = pages(reader, about(reader.rows("meta.run")[0]), analyses(reader))
    return {name: Page(html) for name, html in made.items()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path_factory.mktemp("sources"), synthetic=False)


@pytest.fixture
def page(site: Site) -> Page:
    return site[f"sources/{USED}.html"]


class TestList:
    def test_every_source_has_a_page_and_a_line(self, site: Site) -> None:
        names = {f"sources/{name}.html" for name in (USED, BEHIND, OFF)}
        page = site["sources/index.html"]
        assert set(site) == names | {"sources/index.html"}
        links = {a["href"].removeprefix("../") for _, a in page.each("a")}
        assert names <= links

    def test_says_what_each_is_used_for(self, site: Site) -> None:
        rows = site["sources/index.html"].table("The sources")
        assert rows["Transfers Scraped; 1 file"][-1] == "1 measure in 1 panel"
        assert rows[f"{HOSTILE} Scraped; 0 files"][-1] == "Behind other tables"
        assert "Switched off Power Scraped; 0 files" in rows

    def test_explains_the_grades_that_occur(self, site: Site) -> None:
        text = site["sources/index.html"].text
        assert "Scraped: taken from web pages by someone else." in text
        assert "Derived" not in text


class TestSource:
    def test_says_whose_it_is(self, page: Page) -> None:
        for one in ("The Publisher", "OGL v3.0", "Contains invented data.", "What it is."):
            assert one in page.text
        assert "taken from web pages by someone else" in page.text

    def test_says_what_to_mind(self, page: Page, site: Site) -> None:
        assert "It is rounded." in page.texts("li")
        assert "No warning is declared" in site[f"sources/{BEHIND}.html"].text

    def test_lists_files_with_address_and_hash(self, page: Page) -> None:
        row = page.table("Releases")["2017-18 final"]
        assert row == ["2017-18", "not stated", "1,234", "folder/file.csv", f"{SHA256[:HASH]}…"]
        assert ADDRESS in [a["href"] for _, a in page.each("a")]
        assert SHA256 not in page.text

    def test_explains_columns(self, page: Page) -> None:
        rows = page.table("Columns")
        made = "locality.indicator_council: status, value; main.latest: value"
        assert rows["value"] == ["number", "Days a month.", made]
        assert rows["status"] == ["text", "not available", "Nothing"]

    def test_counts_what_stands_behind_the_values(self, page: Page) -> None:
        rows = page.table("What stands behind")
        assert rows["Observed and published"] == ["3", "75.0%"]
        assert rows["Confidential: suppressed by the publisher"] == ["1", "25.0%"]

    def test_tells_the_checks_of_its_own_table(self, page: Page, site: Site) -> None:
        assert "2 checks asked whether columns are the declared ones" in page.text
        assert ": 1 fails." in page.text
        assert page.table("Checks that fail")["Keys"] == ["Three rows twice.", "warning", "3"]
        assert ": it holds." in site[f"sources/{BEHIND}.html"].text
        assert "records no checks" in site[f"sources/{OFF}.html"].text

    def test_tells_totals_and_explains_differences(self, page: Page, site: Site) -> None:
        assert "1 agree, 2 differ (1 of these explained)." in page.text
        assert "1 could not be compared" in page.text
        rows = page.table("Published totals")
        assert rows["England = sum of councils"] == ["4", "1", "2", "1", "1"]
        why = page.table("Differences")
        assert why["The publisher's own."] == ["1", "2011-12", "12"]
        assert why["Not explained"][0] == "1"
        assert "publishes no totals" in site[f"sources/{BEHIND}.html"].text

    def test_tells_known_changes(self, page: Page, site: Site) -> None:
        rows = page.table("Newest figures unlike")
        assert rows["2017-18"] == ["The form has changed.", "2"]
        assert "Newest figures unlike" not in site[f"sources/{BEHIND}.html"].text

    def test_tells_revisions(self, page: Page, site: Site) -> None:
        assert "4 values differ between releases" in page.text
        rows = [row[1:] for row in page.tables["What later releases changed"][1:]]
        earlier = "2017-18 provisional"
        assert rows == [
            [earlier, "Added", "1", "not available", "not available"],
            [earlier, "Changed", "3", "3.0%", "50.0%"],
        ]
        assert "No period of this source" in site[f"sources/{BEHIND}.html"].text

    def test_tells_corrections_and_new_files(self, page: Page, site: Site) -> None:
        row = page.table("Errors of the publisher")["It was in millions."]
        assert row == ["various value", "15233.0", "1", "Magnitude."]
        assert "new.csv: undeclared" in page.texts("li")
        assert "No error of the publisher" in site[f"sources/{BEHIND}.html"].text

    def test_says_what_uses_it(self, page: Page, site: Site) -> None:
        row = page.table("Measures made")[TITLE]
        assert row[1].startswith("Used in 1 panel ")
        assert "../panels/panel.html" in [a["href"] for _, a in page.each("a")]
        other = site[f"sources/{BEHIND}.html"]
        assert "locality.place" in other.text
        assert "No measure is made of this source directly." in other.text

    def test_says_that_it_is_switched_off_and_why(self, page: Page, site: Site) -> None:
        assert "nothing rests on it: They asked for it." in site[f"sources/{OFF}.html"].text
        assert "Switched off" not in page.text


class TestForm(Form):
    @pytest.fixture(params=["index", USED, BEHIND, OFF])
    def any_page(self, site: Site, request: pytest.FixtureRequest) -> Page:
        return site[f"sources/{request.param}.html"]

    def test_anchors_are_there(self, any_page: Page) -> None:
        ids = {a["id"] for _, a in any_page.tags if "id" in a}
        anchors = {a["href"][1:] for _, a in any_page.each("a") if a["href"].startswith("#")}
        assert anchors <= ids

    def test_loads_and_runs_nothing(self, any_page: Page) -> None:
        assert not any_page.each("script", "link", "iframe", "object", "embed", "form", "img")
        for tag, a in any_page.tags:
            assert not [name for name in a if name.startswith("on") or name == "style"]
            # Addresses of files are there to be followed, and nothing is read from them.
            assert tag == "a" or not re.search("https?://", " ".join(a.values()))

    def test_nothing_is_left_raw(self, any_page: Page) -> None:
        assert not re.search(r"\b(None|nan|null|Undefined)\b", any_page.text)
        assert HOSTILE not in any_page.html


def test_synthetic_sources_are_marked(tmp_path: Path) -> None:
    for page in site_of(tmp_path, synthetic=True).values():
        assert "SYNTHETIC." in page.text
        assert all(caption.startswith("SYNTHETIC: ") for caption in page.texts("caption"))


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "file:///etc", None]
)
def test_only_an_address_of_the_web_becomes_a_link(address: str | None) -> None:
    row = {"release": "r", "period": "p", "published": "", "file": "f", "sha256": "", "rows": 1}
    assert _file(row | {"url": address}).address is None
    assert _file(row | {"url": ADDRESS}).address == ADDRESS
