"""Ofsted inspections of councils' services for children, with the judgement on leaders."""

import polars as pl

from pipeline.reading.published import Grid, PublishedFile, squash
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source
from pipeline.sources._council_names import registry_name
from pipeline.sources._dates import financial_period, financial_year

GRADES = {
    "Inadequate": 1.0,
    "Requires improvement to be good": 2.0,
    "Good": 3.0,
    "Outstanding": 4.0,
}
JUDGEMENTS = {
    "overall effectiveness": "overall_effectiveness",
    "impact of leaders": "impact_of_leaders",
    "experiences and progress of children who need help and protection": "help_and_protection",
    "experiences and progress of children in care": "children_in_care",
    "experiences and progress of care leavers": "care_leavers",
}
BEFORE_2023 = {
    "experiences and progress of children in care and care leavers": "children_in_care",
}
"""One judgement until the end of 2022, in the words of the table of former councils."""
CARE_LEAVERS = "care_leavers"
TYPES = ("ILACS Standard Inspection", "ILACS Short Inspection")
LINK = {"Web link": "link", "Local authority name": "areanm"}
NEVER = "Not yet inspected"
FORMER = "ILACS inspections of local authorities that existed before the restructure"
LATEST_SHEET = "Inspections_31_March_2024"
HISTORY_SHEET = "ILACS_inspections_2018-2024"
BLOCKS = ("First ILACS", "Second ILACS")
FORMER_BLOCK = "ILACS framework"


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council and inspection by judgement, out of three tables."""
    grid = file.sheet(LATEST_SHEET)
    latest = grid.table(
        grid.header("Local authority name", "Inspection date"),
        LINK
        | {"Ofsted region": "region", "Inspection date": "day"}
        | {label.capitalize(): label for label in JUDGEMENTS},
    ).with_columns(pl.lit(None, pl.String).alias("inspection_type"))
    parts = [_long(grid, latest, JUDGEMENTS, part="latest", number=0, label="Inspection date")]

    grid = file.sheet(HISTORY_SHEET)
    cut = next((i for i, row in enumerate(grid.rows) if squash(row[0]) == FORMER), None)
    if cut is None:
        raise grid.error(f"expected a row '{FORMER}', found none; cut short?")
    current = Grid(grid.file, grid.sheet, grid.rows[:cut], grid.aside)
    header = current.header("Local authority name", f"{BLOCKS[0]} publication date")
    every = {label: label for block in BLOCKS for label in _labels(block, JUDGEMENTS)}
    wide = current.table(header, LINK | {"LA region": "region"} | every)
    for number, block in enumerate(BLOCKS, 1):
        parts.append(_block(current, wide, block, JUDGEMENTS, part="history", number=number))
    # Rows above the former councils are blanked, not cut off, so that row numbers stay.
    blank = [(None,) * len(row) for row in grid.rows[: cut + 1]]
    former = Grid(grid.file, grid.sheet, [*blank, *grid.rows[cut + 1 :]], grid.aside)
    judgements = {
        label: name for label, name in JUDGEMENTS.items() if name not in BEFORE_2023.values()
    } | BEFORE_2023
    judgements.pop("experiences and progress of care leavers")
    labels = {label: label for label in _labels(FORMER_BLOCK, judgements)}
    body = former.table(cut + 1, LINK | {"LA region": "region"} | labels)
    parts.append(_block(former, body, FORMER_BLOCK, judgements, part="former", number=1))
    return pl.concat(parts)


def _labels(block: str, judgements: dict[str, str]) -> list[str]:
    return [f"{block} {words}" for words in ("publication date", "inspection type", *judgements)]


def _block(
    grid: Grid,
    wide: pl.DataFrame,
    block: str,
    judgements: dict[str, str],
    *,
    part: str,
    number: int,
) -> pl.DataFrame:
    """One run of columns: the first inspection of each council, or the second."""
    content = pl.any_horizontal(pl.col(_labels(block, judgements)).is_not_null())
    frame = wide.filter(content).select(
        *LINK.values(),
        "region",
        pl.col(f"{block} publication date").alias("day"),
        pl.col(f"{block} inspection type").alias("inspection_type"),
        *(pl.col(f"{block} {label}").alias(label) for label in judgements),
        "row",
    )
    wrong = frame.filter(~pl.col("inspection_type").is_in(TYPES).fill_null(False))
    expected = f"expected one of {', '.join(TYPES)}"
    grid.refuse(wrong, "inspection_type", f"{block} inspection type", expected)
    return _long(
        grid, frame, judgements, part=part, number=number, label=f"{block} publication date"
    )


def _long(
    grid: Grid,
    frame: pl.DataFrame,
    judgements: dict[str, str],
    *,
    part: str,
    number: int,
    label: str,
) -> pl.DataFrame:
    frame = frame.filter(pl.any_horizontal(pl.exclude("row", "inspection_type").is_not_null()))
    grid.refuse(
        frame.filter(pl.col("areanm").is_null()), "areanm", "Local authority name", "expected it"
    )
    never = (pl.col("day") == NEVER).fill_null(False)
    if part != "latest":
        never = pl.lit(False)
    frame = frame.with_columns(
        pl.col("day").str.head(10).str.to_date("%Y-%m-%d", strict=False).alias("date")
    )
    wrong = frame.filter(pl.col("date").is_null() & ~never)
    grid.refuse(wrong, "day", label, "expected a date")
    long = frame.with_columns(never.alias("never")).unpivot(
        on=list(judgements),
        index=["areanm", "region", "date", "never", "inspection_type", "row"],
        variable_name="label",
        value_name="grade",
    )
    measure = pl.col("label").replace_strict(judgements)
    # Care leavers have had a judgement of their own since 2023 only.
    blank = (
        pl.when(pl.col("never")).then(pl.lit("x")).when(measure == CARE_LEAVERS).then(pl.lit("z"))
    )
    long = long.with_columns(
        measure.alias("measure"),
        pl.col("grade")
        .replace_strict(GRADES, default=None, return_dtype=pl.Float64)
        .alias("value"),
    ).with_columns(
        pl.when(pl.col("value").is_not_null())
        .then(pl.lit("ok"))
        .when(pl.col("grade").is_null())
        .then(blank)
        .alias("status")
    )
    wrong = long.filter(pl.col("status").is_null())
    if wrong.height:
        first = wrong.row(0, named=True)
        raise grid.error(
            f"expected one of {', '.join(GRADES)}, found {first['grade']!r} ({wrong.height} cells)",
            row=first["row"],
            column=first["label"],
        )
    latest = part == "latest"
    return long.select(
        "areanm",
        registry_name("areanm").alias("registry_name"),
        "region",
        pl.lit(part).alias("part"),
        pl.lit(number, pl.Int32).alias("inspection"),
        pl.when(pl.lit(latest)).then("date").alias("inspection_date"),
        pl.when(pl.lit(not latest)).then("date").alias("publication_date"),
        "inspection_type",
        financial_period(pl.col("date")).alias("period"),
        financial_year(pl.col("date")).alias("year"),
        "measure",
        "grade",
        "value",
        "status",
        "row",
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """The judgement of each council's latest inspection in both sheets.

    A council that has never been inspected is in one of them only.
    """
    latest = frame.filter(pl.col("part") == "latest")
    last = (
        frame.filter(pl.col("part") == "history")
        .sort("inspection")
        .group_by("registry_name", "measure", maintain_order=True)
        .agg(pl.col("value").last().alias("computed"))
    )
    names = ["registry_name", "measure"]
    return (
        latest.filter(pl.col("value").is_not_null())
        .join(last, on=names, how="left")
        .select(
            pl.format("latest = last of the history: {}", "measure").alias("check"),
            "period",
            pl.col("registry_name").alias("area"),
            pl.col("value").alias("published"),
            "computed",
            pl.lit(0.0).alias("tolerance"),
        )
    )


SOURCE = Source(
    name="ofsted_inspections",
    title="Ofsted inspections of local authority children's services, with impact of leaders",
    publisher="Ofsted",
    licence="OGL v3.0",
    attribution="Contains Ofsted data, licensed under the Open Government Licence v3.0.",
    grade="original",
    about="Five judgements of each standard and short inspection under the framework of 2018 "
    "(ILACS): the latest of each council with the date of inspection (part latest), the first and "
    "the second with the date of publication (history), and those of councils since replaced "
    "(former). The inspections of the year 2023-24 with their focused and monitoring visits are "
    "not read. Care leavers have a judgement of their own only in inspections since 2023; before, "
    "it was one with children in care. The file has names and no codes: registry_name is the "
    "register's name. A council and its predecessor can share one: North Yorkshire's first "
    "inspection and Somerset's are of the county councils that ended in 2023, though they stand "
    "among the present councils. Join by name and date.",
    releases=[
        Release(
            file="council_leadership/LA_Inspection_Outcomes_as_at_March_2024.ods",
            url="https://raw.githubusercontent.com/dfe-analytical-services/CSC_outcomes_and_"
            "enablers/564a8ad63aa7990c00a6de3716ff8be74692e5a7/data/"
            "LA_Inspection_Outcomes_as_at_March_2024.ods",
            sha256="faf838f6436be617e2969e743424f627669e8a8d8fc450b111a502c17a618251",
            period="2018-2024",
            published="2024-08-30",
            rows=1857,
        )
    ],
    columns={
        "areanm": Column(pl.String, "Name as published."),
        "registry_name": Column(pl.String, "Name in the register of councils."),
        "region": Column(pl.String, "Region of Ofsted."),
        "part": Column(
            pl.String,
            "Table of the file: latest, history (present councils), or former (councils since "
            "replaced).",
            values=("latest", "history", "former"),
        ),
        "inspection": Column(
            pl.Int32, "1 the first, 2 the second under the framework; 0 in part latest.", low=0
        ),
        "inspection_date": Column(pl.Date, "When it was inspected (part latest).", null=True),
        "publication_date": Column(
            pl.Date, "When the report came out (parts history and former).", null=True
        ),
        "inspection_type": Column(
            pl.String, "Standard or short (not in part latest).", values=TYPES, null=True
        ),
        "period": Column(pl.String, "Financial year of that date, such as 2022-23.", null=True),
        "year": Column(pl.Int32, "The year it starts in.", null=True),
        "measure": Column(pl.String, "What was judged.", values=tuple(JUDGEMENTS.values())),
        "grade": Column(
            pl.String, "The judgement in Ofsted's words.", values=tuple(GRADES), null=True
        ),
        "value": Column(
            pl.Float64,
            "1 inadequate to 4 outstanding: higher is better (Ofsted counts the other way).",
            low=1,
            high=4,
            null=True,
        ),
        "status": STATUS_COLUMN,
    },
    key=("part", "areanm", "inspection", "measure"),
    warnings=(
        "definition_changes",
        "names_only",
    ),
    tidy=tidy,
    markers={NEVER: "x"},
    reconcile=reconcile,
)
