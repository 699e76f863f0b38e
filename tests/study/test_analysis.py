"""From made-up panels to the evidence tables, and to one answer over all panels."""

import json
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import polars as pl
import pytest
from distributed import Client, LocalCluster
from numpy.testing import assert_allclose

from pipeline.edition import SAMPLE
from pipeline.evidence.overall import Check
from pipeline.evidence.verdict import DEPENDS, INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED
from pipeline.study import analysis
from pipeline.study.analysis import evidence_tables
from pipeline.study.asked import Asked
from pipeline.study.described import exploratory, measure_quality
from pipeline.study.framework import Framework, Panel, framework
from pipeline.study.parts import on_one_thread, pieces
from pipeline.study.results import ALL_PANELS, MEANINGS, TABLES
from pipeline.study.together import Found, claim_rows, put_together
from tests.few import few_draws
from tests.study.test_panels import INSIDE, SPEC, built_of, made_up, pool_of, put, world

Row = dict[str, Any]
OF_ROWS = [name for name in TABLES if name != "panel_value"]
"""Tables that are put together of rows; the values are taken from the arrays (test_values)."""
ESTIMATES = ("block_fit", "block_contrast", "importance", "model_tests", "cv_losses")
INNER = ("variance_split", "within_effect", "discordant_sets")
COMMON = [
    "spec_id",
    "outcome",
    "is_primary",
    "exploratory",
    "n_rows",
    "n_localities",
    "n_authorities",
    "years",
]


def quick() -> Framework:
    """A few draws of everything that is drawn, so that every table is filled."""
    plain = made_up(SPEC, INSIDE)
    return replace(plain, test=few_draws(plain.test))


QUICK = quick()
PLAIN = world(0.8, places=3, seed=2)
UNSAMPLED = pl.DataFrame(
    schema={
        "locality": pl.String,
        "year": pl.Int32,
        "indicator": pl.String,
        "sampling_variance": pl.Float64,
        "respondents": pl.Float64,
        "coverage": pl.Float64,
        "n_effective": pl.Float64,
    }
)


@pytest.fixture(autouse=True, scope="module")
def one_process() -> Iterator[None]:
    with joblib.parallel_config(backend="sequential"):
        yield


def found_of(frame: pl.DataFrame, spec: Panel = INSIDE, all_of: Framework = QUICK) -> Found:
    asked = Asked(pool_of(frame, spec, all_of), all_of)
    done = [piece.done() for piece in pieces(asked, UNSAMPLED)]
    return put_together(asked, done)


@pytest.fixture(scope="module")
def plain() -> Found:
    return found_of(PLAIN)


def overall_of(found: Found) -> Row:
    return [row for row in found.rows["verdict"] if row["part"] == "overall"][-1]


# One panel.


@pytest.mark.parametrize("table", OF_ROWS)
def test_every_table_is_filled_and_each_of_its_columns_has_a_meaning(
    plain: Found, table: str
) -> None:
    frame = pl.DataFrame(plain.rows[table], infer_schema_length=None)
    assert frame.height > 0
    assert [name for name in frame.columns if name not in MEANINGS] == []


COLUMNS = {
    "analysis_spec": "lag controls composite_rule missing_rule sample thresholds frozen_hash",
    "measure_quality": "indicator block level source reliability block_alpha block_omega "
    "n_resp_median missing_pct within_var_share shares_source_with_outcome block_sign_agreement",
    "block_fit": "coalition k r2 v adj_r2 q2_loao q2_forward",
    "block_contrast": "estimand estimate bias se ci_low ci_high ci_method p_one_sided",
    "importance": "level name first last shapley owen se ci_low ci_high slope",
    "model_tests": "test direction statistic df1 df2 p vcov",
    "cv_losses": "scheme fold authority model n_test sse sst",
    "variance_split": "sigma2_authority sigma2_locality sigma2_resid icc_authority w_star ci_low "
    "ci_high",
    "within_effect": "model term estimate se df p partial_r2_within perm_unit n_perm p_perm",
    "discordant_sets": "authority year n_localities n_adopters h_adopters h_others diff",
    "robustness": "kind detail estimate ci_low ci_high passes why_not",
    "multiverse": "delta se sign beta_w p",
    "power": "design true_effect p_supported p_not_supported p_inconclusive mde80",
    "published_comparison": "study predictor published_outcome effect metric our_estimate "
    "comparable why",
    "verdict": "part verdict rule_id passed value threshold sentence",
}
ESTIMANDS = {"delta", "delta_adj", "delta_cv", "delta_forward", "unique_H", "unique_B", "common"}


