"""Council revenue budget (RA) 2016-17: one workbook."""

import polars as pl

from pipeline.reading.calendar import COUNCIL_BUDGET
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Column, Release, Source
from pipeline.sources.revenue_outturn import COLUMNS, KEY, MARKERS, Line, reconcile, returns

LINES = {
    "education": Line(["TOTAL EDUCATION SERVICES"]),
    "highways": Line(["TOTAL HIGHWAYS AND TRANSPORT SERVICES"]),
    "children_social_care": Line(["TOTAL CHILDREN'S SOCIAL CARE"]),
    "adult_social_care": Line(["TOTAL ADULT SOCIAL CARE"]),
    "public_health": Line(["TOTAL PUBLIC HEALTH"]),
    "housing": Line(["TOTAL HOUSING SERVICES (GFRA only)"]),
    "cultural": Line(["TOTAL CULTURAL AND RELATED SERVICES"]),
    "environmental": Line(["TOTAL ENVIRONMENTAL AND REGULATORY SERVICES"]),
    "planning": Line(["TOTAL PLANNING AND DEVELOPMENT SERVICES"]),
    "police": Line(["TOTAL POLICE SERVICES"]),
    "fire": Line(["TOTAL FIRE AND RESCUE SERVICES"]),
    "central": Line(["TOTAL CENTRAL SERVICES"]),
    "other": Line(["TOTAL OTHER SERVICES"]),
    "total_service_expenditure": Line(["TOTAL SERVICE EXPENDITURE"]),
    "net_current_expenditure": Line(["NET CURRENT EXPENDITURE"]),
    "revenue_expenditure": Line(["REVENUE EXPENDITURE"]),
    "adult_social_care_precept": Line(
        [
            "Adult Social Care Expenditure financed from Adult Social Care Council Tax Flexibility",
        ]
    ),
    "reserves_schools_opening": Line(["Estimated schools reserves level at 1 April"]),
    "reserves_public_health_opening": Line(
        ["Estimated public health financial reserves level at 1 April"]
    ),
    "reserves_earmarked_opening": Line(
        ["Estimated other earmarked financial reserves level at 1 April"]
    ),
    "reserves_unallocated_opening": Line(
        ["Estimated unallocated financial reserves level at 1 April"]
    ),
}
"""Our measure, named as in the outturn, to the line of the return."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One year's sheet of budgeted net current expenditure."""
    grid = file.sheet(f"RA LA Data {release.period}")
    return returns(file, release, grid, LINES, coded=False)


SOURCE = Source(
    name="revenue_budget",
    title="Council revenue budget by service (RA)",
    publisher="Department for Communities and Local Government",
    licence="OGL v3.0",
    attribution="Contains public sector information of the Ministry of Housing, Communities and "
    "Local Government, licensed under the Open Government Licence v3.0.",
    grade="original",
    calendar=COUNCIL_BUDGET,
    about="What every English council, police, fire, waste, transport and park authority planned "
    "to spend in 2016-17, GBP thousand: net current expenditure by service, total service, net "
    "current and revenue expenditure, reserves expected on 1 April, and the adult social care "
    "spending to be paid for by the council tax precept. The file has no ONS codes. The parts of "
    "each service and the other lines (housing benefit, levies, trading accounts, capital "
    "charges, grants, council tax, reserves on 31 March, housing revenue account) are not read, "
    "nor the drop-down sheet. Budget and outturn of 2016-17 are not on one basis.",
    releases=[
        Release(
            file="council_finance/RA_2016-17_budget_data_by_LA.xlsx",
            url="https://raw.githubusercontent.com/BBC-Data-Unit/council-reserves/"
            "b92252397964f1367fab6a762bc4afc9a41c1103/budgetaccounts1617.xlsx",
            sha256="91e0f61339bef44fffd81a2f8796b498653ed2faaac5e8d970f8c8fa7237b3e3",
            period="2016-17",
            published="2016-06-30",
            rows=9450,
            label="budget",
        )
    ],
    columns={
        **COLUMNS,
        "measure": Column(pl.String, "Line of the return.", values=tuple(LINES)),
    },
    key=KEY,
    tidy=tidy,
    area=("ecode", "council"),
    markers=MARKERS,
    warnings=("not_one_basis", "scope_changes", "net_of_transfers"),
    reconcile=reconcile,
)
