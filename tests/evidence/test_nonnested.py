import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.tsa.stattools import diebold_mariano_test

from pipeline.evidence.nonnested import (
    CLASSIC,
    ROBUST,
    diebold_mariano,
    information_weights,
    nonnested,
    normal_loglik,
    vuong,
)
from pipeline.evidence.panel import Array, Ints, standardise


def rivals(
    rng: np.random.Generator, h: float, b: float, authorities: int = 60, years: int = 5
) -> tuple[Array, Array, Array, Array, Ints]:
    """Outcome, a control and one column a side; all, and the residual, persist by authority."""
    codes = np.repeat(np.arange(authorities), years)
    columns = 0.9 * rng.normal(size=(authorities, 4))[codes]
    columns += 0.4 * rng.normal(size=(len(codes), 4))
    y = 0.3 * columns[:, 0] + h * columns[:, 1] + b * columns[:, 2] + columns[:, 3]
    c, x, z = (standardise(columns[:, [i]]) for i in range(3))
    return y, c, x, z, codes


def found(
    data: tuple[Array, Array, Array, Array, Ints],
) -> dict[tuple[str, str, str], float | None]:
    return {(r.test, r.direction, r.vcov): r.statistic for r in nonnested(*data)}


def p_values(
    data: tuple[Array, Array, Array, Array, Ints],
) -> dict[tuple[str, str, str], float | None]:
    return {(r.test, r.direction, r.vcov): r.p for r in nonnested(*data)}


def test_clustered_vuong_keeps_its_size_where_the_classic_one_does_not() -> None:
    """Both sides equally strong and as far from the truth: a nominal 10%, two-sided."""
    rng = np.random.default_rng(0)
    rejected = np.zeros(2)
    for _ in range(400):
        y, c, h, b, codes = rivals(rng, 0.6, 0.6)
        loglik = []
        for x in (h, b):
            design = np.column_stack([np.ones(len(y)), c, x])
            loglik.append(normal_loglik(y, design @ np.linalg.lstsq(design, y, rcond=None)[0]))
        tests = vuong(*loglik), vuong(*loglik, codes=codes)
        rejected += [test.p_two_sided < 0.10 for test in tests]
    assert rejected[0] / 400 > 0.25
    assert 0.06 < rejected[1] / 400 < 0.14


def test_clustered_vuong_is_a_t_over_the_clusters() -> None:
    first, second = np.random.default_rng(10).normal(size=(2, 60))
    codes = np.arange(60) % 7
    found = vuong(first, second, codes=codes)
    sums = np.bincount(codes, weights=first - second)
    other = stats.ttest_1samp(sums, 0.0)
    assert_allclose([found.statistic, found.df], [other.statistic, 6])
    assert_allclose(found.p_two_sided, other.pvalue)


def test_vuong_finds_the_better_model_and_one_sided_p_says_which() -> None:
    p = p_values(rivals(np.random.default_rng(1), 0.8, 0.1))
    assert p["Vuong, Akaike-corrected", "H better than B", "by authority"] < 0.05
    p = p_values(rivals(np.random.default_rng(1), 0.1, 0.8))
    assert p["Vuong, Akaike-corrected", "H better than B", "by authority"] > 0.95


def test_each_side_adds_to_the_other_when_both_matter() -> None:
    p = p_values(rivals(np.random.default_rng(2), 0.8, 0.8))
    for null, other in ("HB", "BH"):
        for test in ("J", "encompassing"):
            assert p[test, f"null {null}, alternative {other}", ROBUST] < 0.01


def test_the_true_model_stands_and_the_other_falls() -> None:
    p = p_values(rivals(np.random.default_rng(3), 0.8, 0.0))
    for test in ("J", "encompassing"):
        assert p[test, "null H, alternative B", ROBUST] > 0.05
        assert p[test, "null B, alternative H", ROBUST] < 0.001


def test_clustered_j_keeps_its_size_where_the_classic_one_does_not() -> None:
    """With H true, fitted values of B add nothing; a strong H keeps J's own bias small."""
    rng = np.random.default_rng(4)
    rejected = np.zeros(2)
    for _ in range(100):
        p = p_values(rivals(rng, 1.0, 0.0, authorities=30))
        rejected += [p["J", "null H, alternative B", vcov] < 0.05 for vcov in (CLASSIC, ROBUST)]
    assert rejected[0] / 100 > 0.2
    assert rejected[1] / 100 < 0.1