@pytest.mark.parametrize("table", COLUMNS)
def test_every_table_has_the_columns_that_were_promised(plain: Found, table: str) -> None:
    there = set(pl.DataFrame(plain.rows[table], infer_schema_length=None).columns)
    assert set(COLUMNS[table].split()) <= there


def test_every_estimand_is_there_and_every_test(plain: Found) -> None:
    assert {row["estimand"] for row in plain.rows["block_contrast"]} == ESTIMANDS
    tests = {row["test"] for row in plain.rows["model_tests"]}
    for name in ("nested F", "J", "Cox", "encompassing", "Vuong", "AIC", "BIC", "K-fold"):
        assert any(name in one for one in tests), (name, tests)
    terms = {row["model"] for row in plain.rows["within_effect"]}
    for name in ("fixed effects", "conditional logit", "within-between"):
        assert any(name in one for one in terms), (name, terms)


@pytest.mark.parametrize("table", OF_ROWS)
def test_what_is_common_to_a_panel_is_in_front_of_every_row(plain: Found, table: str) -> None:
    unregistered = "The framework file is not the registered one."
    expected = (INSIDE.name, "delays", True, unregistered, 384, 96, 32, "2012-2015")
    # A discordant set counts its own localities.
    told = [row | {"n_localities": 96} for row in plain.rows[table] if "n_adopters" in row]
    rows = told or plain.rows[table]
    assert {tuple(row[name] for name in COMMON) for row in rows} == {expected}
    assert all(list(row)[: len(COMMON)] == COMMON for row in plain.rows[table])


def test_leadership_that_drives_outcomes_is_supported_in_both_halves(plain: Found) -> None:
    assert (plain.between, plain.within) == (SUPPORTED, SUPPORTED)
    row = overall_of(plain)
    assert row["verdict"] == SUPPORTED
    assert row["sentence"] == (
        "The claim is supported here, between authorities and inside them. Between authorities: "
        "supported; inside authorities: supported. Between authorities, 100% of the "
        "specifications have one sign. Inside authorities, 100% of the specifications have one "
        "sign."
    )
    said = next(r["sentence"] for r in plain.rows["verdict"] if r["part"] == "between")
    assert "predict title of delays better than measures of plans and budgets" in said
    assert plain.spec == INSIDE


def test_budgets_that_drive_outcomes_are_enough_against_it() -> None:
    found = found_of(world(b=1.0, places=2, seed=2))
    assert found.between == NOT_SUPPORTED
    assert overall_of(found)["verdict"] == NOT_SUPPORTED
    assert overall_of(found)["sentence"].startswith("The claim is not supported here.")


def test_one_guard_that_fails_takes_the_verdict_back(plain: Found) -> None:
    """Roads that leadership moves: both halves stand, the claim does not."""
    found = found_of(roads_follow(PLAIN))
    assert (found.between, found.within) == (plain.between, plain.within)
    row = overall_of(found)
    assert row["verdict"] == INCONCLUSIVE
    assert row["sentence"] == (
        "The data here cannot decide the claim. Between authorities: supported; inside "
        "authorities: supported. Between authorities, 100% of the specifications have one sign; "
        "leadership also leads on a placebo that it should not move, so what it picks up may be "
        "something else. Inside authorities, 100% of the specifications have one sign; leadership "
        "also leads on a placebo that it should not move, so what it picks up may be something "
        "else."
    )
    failed = {
        r["rule_id"] for r in found.rows["verdict"] if r["part"] == "overall" and not r["passed"]
    }
    assert failed == {"between_placebos_clean", "within_placebos_clean"}


