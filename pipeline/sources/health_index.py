"""Health Index for England: indicators by district, 2015 to 2021."""

import re

import polars as pl

from pipeline.reading.published import Grid, PublishedFile
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source
from pipeline.sources._frames import england, frame

COLUMNS = {"ltla21_code": "areacd", "year": "start", "indicator": "label", "value": "value"}
LABELS = (
    "Activities in life are worthwhile",
    "Air pollution",
    "Alcohol misuse",
    "Avoidable mortality",
    "Cancer",
    "Cancer screening attendance",
    "Cardiovascular conditions",
    "Child poverty",
    "Child vaccination coverage",
    "Children's social, emotional and mental health",
    "Dementia",
    "Diabetes",
    "Disability",
    "Distance to GP services",
    "Distance to pharmacies",
    "Distance to sports or leisure facilities",
    "Drug misuse",
    "Early years development",
    "Feelings of anxiety",
    "Frailty",
    "Happiness",
    "Healthy eating",
    "High blood pressure",
    "Household overcrowding",
    "Infant mortality",
    "Internet access",
    "Job-related training",
    "Kidney and liver disease",
    "Life expectancy",
    "Life satisfaction",
    "Low birth weight",
    "Low-level crime",
    "Mental health conditions",
    "Mortality from all causes",
    "Musculoskeletal conditions",
    "Noise complaints",
    "Overweight and obesity in adults",
    "Overweight and obesity in children",
    "Patients offered acceptable GP practice appointments",
    "Personal crime",
    "Physical activity",
    "Private outdoor space",
    "Pupil absences",
    "Pupil attainment",
    "Respiratory conditions",
    "Road safety",
    "Rough sleeping",
    "Sedentary behaviour",
    "Self-harm",
    "Sexually transmitted infections",
    "Smoking",
    "Suicides",
    "Teenage pregnancy",
    "Unemployment",
    "Workplace safety",
    "Young people in education, employment and apprenticeships",
)
MEASURES = {label: re.sub(r"[^a-z]+", "_", label.lower().replace("'", "")) for label in LABELS}
"""Published name to ours."""
YEARS = range(2015, 2022)


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """District and year by indicator."""
    table = england(file, frame(file, "england_health_index_indicators", COLUMNS))
    for label in ("year", "value"):
        if not table[COLUMNS[label]].dtype.is_numeric():
            raise file.error("expected a column of numbers, found text", column=label)
    grid = Grid(file.name, None, [])
    wrong = table.filter(~pl.col("label").is_in(LABELS).fill_null(False))
    grid.refuse(wrong, "label", "indicator", "expected a declared indicator")
    wrong = table.filter(~pl.col("start").is_in([float(year) for year in YEARS]).fill_null(False))
    grid.refuse(wrong, "start", "year", f"expected a year of {YEARS[0]} to {YEARS[-1]}")
    year = pl.col("start").cast(pl.Int32)
    return table.select(
        "areacd",
        year.cast(pl.String).alias("period"),
        year.alias("year"),
        pl.col("label").replace_strict(MEASURES).alias("measure"),
        "value",
        pl.when(pl.col("value").is_null())
        .then(pl.lit("x"))
        .otherwise(pl.lit("ok"))
        .alias("status"),
        "row",
    )


SOURCE = Source(
    name="health_index",
    title="Health Index for England: indicators by district",
    publisher="Office for National Statistics, joined by the healthyr project",
    licence="OGL v3.0",
    attribution="Contains ONS data, licensed under the Open Government Licence v3.0.",
    grade="derived",
    about="Fifty-six indicators behind the Health Index, among them dementia and frailty, for 307 "
    "districts and unitaries of 2021 (not the City of London nor the Isles of Scilly) and calendar "
    "years. Underlying figures, not index scores; the file states no units. Not every figure is of "
    "the year it stands under: 35 of the indicators repeat a year's figures in the next for "
    "nearly every district. Dementia is the same from 2015 to 2018, and frailty in 2020 and 2021: "
    "no change over those years is no finding.",
    releases=[
        Release(
            file="health_index/england_health_index_indicators.rda",
            url="https://raw.githubusercontent.com/humaniverse/healthyr/"
            "ed2003efc556306bc4421e2b99b17031db47d719/data/england_health_index_indicators.rda",
            sha256="118ef3ddee8d4acfaea0b9451e6c2e921ab31fad0eba700636b592e7818d7d79",
            period="2015-2021",
            rows=120344,
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code of the district in 2021."),
        "period": Column(pl.String, "Calendar year."),
        "year": Column(pl.Int32, "The same as a number.", low=YEARS[0], high=YEARS[-1]),
        "measure": Column(
            pl.String, "Indicator; unit not stated in the file.", values=tuple(MEASURES.values())
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("areacd", "year", "measure"),
    tidy=tidy,
    area=("areacd", "district"),
    warnings=(
        "unit_not_stated",
        "later_vintage",
        "repeated_values",
    ),
)
