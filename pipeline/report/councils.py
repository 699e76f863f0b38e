"""Councils that are not in a panel of councils, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.report.read import COUNCILS, Analysis, Reader, Row
from pipeline.report.tables import DataTable, figure, text
from pipeline.report.wording import NO_REGION, counted, joined, number

SAID = ("c", "low", "u", "z")
"""Statuses that say more of a missing figure than that it is missing."""
ABOUT = ("areacd", "areanm", "year", "region", "council_class")
STATUSES = "SELECT \"table\" AS status, meaning FROM meta.dictionary WHERE layer = 'status'"


@dataclass(frozen=True)
class LeftOut:
    """Councils with social care that a panel does not hold.

    Attributes:
        lost: councils that existed in its years, and why they are not in it.
        later: names of councils that began after those years.
        partly: number of councils analysed for some of their years only.
    """

    lost: DataTable | None
    later: Sequence[str]
    partly: int


def left_out(reader: Reader, analysis: Analysis) -> LeftOut | None:
    """Councils that the panel does not hold; None where its places are no councils."""
    if analysis.nouns != COUNCILS:
        return None
    parts = ("", "__status", "__coverage")
    columns = {*ABOUT, *(f"{name}{part}" for name in _needed(analysis) for part in parts)}
    every = reader.frame("locality.authority_year", columns)
    if not every.height:
        return None
    inside = set(analysis.panel["areacd"]) if analysis.panel.height else set()
    first, last = (int(year) for year in analysis.spec["years"].split("-"))
    missing = every.filter(~pl.col("areacd").is_in(inside))
    own = missing.filter(pl.col("year").is_between(first, last))
    in_panel = analysis.panel.select("areacd", "year") if inside else own.select("areacd", "year")
    partly = (
        every.filter(pl.col("areacd").is_in(inside) & pl.col("year").is_between(first, last))
        .with_columns(pl.col("year").cast(pl.Int64))
        .join(
            in_panel.with_columns(pl.col("year").cast(pl.Int64)), on=["areacd", "year"], how="anti"
        )["areacd"]
        .n_unique()
    )
    names = dict(missing.select("areacd", "areanm").iter_rows())
    in_time = set(own["areacd"])
    began_later = missing.group_by("areacd").agg(pl.col("year").min())
    later = sorted(
        names[code] for code, year in began_later.iter_rows() if code not in in_time and year > last
    )
    looked_at = missing.filter(pl.col("year").is_between(first, last + analysis.lag))
    return LeftOut(_lost(reader, analysis, own, looked_at), later, partly)


def _needed(analysis: Analysis) -> list[str]:
    """The outcome, the controls and the measures used."""
    used = [row["indicator"] for row in analysis.coverage if row["used"]]
    return [analysis.spec["outcome"], *analysis.spec["controls"].split(", "), *used]


def _lost(
    reader: Reader, analysis: Analysis, own: pl.DataFrame, looked_at: pl.DataFrame
) -> DataTable | None:
    statuses = {
        row["status"]: row["meaning"] for row in reader.query(STATUSES, ["meta.dictionary"])
    }
    titles = {row["name"]: row["title"] for row in reader.rows("meta.indicator")}
    of_council = {code: rows.to_dicts() for (code,), rows in looked_at.group_by("areacd")}
    rows = []
    for (code,), frame in sorted(
        own.group_by("areacd"), key=lambda one: (one[1]["areanm"][0], one[0])
    ):
        years = frame.sort("year").to_dicts()
        by_year = {row["year"]: row for row in of_council[code]}
        rows.append(
            [
                text(years[0]["areanm"], years[-1]["council_class"]),
                text(years[-1]["region"] or NO_REGION),
                figure(number(len(years))),
                text(" ".join(_reasons(analysis, years, by_year, titles, statuses))),
            ]
        )
    if not rows:
        return None
    return DataTable(
        "Councils with social care that were not analysed",
        ["Council", "Region", "Years lost", "Why"],
        rows,
        "locality.authority_year: the outcome, the controls and the measures used, each with its "
        "status",
    )


def _reasons(
    analysis: Analysis,
    years: Sequence[Row],
    by_year: Mapping[int, Row],
    titles: Mapping[str, str],
    statuses: Mapping[str, str],
) -> list[str]:
    """What is missing for a council, each with the years it is missing in."""
    least = analysis.settings["min_coverage"]

    def known(row: Mapping[str, Any], name: str) -> bool:
        coverage = row.get(f"{name}__coverage", 1.0)
        return row.get(name) is not None and coverage is not None and coverage >= least

    outcome = analysis.spec["outcome"]
    later = f"{titles[outcome]}, {counted(analysis.lag, 'year')} later"
    ahead = [by_year.get(row["year"] + analysis.lag, {}) for row in years]
    needed: list[tuple[str, str, Sequence[Row]]] = [(later, outcome, ahead)]
    needed += [(titles[name], name, years) for name in _needed(analysis)[1:] if name in titles]
    by_count: dict[int, list[str]] = {}
    for title, name, rows in needed:
        without = [row for row in rows if not known(row, name)]
        marks = {row.get(f"{name}__status") for row in without if row.get(name) is None}
        why = [statuses[mark] for mark in sorted(filter(None, marks)) if mark in SAID]
        if without:
            by_count.setdefault(len(without), []).append(
                f"'{title}'" + (f" ({'; '.join(why)})" if why else "")
            )
    return [
        f"No figure in {_of_years(count, len(years))} for {joined(names)}."
        for count, names in sorted(by_count.items(), reverse=True)
    ]


def _of_years(count: int, every: int) -> str:
    if count == every:
        return f"any of {counted(every, 'year')}" if every > 1 else "the one year"
    return f"{number(count)} of {counted(every, 'year')}"
