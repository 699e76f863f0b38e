"""Synthetic panels whose true lead is known exactly.

Every column of a world is a weighted sum of independent sources of mean 0 and variance 1. A source
varies between authorities, between the years of an authority, between trusts, between localities,
between rows, or at several of these levels at once. So the covariances of the columns follow from
the weights alone, and with them the true v of every block, whatever the levels; the levels say
which rows are dependent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import numpy as np
from scipy import optimize, special

from pipeline.evidence.locality import codes_of
from pipeline.evidence.moments import Moments, design, explained, moments
from pipeline.evidence.panel import Array, Ints, Panel, composites
from pipeline.evidence.settings import BetweenSettings
from pipeline.sample.outcome import LASTING_NOISE

NEEDS = 2
CLASSES = 4
# Shifts of the classes of council: mean 0 and variance 1 where the classes are equally common.
CLASS_SHIFT = np.array([-3.0, -1.0, 1.0, 3.0]) / np.sqrt(5.0)
# A hospital serves most of the localities of its own council, and some of others.
HOME_TRUST = 0.7
FIRST_YEAR = 2012


@dataclass(frozen=True)
class Levels:
    """Shares of a source's variance that lie at each level; they add up to 1."""

    authority: float = 0.0
    authority_year: float = 0.0
    trust: float = 0.0
    locality: float = 0.0
    row: float = 0.0

    def __post_init__(self) -> None:
        if abs(sum(self.shares()) - 1.0) > 1e-9 or min(self.shares()) < 0:
            raise ValueError(f"shares of variance must add up to 1: {self}")

    def shares(self) -> tuple[float, ...]:
        """In the order of the fields."""
        return tuple(getattr(self, one.name) for one in fields(self))


LED = Levels(authority=0.3, trust=0.2, locality=0.3, row=0.2)
"""Leadership and partnership differ within a council as well."""
FUNDED = Levels(authority=0.8, authority_year=0.2)
"""Localities of one council share its plans and budgets."""
PLACE = Levels(authority=0.6, locality=0.4)
ROW = Levels(row=1.0)


@dataclass(frozen=True)
class Block:
    """One block of indicators.

    Attributes:
        effect: change of the outcome, in its own standard deviations, per standard deviation of the
            mean of the block's true indicators.
        size: number of indicators.
        coherence: share of a true indicator's variance that the block has in common.
        reliability: share of a measured indicator's variance that is true.
        levels: where the block varies.
        opposite: whether every other indicator works against its neighbours.
        on_need, on_class, on_innovation: correlation of what the block has in common with need,
            with the class of council, and with what nothing explained of the outcome a year before.
    """

    effect: float = 0.0
    size: int = 3
    coherence: float = 0.5
    reliability: float = 1.0
    levels: Levels = LED
    opposite: bool = False
    on_need: float = 0.0
    on_class: float = 0.0
    on_innovation: float = 0.0


def blocks_of(h: Block, b: Block) -> dict[str, Block]:
    """Two blocks a side, each with half of the side's effect in variance."""
    half = np.sqrt(0.5)
    first, second = replace(h, effect=h.effect * half), replace(b, effect=b.effect * half)
    return {"leadership": first, "partnership": first, "plans": second, "budgets": second}


@dataclass(frozen=True)
class World:
    """How one kind of world is made.

    Attributes:
        blocks: by name.
        need, council_class, year: their effects on the outcome in its standard deviations.
        need_reliability: share of the measured needs' variance that is true.
        class_known: whether the class of council is among the controls.
        authorities, localities, years: localities in each authority, years of predictors.
        trusts: dominant trusts among which the localities are divided.
        noise: where what nothing explains varies.
        missing: how strongly rows with a poor outcome and poor leadership go missing; 0 for none.
    """

    blocks: Mapping[str, Block]
    need: float = 0.45
    council_class: float = 0.2
    year: float = 0.2
    need_reliability: float = 1.0
    class_known: bool = True
    authorities: int = 80
    localities: int = 3
    years: int = 4
    trusts: int = 64
    noise: Levels = field(
        default=Levels(
            authority=0.6 * LASTING_NOISE, locality=0.4 * LASTING_NOISE, row=1 - LASTING_NOISE
        )
    )
    missing: float = 0.0


