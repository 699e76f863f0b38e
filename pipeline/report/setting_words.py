"""The settings of the test in words; the framework file holds their values."""

WORDS = {
    "adopter_share": "Share of a year's localities, from the top, that count as adopters",
    "alpha": "Level of the test, one-sided",
    "b_blocks": "Groups on the claim's second side",
    "cap": "Values further out than this many standard deviations are drawn in",
    "compositions": "How the indicators of a group are put together",
    "confidence": "Confidence of intervals",
    "delta_min": "Smallest lead that counts (share of variance)",
    "equivalence_upper": "Upper bound below which a lead that matters is ruled out",
    "forward_within_year": "Steps forward in time compare places with the average of their year",
    "h_blocks": "Groups on the claim's first side",
    "imputations": "Times that gaps are filled",
    "inner_folds": "Folds within what is learned from, which choose the penalty",
    "kfold_folds": "Folds of the repeated cross-validation",
    "kfold_repeats": "Repeats of the cross-validation",
    "lags": "Years from measures to outcome, on top of the panel's own",
    "loao_alpha": "Level of the test on authorities left out, one-sided",
    "min_authorities": "Fewest authorities",
    "min_coverage": "Least observed share behind a value carried from trusts to councils",
    "min_imputed": "With gaps filled, an indicator enters when measured on this share of rows",
    "min_measured": "An indicator enters a panel when measured on this share of its rows",
    "n_bootstrap": "Bootstrap draws",
    "n_permutations": "Permutations of whole trajectories",
    "n_simulations": "Simulated outcomes for each true effect",
    "noise_draws": "Draws of the noise that makes both sides equally reliable",
    "partial_r2_min": "Least share of the differences within authorities leadership must track",
    "power_effects": "True effects that are simulated (share of variance)",
    "power_target": "Power that defines the smallest effect that can be found",
    "ridge_grid": "Penalties on large coefficients that are tried",
    "same_sign": "Least share of specifications with one sign for 'supported'",
    "seed": "Start of random draws",
    "w_star_min": "Least share of lasting differences that must lie inside authorities",
}
"""Name of a setting to what it says, the same in every part of the test."""
OWN = {
    ("guards", "alpha"): "Level at which an outcome that should not move counts as led, one-sided",
    ("guards", "min_coverage"): "Other least observed shares behind carried values that are tried",
    ("multiverse", "min_coverage"): "Least observed shares behind carried values that are tried",
    ("multiverse", "min_measured"): "Shares of rows measured, to enter, that are tried",
    ("within", "min_authorities"): "Fewest authorities with at least two localities",
}
"""Part of the test and name of a setting to what it says there alone."""


def said(part: str, name: str) -> str:
    """What a setting says.

    Args:
        part: of the test, as in the framework file; empty for what holds for all parts.
        name: of the setting.
    """
    return OWN.get((part, name)) or WORDS[name]
