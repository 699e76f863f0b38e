from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline.evidence.locality import codes_of, demean, shared, within_of
from pipeline.evidence.panel import standardise, z_mean
from pipeline.evidence.verdict import INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED
from pipeline.evidence.within import WithinResult, slope, within
from tests.evidence.localities import SETTINGS, locality_world

COMPOSITIONS = ("composite", "indicators", "both")


def verdicts(found: WithinResult) -> dict[str, str]:
    return {row.composition: row.verdict for row in found.verdict}


def test_a_link_within_is_supported() -> None:
    found = within(locality_world(0.35, authorities=80), SETTINGS)
    assert verdicts(found) == dict.fromkeys(COMPOSITIONS, SUPPORTED)
    assert {row.part for row in found.verdict} == {"within"}


def test_no_link_in_a_large_panel_is_not_supported() -> None:
    found = within(locality_world(0.0, authorities=150, years=3), SETTINGS)
    assert verdicts(found)["composite"] == NOT_SUPPORTED
    assert SUPPORTED not in verdicts(found).values()


def test_a_link_in_a_world_of_authorities_alone_is_not_supported_by_the_share_within() -> None:
    """Leadership varies within and goes with what passes; what lasts is the authority's."""
    panel = locality_world(0.0, share=0.0, authorities=100)
    h = np.hstack(list(panel.leadership.values())).sum(axis=1)
    within_year = demean(h, codes_of(panel.authority, panel.year))
    found = within(replace(panel, outcome=panel.outcome + 0.5 * within_year), SETTINGS)
    row = next(row for row in found.verdict if row.rule_id == "w_star_upper_below_min")
    assert row.passed
    assert row.verdict == NOT_SUPPORTED
    assert "Too little of what lasts differs" in row.sentence
    assert found.within_effect[0].p_perm == 1 / 200


def test_a_link_the_other_way_round_is_called_that() -> None:
    found = within(locality_world(-0.35, authorities=80), SETTINGS)
    assert verdicts(found) == dict.fromkeys(COMPOSITIONS, NOT_SUPPORTED)
    assert all("It is the other way round" in row.sentence for row in found.verdict)


def test_one_year_is_never_supported() -> None:
    found = within(locality_world(0.35, authorities=80, years=1), SETTINGS)
    assert verdicts(found) == dict.fromkeys(COMPOSITIONS, INCONCLUSIVE)
    assert "The panel has one year only" in found.verdict[0].sentence
    assert found.variance_split[0].w_star is None


def test_every_table_is_filled_in_any_order_of_rows() -> None:
    panel = locality_world(0.3, missing=0.1)
    settings = replace(SETTINGS, n_simulations=20, n_bootstrap=5)
    found = within(panel, settings)
    assert found.stopped is None
    models = [
        (row.composition, row.model.split(",")[0], row.perm_unit) for row in found.within_effect
    ]
    assert models == [
        ("composite", "authority x year fixed effects", "locality trajectory"),
        ("indicators", "authority x year fixed effects", "locality trajectory"),
        ("indicators", "authority x year fixed effects", None),
        ("composite", "authority x year fixed effects", "dominant trust's trajectory"),
        *[("composite", "within-between", None)] * 5,
        ("composite", "conditional logit", None),
        ("composite", "discordant sets", "authority's sign"),
    ]
    assert len(found.power) == len(settings.power_effects)
    assert len(found.discordant_sets) > 20
    mixed = panel.rows(np.random.default_rng(0).permutation(len(panel.year)))
    again = within(mixed, settings)
    assert again.verdict == found.verdict
    assert again.discordant_sets == found.discordant_sets
    assert replace(again, within_effect=()) == replace(found, within_effect=())


def test_lone_localities_are_counted_and_change_nothing() -> None:
    panel = locality_world(0.3)
    kept = (panel.authority >= 5) | (panel.locality % 4 == 0)
    found = within(panel.rows(np.flatnonzero(kept)), SETTINGS)
    assert found.left_out.rows == found.left_out.authority_years == 20
    assert found.left_out.authorities == 5
    alone = within(panel.rows(np.flatnonzero(panel.authority >= 5)), SETTINGS)
    assert alone.variance_split == found.variance_split
    assert alone.within_effect[:9] == found.within_effect[:9]


def test_a_panel_too_small_stops_with_a_reason() -> None:
    found = within(locality_world(authorities=10), SETTINGS)
    assert found.stopped == ("10 authorities with at least two localities in a year, fewer than 20")
    assert found.verdict == ()


def test_the_light_slope_is_the_slope_of_the_full_analysis() -> None:
    panel = locality_world(0.3, missing=0.1)
    found = slope(panel, "composite")
    row = within(panel, SETTINGS).within_effect[0]
    assert found is not None
    assert found.beta == pytest.approx(row.estimate, abs=1e-9)
    # A jackknife and CR2 are two roads to one standard error.
    assert found.se == pytest.approx(row.se, rel=0.1)
    assert found.p_one_sided < 0.001


def test_the_light_slope_takes_other_compositions() -> None:
    panel = locality_world(0.3, missing=0.1)
    panel = panel.rows(shared(panel))
    w = within_of(panel)
    x = standardise(panel.indicators())
    axis = np.linalg.svd(x, full_matrices=False)[2][0]
    columns = {
        "rank composite": z_mean(stats.rankdata(x, axis=0)),
        "principal component": standardise(x @ (axis * np.sign(axis.sum()))),
    }
    for composition, column in columns.items():
        full = np.column_stack([demean(column, w.cell), w.controls])
        found = slope(panel, composition)
        assert found is not None
        by_hand = np.linalg.lstsq(full, w.outcome)[0][0]
        assert found.beta == pytest.approx(by_hand, abs=1e-10)


def test_the_light_slope_leaves_out_one_authority_at_a_time() -> None:
    panel = locality_world(0.3, authorities=6)
    panel = panel.rows(shared(panel))
    w = within_of(panel)
    h = demean(w.composite, w.cell)
    x = np.column_stack([h, w.controls])

    def beta(keep: np.ndarray) -> float:
        return float(np.linalg.lstsq(x[keep], w.outcome[keep])[0][0])

    without = np.array([beta(w.authority != g) for g in range(6)])
    found = slope(panel, "composite")
    assert found is not None
    assert found.beta == pytest.approx(beta(w.authority >= 0), abs=1e-10)
    se = np.sqrt(5 / 6 * ((without - without.mean()) ** 2).sum())
    assert found.se == pytest.approx(se, abs=1e-10)


def test_indicators_kept_apart_have_no_one_slope() -> None:
    assert slope(locality_world(0.3), "indicators") is None
    assert slope(locality_world(localities=1), "composite") is None
