"""Publishers' errors are corrected only as declared."""

import polars as pl
import pytest

from pipeline.reading.corrections import Correction, apply, declared
from pipeline.reading.published import SourceError
from pipeline.sources import sources
from tests.reading.test_source import made

FRAME = pl.DataFrame({"code": ["a", "b", "b"], "value": [15.233, 7.0, 8.0]})


def correction(**changes: object) -> Correction:
    content: dict[str, object] = {
        "source": "made",
        "where": {"code": "a"},
        "column": "value",
        "published": 15.233,
        "corrected": 15233.0,
        "rows": 1,
        "why": "",
        "evidence": "",
    }
    return Correction(**(content | changes))  # type: ignore[arg-type]


def test_only_what_matches_is_corrected() -> None:
    assert apply(made(), FRAME, [correction()])["value"].to_list() == [15233.0, 7.0, 8.0]
    assert apply(made(), FRAME, [correction(source="other")]).equals(FRAME)


def test_several_values_of_a_column_can_be_named_in_one_entry() -> None:
    one = correction(where={"code": ["a", "b"], "value": [15.233, 8.0]}, published=None, rows=2)
    assert apply(made(), FRAME, [one])["value"].to_list() == [15233.0, 7.0, 15233.0]


def test_a_value_that_was_never_one_becomes_missing_with_a_status() -> None:
    frame = FRAME.with_columns(pl.lit("ok").alias("status"))
    found = apply(made(), frame, [correction(corrected=None, status="x")])
    assert found.rows() == [("a", None, "x"), ("b", 7.0, "ok"), ("b", 8.0, "ok")]


def test_a_correction_that_no_longer_matches_fails() -> None:
    with pytest.raises(SourceError, match=r"data/corrections\.toml.*expects 1 rows, found 0"):
        apply(made(), FRAME, [correction(published=15.3)])
    with pytest.raises(SourceError, match="expects 1 rows, found 2"):
        apply(made(), FRAME, [correction(where={"code": "b"}, published=None)])


def test_the_declared_corrections_are_of_declared_sources_and_columns() -> None:
    entries = declared()
    assert {one.source for one in entries} >= {"revenue_outturn", "adult_social_care_income"}
    for one in entries:
        schema = sources()[one.source].schema
        assert one.column in schema
        assert set(one.where) <= set(schema)
        assert one.why
        assert one.evidence
