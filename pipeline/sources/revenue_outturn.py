"""Council revenue outturn, summary sheet (RS): nine workbooks, 2010-11 to 2017-18."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.reading.calendar import COUNCIL_OUTTURN
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


@dataclass(frozen=True)
class Line:
    """A line of the return: the headings it goes by, and the first and last year it is there."""

    headings: Sequence[str]
    first: int = 2010
    last: int = 9999


LINES = {
    "education": Line(["Education services"]),
    "highways": Line(["Highways and transport services"]),
    "social_care": Line(["Social care"], last=2010),
    "children_social_care": Line(["Children Social Care"], first=2011),
    "adult_social_care": Line(["Adult Social Care"], first=2011),
    "public_health": Line(["Public Health"], first=2013),
    "housing": Line(["Housing services (GFRA only)"]),
    "cultural": Line(["Cultural and related services"]),
    "environmental": Line(["Environmental and regulatory services"]),
    "planning": Line(["Planning and development services"]),
    "police": Line(["Police services"]),
    "fire": Line(["Fire and rescue services"]),
    "central": Line(["Central services"]),
    "other": Line(["Other services"]),
    "total_service_expenditure": Line(["TOTAL SERVICE EXPENDITURE (total of lines 190 to 698)"]),
    "net_current_expenditure": Line(
        [
            "NET CURRENT EXPENDITURE",
            "NET CURRENT EXPENDITURE (total of lines 699 to 748)",
            "NET CURRENT EXPENDITURE(total of lines 699to748)",
        ]
    ),
    "revenue_expenditure": Line(
        [
            "REVENUE EXPENDITURE",
            "REVENUE EXPENDITURE (total of lines 785 to 793)",
            "REVENUE EXPENDITURE (total of lines 785 to 796)",
        ]
    ),
    "reserves_schools_opening": Line(
        [
            "Schools reserves level",
            "Schools reserves level at 1 April",
            "Estimated schools reserves level at 1 April",
        ]
    ),
    "reserves_public_health_opening": Line(
        [
            "Public health financial reserves level",
            "Public health financial reserves level at 1 April",
            "Estimated public health financial reserves level at 1 April",
        ],
        first=2013,
    ),
    "reserves_earmarked_opening": Line(
        [
            "Other earmarked financial reserves level",
            "Other earmarked financial reserves level at 1 April",
            "Estimated other earmarked financial reserves level at 1 April",
        ]
    ),
    "reserves_unallocated_opening": Line(
        [
            "Unallocated financial reserves level",
            "Unallocated financial reserves level at 1 April",
            "Estimated unallocated financial reserves level at 1 April",
        ]
    ),
}
"""Our measure to the line of the return."""

TOTAL = "total_service_expenditure"
SERVICES = tuple(LINES)[: tuple(LINES).index(TOTAL)]
"""The lines that make up total service expenditure."""

PLACE = {"E-code": "ecode", "Local authority": "areanm", "Class": "class"}
ONS_CODE = {"ONS Code": "areacd"}
FIRST_ONS_CODES = 2014
UNIT = "Net current expenditure (£ thousand)"
SECOND_BLOCK = "net current expenditure (non-ias19"
ENGLAND = "E92000001"
CLASSES = {
    "L": "LONDON BOROUGHS",
    "MD": "METROPOLITAN DISTRICTS",
    "UA": "UNITARY AUTHORITIES",
    "SC": "SHIRE COUNTIES",
    "SD": "SHIRE DISTRICTS",
    "O": "OTHER AUTHORITIES",
}
MARKERS = {"…": "x"}
NO_CODE = "n/a"


def start(period: str) -> int:
    """The year that a financial year such as ``2012-13`` starts in."""
    return int(period[:4])


def returns(
    file: PublishedFile, release: Release, grid: Grid, lines: Mapping[str, Line], *, coded: bool
) -> pl.DataFrame:
    """One sheet of returns (a row a council, then England and the classes) as long rows.

    Args:
        lines: the lines that are read.
        coded: whether the sheet has a column of ONS codes.
    """
    header = grid.header("E-code", "Local authority", "Class")
    _title(grid, header, release)
    grid = _first_block(grid, header)
    year = start(release.period)
    headings = {
        heading: measure
        for measure, line in lines.items()
        if line.first <= year <= line.last
        for heading in line.headings
    }
    place = PLACE | (ONS_CODE if coded else {})
    frame = grid.table(header, place | headings, others=True)
    if not coded:
        frame = frame.with_columns(pl.lit(None, pl.String).alias("areacd"))
    frame = _places(grid, frame)
    known = {heading.casefold(): measure for heading, measure in headings.items()}
    published = {
        known[label.casefold()]: label
        for label in map(squash, grid.rows[header])
        if label.casefold() in known
    }
    index = ["ecode", "areacd", "areanm", "class", "area_type", "row"]
    long = frame.unpivot(
        on=list(published), index=index, variable_name="measure", value_name="text"
    ).with_columns(pl.col("measure").replace_strict(published).alias("label"))
    return numbers(long, "text", file=file, sheet=grid.sheet, markers=MARKERS).select(
        *index,
        pl.lit(release.period).alias("period"),
        pl.lit(year).alias("year"),
        "measure",
        "value",
        "status",
    )


def _title(grid: Grid, header: int, release: Release) -> None:
    """Make sure that this is the sheet, the year and the edition that the release declares."""
    cells = [squash(cell) for row in grid.rows[:header] for cell in row if cell]
    year = start(release.period)
    wanted = {
        f"the year '{release.period}'": any(release.period in cell for cell in cells),
        f"'{UNIT}'": UNIT.casefold() in (cell.casefold() for cell in cells),
        f"reserves 'at 1 April {year}'": any(
            cell.casefold().endswith(f"at 1 april {year}") for cell in cells
        ),
    }
    missing = [what for what, there in wanted.items() if not there]
    if missing:
        raise grid.error(
            f"expected {' and '.join(missing)} above the header, found "
            + ", ".join(map(repr, cells[:3]))
        )
    provisional = any(cell.upper().startswith("PROVISIONAL") for cell in cells)
    if provisional != (release.label == "provisional"):
        found = "marked PROVISIONAL" if provisional else "not marked so"
        raise grid.error(f"declared as {release.label}, but the sheet is {found}")


def _first_block(grid: Grid, header: int) -> Grid:
    """Without the second block of 2010-11, which repeats the headings of the first."""
    above = [squash(cell).casefold() for cell in grid.rows[header - 1]]
    end = next((i for i, cell in enumerate(above) if cell.startswith(SECOND_BLOCK)), None)
    return Grid(grid.file, grid.sheet, [row[:end] for row in grid.rows], grid.aside)


def _places(grid: Grid, frame: pl.DataFrame) -> pl.DataFrame:
    """Councils, England and the class totals, each told apart; nothing else may be among them.

    Below the last total are notes (and, in 2017-18, an unnamed subtotal): they are left out.
    """
    name = pl.col("areanm").str.to_uppercase()
    frame = frame.with_columns(
        pl.when(pl.col("ecode").str.contains(r"^E\d{4}$"))
        .then(pl.lit("council"))
        .when(pl.col("ecode").is_null() & (name == "ENGLAND"))
        .then(pl.lit("country"))
        .when(pl.col("ecode").is_null() & name.is_in(list(CLASSES.values())))
        .then(pl.lit("class_total"))
        .alias("area_type")
    )
    totals = frame.filter(pl.col("area_type").is_in(["country", "class_total"]))
    found = set(totals["areanm"].str.to_uppercase())
    missing = [total for total in ("ENGLAND", *CLASSES.values()) if total not in found]
    if missing:
        raise grid.error(f"expected the rows {', '.join(missing)}, found none; cut short?")
    end = pl.lit(totals["row"].max())
    content = pl.any_horizontal(pl.exclude("row", "area_type").is_not_null())
    strange = frame.filter(
        pl.col("area_type").is_null()
        & (pl.col("row") <= end)
        & content
        & (name != "CLASS BREAKDOWN").fill_null(True)
    )
    grid.refuse(strange, "ecode", "E-code", "expected a code such as E1234 among the councils")
    frame = frame.filter(pl.col("area_type").is_not_null()).with_columns(
        pl.col("class").str.to_uppercase(),
        pl.col("areacd").replace(NO_CODE, None),
        pl.col("areanm").str.replace_all(r"\s+", " "),
    )
    council, country = pl.col("area_type") == "council", pl.col("area_type") == "country"
    letters = (
        pl.when(council)
        .then(pl.col("class"))
        .otherwise(
            pl.col("areanm")
            .str.to_uppercase()
            .replace_strict({title: letter for letter, title in CLASSES.items()}, default=None)
        )
    )
    fits = pl.col("class").is_in(list(CLASSES)) & (pl.col("class") == letters)
    wrong = frame.filter(~country & ~fits.fill_null(False))
    grid.refuse(wrong, "class", "Class", f"expected one of {', '.join(CLASSES)}")
    wrong = frame.filter(~pl.col("areacd").str.contains(PLACE_CODE))
    grid.refuse(wrong, "areacd", "ONS Code", "expected an ONS code such as E06000001")
    return frame.with_columns(
        pl.when(council)
        .then(pl.col("ecode"))
        .when(country)
        .then(pl.lit("ENGLAND"))
        .otherwise(pl.col("class"))
        .alias("ecode"),
        pl.when(country).then(pl.lit(ENGLAND)).otherwise(pl.col("areacd")).alias("areacd"),
        pl.when(country).then(pl.lit("England")).otherwise(pl.col("areanm")).alias("areanm"),
        pl.when(council & (pl.col("class") == "O"))
        .then(pl.lit("other_authority"))
        .otherwise(pl.col("area_type"))
        .alias("area_type"),
    )


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    """One year's sheet of net current expenditure."""
    sheet = f"RS LA Data {release.period}"
    grid = file.sheet(f"{sheet} (1)", sheet)
    return returns(file, release, grid, LINES, coded=start(release.period) >= FIRST_ONS_CODES)


