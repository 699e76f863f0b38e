import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipeline.evidence.imputation import BURN_IN, RIDGE, impute, rubin
from pipeline.evidence.panel import Array, Ints

SLOPE = 0.5
AUTHORITIES = 40


def world(rng: np.random.Generator) -> tuple[Array, Ints]:
    """Columns outcome, predictor, control, all persisting by authority; slope of the predictor."""
    authority = np.repeat(np.arange(AUTHORITIES), 4)
    u, e = rng.normal(size=(AUTHORITIES, 3))[authority], rng.normal(size=(len(authority), 3))
    z = 0.7 * u[:, 0] + 0.7 * e[:, 0]
    x = 0.5 * z + 0.7 * u[:, 1] + 0.6 * e[:, 1]
    y = SLOPE * x + 0.3 * z + 0.5 * u[:, 2] + 0.7 * e[:, 2]
    return np.column_stack([y, x, z]), authority


def with_gaps(columns: Array, rng: np.random.Generator) -> Array:
    """The predictor is missing more often where the outcome is high: missing at random."""
    gone = rng.random(len(columns)) < 1 / (1 + np.exp(0.3 - 1.5 * columns[:, 0]))
    seen = columns.copy()
    seen[gone, 1] = np.nan
    return seen


def slope(columns: Array, authority: Ints) -> tuple[float, float]:
    """Slope of the predictor and its squared standard error, clustered by authority."""
    x = np.column_stack([np.ones(len(columns)), columns[:, 1:]])
    bread = np.linalg.inv(x.T @ x)
    beta = bread @ x.T @ columns[:, 0]
    scores = np.zeros((AUTHORITIES, 3))
    np.add.at(scores, authority, x * (columns[:, 0] - x @ beta)[:, None])
    scale = AUTHORITIES / (AUTHORITIES - 1)
    return float(beta[1]), float(scale * (bread @ scores.T @ scores @ bread)[1, 1])


def test_imputation_covers_the_truth_where_complete_cases_do_not() -> None:
    """Thirty worlds with about 45% of a predictor missing at random given the outcome."""
    rng = np.random.default_rng(0)
    pooled, complete = [], []
    for seed in range(30):
        columns, authority = world(rng)
        seen = with_gaps(columns, rng)
        fits = np.array([slope(one, authority) for one in impute(seen, authority, 20, seed)])
        found = rubin(fits[:, 0], fits[:, 1], AUTHORITIES - 1)
        low, high = found.interval(0.95)
        pooled.append((found.estimate, np.sqrt(found.t), low <= SLOPE <= high, found.fmi))
        rows = ~np.isnan(seen).any(axis=1)
        complete.append(slope(seen[rows], authority[rows])[0])
    estimate, se, covered, fmi = np.array(pooled, dtype=np.float64).T
    assert covered.mean() >= 0.86
    assert estimate.mean() == pytest.approx(SLOPE, abs=0.05)
    assert se.mean() == pytest.approx(estimate.std(ddof=1), rel=0.3)
    assert 0.1 < fmi.mean() < 0.7
    assert np.mean(complete) < SLOPE - 0.07


@pytest.fixture
def panel() -> tuple[Array, Ints]:
    rng = np.random.default_rng(1)
    columns, authority = world(rng)
    seen = with_gaps(columns, rng)
    seen[rng.random(len(seen)) < 0.2, 2] = np.nan
    return np.column_stack([seen, authority % 2, np.ones(len(seen))]), authority


def test_what_was_seen_stays_and_the_same_seed_gives_the_same(panel: tuple[Array, Ints]) -> None:
    columns, authority = panel
    before = columns.copy()
    found = impute(columns, authority, 3, 5)
    assert found.shape == (3, *columns.shape)
    assert np.isfinite(found).all()
    seen = ~np.isnan(columns)
    for one in found:
        assert (one[seen] == columns[seen]).all()
    assert (found[0][~seen] != found[1][~seen]).all()
    assert_allclose(columns, before)
    assert_allclose(found, impute(columns, authority, 3, 5))
    assert not np.allclose(found, impute(columns, authority, 3, 6))


