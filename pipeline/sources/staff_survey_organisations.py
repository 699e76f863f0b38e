"""NHS Staff Survey 2021-2024: how staff live their work, by organisation."""

import polars as pl

from pipeline.reading.calendar import STAFF_SURVEY
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers

AGREE = "percent who agree or strongly agree"
HARASSED = "percent harassed, bullied or abused in twelve months by"
HURT = "percent who met physical violence in twelve months from"
DISCRIMINATED = "percent discriminated against in twelve months by"

MEASURES = {
    # Published share to our measure, the number of those who answered, and the question.
    "Autonomy_rate": (
        "able_to_make_improvements",
        "Autonomy_base",
        f"Q3f I am able to make improvements happen in my area of work, {AGREE}",
    ),
    "Time_demands_meet_rate": (
        "able_to_meet_demands",
        "Time_demands_meet_base",
        f"Q3g I am able to meet all the conflicting demands on my time at work, {AGREE}",
    ),
    "Enough_staff_rate": (
        "enough_staff",
        "Enough_staff_base",
        f"Q3i There are enough staff for me to do my job properly, {AGREE}",
    ),
    "Mastery_meaning_rate": (
        "role_makes_a_difference",
        "Mastery_base",
        f"Q6a I feel that my role makes a difference to patients or service users, {AGREE}",
    ),
    "Membership_rate": (
        "valued_by_team",
        "Membership_base",
        f"Q7h I feel valued by my team, {AGREE}",
    ),
    "Stress_rate": (
        "unwell_from_stress",
        "Stress_base",
        "Q11c percent who felt unwell from work-related stress in twelve months",
    ),
    **{
        f"{label}{part}": (f"{name}_{words}", f"{label}_base", f"{question}, percent {meaning}")
        for label, name, question in (
            ("Emotionally_exhausting", "exhausted", "Q12a work is emotionally exhausting"),
            ("Burned_out", "burnt_out", "Q12b burnt out because of work"),
            ("Frustration", "frustrated", "Q12c work frustrates"),
        )
        for part, words, meaning in (
            ("_rate", "often", "often or always"),
            ("_sometimes_rate", "sometimes", "sometimes, often or always"),
            ("_ever_rate", "ever", "all but never"),
        )
    },
    **{
        f"{label}_rate": (name, f"{label}_base", question)
        for label, name, question in (
            ("Physical_public", "violence_public", f"Q13a {HURT} patients or the public"),
            ("Physical_manager", "violence_managers", f"Q13b {HURT} managers"),
            ("Physical_colleagues", "violence_colleagues", f"Q13c {HURT} other colleagues"),
            ("Emotional_public", "harassment_public", f"Q14a {HARASSED} patients or the public"),
            ("Emotional_manager", "harassment_managers", f"Q14b {HARASSED} managers"),
            ("Emotional_colleagues", "harassment_colleagues", f"Q14c {HARASSED} other colleagues"),
            (
                "Discrimination_public",
                "discrimination_public",
                f"Q16a {DISCRIMINATED} patients or the public",
            ),
            (
                "Discrimination_internal",
                "discrimination_internal",
                f"Q16b {DISCRIMINATED} a manager, team leader or colleague",
            ),
            ("Patient_facing", "patient_facing", "Q1 percent who meet patients in their work"),
            ("Med_Dental", "medical_or_dental", "percent who are doctors or dentists"),
            ("Older", "aged_51_and_over", "percent aged 51 and over"),
            ("Female", "female", "percent female"),
            ("Ethnic_minority", "ethnic_minority", "percent of all but the white groups"),
            ("Sexual_minority", "sexual_minority", "percent of all but heterosexual"),
        )
    },
    **{
        f"Religion_{label}_rate": (f"religion_{name}", "Religion_base", f"religion, percent {name}")
        for label, name in (
            ("None", "none"),
            ("Christian", "christian"),
            ("Buddhist", "buddhist"),
            ("Hindu", "hindu"),
            ("Jewish", "jewish"),
            ("Muslim", "muslim"),
            ("Sikh", "sikh"),
            ("Any_other", "any_other"),
            ("Decline_answer", "not_said"),
        )
    },
}
RELIGIONS = tuple(name for name, _, _ in MEASURES.values() if name.startswith("religion_"))
ORGANISATION = {
    "ODS code": "org_code",
    "Year": "period",
    "Organisation name": "org_name",
    "Benchmarking group": "group",
    "Weighting": "weighting",
}
HOLDERS = ("Region", "ICS/STP", "ICS")
PLACES = {
    # The columns that hold the region and the system: those of 2021 are swapped.
    "2021": ("ICS/STP", "Region"),
    "2022": ("Region", "ICS/STP"),
    "2023": ("Region", "ICS"),
    "2024": ("Region", "ICS"),
}
UNREAD = (
    "Respondents",
    "Burned_out_response_rate",
    "Emotionally_exhausting_response_rate",
    "Frustration_response_rate",
)
MARKERS = {"NA": "x", "<NA>": "x", "-": "x"}
CODE = r"^([0-9A-Z]{3,5})(/[0-9A-Z]{3})*$"
"""Some commissioners answer together, under codes joined by strokes."""


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Organisation and year by measure."""
    grid = file.csv()
    bases = tuple(dict.fromkeys(base for _, base, _ in MEASURES.values()))
    labels = (*HOLDERS, *MEASURES, *bases, *UNREAD)
    frame = grid.table(
        grid.header("ODS code", "Year"), ORGANISATION | {label: label for label in labels}
    )
    for name, label, right, expected in (
        ("period", "Year", pl.col("period").is_in(list(PLACES)), "expected a declared year"),
        ("org_code", "ODS code", pl.col("org_code").str.contains(CODE), "expected an ODS code"),
    ):
        grid.refuse(frame.filter(~right.fill_null(False)), name, label, expected)
    frame = _placed(file, frame)
    index = ["row", "org_code", "org_name", "period", "group", "weighting", "region", "system"]
    values = numbers(
        frame.unpivot(on=list(MEASURES), index=index, variable_name="label", value_name="text"),
        "text",
        file=file,
        markers=MARKERS,
    )
    answered = numbers(
        frame.unpivot(on=list(bases), index="row", variable_name="label", value_name="text"),
        "text",
        file=file,
        markers=MARKERS,
    )
    part = answered.filter(pl.col("value") % 1 != 0)
    grid.refuse(part, "value", part["label"][0] if part.height else "", "expected a whole number")
    return values.join(
        answered.select("row", pl.col("label").alias("base"), pl.col("value").alias("respondents")),
        left_on=["row", pl.col("label").replace_strict({k: v[1] for k, v in MEASURES.items()})],
        right_on=["row", "base"],
        how="left",
    ).select(
        *index,
        pl.col("period").cast(pl.Int32).alias("year"),
        pl.col("label").replace_strict({k: v[0] for k, v in MEASURES.items()}).alias("measure"),
        "value",
        "status",
        pl.col("respondents").cast(pl.Int32),
    )


def _placed(file: PublishedFile, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``region`` and ``system`` from the columns that hold them in their year.

    Raises:
        SourceError: a year has more regions than systems, or a third column is not empty.
    """

    def held(number: int) -> pl.Expr:
        choice = pl.lit(None, pl.String)
        for year, holders in PLACES.items():
            text = pl.col(holders[number])
            choice = pl.when(pl.col("period") == year).then(text).otherwise(choice)
        return pl.when(~choice.is_in(list(MARKERS))).then(choice)

    placed = frame.with_columns(held(0).alias("region"), held(1).alias("system"))
    for year, holders in PLACES.items():
        here = placed.filter(pl.col("period") == year)
        regions, systems = here["region"].drop_nulls(), here["system"].drop_nulls()
        if regions.n_unique() > systems.n_unique():
            raise file.error(
                f"in {year} expected no more regions than systems, found {regions.n_unique()} and "
                f"{systems.n_unique()}",
                row=here["row"][0],
                column=holders[0],
                todo="The columns may no longer be swapped; compare and change PLACES.",
            )
        spare = next(name for name in HOLDERS if name not in holders)
        filled = here.filter(~pl.col(spare).is_in(list(MARKERS)))
        if filled.height:
            first = filled.row(0, named=True)
            raise file.error(
                f"expected no place in {year}, found {first[spare]!r}",
                row=first["row"],
                column=spare,
            )
    return placed.drop(HOLDERS)


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """The answers to the question of religion make a hundred percent."""
    return (
        frame.filter(pl.col("measure").is_in(RELIGIONS))
        .group_by("period", "org_code")
        .agg(pl.col("value").sum().alias("sum"), pl.col("value").null_count().alias("missing"))
        .select(
            pl.lit("religions = 100 percent").alias("check"),
            "period",
            pl.col("org_code").alias("area"),
            pl.lit(100.0).alias("published"),
            pl.when(pl.col("missing") == 0).then(pl.col("sum")).alias("computed"),
            pl.lit(0.01).alias("tolerance"),
        )
    )