@dataclass(frozen=True)
class Columns:
    """Columns of a world as weights on sources; all but `outcome` (S,) are (columns, S).

    Attributes:
        levels: of each source; None for class and year, which are not drawn from a normal law.
        kind: number of the source that is the class of council.
        new: number of the source that is new in the outcome; the next one was so two years earlier.
        needs: as measured.
        known_class: one row, or none where the class is not among the controls. Its dummies, and
            those of the year, say no more of the other columns than this shift does.
        year: one row.
        indicators: block -> as measured.
        outcome: a year after the predictors.
    """

    levels: list[Levels | None]
    kind: int
    new: int
    needs: Array
    known_class: Array
    year: Array
    indicators: dict[str, Array]
    outcome: Array


def columns(world: World) -> Columns:
    """The weights of every column.

    Raises:
        ValueError: if the effects explain more than the whole outcome.
    """
    levels: list[Levels | None] = []
    size = 2 + 2 * NEEDS + 3 + sum(1 + 2 * block.size for block in world.blocks.values())

    def source(level: Levels | None) -> Array:
        levels.append(level)
        unit: Array = np.eye(size)[len(levels) - 1]
        return unit

    klass, year = source(None), source(None)
    needs = np.array([source(PLACE) for _ in range(NEEDS)])
    errors = np.array([source(PLACE) for _ in range(NEEDS)])
    need = needs.sum(axis=0) / np.sqrt(NEEDS)
    # What nothing explains: what lasts, and what is new in the year of the outcome. What was new
    # two years earlier, a year before the predictors, can reach a block.
    lasting = 1.0 - world.noise.row
    lasts, new, was_new = (source(one) for one in (_lasting(world.noise), ROW, ROW))
    innovation = np.sqrt(lasting) * lasts + np.sqrt(1.0 - lasting) * was_new
    indicators, driven = {}, np.zeros(size)
    for name, block in world.blocks.items():
        given = block.on_need * need + block.on_class * klass + block.on_innovation * innovation
        own = np.sqrt(1.0 - given @ given)
        common = given + own * source(block.levels)
        true = np.sqrt(block.coherence) * common + np.sqrt(1.0 - block.coherence) * np.array(
            [source(block.levels) for _ in range(block.size)]
        )
        signs = np.where(np.arange(block.size) % 2, -1.0, 1.0) if block.opposite else 1.0
        score = (np.ones(block.size) * signs) @ true
        driven += block.effect * score / np.linalg.norm(score)
        error = np.array([source(ROW) for _ in range(block.size)])
        indicators[name] = np.sqrt(block.reliability) * true + (
            np.sqrt(1.0 - block.reliability) * error
        )
    caused = driven + world.need * need + world.council_class * klass + world.year * year
    left = 1.0 - caused @ caused
    if left <= 0:
        raise ValueError("the effects explain more than the whole outcome")
    outcome = caused + np.sqrt(left) * (np.sqrt(lasting) * lasts + np.sqrt(1.0 - lasting) * new)
    reliability = world.need_reliability
    return Columns(
        levels=levels,
        kind=int(klass.argmax()),
        new=int(new.argmax()),
        needs=np.sqrt(reliability) * needs + np.sqrt(1.0 - reliability) * errors,
        known_class=klass[None] if world.class_known else np.empty((0, size)),
        year=year[None],
        indicators=indicators,
        outcome=outcome / np.linalg.norm(outcome),
    )


def _lasting(noise: Levels) -> Levels:
    """The part of the noise that is not new in each row."""
    scale = 1.0 / (1.0 - noise.row)
    return Levels(
        noise.authority * scale, noise.authority_year * scale, noise.trust * scale,
        noise.locality * scale,
    )  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """v of each side and delta = v_h - v_b in the population, for one composition."""

    v_h: float
    v_b: float

    @property
    def delta(self) -> float:
        """The true lead."""
        return self.v_h - self.v_b


