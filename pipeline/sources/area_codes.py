"""Codes of districts, present and former, with the council and region they are in now."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import PLACE_CODE, Column, Release, Source

COLUMNS = {
    "LADCD": "areacd",
    "LADNM": "areanm",
    "LADCD_ACTIVE": "active_areacd",
    "LADNM_ACTIVE": "active_areanm",
    "UTLACD": "upper_areacd",
    "UTLANM": "upper_areanm",
    "CAUTHCD": "combined_areacd",
    "CAUTHNM": "combined_areanm",
    "RGNCD": "region_areacd",
    "RGNNM": "region_areanm",
    "CTRYNM": "country",
    "Current": "text",
    "LAD20CD": "areacd_2020",
}
NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")
CODES = ("areacd", "active_areacd", "upper_areacd", "region_areacd", "areacd_2020")


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a code of an English district or council without districts."""
    grid = file.csv()
    frame = grid.table(grid.header(*COLUMNS), COLUMNS, others=True)
    wrong = frame.filter(~pl.col("country").is_in(NATIONS).fill_null(False))
    grid.refuse(wrong, "country", "CTRYNM", f"expected one of {', '.join(NATIONS)}")
    frame = frame.filter(pl.col("country") == NATIONS[0])
    labels = {name: label for label, name in COLUMNS.items()}
    for name in CODES:
        wrong = frame.filter(~pl.col(name).str.contains(PLACE_CODE).fill_null(False))
        grid.refuse(wrong, name, labels[name], "expected an ONS code such as E06000001")
    wrong = frame.filter(~pl.col("text").is_in(["TRUE", "FALSE"]).fill_null(False))
    grid.refuse(wrong, "text", "Current", "expected TRUE or FALSE")
    current = pl.col("text") == "TRUE"
    wrong = frame.filter(current != (pl.col("areacd") == pl.col("active_areacd")))
    grid.refuse(wrong, "active_areacd", "LADCD_ACTIVE", "expected a current code to be its own")
    return frame.with_columns(current.alias("current")).drop("text", "country")


SOURCE = Source(
    name="area_codes",
    title="All codes of districts, present and former, in their councils and regions",
    publisher="Office for National Statistics, joined by the geo-lookups project",
    licence="OGL v3.0",
    attribution="Contains ONS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Each code that an English district or unitary has or had, with the code it has now (as "
    "of about 2020-21), the upper-tier council, combined authority and region. Other nations are "
    "left out. Barnsley and Sheffield stand under codes of 2020 that the register of councils "
    "does not hold, so this is no list to refuse codes by, and is joined to nothing.",
    releases=[
        Release(
            file="geography/geo-lookups_la_all_codes.csv",
            url="https://raw.githubusercontent.com/drkane/geo-lookups/"
            "e20a072d5fc0918437abaa3622be63f40b71d9dd/la_all_codes.csv",
            sha256="caf5e5924134107b1b61eedfb45abbb1276db7ed4fa2cd40680bc564bb55169a",
            period="2021",
            rows=346,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code, present or former."),
        "areanm": Column(pl.String, "Name under that code."),
        "active_areacd": Column(pl.String, "ONS code of the district it is in now."),
        "active_areanm": Column(pl.String, "Its name."),
        "upper_areacd": Column(pl.String, "ONS code of the upper-tier council."),
        "upper_areanm": Column(pl.String, "Its name."),
        "combined_areacd": Column(pl.String, "ONS code of the combined authority.", null=True),
        "combined_areanm": Column(pl.String, "Its name.", null=True),
        "region_areacd": Column(pl.String, "ONS code of the region."),
        "region_areanm": Column(pl.String, "Its name."),
        "areacd_2020": Column(pl.String, "ONS code of the district in 2020."),
        "current": Column(pl.Boolean, "Whether the code is in use."),
    },
    key=("areacd",),
    tidy=tidy,
)
