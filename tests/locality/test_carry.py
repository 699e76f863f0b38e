"""Values carried from trusts to councils, against sums done by hand.

A county of two districts (CTY: D1, D2), one unitary (U1) that took district D2 over in 2019, and
three trusts of 2022: T1, T2, and T3 that nobody ever measured and that merged into T1 in 2020.
"""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.database.sqltable import run, sql_tables
from pipeline.edition import Edition

COUNTY, D1, D2, U1 = "E10000901", "E07000901", "E07000902", "E06000901"


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    made = Edition("test", "Test", synthetic=True)
    made.write(
        "tidy",
        "council_registry",
        pl.DataFrame(
            {
                "registry_code": ["CTY", "DAA", "DBB", "UNI"],
                "areacd": [COUNTY, D1, D2, U1],
                "areanm": ["County", "One", "Two", "Unitary"],
                "council_type": [
                    *("shire county", "shire district", "shire district"),
                    "unitary authority",
                ],
                "region": ["North"] * 4,
                "county_registry_code": [None, "CTY", "CTY", None],
                "ecode": [None] * 4,
                "start_date": [None, None, None, date(2019, 4, 1)],
                "end_date": [None, None, date(2019, 3, 31), None],
                "replaced_by": [None, None, "UNI", None],
                "former_areacds": [None, "E07000801", None, None],
            },
            schema_overrides={"ecode": pl.String},
        ),
    )
    codes = pl.DataFrame(
        {"kind": "areacd", "code": [COUNTY, D1, D2, U1], "areacd": [COUNTY, D1, D2, U1]}
    )
    made.write("locality", "council_code", codes)
    history = [
        {"chain": chain, "vintage": vintage, "areacd": U1 if chain == 2 and vintage > 2018 else old}
        for chain, old in ((1, D1), (2, D2), (3, U1))
        for vintage in range(2016, 2025)
        if not (chain == 3 and vintage < 2019)
    ]
    made.write("tidy", "district_history", pl.DataFrame(history))
    made.write(
        "tidy",
        "population",
        pl.DataFrame(
            {"areacd": [D1, D2], "year": [2017, 2017], "age": [5, 5], "value": [600.0, 400.0]}
        ),
    )
    made.write(
        "tidy",
        "trust_catchment",
        pl.DataFrame(
            {
                "org_code": ["T1", "T1", "T2", "T3"],
                "areacd": [D1, U1, D1, D1],
                "value": [0.75, 0.25, 1.0, 1.0],
            }
        ),
    )
    made.write(
        "tidy",
        "trust_succession",
        pl.DataFrame(
            {
                "org_code": ["OLD", "SPLIT", "SPLIT", "T2", "T3"],
                "successor_code": ["T1", "T1", "T2", "PCT", "T1"],
                "date": [
                    *(date(2015, 4, 1), date(2016, 4, 1), date(2016, 4, 1), date(2001, 4, 1)),
                    date(2020, 7, 1),
                ],
            }
        ),
    )
    made.write(
        "tidy",
        "trust_finance",
        pl.DataFrame(
            {
                "org_code": ["T1", "T1", "OLD", "T2", "T3"],
                "year": [2012, 2013, 2012, 2012, 2012],
                "measure": ["operating_cost"] * 5,
                "value": [-100.0, 0.0, -300.0, -600.0, -1000.0],
            }
        ),
    )
    made.write(
        "locality",
        "indicator_trust",
        pl.DataFrame(
            {
                "org_code": ["T1", "OLD", "T2", "T2", "GONE"],
                "year": [2012, 2012, 2012, 2013, 2012],
                "indicator": ["score"] * 5,
                "value": [4.0, 2.0, 3.0, None, 9.0],
                "sampling_variance": [0.1, 0.1, 0.2, None, 0.1],
                "respondents": [10, 20, 30, None, 5],
                "reference_year": [2012, 2011, 2012, None, 2012],
            }
        ),
    )
    return made


