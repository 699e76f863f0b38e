"""ONS mid-year population estimates by single year of age, mid-2015 to mid-2020."""

import polars as pl

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import STATUS_COLUMN, Column, Release, Source, numbers

SHEETS = ("MYE2 - Persons", "MYE2 - All", "MYE2-All", "Persons UK")
AGES = {str(age): str(age) for age in range(90)} | {"90": "90", "90+": "90"}
PLACE = {"Code": "areacd", "Name": "areanm", "All ages": "all"}
OLDEST = 90


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """Every English area by age; ``age`` 90 means 90 and over, and all ages together is -1."""
    grid = file.sheet(*SHEETS)
    header = grid.header("Code", "Name", "All ages")
    names = {str(cell).strip() for cell in grid.rows[header] if cell}
    ages = {label: name for label, name in AGES.items() if label in names}
    if len(set(ages.values())) != OLDEST + 1:
        missing = sorted(set(AGES.values()) - set(ages.values()), key=int)
        raise grid.error(
            f"expected a column for every age, found none for {', '.join(missing)}", row=header + 1
        )
    frame = grid.table(header, PLACE | ages, others=True)
    england = frame.filter(pl.col("areacd").str.starts_with("E") & pl.col("areanm").is_not_null())
    long = england.unpivot(
        index=["areacd", "areanm", "row"], variable_name="label", value_name="text"
    )
    return numbers(long, "text", file=file, sheet=grid.sheet, markers={}).select(
        "areacd",
        "areanm",
        pl.lit(release.period).cast(pl.Int32).alias("year"),
        pl.lit(release.period).alias("period"),
        pl.col("label").replace("all", "-1").cast(pl.Int32).alias("age"),
        "value",
        "status",
        "row",
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """All ages against the sum over ages, and England against its regions."""
    everyone = pl.col("age") == -1
    ages = (
        frame.group_by("period", "areanm", "areacd")
        .agg(
            pl.col("value").filter(everyone).first().alias("published"),
            pl.col("value").filter(~everyone).sum().alias("computed"),
        )
        .select(
            pl.lit("all ages = sum of ages").alias("check"),
            "period",
            pl.col("areacd").alias("area"),
            "published",
            "computed",
        )
    )
    england = (
        frame.filter(everyone)
        .group_by("period")
        .agg(
            pl.col("value").filter(pl.col("areacd") == "E92000001").first().alias("published"),
            pl.col("value").filter(pl.col("areacd").str.starts_with("E12")).sum().alias("computed"),
        )
        .select(
            pl.lit("England = sum of regions").alias("check"),
            "period",
            pl.lit("E92000001").alias("area"),
            "published",
            "computed",
        )
    )
    return pl.concat([ages, england]).with_columns(pl.lit(0.5).alias("tolerance"))


HUB = (
    "https://raw.githubusercontent.com/ericyang-almaeconomics/social_care_datahub/"
    "c481891bca2bca6dd78f79506204124a65e89186/Data/"
)
FILES = """
    2015 33948 MYE2_population_by_sex_and_age_2015.xls 2015/MYE2_population_by_sex_and_age_for_local_authorities_UK_2015.xls f723c6c7df76328e5db9e754eb69daa1d8ff3eb1d89d3fe2bd92c32bc1389644
    2016 33948 ukmidyearestimates2016.xls 2016/ukmidyearestimates2016.xls 2619c90be2c2c3c7e1c63ca6847fcfb51727a8503eadea81646d398248feefd6
    2017 33948 ukmidyearestimates2017finalversion.xls 2017/ukmidyearestimates2017finalversion.xls 122585b1fa7b564788edc221bb188de46c0029f13c4c4916fbd7658cf33f8dce
    2018 33028 ukmidyearestimates20182019ladcodes.xls 2018/ukmidyearestimates20182019ladcodes.xls 1df860b2c0677c915cc3980a1b9ed0dd1e9ad50273417e77fd17606192725ed5
    2019 32660 ukmidyearestimates20192020ladcodes.xls 2019/ukmidyearestimates20192020ladcodes.xls 836f837c6f98469765da04a93e80b4eec7722833953b5f44b50dedb99ccc0484
    2020 32108 ukpopestimatesmid2020on2021geography.xls 2020/ukpopestimatesmid2020on2021geography.xls fa1e002320e8aa93957f989c2c39b649b27e46b45e24c10c506779f88aaa77c7
"""  # noqa: E501 - one file a line: year, tidy rows, name, address below the hub, sha256

SOURCE = Source(
    name="population",
    title="Mid-year population estimates by age",
    publisher="Office for National Statistics",
    licence="OGL v3.0",
    attribution="Contains ONS data, licensed under the Open Government Licence v3.0.",
    grade="original",
    about="Persons by single year of age in every English area (districts, counties, regions, "
    "country), each mid-year on the codes of its own file: mid-2018 on the codes of 2019, so "
    "councils abolished in April 2019 end with mid-2017. Tables by sex, components of change "
    "and density are not read; nor are the other nations.",
    releases=[
        Release(
            file=f"geography/{name}",
            url=f"{HUB}{address}",
            sha256=sha256,
            period=year,
            rows=int(rows),
        )
        for year, rows, name, address, sha256 in (
            line.split() for line in FILES.split("\n") if line
        )
    ],
    columns={
        "areacd": Column(pl.String, "ONS code."),
        "areanm": Column(pl.String, "Name as published."),
        "period": Column(pl.String, "Middle of this year."),
        "year": Column(pl.Int32, "The same as a number."),
        "age": Column(
            pl.Int32, "Single year of age; 90 is 90 and over; -1 is all ages.", low=-1, high=90
        ),
        "value": Column(pl.Float64, "Persons.", low=0),
        "status": STATUS_COLUMN,
    },
    key=("areacd", "year", "age"),
    tidy=tidy,
    area=("areacd", "council"),
    reconcile=reconcile,
)
