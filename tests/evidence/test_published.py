"""Agreement with values that published packages give on published data.

tests/reference/README.md names the packages, and says why each tolerance is what it is.
"""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import FTestPowerF2

from pipeline.evidence.coalitions import mask_of, members, shapley_weights
from pipeline.evidence.imputation import rubin
from pipeline.evidence.moments import explained, fit, moments, net_of_controls
from pipeline.evidence.nonnested import (
    diebold_mariano,
    information_weights,
    nonnested,
    normal_loglik,
    vuong,
)
from pipeline.evidence.panel import Array, standardise
from pipeline.evidence.quality import cronbach_alpha
from pipeline.evidence.reliability import omega_total
from pipeline.evidence.rows import ModelTest

REFERENCE = Path(__file__).parent.parent / "reference"
TOLERANCE = 1e-9
NONE = np.empty(0, dtype=np.int64)


def expected(name: str) -> dict[str, Any]:
    return json.loads((REFERENCE / f"{name}.json").read_text())


def table(name: str) -> Any:
    return np.genfromtxt(
        REFERENCE / f"{name}.csv", delimiter=",", names=True, deletechars="", dtype=np.float64
    )


def close(actual: object, wanted: object, tolerance: float = TOLERANCE) -> None:
    assert_allclose(actual, wanted, rtol=tolerance, atol=tolerance)


def matrix(data: Any, names: tuple[str, ...]) -> Array:
    return np.column_stack([data[name] for name in names])


class Rows:
    """A regression whose clusters are its rows, so that row weights can be given."""

    def __init__(self, data: Any, outcome: str, names: tuple[str, ...]) -> None:
        self.names = names
        x = np.column_stack([np.ones(len(data)), standardise(matrix(data, names))])
        y = data[outcome][:, None]
        self.rows = moments(x, y, np.arange(len(data)), len(data))

    def r2(
        self, groups: list[tuple[str, ...]], weights: Array, given: tuple[str, ...] = ()
    ) -> Array:
        """(R, 2^groups) R2 of every coalition of the groups, for row weights (R, n)."""
        at = {name: i + 1 for i, name in enumerate(self.names)}
        controls = np.array([at[name] for name in given], dtype=np.int64)
        coalitions = [
            np.array([at[name] for g in chosen for name in g], dtype=np.int64)
            for chosen in (
                tuple(group for i, group in enumerate(groups) if mask >> i & 1)
                for mask in range(1 << len(groups))
            )
        ]
        return explained(self.rows.weighted(weights), controls, coalitions, 0.0).r2[:, :, 0]


SWISS = ("Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality")


@pytest.fixture(scope="module")
def swiss() -> Rows:
    return Rows(table("swiss"), "Fertility", SWISS)


def check_importance(r2: Array, names: tuple[str, ...], wanted: dict[str, Any]) -> None:
    """lmg, first and last of R2 (2^k,) against relaimpo's, net of the empty coalition."""
    k, everyone = len(names), len(r2) - 1
    lmg = shapley_weights(k) @ r2
    for i, name in enumerate(names):
        close(lmg[i], wanted["lmg"][name])
        close(r2[1 << i] - r2[0], wanted["first"][name])
        close(r2[everyone] - r2[everyone & ~(1 << i)], wanted["last"][name])
    close(r2[-1], wanted["r2"])


def test_relaimpo(swiss: Rows) -> None:
    r2 = swiss.r2([(name,) for name in SWISS], np.ones((1, 47)))[0]
    check_importance(r2, SWISS, expected("relaimpo_swiss"))


def test_relaimpo_of_groups(swiss: Rows) -> None:
    groups = {
        "EduExam": ("Education", "Examination"),
        "CathInf": ("Catholic", "Infant.Mortality"),
        "Agriculture": ("Agriculture",),
    }
    r2 = swiss.r2(list(groups.values()), np.ones((1, 47)))[0]
    check_importance(r2, tuple(groups), expected("relaimpo_swiss")["grouped"])


def test_relaimpo_net_of_a_control(swiss: Rows) -> None:
    names = tuple(name for name in SWISS if name != "Education")
    r2 = swiss.r2([(name,) for name in names], np.ones((1, 47)), given=("Education",))[0]
    wanted = expected("relaimpo_swiss")["always_Education"]
    check_importance(r2, names, wanted)
    close(r2[-1] - r2[0], wanted["r2_decomp"])


def test_relaimpo_with_weights(swiss: Rows) -> None:
    weights = np.abs(np.arange(-23.0, 24.0))[None, :]
    r2 = swiss.r2([(name,) for name in SWISS], weights)[0]
    check_importance(r2, SWISS, expected("relaimpo_swiss")["weighted"])


def test_standardised_coefficients(swiss: Rows) -> None:
    """relaimpo's betasq and pratt (coefficient times correlation)."""
    total = swiss.rows.total()
    net = net_of_controls(total, NONE)
    columns = np.arange(1, 6)
    beta = fit(net, columns, 0.0).coefficients(net)[0, 1:, 0] / np.sqrt(net.sst[0, 0] / 46)
    r = net.xy[0, columns, 0] * net.scale[0, columns] / np.sqrt(net.sst[0, 0])
    wanted = expected("relaimpo_swiss")
    close(beta**2, [wanted["betasq"][name] for name in SWISS])
    close(beta * r, [wanted["pratt"][name] for name in SWISS])
    close(net.sst[0, 0] / 46, wanted["var_y"])


