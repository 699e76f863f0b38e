"""Why patients who need not be in hospital are still there: by trust, month and reason."""

import polars as pl

from pipeline.reading.calendar import NHS_MONTHLY
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source
from pipeline.sources._dates import financial_year
from pipeline.sources._discharge import ADDRESS, ATTRIBUTION, COUNT, MONTH, PLACES, YEAR

FRAME = "england_delayed_discharge_reasons"
COLUMNS = ("nhs_trust22_name", "nhs_trust22_code", "date", "delay_reason", "delay_count")
CATEGORIES = {
    "Hospital process": "hospital_process",
    "Wellbeing concerns": "wellbeing_concerns",
    "Care transfer hub process": "care_transfer_hub_process",
    "Interface process": "interface_process",
    "Capacity": "capacity",
}
SOCIAL = "Other home-based social care service"
HEALTH = "Other home-based community health service"
BEDS = "Bed-based rehabilitation, reablement or recovery service"
REASONS = {
    # Category and wording, with dashes, odd spaces and question marks made plain, to our reason.
    ("Hospital process", "Awaiting medical review of need for supported discharge"): (
        "medical_review"
    ),
    ("Hospital process", "Awaiting therapy review of need for supported discharge"): (
        "therapy_review"
    ),
    (
        "Hospital process",
        "Awaiting formal decision to discharge (inc diagnostic test results)",
    ): "decision_to_discharge",
    (
        "Hospital process",
        "Awaiting medicines to take home, discharge letter or other discharge documentation",
    ): "medicines_or_documents",
    ("Hospital process", "Awaiting patient transport services"): "patient_transport",
    (
        "Hospital process",
        "Awaiting referral to care transfer hub for supported discharge",
    ): "referral_to_hub",
    (
        "Hospital process",
        "Remaining in hospital due to infection prevention and control restrictions",
    ): "infection_control",
    ("Wellbeing concerns", "Awaiting determination of mental capacity"): "mental_capacity",
    ("Wellbeing concerns", "Issues with discharge destination readiness"): "destination_readiness",
    ("Wellbeing concerns", "Ongoing safeguarding concern"): "safeguarding",
    (
        "Wellbeing concerns",
        "Patient/family/carer concerns over discharge readiness",
    ): "concerns_over_readiness",
    ("Care transfer hub process", "Awaiting confirmation of funding eligibility"): (
        "funding_eligibility"
    ),
    (
        "Care transfer hub process",
        "Waiting for confirmation of immediate care needs and pathway",
    ): "needs_and_pathway",
    ("Care transfer hub process", "Awaiting necessary referrals by care transfer hub"): (
        "referrals_by_hub"
    ),
    ("Interface process", f"{BEDS} arrangements still underway (Pathway 2)"): (
        "intermediate_care_beds_arrangements"
    ),
    (
        "Interface process",
        "Home based rehabilitation, reablement or recovery service arrangements still underway "
        "(Pathway 1)",
    ): "intermediate_care_home_arrangements",
    ("Interface process", f"{HEALTH} arrangements still underway (Pathway 1)"): (
        "community_health_arrangements"
    ),
    ("Interface process", f"{SOCIAL} arrangements still underway (Pathway 1)"): (
        "home_care_arrangements"
    ),
    (
        "Interface process",
        "Residential/nursing home care arrangements still underway (Pathway 3)",
    ): "care_home_arrangements",
    (
        "Interface process",
        "End of life care inc Fast-Track CHC arrangement still underway (Pathway 1 or 3)",
    ): "end_of_life_arrangements",
    ("Interface process", "Further action requested by agreed provider"): "provider_action",
    ("Interface process", "Homeless with no recourse to public funds"): "no_public_funds",
    (
        "Interface process",
        "Housing provision arrangement for homelessness still underway (Pathway 0 or 1)",
    ): "housing_arrangements",
    (
        "Interface process",
        "Out of area discharge arrangements requested but not completed",
    ): "out_of_area_arrangements",
    (
        "Interface process",
        "Patient/family/carer choice discussions on package still underway",
    ): "choice_discussions",
    ("Interface process", "Self-funded care package arrangements still underway"): (
        "self_funded_arrangements"
    ),
    ("Capacity", f"{BEDS}s not yet available (Pathway 2)"): "intermediate_care_beds_capacity",
    (
        "Capacity",
        "Home-based rehabilitation, reablement or recovery services not yet available (Pathway 1)",
    ): "intermediate_care_home_capacity",
    ("Capacity", "Awaiting restart of existing social care arrangements (Pathway 0)"): (
        "care_restart"
    ),
    (
        "Capacity",
        "End of life care inc Fast-Track CHC not yet available (Pathway 1 or 3)",
    ): "end_of_life_capacity",
    ("Capacity", "Equipment and associated training not yet delivered (Pathway 1-3)"): "equipment",
    ("Capacity", "Housing adaptations not yet completed (Pathway 1 or 3)"): "housing_adaptations",
    ("Capacity", "Housing provision not yet available (Pathway 0 or 1)"): "housing_capacity",
    (
        "Capacity",
        "Mental health admitted patient care not yet available (Pathway 2)",
    ): "mental_health_beds_capacity",
    ("Capacity", f"{HEALTH}s not yet available (Pathway 1)"): "community_health_capacity",
    ("Capacity", f"{SOCIAL} not yet available (Pathway 1)"): "home_care_capacity",
    (
        "Capacity",
        "Residential/nursing home care not yet available (Pathway 3)",
    ): "care_home_capacity",
}
CODE = r"^[0-9A-Z]{3}$"


