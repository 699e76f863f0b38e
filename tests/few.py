"""Runs that do little: few draws, one panel, few pages."""

from dataclasses import replace

import pytest

from pipeline.framework import Framework, Test, framework


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


def one_panel(patch: pytest.MonkeyPatch) -> None:
    """One panel, and none of the pages of places and sources."""
    for name in set(framework().panels) - {"councils_delayed_transfers"}:
        patch.delitem(framework().panels, name)  # type: ignore[arg-type]
    patch.setattr("pipeline.report.council_pages.Councils.codes", ())
    patch.setattr("pipeline.report.source_pages.pages", lambda reader, run, documented: {})


PANELS = ("councils_delayed_transfers", "councils_reablement", "districts_dementia")


def panels_and_draws() -> Framework:
    """Three panels and a few draws of everything that is drawn."""
    declared = framework()
    test = declared.test
    few = replace(
        few_draws(test),
        guards=replace(test.guards, imputations=2, noise_draws=2),
        multiverse=replace(
            test.multiverse, lags=(0,), min_coverage=(0.5,), min_measured=(0.9,), n_bootstrap=9
        ),
    )
    panels = {name: declared.panels[name] for name in PANELS}
    return replace(declared, test=few, panels=panels)
