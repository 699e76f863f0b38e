"""mySociety's register of UK councils, current, former and planned."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source

COLUMNS = {
    "local-authority-code": "registry_code",
    "nice-name": "areanm",
    "gss-code": "areacd",
    "start-date": "start_date",
    "end-date": "end_date",
    "replaced-by": "replaced_by",
    "nation": "nation",
    "region": "region",
    "local-authority-type": "council_type",
    "county-la": "county_registry_code",
    "former-gss-codes": "former_areacds",
    "ecode": "ecode",
}
TYPES = {
    "CTY": "shire county",
    "UA": "unitary authority",
    "MD": "metropolitan district",
    "LBO": "London borough",
    "CC": "City of London",
    "NMD": "shire district",
    "COMB": "combined authority",
    "SRA": "strategic regional authority",
}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """English councils, one row each; other nations' are left out by their ``nation``."""
    grid = file.csv()
    frame = grid.table(grid.header(*COLUMNS), COLUMNS, others=True)
    england = frame.filter(pl.col("nation") == "England").drop("nation")
    unknown = england.filter(~pl.col("council_type").is_in(list(TYPES)))
    if unknown.height:
        raise grid.error(
            f"expected one of {', '.join(TYPES)}, found {unknown['council_type'][0]!r}",
            row=unknown["row"][0],
            column="local-authority-type",
        )
    return grid.dates(
        england, "%Y-%m-%d", start_date="start-date", end_date="end-date"
    ).with_columns(pl.col("council_type").replace_strict(TYPES))


SOURCE = Source(
    name="council_registry",
    title="Names, codes and dates of UK councils",
    publisher="mySociety",
    licence="CC BY 4.0",
    attribution="mySociety, UK local authority names and codes, CC BY 4.0.",
    grade="original",
    about="Every English council, current, former or planned: ONS, E- and registry codes, type, "
    "region, the county of a district, start and end, and what replaced it. Geometry, other "
    "registers' codes and the other nations are not read.",
    releases=[
        Release(
            file="geography/uk_local_authorities_future.csv",
            url="https://raw.githubusercontent.com/mysociety/uk_local_authority_names_and_codes/"
            "67ef8b118938678401a452f4f19f669a7221cc73/data/packages/uk_la_future/"
            "uk_local_authorities_future.csv",
            sha256="78996ce1cb68eeecdde44b6fac57fe072b45212acef2d84323ebc104e5ac398b",
            period="2025",
            rows=380,
        )
    ],
    columns={
        "registry_code": Column(pl.String, "Three- or four-letter code of the register."),
        "areacd": Column(pl.String, "ONS code."),
        "areanm": Column(pl.String, "Name."),
        "council_type": Column(pl.String, "Kind of council.", values=tuple(TYPES.values())),
        "region": Column(pl.String, "Region.", null=True),
        "county_registry_code": Column(
            pl.String, "Register code of a district's county.", null=True
        ),
        "ecode": Column(pl.String, "E-code of the finance returns.", null=True),
        "start_date": Column(pl.Date, "First day, where stated.", null=True),
        "end_date": Column(pl.Date, "Last day, where it has ended.", null=True),
        "replaced_by": Column(pl.String, "Register codes of successors, with commas.", null=True),
        "former_areacds": Column(pl.String, "Earlier ONS codes, with commas.", null=True),
    },
    key=("registry_code",),
    tidy=tidy,
    area=("areacd", "council"),
)
