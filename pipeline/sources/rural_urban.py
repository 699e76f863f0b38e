"""Shares of each council's people in rural and urban areas."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers

MEASURES = {"highly-rural": "highly_rural", "rural": "rural", "urban": "urban"}
COLUMNS = {"local-authority-code": "registry_code", "ruc-cluster-label": "cluster"}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council (register code, whole UK) by measure."""
    grid = file.csv()
    columns = COLUMNS | MEASURES
    frame = grid.table(grid.header(*columns), columns, others=True)
    long = frame.filter(pl.col("registry_code").is_not_null()).unpivot(
        index=["registry_code", "cluster", "row"], variable_name="measure", value_name="text"
    )
    return numbers(long, "text", file=file, markers={}).with_columns(pl.lit("2020").alias("period"))


SOURCE = Source(
    name="rural_urban",
    title="Composite rural-urban classification of councils",
    publisher="mySociety, from ONS, Scottish and Northern Irish classifications",
    licence="CC BY 4.0",
    attribution="mySociety, UK composite rural urban classification, CC BY 4.0.",
    grade="original",
    about="Share of each council's population in highly rural, rural and urban small areas, and "
    "the cluster it falls in. Places carry the register's letters and not ONS codes.",
    releases=[
        Release(
            file="geography/uk_ruc_la_ruc.csv",
            url="https://raw.githubusercontent.com/mysociety/uk_ruc/"
            "2011efc97c78da0f2cce82060f109665abe360ab/docs/data/uk_ruc/1.0.1/la_ruc.csv",
            sha256="11b53aa9f111af57f0e5d97bb7a07afaeee343ab7df23153f837175a1ad646ec",
            period="2020",
            rows=1227,
        )
    ],
    columns={
        "registry_code": Column(pl.String, "Register code of the council."),
        "period": Column(pl.String, "Edition."),
        "cluster": Column(pl.String, "Cluster of the classification."),
        "measure": Column(pl.String, "Kind of area.", values=tuple(MEASURES.values())),
        "value": Column(pl.Float64, "Share of the population.", low=0, high=1, null=True),
        "status": STATUS_COLUMN,
    },
    key=("registry_code", "measure"),
    tidy=tidy,
    warnings=("later_vintage",),
)