def test_a_placebo_that_is_not_there_takes_it_back_too(plain: Found) -> None:
    found = found_of(PLAIN, replace(INSIDE, placebo=()))
    assert (found.between, found.within) == (plain.between, plain.within)
    assert overall_of(found)["verdict"] == INCONCLUSIVE
    assert "; the check by placebo could not be made." in overall_of(found)["sentence"]


@pytest.fixture(scope="module")
def uneven() -> Found:
    """Two authorities do not say what they spend: they can be compared within, not between."""
    return found_of(put(PLAIN, pl.col("authority") >= "A030", spending=None))


@pytest.mark.parametrize("table", OF_ROWS)
def test_rows_of_the_half_within_count_its_own_rows(uneven: Found, table: str) -> None:
    counts = {"between": (360, 90, 30), "within": (384, 96, 32), None: (360, 90, 30)}
    for row in uneven.rows[table]:
        part = "within" if table in INNER else row.get("part")
        own = tuple(row[name] for name in ("n_rows", "n_localities", "n_authorities"))
        if table == "discordant_sets":
            own = (own[0], 96, own[2])
        assert own == counts["between" if part == "overall" else part]
    parts = {row.get("part") for row in uneven.rows[table]}
    if table in ("robustness", "power", "verdict", "published_comparison"):
        assert {"between", "within"} <= parts


def test_every_row_says_which_comparison_it_enters(uneven: Found) -> None:
    rows = uneven.rows["panel"]
    counts = Counter((row["enters_between"], row["enters_within"]) for row in rows)
    assert counts == {(True, True): 360, (False, True): 24}
    for row in rows:
        assert row["ranked_within"]
        assert row["enters_between"] == (row["authority"] < "A030")
        assert row["outcome_polarised"] is not None
        assert (row["budgets"] is not None) == row["enters_between"]
    means = [sum(row[one] for row in rows if row["enters_between"]) for one in ("plans", "budgets")]
    assert_allclose(means, 0.0, atol=1e-9)


def test_a_row_without_a_neighbour_is_ranked_and_not_compared_within() -> None:
    alone = put(PLAIN, pl.col("locality").is_in(["L001", "L002"]), listens=None)
    gone = put(alone, pl.col("locality") == "L000", spending=None)
    rows = {row["locality"]: row for row in found_of(gone).rows["panel"]}
    names = ("enters_between", "enters_within", "ranked_within")
    assert [rows["L000"][name] for name in names] == [False, False, True]
    assert [rows["L003"][name] for name in names] == [True, True, True]
    assert not {"L001", "L002"} & set(rows)


def test_councils_alone_are_not_compared_within() -> None:
    rows = found_of(world(0.8, seed=2), SPEC).rows["panel"]
    assert {row["enters_between"] for row in rows} == {True}
    assert {row["enters_within"] or row["ranked_within"] for row in rows} == {False}


def test_both_samples_are_written_down(uneven: Found) -> None:
    row = uneven.rows["analysis_spec"][0]
    assert row["sample"].endswith("with every indicator used: 360")
    assert row["sample_within"].endswith(
        "with every indicator used: 384; with a neighbour under the same authority that year: 384"
    )
    assert row["indicators_within"] == "leadership: listens, inspires"
    several = {(r["spec_n_rows"], r["spec_n_rows_within"]) for r in uneven.rows["multiverse"]}
    assert (360, 384) in several


def test_a_measure_of_the_authority_that_differs_inside_it_stops_the_panel() -> None:
    found = found_of(put(PLAIN, pl.col("locality") == "L004", spending=9.0))
    row = found.rows["analysis_spec"][0]
    said = "spending is measured of the authority and differs between its localities in one year"
    assert row["stopped"] == said
    assert row["stopped_within"] == f"plan and budget are not shared: {said}"
    assert (found.between, found.within) == (None, None)
    assert all(not found.rows[table] for table in (*ESTIMATES, *INNER))