def plain(text: pl.Expr) -> pl.Expr:
    """A reason with one kind of dash after its category, single spaces and no stray marks.

    Some wordings hold non-breaking spaces, others a question mark where one was.
    """
    return (
        text.str.replace_all("[\u00a0?]", " ")
        .str.replace(r"^([A-Za-z\s]+?)\s*[–-]\s+", "${1} - ")
        .str.replace_all(r"\s+", " ")
        .str.replace_all(" /", "/", literal=True)
        .str.strip_chars()
    )


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Trust and month by reason."""
    frame = file.rdata(FRAME).with_row_index("row", offset=1)
    found = [name for name in frame.columns if name != "row"]
    if set(found) != set(COLUMNS):
        raise file.error(f"expected the columns {', '.join(COLUMNS)}, found {', '.join(found)}")
    names = {f"{category} - {words}": (category, r) for (category, words), r in REASONS.items()}
    frame = frame.with_columns(
        plain(pl.col("delay_reason")).alias("wording"),
        pl.col("date").cast(pl.String).str.slice(0, 10).str.to_date(strict=False).alias("day"),
    )
    for name, right, expected in (
        ("nhs_trust22_code", pl.col("nhs_trust22_code").str.contains(CODE), "an ODS code"),
        ("delay_reason", pl.col("wording").is_in(list(names)), "a declared reason"),
        ("date", pl.col("day").dt.day() == 1, "the first day of a month"),
        ("delay_count", pl.col("delay_count").fill_null(0) % 1 == 0, "a whole number"),
    ):
        wrong = frame.filter(~right.fill_null(False))
        if wrong.height:
            first = wrong.row(0, named=True)
            raise file.error(
                f"expected {expected}, found {first[name]!r} ({wrong.height} rows)",
                row=first["row"],
                column=name,
            )
    wording, day = pl.col("wording"), pl.col("day")
    value = pl.col("delay_count").cast(pl.Float64)
    return frame.select(
        pl.col("nhs_trust22_code").alias("org_code"),
        pl.col("nhs_trust22_name").alias("org_name"),
        day.dt.strftime("%Y-%m").alias("period"),
        financial_year(day).alias("year"),
        wording.replace_strict({text: CATEGORIES[c] for text, (c, _) in names.items()}).alias(
            "category"
        ),
        wording.replace_strict({text: reason for text, (_, reason) in names.items()}).alias(
            "reason"
        ),
        wording.str.extract(r"\(Pathway ([^)]*)\)$").alias("pathway"),
        value.alias("value"),
        pl.when(value.is_null()).then(pl.lit("x")).otherwise(pl.lit("ok")).alias("status"),
        "row",
    )


SOURCE = Source(
    name="delayed_discharge_reasons",
    title="Reasons for delayed discharge, by trust",
    publisher="NHS England (acute discharge situation report)",
    licence="OGL v3.0",
    attribution=ATTRIBUTION,
    grade="derived",
    calendar=NHS_MONTHLY,
    about="Patients whose discharge is delayed, by trust, month and one of 37 reasons, June 2024 "
    "to May 2025. The file does not say which patients of a month are counted, nor on which day. "
    "Dashes, odd spaces and question marks in the reasons are made plain; the category before "
    "the dash and the pathway at the end have columns of their own. The collector kept only the "
    "trusts of its list of 2022. There is no total.",
    releases=[
        Release(
            file="discharge/england_delayed_discharge_reasons.rda",
            url=f"{ADDRESS}data/england_delayed_discharge_reasons.rda",
            sha256="f1a532601d7359a8f20c7883727fd2e382965dd6516b47691932c9e0edc7574f",
            period="2024-2025",
            rows=52651,
        )
    ],
    columns={
        "org_code": PLACES["org_code"],
        "org_name": Column(pl.String, "Name as published."),
        "period": MONTH,
        "year": YEAR,
        "category": Column(
            pl.String, "Who or what the delay lies with.", values=tuple(CATEGORIES.values())
        ),
        "reason": Column(
            pl.String,
            "; ".join(f"{reason}: {words}" for (_, words), reason in REASONS.items()) + ".",
            values=tuple(REASONS.values()),
        ),
        "pathway": Column(
            pl.String, "Discharge pathways that the reason belongs to, such as 1 or 3.", null=True
        ),
        "value": COUNT,
        "status": STATUS_COLUMN,
    },
    key=("org_code", "period", "reason"),
    tidy=tidy,
    area=("org_code", "trust"),
    warnings=(
        "rekeyed",
        "moment_not_stated",
    ),
)
