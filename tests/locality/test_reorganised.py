"""Values of councils carried across reorganisations, against sums done by hand.

A county (CTY) of three districts and a unitary beside it. In 2019 the unitary and the district of
Alder become one unitary (MRG: 300 + 100 people), and the rest of the county becomes two, West
(Birch, 200) and East (Cedar, 400). The register gives the last day for some and the day after it
for others. Recoded has an earlier code.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.database.sqltable import run, sql_tables
from pipeline.edition import Edition
from pipeline.study.framework import FrameworkError, load

COUNTY, UNITARY, MERGED, WEST, EAST = (
    *("E10000901", "E06000901"),
    *("E06000911", "E06000921", "E06000922"),
)
ALDER, BIRCH, CEDAR = "E07000901", "E07000902", "E07000903"
RECODED, BEFORE = "E08000902", "E08000901"
PEOPLE = {UNITARY: 300.0, ALDER: 100.0, BIRCH: 200.0, CEDAR: 400.0, RECODED: 500.0}
LATER = {UNITARY: (2019, MERGED), ALDER: (2019, MERGED), BIRCH: (2019, WEST), CEDAR: (2019, EAST)}
REGISTRY = [
    ("CTY", COUNTY, "shire county", None, None, date(2019, 4, 1), "WST,EST", None),
    ("UNI", UNITARY, "unitary authority", None, None, date(2019, 3, 31), "MRG", None),
    ("MRG", MERGED, "unitary authority", None, date(2019, 4, 1), None, None, None),
    ("WST", WEST, "unitary authority", None, date(2019, 4, 1), None, None, None),
    ("EST", EAST, "unitary authority", None, date(2019, 4, 1), None, None, None),
    ("ALD", ALDER, "shire district", "CTY", None, date(2019, 3, 31), "MRG", None),
    ("BIR", BIRCH, "shire district", "CTY", None, date(2019, 4, 1), "WST", None),
    ("CED", CEDAR, "shire district", "CTY", None, date(2019, 4, 1), "EST", None),
    ("REC", RECODED, "metropolitan district", None, None, None, None, BEFORE),
]
Value = float | str | tuple[float, float] | None


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    made = Edition("test", "Test", synthetic=True)
    registry = pl.DataFrame(
        REGISTRY,
        schema={
            "registry_code": pl.String,
            "areacd": pl.String,
            "council_type": pl.String,
            "county_registry_code": pl.String,
            "start_date": pl.Date,
            "end_date": pl.Date,
            "replaced_by": pl.String,
            "former_areacds": pl.String,
        },
        orient="row",
    ).with_columns(
        pl.col("registry_code").alias("areanm"),
        pl.lit(None, pl.String).alias("ecode"),
        # The register has lost the regions of what has ended.
        pl.when(pl.col("end_date").is_null()).then(pl.lit("North")).alias("region"),
    )
    made.write("tidy", "council_registry", registry)
    text = dict.fromkeys(("areacd", "area_type", "dh_code", "cassr_code", "ecode"), pl.String)
    made.write("tidy", "delayed_transfers", pl.DataFrame(schema=text))
    made.write("tidy", "adult_social_care_income", pl.DataFrame(schema=text))
    returned = {"areacd": [WEST, None], "area_type": ["council"] * 2, "ecode": ["E9921", "E9999"]}
    made.write("tidy", "service_expenditure", pl.DataFrame(returned))
    history = [
        {"chain": chain, "vintage": year, "areacd": _then(area, year)}
        for chain, area in enumerate(PEOPLE)
        for year in range(2016, 2025)
    ]
    made.write("tidy", "district_history", pl.DataFrame(history))
    people = [(area, 2017, persons) for area, persons in PEOPLE.items()]
    write_population(made, [*people, (UNITARY, 2016, 9000.0)])
    for name in ("deprivation_2015", "deprivation_2025", "rural_urban"):
        text = dict.fromkeys(("areacd", "registry_code", "domain", "measure"), pl.String)
        made.write("tidy", name, pl.DataFrame(schema={**text, "value": pl.Float64}))
    for name in ("council_code", "council_piece", "council_overlap", "population", "place"):
        table(made, name)
    return made


def _then(area: str, year: int) -> str:
    since, council = LATER.get(area, (9999, area))
    return council if year >= since else area


def write_population(edition: Edition, rows: Sequence[tuple[str, int, float]]) -> None:
    frame = pl.DataFrame(rows, schema=["areacd", "year", "value"], orient="row")
    edition.write("tidy", "population", frame.with_columns(pl.lit(70).alias("age")))


def table(edition: Edition, name: str) -> pl.DataFrame:
    frame = run(sql_tables("locality")[name], edition)
    edition.write("locality", name, frame)
    return frame


def carried(
    edition: Edition,
    how: str,
    values: Mapping[tuple[str, int], Value],
    published_for: Mapping[str, int] | None = None,
) -> dict[tuple[str, int], dict[str, object]]:
    """What is carried of the published values; a text is a status, a pair the sides of a rate.

    Args:
        published_for: the year of a council's values, where it is not that they stand for.
    """
    rows = []
    for (areacd, year), value in values.items():
        top, below = value if isinstance(value, tuple) else (None, None)
        single = value if isinstance(value, float) else None
        rows.append(
            {
                "areacd": areacd,
                "year": year,
                "indicator": "one",
                "value": top / below if top is not None and below else single,
                "status": value if isinstance(value, str) else "ok",
                "numerator": top,
                "denominator": below,
                "carried_as": how,
                "reference_year": (published_for or {}).get(areacd, year),
            }
        )
    schema = dict.fromkeys(("value", "numerator", "denominator"), pl.Float64)
    edition.write("locality", "indicator_council", pl.DataFrame(rows, schema_overrides=schema))
    found = table(edition, "indicator_carried")
    return {(row["areacd"], row["year"]): row for row in found.iter_rows(named=True)}


def test_overlap_is_in_people_both_ways_and_knows_every_code(edition: Edition) -> None:
    found = {
        (row["areacd_from"], row["areacd_to"]): (row["share_of_from"], row["share_of_to"])
        for row in edition.read("locality", "council_overlap").iter_rows(named=True)
    }
    assert found[(UNITARY, MERGED)] == (1.0, 300 / 400)
    assert found[(COUNTY, MERGED)] == (100 / 700, 100 / 400)
    assert found[(COUNTY, EAST)] == (400 / 700, 1.0)
    assert found[(CEDAR, EAST)] == found[(BEFORE, RECODED)] == (1.0, 1.0)
    assert found[(EAST, CEDAR)] == (1.0, 1.0)
    assert (WEST, EAST) not in found
    assert (UNITARY, COUNTY) not in found


def test_an_added_code_stands_for_its_council(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = {"kind": ["areacd"], "code": ["E08000999"], "areacd": [RECODED], "reason": ["test"]}
    monkeypatch.setattr("pipeline.database.sqltable.reference", lambda _: pl.DataFrame(added))
    codes = {row[1]: row[2] for row in table(edition, "council_code").rows() if row[0] == "areacd"}
    assert codes["E08000999"] == codes[BEFORE] == RECODED


def test_an_ecode_that_the_register_lacks_is_read_from_the_returns(edition: Edition) -> None:
    codes = edition.read("locality", "council_code").filter(pl.col("kind") == "ecode")
    assert codes.select("code", "areacd").rows() == [("E9921", WEST)]


def test_a_former_council_without_a_region_has_its_successors(edition: Edition) -> None:
    assert set(edition.read("locality", "place")["region"]) == {"North"}


def likeness(made: Edition, name: str, column: str, values: Mapping[str, float]) -> None:
    """Write one measure of places, as its source publishes it."""
    sort = "rural" if name == "rural_urban" else "average_score"
    rows = {column: [*values], "value": [*values.values()]}
    made.write(
        "tidy",
        name,
        pl.DataFrame(rows).with_columns(
            pl.lit("index_of_multiple_deprivation").alias("domain"), pl.lit(sort).alias("measure")
        ),
    )


def test_a_council_of_today_is_like_others_by_its_parts(edition: Edition) -> None:
    """A county that stands, of two districts, and what was founded since the rural shares."""
    standing = [
        ("CT2", "E10000902", "shire county", None),
        ("D21", "E07000911", "shire district", "CT2"),
        ("D22", "E07000912", "shire district", "CT2"),
    ]
    registry = edition.read("tidy", "council_registry")
    more = pl.DataFrame(
        [dict(zip(registry.columns, one, strict=False)) for one in standing],
        schema_overrides=registry.schema,
    )
    more = more.select(
        pl.col(name) if name in more.columns else pl.lit(None, kind).alias(name)
        for name, kind in registry.schema.items()
    )
    edition.write("tidy", "council_registry", pl.concat([registry, more]))
    people = {"E07000911": 100.0, "E07000912": 300.0, "E10000902": 400.0, **PEOPLE, COUNTY: 700.0}
    people |= {MERGED: 400.0, WEST: 400.0, EAST: 900.0, RECODED: 400.0}
    write_population(edition, [(area, 2020, persons) for area, persons in people.items()])
    # East differs in all four, so that none is the same everywhere.
    young = edition.read("tidy", "population").with_columns(
        pl.lit(30).alias("age"),
        pl.when(pl.col("areacd") == EAST).then(2000.0).otherwise(50.0).alias("value"),
    )
    edition.write("tidy", "population", pl.concat([edition.read("tidy", "population"), young]))
    # The county's score is (100 x 40 + 300 x 20) / 400 = 25: next to that of Recoded, not of West.
    scores = {MERGED: 30.0, WEST: 36.0, EAST: 50.0, BEFORE: 26.0}
    scores |= {"E07000911": 40.0, "E07000912": 20.0}
    likeness(edition, "deprivation_2025", "areacd", scores)
    # Merged had 300 people of the unitary and 100 of Alder: (300 x 0.1 + 100 x 0.9) / 400 = 0.3.
    shares = {"UNI": 0.1, "ALD": 0.9, "BIR": 0.3, "CED": 0.7, "REC": 0.3, "CT2": 0.3}
    likeness(edition, "rural_urban", "registry_code", shares)
    for name in ("council_code", "council_piece", "council_overlap", "population"):
        table(edition, name)
    found = dict(table(edition, "place").select("areacd", "comparators").rows())
    assert found["E10000902"].split(",") == [RECODED, MERGED, WEST, EAST]
    assert found[MERGED].split(",") == [RECODED, "E10000902", WEST, EAST]
    # Those that have ended had no deprivation of 2015 here; districts have none at all.
    assert [found[one] for one in (COUNTY, UNITARY, "E07000911")] == [None] * 3
    # A part without a figure leaves the whole without one.
    likeness(edition, "rural_urban", "registry_code", {**shares, "ALD": None})  # type: ignore[dict-item]
    found = dict(table(edition, "place").select("areacd", "comparators").rows())
    assert found[MERGED] is None
    assert MERGED not in found[RECODED].split(",")


def test_no_region_is_taken_where_successors_differ(edition: Edition) -> None:
    registry = edition.read("tidy", "council_registry").with_columns(
        pl.when(pl.col("areacd") == EAST)
        .then(pl.lit("South"))
        .otherwise(pl.col("region"))
        .alias("region")
    )
    edition.write("tidy", "council_registry", registry)
    region = dict(table(edition, "place").select("areacd", "region").rows())
    assert region[COUNTY] is None
    # Nor where one of them has none.
    half = registry.with_columns(
        pl.when(pl.col("areacd") == EAST).then(None).otherwise(pl.col("region")).alias("region")
    )
    edition.write("tidy", "council_registry", half)
    assert dict(table(edition, "place").select("areacd", "region").rows())[COUNTY] is None
    assert region[CEDAR] == "South"


def test_population_of_a_new_council_is_the_sum_of_what_lies_inside_it(edition: Edition) -> None:
    write_population(edition, [(UNITARY, 2017, 310.0), (ALDER, 2017, 110.0), (CEDAR, 2017, 405.0)])
    found = table(edition, "population").filter(pl.col("year") == 2023)
    rows = {row["areacd"]: (row["persons"], row["status"]) for row in found.iter_rows(named=True)}
    assert rows[MERGED] == (420.0, "e")
    assert rows[EAST] == (405.0, "e")
    assert rows[CEDAR] == (405.0, "ok")
    # Birch was not published, so neither West nor the county can be summed.
    assert WEST not in rows
    assert COUNTY not in rows


def test_adults_are_18_and_the_earlier_of_two_equally_near_years_is_taken(
    edition: Edition,
) -> None:
    rows = [(age, year, 10.0 * age + year) for age in (17, 18, 64, 65) for year in (2016, 2018)]
    frame = pl.DataFrame(rows, schema=["age", "year", "value"], orient="row")
    edition.write("tidy", "population", frame.with_columns(areacd=pl.lit(RECODED)))
    row = table(edition, "population").filter(pl.col("year") == 2017).row(0, named=True)
    assert row["population_year"] == 2016
    assert row["aged_18_plus"] == 10.0 * (18 + 64 + 65) + 3 * 2016
    assert row["aged_65_plus"] == 10.0 * 65 + 2016


def test_population_of_a_part_is_not_taken_from_the_whole(edition: Edition) -> None:
    write_population(edition, [(MERGED, 2020, 420.0)])
    assert set(table(edition, "population")["areacd"]) == {MERGED}


def test_a_rate_of_a_merged_council_is_its_counts_summed_then_divided(edition: Edition) -> None:
    # Alder alone has no rate of its own: the county's 70 events among 7 exposed stand for it.
    found = carried(edition, "rate", {(UNITARY, 2015): (30.0, 60.0), (COUNTY, 2015): (70.0, 7.0)})
    row = found[(MERGED, 2015)]
    share = 100 / 700
    assert row["value"] == pytest.approx((30 + 70 * share) / (60 + 7 * share))
    assert row["value"] != pytest.approx((300 * 0.5 + 100 * 10) / 400)
    assert (row["status"], row["coverage"]) == ("e", 1.0)
    assert row["carried_from"] == f"{UNITARY},{COUNTY}"
    assert row["share_inside"] == pytest.approx(400 / 1000)


def test_counts_are_divided_by_people_and_add_up_again(edition: Edition) -> None:
    found = carried(edition, "sum", {(COUNTY, 2015): 70.0, (UNITARY, 2015): 5.0})
    assert found[(WEST, 2015)]["value"] == pytest.approx(20)
    assert found[(EAST, 2015)]["value"] == pytest.approx(40)
    assert found[(MERGED, 2015)]["value"] == pytest.approx(15)


def test_counts_of_districts_are_not_those_of_their_successor(edition: Edition) -> None:
    # A district reports no spending on what its county does: it must not stand for the county.
    found = carried(edition, "sum", {(BIRCH, 2015): 0.0, (CEDAR, 2015): 0.0, (COUNTY, 2015): 70.0})
    assert found[(WEST, 2015)]["value"] == pytest.approx(20)


def test_a_mean_is_weighted_by_people_and_takes_the_smallest_council(edition: Edition) -> None:
    found = carried(
        edition, "mean", {(UNITARY, 2015): 1.0, (ALDER, 2015): 3.0, (COUNTY, 2015): 9.0}
    )
    merged = found[(MERGED, 2015)]
    assert merged["value"] == pytest.approx((300 * 1 + 100 * 3) / 400)
    assert merged["share_inside"] == 1.0
    # Cedar was not published in 2015, so East is taken to be like the county it was part of.
    east = found[(EAST, 2015)]
    assert (east["value"], east["coverage"]) == (9.0, 1.0)
    assert east["share_inside"] == pytest.approx(400 / 700)


def test_a_carried_value_is_as_old_as_the_oldest_that_it_is_made_of(edition: Edition) -> None:
    values = {(UNITARY, 2015): 1.0, (ALDER, 2015): 3.0, (COUNTY, 2015): 9.0}
    found = carried(edition, "mean", values, {ALDER: 2012, COUNTY: 2010})
    assert found[(MERGED, 2015)]["reference_year"] == 2012
    assert found[(EAST, 2015)]["reference_year"] == 2010
    none = carried(edition, "sum", {(UNITARY, 2015): 8.0})[(MERGED, 2015)]
    assert (none["value"], none["reference_year"]) == (None, None)


def test_later_values_reach_former_councils(edition: Edition) -> None:
    found = carried(edition, "mean", {(MERGED, 2023): 4.0, (WEST, 2023): 1.0, (EAST, 2023): 2.0})
    # The register of levels: nothing is published for counties or districts here.
    assert found[(UNITARY, 2023)]["value"] == 4.0
    assert (ALDER, 2023) not in found
    found = carried(
        edition,
        "mean",
        {(MERGED, 2023): 4.0, (WEST, 2023): 1.0, (EAST, 2023): 2.5, (COUNTY, 2015): 1.0},
    )
    county = found[(COUNTY, 2023)]
    assert county["value"] == pytest.approx((100 * 4 + 200 * 1 + 400 * 2.5) / 700)
    assert county["carried_from"] == f"{MERGED},{WEST},{EAST}"


def test_a_mean_observed_in_part_says_so_and_a_sum_is_empty(edition: Edition) -> None:
    values = {(UNITARY, 2015): 8.0, (ALDER, 2014): 1.0}
    partly = carried(edition, "mean", values)[(MERGED, 2015)]
    assert (partly["value"], partly["coverage"]) == (8.0, 0.75)
    listed = table(edition, "not_carried").filter(pl.col("areacd") == MERGED)
    assert listed["reason"].str.contains("on a part of its ground only").all()
    assert listed.select("first_year", "last_year", "coverage").rows() == [(2014, 2015, 0.25)]
    summed = carried(edition, "sum", values)[(MERGED, 2015)]
    assert (summed["value"], summed["status"], summed["coverage"]) == (None, "x", 0.75)
    assert "every part" in str(summed["reason"])


@pytest.mark.parametrize("held_back", ["c", "low"])
def test_suppressed_stays_suppressed(edition: Edition, held_back: str) -> None:
    for how in ("mean", "sum"):
        values: dict[tuple[str, int], Value] = {
            (UNITARY, 2015): held_back,
            (ALDER, 2015): 3.0,
            (COUNTY, 2015): 7.0,
            (MERGED, 2015): 5.0,
        }
        found = carried(edition, how, values)
        # Its own row is there, so what replaced it does not fill it in again.
        assert (UNITARY, 2015) not in found
        del values[(MERGED, 2015)]
        merged = carried(edition, how, values)[(MERGED, 2015)]
        assert (merged["value"], merged["status"]) == (None, "c")
        assert merged["reason"] == "suppressed for a part of its ground"


def test_a_suppressed_district_is_not_replaced_by_its_county(edition: Edition) -> None:
    found = carried(edition, "mean", {(CEDAR, 2015): "c", (COUNTY, 2015): 7.0})
    assert (found[(EAST, 2015)]["value"], found[(EAST, 2015)]["status"]) == (None, "c")


def test_what_was_published_is_never_carried(edition: Edition) -> None:
    found = carried(
        edition, "mean", {(MERGED, 2019): 1.0, (UNITARY, 2019): 2.0, (COUNTY, 2019): 3.0}
    )
    assert not {(MERGED, 2019), (UNITARY, 2019), (COUNTY, 2019)} & set(found)


def test_councils_that_existed_side_by_side_do_not_stand_for_each_other(edition: Edition) -> None:
    found = carried(edition, "mean", {(COUNTY, 2015): 3.0, (ALDER, 2014): 1.0})
    row = found[(ALDER, 2015)]
    assert (row["value"], row["existed"]) == (None, True)
    assert "no council on its ground" in str(row["reason"])
    # East did not exist and there was nothing to carry to it: no row.
    assert (EAST, 2014) not in found


def test_a_council_that_was_only_recoded_needs_no_carrying(edition: Edition) -> None:
    found = carried(edition, "mean", {(UNITARY, 2015): 3.0})
    assert not [areacd for areacd, _ in found if areacd in (RECODED, BEFORE)]


def test_every_reason_is_listed_with_its_years(edition: Edition) -> None:
    carried(edition, "none", {(UNITARY, year): 1.0 for year in (2019, 2020)})
    (row,) = table(edition, "not_carried").filter(pl.col("areacd") == MERGED).rows(named=True)
    assert (row["first_year"], row["last_year"], row["years"], row["existed"]) == (2019, 2020, 2, 2)
    assert "not to be carried" in row["reason"]
    assert row["areanm"] == "MRG"


def test_ground_that_cannot_be_divided_is_said_so(edition: Edition) -> None:
    write_population(edition, [(area, 2017, n) for area, n in PEOPLE.items() if area != BIRCH])
    for name in ("council_piece", "council_overlap"):
        table(edition, name)
    row = carried(edition, "mean", {(COUNTY, 2015): 3.0})[(EAST, 2015)]
    assert row["value"] is None
    assert "no population" in str(row["reason"])


def test_an_unknown_way_of_carrying_is_refused(tmp_path: Path) -> None:
    source = Path("pipeline/framework.toml").read_text(encoding="utf-8")
    wrong = tmp_path / "framework.toml"
    wrong.write_text(source.replace('carried_by = "sum"', 'carried_by = "guess"', 1))
    with pytest.raises(FrameworkError, match="carried_by is population, sum or none"):
        load(wrong)