def roads_follow(frame: pl.DataFrame) -> pl.DataFrame:
    """Roads that leadership moves a year later."""
    moved = frame.select("locality", pl.col("year") + 1, pl.col("listens").alias("before"))
    return frame.join(
        moved.with_columns(pl.col("year").cast(pl.Int32)), on=["locality", "year"], how="left"
    ).with_columns(roads=pl.col("roads") + 3.0 * pl.col("before").fill_null(0.0))


def test_councils_alone_say_what_a_guard_found_in_their_own_sentence() -> None:
    """Their half stands, its sentence and the claim do not go without what the guard found."""
    plain = world(0.8, seed=2)
    clean, moved = found_of(plain, SPEC), found_of(roads_follow(plain), SPEC)
    assert (clean.between, moved.between) == (SUPPORTED, SUPPORTED)
    said = [
        next(r["sentence"] for r in one.rows["verdict"] if r["composition"] == "both")
        for one in (clean, moved)
    ]
    assert [("leadership also leads on a placebo" in one) for one in said] == [False, True]
    assert all("of the specifications have one sign" in one for one in said)
    beside = answer()
    assert claim(beside, replace(clean, checks=()))["verdict"] == SUPPORTED
    row = claim(beside, moved)
    assert row["verdict"] == INCONCLUSIVE
    assert f"do not in {SPEC.title} (" in row["sentence"]


def test_councils_alone_are_asked_about_one_half() -> None:
    found = found_of(world(0.8, seed=2), SPEC)
    assert found.between is not None
    assert (found.within, found.p_within) == (None, None)
    assert {row["part"] for row in found.rows["verdict"]} == {"between"}
    assert all(not found.rows[table] for table in INNER)
    assert found.rows["analysis_spec"][0]["stopped_within"] is None


def test_p_is_the_larger_of_both_compositions(plain: Found) -> None:
    for p, rule in (
        (plain.p_between, "loao_p_below_alpha"),
        (plain.p_within, "trajectory_p_below_alpha"),
    ):
        own = [row["value"] for row in plain.rows["verdict"] if row["rule_id"] == rule]
        assert len(own) == 2
        assert p == max(own)


def test_codes_are_given_back_their_names() -> None:
    """Among authorities of three localities stand some of one, which have nothing to compare."""
    some = PLAIN.filter(
        (pl.col("authority") > "A003") | pl.col("locality").is_in(["L001", "L004", "L007", "L010"])
    )
    found = found_of(some)
    held = [r for r in found.rows["cv_losses"] if r["scheme"] == "leave-one-authority-out"]
    assert {row["authority"] for row in held} == set(some["authority"])
    assert {row["fold"] for row in held} == set(some["authority"])
    rows = {r["authority"]: r["n_test"] for r in held}
    assert (rows["A001"], rows["A030"]) == (4, 12)
    owner = dict(some.select("locality", "authority").unique().iter_rows())
    outcome = {
        (place, year - 1): -value
        for place, year, value in some.select("locality", "year", "delays").iter_rows()
    }
    assert found.rows["discordant_sets"]
    for row in found.rows["discordant_sets"]:
        adopters = row["adopters"].split(", ")
        assert len(adopters) == row["n_adopters"]
        assert {owner[place] for place in adopters} == {row["authority"]}
        others = [place for place in owner if owner[place] == row["authority"]]
        others = [place for place in others if place not in adopters]
        worst = min(outcome[place, row["year"]] for place in adopters)
        assert all(outcome[place, row["year"]] < worst for place in others)


