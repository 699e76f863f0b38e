"""Council finance returns since 2022-23 (RO forms, RSX): lines by columns C1 to C7."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.reading.published import Grid, PublishedFile, squash
from pipeline.reading.source import PLACE_CODE, STATUS_COLUMN, VALUE, Column, Release, numbers


@dataclass(frozen=True)
class Component:
    """One of the seven columns that a line has: what it is called and the end of its asset id."""

    measure: str
    words: str
    suffix: str


COMPONENTS = {
    "C1": Component("employees", "Employees", "empl"),
    "C2": Component("running_expenses", "Running Expenses", "run-exp"),
    "C3": Component("total_expenditure", "Total Expenditure", "tot-exp"),
    "C4": Component("sales_fees_charges", "Sales, Fees and Charges", "sfc"),
    "C5": Component("other_income", "Other Income", "oth-inc"),
    "C6": Component("total_income", "Total Income", "tot-inc"),
    "C7": Component("net_current_expenditure", "Net Current Expenditure", "net-cur-exp"),
}
FORMULAS = {
    "total_expenditure": (1, "employees", "running_expenses"),
    "total_income": (1, "sales_fees_charges", "other_income"),
    "net_current_expenditure": (-1, "total_expenditure", "total_income"),
}
"""What each computed column is made of, and the sign of its second part."""


@dataclass(frozen=True)
class Line:
    """A line of the form: its heading, the middle of its asset ids, the last year it is there."""

    heading: str
    stem: str
    last: int = 9999


PLACE = {
    "E-code": "ecode",
    "ONS Code": "areacd",
    "Local authority": "areanm",
    "Notes": "note",
    "Class": "class",
    "Detailed Class": "detail",
}
CERTIFIED = ("Certified", "Certification")
LABEL = (
    r"(?:(?P<line>.+?) ?- ?)?(?P<words>"
    + "|".join(component.words for component in COMPONENTS.values())
    + r") ?\((?P<column>C[1-7])[^)]*\)\d*"
)
"""A heading: the line's name (or a row above holds it), the column, perhaps a number."""
MARKERS: Mapping[str, str] = {"[x]": "x", "[n]": "x", "[z]": "z"}
CLASSES = {"LB": "L", "MD": "MD", "UA": "UA", "SC": "SC", "SD": "SD", "O": "O"}
DETAILS = {
    "LB": "L",
    "London": "L",
    "MD": "MD",
    "UA": "UA",
    "SC": "SC",
    "SD": "SD",
    "GLA": "GLA",
    "P": "Police",
    "NPA": "Park",
    "FR": "Fire",
    "CA": "Combined Authority",
    "WA": "Waste",
    **{name: name for name in ("Police", "Park", "Fire", "Combined Authority", "Waste")},
}
"""The letters of 2022-23 and the words since to one name."""
BODIES = tuple(dict.fromkeys(DETAILS.values()))
CITY_HALL = "GLA"
"""The one class that a single authority is: its total carries that authority's own code."""
ENGLAND = "Eng"
NOT_RELEVANT = "[Y]"
UNIT = "reported in £ thousand"


def returns(
    file: PublishedFile,
    release: Release,
    grid: Grid,
    form: str,
    lines: Mapping[str, Line],
    *,
    markers: Mapping[str, str] = MARKERS,
    misprints: Mapping[tuple[str, str], str] | None = None,
) -> pl.DataFrame:
    """One sheet (a row a council, then England and the classes) as long rows.

    Args:
        form: RO3 or RSX: how asset ids start.
        lines: our names to the lines that are read.
        misprints: line and column to the middle of an asset id that is not the line's own.
    """
    header = grid.header(*PLACE)
    _title(grid, header, release, form)
    year = int(release.period[:4])
    wanted = {name: line for name, line in lines.items() if year <= line.last}
    columns = _columns(grid, header, wanted)
    _asset_ids(grid, form, columns, wanted, misprints or {})
    frame = _places(grid, header, columns)
    index = ["ecode", "areacd", "areanm", "class", "body", "area_type", "certified", "note", "row"]
    long = frame.unpivot(
        on=[str(place) for place in columns],
        index=index,
        variable_name="place",
        value_name="text",
    )
    meaning = pl.DataFrame(
        [
            (str(place), line, COMPONENTS[column].measure, f"{wanted[line].heading} - {column}")
            for place, (line, column) in columns.items()
        ],
        schema=["place", "line", "measure", "label"],
        orient="row",
    )
    long = long.join(meaning, on="place", how="left", maintain_order="left")
    return numbers(long, "text", file=file, sheet=grid.sheet, markers=markers).select(
        *index,
        pl.lit(release.period).alias("period"),
        pl.lit(year).alias("year"),
        "line",
        "measure",
        "value",
        "status",
    )


