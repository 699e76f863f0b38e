"""Where work goes: to a Dask cluster where the environment names one."""

import dask
import joblib
import pytest
from distributed import LocalCluster, get_worker

from pipeline.runs.workers import workers
from pipeline.settings import SettingsError


def where(number: int) -> tuple[int, str]:
    """A number, and the worker that it was handed to."""
    try:
        return number, get_worker().name  # type: ignore[no-untyped-call]
    except ValueError:
        return number, "here"


def spread() -> list[tuple[int, str]]:
    with workers():
        found: list[tuple[int, str]] = joblib.Parallel()(joblib.delayed(where)(n) for n in range(8))
    return found


def test_work_goes_to_the_cluster_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAPPORT_DASK", raising=False)
    assert spread() == [(n, "here") for n in range(8)]
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        monkeypatch.setenv("RAPPORT_DASK", cluster.scheduler_address)
        found = spread()
    assert [n for n, _ in found] == list(range(8))
    assert {name for _, name in found} <= {0, 1}


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_DASK", "tcp://127.0.0.1:1")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(SettingsError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1"),
    ):
        spread()
