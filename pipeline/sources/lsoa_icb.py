"""Small areas of 2011 with their sub-board, integrated care board and district of 2022."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source

FRAME = "lookup_lsoa11_sicbl22_icb22_ltla22"
COLUMNS = {
    # Published column to ours, and what its codes look like.
    "lsoa11_code": ("lsoa_code", r"^E01\d{6}$"),
    "lsoa11_name": ("lsoa_name", r"."),
    "sicbl22_code": ("sub_icb_code", r"^E38\d{6}$"),
    "sicbl22_code_h": ("sub_icb_org_code", r"^[0-9A-Z]{3,5}$"),
    "sicbl22_name": ("sub_icb_name", r"."),
    "icb22_code": ("icb_code", r"^E54\d{6}$"),
    "icb22_code_h": ("icb_org_code", r"^[0-9A-Z]{3}$"),
    "icb22_name": ("icb_name", r"."),
    "ltla22_code": ("areacd", r"^E0[6-9]\d{6}$"),
    "ltla22_name": ("areanm", r"."),
}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One row a small area."""
    found = file.rdata(FRAME)
    if set(found.columns) != set(COLUMNS):
        raise file.error(
            f"expected the columns {', '.join(COLUMNS)}, found {', '.join(found.columns)}"
        )
    frame = found.with_row_index("row", offset=1)
    for label, (_, pattern) in COLUMNS.items():
        wrong = frame.filter(~pl.col(label).str.contains(pattern).fill_null(False))
        if wrong.height:
            first = wrong.row(0, named=True)
            raise file.error(
                f"expected text of the form {pattern}, found {first[label]!r} "
                f"({wrong.height} rows)",
                row=first["row"],
                column=label,
            )
    return frame.rename({label: name for label, (name, _) in COLUMNS.items()})


SOURCE = Source(
    name="lsoa_icb",
    title="Small areas by integrated care board and district",
    publisher="Office for National Statistics, joined by the geographr project",
    licence="OGL v3.0",
    attribution="Contains ONS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Every English lower layer super output area of 2011 with the part of an integrated care "
    "board, the board and the district it lay in in 2022, with names, ONS codes and ODS codes.",
    releases=[
        Release(
            file="geography/lookup_lsoa11_sicbl22_icb22_ltla22.rda",
            url="https://raw.githubusercontent.com/humaniverse/geographr/"
            "c026be5cc76cb576358082b53f1f13d69ab577ae/data/lookup_lsoa11_sicbl22_icb22_ltla22.rda",
            sha256="5aa7c63afb0f5a929bcadd17355fe8add201cee508ba0fb544e35efe984968b2",
            period="2022",
            rows=32844,
        )
    ],
    columns={
        "lsoa_code": Column(pl.String, "ONS code of the small area in 2011."),
        "lsoa_name": Column(pl.String, "Its name."),
        "sub_icb_code": Column(pl.String, "ONS code of the part of a board in 2022."),
        "sub_icb_org_code": Column(pl.String, "Its ODS code."),
        "sub_icb_name": Column(pl.String, "Its name."),
        "icb_code": Column(pl.String, "ONS code of the integrated care board in 2022."),
        "icb_org_code": Column(pl.String, "Its ODS code."),
        "icb_name": Column(pl.String, "Its name."),
        "areacd": Column(pl.String, "ONS code of the district in 2022."),
        "areanm": Column(pl.String, "Its name."),
    },
    key=("lsoa_code",),
    tidy=tidy,
    area=("areacd", "district"),
)