def reconcile(frame: pl.DataFrame) -> pl.DataFrame:
    """England and the classes against their councils, and total service expenditure.

    A sum with a part that is not published has no value: England and class totals hold the
    publisher's estimates for councils that sent no return. Totals over areas are the publisher's
    own sums of these figures; but up to 2014-15 each figure of a council is rounded to GBP
    thousand by itself, so a sum of n services may miss the total by (n + 1) / 2.
    """
    whole = pl.when(pl.col("value").null_count() == 0).then(pl.col("value").sum())
    council = pl.col("area_type").is_in(["council", "other_authority"])
    country = pl.col("area_type") == "country"
    by = ["release", "period", "measure"]
    england = (
        frame.filter(country)
        .select(*by, "ecode", published="value")
        .with_columns(pl.lit("England = sum of councils").alias("check"))
    )
    classes = (
        frame.filter(pl.col("area_type") == "class_total")
        .select(*by, "class", "ecode", published="value")
        .with_columns(pl.lit("class = sum of its councils").alias("check"))
    )
    members = frame.filter(council)
    area_sums = [
        england.join(members.group_by(by).agg(computed=whole), on=by),
        england.with_columns(pl.lit("England = sum of classes").alias("check")).join(
            frame.filter(pl.col("area_type") == "class_total").group_by(by).agg(computed=whole),
            on=by,
        ),
        classes.join(members.group_by(*by, "class").agg(computed=whole), on=[*by, "class"]).drop(
            "class"
        ),
    ]
    parts = pl.col("measure").is_in(SERVICES)
    services = (
        members.filter(parts | (pl.col("measure") == TOTAL))
        .group_by("release", "period", "ecode")
        .agg(
            pl.col("value").filter(~parts).first().alias("published"),
            pl.when(pl.col("value").filter(parts).null_count() == 0)
            .then(pl.col("value").filter(parts).sum())
            .alias("computed"),
            (0.5 * (parts.sum() + 1)).alias("tolerance"),
        )
        .with_columns(
            pl.lit(TOTAL).alias("measure"), pl.lit("total = sum of services").alias("check")
        )
    )
    columns = ["check", "measure", "release", "period", "ecode", "published", "computed"]
    return pl.concat(
        [
            *(sums.select(*columns, pl.lit(0.5).alias("tolerance")) for sums in area_sums),
            services.select(*columns, "tolerance"),
        ]
    ).select(
        pl.format(
            "{}: {} ({})", "check", "measure", pl.col("release").str.split(" ").list.last()
        ).alias("check"),
        "period",
        pl.col("ecode").alias("area"),
        "published",
        "computed",
        "tolerance",
    )


