"""Rows of the within-authorities result tables, one dataclass a table.

`composition` is "composite" (one z-mean of all indicators of the claim's first side) or
"indicators" (a ridge index of them, its weights learned on other authorities). Shares of variance
are fractions. None means that the panel cannot give the number. Authorities and localities are the
panel's codes. Rows for power and verdict are those of the between-authorities half.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class LeftOut:
    """Rows that have no other locality of their authority in their year, and were not used.

    `authorities` counts those of which no row is left.
    """

    rows: int
    authority_years: int
    authorities: int


@dataclass(frozen=True)
class VarianceSplit:
    """Variance between authorities, between localities within them, and what does not last.

    In squared units of the outcome, net of the years. w_star is the locality's share of what lasts,
    s2_locality / (s2_authority + s2_locality). ci_* is the interval that the rule reads,
    boot_* the percentile bootstrap over authorities, where one was drawn.
    """

    sigma2_authority: float
    sigma2_locality: float | None
    sigma2_resid: float | None
    icc_authority: float
    w_star: float | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    boot_low: float | None = None
    boot_high: float | None = None


@dataclass(frozen=True)
class WithinEffect:
    """One term of one model of the outcome within authorities.

    The outcome is in its standard deviations over the panel; so is the composite, an index is in
    its standard deviations within authority and year, a log-odds coefficient is for one standard
    deviation of the composite. p is two-sided; p_perm is one-sided in the direction of the claim,
    and so is p_by_trust, clustered by dominant trust; the rule reads the larger of the two.
    partial_r2_upper is the one-sided upper bound in that direction. p_wild is two-sided like p, by
    the wild cluster bootstrap with the null imposed, from n_wild sets of signs.
    """

    composition: str
    model: str
    term: str
    estimate: float | None
    se: float | None = None
    df: float | None = None
    p: float | None = None
    partial_r2_within: float | None = None
    partial_r2_upper: float | None = None
    perm_unit: str | None = None
    n_perm: int | None = None
    p_perm: float | None = None
    p_by_trust: float | None = None
    p_wild: float | None = None
    n_wild: int | None = None


@dataclass(frozen=True)
class DiscordantSet:
    """One authority and year in which some localities adopted and others did not.

    h_* are means of the composite, in its standard deviations. se and the interval say how far two
    groups of this size lie apart by the spread of localities in all such sets together.
    `adopters` holds the codes of the localities that adopted; p is two-sided, of that spread.
    """

    authority: int
    year: int
    n_localities: int
    n_adopters: int
    h_adopters: float
    h_others: float
    diff: float
    se: float | None
    ci_low: float | None
    ci_high: float | None
    adopters: tuple[int, ...]
    p: float | None = None
