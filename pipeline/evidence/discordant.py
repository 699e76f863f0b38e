"""Discordant sets: one authority, one year, and only some of its localities adopted.

The sharpest form of the claim's cases: plan and budget are shared, so whatever tells adopters from
their neighbours is something else.
"""

import numpy as np
from scipy import special

from pipeline.evidence.conditional import conditional_logit, discordant
from pipeline.evidence.locality import LocalityPanel, Within, codes_of
from pipeline.evidence.panel import Flags
from pipeline.evidence.settings import WithinSettings
from pipeline.evidence.trajectories import sign_flip
from pipeline.evidence.within_rows import DiscordantSet, WithinEffect


def discordant_sets(
    panel: LocalityPanel, w: Within, adopted: Flags, confidence: float
) -> tuple[DiscordantSet, ...]:
    """One row a discordant set.

    Args:
        panel: the shared rows, in the order of `w`.
        w: its within comparison.
        adopted: (n,) which rows adopted.
        confidence: level of the intervals.
    """
    inside = discordant(adopted, w.cell)
    if not inside.any():
        return ()
    h, cell, who = w.composite[inside], codes_of(w.cell[inside]), adopted[inside]
    authority, year = panel.authority[inside], panel.year[inside]
    locality = panel.locality[inside]
    side = codes_of(cell, who.astype(np.int64))
    rows = np.bincount(side)
    means = np.bincount(side, h) / rows
    # Localities about the mean of their own side: two means fewer than rows in each set.
    free = len(h) - len(rows)
    spread = float(((h - means[side]) ** 2).sum() / free) if free > 0 else np.nan
    reach = float(special.stdtrit(free, (1.0 + confidence) / 2.0)) if free > 0 else np.nan
    out = []
    for one in range(int(cell.max()) + 1):
        others, chosen = 2 * one, 2 * one + 1
        here = cell == one
        diff = float(means[chosen] - means[others])
        se = float(np.sqrt(spread * (1.0 / rows[chosen] + 1.0 / rows[others])))
        known = free > 0
        out.append(
            DiscordantSet(
                authority=int(authority[here][0]),
                year=int(year[here][0]),
                n_localities=int(here.sum()),
                n_adopters=int(rows[chosen]),
                h_adopters=float(means[chosen]),
                h_others=float(means[others]),
                diff=diff,
                se=se if known else None,
                ci_low=diff - reach * se if known else None,
                ci_high=diff + reach * se if known else None,
                p=2.0 * float(special.stdtr(free, -abs(diff) / se)) if known and se > 0 else None,
                adopters=tuple(int(code) for code in locality[here & who]),
            )
        )
    return tuple(out)


def adoption_effects(
    sets: tuple[DiscordantSet, ...], w: Within, adopted: Flags, s: WithinSettings
) -> list[WithinEffect]:
    """All sets together: conditional logit, and the adopters' lead under flips of sign.

    The sets of one authority over the years are one observation: their mean difference is taken,
    and gets one sign. The logit treats sets as independent, so its p is too small where adoption
    lasts.
    """
    rows = []
    logit = conditional_logit(adopted, np.column_stack([w.composite, w.controls]), w.cell)
    if logit is not None:
        beta, se = float(logit.beta[0]), float(logit.se[0])
        p = 2.0 * float(special.ndtr(-abs(beta / se)))
        rows.append(
            WithinEffect(
                "composite", "conditional logit, authority x year strata", "H", beta, se, p=p
            )
        )
    if sets:
        authorities = codes_of(np.array([one.authority for one in sets]))
        size = np.bincount(authorities)
        means = np.bincount(authorities, np.array([one.diff for one in sets])) / size
        flipped = sign_flip(means, s.n_permutations, np.random.default_rng(s.seed))
        many = len(means) > 1
        rows.append(
            WithinEffect(
                "composite",
                "discordant sets",
                "adopters less others, mean over authorities",
                float(means.mean()),
                float(means.std(ddof=1) / np.sqrt(len(means))) if many else None,
                float(len(means) - 1) if many else None,
                perm_unit="authority's sign",
                n_perm=flipped.n,
                p_perm=flipped.p_one_sided,
            )
        )
    return rows
