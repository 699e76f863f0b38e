"""English indices of deprivation 2025, summaries for the districts of 2024."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Release, Source
from pipeline.sources._deprivation import columns
from pipeline.sources._frames import england, frame

DOMAINS = {
    "imd": "index_of_multiple_deprivation",
    "income": "income",
    "employment": "employment",
    "education_skills_and_training": "education",
    "health_deprivation_and_disability": "health",
    "crime": "crime",
    "barriers_to_housing_and_services": "barriers_to_housing_and_services",
    "living_environment": "living_environment",
}
"""First words of a column to our name."""
SCORE = "average_score"
FIGURES = {f"{words}_{SCORE}": (domain, SCORE) for words, domain in DOMAINS.items()} | {
    "imd25_extent": (DOMAINS["imd"], "extent")
}
PLACE = {"ltla24_code": "areacd", "ltla24_name": "areanm"}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """District by domain and measure."""
    table = england(
        file,
        frame(
            file,
            "imd2025_england_ltla24",
            PLACE | {label: label for label in FIGURES},
            others=True,
        ),
    )
    words = [label for label in FIGURES if not table[label].dtype.is_numeric()]
    if words:
        raise file.error("expected a column of numbers, found text", column=words[0])
    long = table.unpivot(
        on=list(FIGURES), index=[*PLACE.values(), "row"], variable_name="label", value_name="value"
    )
    return long.select(
        *PLACE.values(),
        pl.lit(release.period).alias("period"),
        pl.col("label")
        .replace_strict({label: domain for label, (domain, _) in FIGURES.items()})
        .alias("domain"),
        pl.col("label")
        .replace_strict({label: measure for label, (_, measure) in FIGURES.items()})
        .alias("measure"),
        "value",
        pl.when(pl.col("value").is_null())
        .then(pl.lit("x"))
        .otherwise(pl.lit("ok"))
        .alias("status"),
        "row",
    )


SOURCE = Source(
    name="deprivation_2025",
    title="English indices of deprivation 2025: district summaries",
    publisher="Ministry of Housing, Communities and Local Government, joined by the humaniverse "
    "project",
    licence="OGL v3.0",
    attribution="Contains MHCLG data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Average score of the index and its seven domains, and extent of the index, for each "
    "district and unitary of 2024. Ranks, proportions and scales are not read; the two "
    "age-specific indices are not in the file. Scores are not comparable between editions.",
    releases=[
        Release(
            file="geography/imd2025_england_ltla24.rda",
            url="https://raw.githubusercontent.com/humaniverse/IMD/"
            "2f6c9050afee99a40041eb63b02b6b0c58850704/data/imd2025_england_ltla24.rda",
            sha256="a3ea7139075acda3d2811d38906cc4f416df22f5bb030433dee6db0c72ef6526",
            period="2025",
            rows=2664,
        )
    ],
    columns=columns(*DOMAINS.values()),
    key=("areacd", "domain", "measure"),
    tidy=tidy,
    area=("areacd", "district"),
    warnings=("model_based",),
)
