from itertools import combinations

import numpy as np
import pytest

from pipeline.evidence.conditional import conditional_logit
from pipeline.evidence.discordant import adoption_effects, discordant_sets
from pipeline.evidence.locality import LocalityPanel, Within, adopters, shared, within_of
from pipeline.evidence.panel import Array
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


def test_the_likelihood_is_that_of_every_choice_listed() -> None:
    """Strata of 2 to 6 rows with 1 to 5 cases, one of them without a case."""
    rng = np.random.default_rng(2)
    strata = np.repeat(np.arange(12), [2, 3, 4, 5, 6, 6, 6, 5, 4, 3, 2, 4])
    x = rng.normal(size=(len(strata), 2))
    adopted = rng.random(len(strata)) < 0.5
    adopted[strata == 11] = False
    found = conditional_logit(adopted, x, strata)
    assert found is not None

    def listed(beta: Array) -> float:
        total = 0.0
        for one in range(11):
            own, chosen = (x @ beta)[strata == one], adopted[strata == one]
            ways = combinations(own, int(chosen.sum()))
            total += own[chosen].sum() - np.log(sum(np.exp(sum(way)) for way in ways))
        return float(total)

    assert listed(found.beta) == pytest.approx(found.loglik, rel=1e-12)
    assert listed(np.zeros(2)) == pytest.approx(found.loglik_null, rel=1e-12)
    steps = 1e-3 * np.eye(2)
    assert all(listed(found.beta + sign * one) < found.loglik for one in steps for sign in (1, -1))
    curve = [
        [
            sum(i * j * listed(found.beta + i * a + j * b) for i in (1, -1) for j in (1, -1))
            / -4e-6
            for a in steps
        ]
        for b in steps
    ]
    assert found.se == pytest.approx(np.sqrt(np.diag(np.linalg.inv(curve))), rel=1e-4)


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
