from itertools import pairwise, permutations

import numpy as np
from numpy.testing import assert_allclose

from pipeline.evidence.coalitions import mask_of, members, owen_weights, pick, shapley_weights


def by_orders(v: np.ndarray, k: int, unions: list[int]) -> np.ndarray:
    """Mean marginal value over all orders in which no union is interrupted."""
    total, orders = np.zeros(k), 0
    for order in permutations(range(k)):
        of = [next(u for u in unions if u >> i & 1) for i in order]
        if sum(a != b for a, b in pairwise(of)) != len(unions) - 1:
            continue
        orders += 1
        mask = 0
        for i in order:
            total[i] += v[mask | 1 << i] - v[mask]
            mask |= 1 << i
    return total / orders


def test_values_are_means_over_orders() -> None:
    v = np.random.default_rng(0).normal(size=32)
    v[0] = 0
    for unions in ([1, 2, 4, 8, 16], [0b00101, 0b11010], [0b10000, 0b01111], [0b11111]):
        assert_allclose(owen_weights(5, unions) @ v, by_orders(v, 5, unions), atol=1e-12)
    assert_allclose(shapley_weights(5) @ v, by_orders(v, 5, [1, 2, 4, 8, 16]), atol=1e-12)


def test_values_share_out_the_whole() -> None:
    v = np.random.default_rng(1).normal(size=8)
    assert_allclose((owen_weights(3, [0b011, 0b100]) @ v).sum(), v[7] - v[0])


def test_masks_follow_declared_order() -> None:
    players = ("leadership", "plans", "budgets")
    assert mask_of(("budgets", "leadership", "partnership"), players) == 0b101
    assert members(0b101, players) == ("leadership", "budgets")
    assert_allclose(pick([3], [1, 2], 2), [0, -1, -1, 1])
