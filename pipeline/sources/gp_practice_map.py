"""General practices with their network, commissioner, system and region, January 2022."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source

PUBLICATION = "GP_PRAC_PAT_LIST"
UNALLOCATED = "U"
COLUMNS = {
    # Published column to ours, and what it looks like.
    "PUBLICATION": ("publication", f"^{PUBLICATION}$"),
    "EXTRACT_DATE": ("date", r"^\d{2}[A-Z][a-z]{2}\d{4}$"),
    "PRACTICE_CODE": ("practice_code", r"^[A-Z]\d{5}$"),
    "PRACTICE_NAME": ("practice_name", r"."),
    "PRACTICE_POSTCODE": ("postcode", r"^[A-Z]{1,2}\d[0-9A-Z]? \d[A-Z]{2}$"),
    "PCN_CODE": ("network_code", rf"^({UNALLOCATED}|U\d{{5}})$"),
    "PCN_NAME": ("network_name", r"."),
    "ONS_CCG_CODE": ("ccg_code", r"^E38\d{6}$"),
    "CCG_CODE": ("ccg_org_code", r"^[0-9A-Z]{3,5}$"),
    "CCG_NAME": ("ccg_name", r"."),
    "ONS_STP_CODE": ("stp_code", r"^E54\d{6}$"),
    "STP_CODE": ("stp_org_code", r"^Q[0-9A-Z]{2}$"),
    "STP_NAME": ("stp_name", r"."),
    "ONS_COMM_REGION_CODE": ("region_code", r"^E40\d{6}$"),
    "COMM_REGION_CODE": ("region_org_code", r"^Y\d{2}$"),
    "COMM_REGION_NAME": ("region_name", r"."),
}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a practice."""
    grid = file.csv()
    frame = grid.table(
        grid.header("PRACTICE_CODE", "ONS_STP_CODE"),
        {label: name for label, (name, _) in COLUMNS.items()},
    )
    for label, (name, pattern) in COLUMNS.items():
        wrong = frame.filter(~pl.col(name).str.contains(pattern).fill_null(False))
        grid.refuse(wrong, name, label, f"expected text of the form {pattern}")
    joined = pl.col("network_code") != UNALLOCATED
    label = next(label for label, (name, _) in COLUMNS.items() if name == "date")
    return (
        grid.dates(frame, "%d%b%Y", date=label)
        .with_columns(
            *(pl.when(joined).then(pl.col(name)) for name in ("network_code", "network_name")),
        )
        .drop("publication")
    )


SOURCE = Source(
    name="gp_practice_map",
    title="General practices by network, commissioner and system",
    publisher="NHS Digital",
    licence="OGL v3.0",
    attribution="Contains NHS Digital data, licensed under the Open Government Licence v3.0.",
    grade="original",
    about="Every general practice of January 2022 with its primary care network, clinical "
    "commissioning group, sustainability and transformation partnership and region. Practices in "
    "no network, published as U, have none here. There are no counts of patients in the file.",
    releases=[
        Release(
            file="geography/gp-reg-pat-prac-map.csv",
            url="https://raw.githubusercontent.com/nhsx-mirror/SystemHierarchies/"
            "0a96ef635c1607736580777f25d903d877ca74f2/data/gp-reg-pat-prac-map.csv",
            sha256="78110fc243a9ee25004579e43c9f5936c3e2be9e491130b543b9fe08245b78c3",
            period="2022-01",
            rows=6527,
        )
    ],
    columns={
        "practice_code": Column(pl.String, "ODS code of the practice."),
        "practice_name": Column(pl.String, "Its name."),
        "postcode": Column(pl.String, "Its postcode."),
        "date": Column(pl.Date, "Day that the register was read."),
        "network_code": Column(pl.String, "ODS code of its network.", null=True),
        "network_name": Column(pl.String, "Name of its network.", null=True),
        "ccg_code": Column(pl.String, "ONS code of its commissioner."),
        "ccg_org_code": Column(pl.String, "ODS code of its commissioner."),
        "ccg_name": Column(pl.String, "Name of its commissioner."),
        "stp_code": Column(pl.String, "ONS code of its partnership."),
        "stp_org_code": Column(pl.String, "ODS code of its partnership."),
        "stp_name": Column(pl.String, "Name of its partnership."),
        "region_code": Column(pl.String, "ONS code of its NHS region."),
        "region_org_code": Column(pl.String, "ODS code of its NHS region."),
        "region_name": Column(pl.String, "Name of its NHS region."),
    },
    key=("practice_code",),
    tidy=tidy,
)
