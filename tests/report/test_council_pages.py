"""The councils' pages say what the tables hold, and how far it can be trusted."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.database.publish import build
from pipeline.reading.source import STATUS
from pipeline.report.council_pages import Councils
from pipeline.report.page import about
from pipeline.report.read import Names, Reader, analyses
from pipeline.study.framework import framework
from pipeline.tables import Table

from .conftest import HOSTILE, Page
from .form import LONGEST, Form, drawings

Row = dict[str, Any]
Site = dict[str, Page]

OWN, OLD, NEW, COUNTY, TINY = "E06000001", "E06000009", "E06000010", "E10000001", "E06000008"
ALIKE = [f"E0600000{number}" for number in range(2, 7)]
DISTRICTS = {"E07000001": "Dale", "E07000002": "Fell", "E07000003": "Moor"}
NAMES = {
    OWN: "Aldbury",
    **dict(zip(ALIKE, ["Barrow", "Carne", "Dunmere", "Eastly", HOSTILE], strict=True)),
    TINY: "Tiny",
    OLD: "Oldcastle",
    NEW: "Newcastle",
    COUNTY: "Greatshire",
}
YEARS = range(2012, 2019)
ENDED = date(2016, 4, 1)
OUTCOME, LEADERSHIP = "delayed_days_rate", "leaders_at_every_level"
MONEY, JUDGED, NEED = "total_service_per_head", "impact_of_leaders", "deprivation"
USED = (OUTCOME, LEADERSHIP, MONEY, JUDGED, NEED)
TITLES = {name: framework().indicators[name].title for name in USED}
LEAST = framework().test.min_coverage
TRUSTS = {"RAA": "ALPHA NHS TRUST", "RBB": "BETA NHS TRUST"}


def exists(code: str, year: int) -> bool:
    return year < ENDED.year if code == OLD else year >= ENDED.year if code == NEW else True


def places() -> list[Row]:
    made = []
    for code, name in NAMES.items() | DISTRICTS.items():
        kind = (
            ("lower", "shire district")
            if code in DISTRICTS
            else ("upper", "shire county")
            if code == COUNTY
            else ("unitary", "unitary authority")
        )
        made.append(
            {
                "areacd": code,
                "areanm": name,
                "tier": kind[0],
                "council_class": kind[1],
                "region": "North" if code in (OWN, ALIKE[0]) else "South",
                "county_areacd": COUNTY if code in DISTRICTS else None,
                "start_date": ENDED if code == NEW else None,
                "end_date": ENDED if code == OLD else None,
                "predecessors": OLD if code == NEW else None,
                "successors": NEW if code == OLD else None,
                "comparators": None if code in (NEW, *DISTRICTS) else ",".join(ALIKE),
            }
        )
    return made


def outcome(code: str, year: int) -> float | None:
    """The council rises by ten a year, far above its alike, which stay at 10 to 14."""
    if code == OWN:
        return None if year == YEARS[2] else 1000.0 + 10 * (year - YEARS[0])
    return 10.0 + ALIKE.index(code) if code in ALIKE else 50.0


def figures() -> list[Row]:
    made: list[Row] = []

    def add(code: str, year: int, name: str, value: float | None, **more: Any) -> None:
        row: Row = {"areacd": code, "year": year, "indicator": name, "value": value}
        row |= {"status": "ok", "coverage": None, "n_effective": None, "sampling_variance": None}
        row["reference_year"] = year
        made.append(row | more)

    for code in NAMES:
        for year in YEARS:
            value = outcome(code, year)
            carried = (code == NEW and year == YEARS[-1]) or (code == TINY and year in YEARS[:3])
            status = "c" if value is None else "e" if carried else "ok"
            add(code, year, OUTCOME, value, status=status)
            thin = code == OWN and year == YEARS[1]
            add(
                code,
                year,
                LEADERSHIP,
                3.5 if code == OWN else 3.0 + 0.01 * ALIKE.index(code) if code in ALIKE else 3.2,
                coverage=LEAST / 2 if thin else 0.9,
                sampling_variance=0.0004,
            )
            if code == TINY:
                add(code, year, MONEY, None, status="c")
            else:
                add(code, year, MONEY, 500.0 if code == COUNTY else 900.0 + int(code[-1]))
            add(code, year, NEED, 20.0)
        if code != TINY:
            add(code, YEARS[-1], JUDGED, 3.0, reference_year=YEARS[-3])
    for code in DISTRICTS:
        add(code, YEARS[-1], OUTCOME, 77.0)
    return made


def locality() -> dict[str, list[Row]]:
    regions = {row["areacd"]: row for row in places()}
    return {
        "place": places(),
        "indicator_place": figures(),
        "authority_year": [
            {"areacd": code, "year": year, "region": regions[code]["region"]}
            for code in NAMES
            for year in YEARS
            if exists(code, year)
        ],
        "district_year": [
            {"areacd": code, "authority_areacd": COUNTY, "year": year}
            for code in DISTRICTS
            for year in YEARS
        ],
        "trust_place": [
            {
                "vintage": 2018,
                "areacd": code,
                "trust": trust,
                "patient_share": 0.1,
                "weight": weight,
                "rank": rank,
            }
            for code in (*NAMES, *DISTRICTS)
            for trust, weight, rank in (("RAA", 0.97, 1), ("RBB", 0.03, 2))
        ],
        "trust_indicator": [
            {
                "trust": trust,
                "year": year,
                "indicator": LEADERSHIP,
                "value": 3.5,
                "sampling_variance": 0.0004,
            }
            for trust in TRUSTS
            for year in YEARS
        ],
        "trust_authority": [{"trust": "RBB", "council_areacd": OWN}],
        "population": [
            {
                "areacd": code,
                "year": year,
                "persons": 9000.0 if code == TINY else 200_000.0,
                "aged_65_plus": 1800.0,
                "population_year": max(year, 2015),
            }
            for code in NAMES
            for year in YEARS
        ],
        "indicator_carried": [
            {
                "areacd": NEW,
                "status": "e",
                "carried_from": OLD,
                "share_inside": 0.6,
                "existed": True,
            }
        ],
        "not_carried": [
            {
                "areacd": NEW,
                "indicator": MONEY,
                "reason": "suppressed for a part of its ground",
                "first_year": 2016,
                "last_year": 2016,
                "existed": 1,
            },
            {
                "areacd": NEW,
                "indicator": JUDGED,
                "reason": "declared in the framework as not to be carried",
                "first_year": 2016,
                "last_year": 2016,
                "existed": 1,
            },
        ],
    }


def evidence() -> dict[str, list[Row]]:
    def spec(name: str, title: str, **more: Any) -> Row:
        return {
            "spec_id": name,
            "title": title,
            "outcome": OUTCOME,
            "is_primary": True,
            "exploratory": None,
            "years": "2013-2016",
            "lag": 1,
            "controls": f"{NEED}, year",
            "thresholds": json.dumps(asdict(framework().test)),
            "stopped": None,
            "stopped_within": None,
        } | more

    within = "every place is alone"
    specs = [
        spec("whole", "Whole councils", exploratory="It was looked at."),
        spec("parts", "Districts", stopped_within=within),
        spec("hospitals", "Hospitals", stopped_within=within),
    ]
    panel = [
        {"spec_id": "whole", "locality": code, "authority": code, "year": 2014}
        for code in (OWN, *ALIKE)
    ]
    panel += [
        {"spec_id": "parts", "locality": code, "authority": COUNTY, "year": 2014}
        for code in DISTRICTS
    ]
    panel += [{"spec_id": "hospitals", "locality": "RBB", "authority": "E54000001", "year": 2014}]
    verdict = {"composition": "both", "part": "between", "rule_id": "compositions_same_verdict"}
    return {
        "analysis_spec": specs,
        "panel": [row | {"dominant_trust": None, "enters_between": True} for row in panel],
        "verdict": [verdict | {"spec_id": "whole", "verdict": "not supported"}],
        "robustness": [
            {
                "spec_id": "whole",
                "kind": "leave one authority out",
                "detail": f"lowest: without {OWN}",
                "estimate": -0.0123,
                "passes": False,
            }
        ],
        "discordant_sets": [
            {
                "spec_id": "parts",
                "authority": COUNTY,
                "year": 2014,
                "n_localities": 3,
                "adopters": "E07000001",
                "diff": 0.5,
                "ci_low": -0.25,
                "ci_high": 1.25,
            }
        ],
    }


def database(folder: Path, synthetic: bool) -> Path:
    declared = [asdict(framework().indicators[name]) for name in USED]
    run = {
        "version": "v1",
        "title": "Test",
        "built_at": "2026-01-02T03:04:05+00:00",
        "synthetic": synthetic,
        "framework_registered": True,
        "framework_sha256": "f",
        "packages": "p",
    }
    meta: dict[str, list[Row]] = {
        "run": [run],
        "indicator": declared,
        "construct_coverage": [
            {"spec_id": "whole", "indicator": LEADERSHIP, "block": "leadership", "used": True}
        ],
        "source": [{"source": "s", "attribution": "Contains invented data."}],
        "dictionary": [
            {"layer": "status", "table": name, "meaning": meaning}
            for name, meaning in STATUS.items()
        ],
    }
    register = [
        {"vintage": "2017", "org_code": code, "org_name": name} for code, name in TRUSTS.items()
    ]
    layers = {
        "locality": locality(),
        "evidence": evidence(),
        "meta": meta,
        "tidy": {"trust_register": register},
    }
    return build(
        folder / "database",
        [
            Table(layer, name, pl.DataFrame(rows, infer_schema_length=None), name)
            for layer, tables in layers.items()
            for name, rows in tables.items()
        ],
    )


Made = Callable[[bool], dict[str, str]]


def councils_of(reader: Reader) -> Councils:
    run = about(reader.rows("meta.run")[0])
    return Councils(reader, run, analyses(reader), Names(reader))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The pages' text; each edition is built once."""
    found: dict[bool, dict[str, str]] = {}

    def of(synthetic: bool) -> dict[str, str]:
        if synthetic not in found:
            path = database(tmp_path_factory.mktemp("councils"), synthetic)
            with duckdb.connect(str(path), read_only=True) as connection:
                reader = Reader(connection)
                councils = councils_of(reader)
                found[synthetic] = councils.list()
                for page in councils.pages(councils.codes):
                    found[synthetic] |= page
        return found[synthetic]

    return of


