"""English indices of deprivation 2019, summaries for upper-tier councils."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Release, Source
from pipeline.sources._deprivation import DOMAINS, columns, upper_tier_summaries


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council by domain and measure."""
    return upper_tier_summaries(file, release.period)


SOURCE = Source(
    name="deprivation_2019",
    title="English indices of deprivation 2019: upper-tier summaries",
    publisher="Ministry of Housing, Communities and Local Government",
    licence="OGL v3.0",
    attribution="Contains MHCLG data, licensed under the Open Government Licence v3.0.",
    grade="original",
    about="Average score and extent of the index, its domains and two age-specific indices for "
    "each upper-tier council of 2019. Ranks, proportions and scales are not read. Scores are "
    "not comparable between editions: use the place of a council within one.",
    releases=[
        Release(
            file="geography/File_11_IoD2019_UTLA_Summaries.xlsx",
            url="https://raw.githubusercontent.com/ericyang-almaeconomics/social_care_datahub/"
            "c481891bca2bca6dd78f79506204124a65e89186/Data/2019/"
            "File_11_-_IoD2019_Local_Authority_District_Summaries__upper-tier__.xlsx",
            sha256="4bdbc1f2e7fc5bd0e6b15d9cdecd7f7b8fe661c9daf76f0414ac35b2ddab422b",
            period="2019",
            rows=1661,
        )
    ],
    columns=columns(*DOMAINS.values()),
    key=("areacd", "domain", "measure"),
    tidy=tidy,
    area=("areacd", "council"),
    warnings=("model_based",),
)