@pytest.mark.parametrize("test", ["J", "Cox"])
def test_signs_of_authorities_keep_the_size_where_neither_side_explains_anything(test: str) -> None:
    """200 worlds, nominal 5%, two directions; by the normal law Cox's rejects in most of them."""
    rng = np.random.default_rng(21)
    rejected = np.zeros(2)
    for _ in range(200):
        y, c, h, b, codes = rivals(rng, 0.0, 0.0, authorities=40)
        h = np.column_stack([h, standardise(rng.normal(size=(40, 1))[codes])])
        for row in nonnested(y, c, h, b, codes, n_bootstrap=99, seed=1):
            if row.test == test and row.vcov == "wild cluster bootstrap, 100 sets of signs":
                assert row.p is not None and row.statistic is not None
                normal = 2 * stats.norm.sf(
                    abs(row.statistic if test == "Cox" else row.statistic**0.5)
                )
                rejected += [row.p <= 0.05, normal <= 0.05]
    assert rejected[0] / 400 < 0.08
    assert rejected[1] / 400 > (0.4 if test == "Cox" else 0.12)


def test_signs_of_authorities_find_the_true_model() -> None:
    data = rivals(np.random.default_rng(3), 0.8, 0.0)
    p = {
        (row.test, row.direction): row.p
        for row in nonnested(*data, n_bootstrap=199)
        if row.vcov.startswith("wild")
    }
    for test in ("J", "Cox"):
        assert p[test, "null H, alternative B"] > 0.05
        assert p[test, "null B, alternative H"] < 0.05


def test_the_bootstrap_s_own_statistics_are_those_of_the_table() -> None:
    rows = nonnested(*rivals(np.random.default_rng(8), 0.5, 0.3), n_bootstrap=9)
    first = {(r.test, r.direction): r.statistic for r in rows if not r.vcov.startswith("wild")}
    plain = {(r.test, r.direction): r for r in rows if r.vcov == CLASSIC}
    for row in rows:
        if row.vcov.startswith("wild"):
            key = row.test, row.direction
            wanted = plain[key].statistic if row.test == "J" else first[key]
            assert_allclose(row.statistic, wanted, rtol=1e-9)


def test_results_depend_on_the_column_spaces_only() -> None:
    """Doubled, constant and mixed columns, the unit of the outcome: nothing changes."""
    y, c, h, b, codes = rivals(np.random.default_rng(5), 0.5, 0.4)
    plain = found((y, c, h, b, codes))
    awkward = found(
        (
            1e-4 * y + 7,
            np.column_stack([c, -c, np.zeros(len(y))]),
            np.column_stack([h, standardise(h + c)]),
            standardise(b - 2 * c),
            codes,
        )
    )
    assert plain.keys() == awkward.keys()
    for key, statistic in plain.items():
        assert_allclose(awkward[key], statistic, rtol=1e-7, err_msg=str(key))


def test_two_columns_more_take_two_off_the_difference() -> None:
    y, _, h, b, _ = rivals(np.random.default_rng(6), 0.5, 0.5)
    first, second = normal_loglik(y, 0.5 * h[:, 0]), normal_loglik(y, 0.5 * b[:, 0])
    plain, charged = vuong(first, second), vuong(first, second, more=2)
    shift = 2 / (np.sqrt(len(y)) * (first - second).std())
    assert charged.statistic == pytest.approx(plain.statistic - shift)


def test_a_model_inside_the_other_has_no_test_but_has_weights() -> None:
    y, c, h, b, codes = rivals(np.random.default_rng(7), 0.5, 0.5)
    rows = nonnested(y, c, h, np.column_stack([h, b]), codes, composition="indicators")
    assert {r.composition for r in rows} == {"indicators"}
    for row in rows:
        assert (row.statistic is None) == ("weight" not in row.test)
    inside = nonnested(y, c, c, b, codes)
    assert all(r.statistic is None for r in inside if "weight" not in r.test)


def test_the_same_model_twice_is_no_test() -> None:
    y, c, h, _, codes = rivals(np.random.default_rng(8), 0.5, 0.5)
    rows = {(r.test, r.direction): r for r in nonnested(y, c, h, -2 * h, codes)}
    assert rows["Vuong, Akaike-corrected", "H better than B"].p is None
    assert rows["AIC weight", "H"].statistic == pytest.approx(0.5)
    assert np.isnan(vuong(y, y).statistic)


def test_weights_add_up_and_follow_the_criteria() -> None:
    weights = information_weights(np.array([1000.0, 1002.0, 5000.0]))
    assert_allclose(weights, [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0], atol=1e-12)


def test_diebold_mariano_at_one_step_is_statsmodels() -> None:
    rng = np.random.default_rng(9)
    y, a, b = rng.normal(size=(3, 40))
    other = diebold_mariano_test(y, a, b, lags=0, harvey_adj=True, horizon=1)
    mine = diebold_mariano((y - a) ** 2, (y - b) ** 2)
    assert_allclose([mine.statistic, mine.p_two_sided], [other.statistic, other.pvalue])


def test_diebold_mariano_without_a_positive_variance_is_no_test() -> None:
    """Differences that alternate: the autocovariance at lag 1 outweighs the variance."""
    first = np.tile([1.0, -1.0], 10)
    assert np.isnan(diebold_mariano(first, np.zeros(20), 2).statistic)
    with pytest.raises(ValueError, match="between 1 and 19"):
        diebold_mariano(first, np.zeros(20), 20)
