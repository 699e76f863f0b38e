"""Promises of councils to reach net zero, and by which year."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers
from pipeline.sources._climate import ADDRESS, CODES, LICENCE, PLACE, PUBLISHER, english

COLUMNS = PLACE | {"scope": "scope", "target": "text", "source_url": "source_url"}
SCOPES = {
    "Council operations": "council_operations",
    "Whole area": "whole_area",
    "Unclear": "unclear",
    "Other": "other",
    "No promise": "no_promise",
}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council by scope of the promise."""
    grid = file.csv()
    frame = english(grid, grid.table(grid.header(*COLUMNS), COLUMNS, others=True))
    scope = pl.col("scope")
    wrong = frame.filter(~scope.is_in(list(SCOPES)).fill_null(False))
    grid.refuse(wrong, "scope", "scope", f"expected one of {', '.join(SCOPES)}")
    frame = numbers(
        frame.with_columns(scope.replace_strict(SCOPES), pl.lit("target").alias("label")),
        "text",
        file=file,
        markers={},
    )
    wrong = frame.filter((scope == "no_promise") & pl.col("value").is_not_null())
    grid.refuse(wrong, "value", "target", "expected no year where there is no promise")
    none = (scope == "no_promise") & pl.col("value").is_null()
    return frame.with_columns(
        pl.lit("net_zero_year").alias("measure"),
        pl.when(none).then(pl.lit("z")).otherwise("status").alias("status"),
    ).drop("label")


SOURCE = Source(
    name="net_zero_promises",
    title="Net zero promises of English councils",
    publisher=PUBLISHER,
    licence=LICENCE,
    attribution="mySociety and Climate Emergency UK, CC BY 4.0.",
    grade="original",
    about="The year by which each English council or combined authority promises net zero, for its "
    "own operations or the whole area, found in its plans by volunteers; a council with no promise "
    "has a row that says so. Other nations are left out; the wording, names of sources and notes "
    "are not read.",
    releases=[
        Release(
            file="council_plans/net_zero_promises.csv",
            url=f"{ADDRESS}local_authority_net_zero_commitments/promises.csv",
            sha256="e916d6d523184442f8cccc33e282b096dd2ee5b2566d9a6b9c1861035a08bdb4",
            period="2025",
            rows=425,
        )
    ],
    columns=CODES
    | {
        "scope": Column(pl.String, "What is promised for.", values=tuple(SCOPES.values())),
        "measure": Column(pl.String, "The year promised.", values=("net_zero_year",)),
        "value": VALUE,
        "status": STATUS_COLUMN,
        "source_url": Column(pl.String, "Where the promise was found.", null=True),
    },
    key=("registry_code", "scope"),
    warnings=("volunteer_reading",),
    tidy=tidy,
    area=("areacd", "council"),
)
