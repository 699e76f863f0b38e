"""From the locality tables to the arrays of a panel: which rows and indicators, and why."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.edition import Edition
from pipeline.evidence.locality import LocalityPanel, codes_of
from pipeline.evidence.panel import Array, Flags, Ints, Panel
from pipeline.study import framework as declared
from pipeline.study.framework import Framework, Indicator

MEASURING = ("leadership", "partnership", "plans", "budgets")
SHARED = (*MEASURING, "placebo")
"""Blocks whose council-level measures belong to the authority, not to the localities inside it."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Choices:
    """The choices of a specification that the registered one makes in one way of several.

    Attributes:
        outcome: another outcome (a placebo) instead of the declared one.
        lag: years from predictors to outcome; negative looks back (reversed lag).
        min_coverage, min_measured: as in the framework.
        without: indicators left out.
        controls, control_classes: what is held constant.
        lagged_outcome: whether the outcome of the predictors' own year is held constant too.
        years: predictors' years kept, first and last.
        without_classes: council classes left out.
        cap: z-score beyond which a predictor or control is drawn in; 0 leaves all as they are.
        trim: z-score of the outcome beyond which a row is left out; 0 keeps all.
        complete: whether only rows with every indicator are kept; else gaps stay as NaN.
    """

    outcome: str
    lag: int
    min_coverage: float
    min_measured: float
    controls: tuple[str, ...]
    control_classes: tuple[str, ...]
    years: tuple[int, int]
    without: frozenset[str] = frozenset()
    lagged_outcome: bool = False
    without_classes: frozenset[str] = frozenset()
    cap: float = 0.0
    trim: float = 0.0
    complete: bool = True


def registered(spec: declared.Panel, all_of: Framework) -> Choices:
    """The registered choices of a panel."""
    return Choices(
        outcome=spec.outcome,
        lag=spec.lag,
        min_coverage=all_of.test.min_coverage,
        min_measured=all_of.test.min_measured,
        controls=tuple(spec.controls),
        control_classes=tuple(spec.control_classes),
        years=spec.years,
    )


@dataclass(frozen=True)
class Candidates:
    """The rows of a grain that any choice may reach, with every indicator, before any choice.

    Attributes:
        spec: the panel's declaration.
        rows: locality, authority, year, dominant_trust, council_class and region; sorted.
        value: indicator -> (n,) value, higher = better, NaN where there is none.
        coverage: indicator -> (n,) share observed; carried indicators only.
    """

    spec: declared.Panel
    rows: pl.DataFrame
    value: Mapping[str, Array]
    coverage: Mapping[str, Array]

    @cached_property
    def year(self) -> Ints:
        """(n,) year of the predictors."""
        return self.rows["year"].to_numpy().astype(np.int64)

    @cached_property
    def place(self) -> Ints:
        """(n,) code of the locality."""
        return codes(self.rows["locality"])

    @cached_property
    def authority(self) -> Ints:
        """(n,) code of the authority."""
        return codes(self.rows["authority"])

    @cached_property
    def dominant_trust(self) -> Ints | None:
        """(n,) codes of the trust with the largest weight; None where places are trusts."""
        if self.rows["dominant_trust"].null_count() == self.rows.height:
            return None
        return codes(self.rows["dominant_trust"].fill_null("none"))

    @cached_property
    def classes(self) -> Mapping[str, tuple[list[str], Ints]]:
        """What controls by class are made of: levels, sorted, and (n,) which one a row has."""
        columns = {
            "council_class": self.rows["council_class"].fill_null("none").to_numpy(),
            "region": self.rows["region"].fill_null("none").to_numpy(),
            "year": self.year,
        }
        found = {}
        for name, values in columns.items():
            levels, at = np.unique(values.astype(np.str_), return_inverse=True)
            found[name] = levels.tolist(), at.astype(np.int64)
        return found

    @cached_property
    def _flags(self) -> dict[tuple[str, float], Flags]:
        return {}

    def known(self, name: str, min_coverage: float) -> Flags:
        """(n,) whether a row has the indicator, and enough of it was observed."""
        key = name, min_coverage
        if key not in self._flags:
            if name not in self.value:
                return np.zeros(self.rows.height, dtype=np.bool_)
            known: Flags = np.isfinite(self.value[name])
            if name in self.coverage:
                known = known & (self.coverage[name] >= min_coverage)
            self._flags[key] = known
        return self._flags[key]

    def shares(self, names: tuple[str, ...], min_coverage: float, keep: Flags) -> list[float]:
        """The share of the kept rows that has each indicator; 0 where no row is kept."""
        key = names, min_coverage
        if key not in self._tables:
            columns = [self.known(name, min_coverage) for name in names]
            # Counts of rows are exact in single precision, and products of matrices are quick.
            self._tables[key] = np.array(columns, dtype=np.float32)
        counts = self._tables[key] @ keep.astype(np.float32)
        shares: list[float] = (counts.astype(np.float64) / max(1.0, keep.sum())).tolist()
        return shares

    @cached_property
    def _tables(self) -> dict[tuple[tuple[str, ...], float], NDArray[np.float32]]:
        return {}

    @cached_property
    def _lagged(self) -> dict[tuple[str, int, float], Array]:
        return {}

    def at_lag(self, name: str, lag: int, min_coverage: float) -> Array:
        """(n,) the indicator `lag` years after each row's year, at the same locality."""
        key = name, lag, min_coverage
        if key not in self._lagged:
            self._lagged[key] = self._at_lag(*key)
        return self._lagged[key]

    def _at_lag(self, name: str, lag: int, min_coverage: float) -> Array:
        if not len(self.year):
            return np.empty(0)
        year = self.year - self.year.min()
        last = int(year.max())
        table = np.full((int(self.place.max()) + 1, last + 1), np.nan)
        known = self.known(name, min_coverage)
        if known.any():
            table[self.place[known], year[known]] = self.value[name][known]
        then = year + lag
        inside = (then >= 0) & (then <= last)
        found = table[self.place, np.clip(then, 0, last)]
        return np.asarray(np.where(inside, found, np.nan), dtype=np.float64)


