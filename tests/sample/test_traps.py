"""The difficulties of the real files that the sample is meant to have."""

from datetime import date

import polars as pl

from pipeline.sources import sources
from tests.sample.conftest import Sample


def test_size(sample: Sample) -> None:
    places = sample.world.places
    kinds = [council.kind for council in places.councils]
    assert len(kinds) == 66
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "shire county": 14,
        "unitary authority": 25,
        "metropolitan district": 14,
        "London borough": 12,
        "City of London": 1,
    }
    for county in (n for n, kind in enumerate(kinds) if kind == "shire county"):
        assert 3 <= sum(district.county == county for district in places.districts) <= 6
    assert 45 <= len(sample.world.hospitals.acute) <= 51


def test_councils_reorganised_in_2019_and_2020(sample: Sample) -> None:
    registry = sample.tidy("council_registry")
    ended = registry.filter(pl.col("end_date").is_not_null())
    by_successor = ended.group_by("replaced_by").agg("council_type", pl.col("end_date").first())
    merged = [
        sorted(row["council_type"])
        for row in by_successor.filter(pl.col("end_date") == date(2019, 3, 31)).to_dicts()
    ]
    assert ["shire district", "unitary authority", "unitary authority"] in merged
    assert len(merged) == 2
    assert by_successor.filter(pl.col("end_date") == date(2020, 3, 31)).height == 1
    # A county and the unitary after it share a name.
    names = registry.filter(pl.col("start_date").is_not_null())["areanm"]
    counties = {council.name for council in sample.world.places.councils}
    assert len(set(names) & counties) == 2
    # Mid-2018 is published on the codes of 2019, so the old councils end with mid-2017.
    gone = set(registry.filter(pl.col("end_date") == date(2019, 3, 31))["areacd"])
    years = sample.tidy("population").filter(pl.col("areacd").is_in(gone))["year"]
    assert years.max() == 2017
    # They go on in the delayed transfers until March 2019.
    delayed = sample.tidy("delayed_transfers").filter(pl.col("period") == "2019-03")
    assert gone & set(delayed["areacd"].drop_nulls())


def test_a_recoded_district(sample: Sample) -> None:
    former = sample.tidy("council_registry").drop_nulls("former_areacds")
    assert former["council_type"].to_list() == ["metropolitan district"]
    old, new = former["former_areacds"][0], former["areacd"][0]
    assert old in set(sample.tidy("deprivation_2015")["areacd"])
    assert new in set(sample.tidy("population")["areacd"])
    by_year = sample.tidy("revenue_outturn").drop_nulls("areacd").group_by("year").agg("areacd")
    coded = {year: set(codes) for year, codes in by_year.iter_rows()}
    assert old in coded[2014]
    assert new not in coded[2014]
    assert new in coded[2015]


def test_trusts_merge_and_split(sample: Sample) -> None:
    succession = sample.tidy("trust_succession")
    trusts = pl.col("org_code").str.starts_with("R")
    recent = succession.filter(trusts & (pl.col("date") >= date(2010, 1, 1)))
    heirs = recent.group_by("org_code").len()
    assert heirs.filter(pl.col("len") == 2).height == 1
    origins = recent.group_by("successor_code").len()
    assert origins.filter(pl.col("len") == 2).height >= 1
    # Old handovers by trusts that still have a catchment in 2022: to be ignored by their date.
    old = succession.filter(trusts & (pl.col("date") < date(2003, 1, 1)))
    assert old.height >= 3
    assert set(old["org_code"]) <= set(sample.tidy("trust_catchment")["org_code"])
    # The accounts hold zeros in the year after a merger, and a part of a year in its year.
    cost = sample.tidy("trust_finance").filter(pl.col("measure") == "operating_cost")
    zero = cost.filter(pl.col("value") == 0)
    assert zero.height >= 2
    assert set(zero["org_code"]) <= set(recent["org_code"])
    merged = recent.filter(pl.col("date") == date(2017, 10, 1))["org_code"][0]
    year = dict(cost.filter(pl.col("org_code") == merged).select("year", "value").iter_rows())
    assert 0.4 < year[2017] / year[2016] < 0.6


def test_catchments_overlap(sample: Sample) -> None:
    weights = sample.world.carrier.weights
    dominant = weights.max(axis=1)
    assert 0.4 < sorted(dominant)[len(dominant) // 2] < 0.75
    assert (weights > 0.01).sum(axis=1).mean() > 4


def test_the_survey_changes_over_the_years(sample: Sample) -> None:
    survey = sample.tidy("staff_survey_leadership")
    early = survey.filter(pl.col("question").is_in(["7f", "7g"]) & (pl.col("year") < 2015))
    assert set(early["status"]) == {"z"}
    published = survey.drop_nulls("value")
    whole = published.group_by("year").agg((pl.col("value") % 1 == 0).all().alias("whole"))
    rounded = {year for year, all_whole in whole.iter_rows() if all_whole}
    assert rounded == {2016, 2017}
    bodies = dict(survey.group_by("year").agg(pl.col("org_code").n_unique()).iter_rows())
    assert min(bodies[2016], bodies[2017]) > max(bodies[2015], bodies[2018]) + 10
    assert survey.filter(pl.col("org_code").str.contains("/"))["year"].unique().to_list() == [
        2016,
        2017,
    ]


def test_markers_and_blanks(sample: Sample) -> None:
    def missing(name: str) -> pl.DataFrame:
        return sample.tidy(name).filter(pl.col("status") == "x")

    assert missing("delayed_transfers").filter(pl.col("year") < 2013).height > 0
    assert set(missing("revenue_outturn")["class"]) == {"SD"}
    funds = missing("adult_social_care_income")
    assert set(funds["period"]) == {"2015-16", "2016-17"}
    assert set(funds["measure"]) == {"income_better_care_fund"}
    oflog = missing("oflog_adult_social_care")
    assert 0 < oflog.height < 0.1 * sample.tidy("oflog_adult_social_care").height


def test_the_outturn_of_2017_comes_twice(sample: Sample) -> None:
    care = sample.tidy("revenue_outturn").filter(
        (pl.col("measure") == "adult_social_care")
        & (pl.col("year") == 2017)
        & (pl.col("area_type") == "council")
    )
    final = pl.col("release").str.ends_with("final")
    both = care.filter(final).join(care.filter(~final), on="ecode", suffix="_before")
    changed = both.filter((pl.col("value") - pl.col("value_before")).abs() > 0.01)
    assert 3 <= changed.height <= 10


def test_delayed_transfers_come_in_four_layouts(sample: Sample) -> None:
    source = sources()["delayed_transfers"]
    headers = []
    for number in range(len(source.releases)):
        grid = sample.file(source, number).sheet("LA - by responsible org")
        header = tuple(grid.rows[13])
        if header not in headers:
            headers.append(header)
    assert [header[:4] for header in headers] == [
        ("SHA", "Code", "Name", "NHS"),
        ("Region", None, "Code", "Name"),
        ("Region", "ONS Geography", "Code", "Name"),
        ("Region", "ONS Geography", "Code", "Name"),
    ]
    assert headers[3].count("Total") == 2
    table = sample.tidy("delayed_transfers")
    assert {"9900", "9901", "9902"} == set(
        table.filter(pl.col("area_type") == "elsewhere")["dh_code"]
    )
    other = table.filter((pl.col("breakdown") == "reason") & (pl.col("category") == "other"))
    assert other["period"].min() == "2017-04"
    letters = table.filter(pl.col("dh_code").str.starts_with("00Z"))
    assert letters["dh_code"].n_unique() == 2