COLUMNS = {
    "ecode": Column(
        pl.String,
        "Code of the return, E and four digits; on totals ENGLAND or the letters of the class.",
    ),
    "areacd": Column(pl.String, "ONS code as published; empty where the file has none.", null=True),
    "areanm": Column(pl.String, "Name as published, with its footnote marks."),
    "class": Column(
        pl.String,
        "L London borough, MD metropolitan district, UA unitary, SC shire county, SD shire "
        "district, O other (police, fire, waste, transport, parks); empty for England.",
        values=tuple(CLASSES),
        null=True,
    ),
    "area_type": Column(
        pl.String,
        "council, other_authority (police, fire, waste, transport, parks), class_total, or "
        "country (England).",
        values=("council", "other_authority", "class_total", "country"),
    ),
    "period": Column(pl.String, "Financial year, such as 2012-13."),
    "year": Column(pl.Int32, "The year it starts in."),
    "measure": Column(pl.String, "Line of the return.", values=tuple(LINES)),
    "value": VALUE,
    "status": STATUS_COLUMN,
}
KEY = ("period", "measure", "area_type", "ecode")

CUTS = (
    "https://raw.githubusercontent.com/BBC-Data-Unit/council-cuts-charts/"
    "5b54d08f1af88ee6ba30719b8a2541bfa01e5e6d/"
)
RESERVES = (
    "https://raw.githubusercontent.com/BBC-Data-Unit/council-reserves/"
    "b92252397964f1367fab6a762bc4afc9a41c1103/"
)
FILES = """
    2010-11 revised 2012-11-27 7667 CUTS Revenue_Outturn_Summary__RS__data_2010-11_by_LA_-_27-Nov-2012-v2.xls 345f760190fc8b9ac17692af8e01ef713642643466cdd2861f9a97d2bbcaa9e5
    2011-12 revised 2013-11-28 8118 CUTS Revenue_Outturn_Summary__RS__data_2011-12_by_LA_-_Revised_28-Nov-2013.xls 10b7096c6801867a94f1417506a72b86b4bb797aac7360bc9b4f110c03cac441
    2012-13 revised 2014-02-18 8118 CUTS Revenue_Outturn_Summary__RS__data_2012-13_by_LA__Revised__-_18-Feb-2014.xls a76533c2c7042ddcf0cfe8affedb7d95bb1b43b5076ecb6d19fba154566b27e6
    2013-14 revised 2015-01-28 9020 CUTS Revenue_Outturn_Summary__RS__data_2013-14_by_LA_-_Revised_28-Jan-2015.xls e97b936f5b4c9ac6d206d0fe7569e64133b5a4a5c24013bf96e5e09816b1dc8f
    2014-15 final 2016-02-02 9020 CUTS Revenue_Outturn_Summary__RS__data_2014-15_by_LA_-_02-Feb-2016.xls 23bc7b4c709175795ffa89e11a637a925e3d51461e8a14bb198eece09506f3b1
    2015-16 revised - 9020 RESERVES RS_2015-16_data_by_LA_-_Revision.xlsx 4a4b811a33fb96cd4fbd58be28e3fec2caa7b44385947ae497c99cb523082cae
    2016-17 final 2017-11-16 9060 RESERVES RS_2016-17_data_by_LA.xlsx 391b46e4d51ba0bac58946288270235e4e01816d8b09acd15736e9e825ee1bc6
    2017-18 provisional 2018-08-23 9040 RESERVES RS_2017-18_data_by_LA_PRENOV.xlsx 54480bc7bdce257963987969d1e03660c0ac6a3fb2d01c804ff1fbe2c483fe44
    2017-18 final 2018-11-15 9040 CUTS RS_2017-18_data_by_LA.xlsx 24225a1e7ecd03ea6e2efd6124722ff7f2fb93f9242ed9d0acbe30e18ddc8f00
"""  # noqa: E501 - one file a line: period, label, published, tidy rows, folder, name, sha256
FOLDERS = {"CUTS": CUTS, "RESERVES": RESERVES}
MIRROR_NAMES = {
    "RS_2017-18_data_by_LA_PRENOV.xlsx": "RS_2017-18_data_by_LA_PRENOV_provisional.xlsx"
}
"""Names in the mirror that are not the last part of the address."""


