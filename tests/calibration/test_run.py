"""The worlds come out the same wherever they are run, and the analysis says what it should."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster

from pipeline.calibration.designs import designs
from pipeline.calibration.run import (
    Settings,
    calibrate,
    judge,
    judge_all,
    quick,
    reversed_lag,
    seed_of,
    store_of,
)
from pipeline.calibration.worlds import draw
from pipeline.study.framework import framework

SETTINGS = quick(framework().test)
FAST = Settings(SETTINGS.between, replace(SETTINGS.within, n_permutations=99))
KNOWN = designs(SETTINGS.between)
SMALL = {
    name: replace(one, world=replace(one.world, authorities=32, localities=2, years=3, trusts=30))
    for name, one in KNOWN.items()
}


def test_workers_and_clusters_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = [SMALL["nothing"], SMALL["budgets"]]
    monkeypatch.setattr("pipeline.calibration.run.BATCH", 2)
    told: list[tuple[str, int]] = []
    alone, seconds = calibrate(chosen, 3, FAST, 1, lambda name, done: told.append((name, done)))
    assert seconds > 0
    assert told == [("nothing", 2), ("budgets", 2), ("nothing", 1), ("budgets", 1)]
    assert calibrate(chosen, 3, FAST, 2)[0].equals(alone)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        monkeypatch.setenv("RAPPORT_DASK", cluster.scheduler_address)
        assert calibrate(chosen, 3, FAST)[0].equals(alone)
    assert alone["world"].unique().to_list() == [0, 1, 2]
    assert alone["estimate"].drop_nulls().n_unique() > 12


def test_a_run_that_was_stopped_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    monkeypatch.setattr("pipeline.calibration.run.BATCH", 1)
    chosen, store = [SMALL["nothing"], SMALL["budgets"]], store_of(FAST)
    whole = calibrate(chosen, 2, FAST, 1)[0]

    def stop(design: str, done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate(chosen, 2, FAST, 1, stop, store=store)
    kept = len(list(store.folder.iterdir()))
    assert 1 <= kept < 4
    asked: list[int] = []
    monkeypatch.setattr(
        "pipeline.calibration.run.judge_all",
        lambda design, worlds, settings: (
            asked.extend(worlds) or judge_all(design, worlds, settings)
        ),
    )
    again = calibrate(chosen, 2, FAST, 1, store=store)[0]
    assert again.equals(whole)
    assert len(asked) == 4 - kept
    assert calibrate(chosen, 2, FAST, 1, store=store)[0].equals(whole)
    assert len(asked) == 4 - kept
    other = replace(FAST, within=replace(FAST.within, n_permutations=49))
    assert store_of(other).folder != store.folder


def test_a_world_does_not_depend_on_what_else_is_run() -> None:
    design = SMALL["budgets"]
    assert judge(design, 1, FAST) == judge(design, 1, FAST)
    assert judge(design, 1, FAST) != judge(design, 2, FAST)
    seeds = {
        tuple(seed_of(FAST, name, world).generate_state(4)) for name in KNOWN for world in range(50)
    }
    assert len(seeds) == 50 * len(KNOWN)


def said(name: str, world: int = 0) -> dict[tuple[str, str], str]:
    return {(row.part, row.composition): row.verdict for row in judge(KNOWN[name], world, FAST)}


def test_a_strong_lead_is_supported_between_within_and_as_a_whole() -> None:
    found = said("leadership_16", 1)
    assert found["between", "both"] == "supported"
    assert found["within", "both"] == "supported"
    assert found["overall", "both"] == "supported"


def test_budgets_that_lead_are_not_supported() -> None:
    found = said("budgets")
    assert found["between", "both"] == "not supported"
    assert ("within", "both") not in found


def test_what_does_not_vary_within_cannot_be_asked_there() -> None:
    found = said("authority_only")
    assert found["within", "both"] == "cannot be asked"
    assert found["overall", "both"] != "supported"


def test_a_gate_between_stops_the_run() -> None:
    few = replace(KNOWN["nothing"], world=replace(KNOWN["nothing"].world, authorities=20))
    with pytest.raises(ValueError, match=r"nothing 0: 20 authorities, fewer than 30"):
        judge(few, 0, FAST)


def test_the_guard_of_the_reversed_lag_tells_the_direction() -> None:
    def spoken(name: str) -> int:
        worlds = (draw(KNOWN[name].world, np.random.default_rng(seed)) for seed in range(12))
        return sum(reversed_lag(drawn, SETTINGS.between) for drawn in worlds)

    assert spoken("reverse") >= 9
    assert spoken("leadership_16") <= 1
