"""Rural-urban classification of 2021 for the districts of 2024."""

import polars as pl

from pipeline.reading.published import Grid, PublishedFile
from pipeline.reading.source import Column, Release, Source
from pipeline.sources._frames import england, frame

COLUMNS = {
    "ltla24_code": "areacd",
    "ruc21_code": "ruc_code",
    "classification": "classification",
    "ruc": "rural_or_urban",
}
KINDS = {
    "R": {"M": "Majority rural", "I": "Intermediate rural"},
    "U": {"I": "Intermediate urban", "U": "Urban"},
}
DISTANCES = {"F": "further from", "N": "nearer to"}
CLASSES = {
    f"{letter}{kind}{distance}": (
        f"{words}: Majority {apart} a major town or city",
        "Rural" if letter == "R" else "Urban",
    )
    for letter, kinds in KINDS.items()
    for kind, words in kinds.items()
    for distance, apart in DISTANCES.items()
}
"""Code of the classification to its words, and to rural or urban."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a district of England."""
    table = england(file, frame(file, "ruc21_ltla24", COLUMNS))
    grid = Grid(file.name, None, [])
    code = pl.col("ruc_code")
    wrong = table.filter(~code.is_in(list(CLASSES)).fill_null(False))
    grid.refuse(wrong, "ruc_code", "ruc21_code", f"expected one of {', '.join(CLASSES)}")
    for place, (label, name) in enumerate(list(COLUMNS.items())[2:]):
        words = {key: both[place] for key, both in CLASSES.items()}
        wrong = table.filter(pl.col(name).ne_missing(code.replace_strict(words)))
        grid.refuse(wrong, name, label, "expected the words that belong to the code")
    return table.with_columns(pl.lit(release.period).alias("period"))


SOURCE = Source(
    name="rural_urban_2021",
    title="Rural-urban classification 2021 of districts",
    publisher="Office for National Statistics, joined by the geographr project",
    licence="OGL v3.0",
    attribution="Contains ONS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="The class of each English district and unitary of 2024 by where its people live: rural "
    "or urban, wholly or in between, nearer to or further from a major town or city. A class and "
    "no figure; shares of people are in rural_urban. Wales is left out.",
    releases=[
        Release(
            file="geography/ruc21_ltla24.rda",
            url="https://raw.githubusercontent.com/humaniverse/geographr/"
            "c026be5cc76cb576358082b53f1f13d69ab577ae/data/ruc21_ltla24.rda",
            sha256="6b63f6bc683e04183b21eacba5230d0f68eb6a425320e1ab58139dd0c8960089",
            period="2021",
            rows=296,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code of the district in 2024."),
        "period": Column(pl.String, "Census that the classification is built on."),
        "ruc_code": Column(pl.String, "Code of the class.", values=tuple(CLASSES)),
        "classification": Column(
            pl.String, "The class in words.", values=tuple(words for words, _ in CLASSES.values())
        ),
        "rural_or_urban": Column(pl.String, "Rural or Urban.", values=("Rural", "Urban")),
    },
    key=("areacd",),
    tidy=tidy,
    area=("areacd", "district"),
    warnings=("later_vintage",),
)
