"""The light lead against the full analysis, and what its influences foretell."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.evidence.assess import primary
from pipeline.evidence.lead import (
    COMPOSITIONS,
    first_components,
    lead,
    rank_means,
    splines,
)
from pipeline.evidence.panel import Array, Panel, composites, standardise
from pipeline.evidence.race import run_race
from tests.evidence.worlds import QUICK, awkward, chosen_rows, quick_lead, unbalanced, world

PANEL = world(h=0.2, b=0.1)
ONE_CLUSTERING = replace(PANEL, dominant_trust=None)


def composed(panel: Panel, composition: str) -> Panel:
    return replace(panel, blocks=COMPOSITIONS[composition](panel.blocks))


@pytest.mark.parametrize("panel", [PANEL, ONE_CLUSTERING, unbalanced(PANEL), awkward(PANEL)])
@pytest.mark.parametrize("composition", ["composite", "indicators"])
def test_lead_is_that_of_the_whole_analysis(panel: Panel, composition: str) -> None:
    held = 0.3 if composition == "indicators" else 0.0
    own = lead(panel, QUICK, composition=composition, penalty=0.3)
    race = run_race(composition, composed(panel, composition), (held,), QUICK)
    at = race.names.index("delta")
    widest = primary(race.jackknives, QUICK.confidence)
    read = race.evidence
    assert_allclose(
        [own.delta, own.se, own.ci_low, own.ci_high, own.p_one_sided],
        [
            widest.estimate[at],
            widest.se[at],
            read.ci_low[0],
            read.ci_high[0],
            widest.p_one_sided()[at],
        ],
        rtol=1e-10,
    )
    v = race.fit.r2[0, :, 0] - race.fit.r2[0, 0, 0]
    assert_allclose([own.v_h, own.v_b], [v[race.h], v[race.b]], rtol=1e-10)


def least_squares_lead(panel: Panel) -> float:
    """Delta of a panel of composites from residuals of stacked least squares."""
    y = panel.outcome - panel.outcome.mean()

    def r2(*blocks: str) -> float:
        x = np.column_stack(
            [np.ones(len(y)), panel.controls, *(panel.blocks[name] for name in blocks)]
        )
        left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        return float(1.0 - left @ left / (y @ y))

    return r2("leadership", "partnership") - r2("budgets")


def test_each_left_out_authority_is_a_fit_without_its_rows() -> None:
    """With the composites as they are on all rows: an authority left out does not rescale them."""
    small = composites(ONE_CLUSTERING)
    own = lead(ONE_CLUSTERING, QUICK)
    size = int(small.authority.max()) + 1
    refits = np.array(
        [
            least_squares_lead(
                replace(
                    small,
                    outcome=small.outcome[keep],
                    controls=small.controls[keep],
                    blocks={name: x[keep] for name, x in small.blocks.items()},
                    authority=np.unique(small.authority[keep], return_inverse=True)[1],
                    year=small.year[keep],
                )
            )
            for keep in (small.authority != one for one in range(size))
        ]
    )
    assert_allclose(own.drop, refits, atol=1e-12)
    assert own.delta == pytest.approx(least_squares_lead(small), abs=1e-12)
    assert own.se == pytest.approx(np.sqrt(size - 1) * refits.std(), rel=1e-9)
    middle = own.delta - (size - 1) * (refits.mean() - own.delta)
    reach = stats.t.ppf(0.975, size - 1) * own.se
    assert own.ci_low <= middle - reach + 1e-12
    assert own.ci_high >= middle + reach - 1e-12


LARGE = world(h=0.2, b=0.1, authorities=160, years=2)


def doubled(panel: Panel, one: int, composition: str) -> float:
    """Delta when an authority's rows count twice, which is in no jackknife replicate."""
    rows = np.concatenate([np.arange(len(panel.year)), np.flatnonzero(panel.authority == one)])
    return lead(chosen_rows(panel, rows), QUICK, composition=composition, penalty=0.3).delta


@pytest.mark.parametrize("composition", ["composite", "indicators"])
@pytest.mark.parametrize("how", [lead, quick_lead])
def test_influences_sum_to_nothing_and_foretell_other_weightings(
    how: Any, composition: str
) -> None:
    own = how(LARGE, QUICK, composition=composition, penalty=0.3)
    assert own.influence.shape == (160,)
    assert own.influence.sum() == pytest.approx(0.0, abs=1e-12)
    twice = np.array([doubled(LARGE, one, composition) for one in range(40)]) - own.delta
    assert np.corrcoef(twice, own.influence[:40])[0, 1] > 0.98
    assert np.polyfit(own.influence[:40], twice, 1)[0] == pytest.approx(1.0, abs=0.1)


def test_influences_foretell_each_authority_left_out() -> None:
    own = lead(LARGE, QUICK)
    assert_allclose(own.drop - own.drop.mean(), -own.influence * 160 / 159, atol=1e-14)
    quick = quick_lead(LARGE, QUICK)
    left_out = own.drop - own.delta
    assert np.corrcoef(left_out, -quick.influence)[0, 1] > 0.99
    assert np.polyfit(-quick.influence, left_out, 1)[0] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("composition", COMPOSITIONS)
@pytest.mark.parametrize("panel", [LARGE, unbalanced(PANEL), awkward(LARGE)])
def test_the_quick_lead_is_the_lead_with_nearly_its_spread(panel: Panel, composition: str) -> None:
    panel = replace(panel, dominant_trust=None)
    slow = lead(panel, QUICK, composition=composition, penalty=0.3)
    quick = quick_lead(panel, QUICK, composition=composition, penalty=0.3)
    assert quick.delta == pytest.approx(slow.delta, abs=1e-10)
    # The jackknife is the more cautious of the two.
    assert 0.85 * slow.se < quick.se < 1.01 * slow.se
    df = len(quick.influence) - 1
    reach = stats.t.ppf(0.975, df) * quick.se
    assert (quick.ci_low, quick.ci_high) == pytest.approx(
        (quick.delta - reach, quick.delta + reach), abs=1e-12
    )
    assert quick.p_one_sided == pytest.approx(stats.t.sf(quick.delta / quick.se, df))


