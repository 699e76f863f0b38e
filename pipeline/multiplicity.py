"""Many tests: Holm's correction for the primary outcomes, Benjamini and Hochberg's elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Any


def _corrected(p: Sequence[float], method: str) -> list[float]:
    # Statsmodels brings pandas along, and takes a second: only where it is called.
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415

    return [float(one) for one in multipletests(p, method=method)[1]]


def holm(p: Sequence[float]) -> list[float]:
    """P values that hold for all of them together (Holm 1979)."""
    return _corrected(p, "holm") if p else []


def add_bh(family: Iterable[dict[str, Any]], key: str = "p") -> None:
    """Put `p_bh` beside the p values of one family of rows (Benjamini and Hochberg 1995).

    Calling "found" the rows whose p_bh is below 5% keeps the expected share of false ones among
    them below 5%. Rows without a p are no part of the family, and have no p_bh.
    """
    rows = [row for row in family if row.get(key) is not None]
    if rows:
        corrected = _corrected([row[key] for row in rows], "fdr_bh")
        for row, one in zip(rows, corrected, strict=True):
            row["p_bh"] = one
