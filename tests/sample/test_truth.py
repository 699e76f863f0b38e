import numpy as np
import polars as pl

from pipeline.sample import build
from pipeline.sample.outcome import PANEL_YEARS, TARGET_DELTA
from tests.sample.conftest import Sample

SEEDS = range(1, 17)


def test_delta_is_the_target_in_expectation() -> None:
    drawn = np.array([build(seed).outcome.delta for seed in SEEDS])
    error = drawn.std(ddof=1) / np.sqrt(len(drawn))
    assert abs(drawn.mean() - TARGET_DELTA) < 3 * error + 0.01
    assert drawn.min() > 0.1


def test_an_england_where_neither_leads() -> None:
    drawn = np.array([build(seed, target_delta=0.0).outcome.delta for seed in SEEDS])
    assert abs(drawn.mean()) < 0.03


def test_the_committed_seed_is_a_usual_one(sample: Sample) -> None:
    assert abs(sample.truth.delta - TARGET_DELTA) < 0.03
    assert sample.truth.v_budgets < 0.03
    assert sample.truth.panel_rows == 66 * len(PANEL_YEARS)


def partial(x: np.ndarray, y: np.ndarray, controls: np.ndarray) -> float:
    """Correlation of what the controls leave of each."""
    design = np.column_stack([np.ones(len(y)), controls])
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x, y)]
    return float(np.corrcoef(*left)[0, 1])


def panel(sample: Sample) -> pl.DataFrame:
    """The councils' panel out of the files, for the councils that stayed as they were."""
    registry = sample.tidy("council_registry").filter(
        pl.col("end_date").is_null() & pl.col("start_date").is_null()
    )
    upper = registry.filter(
        ~pl.col("council_type").is_in(["shire district", "combined authority"])
    ).select("areacd", "registry_code", "council_type")
    people = (
        sample.tidy("population")
        .filter(pl.col("age") >= 0)
        .group_by("areacd", "year")
        .agg(
            pl.col("value").sum().alias("persons"),
            pl.col("value").filter(pl.col("age") >= 18).sum().alias("adults"),
            pl.col("value").filter(pl.col("age") >= 65).sum().alias("older"),
        )
        .filter(pl.col("year") == 2015)
        .drop("year")
    )
    former = registry.drop_nulls("former_areacds").select("areacd", "former_areacds")
    deprivation = (
        sample.tidy("deprivation_2015")
        .filter(
            (pl.col("domain") == "index_of_multiple_deprivation")
            & (pl.col("measure") == "average_score")
        )
        .join(former, left_on="areacd", right_on="former_areacds", how="left", suffix="_now")
        .select(pl.coalesce("areacd_now", "areacd").alias("areacd"), deprivation="value")
    )
    rural = (
        sample.tidy("rural_urban")
        .filter(pl.col("measure") != "urban")
        .group_by("registry_code")
        .agg(pl.col("value").sum().alias("rural"))
    )
    delayed = sample.tidy("delayed_transfers").filter(
        (pl.col("breakdown") == "responsible_organisation")
        & (pl.col("measure") == "delayed_days")
        & (pl.col("area_type") == "council")
    )
    crosswalk = delayed.drop_nulls("areacd").select("dh_code", "areacd").unique()
    days = (
        delayed.filter(pl.col("category") == "total")
        .drop("areacd")
        .join(crosswalk, on="dh_code")
        .group_by("areacd", (pl.col("year") - 1).alias("year"))
        .agg(pl.col("value").sum().alias("days"))
    )
    return (
        days.filter(pl.col("year").is_in([*PANEL_YEARS]))
        .join(upper, on="areacd")
        .join(people, on="areacd")
        .join(deprivation, on="areacd")
        .join(rural, on="registry_code")
        .join(leadership(sample), on=["areacd", "year"])
        .with_columns(
            (pl.col("days") / pl.col("adults")).alias("rate"),
            (pl.col("older") / pl.col("persons")).alias("old"),
            pl.col("persons").log().alias("size"),
        )
        .sort("areacd", "year")
    )


def leadership(sample: Sample) -> pl.DataFrame:
    """Mean score of senior managers, carried to councils: cost x catchment share."""
    score = (
        sample.tidy("staff_survey_leadership")
        .filter(pl.col("question").is_in(["8b", "8c", "8d"]))
        .group_by("org_code", "year")
        .agg((pl.col("score") * pl.col("value")).sum() / pl.col("value").sum())
    )
    cost = (
        sample.tidy("trust_finance")
        .filter((pl.col("measure") == "operating_cost") & (pl.col("value") < 0))
        .group_by("org_code")
        .agg(-pl.col("value").median().alias("cost"))
    )
    catchment = sample.tidy("trust_catchment")
    heirs = sample.tidy("trust_succession").filter(pl.col("date").dt.year() >= 2010)
    current = catchment.select("org_code", trust="org_code").unique()
    lineage = pl.concat([current, heirs.select("org_code", trust="successor_code")])
    registry = sample.tidy("council_registry")
    county = registry.select(county_registry_code="registry_code", county="areacd")
    council = registry.join(county, on="county_registry_code", how="left").select(
        "areacd", pl.coalesce("county", "areacd").alias("council")
    )
    return (
        catchment.join(council, on="areacd")
        .group_by("org_code", "council")
        .agg(pl.col("value").sum().alias("share"))
        .rename({"org_code": "trust", "council": "areacd"})
        .join(lineage, on="trust")
        .join(cost, on="org_code")
        .join(score, on="org_code")
        .with_columns((pl.col("share") * pl.col("cost")).alias("weight"))
        .group_by("areacd", "year")
        .agg(
            ((pl.col("score") * pl.col("weight")).sum() / pl.col("weight").sum()).alias("led"),
        )
    )


def test_the_files_give_the_exposure_and_its_effect_back(sample: Sample) -> None:
    rows = panel(sample)
    assert rows["areacd"].n_unique() >= 60
    true = [
        sample.truth.exposure[code][str(year)]
        for code, year in rows.select("areacd", "year").iter_rows()
    ]
    led = rows["led"].to_numpy()
    assert np.corrcoef(led, true)[0, 1] > 0.95
    classes = rows.select("council_type", pl.col("year").cast(pl.String))
    controls = np.column_stack(
        [
            rows.select("old", "deprivation", "size", "rural").to_numpy(),
            classes.to_dummies(drop_first=True).to_numpy(),
        ]
    )
    outcome = rows["rate"].to_numpy()
    assert partial(np.array(true), outcome, controls) < -0.5
    assert partial(led, outcome, controls) < -0.5


def test_budgets_hardly_matter_and_need_does(sample: Sample) -> None:
    effects = sample.truth.coefficients
    assert abs(effects["budgets"]) < 0.1 * abs(effects["leadership"])
    assert effects["deprivation"] > 0
    assert 0.3 < sample.truth.r2_controls < 0.6