def test_localities_without_a_neighbour_do_not_count_within() -> None:
    """Of 32 authorities with three localities each, four are left with one: nothing to compare."""
    alone = ["L001", "L004", "L007", "L010"]
    found = found_of(PLAIN.filter((pl.col("authority") > "A003") | pl.col("locality").is_in(alone)))
    counts = {"between": (352, 88, 32), "within": (336, 84, 28)}
    for table, rows in found.rows.items():
        for row in rows:
            part = "within" if table in INNER else row.get("part", "between")
            if table in TABLES and table != "discordant_sets" and part in counts:
                own = tuple(row[name] for name in ("n_rows", "n_localities", "n_authorities"))
                assert own == counts[part], (table, part)
    assert found.rows["analysis_spec"][0]["sample_within"].endswith(
        "with every indicator used: 352; with a neighbour under the same authority that year: 336"
    )
    within = {(r["spec_n_rows"], r["spec_n_rows_within"]) for r in found.rows["multiverse"]}
    assert (352, 336) in within


def test_what_was_asked_is_written_down(plain: Found) -> None:
    row = plain.rows["analysis_spec"][0]
    assert row["sample"] == (
        "places in the years of the predictors: 384; with the outcome 1 year later: 384; with all "
        "controls: 384; with every indicator used: 384"
    )
    assert row["controls"] == "need, rural, council_class, year"
    assert row["indicators"].startswith("leadership: listens, inspires, inspected; partnership")
    thresholds = json.loads(row["thresholds"])
    assert thresholds["between"]["delta_min"] == QUICK.test.between.delta_min
    assert thresholds["guards"]["alpha"] == QUICK.test.guards.alpha
    assert row["frozen_hash"] == "made up"


def test_results_are_confirmatory_only_under_the_registered_framework() -> None:
    declared = framework()
    registered = replace(declared, hash="another")
    explored = replace(SPEC, exploratory="It was explored.")
    unregistered = "The framework file is not the registered one."
    assert exploratory(SPEC, registered) == unregistered
    assert exploratory(explored, registered) == f"It was explored. {unregistered}"


# A panel that is stopped.


@pytest.mark.parametrize(
    ("authorities", "between", "within"),
    [
        (29, "29 authorities, fewer than 30", None),
        (
            9,
            "9 authorities, fewer than 30",
            "9 authorities with at least two localities in a year, fewer than 10",
        ),
    ],
)
def test_nothing_is_estimated_with_too_few_authorities(
    authorities: int, between: str, within: str | None
) -> None:
    found = found_of(PLAIN.filter(pl.col("authority") < f"A{authorities:03}"))
    spec = found.rows["analysis_spec"][0]
    assert (spec["stopped"], spec["stopped_within"]) == (between, within)
    assert all(not found.rows[table] for table in ESTIMATES)
    assert "between" not in {row["part"] for row in found.rows["robustness"]}
    assert (found.between, found.p_between) == (None, None)
    assert all(row["delta"] is None for row in found.rows["multiverse"])
    assert [bool(found.rows[table]) for table in INNER] == [within is None] * 3
    assert bool(found.rows["multiverse"]) == (within is None)
    assert (found.within is None) == (within is not None)
    row = overall_of(found)
    assert row["verdict"] != SUPPORTED
    assert "Between authorities: cannot be asked of these data" in row["sentence"]
    assert all(r["our_estimate"] is None for r in found.rows["published_comparison"]) or not within