SOURCE = Source(
    name="staff_survey_organisations",
    title="NHS Staff Survey: improvement, team and strain, 2021-2024",
    publisher="NHS England",
    licence="Unclear: nhsstaffsurveys.com carries a copyright notice, an old entry on data.gov.uk "
    "says OGL. Attribute NHS England.",
    attribution="NHS Staff Survey, NHS England; selected and reshaped in ebmgt/NHS-Gender "
    "(GPL-3.0).",
    grade="derived",
    calendar=STAFF_SURVEY,
    about="Percent of an organisation's staff by measure, with the number who answered that "
    "question: Q3f (able to make improvements happen), eight more themes of work and strain, and "
    "who the staff are. The region and the system (ICS or STP) of an organisation stand in "
    "swapped columns in 2021. Isle of Wight is R1F1 to R1F4, one code a sector; commissioners of "
    "2021 answer under joined or five-character codes. Respondents, which is the largest base "
    "raised to at least 100, and the three response rates computed from it are not read.",
    releases=[
        Release(
            file="nhs_staff_survey/data_trusts_well-being_-_organisational_results.csv",
            url="https://raw.githubusercontent.com/ebmgt/NHS-Gender/"
            "e042fd3284271345f645734d769cd57bb17748ad/Data%20files/"
            "data_trusts_well-being%20-%20organisational%20results.csv",
            sha256="cef76c23600ccbce9cf9284da1def906339be6eed4e8cb86cd399070fefd7579",
            period="2021-2024",
            rows=40850,
        )
    ],
    columns={
        "org_code": Column(pl.String, "ODS code as published."),
        "org_name": Column(pl.String, "Name as published."),
        "period": Column(pl.String, "Year of the survey."),
        "year": Column(pl.Int32, "The same as a number.", low=2021, high=2024),
        "group": Column(pl.String, "Benchmarking group: the kind of organisation."),
        "weighting": Column(pl.String, "How answers are weighted, such as by occupation group."),
        "region": Column(pl.String, "NHS region.", null=True),
        "system": Column(pl.String, "Integrated care system or its forerunner.", null=True),
        "measure": Column(
            pl.String,
            "; ".join(f"{name}: {words}" for name, _, words in MEASURES.values()) + ".",
            values=tuple(name for name, _, _ in MEASURES.values()),
        ),
        "value": Column(
            pl.Float64,
            "Percent of those who answered; empty where the status says so.",
            low=0,
            high=100,
            null=True,
        ),
        "status": STATUS_COLUMN,
        "respondents": Column(pl.Int32, "Staff who answered the question.", low=1, null=True),
    },
    key=("org_code", "year", "measure"),
    tidy=tidy,
    area=("org_code", "trust"),
    markers=MARKERS,
    warnings=("rekeyed", "licence_unclear"),
    reconcile=reconcile,
)
