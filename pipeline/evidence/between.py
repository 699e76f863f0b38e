"""The between-authorities analysis: leadership and partnership (H) against plans and budgets (B).

v(S) = R2(controls + S) - R2(controls) for a set of blocks S, R2 = 1 - SSE/SST at the fit. The fit
is least squares on one composite a block, or ridge on all indicators with the controls unpenalised
and one penalty for every S. The one primary estimand is delta = v(H) - v(B).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evidence.assess import LEAST_SQUARES, primary
from pipeline.evidence.coalitions import members
from pipeline.evidence.crossval import Losses, LossTest, authority_test, nadeau_bengio_test
from pipeline.evidence.panel import Panel, composites
from pipeline.evidence.power import BOTH, power
from pipeline.evidence.race import CONTRASTS, Race, run_race
from pipeline.evidence.resampling import lead_bounds
from pipeline.evidence.rows import (
    BlockContrast,
    BlockFit,
    CvLoss,
    Importance,
    ModelTest,
    Power,
    Verdict,
)
from pipeline.evidence.settings import BetweenSettings
from pipeline.evidence.verdict import (
    Direction,
    Sides,
    combined_rows,
    composition_rows,
    direction_note,
    number,
    reach_sentence,
    rules,
    sentence,
)

RECOVERED = "the wider of bias-corrected jackknife-t and limits of roots"
CLUSTERS = ("authority", "dominant-trust")


@dataclass(frozen=True)
class BetweenResult:
    """Rows of every table, or the reason why nothing was estimated."""

    stopped: str | None
    block_fit: tuple[BlockFit, ...] = ()
    block_contrast: tuple[BlockContrast, ...] = ()
    importance: tuple[Importance, ...] = ()
    cv_losses: tuple[CvLoss, ...] = ()
    model_tests: tuple[ModelTest, ...] = ()
    power: tuple[Power, ...] = ()
    verdict: tuple[Verdict, ...] = ()


def between(panel: Panel, settings: BetweenSettings) -> BetweenResult:
    """Run everything for one panel, under both compositions.

    Raises:
        ValueError: if the panel holds a block that the settings put on neither side.
    """
    stopped = gate(panel, settings)
    if stopped:
        return BetweenResult(stopped)
    strength = power(panel, settings)
    races = [
        run_race("composite", composites(panel), LEAST_SQUARES, settings),
        run_race("indicators", panel, settings.ridge_grid, settings),
    ]
    return BetweenResult(
        stopped=None,
        block_fit=tuple(row for race in races for row in block_fit(race, settings)),
        block_contrast=tuple(row for race in races for row in block_contrast(race, settings)),
        importance=tuple(row for race in races for row in importance(race, settings)),
        cv_losses=tuple(row for race in races for row in cv_losses(race)),
        model_tests=tuple(row for race in races for row in model_tests(race)),
        power=strength,
        verdict=verdict_rows(races, sides_of(panel, settings), settings, strength),
    )


def sides_of(panel: Panel, settings: BetweenSettings) -> Sides:
    """Blocks on each side, declared and measured."""

    def measured(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in panel.blocks)

    h, b = settings.h_blocks, settings.b_blocks
    return Sides(h, measured(h), b, measured(b))


def gate(panel: Panel, settings: BetweenSettings) -> str | None:
    """Why this panel cannot be estimated, in words, or None; see `gates`."""
    return gates(panel, settings, [panel.controls.shape[1]])[0]


def gates(panel: Panel, settings: BetweenSettings, controls: Sequence[int]) -> list[str | None]:
    """The same with each of several numbers of controls instead of the panel's own.

    Raises:
        ValueError: if the panel holds a block that the settings put on neither side.
    """
    why = _gate(panel, settings)
    indicators = sum(x.shape[1] for x in panel.blocks.values())
    return [why or _too_few(panel, 1 + own + indicators) for own in controls]


def _gate(panel: Panel, settings: BetweenSettings) -> str | None:
    """Why it cannot be estimated whatever is held constant."""
    stray = set(panel.blocks) - set(settings.h_blocks) - set(settings.b_blocks)
    if stray:
        raise ValueError(f"blocks on neither side of the claim: {sorted(stray)}")
    for side in (settings.h_blocks, settings.b_blocks):
        if not any(
            np.ptp(panel.blocks[name], axis=0).any() for name in side if name in panel.blocks
        ):
            return f"no measure of {' or '.join(side)} that varies in this panel"
    authorities = int(panel.authority.max()) + 1
    if authorities < settings.min_authorities:
        return f"{authorities} authorities, fewer than {settings.min_authorities}"
    if not np.ptp(panel.outcome):
        return "the outcome does not vary"
    return None


def _too_few(panel: Panel, columns: int) -> str | None:
    """Why rows do not suffice for so many columns."""
    for name, codes in zip(CLUSTERS, (panel.authority, panel.dominant_trust), strict=True):
        if codes is None:
            continue
        if codes.max() == 0:
            return f"all rows share one {name}"
        left = len(codes) - int(np.bincount(codes).max())
        if left <= columns:
            return f"{left} rows without the largest {name}, too few for {columns} columns"
    return None


def block_fit(race: Race, s: BetweenSettings) -> Iterator[BlockFit]:
    """One row a coalition."""
    widest = primary(race.jackknives, s.confidence)
    ends = widest.interval(s.confidence)
    q2 = race.held.q2()[:, 0]
    ahead = None if race.ahead is None else race.ahead.q2()[:, 0]
    r2, adjusted = race.fit.r2[0, :, 0], race.fit.adjusted[0, :, 0]
    for mask in range(len(r2)):
        at = race.names.index(f"v {mask}") if mask else None
        yield BlockFit(
            composition=race.name,
            coalition="+".join(members(mask, race.players)) or "controls",
            k=float(race.fit.df[0, mask]),
            r2=float(r2[mask]),
            v=float(r2[mask] - r2[0]),
            adj_r2=float(adjusted[mask]),
            q2_loao=float(q2[mask]),
            q2_forward=None if ahead is None else float(ahead[mask]),
            penalty=race.penalty,
            se=None if at is None else float(widest.se[at]),
            ci_low=None if at is None else float(ends[0][at]),
            ci_high=None if at is None else float(ends[1][at]),
        )


def block_contrast(race: Race, s: BetweenSettings) -> Iterator[BlockContrast]:
    """Each contrast with every interval; the headline is what the rule reads, of delta, and the
    wider jackknife of the others.
    """
    held = f"; ridge penalty held at {race.penalty:g}" if race.penalty else ""
    read = lead_bounds(race.lead, s.confidence)
    widest = primary(race.jackknives, s.confidence)
    tail = 100 * (1 - s.confidence) / 2
    for place, estimand in enumerate(CONTRASTS):
        at = race.names.index(estimand)
        estimate = float(widest.estimate[at])
        for second, one in enumerate(race.jackknives):
            if estimand == "delta":
                own = lead_bounds([race.lead[second]], s.confidence)
                yield BlockContrast(
                    composition=race.name,
                    estimand=estimand,
                    estimate=estimate,
                    bias=float(one.bias[at]),
                    se=float(one.se[at]),
                    ci_low=float(own.low[0]),
                    ci_high=float(own.high[0]),
                    ci_method=f"{RECOVERED}, delete-one-{CLUSTERS[second]}{held}",
                    p_one_sided=float(one.p_one_sided()[at]),
                    headline=second == int(read.second[0]),
                )
            for corrected in (True, False):
                low, high = one.interval(s.confidence, corrected)
                kind = "bias-corrected jackknife-t" if corrected else "jackknife-t"
                yield BlockContrast(
                    composition=race.name,
                    estimand=estimand,
                    estimate=estimate,
                    bias=float(one.bias[at]),
                    se=float(one.se[at]),
                    ci_low=float(low[at]),
                    ci_high=float(high[at]),
                    ci_method=f"{kind}, delete-one-{CLUSTERS[second]}{held}",
                    p_one_sided=float(one.p_one_sided(corrected)[at]),
                    headline=corrected and estimand != "delta" and second == int(widest.second[at]),
                )
        if s.n_bootstrap > 1:
            drawn = race.drawn[:, place]
            low, high = np.percentile(drawn, [tail, 100 - tail])
            yield BlockContrast(
                composition=race.name,
                estimand=estimand,
                estimate=estimate,
                bias=float(drawn.mean() - estimate),
                se=float(drawn.std(ddof=1)),
                ci_low=float(low),
                ci_high=float(high),
                ci_method=f"percentile bootstrap, {len(drawn)} draws of authorities{held}",
                p_one_sided=float((1 + (drawn <= 0).sum()) / (1 + len(drawn))),
                headline=False,
            )
    yield _held_out_contrast(race, s)
    if race.ahead is not None:
        yield BlockContrast(
            composition=race.name,
            estimand="delta_forward",
            estimate=float(race.ahead.lead(race.h, race.b)[0]),
            bias=None,
            se=None,
            ci_low=None,
            ci_high=None,
            ci_method="none: the steps share their training years",
            p_one_sided=None,
            headline=True,
        )


def _held_out_contrast(race: Race, s: BetweenSettings) -> BlockContrast:
    lead = float(race.held.lead(race.h, race.b)[0])
    test = authority_test(race.held, race.h, race.b)
    reach = float(test.reach(s.confidence)[0])
    return BlockContrast(
        composition=race.name,
        estimand="delta_cv",
        estimate=lead,
        bias=None,
        se=float(test.se[0]),
        ci_low=lead - reach,
        ci_high=lead + reach,
        ci_method="t over authorities' loss differences, leave-one-authority-out",
        p_one_sided=float(test.p_one_sided[0]),
        headline=True,
    )


def importance(race: Race, s: BetweenSettings) -> Iterator[Importance]:
    """Both superblocks, then each block; intervals from the wider jackknife."""
    widest = primary(race.jackknives, s.confidence)
    low, high = widest.interval(s.confidence)
    r2 = race.fit.r2[0, :, 0]
    everyone = len(r2) - 1
    entries = [("superblock", "H", race.h), ("superblock", "B", race.b)]
    entries += [("block", name, 1 << i) for i, name in enumerate(race.players)]
    slopes = slopes_by_name(race, s)
    for level, name, mask in entries:
        shapley, owen = (race.names.index(f"{kind} {name}") for kind in ("shapley", "owen"))
        yield Importance(
            composition=race.name,
            level=level,
            name=name,
            first=float(r2[mask] - r2[0]),
            last=float(r2[everyone] - r2[everyone & ~mask]),
            shapley=float(widest.estimate[shapley]),
            owen=float(widest.estimate[owen]),
            se=float(widest.se[owen]),
            ci_low=float(low[owen]),
            ci_high=float(high[owen]),
            shapley_se=float(widest.se[shapley]),
            shapley_ci_low=float(low[shapley]),
            shapley_ci_high=float(high[shapley]),
            slope=slopes[name].slope,
            slope_ci_low=slopes[name].low,
            slope_ci_high=slopes[name].high,
        )


def slopes_by_name(race: Race, s: BetweenSettings) -> dict[str, Direction]:
    """Which way each block, and H and B, go with the outcome."""
    widest = primary(race.slopes, s.confidence)
    low, high = widest.interval(s.confidence)
    return {
        name: Direction(float(widest.estimate[i]), float(low[i]), float(high[i]))
        for i, name in enumerate((*race.players, "H", "B"))
    }


def cv_losses(race: Race) -> Iterator[CvLoss]:
    """Losses of the controls alone and with H, B and both, on every held-out set of each scheme."""
    models = {"controls": 0, "H": race.h, "B": race.b, "H+B": race.h | race.b}
    authorities = range(len(race.held.sst))
    schemes: list[tuple[str, Losses | None, tuple[int, ...]]] = [
        ("leave-one-authority-out", race.held, tuple(authorities)),
        ("grouped K-fold", race.kfold, tuple(range(len(race.kfold.sst))) if race.kfold else ()),
        ("forward", race.ahead, race.years),
    ]
    for scheme, losses, folds in schemes:
        if losses is None:
            continue
        for i, fold in enumerate(folds):
            for model, mask in models.items():
                yield CvLoss(
                    composition=race.name,
                    scheme=scheme,
                    fold=fold,
                    authority=fold if losses is race.held else None,
                    model=model,
                    n_test=round(float(losses.n_test[i])),
                    sse=float(losses.sse[i, mask, 0]),
                    sst=float(losses.sst[i, 0]),
                )


def model_tests(race: Race) -> Iterator[ModelTest]:
    """Nested F tests both ways, and t tests that H loses less than B."""
    for direction, vcov, f in race.nested:
        yield ModelTest(
            race.name,
            "nested F",
            direction,
            number(f.statistic),
            f.df1,
            number(f.df2),
            number(f.p),
            vcov,
        )
    tests: dict[tuple[str, str], LossTest] = {
        ("leave-one-authority-out t", "by authority"): authority_test(race.held, race.h, race.b)
    }
    if race.kfold is not None:
        tests["grouped K-fold t", "Nadeau-Bengio"] = nadeau_bengio_test(race.kfold, race.h, race.b)
    for (name, vcov), test in tests.items():
        yield ModelTest(
            race.name,
            name,
            "H better than B",
            float(test.statistic[0]),
            test.df,
            None,
            float(test.p_one_sided[0]),
            vcov,
        )


def verdict_rows(
    races: list[Race], sides: Sides, s: BetweenSettings, strength: tuple[Power, ...]
) -> tuple[Verdict, ...]:
    """The rule for each composition, then the two together."""
    both = [row for row in strength if row.composition == BOTH]
    reach = reach_sentence(
        both[0].mde80 if both else None, both[-1].true_effect if both else None, s
    )
    rows: list[Verdict] = []
    answers, directions = [], []
    for race in races:
        checked = rules(race.evidence, s)
        lead, slopes = float(race.evidence.delta[0]), slopes_by_name(race, s)
        own = {name: slopes[name] for name in sides.h_measured}
        directions.append(direction_note(own, lead, s))
        text = sentence(race.evidence, checked, sides, s, reach, direction=directions[-1])
        rows += composition_rows(race.name, checked, text)
        answers.append((rows[-1].verdict, lead, text))
    way = next(filter(None, directions), "")
    return (*rows, *combined_rows(answers[0], answers[1], sides, reach, way))
