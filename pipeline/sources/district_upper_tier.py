"""Which upper-tier council each district belongs to, in 2019, 2021 and 2023."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source
from pipeline.sources._frames import england, frame


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a district of England; a council without districts is its own upper tier."""
    year = release.period[2:]
    columns = {
        f"ltla{year}_code": "areacd",
        f"ltla{year}_name": "areanm",
        f"utla{year}_code": "upper_areacd",
        f"utla{year}_name": "upper_areanm",
    }
    table = frame(file, f"lookup_ltla{year}_utla{year}", columns)
    table = england(file, england(file, table, "upper_areacd"))
    return table.with_columns(
        pl.lit(release.period).alias("period"),
        pl.lit(int(release.period), pl.Int32).alias("vintage"),
    )


ADDRESS = (
    "https://raw.githubusercontent.com/humaniverse/geographr/"
    "c026be5cc76cb576358082b53f1f13d69ab577ae/data/"
)
FILES = """
    2019 317 96804476cdcbe2e5d72ad18bdec47dd98d872feee615aba1a42692841bc26b11
    2021 309 966474534c5a9c4c6d08eddbc66cbca913be82580c4765479b492121b0426cec
    2023 296 4c60d4d6585548a8cd009bd480acafd73c9b372f106d72e72ad8abb948b2a207
"""


def _name(year: str) -> str:
    return f"lookup_ltla{year[2:]}_utla{year[2:]}.rda"


SOURCE = Source(
    name="district_upper_tier",
    title="Districts and the upper-tier councils they belong to, 2019, 2021 and 2023",
    publisher="Office for National Statistics, joined by the geographr project",
    licence="OGL v3.0",
    attribution="Contains ONS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Each English district and unitary with its upper-tier council, in three vintages: 317 "
    "districts in 151 councils, 309 in 152, 296 in 153. Wales is left out. The ONS's own file of "
    "April 2023 gives the same as the last of them, and is not read.",
    releases=[
        Release(
            file=f"geography/{_name(year)}",
            url=f"{ADDRESS}{_name(year)}",
            sha256=sha256,
            period=year,
            rows=int(rows),
        )
        for year, rows, sha256 in (line.split() for line in FILES.strip().split("\n"))
    ],
    columns={
        "areacd": Column(pl.String, "ONS code of the district or unitary."),
        "areanm": Column(pl.String, "Its name."),
        "upper_areacd": Column(pl.String, "ONS code of its upper-tier council."),
        "upper_areanm": Column(pl.String, "Name of that council."),
        "period": Column(pl.String, "Year of the boundaries and codes."),
        "vintage": Column(pl.Int32, "The same as a number.", low=2019, high=2023),
    },
    key=("vintage", "areacd"),
    tidy=tidy,
    area=("areacd", "district"),
)
