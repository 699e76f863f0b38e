"""Shared by all tests."""

from collections.abc import Iterator

import pytest

from pipeline.quiet import quiet_exit
from tests import few

quiet_exit()


@pytest.fixture(scope="module")
def one_panel() -> Iterator[None]:
    """Whole runs of the sample with one panel and without the pages of places and sources."""
    with pytest.MonkeyPatch.context() as patch:
        few.one_panel(patch)
        yield
