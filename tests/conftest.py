"""Shared by all tests."""

from collections.abc import Iterator

import pytest

from pipeline.console import quiet_exit
from pipeline.framework import framework

quiet_exit()


@pytest.fixture(scope="module")
def one_panel() -> Iterator[None]:
    """Whole runs of the sample with one panel and without the pages of places and sources."""
    with pytest.MonkeyPatch.context() as patch:
        for name in set(framework().panels) - {"councils_delayed_transfers"}:
            patch.delitem(framework().panels, name)  # type: ignore[arg-type]
        for module in ("council_pages", "source_pages"):
            patch.setattr(f"pipeline.report.{module}.pages", lambda reader, run: {})
        yield
