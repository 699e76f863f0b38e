"""English indices of deprivation 2015, summaries for upper-tier councils."""

import polars as pl

from pipeline.published import PublishedFile, squash
from pipeline.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers

DOMAINS = {
    "IMD": "index_of_multiple_deprivation",
    "Income": "income",
    "Employment": "employment",
    "Education": "education",
    "Health": "health",
    "Crime": "crime",
    "Barriers": "barriers_to_housing_and_services",
    "Living": "living_environment",
    "IDACI": "income_deprivation_children",
    "IDAOPI": "income_deprivation_older_people",
}
MEASURES = {"average score": "average_score", "extent": "extent"}
"""Last words of a heading to the measure read; ranks and the rest are not read."""
PLACE = {
    "Upper Tier Local Authority District code": "areacd",
    "Upper Tier Local Authority District name": "areanm",
}
"""First words of a heading; a vintage in brackets follows."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council by domain and measure."""
    parts = []
    for sheet, domain in DOMAINS.items():
        grid = file.sheet(sheet)
        labels = [squash(cell) for cell in grid.rows[0]]
        place = {
            label: name
            for label in labels
            for start, name in PLACE.items()
            if label.startswith(start)
        }
        measures = {
            label: name
            for label in labels
            for words, name in MEASURES.items()
            if label.casefold().endswith(f"- {words}")
        }
        if "average_score" not in measures.values() or len(place) != len(PLACE):
            raise grid.error(
                "expected columns for the council's code, name and 'Average score', found "
                + ", ".join(map(repr, labels)),
                row=1,
            )
        frame = grid.table(0, place | measures, others=True)
        long = frame.filter(pl.col("areacd").is_not_null()).unpivot(
            index=["areacd", "areanm", "row"], variable_name="measure", value_name="text"
        )
        parts.append(
            numbers(long, "text", file=file, sheet=sheet, markers={}).with_columns(
                pl.lit(domain).alias("domain")
            )
        )
    return pl.concat(parts).with_columns(pl.lit("2015").alias("period"))


SOURCE = Source(
    name="deprivation_2015",
    title="English indices of deprivation 2015: upper-tier summaries",
    publisher="Department for Communities and Local Government",
    licence="OGL v3.0",
    attribution="Contains MHCLG data, licensed under the Open Government Licence v3.0.",
    grade="original",
    about="Average score and extent of the index, its domains and two age-specific indices for "
    "each upper-tier council. Ranks, proportions and scales are not read.",
    releases=[
        Release(
            file="geography/File_11_ID2015_UTLA_Summaries.xlsx",
            url="https://raw.githubusercontent.com/ericyang-almaeconomics/social_care_datahub/"
            "c481891bca2bca6dd78f79506204124a65e89186/Data/2015/"
            "File_11_ID_2015_Upper-tier_Local_Authority_Summaries.xlsx",
            sha256="efba40a1b6541797e11a44cd8e07af221740b215dcd3605eb0009333b5f8a2aa",
            period="2015",
            published="2015-09-30",
            rows=1672,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code."),
        "areanm": Column(pl.String, "Name as published."),
        "period": Column(pl.String, "Edition of the indices."),
        "domain": Column(pl.String, "Index or domain.", values=tuple(DOMAINS.values())),
        "measure": Column(
            pl.String,
            "average_score (higher is more deprived) or extent (share, 0 to 1).",
            values=tuple(MEASURES.values()),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("areacd", "domain", "measure"),
    tidy=tidy,
    area=("areacd", "council"),
    warnings=("model_based",),
)
