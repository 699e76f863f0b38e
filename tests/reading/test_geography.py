"""Codes that no vintage knows stop their source."""

import polars as pl
import pytest

from pipeline.reading.geography import known_codes, refuse_unknown
from pipeline.reading.published import SourceError
from pipeline.reading.source import Column
from tests.reading.test_source import made

REGISTRY = pl.DataFrame(
    {
        "areacd": ["E08000037", "E06000001"],
        "former_areacds": ["E08000020", None],
        "ecode": ["E4501", None],
    }
)
COLUMNS = {
    "ecode": Column(pl.String, "Code."),
    "areacd": Column(pl.String, "Code.", null=True),
    "area_type": Column(pl.String, "Type."),
}
SOURCE = made(columns=COLUMNS, key=("ecode",), area=("ecode", "council"))


def table(*rows: tuple[str, str | None, str]) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows, schema={"ecode": pl.String, "areacd": pl.String, "area_type": pl.String}, orient="row"
    )
    return frame.with_columns(pl.lit("folder/file.xls").alias("file"), pl.lit(7).alias("row"))


def test_a_code_added_by_hand_is_known_where_its_council_is() -> None:
    sheffield = REGISTRY.with_columns(areacd=pl.Series(["E08000019", "E06000001"]))
    assert known_codes(sheffield) == {"E08000019", "E08000020", "E08000039", "E06000001"}


def test_present_and_former_codes_are_known() -> None:
    assert known_codes(REGISTRY) == {"E08000037", "E08000020", "E06000001"}


def test_known_codes_pass_by_either_code() -> None:
    refuse_unknown(
        SOURCE,
        table(
            ("E4501", None, "council"),
            ("E9999", "E08000020", "council"),
            ("E9999", None, "council"),
            ("ENGLAND", "E92000001", "country"),
            ("E0000", None, "elsewhere"),
        ),
        REGISTRY,
    )


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (("E4501", "E08000099", "council"), "areacd", "E08000099"),
        (("E7777", None, "council"), "ecode", "E7777"),
    ],
)
def test_an_unknown_code_names_file_row_and_column(
    row: tuple[str, str | None, str], column: str, code: str
) -> None:
    with pytest.raises(
        SourceError, match=rf"folder/file\.xls, row 7, column '{column}': 1 council codes.*{code}"
    ):
        refuse_unknown(SOURCE, table(row), REGISTRY)
