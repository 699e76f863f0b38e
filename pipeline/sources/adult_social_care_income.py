"""Adult social care expenditure and income by council: PSS-EX 2014-15, ASC-FR 2015-16, 2016-17."""

import re

import polars as pl

from pipeline.reading.published import Grid, PublishedFile, squash
from pipeline.reading.source import (
    PLACE_CODE,
    STATUS_COLUMN,
    VALUE,
    Column,
    Release,
    Source,
    numbers,
)

MARKERS = {":": "x"}
ENGLAND = "E92000001"

# 2014-15: councils are columns; these rows are read.
LINES = {
    ("Adult Social Care", "Income: Income from NHS"): "income_nhs",
    ("Adult Social Care", "Income: joint arrangements"): "income_joint_arrangements",
    ("Adult Social Care", "Income: client contributions"): "income_client_contributions",
    ("Adult Social Care", "Income: other income"): "income_other",
    ("Adult Social Care", "Income: total"): "income_total",
    ("Adult Social Care", "Gross total cost: total expenditure"): "total_expenditure",
    ("Adult Social Care", "Net total expenditure"): "net_total_expenditure",
    (
        "Income from Specific and Special Grants",
        "Net total expenditure",
    ): "income_specific_grants",
}
"""Summary and accounting category to our measure."""

SIDE = {
    "Support type": "support",
    "Age category": "age",
    "Summary": "summary",
    "Delivery mechanism": "delivery",
    "Accounting category": "category",
}

# 2015-16 and 2016-17: a row a council and item; these items are read.
ITEMS = {
    "8326110": ("income_specific_grants", "Income from Specific and Special Grants"),
    "8328110": ("income_better_care_fund", "Income from Better Care Fund"),
}
"""Item to our measure and to its published name."""

LONG = {
    "UUID": "item",
    "Council Code": "cassr_code",
    "Council Name": "areanm",
    "Data Type": "duty",
    "Data Source": "source",
    "Age Band": "age",
    "Finance Type": "finance",
    "Comparative totals": "title",
    "Value": "text",
}
AREA = {
    "FY_Ending": "ending",
    "CASSR_CODE": "cassr_code",
    "GEOGRAPHY_CODE": "areacd",
    "REGION_GO_CODE": "region",
}
CODED = {
    "UUID": "item",
    **AREA,
    "DataSource_KEY": "source",
    "Datatype_KEY": "duty",
    "AgeBand_KEY": "age",
    "FinanceType_KEY": "finance",
    "PrimarySupportReason_KEY": "reason",
    "ComparativeTotals_KEY": "total",
    "ItemValue": "text",
}
CELL = {
    "CareType_KEY": "care",
    "AgeBand_KEY": "age",
    "PrimarySupportReason_KEY": "reason",
    "SupportSetting_KEY": "setting",
    "Purpose_KEY": "purpose",
    "CarerSupportType_KEY": "carer",
}
DUTY = {"DataType_KEY": "duty"}
TOTALS = {
    "TOTALEXPENDITURE": "total_expenditure",
    "TOTALINCOME": "income_total",
    "NETTOTALEXPENDITURE": "net_total_expenditure",
}
NOT_READ = {
    "GROSSTOTALEXPENDITURE": "gross_total",
    "NETCURRENTEXPENDITURE": "net_current",
    "GROSSCURRENTEXPENDITURE": "gross_current",
}
MANDATORY = "1"
CELLS = 109
"""Mandatory cells of one area in 2016-17: 80 of long-term, 20 of short-term and 9 of other care.

No cell is a total of others: 2014-15 has the same 109, and there they add up to its total rows.
"""

COUNCIL = r"^\d{3}$"


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One file's totals by council, and by region and England where it has them."""
    read = {
        ("2014-15", "final"): _councils_as_columns,
        ("2015-16", "final"): _items,
        ("2016-17", "additional"): _coded_items,
        ("2016-17", "totals"): _cells,
    }[release.period, release.label]
    year = int(release.period[:4])
    return read(file, file.csv(), year + 1).with_columns(
        pl.lit(release.period).alias("period"), pl.lit(year).alias("year")
    )