def candidates(spec: declared.Panel, all_of: Framework, edition: Edition) -> Candidates:
    """Read the rows of a panel's grain; measures of the authority come from the authority."""
    # The check by earlier respondents looks a year further, specifications as far as is declared.
    reach = spec.lag + max(1, *all_of.test.multiverse.lags)
    first, last = spec.years

    def rows(table: str) -> pl.DataFrame:
        within = pl.col("year").is_between(first - reach, last + reach)
        return edition.scan("locality", table).filter(within).collect()

    councils = rows("authority_year")
    if spec.grain == "authority_year":
        frame = councils.with_columns(authority="areacd", locality="areacd")
    elif spec.grain == "district_year":
        own = rows("district_year").with_columns(
            authority=pl.col(spec.authority), locality=pl.col("areacd")
        )
        frame = _of_authority(own, councils, all_of)
    else:
        own = _trusts(edition, spec, rows("trust_year"), councils, all_of)
        frame = _of_authority(own, councils, all_of)
    frame = frame.sort("locality", "year")
    return from_frame(spec, all_of, frame)


def from_frame(spec: declared.Panel, all_of: Framework, frame: pl.DataFrame) -> Candidates:
    """The arrays of a wide table with locality, authority, year and a column an indicator."""
    for missing in ("dominant_trust", "council_class", "region", "areanm"):
        if missing not in frame.columns:
            frame = frame.with_columns(pl.lit(None, pl.String).alias(missing))
    present = [one for one in all_of.indicators.values() if one.name in frame.columns]
    carried = [f"{one.name}__coverage" for one in present]
    carried = [name for name in carried if name in frame.columns]
    numbers = frame.select(
        pl.col([one.name for one in present]).cast(pl.Float64).fill_null(np.nan),
        pl.col(carried).fill_null(0.0),
    )
    return Candidates(
        spec=spec,
        rows=frame.select(
            "locality", "authority", "year", "areanm", "dominant_trust", "council_class", "region"
        ),
        value={
            one.name: numbers[one.name].to_numpy()
            * (one.polarity if one.block in (*MEASURING, "outcome") else 1)
            for one in present
        },
        coverage={name.removesuffix("__coverage"): numbers[name].to_numpy() for name in carried},
    )


def _of_authority(own: pl.DataFrame, councils: pl.DataFrame, all_of: Framework) -> pl.DataFrame:
    """The rows with the authority's own value of everything that is measured of councils."""
    shared = [
        one.name
        for one in all_of.of_block(*SHARED)
        if one.level == "council" and one.name in councils.columns
    ]
    return own.drop([name for name in shared if name in own.columns]).join(
        councils.select(pl.col("areacd").alias("authority"), "year", *shared),
        on=["authority", "year"],
        how="left",
    )


