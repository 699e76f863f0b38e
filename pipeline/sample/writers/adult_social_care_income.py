"""Adult social care expenditure and income: four files in three layouts, 2014-15 to 2016-17."""

from collections.abc import Iterable
from itertools import product
from pathlib import Path

import numpy as np

from pipeline.reading.source import Release
from pipeline.sample.layout import Cell, Row, decimal, text_file, with_ampersand
from pipeline.sample.money import YEARS
from pipeline.sample.places import ENGLAND
from pipeline.sample.world import World

SIDE = ("Support type", "Age category", "Summary", "Delivery mechanism", "Accounting category")
REASONS = (
    "Physical support",
    "Sensory support",
    "Support with memory and cognition",
    "Learning disability support",
    "Mental health support",
)
MISSING = ":"
GRANTS, FUND = "8326110", "8328110"
GRANTS_TITLE = "Income from Specific and Special Grants"
FUND_TITLE = "Income from Better Care Fund"
BRIDGING = {
    "8510101": "Assessment and Care management",
    "8510201": "Residential and Nursing care",
    "8510301": "Home care services",
}
VOLUNTARY_BLANK = {"2015-16": 0.3, "2016-17": 0.2}
"""Share of councils that leave the voluntary Better Care Fund item out."""
ZERO = 0.05
VOLUNTARY_SHARE = 0.001


def write(world: World, release: Release, path: Path) -> None:
    """Write one of the four files."""
    layout = {
        ("2014-15", "final"): _councils_as_columns,
        ("2015-16", "final"): _items,
        ("2016-17", "additional"): _coded_items,
        ("2016-17", "totals"): _cells,
    }[release.period, release.label]
    layout(world, path)


def _amounts(world: World, year: int) -> dict[str, np.ndarray]:
    """GBP thousand by council."""
    number = year - YEARS.start
    money = world.money
    income = {kind: np.round(values[:, number], 3) for kind, values in money.income.items()}
    return {
        "gross": np.round(money.adult_social_care_gross[:, number], 3),
        "grants": np.round(0.01 * money.adult_social_care_gross[:, number], 3),
        **income,
    }


def _councils_as_columns(world: World, path: Path) -> None:
    """2014-15: regions above, councils as columns, Windows-1252, notes below."""
    amount = _amounts(world, 2014)
    councils = world.places.councils
    other = np.round(amount["gross"] * 0.01, 3)
    income = amount["nhs"] + amount["joint"] + amount["client"] + other
    zero = np.zeros(len(councils))
    lines = {
        "Gross total cost: own provision": amount["gross"] * 0.2,
        "Gross total cost: provision by others": amount["gross"] * 0.8,
        "Gross total cost: total expenditure": amount["gross"],
        "Income: client contributions": amount["client"],
        "Income: joint arrangements": amount["joint"],
        "Income: Income from NHS": amount["nhs"],
        "Income: other income": other,
        "Income: total": income,
        "Net total expenditure": amount["gross"] - income,
        "Gross total expenditure": amount["gross"] - income + amount["client"],
        "Capital charges: own provision": zero,
    }
    regions = [world.places.regions[council.region].short for council in councils]
    names = [f"{council.cassr_code} - {council.name}" for council in councils]
    rows: list[Row] = [[*[None] * len(SIDE), *regions], [*SIDE, *names]]
    share = 0.5 / len(REASONS)
    for age, reason in product(("Age 18 to 64", "Age 65 and over"), REASONS):
        for line, values in lines.items():
            side = ["Long term", age, reason, "Nursing", line]
            rows.append([*side, *_texts(values * share, missing=reason == "Sensory support")])
    for line, values in lines.items():
        rows.append(["Non Salt Totals", None, "Adult Social Care", "Total", line, *_texts(values)])
    grants = ["Non Salt Totals", None, GRANTS_TITLE, "Total", "Net total expenditure"]
    rows.append([*grants, *_texts(amount["grants"])])
    width = len(rows[0])
    notes = ("", "Notes", "Data are presented in £000's", f"{MISSING}  represents data missing.")
    rows += [[note or None, *[None] * (width - 1)] for note in notes]
    text_file(path, rows, encoding="cp1252", line_end="\r\n")


def _texts(values: np.ndarray, *, missing: bool = False) -> list[Cell]:
    """Amounts with two decimals; where ``missing``, the first council's is not available."""
    texts: list[Cell] = [decimal(round(float(value), 2), 12) for value in values]
    if missing:
        texts[0] = MISSING
    return texts


def _fund(world: World, year: int, period: str) -> list[float | None]:
    """Better Care Fund income: voluntary, so absent for some and nothing for a few."""
    rng = world.rng(f"better care fund {period}")
    chance = rng.random(len(world.places.councils))
    blank = VOLUNTARY_BLANK[period]
    amounts = _amounts(world, year)["better_care_fund"]
    return [
        None if draw < blank else 0.0 if draw < blank + ZERO else float(amount)
        for draw, amount in zip(chance, amounts, strict=True)
    ]


