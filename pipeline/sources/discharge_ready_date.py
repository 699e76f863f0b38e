"""Discharge ready dates: how long patients stay after they could leave, April 2024 on."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.reading.published import Grid, PublishedFile
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers
from pipeline.sources._dates import financial_year

BANDS = ("1_day", "2_3_day", "4_6_day", "7_13_day", "14_20_day", "21plus_day")
PATIENTS = {f"{band}_delay_volume": f"patients_delayed_{band}s" for band in BANDS}
BED_DAYS = {f"{band}_delay_beddays": f"bed_days_delayed_{band}s" for band in BANDS}
SHARES = {
    "perc_patients_delayed": "patients_delayed_percent",
    "perc_bed_delays": "bed_days_delayed_percent",
}
MEAN = "average_delay_los_minus_0_day_delay"


@dataclass(frozen=True)
class Page:
    """One sheet that is read.

    Attributes:
        figures: published column to our measure.
        unread: columns computed from others of the sheet.
    """

    figures: Mapping[str, str]
    unread: tuple[str, ...] = ()


PAGES = {
    "Figure 1": Page(SHARES | {"patients_discharged_volume": "patients_discharged"}),
    "National Delay length": Page({MEAN: "mean_delay"}),
    "Most Improved Consistency": Page(
        {
            "patients_discharged_volume": "patients_discharged",
            "no_delay_volume": "patients_not_delayed",
            "total_delay_volume": "patients_delayed",
            **PATIENTS,
            "dd_bed_days": "bed_days_delayed",
            **BED_DAYS,
            "acute_beds": "acute_beds",
            "adult_acute_beds": "adult_acute_beds",
            "occupied_beds": "occupied_beds",
            "occupancy_rate": "occupancy_share",
            MEAN: "mean_delay",
            **SHARES,
        },
        (
            *("no_delay_perc", "delay_perc", "no_delay_percent", "days_in_month"),
            *(f"{band}_delay_perc" for band in BANDS),
            "delayed_perc_1_day",
            *(f"delayed_perc_{band}s" for band in BANDS[1:]),
            "average_delay_los_inc_0_day_delay",
        ),
    ),
    "Figure 2": Page(
        {"pre": "bed_days_delayed_percent", "post": "bed_days_delayed_percent"},
        (
            *("difference", "pre_median", "post_median", "median_difference"),
            *("pre_mean", "post_mean", "mean_difference"),
        ),
    ),
    "All trusts staffing": Page({"doctors": "doctors", "nurses": "nurses"}),
}
COMPARISON = "Figure 2"
"""The sheet that has no months: its two columns of figures are the periods."""
NATIONAL = "National"
QUARTERS = {"Jan-Mar": 3, "Apr-Jun": 6, "Jul-Sep": 9, "Oct-Dec": 12}
"""Quarter to its last month."""
QUARTER = r"^([A-Z][a-z]{2}-[A-Z][a-z]{2}) (\d{4})$"
MEASURES = tuple(dict.fromkeys(name for page in PAGES.values() for name in page.figures.values()))


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Area, sheet and period by measure."""
    return pl.concat([_page(file, sheet, page) for sheet, page in PAGES.items()])


def _page(file: PublishedFile, sheet: str, page: Page) -> pl.DataFrame:
    grid = file.sheet(sheet)
    monthly = sheet != COMPARISON
    keys = {"org_code": "org_code"} | ({"month": "month"} if monthly else {})
    labels = {label: label for label in (*page.figures, *page.unread)}
    frame = grid.table(grid.header(*keys), keys | labels)
    figures = [pl.col(label).is_not_null() for label in page.figures]
    # Below the months stand changes between quarters, without a name; below the trusts, a count.
    named = pl.col("month").is_not_null() if monthly else pl.any_horizontal(figures)
    frame = frame.filter(named)
    if monthly:
        frame = _periods(grid, frame)
    else:
        frame = frame.with_columns(
            pl.lit("before and after").alias("span"),
            pl.lit(None, pl.Int32).alias("year"),
            pl.lit(None, pl.String).alias("period"),
        )
    code = pl.col("org_code")
    wrong = frame.filter(
        ~(code.str.contains(r"^[0-9A-Z]{3}$") | (code == NATIONAL)).fill_null(False)
    )
    grid.refuse(wrong, "org_code", "org_code", "expected an ODS code or National")
    long = frame.unpivot(
        on=list(page.figures),
        index=["row", "org_code", "period", "year", "span"],
        variable_name="label",
        value_name="text",
    )
    return numbers(long, "text", file=file, sheet=sheet, markers={}).select(
        pl.lit(sheet).alias("sheet"),
        pl.when(code == NATIONAL)
        .then(pl.lit("country"))
        .otherwise(pl.lit("trust"))
        .alias("area_type"),
        "org_code",
        pl.coalesce("period", "label").alias("period"),
        "year",
        "span",
        pl.col("label").replace_strict(dict(page.figures)).alias("measure"),
        "value",
        "status",
        "row",
    )


