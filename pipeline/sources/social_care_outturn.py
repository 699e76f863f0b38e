"""Council revenue outturn, adult social care by line (RO3), 2022-23 to 2024-25."""

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
    "physical_support_18_64": Line("Physical support - adults (18-64)", "ascphyadl"),
    "physical_support_65_over": Line("Physical support - older people (65+)", "ascphyold"),
    "sensory_support_18_64": Line("Sensory support - adults (18-64)", "ascsnsadl"),
    "sensory_support_65_over": Line("Sensory support - older people (65+)", "ascsnsold"),
    "memory_cognition_18_64": Line(
        "Support with memory and cognition - adults (18-64)", "ascmmradl"
    ),
    "memory_cognition_65_over": Line(
        "Support with memory and cognition - older people (65+)", "ascmmrold"
    ),
    "learning_disability_18_64": Line("Learning disability support - adults (18-64)", "asclrnadl"),
    "learning_disability_65_over": Line(
        "Learning disability support - older people (65+)", "asclrnold"
    ),
    "mental_health_18_64": Line("Mental health support - adults (18-64)", "ascmntadl"),
    "mental_health_65_over": Line("Mental health support - older people (65+)", "ascmntold"),
    "substance_misuse": Line("Social support: Substance misuse support", "ascsclsbs"),
    "asylum_seekers": Line("Social support: Asylum seeker support", "ascsclasy"),
    "social_isolation": Line("Social support: Social Isolation", "ascsclisl"),
    "carers": Line("Social support: Support for carer", "ascsclcrr"),
    "carers_18_64": Line("Social support: Support for carer - adults (18-64)", "ascsclcrradl"),
    "carers_65_over": Line(
        "Social support: Support for carer - older people (65+)", "ascsclcrrold"
    ),
    "assistive_technology": Line("Assistive equipment and technology", "ascass"),
    "assistive_technology_18_64": Line(
        "Subcategory: Assistive equipment and technology - adults (18-64)", "ascassadl"
    ),
    "assistive_technology_65_over": Line(
        "Subcategory: Assistive equipment and technology - older people (65+)", "ascassold"
    ),
    "assessment_safeguarding": Line("Care assessment and safeguarding", "asccrasssfg"),
    "assessment_safeguarding_18_64": Line(
        "Subcategory: Care assessment and safeguarding - adults (18-64)", "asccrasssfgadl"
    ),
    "assessment_safeguarding_65_over": Line(
        "Subcategory: Care assessment and safeguarding - older people (65+)", "asccrasssfgold"
    ),
    "information_early_intervention": Line("Information and early intervention", "ascinf"),
    "information_early_intervention_18_64": Line(
        "Subcategory: Information and early intervention - adults (18-64)", "ascinfadl"
    ),
    "information_early_intervention_65_over": Line(
        "Subcategory: Information and early intervention - older people (65+)", "ascinfold"
    ),
    "commissioning": Line("Commissioning, strategy and admin support", "asccmstad"),
    "commissioning_18_64": Line(
        "Subcategory: Commissioning, strategy and admin support - adults (18-64)", "asccmstadadl"
    ),
    "commissioning_65_over": Line(
        "Subcategory: Commissioning, strategy and admin support - older people (65+)",
        "asccmstadold",
    ),
    "disbursements_to_providers": Line(
        "Disbursement payments to care providers", "ascdsbcr", last=2023
    ),
    "other_payments_to_providers": Line(
        "Other payments to care providers", "ascothnondsbcr", last=2023
    ),
    "total_adult_social_care": Line("TOTAL ADULT SOCIAL CARE", "asctot"),
}
"""Our name to the line of the form, in its order."""

NOTED = {**MARKERS, "[note 4]": "x"}
"""In 2024-25 the lines of a council that gave only their total hold the mark of the note on it."""
SWAPPED = {
    "2022-23": {
        ("carers_18_64", "C6"): "ascsclcrrold",
        ("carers_65_over", "C6"): "ascsclcrradl",
    }
}
"""Two hidden ids stand in each other's place: the columns add up as the headings say."""

TOTAL = "total_adult_social_care"
SPLIT = tuple(line for line in LINES if f"{line}_18_64" in LINES and f"{line}_65_over" in LINES)
"""Lines that are split by age below."""
WHOLES = {
    **{line: (f"{line}_18_64", f"{line}_65_over") for line in SPLIT},
    TOTAL: tuple(
        line
        for line in LINES
        if line != TOTAL and line.removesuffix("_18_64").removesuffix("_65_over") not in SPLIT
    )
    + SPLIT,
}


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One year's adult social care."""
    names = (f"RO3_LA_Data_{release.period}", f"RO3_LA_Data_{release.period.replace('-', '')}")
    return returns(
        file,
        release,
        file.sheet(*names),
        "RO3",
        LINES,
        markers=NOTED,
        misprints=SWAPPED.get(release.period),
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """Areas, columns and lines against their parts."""
    return pl.concat([area_sums(frame), column_sums(frame), line_sums(frame, WHOLES)])


FILES = """
    2022-23 2023-12-14 December 95046 RO3_2022-23_data_by_LA.ods 87bd103565a24737df933f0d04f60aea957d8e2a/data/RO3_2022-23_data_by_LA.ods ee7924efce27879f1ae2c45e458fe9728dde56f21b5d5cc9878af7bfdb9a5f51
    2023-24 2024-08-29 first 91791 RO3_2023-24_data_by_LA.ods e18f0c5472ddbf974874d7c0b376252e98cb6599/data/RO3_2023-24_data_by_LA.ods 21afc220fd9e38c516ab067fb67e0d7f0d81f65eaa644483fecee5d7acf0dbdd
    2024-25 2025-09-18 first 85666 RO3_2024-25_release1_LA_Data.ods 8ce79f849a55e73aa6bad7a25356f570ed23a76f/data-raw/RO3_LA_Data_2024-25_data_by_LA.ods 2b4060a222d56c3098df20d1c4b38b6845a96ce3165861d0bf788983b8eb40b7
"""  # noqa: E501 - one file a line: year, last update, label, rows, name, address, sha256

SOURCE = Source(
    name="social_care_outturn",
    title="Adult social care outturn by line (RO3)",
    publisher="Ministry of Housing, Communities and Local Government (until 2024 the Department "
    "for Levelling Up, Housing and Communities)",
    licence="OGL v3.0",
    attribution="Contains public sector information of the Ministry of Housing, Communities and "
    "Local Government, licensed under the Open Government Licence v3.0.",
    grade="original",
    calendar=COUNCIL_OUTTURN,
    about="What every English authority spent on adult social care, GBP thousand, by line of the "
    "form (support by need and age, carers, assistive equipment and technology, assessment, "
    "information, commissioning, payments to providers until 2023-24, total) and by its seven "
    "columns: employees, running expenses and their total; sales, fees and charges, other income "
    "and their total; net current expenditure. Other income holds transfers from the NHS such as "
    "the Better Care Fund, and from other councils; its zeros may be a way of reporting. Lines "
    "named 18_64 and 65_over of carers, assistive technology, assessment, information and "
    "commissioning are parts of the line above them. Not every authority had sent a return: "
    "England and class totals hold the publisher's estimates for the missing ones. In 2024-25 one "
    "council gave a total without lines. Children's social care, public health, agency staff and "
    "supporting people are not read, nor the drop-down sheet.",
    releases=releases(FILES),
    columns=columns(LINES),
    key=KEY,
    tidy=tidy,
    area=("ecode", "council"),
    markers=NOTED,
    warnings=WARNINGS,
    reconcile=reconcile,
)