EVERYWHERE = pl.lit(True)
BROKEN = {
    "no outcome": put(PLAIN, EVERYWHERE, delays=None),
    "no control": put(PLAIN, EVERYWHERE, rural=None),
    "nothing measured": put(
        PLAIN, EVERYWHERE, listens=None, inspires=None, inspected=None, joint_income=None,
        planned=None, spending=None, margin=None,
    ),
    "no plans and budgets": put(PLAIN, EVERYWHERE, planned=None, spending=None, margin=None),
    "no leadership": put(
        PLAIN, EVERYWHERE, listens=None, inspires=None, inspected=None, joint_income=None
    ),
    "one outcome": put(PLAIN, EVERYWHERE, delays=3.0),
    "one leadership": put(
        PLAIN, EVERYWHERE, listens=1.0, inspires=1.0, inspected=1.0, joint_income=1.0
    ),
    "one row": PLAIN.filter(pl.col("locality") == "L000", pl.col("year") < 2014).head(2),
    "two rows": PLAIN.filter(pl.col("locality") < "L002", pl.col("year") < 2014),
    "one authority": PLAIN.filter(pl.col("authority") == "A000"),
    "three authorities": PLAIN.filter(pl.col("authority") < "A003"),
    "one trust": PLAIN.with_columns(dominant_trust=pl.lit("R00")),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("spec", [SPEC, INSIDE])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_panel_that_cannot_be_compared_says_why(what: str, spec: Panel) -> None:
    found = found_of(BROKEN[what], spec)
    row = found.rows["analysis_spec"][0]
    assert row["stopped"]
    assert found.between is None
    assert "between" not in {row["part"] for row in found.rows["robustness"]}
    assert all(not found.rows[table] for table in ESTIMATES)


def gaps_everywhere() -> pl.DataFrame:
    """Indicators each measured on nine tenths of the rows or more, and no row with all of them."""
    row = pl.int_range(pl.len())
    names = ("listens", "inspires", "inspected", "joint_income", "planned", "spending", "margin")
    return PLAIN.with_columns(
        pl.when(row % len(names) != i).then(name).alias(name) for i, name in enumerate(names)
    )


@pytest.mark.parametrize("spec", [SPEC, INSIDE])
def test_gaps_that_leave_no_row_say_so(spec: Panel) -> None:
    loose = replace(QUICK, test=replace(QUICK.test, min_measured=0.8))
    found = found_of(gaps_everywhere(), spec, loose)
    assert found.rows["analysis_spec"][0]["stopped"]
    thin = replace(loose, test=replace(loose.test, min_measured=0.1))
    never = pl.int_range(pl.len()) % 2 == 0
    frame = PLAIN.with_columns(
        listens=pl.when(never).then("listens"), inspires=pl.when(~never).then("inspires")
    )
    found = found_of(frame, spec, thin)
    assert found.rows["analysis_spec"][0]["stopped"]


@pytest.mark.parametrize(
    "change",
    [
        {"inspires": -pl.col("listens"), "inspected": pl.lit(None, pl.Float64)},
        {
            "inspires": pl.col("listens"),
            "inspected": pl.col("listens").mean().over("authority", "year"),
        },
        {"inspires": pl.lit(1.0)},
        {"margin": pl.col("spending"), "rural": pl.col("need")},
        {"listens": pl.col("need"), "inspires": pl.col("need")},
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_indicators_that_repeat_each_other_do_not_stop_a_panel(change: dict[str, pl.Expr]) -> None:
    found = found_of(PLAIN.with_columns(**change), all_of=made_up(INSIDE))
    assert found.rows["analysis_spec"][0]["stopped"] is None
    assert found.between is not None


# How well each indicator is measured.


def test_measure_quality_of_a_survey_and_of_an_authoritys_value() -> None:
    built = built_of(put(PLAIN, pl.col("locality") == "L000", planned=None), INSIDE, QUICK)
    long = PLAIN.select(
        "locality",
        "year",
        indicator=pl.lit("listens"),
        sampling_variance=0.1 + 0.01 * (pl.col("year") - 2012),
        respondents=pl.lit(200.0),
        coverage=pl.lit(0.8),
        n_effective=pl.lit(2.0),
    )
    rows = {row["indicator"]: row for row in measure_quality(built, long, QUICK)}
    listens = built.values["leadership"][:, 0]
    noise = 0.1 + 0.01 * (built.rows["year"].to_numpy() - 2012)
    assert rows["listens"]["reliability"] == pytest.approx(
        1.0 - noise.mean() / listens.var(ddof=1), rel=1e-9
    )
    assert rows["listens"]["n_resp_median"] == 200.0
    assert (rows["listens"]["coverage_min"], rows["listens"]["missing_pct"]) == (0.8, 0.0)
    assert rows["planned"]["missing_pct"] == pytest.approx(100 * 4 / 384)
    assert rows["planned"]["reliability"] is None
    frame = pl.DataFrame({"a": built.rows["authority"], "x": listens})
    left = frame.select(pl.col("x") - pl.col("x").mean().over("a")).to_series().to_numpy()
    assert_allclose(
        rows["listens"]["within_var_share"],
        (left**2).sum() / ((listens - listens.mean()) ** 2).sum(),
    )
    # An authority's value varies inside it over the years alone.
    assert rows["spending"]["within_var_share"] < rows["listens"]["within_var_share"]
    assert not any(row["shares_source_with_outcome"] for row in rows.values())
    alpha = rows["listens"]["block_alpha"]
    r = np.asarray(np.corrcoef(built.values["leadership"].T))[np.triu_indices(3, 1)].mean()
    assert alpha == pytest.approx(3 * r / (1 + 2 * r))
    assert rows["planned"]["block_alpha"] is None


# The claim over all panels.


def answer(
    between: str | None = SUPPORTED,
    within: str | None = SUPPORTED,
    p: float | None = 0.001,
    *,
    spec: Panel = INSIDE,
    p_within: float | None = None,
    checks: tuple[Check, ...] = (),
) -> Found:
    return Found(spec, {}, between, within, p, p_within, checks)


def claim(*found: Found) -> Row:
    rows = claim_rows(found, QUICK)
    assert len({(row["verdict"], row["sentence"]) for row in rows}) == 1
    assert [row["rule_id"] for row in rows] == [
        "between_supported",
        "within_supported",
        "holm_p_below_alpha",
        "panel_checks_hold",
    ]
    assert {row["spec_id"] for row in rows} == {"all_panels"}
    return rows[-2]


def test_the_claim_needs_every_primary_panel_and_holms_p() -> None:
    row = claim(*(answer(p=p) for p in (0.01, 0.02, 0.04)))
    assert (row["verdict"], row["value"]) == (SUPPORTED, pytest.approx(0.04))
    row = claim(*(answer(p=p) for p in (0.02, 0.03, 0.04)))
    assert (row["verdict"], row["passed"], row["value"]) == (
        INCONCLUSIVE,
        False,
        pytest.approx(0.06),
    )
    assert "Corrected for 3 primary outcomes (Holm), the largest p is 0.06." in row["sentence"]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (answer(NOT_SUPPORTED), NOT_SUPPORTED),
        (answer(within=NOT_SUPPORTED), NOT_SUPPORTED),
        (answer(INCONCLUSIVE), INCONCLUSIVE),
        (answer(DEPENDS), INCONCLUSIVE),
        (answer(within=None, spec=SPEC), SUPPORTED),
        (answer(NOT_SUPPORTED, spec=replace(INSIDE, primary=False)), SUPPORTED),
        (answer(p=0.9, spec=replace(INSIDE, primary=False)), SUPPORTED),
        (answer(None, p=None, p_within=0.9), INCONCLUSIVE),
        (answer(None, p=None, p_within=0.01), SUPPORTED),
        (answer(p=0.001, p_within=0.9), INCONCLUSIVE),
        (answer(p=0.001, p_within=0.01), SUPPORTED),
    ],
)
def test_beside_a_panel_that_supports_it(other: Found, expected: str) -> None:
    assert claim(answer(), other)["verdict"] == expected


@pytest.mark.parametrize(
    ("check", "primary", "expected"),
    [
        (
            Check("between_placebos_clean", True),
            True,
            SUPPORTED,
        ),
        (
            Check("between_placebos_clean", False),
            True,
            INCONCLUSIVE,
        ),
        (
            Check("between_placebos_clean", None),
            True,
            INCONCLUSIVE,
        ),
        (
            Check("between_placebos_clean", False),
            False,
            SUPPORTED,
        ),
        (Check("a_caution", False, decides=False), True, SUPPORTED),
    ],
)
def test_a_check_of_any_primary_panel_takes_the_claim_back(
    check: Check, primary: bool, expected: str
) -> None:
    other = answer(spec=replace(SPEC, title="Councils", primary=primary), checks=(check,))
    row = claim(answer(), other)
    assert row["verdict"] == expected
    said = "do not in Councils (1 of 1)." in row["sentence"]
    assert said is (expected == INCONCLUSIVE)


def test_no_panel_that_could_be_asked_decides_nothing() -> None:
    row = claim(answer(None, None, None))
    assert (row["verdict"], row["passed"], row["value"]) == (INCONCLUSIVE, False, None)
    assert claim(answer(within=None, spec=SPEC))["verdict"] == INCONCLUSIVE
    nobody = claim_rows([answer(spec=replace(INSIDE, primary=False))], QUICK)
    assert {row["verdict"] for row in nobody} == {INCONCLUSIVE}


def test_the_claims_sentence_names_every_primary_panel() -> None:
    councils = replace(SPEC, title="Councils")
    districts = replace(INSIDE, title="Districts")
    row = claim(
        answer(INCONCLUSIVE, None, spec=councils),
        answer(None, SUPPORTED, None, spec=districts, p_within=0.01),
    )
    assert row["sentence"].endswith(
        "By panel: Councils: between inconclusive; Districts: between not possible and within "
        "supported."
    )
    assert row["outcome"] == "delays, delays"


# Who works it out.


def dealt_out(**parallel: Any) -> Found:
    asked = Asked(pool_of(PLAIN, INSIDE, QUICK), QUICK)
    with joblib.parallel_config(**parallel):
        done = joblib.Parallel()(
            joblib.delayed(on_one_thread)(piece) for piece in pieces(asked, UNSAMPLED)
        )
    assert {name for name, _ in done} == {INSIDE.name}
    return put_together(asked, [result for _, result in done])


def test_pieces_give_the_same_rows_whoever_works_them_out(plain: Found) -> None:
    assert dealt_out(backend="loky", n_jobs=2) == plain


def test_a_worker_imports_nothing_that_takes_seconds(tmp_path: Path) -> None:
    dealt = tmp_path / "pieces"
    dealt.write_bytes(pickle.dumps(pieces(Asked(pool_of(PLAIN, INSIDE, QUICK), QUICK), UNSAMPLED)))
    worked = (
        "import pickle, sys; given = pickle.load(open(sys.argv[1], 'rb'));"
        "print(sum(bool(one.done()) for one in given), *sys.modules)"
    )
    run = [sys.executable, "-c", worked, str(dealt)]
    done, *modules = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()
    assert int(done) > 5
    assert not {"statsmodels", "pandas", "scipy.stats"} & set(modules)


def test_pieces_give_the_same_rows_on_a_dask_cluster(plain: Found) -> None:
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster),  # type: ignore[no-untyped-call]
    ):
        assert dealt_out(backend="dask") == plain