@pytest.fixture(scope="module")
def site(made: Made) -> Site:
    return {name: Page(html) for name, html in made(False).items()}


def of(site: Site, code: str) -> Page:
    return site[f"councils/{code}.html"]


def year(page: Page, name: str, when: str) -> list[str]:
    return page.table(f"{TITLES[name]}, by year")[when]


class TestList:
    def test_every_council_has_a_page_and_no_district_has(self, site: Site) -> None:
        assert set(site) == {"councils/index.html"} | {f"councils/{code}.html" for code in NAMES}

    def test_names_every_council_under_its_region(self, site: Site) -> None:
        page = site["councils/index.html"]
        links = {a["href"] for _, a in page.each("a") if a["href"].startswith("E")}
        assert links == {f"{code}.html" for code in NAMES}
        assert page.texts("h2") == ["North", "South"]
        assert f"{len(NAMES)} councils" in page.texts("p")[-2]

    def test_a_county_is_found_by_its_districts(self, site: Site) -> None:
        item = next(one for one in site["councils/index.html"].texts("li") if "Greatshire" in one)
        assert "districts: Dale, Fell, Moor" in item

    def test_the_policy_allows_its_script_alone(self, site: Site) -> None:
        page = site["councils/index.html"]
        (script,) = re.findall(r"<script>(.*?)</script>", page.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        (policy,) = (a["content"] for _, a in page.each("meta") if "http-equiv" in a)
        assert policy.startswith("default-src 'none'; ")
        assert re.findall(r"script-src ([^;]*)", policy) == [f"'sha256-{digest}'"]

    def test_without_a_script_there_is_no_field_and_the_whole_list(self, site: Site) -> None:
        page = site["councils/index.html"]
        assert ("div", {"id": "find", "hidden": ""}) in page.tags
        assert not [a for tag, a in page.each("li", "section") if "hidden" in a]
        assert next(a for _, a in page.each("p") if "role" in a)["role"] == "status"
        assert ("label", {"for": "name"}) in page.tags


class TestFigures:
    def test_are_the_same_however_many_councils_are_held_at_a_time(
        self, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("pipeline.report.council_pages.HELD", 1)
        with duckdb.connect(str(database(tmp_path, False)), read_only=True) as connection:
            reader = Reader(connection)
            councils = councils_of(reader)
            found = list(councils.pages(councils.codes[::-1]))
        assert len(found) == len(councils.codes)
        for page in found:
            for name, html in page.items():
                assert html == made(False)[name]

    def test_shows_the_council_beside_the_medians(self, site: Site) -> None:
        # Alike: 10 to 14. Region: this one and Barrow, 10. England: five alike, three at 50, this.
        assert year(of(site, OWN), OUTCOME, "2012-13") == ["1,000", "12.0", "505", "14.0"]

    def test_a_suppressed_figure_stays_suppressed(self, site: Site) -> None:
        row = year(of(site, OWN), OUTCOME, "2014-15")
        assert row[0] == "not available Confidential: suppressed by the publisher"

    def test_gives_an_interval_where_staff_were_sampled(self, site: Site) -> None:
        row = year(of(site, OWN), LEADERSHIP, "2012-13")
        assert row[0] == "3.50 95% interval 3.46 to 3.54; 90% known"
        assert "interval" not in year(of(site, OWN), OUTCOME, "2012-13")[0]

    def test_does_not_compare_what_was_hardly_observed(self, site: Site) -> None:
        page = of(site, OWN)
        assert "too little to compare" in year(page, LEADERSHIP, "2013-14")[0]
        # The only other council of the region stands at 3.00.
        assert year(page, LEADERSHIP, "2012-13")[2] == "3.25"
        assert year(page, LEADERSHIP, "2013-14")[2] == "3.00"
        assert f"less than {100 * LEAST:.0f}% of '{TITLES[LEADERSHIP]}'" in page.text

    def test_compares_all_services_only_with_councils_that_have_them(self, site: Site) -> None:
        row = year(of(site, COUNTY), MONEY, "2018-19")
        assert row == ["500", "not available", "500", "500"]
        assert year(of(site, OWN), MONEY, "2018-19")[3] != "500"

    def test_says_what_stands_apart_and_which_way_is_better(self, site: Site) -> None:
        own, other = of(site, OWN).text, of(site, ALIKE[2]).text
        assert f"{TITLES[OUTCOME]}: Higher (worse) than similar councils, by 1,0" in own
        assert f"{TITLES[LEADERSHIP]}: Higher (better) than similar councils, by 0.48" in own
        assert f"{TITLES[OUTCOME]}: No detectable difference from similar councils." in other
        assert "Above their middle in 6 of 6 years." in own

    def test_says_that_equal_neighbours_tell_nothing(self, site: Site) -> None:
        assert (
            "Cannot be told: the similar councils all have the same figure." in of(site, OWN).text
        )

    def test_gives_a_trend_from_five_years_only(self, site: Site) -> None:
        assert "Rises by 10 a year (95% interval 10 to 10)" in of(site, OWN).text
        new = of(site, NEW)
        assert "No trend: fewer than 5 years of its own figures." in new.text
        assert "Rises" not in new.text
        assert "No trend: a figure stands for several years." in of(site, OWN).text

    def test_leaves_carried_figures_out_of_a_trend(self, site: Site) -> None:
        # Four of its seven years are its own; the other councils have all seven.
        assert "No trend: fewer than 5 years" in of(site, TINY).text
        assert "No trend: fewer than 5 years" not in of(site, ALIKE[0]).text

    def test_ranks_only_what_has_an_interval(self, site: Site) -> None:
        page = of(site, OWN)
        (rank,) = (
            row[-1] for row in page.table("Leadership: the latest").values() if "1 of" in row[-1]
        )
        assert rank.startswith("1 of 8 95% interval 1 to 1")
        assert page.table("Leadership: the latest")[
            f"{TITLES[JUDGED]} 1 inadequate to 4 outstanding, of the latest inspection; each "
            "figure stands for up to 5 more years, until a newer one; higher is better"
        ][-1].startswith("No rank")
        columns = page.tables["Outcome: the latest figures"][0]
        assert not [one for one in columns if one.startswith("Rank")]

    def test_says_of_which_year_a_figure_is_that_stands_for_later_ones(self, site: Site) -> None:
        page = of(site, OWN)
        assert year(page, JUDGED, "2018-19")[0] == "3 (good) figure of 2016-17"
        assert "figure of" not in year(page, MONEY, "2018-19")[0]


class TestPlace:
    def test_tells_a_boundary_change_and_leads_to_the_other_council(self, site: Site) -> None:
        new, old = of(site, NEW), of(site, OLD)
        assert "Boundary change: it began on 1 April 2016 in place of Oldcastle" in new.text
        assert "this council ended; the register gives 1 April 2016. Newcastle took" in old.text
        assert f"{OLD}.html" in [a["href"] for _, a in new.each("a")]
        assert "No change of boundaries" in of(site, OWN).text

    def test_shows_only_the_years_of_the_council(self, site: Site) -> None:
        assert list(of(site, NEW).table(f"{TITLES[OUTCOME]}, by year"))[1:] == [
            "2016-17",
            "2017-18",
            "2018-19",
        ]
        assert "2016-17" not in of(site, OLD).table(f"{TITLES[OUTCOME]}, by year")

    def test_says_which_measures_of_most_councils_have_no_figure_and_why(self, site: Site) -> None:
        text = of(site, TINY).text
        assert "It has no figure of 2 measures that most councils have" in text
        assert f"'{TITLES[MONEY]}' (confidential: suppressed by the publisher)." in text
        assert f"'{TITLES[JUDGED]}' (nothing is published for this council itself)." in text
        # What others lack for a while, or cannot be carried, is no such measure.
        for code in (OWN, OLD, NEW, COUNTY):
            assert "Measures without a figure here" not in of(site, code).text

    def test_finds_similar_councils_for_one_that_has_none(self, site: Site) -> None:
        page = of(site, NEW)
        assert len(page.texts("ol")) == 1
        assert "Similar councils of a reorganised council" in page.texts("dt")
        assert "Oldcastle" not in page.texts("ol")[0]

    def test_lists_districts_with_links_within_the_page(self, site: Site) -> None:
        page = of(site, COUNTY)
        ids = {a["id"] for _, a in page.tags if "id" in a}
        links = {a["href"].removeprefix("#") for _, a in page.each("a")}
        assert set(DISTRICTS) <= ids & links
        row = page.table("Districts of Greatshire")["Dale"]
        assert row == ["Alpha NHS Trust 97% of the weight", "77.0 2018-19"]

    def test_names_trusts_with_their_weight(self, site: Site) -> None:
        rows = of(site, OWN).table("Hospital trusts")
        # The council that ended is not one of the others.
        assert rows["Alpha NHS Trust"] == ["97%", "10%", f"{len(NAMES) - 2} councils"]
        assert rows["1 other trust"][0] == "3%"


class TestCautions:
    def test_says_what_was_carried_and_from_where(self, site: Site) -> None:
        text = of(site, NEW).text
        assert f"from Oldcastle: '{TITLES[OUTCOME]}' (2018-19)" in text
        assert "of whose people 60% live here" in text
        assert f"Suppressed for a part of its ground: '{TITLES[MONEY]}'." in text
        assert f"would say nothing of this one: '{TITLES[JUDGED]}'." in text
        row = year(of(site, NEW), OUTCOME, "2018-19")
        assert "Estimated from councils of another date" in row[0]

    def test_warns_of_few_people_and_of_outliers(self, site: Site) -> None:
        assert "Only 9,000 people live here." in of(site, TINY).text
        assert "Only" not in " ".join(of(site, OWN).texts("dd"))
        assert f"An outlier among all councils on '{TITLES[OUTCOME]}'" in of(site, OWN).text

    def test_says_which_population_it_rests_on(self, site: Site) -> None:
        assert "In 3 of 7 years figures per head rest" in of(site, OWN).text
        assert "Population of another year" not in of(site, NEW).texts("dt")

    def test_says_how_many_would_stand_apart_by_luck(self, site: Site) -> None:
        text = of(site, OWN).text
        told = re.search(
            r"stands apart on \d of \d measures. By luck alone about (\S+) would", text
        )
        assert told
        # The box at the top says the same.
        assert f"luck alone would bring (about {told[1]})" in text

    def test_says_at_the_top_how_sure_we_are(self, site: Site) -> None:
        def told(code: str) -> str:
            return next(one for one in of(site, code).texts("p") if one.startswith("How sure"))

        assert "Fairly sure that it differs from similar councils" in told(OWN)
        assert "Its boundaries changed" in told(NEW)
        assert "Its boundaries changed" not in told(OWN)
        assert "nobody publishes how much of a figure is chance" in told(OWN)


class TestPanels:
    def test_says_whether_the_council_is_in_each(self, site: Site) -> None:
        own = of(site, OWN).table("The panels")
        assert own[f"Whole councils {TITLES[OUTCOME]}"][0] == "In it In 1 year"
        assert own[f"Hospitals {TITLES[OUTCOME]}"][0] == "In it Through Beta NHS Trust"
        county = of(site, COUNTY).table("The panels")
        assert county[f"Districts {TITLES[OUTCOME]}"][0] == "In it With 3 districts"
        old = of(site, NEW).table("The panels")
        assert old[f"Districts {TITLES[OUTCOME]}"][0].startswith("Not in it No district")

    def test_says_why_it_is_not_in_it(self, site: Site) -> None:
        row = of(site, NEW).table("The panels")[f"Whole councils {TITLES[OUTCOME]}"]
        assert row[0].startswith("Not in it")

    def test_names_the_influential_one(self, site: Site) -> None:
        row = of(site, OWN).table("The panels")[f"Whole councils {TITLES[OUTCOME]}"]
        assert (
            row[1] == "Yes: without it the lead is the lowest of all, −1.2 points; it changes sides"
        )
        assert "weigh most in 1 panel" in of(site, OWN).text
        assert "weigh most" not in of(site, COUNTY).text

    def test_repeats_the_answer_with_its_mark(self, site: Site) -> None:
        row = of(site, OWN).table("The panels")[f"Whole councils {TITLES[OUTCOME]}"]
        assert row[2] == "Exploratory Not supported"

    def test_names_the_places_of_a_set(self, site: Site) -> None:
        (row,) = list(of(site, COUNTY).table("Places of this council").values())[1:]
        assert row == [
            "Dale",
            "Fell and Moor",
            "+0.50 95% interval −0.25 to 1.25; no detectable difference",
        ]
        assert "Places of this council" not in of(site, OWN).text


class TestForm(Form):
    @pytest.fixture(params=["index", OWN, NEW, COUNTY])
    def any_page(self, site: Site, request: pytest.FixtureRequest) -> Page:
        return site[f"councils/{request.param}.html"]

    def test_links_lead_somewhere(self, site: Site, any_page: Page) -> None:
        ids = {a["id"] for _, a in any_page.tags if "id" in a}
        for _, a in any_page.each("a"):
            address = a["href"]
            if address.startswith("#"):
                assert address[1:] in ids
            elif not address.startswith("../"):
                assert f"councils/{address}" in site

    def test_asks_for_nothing_and_runs_nothing(self, any_page: Page) -> None:
        assert not any_page.each("link", "iframe", "object", "embed")
        assert not re.search(r"https?://|@import|url\(", any_page.html)
        for _, a in any_page.tags:
            assert not [name for name in a if name.startswith("on") or name == "style"]

    def test_nothing_is_left_raw(self, any_page: Page) -> None:
        assert not re.search(r"\b(None|nan|inf|null|Undefined)\b", any_page.text)
        assert OUTCOME not in any_page.text

    def test_a_hostile_name_is_only_text(self, site: Site) -> None:
        page = of(site, ALIKE[-1])
        assert HOSTILE not in page.html
        assert HOSTILE in page.texts("h1")

    def test_pictures_have_a_text_and_a_table(self, site: Site) -> None:
        page = of(site, OWN)
        pictures = page.each("img")
        assert len(pictures) == 2
        for _, a in pictures:
            assert "The figures are in the table beside it." in a["alt"]
            assert len(a["alt"]) < LONGEST
        assert all(a["aria-hidden"] == "true" for _, a in page.each("svg"))

    def test_a_line_breaks_where_a_figure_is_missing(self, site: Site) -> None:
        (drawing, whole) = drawings(of(site, OWN))[0], drawings(of(site, ALIKE[0]))[0]

        def pieces(svg: str) -> int:
            return max(len(re.findall("M", one)) for one in re.findall(r' d="(M[^"]*L[^"]*)"', svg))

        assert pieces(drawing) == 2
        assert pieces(whole) == 1

    def test_a_carried_figure_is_drawn_hollow(self, site: Site) -> None:
        assert len(re.findall('fill="white" stroke', drawings(of(site, NEW))[0])) == 1
        assert not re.findall('fill="white" stroke', drawings(of(site, ALIKE[0]))[0])

    def test_a_synthetic_figure_is_always_marked(self, made: Made) -> None:
        page = Page(made(True)[f"councils/{OWN}.html"])
        assert all(caption.startswith("SYNTHETIC: ") for caption in page.texts("caption"))
        assert all("SYNTHETIC" in drawing for drawing in drawings(page))
        assert "SYNTHETIC." in page.text
        assert "SYNTHETIC" not in made(False)[f"councils/{OWN}.html"]
