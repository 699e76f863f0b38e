"""Council revenue budget (RA) 2016-17: the outturn's sheet with other headings and no ONS codes."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import Sheet, workbook
from pipeline.sample.world import World
from pipeline.sample.writers.revenue_outturn import UNIT, Form, sheet

LINES = {
    "education": "TOTAL EDUCATION SERVICES",
    "highways": "TOTAL HIGHWAYS AND TRANSPORT SERVICES",
    "children_social_care": "TOTAL CHILDREN'S SOCIAL CARE",
    "adult_social_care": "TOTAL ADULT SOCIAL CARE",
    "public_health": "TOTAL PUBLIC HEALTH",
    "housing": "TOTAL HOUSING SERVICES (GFRA only)",
    "cultural": "TOTAL CULTURAL AND RELATED SERVICES",
    "environmental": "TOTAL ENVIRONMENTAL AND REGULATORY SERVICES",
    "planning": "TOTAL PLANNING AND DEVELOPMENT SERVICES",
    "police": "TOTAL POLICE SERVICES",
    "fire": "TOTAL FIRE AND RESCUE SERVICES",
    "central": "TOTAL CENTRAL SERVICES",
    "other": "TOTAL OTHER SERVICES",
    "total_service_expenditure": "TOTAL SERVICE EXPENDITURE",
    "net_current_expenditure": "NET CURRENT EXPENDITURE",
    "revenue_expenditure": "REVENUE EXPENDITURE",
    "adult_social_care_precept": "Adult Social Care Expenditure financed from Adult Social Care "
    "Council Tax Flexibility",
}
RESERVES = {
    "reserves_schools_opening": "Estimated schools reserves level at 1 April",
    "reserves_public_health_opening": "Estimated public health financial reserves level at 1 April",
    "reserves_earmarked_opening": "Estimated other earmarked financial reserves level at 1 April",
    "reserves_unallocated_opening": "Estimated unallocated financial reserves level at 1 April",
}


def write(world: World, release: Release, path: Path) -> None:
    """Write the budget of the year."""
    year = int(release.period[:4])
    form = Form(
        f"RA LA Data {release.period}",
        LINES,
        RESERVES,
        [
            [f"Revenue Account Budget (RA): {release.period} data (generated, not real)"],
            [UNIT],
            [None],
            [None],
        ],
        {"services": "Service Expenditure", "reserves": f"Reserves at 1 April {year}"},
        coded=False,
        spacer=False,
    )
    page = sheet(world, form, world.money.planned, absent=0, year=year)
    workbook(path, [Sheet("Front Page", [["Generated, not real"]]), page])