def _release(line: str) -> Release:
    period, label, published, rows, folder, name, sha256 = line.split()
    return Release(
        file=f"council_finance/{MIRROR_NAMES.get(name, name)}",
        url=f"{FOLDERS[folder]}{name}",
        sha256=sha256,
        period=period,
        published=published.strip("-"),
        rows=int(rows),
        label=label,
        revision=int((period, label) == ("2017-18", "final")),
    )


SOURCE = Source(
    name="revenue_outturn",
    title="Council revenue outturn, summary by service (RS)",
    publisher="Ministry of Housing, Communities and Local Government (before 2018 the Department "
    "for Communities and Local Government)",
    licence="OGL v3.0",
    attribution="Contains public sector information of the Ministry of Housing, Communities and "
    "Local Government, licensed under the Open Government Licence v3.0.",
    grade="original",
    calendar=COUNCIL_OUTTURN,
    about="What every English council, police, fire, waste, transport and park authority spent, "
    "by service, GBP thousand: net current expenditure, so after sales, fees, charges and money "
    "passed on by the NHS and other councils. Also total service, net current and revenue "
    "expenditure, and reserves on 1 April. Children's and adults' social care are one figure in "
    "2010-11 and two from 2011-12; public health begins in 2013-14. 2017-18 is held twice, "
    "provisional and final. The other sixty or so lines of the sheet (housing benefit, levies, "
    "trading accounts, capital charges, grants, council tax, reserves on 31 March, housing "
    "revenue account) are not read, nor the drop-down sheets, the further data sheets (capital "
    "items, net total cost) and the publisher's working sheets in 2017-18. A council that sent "
    "no return has no figures, while England and its class hold the publisher's estimate for it.",
    releases=[_release(line) for line in FILES.split("\n") if line],
    columns=COLUMNS,
    key=KEY,
    tidy=tidy,
    area=("ecode", "council"),
    markers=MARKERS,
    warnings=("net_of_transfers", "scope_changes", "not_one_basis"),
    reconcile=reconcile,
)
