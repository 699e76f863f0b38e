"""Council revenue outturn, service expenditure summary (RSX), 2022-23 to 2024-25."""

import polars as pl

from pipeline.reading.calendar import COUNCIL_OUTTURN
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Release, Source
from pipeline.sources._service_returns import (
    KEY,
    MARKERS,
    WARNINGS,
    Line,
    area_sums,
    column_sums,
    columns,
    line_sums,
    releases,
    returns,
)

LINES = {
    "education": Line("Education services", "edu"),
    "highways": Line("Highways and transport services", "trans"),
    "children_social_care": Line("Children Social Care", "csc"),
    "adult_social_care": Line("Adult Social Care", "asc"),
    "public_health": Line("Public Health", "phs"),
    "housing": Line("Housing services (GFRA only)", "hous"),
    "cultural": Line("Cultural and related services", "cul"),
    "environmental": Line("Environmental and regulatory services", "env"),
    "planning": Line("Planning and development services", "plan"),
    "police": Line("Police services", "pol"),
    "fire": Line("Fire and rescue services", "frs"),
    "central": Line("Central services", "cen"),
    "other": Line("Other services", "oth"),
    "total_service_expenditure": Line("Total Service Expenditure", "totsx"),
}
"""Our name, as in the outturn of earlier years, to the line of the form."""

TOTAL = "total_service_expenditure"
ROUNDED = 2.0
"""GBP thousand: each figure of a service is itself a sum of lines that are rounded one by one."""
WHOLES = {TOTAL: tuple(line for line in LINES if line != TOTAL)}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One year's service expenditure."""
    names = (f"RSX_LA_Data_{release.period}", f"RSX_LA_Data_{release.period.replace('-', '')}")
    return returns(file, release, file.sheet(*names), "RSX", LINES)


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """Areas, columns and services against their parts."""
    return pl.concat([area_sums(frame, ROUNDED), column_sums(frame), line_sums(frame, WHOLES)])


FILES = """
    2022-23 2023-12-14 December 42924 RSX_2022-23_data_by_LA.ods 476608e233d94291959e2473ab2f9ce61fb4bd00/data/RSX_2022-23_data_by_LA.ods e448e7da5f17a0c64d84893b7a2460e8acca73e20f67d5dc4a9535e4e92b1ede
    2023-24 2024-08-29 first 41454 RSX_2023-24_data_by_LA.ods e18f0c5472ddbf974874d7c0b376252e98cb6599/data/RSX_2023-24_data_by_LA.ods 51529145a877f9994a2967dd3f8ec5812efee8880191071d8ced6a7fa89ce5b2
    2024-25 2025-09-18 first 41356 RSX_2024-25_release1_LA_Data.ods 8ce79f849a55e73aa6bad7a25356f570ed23a76f/data-raw/RSX_LA_Data_2024-25_data_by_LA.ods 6fda0c0d0a0ebb749e50ca43ac5c0ee3c60b6a26b9c37a7079ca397658cdcb35
"""  # noqa: E501 - one file a line: year, last update, label, rows, name, address, sha256

SOURCE = Source(
    name="service_expenditure",
    title="Council service expenditure summary (RSX)",
    publisher="Ministry of Housing, Communities and Local Government (until 2024 the Department "
    "for Levelling Up, Housing and Communities)",
    licence="OGL v3.0",
    attribution="Contains public sector information of the Ministry of Housing, Communities and "
    "Local Government, licensed under the Open Government Licence v3.0.",
    grade="original",
    calendar=COUNCIL_OUTTURN,
    about="What every English authority spent by service, GBP thousand, in the seven columns of "
    "the form: employees, running expenses and their total; sales, fees and charges, other income "
    "and their total; net current expenditure, which is the figure of the outturn summary (RS) of "
    "earlier years. Other income holds recharges and transfers from other councils and from the "
    "NHS, such as the Better Care Fund; in central services it mostly removes recharges that are "
    "counted in other services too. Not every authority had sent a return: England and class "
    "totals hold the publisher's estimates for the missing ones. The drop-down sheet is not read.",
    releases=releases(FILES),
    columns=columns(LINES),
    key=KEY,
    tidy=tidy,
    area=("ecode", "council"),
    markers=MARKERS,
    warnings=WARNINGS,
    reconcile=reconcile,
)