def _trusts(
    edition: Edition,
    spec: declared.Panel,
    own: pl.DataFrame,
    councils: pl.DataFrame,
    all_of: Framework,
) -> pl.DataFrame:
    """Acute trusts by year, with their authority and the circumstances of the councils they serve.

    A trust's circumstances are the mean over councils by the share of its patients who live there;
    empty where a council among those has none.
    """
    held = edition.read("locality", "trust_authority")
    context = [one.name for one in all_of.of_block("context") if one.name in councils.columns]
    reach = edition.read("locality", "trust_place").select(
        "vintage", "areacd", "trust", "patient_share"
    )
    served = (
        councils.with_columns(pl.col("year").clip(2018, 2024).alias("vintage"))
        .select("areacd", "year", "vintage", *context)
        .join(
            reach.with_columns(pl.col("vintage").cast(pl.Int32)),
            on=["vintage", "areacd"],
            how="inner",
        )
    )
    around = served.group_by("trust", "year").agg(
        pl.when(pl.col(name).is_not_null().all())
        .then((pl.col(name) * pl.col("patient_share")).sum() / pl.col("patient_share").sum())
        .alias(name)
        for name in context
    )
    return (
        own.join(held, left_on="org_code", right_on="trust", how="inner")
        .with_columns(
            authority=pl.col(spec.authority),
            locality=pl.col("org_code"),
            areanm=pl.col("org_name"),
        )
        .filter(pl.col("authority").is_not_null())
        .join(around, left_on=["org_code", "year"], right_on=["trust", "year"], how="left")
    )


