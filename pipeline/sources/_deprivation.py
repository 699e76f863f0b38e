"""What the editions of the English indices of deprivation share."""

import polars as pl

from pipeline.reading.published import PublishedFile, squash
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, numbers

DOMAINS = {
    "IMD": "index_of_multiple_deprivation",
    "Income": "income",
    "Employment": "employment",
    "Education": "education",
    "Health": "health",
    "Crime": "crime",
    "Barriers": "barriers_to_housing_and_services",
    "Living": "living_environment",
    "IDACI": "income_deprivation_children",
    "IDAOPI": "income_deprivation_older_people",
}
"""Sheet of the upper-tier summaries to our name."""
MEASURES = {"average score": "average_score", "extent": "extent"}
"""Last words of a heading to the measure read; ranks and the rest are not read."""
PLACE = {
    "Upper Tier Local Authority District code": "areacd",
    "Upper Tier Local Authority District name": "areanm",
}
"""First words of a heading; a vintage in brackets follows."""


def upper_tier_summaries(file: PublishedFile, period: str) -> pl.DataFrame:
    """Council by domain and measure, out of a workbook with a sheet a domain."""
    parts = []
    for sheet, domain in DOMAINS.items():
        grid = file.sheet(sheet)
        labels = [squash(cell) for cell in grid.rows[0]] if grid.rows else []
        place = {
            label: name
            for label in labels
            for start, name in PLACE.items()
            if label.startswith(start)
        }
        measures = {
            label: name
            for label in labels
            for words, name in MEASURES.items()
            if label.casefold().endswith(f"- {words}")
        }
        if "average_score" not in measures.values() or len(place) != len(PLACE):
            raise grid.error(
                "expected columns for the council's code, name and 'Average score', found "
                + ", ".join(map(repr, labels)),
                row=1,
            )
        frame = grid.table(0, place | measures, others=True)
        long = frame.filter(pl.col("areacd").is_not_null()).unpivot(
            index=["areacd", "areanm", "row"], variable_name="measure", value_name="text"
        )
        parts.append(
            numbers(long, "text", file=file, sheet=sheet, markers={}).with_columns(
                pl.lit(domain).alias("domain")
            )
        )
    return pl.concat(parts).with_columns(pl.lit(period).alias("period"))


def columns(*domains: str) -> dict[str, Column]:
    """The columns of an edition with these domains."""
    return {
        "areacd": Column(pl.String, "ONS code."),
        "areanm": Column(pl.String, "Name as published."),
        "period": Column(pl.String, "Edition of the indices."),
        "domain": Column(pl.String, "Index or domain.", values=domains),
        "measure": Column(
            pl.String,
            "average_score (higher is more deprived) or extent (share, 0 to 1).",
            values=tuple(MEASURES.values()),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    }