def test_units_do_not_matter(panel: tuple[Array, Ints]) -> None:
    columns, authority = panel
    scale, shift = np.array([1e6, 1e-3, 1.0, 1.0, 1.0]), np.array([5e6, 1.0, -3.0, 0.0, 0.0])
    plain = impute(columns, authority, 2, 7)
    other = impute(columns * scale + shift, authority, 2, 7)
    assert_allclose((other - shift) / scale, plain, atol=1e-6)


def test_an_authority_without_any_value_differs_like_the_others() -> None:
    """Intercepts of unseen authorities come from their distribution, not from its mean."""
    rng = np.random.default_rng(2)
    authority = np.repeat(np.arange(200), 5)
    x = 2.0 * rng.normal(size=200)[authority] + rng.normal(size=1000)
    seen = np.where(authority < 100, x, np.nan)
    columns = np.column_stack([seen, rng.normal(size=1000)])
    unseen = authority >= 100
    for one in impute(columns, authority, 5, 0):
        means = one[unseen, 0].reshape(100, 5)
        assert means.mean(axis=1).std(ddof=1) == pytest.approx(np.sqrt(4 + 1 / 5), rel=0.25)
        assert means.std(axis=1, ddof=1).mean() == pytest.approx(0.94, rel=0.15)


def test_an_authority_with_values_keeps_its_level() -> None:
    rng = np.random.default_rng(3)
    authority = np.repeat(np.arange(60), 6)
    level = 3.0 * rng.normal(size=60)
    x = level[authority] + 0.3 * rng.normal(size=360)
    gone = np.tile([False, False, True], 120)
    columns = np.column_stack([np.where(gone, np.nan, x), rng.normal(size=360)])
    for one in impute(columns, authority, 3, 0):
        assert np.std(one[gone, 0] - level[authority[gone]]) < 0.5


def test_all_missing_rows_share_one_draw_of_the_coefficients() -> None:
    """400 rows tell a slope to 0.05: it moves so much between imputations of 4,000 rows.

    Drawn row by row, or not at all, it would move by 0.016, as noise in the 4,000 rows does.
    """
    rng = np.random.default_rng(4)
    authority = np.repeat(np.arange(40), 110)
    x = rng.normal(size=4400)
    gone = np.tile(np.arange(110) >= 10, 40)
    y = np.where(gone, np.nan, x + rng.normal(size=4400))
    found = impute(np.column_stack([y, x]), authority, 40, 0)
    slopes = [np.polyfit(x[gone], one[gone, 0], 1)[0] for one in found]
    assert 0.036 < np.std(slopes, ddof=1) < 0.07


def group_means(x: Array, codes: Ints) -> Array:
    """(n, k) mean of each column over the rows of each row's group."""
    same = (codes[:, None] == codes).astype(np.float64)
    means: Array = same @ x / same.sum(axis=1, keepdims=True)
    return means


def test_authority_means_of_other_columns_inform() -> None:
    """A column that follows another's authority mean, not its rows: unseen authorities follow."""
    rng = np.random.default_rng(5)
    authority = np.repeat(np.arange(100), 5)
    z = rng.normal(size=100)[authority] + 2.0 * rng.normal(size=500)
    mean = group_means(z[:, None], authority)[:, 0]
    x = np.where(authority < 50, mean + 0.3 * rng.normal(size=500), np.nan)
    for one in impute(np.column_stack([x, z]), authority, 3, 0):
        imputed = one[250:, 0].reshape(50, 5).mean(axis=1)
        assert np.polyfit(mean[250::5], imputed, 1)[0] == pytest.approx(1, abs=0.15)


def test_what_cannot_be_imputed_is_refused() -> None:
    authority = np.repeat(np.arange(5), 4)
    columns = np.random.default_rng(0).normal(size=(20, 2))
    sparse = columns.copy()
    sparse[8:, 0] = np.nan
    with pytest.raises(ValueError, match="column 0 has too few"):
        impute(sparse, authority, 2, 0)
    with pytest.raises(ValueError, match="at least 1"):
        impute(columns, authority, 0, 0)
    with pytest.raises(ValueError, match="finite or NaN"):
        impute(np.where(columns > 1, np.inf, columns), authority, 2, 0)


