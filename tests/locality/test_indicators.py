"""Indicators computed from the framework's entries: status, denominators and revisions."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.database.sqltable import TableError
from pipeline.edition import Edition
from pipeline.study import indicators
from pipeline.study.framework import Indicator, framework

RATE = "delayed_days_rate"


def transfers(values: list[float | None], statuses: list[str]) -> pl.DataFrame:
    months = len(values)
    return pl.DataFrame(
        {
            "period": [f"2012-{month:02d}" for month in range(1, months + 1)],
            "year": [2012] * months,
            "area_type": ["council"] * months,
            "areacd": ["E06000901"] * months,
            "dh_code": ["901"] * months,
            "breakdown": ["responsible_organisation"] * months,
            "measure": ["delayed_days"] * months,
            "category": ["total"] * months,
            "value": values,
            "status": statuses,
            "revision": [0] * months,
        },
        schema_overrides={"value": pl.Float64, "year": pl.Int32},
    )


def declare(monkeypatch: pytest.MonkeyPatch, *declared: Indicator) -> None:
    """Let these be all indicators of the framework."""
    only = {one.name: one for one in declared}
    monkeypatch.setattr(indicators, "framework", lambda: replace(framework(), indicators=only))


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    made = Edition("test", "Test", synthetic=True)
    codes = pl.DataFrame({"kind": ["dh_code"], "code": ["901"], "areacd": ["E06000901"]})
    made.write("locality", "council_code", codes)
    population = {"areacd": ["E06000901"], "year": [2012], "persons": [500.0]}
    made.write(
        "locality",
        "population",
        pl.DataFrame(population | {"aged_18_plus": [400.0], "aged_65_plus": [100.0]}),
    )
    declare(monkeypatch, framework().indicators[RATE])
    return made


def computed(edition: Edition, frame: pl.DataFrame) -> dict[str, object]:
    edition.write("tidy", "delayed_transfers", frame)
    return indicators.indicator_council(edition).row(0, named=True)


def test_a_year_of_months_is_summed_and_divided_by_adults(edition: Edition) -> None:
    row = computed(edition, transfers([1.0] * 12, ["ok"] * 12))
    assert (row["value"], row["status"]) == (100_000 * 12 / 400, "ok")


def test_a_sum_with_a_suppressed_part_is_empty_with_its_status(edition: Edition) -> None:
    row = computed(edition, transfers([1.0] * 11 + [None], ["ok"] * 11 + ["c"]))
    assert (row["value"], row["status"]) == (None, "c")


def test_a_missing_month_is_not_a_zero(edition: Edition) -> None:
    row = computed(edition, transfers([1.0] * 11, ["ok"] * 11))
    assert (row["value"], row["status"]) == (None, "x")


def test_a_provisional_part_marks_the_sum(edition: Edition) -> None:
    row = computed(edition, transfers([1.0] * 12, ["ok"] * 11 + ["p"]))
    assert (row["value"], row["status"]) == (100_000 * 12 / 400, "p")


def test_the_last_revision_is_used_and_the_first_is_kept(edition: Edition) -> None:
    first = transfers([1.0] * 12, ["ok"] * 12)
    revised = first.head(1).with_columns(pl.lit(5.0).alias("value"), pl.lit(1).alias("revision"))
    row = computed(edition, pl.concat([first, revised], how="vertical_relaxed"))
    assert row["value"] == 100_000 * (11 + 5) / 400
    assert edition.read("tidy", "delayed_transfers").height == 13


def test_an_entry_whose_sql_is_wrong_is_named(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = framework().indicators[RATE]
    declare(monkeypatch, replace(rate, where="brakedown = 'x'"))
    edition.write("tidy", "delayed_transfers", transfers([1.0] * 12, ["ok"] * 12))
    with pytest.raises(TableError, match=rf"\[indicator\.{RATE}\]: .*brakedown"):
        indicators.indicator_council(edition)


def test_both_sides_of_a_rate_are_kept_for_carrying(edition: Edition) -> None:
    row = computed(edition, transfers([1.0] * 12, ["ok"] * 12))
    assert (row["numerator"], row["denominator"], row["carried_as"]) == (1_200_000, 400, "rate")


def test_a_year_without_a_value_stays_so_where_others_stand_for_later_years(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = framework().indicators[RATE]
    declare(monkeypatch, replace(rate, stands=1))
    row = computed(edition, transfers([1.0] * 11 + [None], ["ok"] * 11 + ["c"]))
    assert (row["year"], row["value"], row["status"]) == (2012, None, "c")
    assert row["reference_year"] is None


def people_in(edition: Edition, *years: int) -> None:
    """Give each of the years the same population."""
    people = edition.read("locality", "population")
    every = [people.with_columns(year=pl.lit(year, pl.Int64)) for year in years]
    edition.write("locality", "population", pl.concat(every))


def test_a_figure_that_stands_says_the_year_that_it_was_published_for(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = framework().indicators[RATE]
    declare(monkeypatch, replace(rate, stands=2))
    people_in(edition, 2012, 2014)
    first = transfers([1.0] * 12, ["ok"] * 12)
    later = first.with_columns(
        pl.col("period").str.replace("2012", "2014"), pl.col("value") * 2, year=pl.lit(2014)
    )
    edition.write("tidy", "delayed_transfers", pl.concat([first, later], how="vertical_relaxed"))
    found = indicators.indicator_council(edition)
    # Nothing was measured after 2014, so that no figure stands for a later year.
    assert found["year"].to_list() == [2012, 2013, 2014]
    assert found["reference_year"].to_list() == [2012, 2012, 2014]
    assert found["value"].to_list() == [3000.0, 3000.0, 6000.0]


def test_an_older_figure_does_not_stand_for_a_suppressed_one(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = framework().indicators[RATE]
    declare(monkeypatch, replace(rate, stands=2))
    people_in(edition, 2012, 2013, 2015)

    def of(year: int, first: float | None, status: str) -> pl.DataFrame:
        return transfers([first, *[1.0] * 11], [status, *["ok"] * 11]).with_columns(
            pl.col("period").str.replace("2012", str(year)), year=pl.lit(year)
        )

    parts = [of(2012, 1.0, "ok"), of(2013, None, "c"), of(2015, 1.0, "ok")]
    edition.write("tidy", "delayed_transfers", pl.concat(parts, how="vertical_relaxed"))
    found = indicators.indicator_council(edition).select("year", "value", "status").rows()
    # Nor for the year after, for which nothing was published.
    assert found == [(2012, 3000.0, "ok"), (2013, None, "c"), (2015, 3000.0, "ok")]


def test_what_is_of_no_year_has_none(edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    rate = framework().indicators[RATE]
    declare(monkeypatch, rate, replace(rate, name="fixed", per="", static=True))
    edition.write("tidy", "delayed_transfers", transfers([1.0] * 12, ["ok"] * 12))
    found = indicators.indicator_council(edition)
    own = dict(found.select("indicator", "reference_year").rows())
    assert own == {RATE: 2012, "fixed": None}
    assert found["value"].is_not_null().all()


def test_too_thin_a_carried_value_stays_out_of_the_wide_table(edition: Edition) -> None:
    councils = ["E06000901", "E06000902", "E06000903"]
    edition.write(
        "locality",
        "indicator_place",
        pl.DataFrame(
            {
                "areacd": councils,
                "year": pl.Series([2012] * 3, dtype=pl.Int32),
                "indicator": [RATE] * 3,
                "value": [1.0, 2.0, 3.0],
                "status": ["ok", "e", "e"],
                "coverage": [None, framework().test.min_coverage, 0.1],
                "n_effective": pl.Series([None] * 3, dtype=pl.Float64),
            }
        ),
    )
    text = dict.fromkeys(("areanm", "council_class", "region", "county_areacd"), pl.String)
    dates = dict.fromkeys(("start_date", "end_date"), pl.Date)
    place = pl.DataFrame({"areacd": councils, "tier": ["unitary"] * 3}).with_columns(
        pl.lit(None, kind).alias(name) for name, kind in (text | dates).items()
    )
    edition.write("locality", "place", place)
    link = {"vintage": pl.Int64, "areacd": pl.String, "trust": pl.String}
    link |= {"weight": pl.Float64, "rank": pl.Int64}
    edition.write("locality", "trust_place", pl.DataFrame(schema=link))
    wide = indicators.authority_year(edition)
    assert wide[RATE].to_list() == [1.0, 2.0, None]
    assert wide[f"{RATE}__status"].to_list() == ["ok", "e", "x"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Thirty days of April and thirty-one of May.
        ([300.0, 310.0], (10.0, "ok", 2)),
        # The days of a month without a count are no days without admissions.
        ([300.0, None], (10.0, "ok", 1)),
        ([None, None], (None, "x", 0)),
    ],
)
def test_a_mean_over_what_was_reported_leaves_out_what_was_not(
    edition: Edition,
    monkeypatch: pytest.MonkeyPatch,
    values: list[float | None],
    expected: tuple[float | None, str, int],
) -> None:
    declare(monkeypatch, framework().indicators["emergency_admissions_a_day"])
    frame = pl.DataFrame(
        {
            "org_code": ["RZ9"] * 2,
            "period": ["2022-04", "2022-05"],
            "year": [2022] * 2,
            "measure": ["emergency_admissions"] * 2,
            "value": values,
            "status": ["x" if value is None else "ok" for value in values],
        },
        schema_overrides={"value": pl.Float64},
    )
    edition.write("tidy", "accidents_emergency_trust", frame)
    row = indicators.indicator_trust(edition).row(0, named=True)
    assert (row["value"], row["status"], row["parts"]) == expected