def _title(grid: Grid, header: int, release: Release, form: str) -> None:
    cells = [squash(cell) for row in grid.rows[:header] for cell in row if cell]
    for what in (f"(RO) {release.period}:", f"({form}) data", UNIT):
        if not any(what in cell for cell in cells):
            raise grid.error(f"expected {what!r} above the header, found {cells[:2]}")


def _bare(text: str | None) -> str:
    """A heading without notes, with plain dashes."""
    return squash(re.sub(r"\[note \d+\]", "", text or "")).replace("–", "-")


def _columns(grid: Grid, header: int, lines: Mapping[str, Line]) -> dict[int, tuple[str, str]]:
    """Place of a column to our line and its column of the form.

    The line's name stands in the heading itself or, over its first column, in the row above.
    From the first to the last line that is read there must be no other.
    """
    names = {_bare(line.heading).casefold(): name for name, line in lines.items()}
    found: dict[int, tuple[str, str]] = {}
    strange: dict[int, str] = {}
    above = ""
    for place, cell in enumerate(grid.rows[header]):
        above = _bare(grid.rows[header - 1][place]) or above
        label = _bare(cell)
        parts = re.fullmatch(LABEL, label)
        line = names.get((parts["line"] or above).casefold()) if parts else None
        if parts is None or line is None:
            strange[place] = label
            continue
        if parts["words"] != COMPONENTS[parts["column"]].words:
            raise grid.error("words and number differ", row=header + 1, column=label)
        if (line, parts["column"]) in found.values():
            raise grid.error(
                f"the column appears twice for {lines[line].heading!r}",
                row=header + 1,
                column=label,
            )
        found[place] = (line, parts["column"])
    for name, line_ in lines.items():
        for column, component in COMPONENTS.items():
            if (name, column) not in found.values():
                raise grid.error(
                    "expected this column",
                    row=header + 1,
                    column=f"{line_.heading} - {component.words} ({column})",
                )
    between = [place for place in strange if min(found) < place < max(found)]
    if between:
        raise grid.error(
            "column not declared", row=header + 1, column=strange[between[0]] or str(between[0] + 1)
        )
    return found


def _asset_ids(
    grid: Grid,
    form: str,
    columns: Mapping[int, tuple[str, str]],
    lines: Mapping[str, Line],
    misprints: Mapping[tuple[str, str], str],
) -> None:
    """The hidden row of asset ids, above or below the data, must say the same as the headings."""
    first = min(columns)
    starts = [(row[first] or "").startswith(f"{form}-") for row in grid.rows]
    if not any(starts):
        raise grid.error(f"expected a hidden row of ids such as {form}-...-empl, found none")
    number = starts.index(True)
    for place, (line, column) in columns.items():
        stem = misprints.get((line, column), lines[line].stem)
        wanted = f"{form}-{stem}-{COMPONENTS[column].suffix}"
        found = squash(grid.rows[number][place])
        if found != wanted:
            raise grid.error(
                f"expected the hidden id {wanted!r}, found {found!r}",
                row=number + 1,
                column=f"{lines[line].heading} - {column}",
            )


