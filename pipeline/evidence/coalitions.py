"""Shapley and Owen values, and every other linear reading of the coalition values v(S).

A coalition is a bit mask: bit i is set when player i is in. All functions return weights over the
2^k coalitions, so an importance is one dot product with v, for the data and for each replicate.
"""

from itertools import combinations
from math import factorial

import numpy as np

from pipeline.evidence.panel import Array


def members(mask: int, players: tuple[str, ...]) -> tuple[str, ...]:
    """Names in a coalition, in declared order."""
    return tuple(name for i, name in enumerate(players) if mask >> i & 1)


def mask_of(names: tuple[str, ...], players: tuple[str, ...]) -> int:
    """Bit mask of the named players; names that do not play are ignored."""
    return sum(1 << i for i, name in enumerate(players) if name in names)


def _orders(size: int, before: int) -> float:
    """Share of the orders of `size` players in which a given set of `before` precedes one."""
    return factorial(before) * factorial(size - before - 1) / factorial(size)


def owen_weights(k: int, unions: list[int]) -> Array:
    """Owen values (k, 2^k) of k players grouped into unions, given as disjoint masks.

    A union enters whole: player i meets complete other unions and part of its own (Owen 1977).
    Unions of one player each give the Shapley value.
    """
    weights = np.zeros((k, 1 << k))
    for own in unions:
        others = [union for union in unions if union != own]
        inside = [i for i in range(k) if own >> i & 1]
        for i in inside:
            mates = [1 << j for j in inside if j != i]
            for before in _subsets(others):
                for partial in _subsets(mates):
                    share = _orders(len(unions), len(before)) * _orders(len(inside), len(partial))
                    without = sum(before) + sum(partial)
                    weights[i, without | 1 << i] += share
                    weights[i, without] -= share
    return weights


def _subsets(masks: list[int]) -> list[tuple[int, ...]]:
    return [chosen for size in range(len(masks) + 1) for chosen in combinations(masks, size)]


def shapley_weights(k: int) -> Array:
    """Shapley values (k, 2^k), called LMG or Lindeman-Merenda-Gold for R2."""
    return owen_weights(k, [1 << i for i in range(k)])


def pick(plus: list[int], minus: list[int], k: int) -> Array:
    """Weights (2^k,) that add some coalition values and take others away."""
    weights = np.zeros(1 << k)
    for masks, sign in ((plus, 1.0), (minus, -1.0)):
        for mask in masks:
            weights[mask] += sign
    return weights
