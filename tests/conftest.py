"""Shared by all tests."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from filelock import FileLock

from pipeline.runs.quiet import quiet_exit
from tests import few

quiet_exit()
# The test processes take every processor already.
os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")


class MadeOnce(Protocol):
    """The fixture `made_once`."""

    def __call__(self, make: Callable[[Path, "MadeOnce"], None], to: Path) -> Path:
        """Copy the folder that ``make`` fills, which may itself start from such a copy."""


def seconds(item: pytest.Item) -> float:
    """About how long the module of a test takes, as far as it says so."""
    found = item.get_closest_marker("long")
    return found.kwargs["seconds"] if found else 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules first: no process ends with one while the others have nothing to do,
    and what several start from is there before the second of them begins.
    """
    items.sort(key=seconds, reverse=True)


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

    def copied(make: Callable[[Path, MadeOnce], None], to: Path) -> Path:
        folder = shared / make.__name__
        with FileLock(folder.with_suffix(".lock")):
            if not folder.exists():
                new = folder.with_suffix(".new")
                shutil.rmtree(new, ignore_errors=True)
                new.mkdir()
                make(new, copied)
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
