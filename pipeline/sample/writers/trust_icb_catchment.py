"""Where the patients of each acute trust of 2022 live, by integrated care board: R data."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import r_data
from pipeline.sample.world import World
from pipeline.sample.writers.criteria_to_reside_trust import board, board_shares, trusts

DIGITS = 12


def write(world: World, release: Release, path: Path) -> None:
    """Write the shares of every trust and board."""
    rows = [
        (trust.code, board(region), round(float(share), DIGITS))
        for trust in sorted(trusts(world), key=lambda trust: trust.code)
        for region, share in enumerate(board_shares(world, trust))
    ]
    codes, boards, shares = zip(*rows, strict=True)
    r_data(
        path,
        "lookup_nhs_trusts22_icb22",
        {
            "nhs_trust22_code": codes,
            "icb22_code": boards,
            "proportion_trust_came_from_icb": shares,
        },
    )