def _councils_as_columns(file: PublishedFile, grid: Grid, ending: int) -> pl.DataFrame:
    header = grid.header(*SIDE)
    councils = {}
    for label in filter(None, map(squash, grid.rows[header])):
        parts = re.fullmatch(r"(\d{3}) - (.+)", label)
        if parts:
            councils[label] = (parts[1], parts[2])
        elif label not in SIDE:
            raise grid.error(
                "expected a council such as '102 - Cumbria'", row=header + 1, column=label
            )
    frame = grid.table(header, SIDE | {label: label for label in councils})
    line = pl.concat_str("summary", "category", separator=" / ", ignore_nulls=True)
    names = {" / ".join(key): measure for key, measure in LINES.items()}
    frame = frame.filter(pl.col("delivery") == "Total", pl.col("age").is_null()).with_columns(
        line.replace_strict(names, default=None).alias("measure")
    )
    _all_there(grid, frame, names)
    long = frame.filter(pl.col("measure").is_not_null()).unpivot(
        on=list(councils), index=["measure", "row"], variable_name="label", value_name="text"
    )
    codes = {label: code for label, (code, _) in councils.items()}
    titles = {label: name for label, (_, name) in councils.items()}
    return numbers(long, "text", file=file, markers=MARKERS).select(
        pl.col("label").replace_strict(codes).alias("cassr_code"),
        pl.lit(None, pl.String).alias("areacd"),
        pl.col("label").replace_strict(titles).alias("areanm"),
        pl.lit("council").alias("area_type"),
        "measure",
        "value",
        "status",
        "row",
    )


def _items(file: PublishedFile, grid: Grid, ending: int) -> pl.DataFrame:
    frame = grid.table(grid.header(*LONG), LONG)
    grid.refuse(frame.filter(pl.col("item").is_null()), "item", "UUID", "expected an item")
    frame = _read_items(grid, frame)
    title = pl.col("item").replace_strict({item: title for item, (_, title) in ITEMS.items()})
    wrong = frame.filter(pl.col("title").ne_missing(title))
    grid.refuse(wrong, "title", "Comparative totals", "expected the item's declared name")
    wrong = frame.filter(~pl.col("cassr_code").str.contains(COUNCIL).fill_null(False))
    grid.refuse(wrong, "cassr_code", "Council Code", "expected a council code of three digits")
    frame = frame.with_columns(pl.lit("Value").alias("label"))
    return numbers(frame, "text", file=file, markers=MARKERS).select(
        "cassr_code",
        pl.lit(None, pl.String).alias("areacd"),
        "areanm",
        pl.lit("council").alias("area_type"),
        "measure",
        "value",
        "status",
        "row",
    )


def _coded_items(file: PublishedFile, grid: Grid, ending: int) -> pl.DataFrame:
    frame = grid.table(grid.header(*CODED), CODED)
    grid.refuse(frame.filter(pl.col("item").is_null()), "item", "UUID", "expected an item")
    frame = _areas(grid, _read_items(grid, frame), ending)
    frame = frame.with_columns(pl.lit("ItemValue").alias("label"))
    return numbers(frame, "text", file=file, markers=MARKERS).select(
        "cassr_code", "areacd", "areanm", "area_type", "measure", "value", "status", "row"
    )


def _cells(file: PublishedFile, grid: Grid, ending: int) -> pl.DataFrame:
    columns = AREA | CELL | DUTY | TOTALS | NOT_READ
    frame = _areas(grid, grid.table(grid.header(*columns), columns), ending)
    grid.refuse(frame.filter(pl.col("duty").is_null()), "duty", "DataType_KEY", "expected a key")
    # The voluntary rows split the cells of people of 65 and over by age: they would count twice.
    frame = frame.filter(pl.col("duty") == MANDATORY)
    cell = ["cassr_code", *CELL.values()]
    twice = frame.filter(pl.struct(cell).is_duplicated())
    grid.refuse(twice, "cassr_code", "CASSR_CODE", "expected each cell of an area once")
    counts = frame.group_by("cassr_code", maintain_order=True).agg(pl.len(), pl.col("row").first())
    wrong = counts.filter(pl.col("len") != CELLS)
    grid.refuse(wrong, "len", "CASSR_CODE", f"expected {CELLS} mandatory cells of each area")
    kinds = frame.select(CELL.values()).n_unique()
    if kinds != CELLS:
        raise grid.error(f"expected the same {CELLS} mandatory cells in every area, found {kinds}")
    labels = {measure: label for label, measure in TOTALS.items()}
    place = ["cassr_code", "areacd", "areanm", "area_type"]
    long = frame.unpivot(
        on=list(labels), index=[*place, "row"], variable_name="measure", value_name="text"
    ).with_columns(pl.col("measure").replace_strict(labels).alias("label"))
    complete = pl.col("value").null_count() == 0
    return (
        numbers(long, "text", file=file, markers=MARKERS)
        .group_by(*place, "measure", maintain_order=True)
        .agg(
            # To six decimals: adding up leaves noise behind the last digit published.
            pl.when(complete).then(pl.col("value").sum().round(6)).alias("value"),
            pl.when(complete)
            .then(pl.lit("ok"))
            .otherwise(pl.col("status").filter(pl.col("value").is_null()).first())
            .alias("status"),
        )
        .with_columns(pl.lit(None, pl.Int32).alias("row"))
    )


