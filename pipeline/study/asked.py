"""A panel before anything is estimated: its rows, and what can be asked of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from pipeline.edition import Edition
from pipeline.evidence.between import gate as between_gate
from pipeline.evidence.locality import LocalityPanel
from pipeline.evidence.locality import gate as within_gate
from pipeline.evidence.panel import Flags, Panel
from pipeline.evidence.race import ridge_penalty
from pipeline.study import framework as declared
from pipeline.study.framework import Framework
from pipeline.study.panels import (
    Built,
    Candidates,
    Row,
    differing,
    first_side,
    locality_panel,
    registered,
    select,
)

Tables = Mapping[str, Sequence[Row]]
"""Table -> its rows."""


def long_table(edition: Edition, spec: declared.Panel) -> pl.DataFrame:
    """The measured indicators at the panel's own localities and years, one row each."""
    within = pl.col("year").is_between(*spec.years)
    if spec.grain == "trust_year":
        own = edition.scan("locality", "indicator_trust").filter(within).collect()
        return own.rename({"org_code": "locality"}).with_columns(
            coverage=pl.lit(None, pl.Float64), n_effective=pl.lit(None, pl.Float64)
        )
    own = edition.scan("locality", "indicator_place").filter(within).collect()
    return own.rename({"areacd": "locality"})


@dataclass(frozen=True)
class Asked:
    """One panel before anything is estimated.

    Attributes:
        pool: its candidates.
        all_of: the framework.
    """

    pool: Candidates
    all_of: Framework

    @cached_property
    def built(self) -> Built:
        """The registered rows and indicators."""
        return select(self.pool, self.all_of, registered(self.pool.spec, self.all_of))

    @cached_property
    def inner(self) -> Built:
        """Those of the comparison within authorities."""
        choices = first_side(registered(self.pool.spec, self.all_of), self.all_of)
        return select(self.pool, self.all_of, choices)

    @cached_property
    def inside(self) -> LocalityPanel | None:
        """The localities inside their authorities; None where there is nothing to compare."""
        return locality_panel(self.inner, self.all_of) if self.pool.spec.within else None

    @cached_property
    def enters_between(self) -> Flags:
        """(of the candidates) the rows of the comparison between authorities."""
        return self.built.keep & (self.built.panel is not None)

    @cached_property
    def enters_within(self) -> Flags:
        """(of the candidates) the rows of the comparison within authorities."""
        return self.inner.neighboured & self.ranked_within

    @cached_property
    def ranked_within(self) -> Flags:
        """(of the candidates) those, and the ones that lack but a neighbour: see `adoption`."""
        return self.inner.keep & (self.inside is not None)

    @property
    def stopped(self) -> str | None:
        """Why nothing is compared between authorities, or None."""
        if self.built.panel is None:
            return "no row has an outcome, its controls and an indicator"
        if differs := differing(self.built):
            return differs
        return between_gate(self.built.panel, self.all_of.test.between)

    @property
    def stopped_within(self) -> str | None:
        """Why nothing is compared within authorities, or None; also None where none is asked."""
        if not self.pool.spec.within:
            return None
        if self.inside is None:
            return "no measure of leadership differs between localities of one authority"
        if differs := differing(self.built):
            return f"plan and budget are not shared: {differs}"
        return within_gate(self.inside, self.all_of.test.within.min_authorities)

    @property
    def estimated(self) -> Panel | None:
        """The panel where authorities are compared, else None."""
        return None if self.stopped else self.built.panel

    @property
    def compared_within(self) -> LocalityPanel | None:
        """The localities where they are compared within authorities, else None."""
        return None if self.stopped_within else self.inside

    def penalty(self) -> float | None:
        """The ridge penalty that all rows choose; None where authorities are not compared."""
        panel = self.estimated
        return None if panel is None else ridge_penalty(panel, self.all_of.test.between)


def used_of(asked: Asked, long: pl.DataFrame) -> pl.DataFrame:
    """The rows of the indicators that the panel uses."""
    used = [one.name for block in asked.built.used.values() for one in block]
    return long.filter(pl.col("indicator").is_in(used))
