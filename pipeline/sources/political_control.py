"""Seats by party and control of British councils, each year from 2016 to 2025."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers

PLACE = {"council id": "council_id", "authority": "areanm", "year": "period", "majority": "control"}
TOTAL = "total"
PARTIES = {
    "con": "conservative",
    "lab": "labour",
    "ld": "liberal_democrat",
    "green": "green",
    "ukip": "ukip",
    "ref": "reform",
    "pc": "plaid_cymru",
    "snp": "scottish_national",
    "other": "other",
}
MEASURES = {TOTAL: "seats_total"} | {label: f"seats_{name}" for label, name in PARTIES.items()}
NEW_WORDS_FROM = 2025
OLD = r"^(Con|Lab|LD|SNP|Plaid|Green|Other)( plurality)?$"
LETTERS = "CON|LAB|LD|GRN|IND|SNP|PC|REF|CIIP|PIP|Aspire"
NEW = rf"^(TBD|({LETTERS})(/({LETTERS}))*( min| Mayor)?)$"
NO_LABEL = "TBD"


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council and year by party."""
    grid = file.csv()
    labels = {label: label for label in MEASURES}
    columns = {"id": "entry"} | PLACE | labels
    frame = grid.table(grid.header(*columns), columns)
    for name, label, pattern in (
        ("council_id", "council id", r"^\d+$"),
        ("period", "year", r"^20\d\d$"),
    ):
        wrong = frame.filter(~pl.col(name).str.contains(pattern).fill_null(False))
        grid.refuse(wrong, name, label, "not as declared")
    frame = frame.with_columns(pl.col("period").cast(pl.Int32).alias("year"))
    new = pl.col("year") >= NEW_WORDS_FROM
    known = (
        pl.when(new)
        .then(pl.col("control").str.contains(NEW))
        .otherwise(pl.col("control").str.contains(OLD))
    )
    grid.refuse(frame.filter(~known.fill_null(False)), "control", "majority", "label not declared")
    frame = frame.with_columns(
        pl.when(new).then(pl.lit("from 2025")).otherwise(pl.lit("to 2024")).alias("control_words"),
        pl.col("control").replace(NO_LABEL, None),
    )
    index = [*PLACE.values(), "control_words", "year", "row"]
    long = frame.unpivot(on=list(labels), index=index, variable_name="label", value_name="text")
    return (
        numbers(long, "text", file=file, markers={})
        .with_columns(pl.col("label").replace_strict(MEASURES).alias("measure"))
        .drop("label")
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """All seats against the seats of each party and of others."""
    total = pl.col("measure") == MEASURES[TOTAL]
    parts = pl.col("value").filter(~total)
    return (
        frame.group_by("period", "council_id")
        .agg(
            pl.col("value").filter(total).first().alias("published"),
            pl.when(parts.null_count() == 0).then(parts.sum()).alias("computed"),
        )
        .select(
            pl.lit("seats = sum of parties").alias("check"),
            "period",
            pl.col("council_id").alias("area"),
            "published",
            "computed",
            pl.lit(0.5).alias("tolerance"),
        )
    )


SOURCE = Source(
    name="political_control",
    title="Seats and political control of British councils",
    publisher="Open Council Data UK",
    licence="CC BY-SA 4.0",
    attribution="Open Council Data UK, CC BY-SA 4.0.",
    grade="original",
    about="Seats by party and the label of control of every council of England, Wales and "
    "Scotland, one row a council and year. The label is in two vocabularies: to 2024 the party "
    "with a majority, or the largest with 'plurality'; from 2025 who governs, partners of a "
    "coalition in order, 'min' for a minority and 'Mayor' for an elected one. Never compare a "
    "label of one with a label of the other: every council would seem to change; seats compare. "
    "The file has its own numbers for councils and no codes, and does not say which nation. Four "
    "counties and the unitaries after them share a name and three councils change theirs: join by "
    "no name. The licence is by notes of others who use it, not seen at the source.",
    releases=[
        Release(
            file="council_leadership/opencouncildata_history2016-2025.csv",
            url="https://raw.githubusercontent.com/BenGoodair/Care-Markets/"
            "0d19b24aadc68dfae380e9b00d15209884e02c04/Data/history2016-2025.csv",
            sha256="3191a4668318afa888feaa4de6840ecbb0482dbe1eaaaae2d7d3495b0bada6ee",
            period="2016-2025",
            rows=38810,
        )
    ],
    columns={
        "council_id": Column(pl.String, "The publisher's own number of the council."),
        "areanm": Column(pl.String, "Name as published; not unique."),
        "control": Column(pl.String, "Label of control as published; empty for TBD.", null=True),
        "control_words": Column(
            pl.String,
            "Vocabulary of the label: to 2024, or from 2025.",
            values=("to 2024", "from 2025"),
        ),
        "period": Column(pl.String, "Year."),
        "year": Column(pl.Int32, "The same as a number."),
        "measure": Column(
            pl.String, "Seats of a party, or all seats.", values=tuple(MEASURES.values())
        ),
        "value": Column(pl.Float64, "Seats.", low=0, null=True),
        "status": STATUS_COLUMN,
    },
    key=("council_id", "year", "measure"),
    tidy=tidy,
    warnings=(
        "licence_unclear",
        "names_only",
    ),
    reconcile=reconcile,
)
