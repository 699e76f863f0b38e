import numpy as np
import pytest

from pipeline.evidence.conditional import conditional_logit
from pipeline.evidence.discordant import adoption_effects, discordant_sets
from pipeline.evidence.locality import LocalityPanel, Within, adopters, shared, within_of
from tests.evidence.localities import SETTINGS, locality_world


def world(slope: float = 0.0, **about: object) -> tuple[LocalityPanel, Within]:
    panel = locality_world(slope, **about)  # type: ignore[arg-type]
    panel = panel.rows(shared(panel))
    return panel, within_of(panel)


def test_each_set_has_its_means_and_its_adopters() -> None:
    panel, w = world(authorities=6, years=2)
    adopted = (panel.authority == 2) & (panel.locality < 10) & (panel.year == 2013)
    # An authority all of whose localities adopted is not discordant.
    adopted |= panel.authority == 4
    (found,) = discordant_sets(panel, w, adopted, 0.95)
    here = (panel.authority == 2) & (panel.year == 2013)
    assert (found.authority, found.year, found.n_localities, found.n_adopters) == (2, 2013, 4, 2)
    assert found.adopters == (8, 9)
    h = w.composite[here]
    assert found.h_adopters == pytest.approx(h[:2].mean())
    assert found.h_others == pytest.approx(h[2:].mean())
    assert found.diff == pytest.approx(h[:2].mean() - h[2:].mean())
    spread = (2 * h[:2].var() + 2 * h[2:].var()) / 2
    assert found.se == pytest.approx(np.sqrt(spread))
    assert discordant_sets(panel, w, np.zeros_like(adopted), 0.95) == ()


def test_a_set_of_two_has_no_error_of_its_own() -> None:
    panel, w = world(authorities=3, localities=2, years=1)
    (found,) = discordant_sets(panel, w, panel.locality == 0, 0.95)
    assert found.se is None
    assert found.ci_low is None


def test_pairs_are_a_logit_of_their_differences() -> None:
    """With one adopter of two, the conditional likelihood is a logit without an intercept."""
    rng = np.random.default_rng(1)
    difference = rng.normal(size=300)
    first = rng.random(300) < 1 / (1 + np.exp(-0.8 * difference))
    x = np.column_stack([difference, np.zeros(300)]).reshape(-1, 1)
    adopted = np.column_stack([first, ~first]).ravel()
    found = conditional_logit(adopted, x, np.repeat(np.arange(300), 2))
    assert found is not None
    p = 1 / (1 + np.exp(-found.beta[0] * difference))
    assert ((first - p) * difference).sum() == pytest.approx(0.0, abs=1e-6)
    assert found.se[0] == pytest.approx(1 / np.sqrt((p * (1 - p) * difference**2).sum()), rel=1e-4)
    assert found.loglik_null == pytest.approx(300 * np.log(0.5))
    assert abs(found.beta[0] - 0.8) < 3 * found.se[0]


def test_no_estimate_where_leadership_tells_adopters_apart_altogether() -> None:
    x = np.tile([1.0, 0.0, -1.0], 10)[:, None]
    strata = np.repeat(np.arange(10), 3)
    assert conditional_logit(x[:, 0] == 1, x, strata) is None
    assert conditional_logit(np.ones(30, dtype=bool), x, strata) is None


def test_all_sets_together_find_a_link_and_no_link() -> None:
    found = {}
    for slope in (0.0, 0.6):
        panel, w = world(slope, authorities=60)
        adopted = adopters(panel.outcome, panel.year, 1 / 3)
        sets = discordant_sets(panel, w, adopted, 0.95)
        found[slope] = adoption_effects(sets, w, adopted, SETTINGS)
        assert [row.model.split(",")[0] for row in found[slope]] == [
            "conditional logit",
            "discordant sets",
        ]
    assert abs((found[0.0][0].estimate or 9) / (found[0.0][0].se or 1)) < 3
    assert (found[0.0][1].p_perm or 0) > 0.05
    assert (found[0.6][0].estimate or 0) > 0.5
    assert (found[0.6][1].p_perm or 1) < 0.01
    assert found[0.6][1].n_perm == SETTINGS.n_permutations