def order_statistic(drawn: Array, share: Array) -> Array:
    """Order statistics, interpolated on the normal scale (Davison and Hinkley 1997, 5.8)."""
    size = len(drawn) + 1
    below = np.floor(size * share)
    ends = stats.norm.ppf([below / size, (below + 1) / size])
    part = (stats.norm.ppf(share) - ends[0]) / (ends[1] - ends[0])
    at = below.astype(int)
    ordered = np.sort(drawn)
    return ordered[at - 1] + part * (ordered[at] - ordered[at - 1])


def test_bca_replicate_by_replicate(swiss: Rows) -> None:
    """Replicates are ours, from R's draws; the intervals are R's, written out here."""
    wanted = expected("bca_swiss")
    sign = {"Education": 1, "Examination": 1, "Agriculture": -1, "Catholic": -1}
    contrast = np.array([sign.get(name, 0) for name in SWISS]) @ shapley_weights(5)

    def statistic(weights: Array) -> Array:
        return swiss.r2([(name,) for name in SWISS], weights) @ contrast

    indices = np.loadtxt(REFERENCE / "boot_indices_swiss_999.csv", delimiter=",", dtype=int)
    counts = np.array([np.bincount(row, minlength=47) for row in indices], dtype=np.float64)
    t0, t = statistic(np.ones((1, 47)))[0], statistic(counts)
    close(t0, wanted["t0"])
    close(t[:10], wanted["t_first10"])
    close([t.mean(), t.std(ddof=1)], [wanted["t_mean"], wanted["t_sd"]])

    z0 = stats.norm.ppf((t < t0).mean())
    close(z0, wanted["z0"])
    # R measures influence from t0, scipy from the mean of the deleted estimates.
    jack = 46 * (t0 - statistic(1.0 - np.eye(47)))
    slopes = np.linalg.lstsq(np.column_stack([np.ones(999), counts[:, 1:] / 47]), t, rcond=None)[0]
    regression = np.append(0.0, slopes[1:])
    tails = np.array([0.025, 0.975])
    z = stats.norm.ppf(tails)
    for name, influence in (("jack", jack), ("reg", regression - regression.mean())):
        a = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
        close(a, wanted[f"a_{name}"])
        adjusted = stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))
        close(order_statistic(t, adjusted), wanted[f"bca_{name}"])
    close(order_statistic(t, tails), wanted["perc"])
    close(2 * t0 - order_statistic(t, tails)[::-1], wanted["basic"])
    close(2 * t0 - t.mean() + z * t.std(ddof=1), wanted["norm"])


def test_dominance() -> None:
    wanted = expected("dominance_attitude")
    players = tuple(wanted["average"])
    r2 = Rows(table("attitude"), "rating", players).r2(
        [(name,) for name in players], np.ones((1, 30))
    )[0]
    assert len(wanted["subset_r2"]) == 64
    for coalition, value in wanted["subset_r2"].items():
        close(r2[0 if coalition == "1" else mask_of(tuple(coalition.split("+")), players)], value)
    general = shapley_weights(6) @ r2
    close(general, list(wanted["average"].values()))
    # Half for a tie with itself.
    close((np.sign(general[:, None] - general) + 1) / 2, wanted["general"])
    levels = np.array([[row[name] for name in players] for row in wanted["by_level"]])
    for i, name in enumerate(players):
        others = [player for player in players if player != name]
        for level in range(6):
            before = [mask_of(chosen, players) for chosen in combinations(others, level)]
            assert all(name not in members(mask, players) for mask in before)
            close(np.mean([r2[mask | 1 << i] - r2[mask] for mask in before]), levels[level, i])
    close(levels.mean(axis=0), general)


def test_alpha_and_omega() -> None:
    wanted = expected("alpha_omega_pca")
    data = table("attitude")
    everything = matrix(data, data.dtype.names)
    close(cronbach_alpha(everything), wanted["alpha_raw"])
    close(cronbach_alpha(standardise(everything)), wanted["alpha_std"])
    # Two optimisers of one likelihood; both stop within 1e-7 of its top.
    items = matrix(data, tuple(wanted["uniq"]))
    close(omega_total(items), wanted["omega_total_1factor"], 1e-6)