@dataclass(frozen=True)
class Built:
    """A panel with everything that is said of how it came to be.

    Attributes:
        pool: the rows that it was chosen from.
        choices: what was chosen.
        keep: (of the pool's rows) those chosen, n of them.
        outcome: (n,).
        judged: every indicator with the share of rows that have it and why it is not used, empty
            for those that are.
        thinned: step and rows left after it.
    """

    pool: Candidates
    choices: Choices
    keep: Flags
    outcome: Array
    judged: Sequence[tuple[Indicator, float, str]]
    thinned: Sequence[tuple[str, int]]

    @property
    def spec(self) -> declared.Panel:
        """The declaration."""
        return self.pool.spec

    @property
    def size(self) -> int:
        """Rows."""
        return len(self.outcome)

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Who the rows are."""
        return self.pool.rows.filter(pl.Series(self.keep))

    @cached_property
    def neighboured(self) -> Flags:
        """(of the pool's rows) those whose authority has another one in that year."""
        cell = codes_of(self.pool.authority, self.pool.year)
        return self.keep & (np.bincount(cell, self.keep)[cell] > 1)

    @cached_property
    def with_neighbours(self) -> pl.DataFrame:
        """Who those are: the rows compared within."""
        return self.pool.rows.filter(pl.Series(self.neighboured))

    @cached_property
    def used(self) -> Mapping[str, Sequence[Indicator]]:
        """Indicators used, by block."""
        used: dict[str, list[Indicator]] = {}
        for one, _, why_not in self.judged:
            if not why_not:
                used.setdefault(one.block, []).append(one)
        return used

    @cached_property
    def controls(self) -> Mapping[str, Array]:
        """Control -> (n,); dummies are named class=level."""
        pool, choices = self.pool, self.choices
        columns = {name: pool.value[name] for name in choices.controls if name in pool.value}
        if choices.lagged_outcome:
            same = pool.at_lag(choices.outcome, 0, choices.min_coverage)
            columns["outcome of the same year"] = same
        held = {name: _capped(column[self.keep], choices.cap) for name, column in columns.items()}
        for name in choices.control_classes:
            levels, at = pool.classes[name]
            own = at[self.keep]
            # All levels that are there but the first.
            for level in np.flatnonzero(np.bincount(own, minlength=len(levels)))[1:].tolist():
                held[f"{name}={levels[level]}"] = (own == level).astype(np.float64)
        return held

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Block -> (n, k), NaN only where the choices keep gaps."""
        pool, least, keep = self.pool, self.choices.min_coverage, self.keep

        def column(name: str) -> Array:
            values: Array = pool.value[name][keep]
            if not self.choices.complete:
                values = np.where(pool.known(name, least)[keep], values, np.nan)
            return _capped(values, self.choices.cap)

        return {
            block: np.column_stack([column(one.name) for one in indicators])
            for block, indicators in self.used.items()
        }

    @property
    def coverage(self) -> list[Row]:
        """One row an indicator: measured share, used or not, and why not."""
        return [
            {
                "spec_id": self.spec.name,
                "block": one.block,
                "words": one.words,
                "indicator": one.name,
                "title": one.title,
                "source": one.source,
                "measured_share": share,
                "used": not why_not,
                "why_not": why_not or None,
            }
            for one, share, why_not in self.judged
        ]

    @cached_property
    def panel(self) -> Panel | None:
        """The arrays, None when there is nothing to estimate on."""
        if not self.size or not self.used:
            return None
        return self.filled(self.outcome, self.control_matrix, self.values)

    def filled(self, outcome: Array, controls: Array, blocks: Mapping[str, Array]) -> Panel:
        """The same rows with other values: (n,), (n, c) and (n, k) a block, without gaps."""
        return Panel(
            outcome=outcome,
            controls=controls,
            blocks=blocks,
            authority=codes_of(self.pool.authority[self.keep]),
            dominant_trust=self.dominant_trust,
            year=self.pool.year[self.keep],
        )

    @property
    def control_matrix(self) -> Array:
        """(n, c)."""
        columns = list(self.controls.values())
        return np.column_stack(columns) if columns else np.empty((self.size, 0))

    @property
    def dominant_trust(self) -> Ints | None:
        """(n,) codes of the trust with the largest weight; None where places are trusts."""
        trust = self.pool.dominant_trust
        return None if trust is None else codes_of(trust[self.keep])


def differing(built: Built) -> str | None:
    """Why what is measured of authorities cannot be compared, or None: localities must share it."""
    if not built.spec.within or not built.size:
        return None
    cell = codes_of(built.pool.authority[built.keep], built.pool.year[built.keep])
    for block, indicators in built.used.items():
        for one, x in zip(indicators, built.values[block].T, strict=True):
            if one.level == "council" and _varies_within(x, cell):
                return (
                    f"{one.name} is measured of the authority and differs between its localities "
                    "in one year"
                )
    return None


def locality_panel(
    built: Built, all_of: Framework, filled: Panel | None = None
) -> LocalityPanel | None:
    """The localities inside their authorities, with what leadership varies there; None without it.

    Plans, budgets and whatever else is measured of the authority are the same for its localities.

    Args:
        built: the rows.
        all_of: the framework.
        filled: the same rows with their gaps filled, where there are gaps.
    """
    if not built.size:
        return None
    pool, keep = built.pool, built.keep
    values = built.values if filled is None else filled.blocks
    inside = differing_inside(built, all_of, filled)
    leadership = {block: values[block][:, here] for block, here in inside.items()}
    if not leadership:
        return None
    return LocalityPanel(
        outcome=built.outcome if filled is None else filled.outcome,
        leadership=leadership,
        controls=built.control_matrix if filled is None else filled.controls,
        authority=codes_of(pool.authority[keep]),
        locality=codes_of(pool.place[keep]),
        year=pool.year[keep],
        source=built.dominant_trust,
    )


def differing_inside(
    built: Built, all_of: Framework, filled: Panel | None = None
) -> dict[str, list[int]]:
    """Block of leadership's side -> which of its indicators differ between one authority's rows."""
    values = built.values if filled is None else filled.blocks
    cell = codes_of(built.pool.authority[built.keep], built.pool.year[built.keep])
    found = {
        block: [j for j, x in enumerate(values[block].T) if _varies_within(x, cell)]
        for block in all_of.test.between.h_blocks
        if block in values
    }
    return {block: here for block, here in found.items() if here}


def _varies_within(x: Array, cell: Ints) -> bool:
    low = np.full(cell.max() + 1, np.inf)
    high = -low
    np.minimum.at(low, cell, x)
    np.maximum.at(high, cell, x)
    return bool((high > low).any())


def codes(values: pl.Series) -> Ints:
    """0..k-1 in sorted order."""
    return np.unique(values.to_numpy(), return_inverse=True)[1].astype(np.int64)


Judged = tuple[tuple[Indicator, float, str], ...]


def select(
    pool: Candidates,
    all_of: Framework,
    choices: Choices,
    known: dict[Hashable, tuple[Judged, Flags]] | None = None,
) -> Built:
    """Choose rows and indicators.

    Predictors and controls of year t meet the outcome of year t + lag. An indicator is used when it
    is measured on enough of the rows and is of another family of instruments than the outcome; then
    only rows with all used indicators are kept (unless gaps are to stay).

    Args:
        pool: the candidates.
        all_of: the framework.
        choices: what is chosen.
        known: what was judged before of this pool, and is added to: most of thousands of choices
            come to the same rows.
    """
    outcome = all_of.indicators[choices.outcome]
    keep: Flags = (pool.year >= choices.years[0]) & (pool.year <= choices.years[1])
    if choices.without_classes:
        levels, at = pool.classes["council_class"]
        keep &= ~np.isin(levels, list(choices.without_classes))[at]
    thinned = [("places in the years of the predictors", int(np.count_nonzero(keep)))]
    target = pool.at_lag(outcome.name, choices.lag, choices.min_coverage)
    keep &= np.isfinite(target)
    when = f"{abs(choices.lag)} year{'s' * (abs(choices.lag) != 1)}"
    if choices.trim and keep.any():
        spread = float(target[keep].std())
        keep &= np.abs(target - target[keep].mean()) <= choices.trim * spread
    step = f"with the outcome {when} {'later' if choices.lag > 0 else 'earlier'}"
    thinned.append((step, int(np.count_nonzero(keep))))
    for name in choices.controls:
        keep &= pool.known(name, choices.min_coverage)
    if choices.lagged_outcome:
        keep &= np.isfinite(pool.at_lag(outcome.name, 0, choices.min_coverage))
    thinned.append(("with all controls", int(np.count_nonzero(keep))))
    for name in pool.spec.require:
        keep &= pool.known(name, choices.min_coverage)
        thinned.append((f"with {name}", int(np.count_nonzero(keep))))
    same = (keep.tobytes(), choices.outcome, choices.min_coverage, choices.min_measured)
    before = {} if known is None else known
    if (*same, choices.without) not in before:
        judged = tuple(_judged(pool, all_of, choices, keep))
        whole = keep.copy()
        for one, _, why_not in judged:
            if not why_not:
                whole &= pool.known(one.name, choices.min_coverage)
        before[*same, choices.without] = judged, whole
    judged, whole = before[*same, choices.without]
    if choices.complete:
        keep = whole
        thinned.append(("with every indicator used", int(np.count_nonzero(keep))))
    return Built(pool, choices, keep, target[keep], judged, tuple(thinned))


def _judged(
    pool: Candidates, all_of: Framework, choices: Choices, keep: Flags
) -> Iterator[tuple[Indicator, float, str]]:
    """Every indicator with the share of these rows that have it, and why it is not used."""
    families = {all_of.indicators[name].family for name in (choices.outcome, pool.spec.outcome)}
    asked = all_of.of_block(*MEASURING)
    shares = pool.shares(tuple(one.name for one in asked), choices.min_coverage, keep)
    for one, share in zip(asked, shares, strict=True):
        why_not = ""
        if one.family in families:
            why_not = "shares its instrument with the outcome"
        elif share < choices.min_measured:
            why_not = f"measured on {share:.0%} of the rows, fewer than {choices.min_measured:.0%}"
        elif one.name in choices.without:
            why_not = "left out in this specification"
        yield one, share, why_not


def _capped(column: Array, cap: float) -> Array:
    """The column with values beyond `cap` standard deviations of its mean drawn in to there."""
    seen = column[np.isfinite(column)] if cap else column
    if not cap or not seen.size:
        return column
    centre, spread = seen.mean(), seen.std()
    return np.asarray(np.clip(column, centre - cap * spread, centre + cap * spread))


def without_sources(choices: Choices, all_of: Framework, *sources: str) -> Choices:
    """The choices without every indicator of these sources."""
    gone = {one.name for one in all_of.of_block(*MEASURING) if one.source in sources}
    return replace(choices, without=choices.without | gone)


def first_side(choices: Choices, all_of: Framework) -> Choices:
    """The choices with what leadership and partnership differ in among one authority's localities.

    Plans and budgets, and whatever is measured of the authority as a whole, are the same for all
    of them.
    """
    s = all_of.test.between
    gone = {one.name for one in all_of.of_block(*s.b_blocks)}
    gone |= {one.name for one in all_of.of_block(*s.h_blocks) if one.level == "council"}
    return replace(choices, without=choices.without | gone)