def test_pooling_where_nothing_was_missing() -> None:
    """No spread between imputations: the complete data's variance, df only slightly fewer."""
    pooled = rubin(np.full((20, 2), 3.0), np.full((20, 2), 0.5), 60)
    assert_allclose(pooled.t, 0.5)
    assert_allclose(pooled.lambda_, 0)
    assert_allclose(pooled.df, 61 / 63 * 60)
    assert np.isinf(rubin(np.full(20, 3.0), np.full(20, 0.5), np.inf).df)


def test_pooling_with_infinite_complete_df_is_rubins_own() -> None:
    estimates = np.array([1.0, 2.0, 3.0])
    pooled = rubin(estimates, np.ones(3), np.inf)
    assert_allclose(pooled.t, 1 + 4 / 3)
    assert_allclose(pooled.df, 2 * (1 + 3 / 4) ** 2)


def test_pooling_refuses_what_it_cannot_use() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        rubin(np.ones(1), np.ones(1), 10)
    with pytest.raises(ValueError, match="above 0"):
        rubin(np.ones(2), np.array([1.0, np.nan]), 10)


def drawn_by_rows(columns: Array, authority: Ints, seed: int) -> Array:
    """The first array of `impute` where the first column alone has gaps, without any shortcut."""
    rng = np.random.default_rng(seed)
    centre, scale = np.nanmean(columns, axis=0), np.nanstd(columns, axis=0)
    z = (columns - centre) / scale
    y, seen = z[:, 0], ~np.isnan(z[:, 0])
    x = np.column_stack([np.ones(len(z)), z[:, 1:], group_means(z[:, 1:], authority)])
    rows, same = seen.sum(), authority[:, None] == authority
    size = np.bincount(authority[seen], minlength=AUTHORITIES)
    residual = between = 0.5
    filled = y.copy()
    for _ in range(BURN_IN):
        covariance = np.eye(rows) + between / residual * same[seen][:, seen]
        weighted = np.linalg.solve(covariance, x[seen]).T
        precision = weighted @ x[seen] + RIDGE * rows * np.eye(x.shape[1])
        mean = np.linalg.solve(precision, weighted @ y[seen])
        noise = np.linalg.solve(np.linalg.cholesky(precision).T, rng.normal(size=len(mean)))
        fitted = x @ (mean + np.sqrt(residual) * noise)
        weight = size / residual + 1 / between
        level = np.bincount(authority[seen], (y - fitted)[seen], AUTHORITIES) / residual / weight
        level += rng.normal(size=AUTHORITIES) / np.sqrt(weight)
        fitted += level[authority]
        residual = ((y - fitted)[seen] ** 2).sum() / rng.chisquare(rows)
        between = (level[size > 0] ** 2).sum() / rng.chisquare((size > 0).sum() - 1)
        filled[~seen] = fitted[~seen] + np.sqrt(residual) * rng.normal(size=len(y) - rows)
    return filled * scale[0] + centre[0]


def test_sums_by_authority_give_the_draws_that_rows_give() -> None:
    """Also with rows in any order and an authority that was never measured."""
    rng = np.random.default_rng(6)
    columns, authority = world(rng)
    columns[(rng.random(len(columns)) < 0.3) | (authority == 7), 0] = np.nan
    mixed = rng.permutation(len(columns))
    columns, authority = columns[mixed], authority[mixed]
    expected = drawn_by_rows(columns, authority, 3)
    assert_allclose(impute(columns, authority, 1, 3)[0, :, 0], expected, atol=1e-8)


def test_gaps_in_several_columns_follow_each_other() -> None:
    """Sums of an equation follow what other equations drew: sums on other columns are new too."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=400)
    columns = np.column_stack([x, x, x]) + 0.05 * rng.normal(size=(400, 3))
    for j in (0, 1):
        columns[rng.random(400) < 0.4, j] = np.nan
    gone = np.isnan(columns).any(axis=1)
    for one in impute(columns, np.arange(400) // 4, 3, 0):
        assert np.std((one[:, 0] - one[:, 1])[gone]) == pytest.approx(0.05 * np.sqrt(2), rel=0.3)