def test_rubin_pooling() -> None:
    wanted = expected("mi_rubin")
    data = table("nhanes_imputed5")
    estimates, variances = [], []
    for number, one in enumerate(wanted["per_imp"], start=1):
        rows = data[data["imp"] == number]
        x = np.column_stack([np.ones(len(rows)), rows["age"], rows["bmi"]])
        beta = np.linalg.lstsq(x, rows["chl"], rcond=None)[0]
        s2 = ((rows["chl"] - x @ beta) ** 2).sum() / (len(rows) - 3)
        variances.append(s2 * np.diag(np.linalg.inv(x.T @ x)))
        estimates.append(beta)
        close(beta, one["coef"])
        close(np.sqrt(variances[-1]), one["se"])
    pooled = rubin(np.array(estimates), np.array(variances), 22)
    for name in ("estimate", "ubar", "b", "t", "df", "riv", "fmi"):
        close(getattr(pooled, name), wanted["pooled"][name])
    close(pooled.lambda_, wanted["pooled"]["lambda"])
    for i, row in enumerate(wanted["summary"]):
        t = pooled.estimate[i] / np.sqrt(pooled.t[i])
        close(t, row["statistic"])
        close(2 * stats.t.sf(abs(t), pooled.df[i]), row["p.value"])


def nonnested_rows(name: str) -> tuple[tuple[ModelTest, ...], dict[str, Any]]:
    wanted = expected("nonnested")[name]
    if name == "greene":
        data, outcome, controls, h, b = table("usdistlag"), "con", ("gnp",), ("con1",), ("gnp1",)
    else:
        data, outcome, controls = table("swiss"), "Fertility", ()
        h, b = ("Education", "Examination"), ("Agriculture", "Catholic")
    parts = [
        standardise(matrix(data, names)) if names else np.empty((len(data), 0))
        for names in (controls, h, b)
    ]
    return nonnested(data[outcome], *parts, np.arange(len(data))), wanted


@pytest.mark.parametrize("name", ["greene", "swiss"])
def test_nonnested(name: str) -> None:
    rows, wanted = nonnested_rows(name)
    classic = {(r.test, r.direction): r for r in rows if r.vcov.startswith(("classic", "over"))}
    for i, direction in enumerate(("null H, alternative B", "null B, alternative H")):
        j, cox, both = (classic[test, direction] for test in ("J", "Cox", "encompassing"))
        close([j.statistic, j.p], [wanted["jtest"]["t"][i] ** 2, wanted["jtest"]["p"][i]])
        close(cox.statistic, wanted["cox"]["z"][i])
        close(2 * stats.norm.sf(abs(float(cox.statistic or 0))), wanted["cox"]["p"][i])
        # Of little use where the null model explains little: see the module.
        assert cox.p is None
        close(
            [both.statistic, both.df2, both.p],
            [wanted["encompassing"][key][i] for key in ("F", "res_df", "p")],
        )
    z = classic["Vuong, Akaike-corrected", "H better than B"]
    close([z.statistic, z.p], [wanted["vuong"]["LRTstat"], wanted["vuong"]["p_A"]])
    for criterion in ("AIC", "BIC"):
        found = [classic[f"{criterion} weight", side].statistic for side in "HB"]
        close(found, information_weights(np.array(wanted[criterion.lower()])))
    if name == "swiss":
        close(found, wanted["bic_weights"])
        close(found, wanted["akaike_weights"])


def test_vuong_from_log_likelihoods() -> None:
    """nonnest2's contributions row by row, and the statistic with and without Akaike's term."""
    wanted = expected("nonnested")["swiss"]
    data = table("swiss")
    loglik = []
    for i, names in enumerate((("Education", "Examination"), ("Agriculture", "Catholic"))):
        x = np.column_stack([np.ones(47), matrix(data, names)])
        y = data["Fertility"]
        loglik.append(normal_loglik(y, x @ np.linalg.lstsq(x, y, rcond=None)[0]))
        close(loglik[i], wanted[f"llcont_m{i + 1}"])
        close(loglik[i].sum(), wanted["loglik"][i])
    close(vuong(*loglik).statistic, wanted["vuong"]["LRTstat"])
    close(vuong(*loglik[::-1]).p_one_sided, wanted["vuong"]["p_B"])
    scale = np.sqrt(47 * wanted["vuong"]["omega2"])
    close(vuong(*loglik, more=3).statistic, wanted["vuong"]["LRTstat"] - 3 / scale)


@pytest.mark.parametrize("horizon", [1, 3])
def test_diebold_mariano(horizon: int) -> None:
    wanted = expected("dm_test")
    losses = [np.array(wanted[name]) ** 2 for name in ("e1", "e2")]
    found = diebold_mariano(losses[0], losses[1], horizon)
    close(found.statistic, wanted[f"h{horizon}"]["stat"])
    close(found.p_two_sided, wanted[f"h{horizon}"]["p"])
    assert found.df == 99


def test_power_of_an_f_test() -> None:
    """Of a library alone: the analysis simulates. Its noncentrality is Cohen's (u + v + 1)."""
    wanted = expected("power_f2")
    found = FTestPowerF2().power(wanted["f2"], wanted["u"], wanted["v"], 0.05, ncc=1)
    close(found, wanted["power"])


def test_multiple_comparisons_that_are_not_used() -> None:
    """Of a library; `tests/study/test_multiplicity.py` has Holm's and Benjamini and Hochberg's."""
    wanted = expected("padjust")
    for name, method in (("BY", "fdr_by"), ("hommel", "hommel")):
        close(multipletests(wanted["p"], method=method)[1], wanted[name])