def table(edition: Edition, name: str) -> pl.DataFrame:
    frame = run(sql_tables("locality")[name], edition)
    edition.write("locality", name, frame)
    return frame


@pytest.fixture
def carried(edition: Edition) -> Edition:
    carry(edition)
    return edition


def carry(edition: Edition) -> None:
    """Make the tables from trusts to places, where no council has figures of its own."""
    council = {"areacd": pl.String, "year": pl.Int32, "indicator": pl.String}
    measured = {"value": pl.Float64, "status": pl.String, "reference_year": pl.Int32}
    none = pl.DataFrame(schema={**council, **measured})
    edition.write("locality", "indicator_council", none)
    none = none.with_columns(pl.lit(None, pl.Float64).alias("coverage"))
    edition.write("locality", "indicator_carried", none)
    for name in ("trust_lineage", "trust_place", "trust_indicator", "indicator_place"):
        table(edition, name)


def test_lineage_follows_successions_splits_evenly_and_ignores_the_years_before_2010(
    edition: Edition,
) -> None:
    found = table(edition, "trust_lineage").select("org_code", "trust", "share").rows()
    assert ("OLD", "T1", 1.0) in found
    assert ("SPLIT", "T1", 0.5) in found
    assert ("SPLIT", "T2", 0.5) in found
    assert not [row for row in found if "PCT" in row]


def test_weights_are_size_times_patients_and_merged_districts_come_apart(carried: Edition) -> None:
    link = carried.read("locality", "trust_place")
    then = link.filter(pl.col("vintage") == 2018)
    size = dict(then.select("trust", "size").rows())
    assert size == {"T1": 400.0, "T2": 600.0, "T3": 1000.0}

    def shares(vintage: int) -> dict[tuple[str, str], float]:
        rows = link.filter(pl.col("vintage") == vintage)
        return {(r["areacd"], r["trust"]): r["patient_share"] for r in rows.iter_rows(named=True)}

    # In 2018 all of it is the county's and its districts'; from 2019 the unitary holds what was D2.
    assert shares(2018) == pytest.approx(
        {
            (COUNTY, "T1"): 1.0,
            (COUNTY, "T2"): 1.0,
            (COUNTY, "T3"): 1.0,
            (D1, "T1"): 0.75,
            (D1, "T2"): 1.0,
            (D1, "T3"): 1.0,
            (D2, "T1"): 0.25,
        }
    )
    assert shares(2019)[(U1, "T1")] == pytest.approx(0.25)
    assert shares(2019)[(COUNTY, "T1")] == pytest.approx(0.75)
    weights = link.group_by("vintage", "areacd").agg(pl.col("weight").sum())["weight"]
    assert weights.to_list() == pytest.approx([1.0] * len(weights))
    first = link.filter(pl.col("rank") == 1, pl.col("vintage") == 2018)
    assert dict(first.select("areacd", "trust").rows()) == {COUNTY: "T3", D1: "T3", D2: "T1"}


def test_a_trust_that_merged_later_is_its_heirs_from_that_financial_year(carried: Edition) -> None:
    lineage = carried.read("locality", "trust_lineage").select("org_code", "trust").rows()
    assert ("T3", "T3") in lineage
    assert ("T3", "T1") not in lineage
    link = carried.read("locality", "trust_place").filter(pl.col("areacd") == D1)
    before, after = (
        {row["trust"]: row for row in link.filter(pl.col("vintage") == v).iter_rows(named=True)}
        for v in (2019, 2020)
    )
    assert set(before) == {"T1", "T2", "T3"}
    assert set(after) == {"T1", "T2"}
    assert after["T1"]["size"] == 1400.0
    assert after["T1"]["patient_share"] == pytest.approx((400 * 0.75 + 1000) / 1400)
    assert after["T1"]["weight"] == pytest.approx(before["T1"]["weight"] + before["T3"]["weight"])
    assert after["T2"] == before["T2"] | {"vintage": 2020, "rank": 2}