def _items(world: World, path: Path) -> None:
    """2015-16: a row a council and item; what is not returned is blank."""
    header = (
        "UUID",
        "Council Code",
        "Council Name",
        "Data Type",
        "Data Source",
        "Age Band",
        "Finance Type",
        "Comparative totals",
        "Value",
    )
    amount = _amounts(world, 2015)
    fund = _fund(world, 2015, "2015-16")
    rows: list[Row] = []
    for number, council in enumerate(world.places.councils):
        place = (council.cassr_code, with_ampersand(council.name))
        grants = decimal(float(amount["grants"][number]))
        money = fund[number]
        rows += [
            (GRANTS, *place, "Mandatory", "Additional Data", "-", "Income", GRANTS_TITLE, grants),
            (
                FUND,
                *place,
                "Voluntay",  # spelt so by the publisher
                "Additional Data",
                "-",
                "Income",
                FUND_TITLE,
                None if money is None else decimal(money),
            ),
        ]
        for item, title in BRIDGING.items():
            value = decimal(float(amount["gross"][number]) / 9)
            band = "Age 65 and over"
            rows.append(
                (item, *place, "Mandatory", "Bridging Year", band, "Expenditure", title, value)
            )
    text_file(path, [header, *sorted(rows, key=lambda row: (str(row[1]), str(row[0])))])


def _areas(world: World) -> Iterable[tuple[tuple[Cell, Cell, Cell], list[int]]]:
    """Codes of councils, regions and England, each with the numbers of its councils."""
    places = world.places
    for number, council in enumerate(places.councils):
        codes = (council.cassr_code, council.code, places.regions[council.region].code)
        yield codes, [number]
    for number, region in enumerate(places.regions):
        inside = [n for n, council in enumerate(places.councils) if council.region == number]
        yield (None, None, region.code), inside
    yield (None, None, ENGLAND), [*range(len(places.councils))]


def _coded_items(world: World, path: Path) -> None:
    """2016-17, items: keys for words, regions and England among the councils."""
    header = (
        "UUID",
        "FY_Ending",
        "CASSR_CODE",
        "GEOGRAPHY_CODE",
        "REGION_GO_CODE",
        "DataSource_KEY",
        "Datatype_KEY",
        "AgeBand_KEY",
        "FinanceType_KEY",
        "PrimarySupportReason_KEY",
        "ComparativeTotals_KEY",
        "ItemValue",
    )
    amount = _amounts(world, 2016)
    fund = _fund(world, 2016, "2016-17")
    rows: list[Row] = []
    for codes, members in _areas(world):
        grants = float(amount["grants"][members].sum())
        returned = [value for value in (fund[member] for member in members) if value is not None]
        money = decimal(sum(returned), 12) if returned else MISSING
        bridging = decimal(float(amount["gross"][members].sum()) / 9, 12)
        rows += [
            (GRANTS, 2017, *codes, 1, 2, None, None, None, 7, decimal(grants, 12)),
            (FUND, 2017, *codes, 1, 1, None, None, None, 6, money),
            ("8510101", 2017, *codes, 2, 1, 2, 3, None, 1, bridging),
        ]
    text_file(path, [header, *sorted(rows, key=lambda row: str(row[0]))])


def _keys() -> list[tuple[tuple[Cell, ...], int, float]]:
    """The keys of an area's cells, whether they are mandatory (1), and their share of spending.

    Care type, age band, support reason, setting, purpose, carer: 80 cells of long-term, 20 of
    short-term and 9 of other care; voluntary rows split those of older people once more.
    """
    reasons = (4, 5, 6, 7, 13)
    long: list[tuple[Cell, ...]] = [
        (2, age, reason, setting, None, None)
        for age, reason, setting in product((1, 2), reasons, range(1, 9))
    ]
    short: list[tuple[Cell, ...]] = [
        (4, age, reason, None, purpose, None)
        for age, reason, purpose in product((1, 2), reasons, (1, 2))
    ]
    other: list[tuple[Cell, ...]] = [
        *((3, None, reason, None, None, None) for reason in (1, 2, 3, 8, 9, 10, 11)),
        *((3, None, 12, None, None, carer) for carer in (1, 2)),
    ]
    cells: list[tuple[tuple[Cell, ...], int, float]] = []
    for keys, share in ((long, 0.82), (short, 0.10), (other, 0.08)):
        cells += [(key, 1, share / len(keys)) for key in keys]
    older = [key for key in (*long, *short) if key[1] == 2]
    for key, band in product(older, (3, 4, 5)):
        cells.append(((key[0], band, *key[2:]), 2, VOLUNTARY_SHARE))
    return cells


def _cells(world: World, path: Path) -> None:
    """2016-17, totals: expenditure and income by keys, no cell a total of others."""
    header = (
        "FY_Ending",
        "CASSR_CODE",
        "GEOGRAPHY_CODE",
        "REGION_GO_CODE",
        "CareType_KEY",
        "AgeBand_KEY",
        "PrimarySupportReason_KEY",
        "SupportSetting_KEY",
        "Purpose_KEY",
        "CarerSupportType_KEY",
        "DataType_KEY",
        "TOTALEXPENDITURE",
        "TOTALINCOME",
        "NETTOTALEXPENDITURE",
        "GROSSTOTALEXPENDITURE",
        "NETCURRENTEXPENDITURE",
        "GROSSCURRENTEXPENDITURE",
    )
    amount = _amounts(world, 2016)
    income = sum(amount[kind] for kind in ("nhs", "joint", "better_care_fund", "client"))
    cells = _keys()
    share = np.array([part for _, _, part in cells])
    spent = np.round(np.outer(amount["gross"], share), 5)
    received = np.round(np.outer(income, share), 5)
    rows: list[Row] = []
    for codes, members in _areas(world):
        costs, incomes = spent[members].sum(axis=0), received[members].sum(axis=0)
        for (keys, mandatory, _), cost, paid in zip(cells, costs, incomes, strict=True):
            net = decimal(float(cost - paid), 12)
            whole = decimal(float(cost), 12)
            money = (whole, decimal(float(paid), 12), net, whole, net, whole)
            rows.append((2017, *codes, *keys, mandatory, *money))
    text_file(path, [header, *rows])