def _places(grid: Grid, header: int, columns: Mapping[int, tuple[str, str]]) -> pl.DataFrame:
    """Councils and other authorities, then England, then the classes; nothing else.

    Between England and the classes the header is repeated; ids may follow the classes.
    """
    # Columns are known by their places: labels repeat, and differ by spaces alone.
    labels = {str(place) for place in columns}
    start = [squash(cell) for cell in grid.rows[header]]
    certified = next((label for label in CERTIFIED if label in start), None)
    if certified is None:
        raise grid.error("expected this column", row=header + 1, column=CERTIFIED[0])
    places = {name: start.index(label) for label, name in PLACE.items()}
    places |= {"certified": start.index(certified)} | {label: int(label) for label in labels}
    body = grid.rows[header + 1 :]
    frame = pl.DataFrame(
        {name: [row[place] for row in body] for name, place in places.items()},
        schema=dict.fromkeys(places, pl.String),
    ).with_columns(
        pl.col(pl.String).str.strip_chars().replace("", None),
        pl.int_range(header + 2, header + 2 + len(body), dtype=pl.Int32).alias("row"),
    )
    code, row = pl.col("ecode"), pl.col("row")
    england = frame.filter(code == ENGLAND)
    if england.height != 1:
        raise grid.error(f"expected one row of England, found {england.height}; cut short?")
    at = england["row"].item()
    ids = pl.all_horizontal(pl.col(name).is_null() for name in PLACE.values())
    again = (code == "E-code") & (row > at)
    frame = frame.filter(~ids & ~again.fill_null(False)).with_columns(
        pl.when(row == at)
        .then(pl.lit("country"))
        .when((row < at) & code.str.contains(r"^E\d{4}$"))
        .then(
            pl.when(pl.col("class") == "O")
            .then(pl.lit("other_authority"))
            .otherwise(pl.lit("council"))
        )
        .when(
            (row > at)
            & (
                (code == NOT_RELEVANT)
                | ((pl.col("detail") == CITY_HALL) & code.str.contains(r"^E"))
            )
        )
        .then(pl.lit("class_total"))
        .alias("area_type"),
        pl.col("detail").replace_strict(DETAILS, default=None).alias("body"),
        pl.col("class").replace_strict(CLASSES, default=None).alias("letters"),
        # An authority without an ONS code has its E-code there too.
        pl.when(pl.col("areacd") != code).then("areacd").alias("areacd"),
    )
    grid.refuse(
        frame.filter(pl.col("area_type").is_null()),
        "ecode",
        "E-code",
        "expected a code such as E1234, England or a class",
    )
    country, total = pl.col("area_type") == "country", pl.col("area_type") == "class_total"
    wrong = frame.filter(~country & pl.col("body").is_null())
    grid.refuse(wrong, "detail", "Detailed Class", f"expected one of {', '.join(DETAILS)}")
    wrong = frame.filter(~country & ~total & pl.col("letters").is_null())
    grid.refuse(wrong, "class", "Class", f"expected one of {', '.join(CLASSES)}")
    other = pl.col("area_type") == "other_authority"
    coded = pl.col("areacd").str.contains(PLACE_CODE).fill_null(other)
    wrong = frame.filter(~total & ~coded)
    grid.refuse(wrong, "areacd", "ONS Code", "expected an ONS code such as E06000001")
    wrong = frame.filter(~country & ~total & ~pl.col("certified").is_in(["Y", "N", "[x]"]))
    grid.refuse(wrong, "certified", certified, "expected Y, N or [x]")
    missing = [body for body in BODIES if body not in set(frame.filter(total)["body"])]
    if missing:
        raise grid.error(f"expected a total of each class, found none of {', '.join(missing)}")
    upper = pl.col("body").is_in(list(CLASSES.values()))
    return frame.with_columns(
        pl.when(country)
        .then(pl.lit("ENGLAND"))
        .when(total)
        .then("body")
        .otherwise(code)
        .alias("ecode"),
        pl.when(total).then(None).otherwise("areacd").alias("areacd"),
        pl.when(country).then(None).when(upper).then("body").otherwise(pl.lit("O")).alias("class"),
        pl.when(country)
        .then(pl.lit("England"))
        .otherwise(pl.col("areanm").str.replace_all(r"\s+", " "))
        .alias("areanm"),
        pl.when(country | total | (pl.col("certified") == "[x]"))
        .then(None)
        .otherwise("certified")
        .alias("certified"),
    )


BY = ["release", "period", "line", "measure"]
SUMS = ["check", "period", "area", "published", "computed", "tolerance"]
SOMETHING = (pl.col("published") != 0) | (pl.col("computed") != 0).fill_null(True)
"""Most authorities have nothing on most lines: those sums say nothing."""
WHOLE = pl.when(pl.col("value").null_count() == 0).then(pl.col("value").sum())
"""A sum with a missing part has no value."""
ROUNDED = 0.5
"""GBP thousand: figures are rounded one by one, so a sum of n may miss its total by n + 1 times."""


def _miss(rounded: float) -> pl.Expr:
    return rounded * (pl.len() + 1) + 0.01


def area_sums(frame: pl.DataFrame, rounded: float = ROUNDED) -> pl.DataFrame:
    """England and the classes against their parts.

    Totals hold estimates for the authorities that sent no return.
    """
    totals = frame.filter(pl.col("area_type") == "class_total")
    members = frame.filter(pl.col("area_type").is_in(["council", "other_authority"]))
    country = frame.filter(pl.col("area_type") == "country")
    sums = []
    for what, whole, parts, by in (
        ("England = sum of classes", country, totals, BY),
        ("England = sum of authorities", country, members, BY),
        ("class = sum of its authorities", totals, members, [*BY, "body"]),
    ):
        added = parts.group_by(by).agg(computed=WHOLE, tolerance=_miss(rounded))
        sums.append(
            whole.select(*by, "ecode", published="value")
            .join(added, on=by)
            .with_columns(
                pl.format("{}: {} {}", pl.lit(what), "line", "measure").alias("check"),
                pl.col("ecode").alias("area"),
            )
            .select(SUMS)
        )
    return pl.concat(sums)


