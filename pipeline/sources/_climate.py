"""What mySociety's tables of councils' climate plans, declarations and promises share."""

import polars as pl

from pipeline.reading.published import Grid
from pipeline.reading.source import Column

PLACE = {"local-authority-code": "registry_code", "council": "areanm", "gss_code": "areacd"}
NATIONS = r"^[ENSW]\d{8}$"
LICENCE = "CC BY 4.0"
PUBLISHER = "mySociety and Climate Emergency UK"
ADDRESS = (
    "https://raw.githubusercontent.com/mysociety/la-plans-promises/"
    "ca6cec8b603329696290e9cdbfb27db4bb57dbe4/data/packages/"
)
CODES = {
    "registry_code": Column(pl.String, "Register code of the council."),
    "areacd": Column(pl.String, "ONS code."),
    "areanm": Column(pl.String, "Name as published."),
}


def english(grid: Grid, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of English councils; those of other nations, and without any code, are left out."""
    code = pl.col("areacd")
    coded = code.is_not_null() | pl.col("registry_code").is_not_null()
    wrong = frame.filter(coded & ~code.str.contains(NATIONS).fill_null(False))
    grid.refuse(wrong, "areacd", "gss_code", "expected an ONS code such as E06000001")
    wrong = frame.filter(coded & pl.col("registry_code").is_null())
    grid.refuse(wrong, "registry_code", "local-authority-code", "expected a code of the register")
    return frame.filter(code.str.starts_with("E"))