def _periods(grid: Grid, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``period``, ``year`` and ``span`` from the text of the month."""
    text = pl.col("month")
    quarter = text.str.extract(QUARTER, 1)
    end = pl.date(
        text.str.extract(QUARTER, 2).cast(pl.Int32),
        quarter.replace_strict(QUARTERS, default=None, return_dtype=pl.Int32),
        1,
    )
    month = pl.coalesce(
        ("1 " + text).str.to_date("%d %b-%y", strict=False),
        text.str.to_date("%Y-%m-%d %H:%M:%S", strict=False),
    )
    frame = frame.with_columns(
        month.alias("day"),
        pl.when(quarter.is_in(list(QUARTERS))).then(end).alias("end"),
    )
    unknown = frame.filter(pl.col("day").is_null() & pl.col("end").is_null())
    grid.refuse(unknown, "month", "month", "expected a month or a quarter")
    last = pl.coalesce("day", "end")
    return frame.with_columns(
        pl.when(pl.col("day").is_not_null())
        .then(pl.lit("month"))
        .otherwise(pl.lit("quarter"))
        .alias("span"),
        # A quarter stands under its first and last month; rows of it name no area.
        pl.when(pl.col("day").is_not_null())
        .then(last.dt.strftime("%Y-%m"))
        .otherwise(last.dt.offset_by("-2mo").dt.strftime("%Y-%m") + "/" + last.dt.strftime("%Y-%m"))
        .alias("period"),
        financial_year(last).alias("year"),
        pl.when(pl.col("end").is_not_null())
        .then(pl.coalesce("org_code", pl.lit(NATIONAL)))
        .otherwise("org_code")
        .alias("org_code"),
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """Quarters against the mean of their months, and patients and bed days against their parts."""
    quarters = frame.filter(pl.col("span") == "quarter")
    months = frame.filter((pl.col("span") == "month") & pl.col("value").is_not_null())
    keys = ["sheet", "org_code", "measure"]
    inside = (
        quarters.select(
            *keys,
            pl.col("period").alias("quarter"),
            pl.col("value").alias("published"),
            pl.col("period").str.split("/").list.first().alias("first"),
            pl.col("period").str.split("/").list.last().alias("last"),
        )
        .join(months, on=keys)
        .filter(pl.col("period").is_between(pl.col("first"), pl.col("last")))
        .group_by(*keys, "quarter")
        .agg(pl.col("published").first(), pl.col("value").mean().alias("computed"), pl.len())
        .filter(pl.col("len") == 3)
    )
    found = [
        inside.select(
            pl.format("quarter = mean of months: {}", "measure").alias("check"),
            pl.col("quarter").alias("period"),
            pl.col("org_code").alias("area"),
            "published",
            "computed",
        )
    ]
    wide = frame.filter(pl.col("sheet") == "Most Improved Consistency").pivot(
        "measure", index=["org_code", "period"], values="value"
    )
    for whole, parts in (
        ("patients_discharged", ("patients_not_delayed", "patients_delayed")),
        ("patients_delayed", tuple(PATIENTS.values())),
        ("bed_days_delayed", tuple(BED_DAYS.values())),
    ):
        known = pl.all_horizontal(pl.col(name).is_not_null() for name in parts)
        found.append(
            wide.select(
                pl.lit(f"parts = {whole}").alias("check"),
                "period",
                pl.col("org_code").alias("area"),
                pl.col(whole).alias("published"),
                pl.when(known).then(pl.sum_horizontal(parts)).alias("computed"),
            )
        )
    return pl.concat(found).with_columns(pl.lit(1e-6).alias("tolerance"))


SOURCE = Source(
    name="discharge_ready_date",
    title="Days that patients stay after they are ready to leave",
    publisher="The Health Foundation (from NHS England's discharge ready date)",
    licence="OGL v3.0",
    attribution="Analysis of the Health Foundation (HFAnalyticsLab/Delayed_Discharges, MIT). "
    "Contains NHS England data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Five sheets of the workbook: the country by month, April 2024 to September 2025, with "
    "two quarters; seven trusts of the most improved by month, patients and bed days by length of "
    "delay; the share of delayed bed days of trusts before and after; doctors and nurses of "
    "trusts in six months. Which months before and after are is not said, and the months of the "
    "seven trusts do not quite give them. Ranks, medians, means, changes, shares that follow from "
    "counts and the eight other sheets, which rearrange or average these or hold beds and "
    "pathways of the seven trusts, are not read.",
    releases=[
        Release(
            file="discharge/DRD_flourish_2025.xlsx",
            url="https://raw.githubusercontent.com/HFAnalyticsLab/Delayed_Discharges/"
            "b367077a05fa743b91d6d77e35f3f15630d87f24/Final%20Publication%20DD_Flourish_Data.xlsx",
            sha256="65119c5f0e69ad41c86a2e7beae68248a4fcdd65b5903fefa20738cbc97496b4",
            period="2024-2025",
            rows=4626,
        )
    ],
    columns={
        "sheet": Column(pl.String, "Sheet of the workbook.", values=tuple(PAGES)),
        "area_type": Column(pl.String, "Kind of area.", values=("country", "trust")),
        "org_code": Column(pl.String, "ODS code of the trust, or National."),
        "period": Column(
            pl.String, "Month as YYYY-MM, first and last month of a quarter, or pre or post."
        ),
        "year": Column(pl.Int32, "Financial year by the year it starts in.", null=True),
        "span": Column(
            pl.String, "What the period is.", values=("month", "quarter", "before and after")
        ),
        "measure": Column(
            pl.String,
            "Patients, bed days, beds, staff, mean delay in days of those delayed, or percent.",
            values=MEASURES,
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("sheet", "org_code", "period", "measure"),
    tidy=tidy,
    area=("org_code", "trust"),
    warnings=("rekeyed", "unit_not_stated", "zero_for_missing"),
    reconcile=reconcile,
)
