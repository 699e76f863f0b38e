"""English indices of deprivation 2015, summaries for upper-tier councils."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Release, Source
from pipeline.sources._deprivation import DOMAINS, columns, upper_tier_summaries


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council by domain and measure."""
    return upper_tier_summaries(file, release.period)


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
    columns=columns(*DOMAINS.values()),
    key=("areacd", "domain", "measure"),
    tidy=tidy,
    area=("areacd", "council"),
    warnings=("model_based",),
)
