"""What charts share: colours, round axes, and how templates of SVG become images of a page."""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

INK, QUIET, GRID = "#1a1a1a", "#595959", "#d9d9d9"
COLOURS = ("#0072b2", "#b34e00", "#00664b")
"""Those of Okabe and Ito that stand out from white; colour-blind readers can tell them apart."""
LOOK = {"ink": INK, "quiet": QUIET, "grid": GRID, "blue": COLOURS[0]}
"""Colours as templates name them."""


@dataclass(frozen=True)
class Axis:
    """An axis from one round value to another.

    Attributes:
        ticks: values along it that are named, and how they are written.
    """

    low: float
    high: float
    ticks: Sequence[tuple[float, str]]

    def share(self, value: float) -> float:
        """How far along the axis a value is, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    @property
    def longest(self) -> int:
        """Letters of the longest name."""
        return max(len(label) for _, label in self.ticks)


def axis(low: float, high: float, labels: int) -> Axis:
    """An axis that holds all values, with about so many labels."""
    high = high if high > low else low + 1
    end = _step((high - low) / 10)
    low, high = math.floor(low / end) * end, math.ceil(high / end) * end
    step = _step((high - low) / labels)
    # Rounded, because an end that is a tick is not to the last digit.
    first, last = math.ceil(round(low / step, 6)), math.floor(round(high / step, 6))
    return Axis(low, high, [(n * step, _label(n * step)) for n in range(first, last + 1)])


def _step(least: float) -> float:
    """The power of ten, or twice or five times one, that is nearest as a ratio."""
    power = 10.0 ** math.floor(math.log10(least))
    return power * min((1, 2, 5, 10), key=lambda by: abs(math.log(least / power / by)))


def _label(value: float) -> str:
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return text.replace("-", "\u2212") if value else "0"


def image(template: str, **values: Any) -> str:
    """A filled-in template of SVG as the data address of an image."""
    from pipeline.report.page import environment  # noqa: PLC0415 - imports templates

    return address(environment().get_template(template).render(values, look=LOOK))


def address(svg: str) -> str:
    """The drawing as a data address."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
