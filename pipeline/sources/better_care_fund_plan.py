"""Better Care Fund 2022-23: planned spending on two kinds of intermediate care, by board."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers

MEASURES = {
    "Bed based intermediate Care Services": "planned_bed_based_intermediate_care",
    "Reablement in a persons own home": "planned_reablement_at_home",
}
"""Scheme type to our measure."""

COLUMNS = {
    "Code": "areacd",
    "LA_name": "areanm",
    **MEASURES,
    "LA_code.x": "code_x",
    "area_code": "area_code",
    "region_code": "region_code",
    "region_name": "region_name",
    "metric": "metric",
    "value": "people",
    "date": "date",
    "over_65_pop.x": "older_x",
    "reablement_BCF_percapita": "per_capita",
    "reablement_BCF_per65s": "per_older",
    "LA_code.y": "code_y",
    "episodes_over65": "episodes",
    "over_65_pop.y": "older_y",
    "population": "population",
    "per_cap": "per_cap",
}
MARKERS = {"NA": "x"}
TOTAL = "Total"
ENGLAND = "E92000001"


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """A row a board and scheme type, and the total."""
    grid = file.csv()
    frame = grid.table(grid.header("Code", "LA_name", *MEASURES), COLUMNS)
    total = pl.col("areacd") == TOTAL
    if frame.filter(total).height != 1 or frame["areacd"].to_list()[-1] != TOTAL:
        raise grid.error("expected the row Total at the end, found none; cut short?")
    coded = pl.col("areacd").str.contains(r"^E(06|08|09|10)\d{6}$").fill_null(False)
    grid.refuse(
        frame.filter(~total & ~coded), "areacd", "Code", "expected an ONS code such as E06000001"
    )
    # The codes of the two tables that were joined to the plan must be the plan's own.
    for name, label in (("code_x", "LA_code.x"), ("code_y", "LA_code.y")):
        other = ~pl.col(name).is_in(["NA"]) & (pl.col(name) != pl.col("areacd"))
        grid.refuse(frame.filter(other), name, label, "expected the board's own code")
    frame = frame.with_columns(
        pl.when(total).then(pl.lit("country")).otherwise(pl.lit("council")).alias("area_type"),
        pl.when(total).then(pl.lit("England")).otherwise("areanm").alias("areanm"),
        pl.when(total).then(pl.lit(ENGLAND)).otherwise("areacd").alias("areacd"),
    )
    index = ["areacd", "areanm", "area_type", "row"]
    long = frame.unpivot(
        on=list(MEASURES.values()), index=index, variable_name="measure", value_name="text"
    ).with_columns(
        pl.col("measure")
        .replace_strict({ours: label for label, ours in MEASURES.items()})
        .alias("label")
    )
    return numbers(long, "text", file=file, markers=MARKERS).select(
        *index,
        pl.lit(release.period).alias("period"),
        pl.lit(int(release.period[:4])).alias("year"),
        "measure",
        "value",
        "status",
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """The total against the boards; it leaves out those that have no such scheme."""
    by = ["period", "measure"]
    country = pl.col("area_type") == "country"
    boards = frame.filter(~country).group_by(by).agg(computed=pl.col("value").sum())
    return (
        frame.filter(country)
        .select(*by, area="areacd", published="value")
        .join(boards, on=by)
        .select(
            pl.format("total = sum of boards: {}", "measure").alias("check"),
            "period",
            "area",
            "published",
            "computed",
            pl.lit(0.5).alias("tolerance"),
        )
    )


SOURCE = Source(
    name="better_care_fund_plan",
    title="Better Care Fund plans for intermediate care, 2022-23",
    publisher="NHS England, put together by the Health Foundation",
    licence="OGL v3.0",
    attribution="Contains NHS England data, licensed under the Open Government Licence v3.0, "
    "processed by the Health Foundation.",
    grade="derived",
    about="What each health and wellbeing board planned to spend from the Better Care Fund in "
    "2022-23 on bed-based intermediate care and on reablement in people's own homes, GBP. A board "
    "without a figure (NA) has no scheme of that type in the collection, or named it otherwise: "
    "it is not a zero. One board covers Cornwall and the Isles of Scilly and stands under "
    "Cornwall's code. Populations, episodes and the rates made of them, which were joined to the "
    "plans from elsewhere, are not read.",
    releases=[
        Release(
            file="better_care_fund/hf_BCF_planned_2022_23.csv",
            url="https://raw.githubusercontent.com/HFAnalyticsLab/Intermediate-care-open-data-clean/"
            "b7d447a4c6ab1eba2e8995d6926a47af44149dfc/Outputs/BCF.csv",
            sha256="ecfb2046a204f58b74ba5453ac9b81ff82791f32386f842752dada144e9d377d",
            period="2022-23",
            rows=304,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code of the board's council; England's for the total."),
        "areanm": Column(pl.String, "Name as published."),
        "area_type": Column(
            pl.String, "council, or country (the total).", values=("council", "country")
        ),
        "period": Column(pl.String, "Financial year."),
        "year": Column(pl.Int32, "The year it starts in."),
        "measure": Column(
            pl.String, "Planned spending by scheme type, GBP.", values=tuple(MEASURES.values())
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("areacd", "period", "measure"),
    tidy=tidy,
    area=("areacd", "council"),
    markers=MARKERS,
    warnings=(
        "rekeyed",
        "blank_may_be_none",
    ),
    reconcile=reconcile,
)
