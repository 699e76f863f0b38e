"""Agreement of the within half with values computed in R.

Algebra agrees to 1e-9. Restricted likelihood is flat at its top and both optimisers stop within
about 1e-7 of it, which moves variances by up to 2e-6 of themselves and Satterthwaite's degrees of
freedom (R takes second derivatives numerically) by 1e-5.
"""

import csv
import json
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from pipeline.evidence.conditional import conditional_logit
from pipeline.evidence.locality import LocalityPanel, Within, codes_of, demean, within_of
from pipeline.evidence.nested import orthonormal, robust_f
from pipeline.evidence.panel import Array, z_mean
from pipeline.evidence.trajectories import one_sided, sign_flip, slope_weights, units_of
from pipeline.evidence.variance import fit, nakagawa, nested, satterthwaite
from pipeline.evidence.within import effect_row
from pipeline.evidence.within_effect import joint_partial_r2, track_column
from tests.evidence.conftest import REFERENCE
from tests.evidence.localities import SETTINGS

Golden = dict[str, Any]
TOLERANCE = 1e-9
OPTIMISER = 2e-6


def close(actual: object, expected: object) -> None:
    assert_allclose(actual, expected, rtol=TOLERANCE, atol=TOLERANCE)


def table(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open() as file:
        return list(csv.DictReader(file))


def reference(name: str) -> Golden:
    found: Golden = json.loads((REFERENCE / name).read_text())
    return found


@pytest.fixture(scope="module")
def localities(columns: Any) -> LocalityPanel:
    year = columns["year"].astype(np.int64)
    panel = LocalityPanel(
        outcome=columns["y"],
        leadership={
            name: np.column_stack([columns[f"{name}{i}"] for i in (1, 2, 3)]) for name in "LK"
        },
        controls=np.column_stack([columns["imd"], columns["logpop"], year == 2, year == 3]),
        authority=columns["authority"].astype(np.int64) - 1,
        locality=columns["locality"].astype(np.int64) - 1,
        year=year,
    )
    return panel.rows(np.lexsort([panel.locality, panel.year, panel.authority]))


@pytest.fixture(scope="module")
def w(localities: LocalityPanel) -> Within:
    return within_of(localities)


def raw(w: Within, localities: LocalityPanel, slopes: Array) -> Array:
    """Slopes in units of the outcome, as the reference has them."""
    return slopes * localities.outcome.std(ddof=1)


def test_shares_explained_within(w: Within, golden: Golden) -> None:
    expected = golden["within"]
    close(joint_partial_r2(w, w.indicators), expected["partial_r2w_H"])
    basis = orthonormal(w.controls)
    controls = float(((basis.T @ w.outcome) ** 2).sum() / (w.outcome @ w.outcome))
    close(controls, expected["r2w_controls"])
    both = controls + (1 - controls) * expected["partial_r2w_H"]
    close(both, expected["r2w_controls_H"])


def test_slope_and_its_clustered_error(
    w: Within, localities: LocalityPanel, golden: Golden
) -> None:
    expected = golden["within"]
    units = units_of(w, w.composite[:, None], w.locality)
    track = track_column(w, units, np.arange(120)[None])
    row = effect_row(w, "composite", track, SETTINGS)
    close(raw(w, localities, np.array([row.estimate])), expected["fe_coef_Hc"])
    close(raw(w, localities, np.array([row.se])), expected["CR2_se"])
    close([row.df, row.p], [expected["satt_df"], expected["p"]])
    assert_allclose(row.p, expected["p"], rtol=TOLERANCE)


def test_permutation_of_localities(w: Within, localities: LocalityPanel, golden: Golden) -> None:
    expected = golden["within"]
    drawn = np.loadtxt(REFERENCE / "golden_locality_perm_199.csv", delimiter=",", dtype=np.int64)
    units = units_of(w, w.composite[:, None], w.locality)
    order = np.vstack([np.arange(120), drawn - 1])
    slopes = raw(w, localities, slope_weights(w, units, order) @ w.outcome)
    close(slopes[0], expected["locperm_stat0"])
    close(slopes[1:6], expected["locperm_first5"])
    close(slopes[1:].std(ddof=1), expected["locperm_sd"])
    close(one_sided(slopes[:1], slopes[1:, None]), expected["locperm_p_one_sided"])


def test_permutation_of_rows(columns: Any, golden: Golden) -> None:
    """Kept to show what single rows would give; the analysis does not permute them."""
    expected = golden["within"]
    drawn = np.loadtxt(REFERENCE / "golden_row_permutations.csv", delimiter=",", dtype=np.int64)
    cell = codes_of(columns["authority"].astype(np.int64), columns["year"].astype(np.int64))
    h = z_mean(np.column_stack([columns[f"{b}{i}"] for b in "LK" for i in (1, 2, 3)]))
    controls = demean(np.column_stack([columns["imd"], columns["logpop"]]), cell)
    y = demean(columns["y"], cell)
    found = [
        np.linalg.lstsq(np.column_stack([demean(h[rows], cell), controls]), y)[0][0]
        for rows in (np.arange(345), *drawn)
    ]
    close(found, [expected["perm_stat0"], *expected["perm_first5"]])


def test_conditional_logit(columns: Any, golden: Golden) -> None:
    expected = golden["within"]
    h = z_mean(np.column_stack([columns[f"{b}{i}"] for b in "LK" for i in (1, 2, 3)]))
    strata = codes_of(columns["authority"].astype(np.int64), columns["year"].astype(np.int64))
    x = np.column_stack([h, columns["imd"], columns["logpop"]])
    found = conditional_logit(columns["adopt"] == 1, x, strata)
    assert found is not None
    names = ("Hc", "imd", "logpop")
    assert_allclose(found.beta, [expected["clogit_coef"][n] for n in names], rtol=1e-7)
    assert_allclose(found.se, [expected["clogit_se"][n] for n in names], rtol=1e-7)
    close([found.loglik_null, found.loglik], expected["clogit_loglik"])


def components(found: Any) -> list[float]:
    return [found.locality, found.authority, found.resid]


def test_variance_of_three_levels(localities: LocalityPanel, golden: Golden) -> None:
    p = localities
    found = fit(nested(np.ones((345, 1)), p.outcome, p.authority, p.locality))
    expected = [one["vcov"] for one in golden["variance"]["null_vc"]]
    assert_allclose(components(found), expected, rtol=OPTIMISER)
    total = sum(expected)
    shares = (found.authority / total, 1 - found.authority / total, found.locality / total)
    names = ("icc_authority", "share_within_authority", "share_locality")
    assert_allclose(shares, [golden["variance"][name] for name in names], rtol=OPTIMISER)


def test_within_between_model(columns: Any, golden: Golden) -> None:
    expected = golden["rewb"]
    authority, locality, year = (
        columns[name].astype(np.int64) for name in ("authority", "locality", "year")
    )
    h, plans, money = (
        z_mean(np.column_stack([columns[f"{b}{i}"] for b in side for i in (1, 2, 3)]))
        for side in ("LK", "P", "M")
    )
    own = authority - 1
    between = (np.bincount(own, h) / np.bincount(own))[own]
    x = np.column_stack(
        [
            *(np.ones(345), h - between, between, plans, money),
            *(columns["imd"], columns["logpop"], year == 2, year == 3),
        ]
    )
    found = fit(nested(x, columns["y"], authority, locality))
    assert_allclose(found.beta, list(expected["fixef"].values()), rtol=OPTIMISER)
    assert_allclose(np.sqrt(np.diag(found.cov)), list(expected["se"].values()), rtol=OPTIMISER)
    assert_allclose(components(found), [one["vcov"] for one in expected["vc"]], rtol=OPTIMISER)
    assert_allclose(found.loglik, expected["loglik"], rtol=1e-10)
    assert_allclose(nakagawa(x, found), [expected["r2m"], expected["r2c"]], rtol=OPTIMISER)
    df = satterthwaite(x, columns["y"], authority, locality, at=found, contrasts=np.eye(9))
    assert_allclose(df, expected["satt_df"], rtol=1e-5)


@pytest.mark.parametrize("name", ["int_reml", "int_ml", "null_reml", "null_ml"])
def test_sleepstudy(name: str) -> None:
    rows, expected = table("sleepstudy.csv"), reference("sleepstudy.json")
    y = np.array([float(row["Reaction"]) for row in rows])
    days = np.array([float(row["Days"]) for row in rows])
    subject = np.array([int(row["Subject"]) for row in rows])
    x = np.column_stack([np.ones(180), days]) if name.startswith("int") else np.ones((180, 1))
    # One observation of each "locality": what lasts within cannot be told from the rest.
    found = fit(
        nested(x, y, subject, np.arange(180)), reml=name.endswith("reml"), levels=(True, False)
    )
    about = expected[name]
    assert_allclose(found.beta, list(about["fixef"].values()), rtol=TOLERANCE)
    assert_allclose(np.sqrt(np.diag(found.cov)), list(about["se"].values()), rtol=OPTIMISER)
    assert_allclose(
        [found.authority, found.resid], [one["vcov"] for one in about["vc"]], rtol=OPTIMISER
    )
    assert_allclose(found.loglik, about["loglik"], rtol=1e-10)
    if name in expected["r2"]:
        shares = [expected["r2"][name][kind] for kind in ("marginal", "conditional")]
        assert_allclose(nakagawa(x, found), shares, rtol=OPTIMISER)
    icc = found.authority / (found.authority + found.resid)
    known = {"null_reml": "null_reml", "int_reml": "int_reml_adjusted"}
    if name in known:
        assert_allclose(icc, expected["icc"][known[name]], rtol=OPTIMISER)


@pytest.fixture(scope="module")
def grunfeld() -> tuple[Array, Array, Any]:
    rows = table("grunfeld.csv")
    x = np.array([[float(row["value"]), float(row["capital"])] for row in rows])
    y = np.array([float(row["inv"]) for row in rows])
    return x, y, np.array([int(row["firm"]) - 1 for row in rows])


def test_grunfeld_fixed_effects(grunfeld: tuple[Array, Array, Any]) -> None:
    x, y, firm = grunfeld
    expected = reference("grunfeld.json")
    xw, yw = demean(x, firm), demean(y, firm)
    beta = np.linalg.solve(xw.T @ xw, xw.T @ yw)
    close(beta, list(expected["within"]["coef"].values()))
    close(1 - ((yw - xw @ beta) ** 2).sum() / (yw @ yw), expected["r2"]["within"][0])
    for j in range(2):
        size = np.sqrt((xw**2).mean(axis=0))
        f = robust_f(yw, (xw / size)[:, [1 - j]], (xw / size)[:, [j]], firm)
        se = abs(beta[j]) / np.sqrt(f.statistic)
        close(se, list(expected["fe_cluster_se"]["CR2"].values())[j])
        close(
            [np.sqrt(f.statistic), f.df2, f.p],
            [expected["CR2_satt"][name][j] for name in ("t", "df", "p")],
        )


def test_grunfeld_within_between(grunfeld: tuple[Array, Array, Any]) -> None:
    x, y, firm = grunfeld
    expected = reference("grunfeld.json")
    means = (np.stack([np.bincount(firm, c) for c in x.T], axis=1) / 20)[firm]
    one = np.ones((200, 1))
    for name, columns in (("rewb", (x - means, means)), ("mundlak", (x, means))):
        full = np.column_stack([one, *columns])
        # Sums of squares of 1e9 leave eight digits; columns in their own units lose none.
        size = np.sqrt((full**2).mean(axis=0))
        found = fit(nested(full / size, y, firm, np.arange(200)), levels=(True, False))
        about = expected[name]
        assert_allclose(found.beta / size, list(about["fixef"].values()), rtol=1e-6)
        se = np.sqrt(np.diag(found.cov)) / size
        assert_allclose(se, list(about["se"].values()), rtol=OPTIMISER)
        variances = [one["vcov"] for one in about["vc"]]
        assert_allclose([found.authority, found.resid], variances, rtol=OPTIMISER)
        scale = np.log(size).sum()
        assert_allclose(found.loglik - scale, about["loglik"], rtol=1e-8)
    contextual, cov = found.beta[3:], found.cov[3:, 3:]
    wald = float(contextual @ np.linalg.solve(cov, contextual))
    # plm's variance components are Swamy and Arora's, not those of the likelihood.
    close_to = expected["mundlak_wald"]["chisq"]
    assert_allclose(wald, close_to, rtol=1e-2)
    # In a balanced panel the between coefficients are those of the firms' means alone.
    assert_allclose(
        expected["rewb"]["fixef"]["value_b"], expected["between"]["coef"]["value"], rtol=1e-9
    )


def test_exact_sign_flips() -> None:
    expected = reference("permutation_sleep.json")
    found = sign_flip(np.array(expected["diffs"]), 99, np.random.default_rng(1))
    assert found.exact
    assert found.n == 1024
    assert found.p_two_sided == expected["p_exact_two_sided"]
    assert found.p_one_sided == expected["p_exact_two_sided"] / 2