def test_ranks_forget_the_scale_and_outliers() -> None:
    bent = {name: np.exp(3.0 * x) for name, x in PANEL.blocks.items()}
    ranked = lead(PANEL, QUICK, composition="rank composite")
    again = lead(replace(PANEL, blocks=bent), QUICK, composition="rank composite")
    assert again.delta == pytest.approx(ranked.delta, abs=1e-12)
    assert lead(replace(PANEL, blocks=bent), QUICK).delta < ranked.delta - 0.02
    x = np.array([[3.0, 10.0], [1.0, 30.0], [1.0, 20.0], [2.0, 0.0]])
    small = replace(
        PANEL, blocks={"leadership": x}, outcome=x[:, 0], controls=x[:, :0], year=np.arange(4),
        authority=np.arange(4), dominant_trust=None,
    )  # fmt: skip
    ranks = np.array([[4.0, 2.0], [1.5, 4.0], [1.5, 3.0], [3.0, 1.0]])
    assert_allclose(
        rank_means(small.blocks)["leadership"][:, 0],
        standardise(standardise(ranks).sum(axis=1)),
        atol=1e-12,
    )


def component(x: Array) -> Array:
    return first_components({"leadership": x})["leadership"][:, 0]


def test_a_principal_component_is_the_leading_eigenvector_of_the_correlations() -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(size=len(PANEL.year))
    x = common[:, None] * [1.0, 2.0, 0.3] + rng.normal(size=(len(common), 3))
    vectors = np.linalg.eigh(np.corrcoef(x.T))[1]
    axis = vectors[:, -1] * np.sign(vectors[:, -1].sum())
    found = component(x)
    assert_allclose(found, standardise(standardise(x) @ axis), atol=1e-10)
    assert found.var(ddof=1) == pytest.approx(1.0)
    # It points as most indicators do, whatever their units and signs of rounding.
    assert np.corrcoef(found, common)[0, 1] > 0.7
    assert_allclose(component(x * [1e3, 1e-3, 5.0] + 7.0), found, atol=1e-9)
    assert_allclose(component(-x), -found, atol=1e-10)
    alone = component(x[:, :1])
    assert_allclose(alone, standardise(x[:, 0]), atol=1e-12)


def test_components_of_indicators_that_cancel_carry_them_where_the_mean_does_not() -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(size=len(PANEL.year))
    x = common[:, None] * [1.0, -0.9] + 0.2 * rng.normal(size=(len(common), 2))
    panel = replace(
        PANEL,
        blocks={**PANEL.blocks, "leadership": x},
        outcome=PANEL.outcome + 2.0 * common,
    )
    mean, component = (
        lead(panel, QUICK, composition=name) for name in ("composite", "principal component")
    )
    assert component.v_h > mean.v_h + 0.2


def test_splines_find_what_bends_and_a_line_does_not() -> None:
    small = composites(PANEL).blocks["leadership"][:, 0]
    bent = replace(PANEL, outcome=PANEL.outcome + 2.0 * small**2)
    assert lead(bent, QUICK, composition="splines").v_h > lead(bent, QUICK).v_h + 0.2
    straight = lead(PANEL, QUICK), lead(PANEL, QUICK, composition="splines")
    assert straight[1].delta == pytest.approx(straight[0].delta, abs=0.03)
    assert {name: x.shape[1] for name, x in splines(PANEL.blocks).items()} == dict.fromkeys(
        PANEL.blocks, 3
    )


@pytest.mark.parametrize("composition", COMPOSITIONS)
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_blocks_of_a_few_steps_can_be_put_together_in_every_way(
    composition: str, levels: int
) -> None:
    """An inspection's scores take few values; a block that does not vary adds nothing."""
    rng = np.random.default_rng(0)
    steps = rng.integers(0, levels, size=(len(PANEL.year), 1)).astype(float)
    panel = replace(PANEL, blocks={**PANEL.blocks, "partnership": steps})
    own = lead(panel, QUICK, composition=composition, penalty=0.3)
    assert np.isfinite([own.delta, own.se, own.ci_low, own.ci_high]).all()
    quick = quick_lead(panel, QUICK, composition=composition, penalty=0.3)
    assert quick.delta == pytest.approx(own.delta, abs=1e-10)
    if levels == 1:
        bare = {name: x for name, x in PANEL.blocks.items() if name != "partnership"}
        alone = lead(replace(PANEL, blocks=bare), QUICK, composition=composition, penalty=0.3)
        assert own.delta == pytest.approx(alone.delta, abs=1e-12)


@pytest.mark.parametrize("composition", COMPOSITIONS)
def test_a_side_without_a_block_stands_on_the_other(composition: str) -> None:
    two = {name: x for name, x in PANEL.blocks.items() if name != "leadership"}
    own = lead(replace(PANEL, blocks=two), QUICK, composition=composition)
    assert own.delta == pytest.approx(own.v_h - own.v_b)
    assert own.v_h < lead(PANEL, QUICK, composition=composition).v_h


def test_a_true_lead_is_found_and_none_where_there_is_none() -> None:
    assert lead(world(h=0.5), QUICK).p_one_sided < 0.001
    assert lead(world(b=0.5), QUICK).p_one_sided > 0.99
    p = np.array([lead(world(seed=seed), QUICK).p_one_sided for seed in range(40)])
    assert (p < 0.05).mean() <= 0.1
