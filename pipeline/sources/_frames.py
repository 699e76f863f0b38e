"""Data frames out of R data files, with exactly the declared columns."""

from collections.abc import Mapping

import polars as pl

from pipeline.reading.published import Grid, PublishedFile


def frame(
    file: PublishedFile, name: str, columns: Mapping[str, str], *, others: bool = False
) -> pl.DataFrame:
    """A data frame with our column names, and the number of each row in ``row``.

    Args:
        columns: published name to ours.
        others: whether columns beside the declared ones are allowed (and left out).

    Raises:
        SourceError: a declared column is missing, or an undeclared one is there.
    """
    found = file.rdata(name)
    missing = [label for label in columns if label not in found.columns]
    new = [] if others else [label for label in found.columns if label not in columns]
    if missing or new:
        raise file.error(
            f"expected the columns {', '.join(columns)}; missing {', '.join(missing) or 'none'}, "
            f"new {', '.join(new) or 'none'}"
        )
    return found.select(
        pl.col(label).alias(name) for label, name in columns.items()
    ).with_row_index("row", offset=1)


def england(file: PublishedFile, table: pl.DataFrame, column: str = "areacd") -> pl.DataFrame:
    """The rows of English places; those of Wales are left out, anything else is refused."""
    grid = Grid(file.name, None, [])
    wrong = table.filter(~pl.col(column).str.contains(r"^[EW]\d{8}$").fill_null(False))
    grid.refuse(wrong, column, column, "expected an ONS code of England or Wales")
    return table.filter(pl.col(column).str.starts_with("E"))