def _read_items(grid: Grid, frame: pl.DataFrame) -> pl.DataFrame:
    measures = {item: measure for item, (measure, _) in ITEMS.items()}
    frame = frame.filter(pl.col("item").is_in(list(measures))).with_columns(
        pl.col("item").replace_strict(measures).alias("measure")
    )
    missing = [item for item in measures if item not in set(frame["item"])]
    if missing:
        raise grid.error(f"expected rows of the items {', '.join(missing)}", column="UUID")
    return frame


def _all_there(grid: Grid, frame: pl.DataFrame, names: dict[str, str]) -> None:
    rows = frame.group_by("measure").agg(pl.len()).drop_nulls()
    counts = dict(rows.iter_rows())
    wrong = [line for line, measure in names.items() if counts.get(measure, 0) != 1]
    if wrong:
        raise grid.error(
            f"expected one row of {', '.join(map(repr, wrong))}, found "
            + ", ".join(str(counts.get(names[line], 0)) for line in wrong),
            column="Accounting category",
        )


def _areas(grid: Grid, frame: pl.DataFrame, ending: int) -> pl.DataFrame:
    """Councils by their two codes, regions and England by the third."""
    wrong = frame.filter(pl.col("ending").ne_missing(str(ending)))
    grid.refuse(wrong, "ending", "FY_Ending", f"expected the year {ending}")
    council = pl.col("cassr_code").is_not_null()
    wrong = frame.filter(council & ~pl.col("cassr_code").str.contains(COUNCIL))
    grid.refuse(wrong, "cassr_code", "CASSR_CODE", "expected a council code of three digits")
    wrong = frame.filter(council & ~pl.col("areacd").str.contains(PLACE_CODE).fill_null(False))
    grid.refuse(wrong, "areacd", "GEOGRAPHY_CODE", "expected an ONS code such as E06000001")
    wrong = frame.filter(~pl.col("region").str.contains(PLACE_CODE).fill_null(False))
    grid.refuse(wrong, "region", "REGION_GO_CODE", "expected an ONS code such as E12000001")
    country = pl.col("region") == ENGLAND
    return frame.with_columns(
        pl.coalesce("cassr_code", "region").alias("cassr_code"),
        pl.when(council).then(pl.col("areacd")).otherwise(pl.col("region")).alias("areacd"),
        pl.when(~council & country).then(pl.lit("England")).alias("areanm"),
        pl.when(council)
        .then(pl.lit("council"))
        .when(country)
        .then(pl.lit("country"))
        .otherwise(pl.lit("region"))
        .alias("area_type"),
    )


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """England against councils and regions, net against expenditure less income, income by kind.

    The publisher's England and regions add up the councils that reported; so does this.
    """
    by = ["period", "measure"]
    councils = frame.filter(pl.col("area_type") == "council")
    england = frame.filter(pl.col("area_type") == "country").select(
        *by, area="areacd", published="value"
    )
    sums = [
        england.join(
            frame.filter(pl.col("area_type") == kind).group_by(by).agg(computed=pl.sum("value")),
            on=by,
        ).with_columns(
            pl.format("England = sum of {}: {}", pl.lit(title), "measure").alias("check")
        )
        for kind, title in (("council", "councils that reported"), ("region", "regions"))
    ]
    kinds = (
        "income_nhs",
        "income_joint_arrangements",
        "income_client_contributions",
        "income_other",
    )
    wide = councils.pivot("measure", index=["period", "cassr_code"], values="value")
    absent = {*LINES.values()} - {*wide.columns}
    wide = wide.with_columns(pl.lit(None, pl.Float64).alias(name) for name in sorted(absent))
    accounts = {
        "net = expenditure - income": (
            "net_total_expenditure",
            pl.col("total_expenditure") - pl.col("income_total"),
        ),
        "income = sum of kinds": ("income_total", pl.sum_horizontal(*kinds, ignore_nulls=False)),
    }
    sums += [
        wide.select(
            "period", area="cassr_code", published=total, computed=computed, check=pl.lit(check)
        ).filter(pl.all_horizontal(pl.col("published", "computed").is_not_null()))
        for check, (total, computed) in accounts.items()
    ]
    # Half a thousand pounds: England's row keeps ten digits, and 109 cells are added up.
    return pl.concat(
        [part.select("check", "period", "area", "published", "computed") for part in sums]
    ).with_columns(pl.lit(0.5).alias("tolerance"))


