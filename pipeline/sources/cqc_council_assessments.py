"""Care Quality Commission: assessments of councils' adult social care, nine quality statements."""

from html.parser import HTMLParser

import polars as pl

from pipeline.reading.published import Grid, PublishedFile, squash
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers
from pipeline.sources._council_names import registry_name
from pipeline.sources._dates import financial_year

TABLE = "masterTable"
PLACE = {
    "Rank": "rank",
    "Authority Name": "areanm",
    "Type": "council_type",
    "Overall": "rating",
    "Date": "date",
}
SCORES = {
    "QS1 Assess": "statement_1_assessing_needs",
    "QS2 Support": "statement_2_supporting_people",
    "QS3 Equity": "statement_3_equity",
    "QS4 Care": "statement_4_care_provision",
    "QS5 Partner": "statement_5_partnerships",
    "QS6 Safe": "statement_6_safe_pathways",
    "QS7 Safeguard": "statement_7_safeguarding",
    "QS8 Govern": "statement_8_governance",
    "QS9 Learn": "statement_9_learning_improvement_innovation",
}
AVERAGE = {"Avg Score": "average_score"}
OVERALL = "overall_rating"
RATINGS = {"Inadequate": "1", "Requires improvement": "2", "Good": "3", "Outstanding": "4"}
MARKERS = {"Not Rated": "x"}
PREFIX = r"^(London Borough of|Royal Borough of|Metropolitan Borough of|Council of the|City of) "
SUFFIX = r" (Borough |County |City )?Council$"


class _Table(HTMLParser):
    """The cells of one table, row by row."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.rows: list[list[str]] = []
        self.inside = False
        self.cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.inside = dict(attrs).get("id") == self.name
        elif self.inside and tag == "tr":
            self.rows.append([])
        elif self.inside and tag in ("td", "th"):
            self.rows[-1].append("")
            self.cell = True
        elif self.cell and tag == "br":
            self.rows[-1][-1] += " "

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.inside = False
        elif tag in ("td", "th"):
            self.cell = False

    def handle_data(self, data: str) -> None:
        if self.cell:
            self.rows[-1][-1] += data


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Council by rating, statement and average; ``row`` counts the rows of the page's table."""
    grid = _grid(file)
    frame = grid.table(grid.header("Authority Name", "Overall"), PLACE | SCORES | AVERAGE)
    month = pl.col("date").str.to_date("%B %Y", strict=False)
    frame = frame.with_columns(month.alias("month"))
    grid.refuse(frame.filter(pl.col("month").is_null()), "date", "Date", "expected a month")
    known = [*RATINGS, *MARKERS]
    wrong = frame.filter(~pl.col("rating").is_in(known).fill_null(False))
    grid.refuse(wrong, "rating", "Overall", f"expected one of {', '.join(known)}")
    labels = {name: label for label, name in (SCORES | AVERAGE | {"Overall": OVERALL}).items()}
    short = pl.col("areanm").str.replace(PREFIX, "").str.replace(SUFFIX, "")
    frame = frame.with_columns(
        pl.col("rating").replace(RATINGS).alias(OVERALL),
        pl.col("month").dt.strftime("%Y-%m").alias("period"),
        financial_year(pl.col("month")).alias("year"),
        short.alias("registry_name"),
    ).with_columns(registry_name("registry_name"))
    long = frame.unpivot(
        on=list(labels),
        index=["areanm", "registry_name", "council_type", "period", "month", "year", "row"],
        variable_name="measure",
        value_name="text",
    )
    long = long.with_columns(pl.col("measure").replace_strict(labels).alias("label"))
    long = numbers(long, "text", file=file, markers=MARKERS)
    whole = pl.col("measure") != AVERAGE["Avg Score"]
    good = pl.col("value").is_null() | (
        pl.col("value").is_between(1, 4) & (~whole | (pl.col("value") % 1 == 0))
    )
    wrong = long.filter(~good)
    if wrong.height:
        first = wrong.row(0, named=True)
        raise grid.error(
            f"expected a score of 1 to 4, found {first['value']:g} ({wrong.height} cells)",
            row=first["row"],
            column=first["label"],
        )
    return long.drop("label")


def _grid(file: PublishedFile) -> Grid:
    table = _Table(TABLE)
    table.feed(file.text())
    table.close()
    rows = [tuple(squash(cell) or None for cell in row) for row in table.rows]
    if not rows:
        raise file.error(f"expected a table with the id '{TABLE}', found none")
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise file.error(f"expected {len(rows[0])} cells, found {len(row)}", row=number)
    return Grid(file.name, None, rows)


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """The average against the nine statements; it is published to two decimals."""
    whole = pl.when(pl.col("value").null_count() == 0).then(pl.col("value").mean())
    computed = (
        frame.filter(pl.col("measure").is_in(list(SCORES.values())))
        .group_by("areanm")
        .agg(computed=whole)
    )
    return (
        frame.filter(pl.col("measure") == AVERAGE["Avg Score"])
        .join(computed, on="areanm")
        .select(
            pl.lit("average = mean of nine statements").alias("check"),
            "period",
            pl.col("areanm").alias("area"),
            pl.col("value").alias("published"),
            "computed",
            pl.lit(0.005 + 1e-9).alias("tolerance"),
        )
    )


SOURCE = Source(
    name="cqc_council_assessments",
    title="Assessments of councils' adult social care by the Care Quality Commission",
    publisher="Care Quality Commission, scraped by a third party",
    licence="OGL v3.0",
    attribution="Contains Care Quality Commission data, licensed under the Open Government Licence "
    "v3.0.",
    grade="scraped",
    about="Overall rating and the scores of nine quality statements of 72 councils, with the month "
    "their report came out (May 2024 to October 2025), scraped from the Commission's pages and "
    "not verified there. All nine come from one inspection, so that none may explain another. One "
    "council (County Durham) is not rated, though it has nine scores. The page has names and no "
    "codes: registry_name is the name without words such as 'Council' or 'London Borough of', as "
    "in the register of councils. The type is the scraper's and not always right. Not read: "
    "ranks, the page's other tables (the same scores again), and the same scraper's report of 3 "
    "October 2025, whose words agree with every rating and score but carry no months.",
    releases=[
        Release(
            file="cqc_local_authorities/cqc_league_tables.html",
            url="https://raw.githubusercontent.com/alxtrnr/bongo-twisty/"
            "3ac9d4157d4774be75add6cca3157858f6da0f0a/static/reports/cqc_league_tables.html",
            sha256="2ff8ce26684d097add894ab9ae58dce7f9dc5268a508e1cce7d1b3878cf56798",
            period="2024-2025",
            rows=792,
        )
    ],
    columns={
        "areanm": Column(pl.String, "Name as published."),
        "registry_name": Column(pl.String, "Name in the register of councils."),
        "council_type": Column(pl.String, "Kind of council, in the scraper's words."),
        "period": Column(pl.String, "Month of the report, as YYYY-MM."),
        "month": Column(pl.Date, "First day of the month."),
        "year": Column(pl.Int32, "Financial year by the year it starts in."),
        "measure": Column(
            pl.String,
            "Overall rating, quality statement, or average of the nine.",
            values=(OVERALL, *SCORES.values(), *AVERAGE.values()),
        ),
        "value": Column(
            pl.Float64, "1 inadequate to 4 outstanding: higher is better.", low=1, high=4, null=True
        ),
        "status": STATUS_COLUMN,
    },
    key=("areanm", "measure"),
    tidy=tidy,
    markers=MARKERS,
    warnings=(
        "rekeyed",
        "names_only",
        "unverified_scrape",
    ),
    reconcile=reconcile,
)
