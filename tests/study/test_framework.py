"""The framework file is complete, registered, and refuses what it does not know."""

from pathlib import Path

import pytest

from pipeline.sources import sources
from pipeline.study.framework import FRAMEWORK, FrameworkError, framework, load

TEXT = FRAMEWORK.read_text(encoding="utf-8")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    assert old in TEXT
    path = tmp_path / "framework.toml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_framework_is_the_registered_one() -> None:
    assert framework().registered(), "register the changed framework in pipeline/registered.toml"


def test_any_change_is_no_longer_registered(tmp_path: Path) -> None:
    other = load(changed(tmp_path, "delta_min = 0.02", "delta_min = 0.01"))
    assert not other.registered()
    comment = load(changed(tmp_path, "# How the claim is tested.", "# Tested so:"))
    assert comment.registered()


def test_every_indicator_reads_a_declared_source_and_stands_in_a_block() -> None:
    declared = framework()
    for one in declared.indicators.values():
        assert one.source in sources()
        assert one.block in declared.blocks
        assert one.polarity in (1, -1)
        assert one.unit


def test_both_sides_of_the_claim_have_indicators() -> None:
    between = framework().test.between
    for side in (between.h_blocks, between.b_blocks):
        assert framework().of_block(*side)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('instrument = "staff_survey"', 'instrument = "oracle"', r"\[instrument\.oracle\]"),
        ('block = "leadership"', 'block = "luck"', r"\[block\.luck\]"),
        ("polarity = -1", "polarty = -1", "unknown keys polarty"),
        ('outcome = "delayed_days_rate"', 'outcome = "joy"', r"\[indicator\.joy\]"),
        ("lag = 1", "lag = 0", "before the outcome"),
        ("delta_min = 0.02", "", "delta_min"),
    ],
)
def test_a_broken_entry_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(FrameworkError, match=said):
        load(changed(tmp_path, old, new))
