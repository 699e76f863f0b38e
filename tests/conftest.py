"""Shared by all tests."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline.runs.quiet import quiet_exit
from tests import few

quiet_exit()
# The test processes take every processor already.
os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")

MadeOnce = Callable[[Callable[[Path], None], Path], Path]
"""The fixture `made_once`: who fills a folder, and where its copy goes -> where it went."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long modules first, so that no process ends with one while the others have nothing to do."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whole runs of the sample that do little, see `tests.few.small_run`."""
    with pytest.MonkeyPatch.context() as patch:
        few.small_run(patch, tmp_path_factory.mktemp("switches"), few.BROKEN)
        yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> MadeOnce:
    """Copy a data folder that a function of `tests.made` fills, once for all test processes."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def copied(make: Callable[[Path], None], to: Path) -> Path:
        folder = shared / make.__name__
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                new = folder.with_suffix(".new")
                shutil.rmtree(new, ignore_errors=True)
                new.mkdir()
                make(new)
                new.rename(folder)
        shutil.copytree(folder, to, symlinks=True, dirs_exist_ok=True)
        return to

    return copied


@pytest.fixture(scope="module")
def sample_tables(tmp_path_factory: pytest.TempPathFactory, made_once: MadeOnce) -> Iterator[Path]:
    """The data folder, with every table of the sample."""
    from tests.made import tables_of_the_sample  # noqa: PLC0415 - imports the whole pipeline

    root = made_once(tables_of_the_sample, tmp_path_factory.mktemp("sample"))
    with pytest.MonkeyPatch.context() as setting:
        setting.setenv("RAPPORT_DATA", str(root))
        yield root