def truth(world: World, sides: BetweenSettings, penalty: float = 0.0) -> dict[str, Truth]:
    """By composition, exactly, from the covariances; missing rows are not taken into account.

    Args:
        penalty: ridge penalty of "indicators". What ridge explains falls short of least squares in
            an endless sample too.
    """
    made = columns(world)
    means = {
        name: (x / np.linalg.norm(x, axis=1)[:, None]).sum(axis=0)[None]
        for name, x in made.indicators.items()
    }
    return {
        "composite": _truth(made, means, sides, 0.0),
        "indicators": _truth(made, made.indicators, sides, penalty),
    }


def _truth(
    made: Columns, blocks: Mapping[str, Array], sides: BetweenSettings, penalty: float
) -> Truth:
    places = _places(made, blocks)
    models = [
        np.concatenate([np.empty(0, dtype=np.int64), *(places[n] for n in side if n in places)])
        for side in ((), sides.h_blocks, sides.b_blocks)
    ]
    everyone = _population(made, blocks, np.ones(len(made.levels)))
    fit = explained(everyone, _controls(made), models, penalty)
    none, h, b = fit.r2[0, :, 0]
    return Truth(float(h - none), float(b - none))


def _controls(made: Columns) -> Ints:
    return np.arange(1, 1 + len(made.needs) + len(made.known_class) + len(made.year))


def _places(made: Columns, blocks: Mapping[str, Array]) -> dict[str, Ints]:
    """Column numbers of each block, after an intercept and the controls."""
    ends = len(_controls(made)) + 1 + np.cumsum([0, *(len(x) for x in blocks.values())])
    return dict(zip(blocks, map(np.arange, ends[:-1], ends[1:]), strict=True))


def _population(made: Columns, blocks: Mapping[str, Array], weights: Array) -> Moments:
    """The population as if it were one row; weights (S,) are the sources' variances."""
    rows = np.vstack([made.needs, made.known_class, made.year, *blocks.values()])
    xx, xy = np.eye(1 + len(rows)), np.zeros((1 + len(rows), 1))
    xx[1:, 1:], xy[1:, 0] = (rows * weights) @ rows.T, (rows * weights) @ made.outcome
    return Moments(xx[None], xy[None], np.full((1, 1), made.outcome**2 @ weights))


@dataclass(frozen=True)
class WithinTruth:
    """What is true between localities of one authority.

    Attributes:
        w_star: share of the outcome's lasting variance, net of the years, that lies there.
        partial_r2: of the mean of all of leadership's indicators, net of the controls.
    """

    w_star: float
    partial_r2: float


def within_truth(world: World, sides: BetweenSettings) -> WithinTruth:
    """Exactly, as the covariances and levels have it."""
    made = columns(world)
    # Two localities of an authority share their trust if it is home to both, or by chance.
    same = HOME_TRUST**2 + (1.0 - HOME_TRUST**2) / world.trusts
    inside, outside, within = np.zeros((3, len(made.levels)))
    outside[made.kind] = 1.0
    for at, level in enumerate(made.levels):
        if level is not None:
            inside[at] = level.locality + level.trust * (1.0 - same)
            outside[at] = level.authority + level.trust * same
            within[at] = inside[at] + level.row
    squares = made.outcome**2
    indicators = np.vstack([x for name, x in made.indicators.items() if name in sides.h_blocks])
    mean = (indicators / np.linalg.norm(indicators, axis=1)[:, None]).sum(axis=0)[None]
    blocks = {"leadership": mean}
    models = [np.empty(0, dtype=np.int64), _places(made, blocks)["leadership"]]
    none, led = explained(_population(made, blocks, within), _controls(made), models, 0.0).r2[
        0, :, 0
    ]
    return WithinTruth(
        w_star=float(squares @ inside / (squares @ (inside + outside))),
        partial_r2=float((led - none) / (1.0 - none)),
    )


def unmasked(world: World) -> World:
    """The same effects with everything measured without error and no cause left out.

    What the outcome already was reaches no block here: a lead that came from there is no effect.
    """
    blocks = {
        name: replace(block, reliability=1.0, on_innovation=0.0)
        for name, block in world.blocks.items()
    }
    return replace(world, blocks=blocks, need_reliability=1.0, class_known=True)


