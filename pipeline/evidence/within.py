"""The within-authorities analysis: localities that share one authority's plan and budget.

Plan and budget do not vary here, so there is no race. Two questions: how much of the lasting
variation lies within authorities (W*), and whether leadership and partnership track it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from pipeline.evidence.discordant import adoption_effects, discordant_sets
from pipeline.evidence.lead import COMPOSITIONS
from pipeline.evidence.locality import (
    LocalityPanel,
    Within,
    adopters,
    codes_of,
    compared,
    demean,
    shared,
    varies,
)
from pipeline.evidence.moments import moments, net_of_controls
from pipeline.evidence.nested import FTest, robust_f
from pipeline.evidence.panel import Array, Flags, Ints
from pipeline.evidence.resampling import jackknife
from pipeline.evidence.rows import Power, Verdict
from pipeline.evidence.settings import WithinSettings
from pipeline.evidence.trajectories import orders, units_of
from pipeline.evidence.variance import variance_split, within_between
from pipeline.evidence.verdict import number
from pipeline.evidence.wild import Wild, wild_test
from pipeline.evidence.within_effect import (
    Tracking,
    design_of,
    joint_partial_r2,
    track_column,
    track_indicators,
    upper_partial_r2,
)
from pipeline.evidence.within_power import power, share_found
from pipeline.evidence.within_rows import DiscordantSet, LeftOut, VarianceSplit, WithinEffect
from pipeline.evidence.within_rules import (
    Answer,
    Setting,
    WithinEvidence,
    combined_rows,
    composition_rows,
    decide,
    reach_sentence,
    rules,
    sentence,
)

FIXED_EFFECTS = "authority x year fixed effects"


@dataclass(frozen=True)
class WithinResult:
    """Rows of every table, or the reason why nothing was estimated."""

    stopped: str | None
    left_out: LeftOut
    variance_split: tuple[VarianceSplit, ...] = ()
    within_effect: tuple[WithinEffect, ...] = ()
    discordant_sets: tuple[DiscordantSet, ...] = ()
    power: tuple[Power, ...] = ()
    verdict: tuple[Verdict, ...] = ()


def within(panel: LocalityPanel, s: WithinSettings, adopted: Flags | None = None) -> WithinResult:
    """How much varies within, whether leadership tracks it, and who adopted beside neighbours.

    Args:
        panel: the panel; rows without a neighbour in their authority and year are left out.
        s: settings.
        adopted: (n,) which rows adopted; by default the top `adopter_share` of each year's
            localities by the outcome, those without a neighbour among them.
    """
    keep = shared(panel)
    left_out = left_out_of(panel, keep)
    comparison = compared(panel, s.min_authorities)
    if isinstance(comparison, str):
        return WithinResult(comparison, left_out)
    if adopted is None:
        adopted = adopters(panel.outcome, panel.year, s.adopter_share)
    adopted = adopted[keep]
    panel, w = comparison
    split = variance_split(panel, s)
    localities = units_of(w, w.composite[:, None], w.locality)
    order = orders(localities.group, s.n_permutations, np.random.default_rng(s.seed))
    tracks = {
        "composite": track_column(w, localities, order),
        "indicators": track_indicators(w, order, s),
    }
    strength = power(w, order, split, s)
    setting = Setting(tuple(panel.leadership), len(np.unique(panel.year)), left_out, split)
    sets = discordant_sets(panel, w, adopted, s.confidence)
    return WithinResult(
        stopped=None,
        left_out=left_out,
        variance_split=(split,),
        within_effect=(
            *(effect_row(w, name, track, s) for name, track in tracks.items()),
            joint_row(w, s),
            *source_rows(w, s),
            *within_between(panel),
            *adoption_effects(sets, w, adopted, s),
        ),
        discordant_sets=sets,
        power=strength,
        verdict=verdict_rows(tracks, setting, strength, s),
    )


def left_out_of(panel: LocalityPanel, keep: Ints) -> LeftOut:
    """What the rows in `keep` leave out."""
    cells = len(np.unique(codes_of(panel.authority, panel.year)))
    kept = len(np.unique(codes_of(panel.authority[keep], panel.year[keep])))
    authorities = len(np.unique(panel.authority)) - len(np.unique(panel.authority[keep]))
    return LeftOut(len(panel.year) - len(keep), cells - kept, authorities)


def _clustered(w: Within, columns: Array) -> FTest:
    return robust_f(w.outcome, w.controls, demean(columns, w.cell), w.authority)


def _wild(w: Within, columns: Array, s: WithinSettings) -> Wild | None:
    """Authorities' signs; left out with the other bootstraps."""
    if not s.n_bootstrap:
        return None
    net = demean(columns, w.cell)
    return wild_test(w.outcome, w.controls, net, w.authority, n=s.n_bootstrap, seed=s.seed)


def effect_row(w: Within, composition: str, track: Tracking, s: WithinSettings) -> WithinEffect:
    """One composition's slope, by clusters (CR2, Satterthwaite), wild bootstrap and permutation.

    The standard error of an index takes its weights as given.
    """
    f = _clustered(w, track.column[:, None])
    wild = _wild(w, track.column[:, None], s)
    return WithinEffect(
        composition=composition,
        model=FIXED_EFFECTS,
        term="H" if composition == "composite" else "H, weights learned on other authorities",
        estimate=track.slope,
        se=number(abs(track.slope) / np.sqrt(f.statistic)),
        df=number(f.df2),
        p=number(f.p),
        partial_r2_within=track.partial_r2,
        partial_r2_upper=track.upper(s.confidence),
        perm_unit="locality trajectory",
        n_perm=track.n_perm,
        p_perm=track.p_perm,
        p_by_trust=None if track.shared is None else float(track.shared.p_one_sided(False)[0]),
        p_wild=wild.p if wild else None,
        n_wild=wild.n if wild else None,
    )


