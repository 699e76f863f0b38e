"""Where the patients of each acute trust live: shares by integrated care board."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source
from pipeline.sources._catchment import reconcile

FRAME = "lookup_nhs_trusts22_icb22"
COLUMNS = {
    "nhs_trust22_code": "org_code",
    "icb22_code": "icb_code",
    "proportion_trust_came_from_icb": "value",
}
CODES = {"org_code": r"^[0-9A-Z]{3}$", "icb_code": r"^E54\d{6}$"}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a trust and board with patients in it."""
    found = file.rdata(FRAME)
    if set(found.columns) != set(COLUMNS):
        raise file.error(
            f"expected the columns {', '.join(COLUMNS)}, found {', '.join(found.columns)}"
        )
    frame = found.rename(COLUMNS).with_row_index("row", offset=1)
    for label, name in COLUMNS.items():
        right = (
            pl.col(name).str.contains(CODES[name])
            if name in CODES
            else pl.col(name).is_between(0, 1)
        )
        wrong = frame.filter(~right.fill_null(False))
        if wrong.height:
            first = wrong.row(0, named=True)
            raise file.error(
                f"expected {'a share from 0 to 1' if name == 'value' else 'a code'}, found "
                f"{first[name]!r} ({wrong.height} rows)",
                row=first["row"],
                column=label,
            )
    return frame.with_columns(pl.lit("ok").alias("status"))


SOURCE = Source(
    name="trust_icb_catchment",
    title="Catchment of acute trusts by integrated care board",
    publisher="Office for Health Improvement and Disparities, joined by the geographr project",
    licence="OGL v3.0",
    attribution="Contains OHID and NHS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Share of each acute trust's patients that live in each integrated care board, for the "
    "trusts and boards of 2022, several years pooled.",
    releases=[
        Release(
            file="geography/lookup_nhs_trusts22_icb22.rda",
            url="https://raw.githubusercontent.com/humaniverse/geographr/"
            "c026be5cc76cb576358082b53f1f13d69ab577ae/data/lookup_nhs_trusts22_icb22.rda",
            sha256="387f0d5317d15455dafab79e10895fdaec24f3f8c774efbc99ce792c38ed8b8e",
            period="2022",
            rows=1321,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code of the trust in 2022."),
        "icb_code": Column(pl.String, "ONS code of the integrated care board in 2022."),
        "value": Column(pl.Float64, "Share of the trust's patients living there.", low=0, high=1),
        "status": Column(pl.String, "Always ok.", values=("ok",)),
    },
    key=("org_code", "icb_code"),
    tidy=tidy,
    area=("org_code", "trust"),
    warnings=("residence_not_use", "later_vintage"),
    reconcile=reconcile,
)