def leading(world: World, lead: float, sides: BetweenSettings) -> World:
    """The world with the effect of H's blocks at which the composites' true delta is `lead`."""

    def at(effect: float) -> World:
        share = effect / np.sqrt(sum(name in sides.h_blocks for name in world.blocks))
        blocks = {
            name: replace(block, effect=share) if name in sides.h_blocks else block
            for name, block in world.blocks.items()
        }
        return replace(world, blocks=blocks)

    def gap(effect: float) -> float:
        return truth(at(effect), sides)["composite"].delta - lead

    return at(float(optimize.brentq(gap, 0.0, 0.75, xtol=1e-12)))


@dataclass(frozen=True)
class Drawn:
    """One world.

    Attributes:
        panel: what is analysed.
        locality: (n,) codes 0..L-1, each used, within authorities.
        earlier: (n,) the outcome of the year before the predictors; NaN in the first year.
    """

    panel: Panel
    locality: Ints
    earlier: Array


def draw(world: World, rng: np.random.Generator) -> Drawn:
    """Draw the sources and add them up.

    One year more is drawn in front, for the earlier outcome of the second year.
    """
    made = columns(world)
    places, span = world.authorities * world.localities, world.years + 1
    locality = np.repeat(np.arange(places), span)
    authority = locality // world.localities
    time = np.tile(np.arange(span), places)
    home = np.arange(places) // world.localities % world.trusts
    trust = np.where(
        rng.random(places) < HOME_TRUST, home, rng.integers(world.trusts, size=places)
    )[locality]
    rows = np.arange(len(time))
    units = authority, authority * span + time, trust, locality, rows
    kind = rng.integers(CLASSES, size=world.authorities)[authority]
    calendar = np.sin(np.arange(world.years) * 2.0)
    calendar = (calendar - calendar.mean()) / calendar.std()
    z = np.empty((len(rows), len(made.levels)))
    z[:, 0], z[:, 1] = CLASS_SHIFT[kind], np.concatenate([[0.0], calendar])[time]
    for at, level in enumerate(made.levels):
        if level is None:
            continue
        z[:, at] = sum(
            np.sqrt(share) * rng.normal(size=int(unit.max()) + 1)[unit]
            for share, unit in zip(level.shares(), units, strict=True)
            if share
        )
    # Outcomes are of the year after their row: what was new a year before a row's own year is what
    # is new in the outcome two rows up. For the first years it stays drawn.
    later = time >= 2
    z[later, made.new + 1] = np.roll(z[:, made.new], 2)[later]
    outcome = z @ made.outcome
    earlier = np.where(later, np.roll(outcome, 2), np.nan)
    led = sum(z @ made.indicators[name].sum(axis=0) for name in ("leadership", "partnership"))
    poor = -(outcome / outcome.std() + led / led.std()) / np.sqrt(2.0)
    gone = rng.random(len(rows)) < special.ndtr(world.missing * poor - 1.0)
    keep = (time > 0) & ~(gone & (world.missing > 0))
    dummies = [kind == one for one in range(1, CLASSES)] if world.class_known else []
    dummies += [time == one for one in range(2, span)]
    return Drawn(
        Panel(
            outcome=outcome[keep],
            controls=np.column_stack([z @ made.needs.T, *dummies])[keep],
            blocks={name: (z @ x.T)[keep] for name, x in made.indicators.items()},
            authority=codes_of(authority[keep]),
            dominant_trust=codes_of(trust[keep]),
            year=FIRST_YEAR + time[keep],
        ),
        codes_of(locality[keep]),
        earlier[keep],
    )


def sampled_truth(
    world: World, sides: BetweenSettings, rng: np.random.Generator, draws: int = 10
) -> Truth:
    """The composites' truth among the rows that are measured, from many large panels.

    Each draw has 10,000 authorities; ten of them leave an error of about 0.002 in delta.
    """
    large = replace(world, authorities=10_000, trusts=8_000)
    found = []
    for _ in range(draws):
        panel = composites(draw(large, rng).panel)
        d = design(panel)
        everyone = moments(d.x, panel.outcome[:, None], np.zeros_like(panel.authority), 1)
        models = [d.columns(names) for names in ((), sides.h_blocks, sides.b_blocks)]
        found.append(explained(everyone, d.controls, models, 0.0).r2[0, :, 0])
    none, h, b = np.mean(found, axis=0)
    return Truth(float(h - none), float(b - none))