def column_sums(frame: pl.DataFrame) -> pl.DataFrame:
    """The computed columns (C3, C6, C7) against their parts, for each authority that reports."""
    wide = frame.filter(pl.col("area_type").is_in(["council", "other_authority"])).pivot(
        "measure", index=["release", "period", "line", "ecode"], values="value"
    )
    return pl.concat(
        wide.select(
            pl.format(f"{total} = its parts: {{}}", "line").alias("check"),
            "period",
            pl.col("ecode").alias("area"),
            pl.col(total).alias("published"),
            (pl.col(first) + sign * pl.col(second)).alias("computed"),
            pl.lit(1.5).alias("tolerance"),
        )
        for total, (sign, first, second) in FORMULAS.items()
    ).filter(pl.col("published").is_not_null(), SOMETHING)


def line_sums(frame: pl.DataFrame, wholes: Mapping[str, tuple[str, ...]]) -> pl.DataFrame:
    """Lines that are sums of others against their parts, for each authority that reports."""
    members = frame.filter(pl.col("area_type").is_in(["council", "other_authority"]))
    key = ["release", "period", "measure", "ecode"]
    return pl.concat(
        members.filter((pl.col("line") == whole) & pl.col("value").is_not_null())
        .select(*key, published="value")
        .join(
            members.filter(pl.col("line").is_in(parts))
            .group_by(key)
            .agg(computed=WHOLE, tolerance=_miss(ROUNDED)),
            on=key,
        )
        .with_columns(
            pl.format(f"{whole} = sum of its lines: {{}}", "measure").alias("check"),
            pl.col("ecode").alias("area"),
        )
        .select(SUMS)
        for whole, parts in wholes.items()
    ).filter(SOMETHING)


def columns(lines: Mapping[str, Line]) -> dict[str, Column]:
    """The columns of a tidy table of returns."""
    return {
        "ecode": Column(
            pl.String,
            "Code of the return, E and four digits; on totals ENGLAND or the name of the class.",
        ),
        "areacd": Column(
            pl.String,
            "ONS code; empty on class totals and for one park authority, which has none.",
            null=True,
        ),
        "areanm": Column(pl.String, "Name as published."),
        "class": Column(
            pl.String,
            "L London borough, MD metropolitan district, UA unitary, SC shire county, SD shire "
            "district, O other; empty for England.",
            values=tuple(CLASSES.values()),
            null=True,
        ),
        "body": Column(
            pl.String,
            "The class, with other authorities told apart; empty for England.",
            values=BODIES,
            null=True,
        ),
        "area_type": Column(
            pl.String,
            "council, other_authority (police, fire, waste, park, combined authority, Greater "
            "London Authority), class_total, or country (England).",
            values=("council", "other_authority", "class_total", "country"),
        ),
        "certified": Column(
            pl.String,
            "Whether the authority has certified its return; empty for totals and missing returns.",
            values=("Y", "N"),
            null=True,
        ),
        "note": Column(
            pl.String,
            "The publisher's note mark: M no return in time, others as in its notes sheet.",
            null=True,
        ),
        "period": Column(pl.String, "Financial year, such as 2022-23."),
        "year": Column(pl.Int32, "The year it starts in."),
        "line": Column(pl.String, "Line of the return.", values=tuple(lines)),
        "measure": Column(
            pl.String,
            "Column of the return.",
            values=tuple(component.measure for component in COMPONENTS.values()),
        ),
        "value": VALUE,
        "status": STATUS_COLUMN,
    }


KEY = ("period", "line", "measure", "area_type", "ecode")


ADDRESS = "https://raw.githubusercontent.com/dfe-analytical-services/CSC_outcomes_and_enablers/"
WARNINGS = (
    "reporting_practice",
    "net_of_transfers",
    "scope_changes",
    "estimates_in_totals",
    "uncertified",
)


def releases(files: str) -> list[Release]:
    """The releases of a form.

    files: a file a line: year, last update, label, rows, name, address, sha256.
    """
    return [
        Release(
            file=f"council_finance/{name}",
            url=f"{ADDRESS}{address}",
            sha256=sha256,
            period=period,
            published=published,
            rows=int(rows),
            label=label,
        )
        for period, published, label, rows, name, address, sha256 in (
            line.split() for line in files.split("\n") if line
        )
    ]