def test_all_panels_in_their_order_and_a_line_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Larger panels are worked out first; the tables keep the framework's order."""
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    measured = {"indicator": pl.String, "status": pl.String, "reference_year": pl.Int32}
    for table, place in (("indicator_place", "areacd"), ("indicator_trust", "org_code")):
        schema = {place: pl.String, "year": pl.Int32, **measured}
        SAMPLE.write("locality", table, pl.DataFrame(schema=schema))
    small = world(0.8, authorities=36, years=range(2012, 2014), seed=3)
    pools = {SPEC.name: pool_of(small, SPEC, QUICK), INSIDE.name: pool_of(PLAIN, INSIDE, QUICK)}
    monkeypatch.setattr(analysis, "candidates", lambda spec, all_of, edition: pools[spec.name])
    monkeypatch.setattr(analysis, "long_table", lambda edition, spec: UNSAMPLED)
    said: list[str] = []
    made = evidence_tables(SAMPLE, QUICK, progress=said.append)
    assert said == [f"1 of 2 panels: {INSIDE.title}", f"2 of 2 panels: {SPEC.title}"]
    order = made["analysis_spec"]["spec_id"].to_list()
    assert order == [SPEC.name, INSIDE.name] == list(QUICK.panels)
    assert made["verdict"]["spec_id"].unique(maintain_order=True).to_list() == [*order, ALL_PANELS]
    again = evidence_tables(SAMPLE, QUICK)
    assert all(made[table].equals(again[table]) for table in made)
