"""Specification curves, once for wide and once for narrow pages, as templates of SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.charts import EDGE, NARROW, SIZES, TICKS, WIDE, Picture, Size, lines
from pipeline.report.svg import Axis, axis, image

HIGH, SMALL = 260, 130
"""Height of a curve, and of each of several."""
BESIDE = 44
"""Width of the values beside each of several curves."""
STEPS = 40
"""Equal steps of a curve for which choices are counted."""


@dataclass(frozen=True)
class Curve:
    """Estimates in rising order, thinned to what a drawing can show, some with intervals."""

    facet: str
    values: Sequence[float]
    lows: Sequence[float] = ()
    highs: Sequence[float] = ()


@dataclass(frozen=True)
class Strip:
    """Where along the curve a choice was made: the share of specifications in equal steps of it."""

    axis: str
    choice: str
    shares: Sequence[float]


def curve(
    title: str,
    description: str,
    below: str,
    one: Curve,
    *,
    null: tuple[float, float] | None,
    strips: Sequence[Strip],
) -> Picture:
    """Estimates in rising order, and below them which choices were made along the way.

    Args:
        title, description: of the picture.
        below: what the parts of the drawing mean.
        one: the estimates.
        null: where most medians would lie if there were nothing to find.
        strips: the choices.
    """
    images = [_curve(title, below, one, size, null=null, strips=strips) for size in SIZES]
    return Picture(title, description, *images)


def curves(title: str, description: str, below: str, several: Sequence[Curve]) -> Picture:
    """Several curves side by side on one scale."""
    images = [_curves(title, below, several, size) for size in SIZES]
    return Picture(title, description, *images)


def _upright(values: Sequence[float], high: int) -> tuple[Axis, list[tuple[float, str]]]:
    """The axis of values beside a plot that holds all of them and zero, and its named values."""
    beside = axis(min([*values, 0.0]), max([*values, 0.0]), TICKS)
    return beside, [(_down(beside, at, high), label) for at, label in beside.ticks]


def _down(beside: Axis, value: float, high: int) -> float:
    return round(high * (1 - beside.share(value)), 1)


def _along(one: Curve, width: int) -> list[float]:
    """How far to the right the points of a curve are."""
    last = max(len(one.values) - 1, 1)
    return [round(width * at / last, 1) for at in range(len(one.values))]


def _curve(
    title: str,
    below: str,
    one: Curve,
    size: Size,
    *,
    null: tuple[float, float] | None,
    strips: Sequence[Strip],
) -> str:
    """The drawing as a data address of an SVG."""
    left, width = size.labels - EDGE, size.plot(1)
    beside, ticks = _upright([*one.values, *one.lows, *one.highs, *(null or ())], HIGH)

    def y(value: float) -> float:
        return _down(beside, value, HIGH)

    along = _along(one, width)
    written = size.written(title, below)
    above = written[-1][0] + 18
    down, parts = above + HIGH, []
    for name in dict.fromkeys(strip.axis for strip in strips):
        own = [strip for strip in strips if strip.axis == name]
        labels = [size.wrapped(strip.choice) for strip in own]
        high = max(20, 16 * max(label.count("\n") + 1 for label in labels) + 3)
        rows = [
            (high * at, high, lines(label), _cells(strip, width))
            for at, (label, strip) in enumerate(zip(labels, own, strict=True))
        ]
        parts.append((down + 42, name, rows))
        down += 42 + high * len(own)
    return image(
        "curve.svg.j2",
        size=(left + width + 14, down + 10),
        edge=EDGE,
        left=left,
        above=above,
        written=written,
        room=(width, HIGH),
        ticks=ticks,
        unit="percentage points",
        zero=y(0),
        band=null and (y(null[0]), y(null[1])),
        spans="".join(
            f"M{x},{y(low)}V{y(high)}"
            for x, low, high in zip(along, one.lows, one.highs, strict=False)
        ),
        dots="".join(f"M{x},{y(value)}h0" for x, value in zip(along, one.values, strict=True)),
        strips=parts,
    )


def _cells(strip: Strip, width: int) -> list[tuple[float, float, float]]:
    """Where the shares of a strip begin, how wide they are, and they themselves; none of zero."""
    ends = [round(width * at / STEPS, 1) for at in range(STEPS + 1)]
    return [
        (start, round(end - start, 1), round(share, 3))
        for start, end, share in zip(ends, ends[1:], strip.shares, strict=False)
        if share
    ]


def _curves(title: str, below: str, several: Sequence[Curve], size: Size) -> str:
    columns = 1 if size.narrow else min(3, len(several))
    left = EDGE + BESIDE
    whole = (NARROW if size.narrow else WIDE) // columns
    width = whole - BESIDE - 26
    beside, ticks = _upright([value for one in several for value in one.values], SMALL)
    written = size.written(title, below)
    parts = []
    for place, one in enumerate(several):
        down, across = divmod(place, columns)
        points = [
            f"{x},{_down(beside, value, SMALL)}"
            for x, value in zip(_along(one, width), one.values, strict=True)
        ]
        above = written[-1][0] + 36 + down * (SMALL + 40)
        parts.append((left + across * whole, above, one.facet, "M" + "L".join(points)))
    return image(
        "curves.svg.j2",
        size=(columns * whole - 8, above + SMALL + 14),
        edge=EDGE,
        left=left,
        written=written,
        room=(width, SMALL),
        ticks=ticks,
        zero=_down(beside, 0, SMALL),
        parts=parts,
    )