def joint_row(w: Within, s: WithinSettings) -> WithinEffect:
    """All indicators at once by least squares: partial R2 in sample, CR2 and HTZ test."""
    f = _clustered(w, w.indicators)
    wild = _wild(w, w.indicators, s)
    return WithinEffect(
        composition="indicators",
        model=f"{FIXED_EFFECTS}, all indicators at once",
        term=f"{w.indicators.shape[1]} indicators",
        estimate=None,
        df=number(f.df2),
        p=number(f.p),
        partial_r2_within=joint_partial_r2(w, w.indicators),
        p_wild=wild.p if wild else None,
        n_wild=wild.n if wild else None,
    )


def source_rows(w: Within, s: WithinSettings) -> list[WithinEffect]:
    """The composite averaged over localities with one dominant trust, and trusts permuted.

    Localities that draw on one trust carry nearly the same leadership: as separate trajectories
    they make a permutation look richer than it is. Empty without a second trust in any authority.
    """
    if w.source is None:
        return []
    sources = units_of(w, w.composite[:, None], w.source)
    column = sources.values[sources.table[w.source, w.year]]
    if not varies(demean(column, w.cell))[0]:
        return []
    order = orders(sources.group, s.n_permutations, np.random.default_rng(s.seed))
    track = track_column(w, sources, order)
    f = _clustered(w, column)
    return [
        WithinEffect(
            composition="composite",
            model=f"{FIXED_EFFECTS}, averaged by dominant trust",
            term="H",
            estimate=track.slope,
            se=number(abs(track.slope) / np.sqrt(f.statistic)),
            df=number(f.df2),
            p=number(f.p),
            partial_r2_within=track.partial_r2,
            partial_r2_upper=float(upper_partial_r2(track.jackknife, s.confidence)[0]),
            perm_unit="dominant trust's trajectory",
            n_perm=track.n_perm,
            p_perm=track.p_perm,
        )
    ]


def evidence_of(track: Tracking, split: VarianceSplit, s: WithinSettings) -> WithinEvidence:
    """What the rule reads of one composition."""
    return WithinEvidence(
        **share_found(split, 1),
        slope=np.array([track.slope]),
        p=np.array([track.p]),
        partial_r2=np.array([track.partial_r2]),
        upper=np.array([track.upper(s.confidence)]),
    )


def verdict_rows(
    tracks: dict[str, Tracking],
    setting: Setting,
    strength: tuple[Power, ...],
    s: WithinSettings,
) -> tuple[Verdict, ...]:
    """The rule for each composition, then the two together."""
    rows: list[Verdict] = []
    answers = []
    reach = ""
    for name, track in tracks.items():
        found = evidence_of(track, setting.split, s)
        checked = rules(found, s)
        reach = reach_sentence(strength, checked, s)
        text = sentence(
            found,
            checked,
            setting,
            s,
            reversed_=track.slope < 0 and track.direction < 0,
            reach=reach,
        )
        rows += composition_rows(name, checked, text)
        answers.append(Answer(str(decide(checked)[0]), track.direction, track.slope, text))
    return (*rows, *combined_rows(answers[0], answers[1], setting, s, reach))


@dataclass(frozen=True)
class Slope:
    """One specification's slope within, for the multiverse: jackknife-t over authorities.

    `drop` (G,) is the slope without each authority that has something to compare, in their order.
    """

    beta: float
    se: float
    p_one_sided: float
    drop: Array = field(default_factory=lambda: np.empty(0), compare=False, repr=False)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Two-sided interval, jackknife-t."""
        reach = float(special.stdtrit(len(self.drop) - 1, (1.0 + confidence) / 2.0)) * self.se
        return self.beta - reach, self.beta + reach


def slope(panel: LocalityPanel, composition: str) -> Slope | None:
    """The slope within of one specification; see `slopes`."""
    return slopes(panel, (composition,))[composition]


def slopes(panel: LocalityPanel, compositions: Sequence[str]) -> dict[str, Slope | None]:
    """The slope within under several compositions, light enough for thousands of specifications.

    None where nothing can be compared within, and for indicators that are kept apart, which have no
    one slope.

    Args:
        panel: the panel.
        compositions: some of the between-authorities ones, each over all blocks together.
    """
    found: dict[str, Slope | None] = dict.fromkeys(compositions)
    comparison = compared(panel, min_authorities=2)
    if isinstance(comparison, str):
        return found
    panel, w = comparison
    together = {"leadership": panel.indicators()}
    names = [name for name in compositions if name != "indicators"]
    columns = [COMPOSITIONS[name](together)["leadership"] for name in names]
    x = design_of(w, np.hstack([np.empty((len(w.cell), 0)), *columns]))
    groups = moments(x, w.outcome[:, None], w.authority, int(w.authority.max()) + 1)
    controls = np.arange(1, 1 + w.controls.shape[1])
    whole, dropped = (
        net_of_controls(sets, controls) for sets in (groups.total(), groups.without_each())
    )
    for at, name in enumerate(names, start=len(controls) + 1):
        if not varies(x[:, [at]])[0] or (dropped.xx[:, at, at] <= 0).any():
            continue
        drop = dropped.xy[:, at, 0] / dropped.xx[:, at, at]
        jack = jackknife(whole.xy[0, at, :] / whole.xx[0, at, at], drop[:, None])
        found[name] = Slope(
            float(jack.estimate[0]), float(jack.se[0]), float(jack.p_one_sided()[0]), drop
        )
    return found