ADDRESS = (
    "https://raw.githubusercontent.com/BenGoodair/adults_social_care_data/"
    "2475d81f42d01e1f8ba0450964c7668bf80ac314/Raw_data/"
)
FOLDER = "council_finance_adult_social_care"

SOURCE = Source(
    name="adult_social_care_income",
    title="Adult social care expenditure and income by council (PSS-EX1, ASC-FR)",
    publisher="NHS Digital (before 2016 the Health and Social Care Information Centre)",
    licence="OGL v3.0",
    attribution="Contains NHS Digital data, licensed under the Open Government Licence v3.0.",
    grade="original",
    about="What councils spent on adult social care and who paid, GBP thousand. 2014-15: the "
    "totals of expenditure and of each kind of income; the rows by client group, age and service "
    "are not read, nor 'gross' and 'current' expenditure, which are already net of NHS, joint and "
    "other income or of capital charges. 2015-16: Better Care Fund income (voluntary) and "
    "specific grants out of the additional items; the bridging-year items are not read. 2016-17: "
    "the same two items, and total expenditure and income added up from the mandatory cells of "
    "care type, age, support reason and setting; the voluntary age bands are not read. Better "
    "Care Fund income is another construct than the NHS and joint income of 2014-15: never pool "
    "them. Specific grants are no part of total income.",
    releases=[
        Release(
            file=f"{FOLDER}/pss-exp-eng-14-15-fin-coun-lev-exp-data.csv",
            url=f"{ADDRESS}2015/pss-exp-eng-14-15-fin-coun-lev-exp-data.csv",
            sha256="4be98510a7a0b9562c57d6d100be1467c4511b7ab5340b588ad75eb5846b28be",
            period="2014-15",
            rows=1216,
        ),
        Release(
            file=f"{FOLDER}/pss-exp-eng-15-16-fin-add-data.csv",
            url=f"{ADDRESS}2016/pss-exp-eng-15-16-fin-add-data.csv",
            sha256="c740f7118c7d50bf578a9be2ecfd103c1df8bb9d215c43e9032ec9f9e058c5d3",
            period="2015-16",
            rows=304,
        ),
        Release(
            file=f"{FOLDER}/ASCFR_2016-17_Additional.csv",
            url=f"{ADDRESS}2017/CSV%20ASCFR%20Additional.csv",
            sha256="1ade8734f6b7698fa1233a7a68bace72f896afe1ae685a0ecb5d018815ffa18d",
            period="2016-17",
            rows=322,
            label="additional",
        ),
        Release(
            file=f"{FOLDER}/ASCFR_2016-17_Totals.csv",
            url=f"{ADDRESS}2017/CSV%20ASCFR%20Totals.csv",
            sha256="e55eb6a15fb7eee6ec0874c7711a5fbc496ba0419a302e7b3169b7079a3fbbd8",
            period="2016-17",
            rows=483,
            label="totals",
        ),
    ],
    columns={
        "cassr_code": Column(
            pl.String,
            "Council with adult social services responsibilities, three digits; on regions and "
            "England their ONS code.",
        ),
        "areacd": Column(pl.String, "ONS code where the file has one (2016-17).", null=True),
        "areanm": Column(pl.String, "Name where the file has one (to 2015-16).", null=True),
        "area_type": Column(
            pl.String,
            "council, region, or country (England).",
            values=("council", "region", "country"),
        ),
        "period": Column(pl.String, "Financial year, such as 2014-15."),
        "year": Column(pl.Int32, "The year it starts in."),
        "measure": Column(
            pl.String,
            "Kind of income or expenditure.",
            values=(*LINES.values(), "income_better_care_fund"),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    },
    key=("period", "measure", "area_type", "cassr_code"),
    tidy=tidy,
    area=("cassr_code", "council"),
    markers=MARKERS,
    warnings=("reporting_practice", "voluntary_item", "net_of_transfers"),
    reconcile=reconcile,
)
