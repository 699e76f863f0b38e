"""The reorganisations of the synthetic England: who takes whose value, against the invented map."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.database.sqltable import run, sql_tables
from pipeline.edition import Edition
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Source, conform
from pipeline.sample import World, build, generate
from pipeline.sources import sources
from pipeline.study import indicators
from pipeline.study.framework import framework

READ = (
    "council_registry",
    "district_history",
    "population",
    "rural_urban",
    "deprivation_2015",
    "deprivation_2025",
)
EMPTY = ("delayed_transfers", "adult_social_care_income", "service_expenditure")
TABLES = ("council_code", "council_piece", "council_overlap", "population", "place")


def _tidy(source: Source, folder: Path) -> pl.DataFrame:
    parts = []
    for release in source.releases:
        file = PublishedFile(folder / release.file, release.file)
        parts.append(conform(source, release, source.tidy(file, release)))
    return pl.concat(parts)


@pytest.fixture(scope="module")
def world() -> World:
    return build()


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edition]:
    folder = tmp_path_factory.mktemp("sample")
    wanted = {name: sources()[name] for name in READ}
    middle = [one for one in wanted["population"].releases if one.period == "2017"]
    wanted["population"] = replace(wanted["population"], releases=middle)
    generate(folder, only=wanted)
    # A value for all years needs another indicator to say which years there are.
    only = {name: framework().indicators[name] for name in ("rural_share", "population_log")}
    declared = replace(framework(), indicators=only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORT_DATA", str(folder / "data"))
        patch.setattr(indicators, "framework", lambda: declared)
        made = Edition("sample", "Synthetic", synthetic=True)
        for name, source in wanted.items():
            made.write("tidy", name, _tidy(source, folder))
        for name in EMPTY:
            kinds = {key: column.kind for key, column in sources()[name].schema.items()}
            made.write("tidy", name, pl.DataFrame(schema=kinds))
        for name in TABLES:
            made.write("locality", name, run(sql_tables("locality")[name], made))
        measured = indicators.indicator_council(made).filter(
            pl.col("indicator") == "rural_share", pl.col("year") == 2015
        )
        made.write("locality", "indicator_council", measured)
        for name in ("indicator_carried", "not_carried"):
            made.write("locality", name, run(sql_tables("locality")[name], made))
        yield made


def test_the_people_of_what_ended_all_live_in_what_replaced_it(
    edition: Edition, world: World
) -> None:
    new = [place.code for place in world.places.newcomers]
    moved = (
        edition.read("locality", "council_overlap")
        .filter(pl.col("areacd_to").is_in(new), ~pl.col("areacd_from").is_in(new))
        .group_by("areacd_from")
        .agg(pl.col("share_of_from").sum())
    )
    ended = {place.code for place in world.places.all_places() if place.ended}
    assert set(moved["areacd_from"]) == ended
    assert moved["share_of_from"].to_list() == pytest.approx([1.0] * moved.height)


def test_a_county_that_became_one_unitary_takes_its_value_whole(
    edition: Edition, world: World
) -> None:
    new = world.places.newcomers[2]
    county = next(
        place
        for place in world.places.councils
        if place.successor == new.registry and place.letters == "CTY"
    )
    published = edition.read("locality", "indicator_council").filter(pl.col("areacd") == new.code)
    row = edition.read("locality", "indicator_carried").row(
        by_predicate=pl.col("areacd") == county.code, named=True
    )
    assert row["value"] == pytest.approx(published["value"][0])
    assert (row["status"], row["coverage"], row["share_inside"]) == ("e", 1.0, 1.0)


def test_a_divided_county_is_the_mean_of_its_ground_by_people(
    edition: Edition, world: World
) -> None:
    places = world.places
    first, second = places.newcomers[:2]
    county = next(
        p for p in places.councils if p.letters == "CTY" and p.successor == second.registry
    )
    districts = {p.code: p for p in places.districts if places.councils[p.county or 0] == county}
    persons = edition.read("tidy", "population").filter(pl.col("age") >= 0)
    people = dict(persons.group_by("areacd").agg(pl.col("value").sum()).rows())
    published = edition.read("locality", "indicator_council")
    value = dict(published.select("areacd", "value").rows())
    heir = {first.registry: first.code, second.registry: second.code}
    total = sum(people[code] * value[heir[p.successor]] for code, p in districts.items())
    row = edition.read("locality", "indicator_carried").row(
        by_predicate=pl.col("areacd") == county.code, named=True
    )
    assert row["value"] == pytest.approx(total / people[county.code])


def test_every_council_has_a_rural_share_and_nothing_is_left_over(edition: Edition) -> None:
    everyone = set(edition.read("locality", "place")["areacd"])
    measured = edition.read("locality", "indicator_council").drop_nulls("value")
    carried = edition.read("locality", "indicator_carried").drop_nulls("value")
    assert set(measured["areacd"]) | set(carried["areacd"]) == everyone
    assert not set(measured["areacd"]) & set(carried["areacd"])
    assert edition.read("locality", "not_carried").is_empty()
