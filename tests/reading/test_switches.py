"""A source is switched off in one place; what the results lose is said."""

from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from pipeline.assets.raw import Mirror, raw_asset
from pipeline.assets.tidy import tidy_asset
from pipeline.checks.asset_checks import tidy_checks
from pipeline.database.locality import reads
from pipeline.database.meta import source_tables
from pipeline.database.sqltable import sql_tables
from pipeline.edition import Edition
from pipeline.reading import attribution, switches
from pipeline.reading.declared import DeclarationError
from pipeline.reading.source import Source
from pipeline.reading.switches import (
    GEOGRAPHY,
    explained,
    losses,
    lost,
    stand_in,
    switched_off,
)
from pipeline.report.limits import switched_off as limits_switched_off
from pipeline.report.read import Analysis, Reader
from pipeline.runs.steps import SAID, SWITCH, Digests, finish, raw_step, reasons
from pipeline.sources import sources
from pipeline.study.framework import framework
from pipeline.trace import Trace

RATINGS = "cqc_trust_ratings"
OFF = {RATINGS: "The publisher asked for it."}


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file to declare in, empty at first."""
    path = tmp_path / "switched_off.toml"
    path.touch()
    monkeypatch.setattr(switches, "PATH", path)
    return path


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    return Edition("test", "Test", synthetic=False)


def test_everything_is_on_as_committed() -> None:
    assert switched_off() == {}


def test_by_name_grade_and_licence(declare: Path) -> None:
    declare.write_text(
        f'[sources]\n{RATINGS} = "Asked."\n[grades]\nscraped = "Unverified."\n'
        '[licences]\nunclear = "Asked for."\n'
    )
    off = switched_off()
    by_hand = {
        one.name
        for one in sources().values()
        if one.name == RATINGS
        or one.grade == "scraped"
        or one.licence.lower().startswith("unclear")
    }
    assert set(off) == by_hand
    assert list(off) == sorted(off)
    assert off[RATINGS] == "Asked."
    assert off["cqc_council_assessments"] == "grade scraped: Unverified."
    assert off["staff_survey_leadership"] == "licence unclear: Asked for."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[sources]\nnothing = "x"', "no source 'nothing', there are accidents_emergency_icb,"),
        ('[sources]\ncqc_trust = "x"', "no source 'cqc_trust', the nearest is 'cqc_trust_ratings'"),
        (f'[sources]\n{RATINGS} = " "', r"\[sources\] cqc_trust_ratings: expected the reason"),
        (f"[sources]\n{RATINGS} = true", "expected the reason, .* found True"),
        ('sources = "x"', r"expected \[sources\], in one bracket"),
        ('[grades]\nscaped = "x"', "no grade 'scaped', the nearest is 'scraped'"),
        ('[licences]\n"MIT" = "x"', "no source has the licence 'MIT'"),
        ('[source]\nx = "x"', "no table 'source', the nearest is 'sources'"),
        ("[sources", r"switched_off\.toml is not valid TOML"),
        (
            '[sources]\ncouncil_registry = "x"',
            "council_registry cannot be switched off: without it nothing says which councils",
        ),
        ('[grades]\nderived = "x"', "cannot be switched off(.|\n)*Name single sources"),
    ],
)
def test_what_cannot_be_switched_off_is_refused(declare: Path, text: str, message: str) -> None:
    declare.write_text(text)
    with pytest.raises(DeclarationError, match=message):
        switched_off()


def test_the_geography_knows_what_it_cannot_do_without() -> None:
    """Sources of the tables that carry values to places are needed, or known to be spared."""
    spared = {
        "adult_social_care_income": "codes of that return alone",
        "delayed_transfers": "codes of that return alone",
        "deprivation_2015": "comparators",
        "deprivation_2025": "comparators",
        "rural_urban": "comparators",
        "service_expenditure": "codes of the finance returns of newer councils alone",
    }
    base = {"council_code", "place", "population", "trust_lineage", "trust_place"}
    assert base <= set(sql_tables("locality"))
    used = {source for table in base for source in reads(table)}
    assert set(GEOGRAPHY) == used - set(spared)


def test_the_stand_in_has_the_source_s_columns_and_no_row() -> None:
    one = sources()[RATINGS]
    frame = stand_in(one)
    assert frame.height == 0
    assert frame.columns == list(one.schema)


def test_indicators_and_what_they_are_divided_by_are_lost() -> None:
    assert set(lost(framework(), OFF)) == {
        one.name for one in framework().indicators.values() if one.source == RATINGS
    }
    divided = framework().indicators["better_care_fund_share"]
    below = framework().indicators[divided.per]
    assert below.source != divided.source
    assert divided.name in lost(framework(), {below.source: "x"})


def test_losses_are_told_in_words() -> None:
    assert losses(framework(), {}) == []
    said = " ".join(losses(framework(), OFF))
    assert "cqc_trust_ratings is switched off (The publisher asked for it): no measure of" in said
    assert "'Rating of well-led by the Care Quality Commission' (leadership)" in said
    assert "have no measure left" not in said
    panel = next(one for one in framework().panels.values() if one.primary)
    outcome = framework().indicators[panel.outcome]
    said = " ".join(losses(framework(), {outcome.source: "x"}))
    assert f"The panel '{panel.title}' loses its outcome '{outcome.title}'" in said


def test_words_without_any_measure_left_are_named() -> None:
    words = "innovation: integrated dementia care works"
    all_of = {one.source for one in framework().indicators.values() if one.words == words}
    assert all_of
    said = losses(framework(), dict.fromkeys(all_of, "x"))
    assert f"The words '{words}' have no measure left." in said


def test_coverage_names_the_switch_as_the_reason() -> None:
    coverage = pl.DataFrame(
        {
            "indicator": ["well_led", "communicates"],
            "used": [False, False],
            "why_not": ["measured on 0% of the rows", "measured on 10% of the rows"],
            "after": [1, 2],
        }
    )
    found = explained(coverage, framework(), OFF)
    assert found.columns == coverage.columns
    assert found["why_not"].to_list() == [
        "source cqc_trust_ratings is switched off: The publisher asked for it.",
        "measured on 10% of the rows",
    ]
    assert explained(coverage, framework(), {}).equals(coverage)


def switched_since(edition: Edition, one: Source) -> bool:
    """Whether a run would say that the source was switched off or on."""
    return SAID[SWITCH] in reasons(edition, raw_step(edition, one), Digests(edition))


def test_a_source_that_is_off_is_not_fetched_and_its_table_is_empty(
    declare: Path, edition: Edition, tmp_path: Path
) -> None:
    one = sources()[RATINGS]
    assets = [raw_asset(edition, one), tidy_asset(edition, one)]
    checks = tidy_checks(edition, one)
    # As if it had been fetched before it was switched off.
    declare.write_text("")
    finish(edition, raw_step(edition, one), Trace(), Digests(edition), run_id="earlier")
    edition.write("tidy", "council_registry", pl.DataFrame())
    declare.write_text(f'[sources]\n{RATINGS} = "The publisher asked for it."')
    assert switched_since(edition, one)
    empty = tmp_path / "empty"
    empty.mkdir()
    result = dg.materialize([*assets, checks], resources={"mirror": Mirror(folder=str(empty))})
    assert result.success
    assert not edition.raw.exists()
    assert edition.read("tidy", RATINGS).equals(stand_in(one))
    assert not switched_since(edition, one)
    declare.write_text("")
    assert switched_since(edition, one)


@pytest.mark.parametrize("off", [True, False])
def test_the_report_names_it_among_the_limits(off: bool) -> None:
    rows = pl.DataFrame(
        {
            "source": [RATINGS],
            "title": ["Ratings"],
            "switched_off": [off],
            "why_switched_off": ["The publisher asked for it." if off else None],
        },
        schema_overrides={"why_switched_off": pl.String},
    )
    coverage = [{"source": RATINGS, "title": "Well-led"}, {"source": "other", "title": "Other"}]
    analysis = Analysis({}, {}, {}, coverage, pl.DataFrame(), {})
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA meta")
        connection.register("incoming", rows.to_arrow())
        connection.execute("CREATE TABLE meta.source AS FROM incoming")
        found = limits_switched_off(Reader(connection), analysis)
    assert [one.text for one in found] == (
        [
            "1 source left out of this run: Ratings (The publisher asked for it). "
            "So there is no value of: Well-led."
        ]
        if off
        else []
    )


def test_the_database_and_the_attribution_say_so(declare: Path, edition: Edition) -> None:
    assert "## Switched off" not in attribution.text()
    declare.write_text(f'[sources]\n{RATINGS} = "The publisher asked for it."')
    table = next(one for one in source_tables(edition) if one.name == "source").frame
    assert table.filter("switched_off").select("source", "why_switched_off").rows() == [
        (RATINGS, "The publisher asked for it.")
    ]
    assert f"| `{RATINGS}` | The publisher asked for it. |" in attribution.text()
