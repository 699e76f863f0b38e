"""Files are replaced whole, and can be read by whom the user lets read."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.edition import Edition, replacing


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_others_read_what_is_written_as_the_umask_says(tmp_path: Path, umask: None) -> None:
    edition = Edition("test", "Test", synthetic=True, home=tmp_path)
    edition.record("kind", "one", {"a": 1})
    with replacing(edition.noticed) as scratch:
        scratch.write_text("Noticed.")
    for path in (edition.noticed, edition.folder / "records" / "kind" / "one.json"):
        assert path.stat().st_mode & 0o777 == 0o640


def test_what_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as scratch:
        scratch.write_text(str(1 / 0))
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]
