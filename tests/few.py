"""Settings that draw little, for tests in which every table is to be filled."""

from dataclasses import replace

from pipeline.framework import Test


def few_draws(test: Test) -> Test:
    """A few draws of whatever both halves draw."""
    return replace(
        test,
        between=replace(
            test.between,
            n_bootstrap=19,
            kfold_repeats=1,
            n_simulations=4,
            power_effects=(0.0, 0.2),
        ),
        within=replace(
            test.within,
            n_permutations=49,
            n_bootstrap=4,
            n_simulations=2,
            power_effects=(0.0, 0.1),
        ),
    )
