"""Every specification is what selecting and estimating by hand gives, whoever works it out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import joblib
import numpy as np
import polars as pl
import pytest
from distributed import Client, LocalCluster
from numpy.testing import assert_allclose

import pipeline.study.multiverse as made
from pipeline.evidence.between import gate
from pipeline.evidence.resampling import bootstrap_weights
from pipeline.evidence.within import slope
from pipeline.study.framework import Framework, framework
from pipeline.study.multiverse import AXES, Outcome, multiverse, specifications
from pipeline.study.panels import Candidates, first_side, locality_panel, select
from tests.evidence.worlds import quick_lead
from tests.study.test_panels import INSIDE, MADE_UP, SPEC, pool_of, put, world

Row = dict[str, Any]
PENALTY = 0.1


def wide(**axes: Any) -> Framework:
    chosen = replace(MADE_UP.test.multiverse, **axes)
    return replace(MADE_UP, test=replace(MADE_UP.test, multiverse=chosen))


GRID = wide(
    compositions=("composite", "indicators"), min_coverage=(0.5, 0.75), min_measured=(0.7, 0.9)
)


def gappy(seed: int = 0, **strengths: Any) -> pl.DataFrame:
    """A world in which both minima decide about rows and indicators."""
    frame = world(0.6, 0.1, seed=2, **strengths)
    rng = np.random.default_rng(seed)
    unseen = pl.Series(rng.random(frame.height) < 0.2)
    return frame.with_columns(
        listens__coverage=pl.Series(rng.uniform(0.45, 1.0, frame.height)),
        planned=pl.when(~unseen).then("planned"),
    )


POOL = pool_of(gappy(), all_of=GRID)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return multiverse(POOL, GRID, PENALTY, n_jobs=1)[0]


def test_declared_panels_of_several_years_have_a_thousand_specifications() -> None:
    declared = framework()
    for spec in declared.panels.values():
        if spec.years[1] > spec.years[0]:
            pool = Candidates(spec, pl.DataFrame(), {}, {})
            assert len(specifications(pool, declared)) >= 1000, spec.name


def test_specifications_are_all_combinations_and_differ() -> None:
    asked = specifications(POOL, GRID)
    labels = [one.labels for one in asked]
    # Controls: all, without each of need, rural and council class, year alone. Samples: all,
    # without outliers among predictors or outcomes, London, or counties, either half of the years.
    assert len(asked) == len(set(labels)) == 2 * 5 * 7 * 2 * 2
    assert len({(one.composition, one.choices) for one in asked}) == len(asked)
    at = AXES.index("sample")
    halves = {one.labels[at]: one.choices.years for one in asked}
    assert (halves["earlier years"], halves["later years"]) == ((2012, 2013), (2014, 2015))
    alone = next(one for one in asked if "year alone" in one.labels)
    assert (alone.choices.controls, alone.choices.control_classes) == ((), ("year",))
    one_year = replace(SPEC, years=(2012, 2012), control_classes=("year",))
    samples = {one.labels[at] for one in specifications(pool_of(gappy(), one_year), GRID)}
    assert samples == {"all", "predictors drawn in to 3 SD", "without outcomes beyond 3 SD"}


def direct(pool: Candidates, all_of: Framework, one: made.Specification) -> Row:
    """One specification without anything remembered."""
    built = select(pool, all_of, one.choices)
    row: Row = {"spec_n_rows": built.size, "delta": None, "se": None, "beta_w": None, "p": None}
    if pool.spec.within:
        inside = locality_panel(select(pool, all_of, first_side(one.choices, all_of)), all_of)
        found = None if inside is None else slope(inside, one.composition)
        row["beta_w"] = None if found is None else found.beta
    panel = built.panel
    row["stopped"] = "no row is left" if panel is None else gate(panel, all_of.test.between)
    if panel is not None and not row["stopped"]:
        own = quick_lead(
            replace(panel, dominant_trust=None),
            all_of.test.between,
            composition=one.composition,
            penalty=PENALTY,
        )
        row |= {"delta": own.delta, "se": own.se, "p": own.p_one_sided}
    return row


def assert_direct(pool: Candidates, all_of: Framework, rows: Sequence[Row]) -> None:
    for one, row in zip(specifications(pool, all_of), rows, strict=True):
        assert tuple(row[axis] for axis in AXES) == one.labels
        for name, expected in direct(pool, all_of, one).items():
            close = pytest.approx(expected, rel=1e-9) if isinstance(expected, float) else expected
            assert row[name] == close, (name, one.labels)
        assert row["sign"] == (None if row["delta"] is None else np.sign(row["delta"]))


def test_each_specification_is_what_it_is_on_its_own(rows: list[Row]) -> None:
    assert len({row["spec_n_rows"] for row in rows}) > 8
    assert {row["stopped"] for row in rows} >= {None, "21 authorities, fewer than 30"}
    assert_direct(POOL, GRID, rows)


def test_slopes_within_are_those_of_their_own_specification() -> None:
    """The rows of both halves differ: what thins the budgets' side is no gap inside authorities.

    Where leadership is thinly observed, the budget is missing too: the race has the same rows
    whatever is asked of the coverage, and the comparison inside authorities has not.
    """
    frame = world(0.6, authorities=12, places=4, years=range(2012, 2015), seed=2)
    unseen = (pl.col("locality").str.tail(1) == "3") & (pl.col("year") == 2013)
    frame = put(
        frame.with_columns(
            listens__coverage=pl.when(unseen).then(0.6).otherwise(1.0),
        ),
        unseen,
        margin=None,
    )
    spec = replace(INSIDE, years=(2012, 2013))
    axes = wide(min_coverage=(0.5, 0.75))
    pool = pool_of(frame, spec, axes)
    found = multiverse(pool, axes, PENALTY, n_jobs=1)[0]
    assert any(row["beta_w"] is not None for row in found)
    assert_direct(pool, axes, found)


def test_another_lag_is_another_outcome_on_the_same_rows() -> None:
    axes = wide(lags=(0, 1))
    frame = world(0.6, years=range(2012, 2018), seed=2)
    pool = pool_of(frame, all_of=axes)
    found = multiverse(pool, axes, PENALTY, n_jobs=1)[0]
    assert [row["lags"] for row in found] == ["1"] * 35 + ["2"] * 35
    assert found[0]["delta"] > found[35]["delta"] + 0.05
    assert_direct(pool, axes, found)


def test_identical_selections_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = world(0.6, seed=2)  # without gaps: neither minimum changes anything
    pool = pool_of(frame, all_of=GRID)
    seen: list[bytes] = []
    plain = made.estimate

    def counted(
        together: Sequence[Any],
        all_of: Framework,
        compositions: Sequence[str],
        penalty: float | None,
    ) -> list[dict[str, Outcome]]:
        seen.extend(one.keep.tobytes() for one in together for _ in compositions)
        return plain(together, all_of, compositions, penalty)

    monkeypatch.setattr(made, "estimate", counted)
    found = multiverse(pool, GRID, PENALTY, n_jobs=1)[0]
    assert len(found) == 2 * 5 * 7 * 2 * 2
    # Fewer where no outcome is far out, so that leaving those out changes nothing either.
    assert 2 * 5 * 6 <= len(seen) <= 2 * 5 * 7
    assert_direct(pool, GRID, found)


def test_two_workers_give_the_same_rows(rows: list[Row]) -> None:
    one = multiverse(POOL, GRID, PENALTY, n_jobs=1)
    assert multiverse(POOL, GRID, PENALTY, n_jobs=2) == one
    assert one[0] == rows


def test_a_dask_cluster_gives_the_same_rows(rows: list[Row]) -> None:
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        Client(cluster),  # type: ignore[no-untyped-call]
        joblib.parallel_config(backend="dask"),
    ):
        found = multiverse(POOL, GRID, PENALTY)[0]
    assert found == rows


def together(frame: pl.DataFrame, all_of: Framework = MADE_UP) -> tuple[Row, Row, list[Row]]:
    rows, said = multiverse(pool_of(frame, all_of=all_of), all_of, 0.0, n_jobs=1)
    share, median = said  # councils have nothing to compare within
    return share, median, rows


def test_what_the_specifications_say_together() -> None:
    share, median, rows = together(gappy())
    delta = np.array([row["delta"] for row in rows if row["delta"] is not None])
    assert 0 < len(delta) < len(rows)  # without counties, too few authorities are left
    assert share["detail"].startswith("share of specifications with the commoner sign, ")
    assert share["estimate"] == max((delta > 0).mean(), (delta < 0).mean())
    assert median["estimate"] == np.median(delta)
    apart = len(np.unique(delta.round(9)))
    assert apart < len(delta)  # a sample that leaves nobody out comes to the same lead
    for row in (share, median):
        assert f"{len(delta)} specifications with {apart} different results; " in row["detail"]
    assert {row["kind"] for row in (share, median)} == {"multiverse"}
    assert median["passes"] is None


def test_slopes_within_are_put_together_too() -> None:
    """The link turns round in the later years."""
    early, late = (world(h, places=3, authorities=12, seed=2) for h in (0.8, -0.8))
    year = pl.col("year")
    frame = pl.concat([early.filter(year < 2015), late.filter(year >= 2015)])
    rows, said = multiverse(pool_of(frame, INSIDE), MADE_UP, PENALTY, n_jobs=1)
    slopes = np.array([row["beta_w"] for row in rows if row["beta_w"] is not None])
    assert {row["delta"] for row in rows} == {None}  # too few authorities for the other half
    assert [(row["part"], row["kind"]) for row in said] == [("within", "multiverse")]
    assert said[0]["estimate"] == max((slopes > 0).mean(), (slopes < 0).mean())
    assert said[0]["passes"] is False
    plain = pool_of(early, INSIDE)
    [row] = multiverse(plain, MADE_UP, PENALTY, n_jobs=1)[1]
    assert (row["estimate"], row["passes"]) == (1.0, True)


def test_a_true_lead_is_beyond_what_chance_gives() -> None:
    share, median, _ = together(world(h=0.8, seed=2))
    assert share["estimate"] == 1.0
    assert share["passes"] is True
    assert median["estimate"] > median["ci_high"]
    assert median["p"] <= 0.02
    # One sided: a lead of budgets is no lead of leadership.
    _, reverse, _ = together(world(b=1.2, seed=2))
    assert reverse["estimate"] < reverse["ci_low"]
    assert reverse["p"] >= 0.98


def test_signs_that_depend_on_the_set_up_do_not_pass() -> None:
    """Leadership leads in the earlier years and trails in the later ones."""
    early, late = world(h=0.9, seed=2), world(b=0.9, seed=2)
    frame = pl.concat([early.filter(pl.col("year") < 2015), late.filter(pl.col("year") >= 2015)])
    share, _, _ = together(frame, wide(same_sign=0.9))
    assert share["estimate"] < 0.9
    assert share["passes"] is False


def test_no_lead_is_within_what_chance_gives() -> None:
    """Over worlds without a lead, p is spread out and rarely small."""
    p = [together(world(seed=seed))[1]["p"] for seed in range(8)]
    assert np.mean(np.array(p) < 0.05) <= 1 / 8
    assert 0.2 < np.mean(p) < 0.8


def test_the_null_is_centred_at_nothing() -> None:
    """Each draw is a weighting of authorities times their influences, which sum to nothing."""
    all_of = wide(n_bootstrap=4000)
    pool = pool_of(world(h=0.8, authorities=60, seed=2))
    [piece] = made.set_up_pieces(pool, all_of)
    found = list(made.estimates(pool, all_of, piece, 0.0).values())
    assert {len(one.authorities) for one in found} == {60, 40}  # all, and without a class
    null = made._null(found, all_of)
    assert null.shape == (4000, len(found))
    weights = bootstrap_weights(60, 4000, np.random.default_rng(all_of.test.between.seed))
    for one, drawn in zip(found, null.T, strict=True):
        assert one.lead is not None
        assert_allclose(drawn, weights[:, one.authorities] @ one.lead.influence, atol=1e-12)
    spread = null.std(axis=0)
    assert (np.abs(null.mean(axis=0)) < 4 * spread / np.sqrt(4000)).all()
    median = np.median(null, axis=1)
    assert abs(median.mean()) < 0.1 * median.std()
    # As wide as each lead's own standard error, whatever the lead itself.
    expected = np.array([one.lead.se for one in found if one.lead])
    assert_allclose(spread, expected, rtol=0.1)


def test_nothing_that_can_be_estimated_says_so_and_adds_nothing() -> None:
    few = gappy().filter(pl.col("authority") < "A010")
    rows, said = multiverse(pool_of(few, all_of=GRID), GRID, PENALTY, n_jobs=1)
    assert said == []
    assert {row["delta"] for row in rows} == {None}
    assert {row["stopped"] for row in rows} >= {"10 authorities, fewer than 30"}
