"""What the files of the healthyr project on discharge and emergency care have in common."""

from collections.abc import Mapping

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import PLACE_CODE, STATUS_COLUMN, Column, numbers
from pipeline.sources._dates import financial_year

MARKERS = {"NA": "x"}
STAY_MARKERS = {**MARKERS, "0": "x"}
"""Of daily counts of patients who stay on: a zero is a day without a report.

No trust has fewer than some 50 of them on a usual day. Its zeros come on single days or in runs of
up to three months, between days of dozens or hundreds, and on 19 June 2022 at all trusts at once.
"""
FORMS = {
    # Our column to the publisher's, and what its codes look like.
    "org_code": ("nhs_trust22_code", r"^[0-9A-Z]{3}$", "expected an ODS code of three characters"),
    "icb_code": ("icb22_code", PLACE_CODE, "expected an ONS code"),
}
DATES = {"day": ("%Y-%m-%d", "%Y-%m-%d"), "month": ("%B %Y", "%Y-%m")}
"""How dates are published, and how a period is written here."""

PLACES = {
    "org_code": Column(pl.String, "ODS code of the trust."),
    "icb_code": Column(pl.String, "ONS code of the integrated care board in 2022."),
}
DAY = Column(pl.String, "Day, as YYYY-MM-DD.")
MONTH = Column(pl.String, "Month, as YYYY-MM.")
YEAR = Column(pl.Int32, "Financial year by the year it starts in.")
COUNT = Column(pl.Float64, "Patients; empty where the status says so.", low=0, null=True)


def columns(place: str, period: Column, measure: Column, value: Column) -> dict[str, Column]:
    """The columns of a table by place, period and measure."""
    return {
        place: PLACES[place],
        "period": period,
        "year": YEAR,
        "measure": measure,
        "value": value,
        "status": STATUS_COLUMN,
    }


def read(
    file: PublishedFile,
    place: str,
    figures: Mapping[str, str],
    every: str = "day",
    markers: Mapping[str, str] = MARKERS,
) -> pl.DataFrame:
    """Place and period by measure.

    A row without a code whose figures are all missing is left out: it says nothing of anybody.

    Args:
        place: ``org_code`` or ``icb_code``.
        figures: published column to our measure.
        every: ``day`` or ``month``.
        markers: published text that stands for a status.

    Raises:
        SourceError: a code, date or figure is not of the declared form, or a row without a code
            has a figure.
    """
    label, pattern, expected = FORMS[place]
    read_as, write_as = DATES[every]
    grid = file.csv()
    frame = grid.table(
        grid.header(label, "date"), {label: place, "date": "date"} | {f: f for f in figures}
    )
    code = pl.col(place)
    missing = [pl.col(f).is_null() | pl.col(f).is_in(list(MARKERS)) for f in figures]
    nobody = code.is_null() | code.is_in(list(MARKERS))
    frame = frame.filter(~(nobody & pl.all_horizontal(missing)))
    grid.refuse(frame.filter(~code.str.contains(pattern).fill_null(False)), place, label, expected)
    # Strict only after the check, so that the message names the row.
    text = pl.when(pl.lit(every == "month")).then("1 " + pl.col("date")).otherwise(pl.col("date"))
    frame = frame.with_columns(
        text.str.to_date(f"%d {read_as}" if every == "month" else read_as, strict=False).alias(
            "day"
        )
    )
    grid.refuse(frame.filter(pl.col("day").is_null()), "date", "date", f"expected a {every}")
    day = pl.col("day")
    long = frame.unpivot(
        on=list(figures),
        index=["row", place, "day"],
        variable_name="label",
        value_name="text",
    )
    return numbers(long, "text", file=file, markers=markers).select(
        place,
        day.dt.strftime(write_as).alias("period"),
        financial_year(day).alias("year"),
        pl.col("label").replace_strict(dict(figures)).alias("measure"),
        "value",
        "status",
        "row",
    )


ADDRESS = (
    "https://raw.githubusercontent.com/humaniverse/healthyr/"
    "ed2003efc556306bc4421e2b99b17031db47d719/"
)
ATTRIBUTION = (
    "Contains NHS England data, licensed under the Open Government Licence v3.0; collected in "
    "humaniverse/healthyr (MIT)."
)

EMERGENCY = {
    "total_attendances": "attendances",
    "attendances_over_4hours": "attendances_over_4_hours",
    "total_emergency_admissions": "emergency_admissions",
    "emergency_admissions_over_4hours": "emergency_admissions_over_4_hours",
    "pct_attendance_over_4hours": "share_of_attendances_over_4_hours",
    "pct_emergency_admissions_over_4hours": "share_of_emergency_admissions_over_4_hours",
}
"""Published column of the monthly tables of emergency care to our measure."""
EMERGENCY_MEASURE = Column(
    pl.String,
    "Attendances at emergency departments and admissions from them, those of more than four "
    "hours (for an admission: from the decision to admit), and their share.",
    values=tuple(EMERGENCY.values()),
)
EMERGENCY_VALUE = Column(
    pl.Float64,
    "Patients a month, or a share from 0 to 1 in two decimals; empty where the status says so.",
    low=0,
    null=True,
)


def emergency_shares(frame: pl.DataFrame, place: str) -> pl.DataFrame:
    """The published shares against those of the counts, to the two decimals published."""
    wide = frame.pivot("measure", index=[place, "period"], values="value")
    parts = [
        wide.filter(pl.col(share).is_not_null()).select(
            pl.lit(f"{over} / {whole}").alias("check"),
            "period",
            pl.col(place).alias("area"),
            pl.col(share).alias("published"),
            (pl.col(over) / pl.col(whole)).alias("computed"),
            pl.lit(0.005 + 1e-9).alias("tolerance"),
        )
        for whole, over, share in (
            ("attendances", "attendances_over_4_hours", "share_of_attendances_over_4_hours"),
            (
                "emergency_admissions",
                "emergency_admissions_over_4_hours",
                "share_of_emergency_admissions_over_4_hours",
            ),
        )
    ]
    return pl.concat(parts)