def test_a_merged_trust_is_the_mean_of_its_parts_by_cost(carried: Edition) -> None:
    found = carried.read("locality", "trust_indicator").filter(pl.col("trust") == "T1")
    row = found.row(0, named=True)
    assert row["value"] == pytest.approx((100 * 4.0 + 300 * 2.0) / 400)
    assert row["sampling_variance"] == pytest.approx((100**2 + 300**2) * 0.1 / 400**2)
    assert (row["respondents"], row["organisations"]) == (30, 2)
    # It is as old as the older of the two.
    assert row["reference_year"] == 2011


def test_a_carried_value_has_its_coverage_and_effective_number(carried: Edition) -> None:
    found = carried.read("locality", "indicator_place")
    row = found.filter(pl.col("areacd") == COUNTY, pl.col("year") == 2012).row(0, named=True)
    weights = {"T1": 400 / 2000, "T2": 600 / 2000}
    observed = sum(weights.values())
    assert row["coverage"] == pytest.approx(observed) == pytest.approx(0.5)
    assert row["value"] == pytest.approx((weights["T1"] * 2.5 + weights["T2"] * 3.0) / observed)
    assert row["n_effective"] == pytest.approx(
        observed**2 / (weights["T1"] ** 2 + weights["T2"] ** 2)
    )
    assert (row["status"], row["reference_year"]) == ("ok", 2011)
    noise = weights["T1"] ** 2 * (100**2 + 300**2) * 0.1 / 400**2 + weights["T2"] ** 2 * 0.2
    assert row["sampling_variance"] == pytest.approx(noise / observed**2)
    assert row["respondents"] == pytest.approx(30)


def test_respondents_are_the_mean_over_the_trusts_that_tell_them(carried: Edition) -> None:
    told = pl.when(pl.col("trust") == "T1").then(pl.col("respondents"))
    measured = carried.read("locality", "trust_indicator").with_columns(told.alias("respondents"))
    carried.write("locality", "trust_indicator", measured)
    found = table(carried, "indicator_place").filter(pl.col("areacd") == COUNTY)
    assert found["respondents"].to_list() == [pytest.approx(30)]


def test_later_years_have_the_councils_and_trusts_of_2024(edition: Edition) -> None:
    merged = edition.read("tidy", "trust_succession").with_columns(
        pl.when(pl.col("org_code") == "T3")
        .then(pl.lit(date(2024, 4, 1)))
        .otherwise(pl.col("date"))
        .alias("date")
    )
    edition.write("tidy", "trust_succession", merged)
    measured = edition.read("locality", "indicator_trust").with_columns(pl.lit(2026).alias("year"))
    edition.write("locality", "indicator_trust", measured)
    carry(edition)
    found = edition.read("locality", "indicator_place")
    coverage = dict(found.filter(pl.col("year") == 2026).select("areacd", "coverage").rows())
    # By 2024 what nobody measured is a part of a trust that is measured.
    assert coverage[COUNTY] == pytest.approx(1.0)


def test_the_size_of_a_trust_is_the_median_of_its_years(edition: Edition) -> None:
    own = edition.read("tidy", "trust_finance")
    more = [
        own.filter(pl.col("org_code") == "T2").with_columns(
            pl.lit(year).alias("year"), pl.lit(-cost).alias("value")
        )
        for year, cost in ((2013, 800.0), (2014, 9000.0))
    ]
    edition.write("tidy", "trust_finance", pl.concat([own, *more], how="vertical_relaxed"))
    table(edition, "trust_lineage")
    sizes = dict(table(edition, "trust_place").select("trust", "size").rows())
    assert sizes["T2"] == 800.0


def test_nothing_observed_is_no_value_and_no_coverage(carried: Edition) -> None:
    assert carried.read("locality", "indicator_place").filter(pl.col("year") == 2013).is_empty()
