"""Runs that do little: few draws, one panel, few pages, few sheets."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pipeline import sample
from pipeline.reading import switches
from pipeline.reading.switches import GEOGRAPHY
from pipeline.sources import sources
from pipeline.study.framework import Framework, Test, framework


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


NEEDED = {
    *GEOGRAPHY,
    "adult_social_care_income",
    "delayed_transfers",
    "deprivation_2015",
    "revenue_budget",
    "revenue_outturn",
    "rural_urban",
    "staff_survey_leadership",
}
"""Sources that the one panel of a small run needs."""
BROKEN = {"cqc_council_assessments", "cqc_trust_ratings", "oflog_adult_social_care"}
"""More sources, which tests change or switch off."""


def small_run(patch: pytest.MonkeyPatch, folder: Path, also: Iterable[str] = ()) -> None:
    """Whole runs with one panel, the sources that it needs, few draws, and few pages and
    sheets.

    Args:
        patch: undoes it.
        folder: where the file that switches the other sources off is put.
        also: more sources that stay on.
    """
    for name in set(framework().panels) - {"councils_delayed_transfers"}:
        patch.delitem(framework().panels, name)  # type: ignore[arg-type]
    patch.setattr("pipeline.report.council_pages.Councils.codes", ())
    patch.setattr("pipeline.report.source_pages.pages", lambda *about: {})
    patch.setattr("pipeline.database.exports.WORKBOOK_CELLS", {"evidence": 500, "locality": 500})
    few = replace(framework(), test=few_draws(framework().test))
    patch.setattr("pipeline.assets.evidence.framework", lambda: few)
    on = sorted(NEEDED | set(also))
    off = folder / "switched_off.toml"
    names = sorted(set(sources()) - set(on))
    off.write_text("[sources]\n" + "".join(f'{name} = "A small run."\n' for name in names))
    patch.setattr(switches, "PATH", off)
    written = {name: sources()[name] for name in on}
    patch.setattr("pipeline.sample.generate", partial(sample.generate, only=written))


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
