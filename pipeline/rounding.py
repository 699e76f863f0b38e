"""Rounding beside a threshold: a figure reads as the threshold only where it is the threshold."""

MOST = 6
"""Decimals at most."""


def decimals(value: float, threshold: float, fewest: int) -> int:
    """The fewest decimals with which a value does not read as a threshold that it is not.

    Rounding keeps order, so that it then stands on its own side of the threshold too.

    Args:
        value: in the unit in which both are read.
        threshold: what it is held against.
        fewest: decimals to begin with.
    """
    digits = fewest
    if value != threshold:
        while digits < MOST and f"{value:z.{digits}f}" == f"{threshold:z.{digits}f}":
            digits += 1
    return digits


def percent_beside(share: float, least: float, fewest: int = 0) -> str:
    """A share from 0 to 1 as a percentage that reads as `least` only where it is."""
    return f"{share:.{decimals(100 * share, 100 * least, fewest)}%}"
