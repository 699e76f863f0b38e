"""The framework file read into plain, checked objects."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pipeline.evidence.settings import BetweenSettings, WithinSettings

FRAMEWORK = Path(__file__).parent.with_name("framework.toml")
REGISTERED = Path(__file__).parent.with_name("registered.toml")
T = TypeVar("T")


class FrameworkError(ValueError):
    """An entry of the framework file is incomplete or contradicts another."""


@dataclass(frozen=True)
class Block:
    """A group of indicators that stands for one part of the claim."""

    name: str
    title: str
    about: str


@dataclass(frozen=True)
class Indicator:
    """One measure of the words of the claim.

    Attributes:
        instrument: the survey, inspection or return it is part of.
        family: instruments that are one survey or inspection in different files; indicators of one
            family never explain each other.
        source, table: where it is read: a tidy source, or another table made of it.
        where, value: SQL over that table, the latter an aggregate by place and year.
        sampling_variance, respondents: SQL aggregates of the same kind, where there are samples.
        parts: how many rows the aggregate must be made of; another number leaves it empty. 0 takes
            whatever was observed.
        per, scale: divided by this denominator, then multiplied.
        polarity: 1 where more is better, -1 where less is.
        static: one value for all years.
        stands: how many years a value stands for after its own, until the next one (inspections,
            plans) and up to the newest year that anything is measured in; 0 where each year has its
            own.
        carried_by: how a council without a value takes it from councils of another date on the same
            ground: by population (a rate from summed counts, else a mean), sum, or none.
    """

    name: str
    block: str
    words: str
    title: str
    instrument: str
    source: str
    level: Literal["council", "trust"]
    value: str
    family: str = ""
    where: str = "true"
    table: str = ""
    sampling_variance: str = "null"
    respondents: str = "null"
    parts: int = 1
    per: str = ""
    scale: float = 1.0
    polarity: int = 1
    unit: str = ""
    static: bool = False
    stands: int = 0
    carried_by: Literal["population", "sum", "none"] = "population"

    @property
    def complete(self) -> str:
        """SQL: whether the aggregate is made of enough rows."""
        if self.parts:
            return f"count(value) = {self.parts}"
        return "count(value) > 0 AND count(*) FILTER (status = 'q') = 0"


@dataclass(frozen=True)
class Multiverse:
    """The axes of the specification curve, and what it must agree on; see the framework file."""

    compositions: Sequence[str]
    lags: Sequence[int]
    min_coverage: Sequence[float]
    min_measured: Sequence[float]
    cap: float
    same_sign: float
    n_bootstrap: int


@dataclass(frozen=True)
class Guards:
    """Settings of the checks beside the estimate; see the framework file for their meaning."""

    min_coverage: Sequence[float]
    imputations: int
    min_imputed: float
    noise_draws: int
    alpha: float


@dataclass(frozen=True)
class Test:
    """Thresholds and settings of the test; see the framework file for their meaning."""

    min_measured: float
    min_coverage: float
    between: BetweenSettings
    within: WithinSettings
    guards: Guards
    multiverse: Multiverse


@dataclass(frozen=True)
class Panel:
    """Rows, years, outcome and controls of one analysis.

    Attributes:
        grain: the locality table.
        years: of the predictors, first and last.
        lag: years from predictors to outcome.
        authority: column of who shares one plan and one budget.
        require: only rows with these indicators.
        placebo: outcomes that the words of the claim should not move.
        exploratory: why its results are exploratory; empty where they are confirmatory.
    """

    name: str
    title: str
    grain: str
    outcome: str
    primary: bool
    years: tuple[int, int]
    lag: int
    controls: Sequence[str]
    control_classes: Sequence[str]
    exploratory: str = ""
    authority: str = "authority_areacd"
    require: Sequence[str] = ()
    placebo: Sequence[str] = ()

    @property
    def within(self) -> bool:
        """Whether several localities share an authority's plan and budget."""
        return self.grain != "authority_year"


@dataclass(frozen=True)
class Framework:
    """Everything the framework file declares."""

    claim: str
    blocks: Mapping[str, Block]
    indicators: Mapping[str, Indicator]
    test: Test
    panels: Mapping[str, Panel]
    unmeasured: Mapping[str, str]
    hash: str

    def registered(self) -> bool:
        """Whether this is the framework whose hash is in ``registered.toml``."""
        known = tomllib.loads(REGISTERED.read_text(encoding="utf-8"))
        return bool(known["framework"]["sha256"] == self.hash)

    def of_block(self, *blocks: str) -> list[Indicator]:
        """The indicators of these blocks in declared order."""
        return [one for one in self.indicators.values() if one.block in blocks]


def _made(kind: type[T], entry: str, content: Mapping[str, Any]) -> T:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(content) - known)
    if unknown:
        raise FrameworkError(f"[{entry}]: unknown keys {', '.join(unknown)}")
    try:
        return kind(**content)
    except TypeError as problem:
        raise FrameworkError(f"[{entry}]: {problem}") from problem


def _tuples(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in content.items()}


def load(path: Path = FRAMEWORK) -> Framework:
    """Read and check a framework file.

    Raises:
        FrameworkError: an entry is incomplete, has unknown keys, or names what is not declared.
    """
    text = path.read_text(encoding="utf-8")
    content = tomllib.loads(text)
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False)
    instruments = content.get("instrument", {})
    blocks = {
        name: _made(Block, f"block.{name}", {"name": name, **entry})
        for name, entry in content["block"].items()
    }
    indicators = {}
    for name, entry in content["indicator"].items():
        if entry.get("instrument") not in instruments:
            raise FrameworkError(f"[indicator.{name}]: no [instrument.{entry.get('instrument')}]")
        if entry.get("block") not in blocks:
            raise FrameworkError(f"[indicator.{name}]: no [block.{entry.get('block')}]")
        merged = {"name": name, **instruments[entry["instrument"]], **entry}
        merged.setdefault("table", f"tidy.{merged.get('source')}")
        merged.setdefault("family", entry["instrument"])
        indicators[name] = _made(Indicator, f"indicator.{name}", merged)
        if indicators[name].carried_by not in ("population", "sum", "none"):
            raise FrameworkError(f"[indicator.{name}]: carried_by is population, sum or none")
    panels = {
        name: _made(Panel, f"panel.{name}", {"name": name, **_tuples(entry)})
        for name, entry in content["panel"].items()
    }
    for panel in panels.values():
        for used in (panel.outcome, *panel.controls, *panel.require, *panel.placebo):
            if used not in indicators:
                raise FrameworkError(f"[panel.{panel.name}]: no [indicator.{used}]")
        if panel.lag < 1:
            raise FrameworkError(f"[panel.{panel.name}]: predictors must come before the outcome")
    claim = content["claim"]
    sides = {"h_blocks": claim["leadership_side"], "b_blocks": claim["plans_side"]}
    test = {**content["test"], "between": content["test"]["between"] | sides}
    kinds = {
        "between": BetweenSettings,
        "within": WithinSettings,
        "guards": Guards,
        "multiverse": Multiverse,
    }
    for part, kind in kinds.items():
        test[part] = _made(kind, f"test.{part}", _tuples(test[part]))
    return Framework(
        claim=claim["sentence"],
        blocks=blocks,
        indicators=indicators,
        test=_made(Test, "test", test),
        panels=panels,
        unmeasured=content.get("unmeasured", {}),
        hash=hashlib.sha256(canonical.encode()).hexdigest(),
    )


@cache
def framework() -> Framework:
    """The project's framework."""
    return load()
