"""Agreement with values computed in R (golden_panel.json), to 1e-9."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from pipeline.evidence.between import RECOVERED, block_contrast, block_fit, importance, model_tests
from pipeline.evidence.coalitions import mask_of, owen_weights
from pipeline.evidence.crossval import authority_test
from pipeline.evidence.moments import design, explained, moments
from pipeline.evidence.panel import Panel, standardise, z_mean
from pipeline.evidence.race import Race
from tests.evidence.conftest import GOLDEN_SETTINGS

Golden = dict[str, Any]
TOLERANCE = 1e-9


def close(actual: object, expected: object) -> None:
    assert_allclose(actual, expected, rtol=TOLERANCE, atol=TOLERANCE)


def contrasts(race: Race) -> dict[tuple[str, str], Any]:
    return {(r.estimand, r.ci_method): r for r in block_contrast(race, GOLDEN_SETTINGS)}


def test_coalition_values(race: Race, golden: Golden) -> None:
    rows = {row.coalition: row for row in block_fit(race, GOLDEN_SETTINGS)}
    assert len(rows) == 16
    close(rows["controls"].r2, golden["r2_controls"])
    for coalition, v in golden["coalition_v"].items():
        close(rows["controls" if coalition == "1" else coalition].v, v)
    assert rows["L+K"].k == pytest.approx(6)


def test_shapley_and_owen(race: Race, golden: Golden) -> None:
    rows = {row.name: row for row in importance(race, GOLDEN_SETTINGS) if row.level == "block"}
    for name in "LKPM":
        close(rows[name].shapley, golden["shapley4"][name])
        close(rows[name].owen, golden["owen_LK_PM"][name])


def test_contrasts_and_the_identity_between_them(race: Race, golden: Golden) -> None:
    found = {estimand: row.estimate for (estimand, _), row in contrasts(race).items()}
    for name in ("delta", "unique_H", "unique_B", "common"):
        close(found[name], golden[name])
    close(found["unique_H"] - found["unique_B"], golden["delta"])
    sides = {row.name: row for row in importance(race, GOLDEN_SETTINGS) if row.level != "block"}
    close(sides["H"].first, golden["v_H"])
    close(sides["B"].first, golden["v_B"])
    close(sides["H"].last, golden["unique_H"])
    close(sides["H"].owen + sides["B"].owen, golden["v_HB"])
    close(sides["H"].shapley - sides["B"].shapley, golden["delta"])


def test_adjusted_r2_counts_every_column(race: Race, golden: Golden) -> None:
    def adjusted(coalition: str, blocks: int) -> float:
        r2 = golden["r2_controls"] + golden["coalition_v"][coalition]
        return float(1 - (1 - r2) * 344 / (344 - 4 - 3 * blocks))

    rows = {row.coalition: row for row in block_fit(race, GOLDEN_SETTINGS)}
    close(rows["L+K+P+M"].adj_r2, adjusted("L+K+P+M", 4))
    found = [r.estimate for (name, _), r in contrasts(race).items() if name == "delta_adj"]
    close(found, adjusted("L+K", 2) - adjusted("P+M", 2))


def test_jackknife(race: Race, golden: Golden, panel: Panel) -> None:
    d = design(panel)
    y = (panel.outcome - panel.outcome.mean())[:, None]
    deleted = moments(d.x, y, panel.authority, 30).without_each()
    sets = [d.columns(("L", "K")), d.columns(("P", "M"))]
    r2 = explained(deleted, d.controls, sets, 0.0).r2[:, :, 0]
    close(r2[:, 0] - r2[:, 1], golden["jackknife"]["values"])
    rows = contrasts(race)
    corrected = rows["delta", "bias-corrected jackknife-t, delete-one-authority"]
    plain = rows["delta", "jackknife-t, delete-one-authority"]
    close(corrected.se, golden["jackknife"]["se"])
    close(corrected.bias, golden["jackknife"]["bias"])
    close([corrected.ci_low, corrected.ci_high], golden["jackknife"]["ci_t_bc"])
    close([plain.ci_low, plain.ci_high], golden["jackknife"]["ci_t"])
    assert not corrected.headline
    assert not plain.headline
    read = rows["delta", f"{RECOVERED}, delete-one-authority"]
    assert read.headline
    assert read.ci_low <= corrected.ci_low
    assert read.ci_high >= corrected.ci_high
    reach = stats.t.ppf(0.95, 29) * golden["jackknife"]["se"]
    assert race.evidence.upper[0] >= golden["delta"] - golden["jackknife"]["bias"] + reach - 1e-12


def test_leave_one_authority_out(race: Race, golden: Golden) -> None:
    expected = golden["loao"]
    q2 = race.held.q2()[:, 0]
    both = race.h | race.b
    close(
        q2[[0, race.h, race.b, both]],
        [expected[f"q2_{m}"] for m in ("controls", "H", "B", "HB")],
    )
    differences = race.held.sse[:, race.b, 0] - race.held.sse[:, race.h, 0]
    close(differences, expected["authority_loss_diff_sum"])
    close(race.held.lead(race.h, race.b), [expected["delta_q2"]])
    close(authority_test(race.held, race.h, race.b).statistic, [expected["t"]])
    row = next(r for r in block_contrast(race, GOLDEN_SETTINGS) if r.estimand == "delta_cv")
    se = expected["delta_q2"] / expected["t"]
    reach = stats.t.ppf(0.975, 29) * se
    close([row.estimate, row.se], [expected["delta_q2"], se])
    close([row.ci_low, row.ci_high], [row.estimate - reach, row.estimate + reach])
    close(row.p_one_sided, stats.t.sf(expected["t"], 29))


def test_forward_in_time(race: Race, golden: Golden) -> None:
    assert race.ahead is not None
    assert race.years == (2, 3)
    for model, mask in {"controls": 0, "H": race.h, "B": race.b}.items():
        close(race.ahead.sse[:, mask, 0] / race.ahead.n_test, golden["forward"][f"mse_{model}"])


def test_nested_f(race: Race, golden: Golden) -> None:
    found = {(row.direction, row.vcov): row for row in model_tests(race)}
    for direction in ("H given B", "B given H"):
        expected = golden["nestedF"][direction.replace(" ", "_")]
        classic, robust = found[direction, "classic"], found[direction, "CR2, HTZ"]
        close([classic.statistic, classic.p], [expected["F"], expected["p"]])
        # p of 2e-20 is nothing on the absolute scale above.
        assert_allclose(classic.p, expected["p"], rtol=TOLERANCE)
        assert (classic.df1, classic.df2) == (6, 328)
        close(
            [robust.statistic, robust.df2, robust.p],
            [expected["HTZ_F"], expected["HTZ_df"], expected["HTZ_p"]],
        )


def test_placebo(placebo: Race, golden: Golden) -> None:
    v = placebo.fit.r2[0, :, 0] - placebo.fit.r2[0, 0, 0]
    close(v[[placebo.h, placebo.b]], [golden["placebo"]["H"], golden["placebo"]["B"]])


def test_z_mean_is_the_golden_composite(columns: Any, golden: Golden) -> None:
    """The fixed-effects coefficient of Hc pins its scale: z-mean of six items, standardised."""
    h = z_mean(np.column_stack([columns[f"{b}{i}"] for b in "LK" for i in (1, 2, 3)]))
    cell = columns["authority"] * 10 + columns["year"]
    dummies = (cell[:, None] == np.unique(cell)).astype(float)
    x = np.column_stack([h, columns["imd"], columns["logpop"], dummies])
    coefficient = np.linalg.lstsq(x, columns["y"], rcond=None)[0][0]
    close(coefficient, golden["within"]["fe_coef_Hc"])
    close(standardise(h), h)


def test_owen_of_blocks_in_another_order(golden: Golden) -> None:
    """Players in another order than their superblocks."""
    players = ("P", "L", "M", "K")
    v = np.zeros(16)
    for coalition, value in golden["coalition_v"].items():
        v[mask_of(tuple(coalition.split("+")), players)] = value
    unions = [mask_of(("L", "K"), players), mask_of(("P", "M"), players)]
    found = dict(zip(players, owen_weights(4, unions) @ v, strict=True))
    for name, value in golden["owen_LK_PM"].items():
        close(found[name], value)
