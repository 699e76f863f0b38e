"""Lower-tier districts side by side in each vintage from 2016 to 2024."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source

VINTAGES = range(2016, 2025)


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Long: a chain (one district of 2016 followed through time) by vintage."""
    wide = file.rdata("lookup_ltla_ltla").with_row_index("chain")
    missing = [f"ltla{v % 100}_code" for v in VINTAGES if f"ltla{v % 100}_code" not in wide.columns]
    if missing:
        raise file.error(f"expected the columns {', '.join(missing)}")
    parts = [
        wide.select(
            (pl.col("chain") + 1).cast(pl.Int32).alias("chain"),
            pl.lit(vintage, pl.Int32).alias("vintage"),
            pl.col(f"ltla{vintage % 100}_code").alias("areacd"),
            pl.col(f"ltla{vintage % 100}_name").alias("areanm"),
            (pl.col("chain") + 1).cast(pl.Int32).alias("row"),
        )
        for vintage in VINTAGES
    ]
    return pl.concat(parts).filter(pl.col("areacd").str.starts_with("E"))


SOURCE = Source(
    name="district_history",
    title="Local authority districts through the reorganisations of 2016 to 2024",
    publisher="Office for National Statistics, joined by the geographr project",
    licence="OGL v3.0",
    attribution="Contains ONS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Each English district of 2016 with the code and name of the district it belonged to in "
    "every later year. Rows of Scotland, Wales and Northern Ireland are left out.",
    releases=[
        Release(
            file="geography/lookup_ltla_ltla.rda",
            url="https://raw.githubusercontent.com/humaniverse/geographr/"
            "c026be5cc76cb576358082b53f1f13d69ab577ae/data/lookup_ltla_ltla.rda",
            sha256="b5a6e7141d6648294a153b7ef76676992b8e871c909b6462303762d2f2e27470",
            period="2016-2024",
            rows=2934,
        )
    ],
    columns={
        "chain": Column(pl.Int32, "Number of the district followed through time."),
        "vintage": Column(pl.Int32, "Year of the boundaries.", low=2016, high=2024),
        "areacd": Column(pl.String, "ONS code in that vintage."),
        "areanm": Column(pl.String, "Name in that vintage."),
    },
    key=("chain", "vintage"),
    tidy=tidy,
    area=("areacd", "district"),
)
