"""Many tests: Holm's correction for the primary outcomes, Benjamini and Hochberg's elsewhere."""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """P values that hold for all of them together (Holm 1979)."""
    order = np.argsort(p)
    steps = np.sort(p) * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(one) for one in adjusted]


def add_bh(family: Iterable[dict[str, Any]], key: str = "p") -> None:
    """Put `p_bh` beside the p values of one family of rows (Benjamini and Hochberg 1995).

    Calling "found" the rows whose p_bh is below 5% keeps the expected share of false ones among
    them below 5%. Rows without a p are no part of the family, and have no p_bh.
    """
    rows = sorted((row for row in family if row.get(key) is not None), key=itemgetter(key))
    least = 1.0
    for rank, row in reversed(list(enumerate(rows, start=1))):
        least = min(least, row[key] * len(rows) / rank)
        row["p_bh"] = float(least)
