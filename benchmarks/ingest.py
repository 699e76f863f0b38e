"""Three typical sources: our ingest, the same in pandas, and the bare reading of the files.

Typical: 96 old workbooks in four layouts, one long CSV file, one open-document workbook of 25
tables. The pandas versions make the same rows and values, and check nothing.
"""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import fastexcel
import pandas as pd
import polars as pl
import pyreadr

from pipeline.edition import Edition
from pipeline.reading.ingest import ingest
from pipeline.reading.published import PublishedFile
from pipeline.reading.source import Source

WORKBOOKS = (".xls", ".xlsx", ".ods", ".xlsm")


def bare(path: Path) -> int:
    """Read a file with the fastest reader of its kind, every cell as text, and count the cells."""
    if path.suffix in WORKBOOKS:
        book = fastexcel.read_excel(path.read_bytes())
        sheets = [
            book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
            for name in book.sheet_names
        ]
        return sum(one.height * one.width for one in sheets)
    if path.suffix.lower() == ".rda":
        return sum(frame.size for frame in pyreadr.read_r(str(path)).values())
    text = PublishedFile(path, path.name).text()
    try:
        frame = pl.read_csv(
            io.StringIO(text), has_header=False, infer_schema_length=0, truncate_ragged_lines=True
        )
    except pl.exceptions.ComputeError:  # line breaks inside of cells that it does not expect
        return sum(len(row) for row in csv.reader(io.StringIO(text, newline="")))
    return frame.height * frame.width


def _numbers(text: "pd.Series[str]") -> "pd.Series[float]":
    plain = text.str.strip().str.replace(",", "", regex=False)
    return pd.to_numeric(plain, errors="coerce")


def delayed_transfers(source: Source, folder: Path) -> pd.DataFrame:
    """Council, month and reason, type of care or organisation."""
    parts = []
    for release in source.releases:
        with pd.ExcelFile(folder / release.file, engine="calamine") as book:
            for sheet in book.sheet_names:
                if not str(sheet).strip().casefold().startswith("la"):
                    continue
                cells = book.parse(sheet, header=None, dtype=str)
                rows = cells.index[cells.isin(["Name"]).any(axis=1)]
                labels = cells.loc[rows[0]].map(lambda cell: re.sub(r"\s+", " ", str(cell)).strip())
                name = list(labels).index("Name")
                body = cells.loc[rows[0] + 1 :]
                body = body[body[name].notna() & (body[name].str.strip() != "")]
                figures = [n for n in labels.index if n > name and labels[n] != "nan"]
                long = body.melt([name - 1, name], figures, "column", "text")
                long["category"] = long["column"].map(labels)
                long["value"] = _numbers(long["text"])
                parts.append(long.assign(period=release.period, breakdown=sheet))
    return pd.concat(parts, ignore_index=True)


def criteria_to_reside_trust(source: Source, folder: Path) -> pd.DataFrame:
    """Trust and day."""
    (release,) = source.releases
    frame = pd.read_csv(folder / release.file, dtype=str, keep_default_na=False)
    frame = frame[frame["nhs_trust22_code"].str.fullmatch("[0-9A-Z]{3}")]
    day = pd.to_datetime(frame["date"], format="%Y-%m-%d")
    long = pd.DataFrame(
        {
            "org_code": frame["nhs_trust22_code"],
            "period": day.dt.strftime("%Y-%m-%d"),
            "year": day.dt.year - (day.dt.month < 4),
            "value": _numbers(frame["do_not_meet_criteria_to_reside"]),
        }
    )
    return long.sort_values(["org_code", "period"])


def ascof(source: Source, folder: Path) -> pd.DataFrame:
    """Place, table, year and statistic."""
    (release,) = source.releases
    parts = []
    with pd.ExcelFile(folder / release.file, engine="calamine") as book:
        for sheet in book.sheet_names:
            if not str(sheet).startswith("Table_"):
                continue
            cells = book.parse(sheet, header=None, dtype=str)
            start = cells.index[cells[0] == "Local authority code"][0]
            labels = cells.loc[start]
            body = cells.loc[start + 1 :].dropna(how="all")
            long = body.melt([0, 1, 2], list(labels.index[3:]), "column", "text")
            long["label"] = long["column"].map(labels)
            brackets = long["text"].str.extract(r"^(.+?) \((.+)\)$")
            second = long[brackets[1].notna()].assign(text=brackets[1], basis="reviewed")
            long["text"] = brackets[0].where(brackets[1].notna(), long["text"])
            both = pd.concat([long, second])
            both["value"] = _numbers(both["text"])
            parts.append(both.assign(table=sheet))
    return pd.concat(parts, ignore_index=True)


PANDAS: dict[str, Callable[[Source, Path], pd.DataFrame]] = {
    "delayed_transfers": delayed_transfers,
    "criteria_to_reside_trust": criteria_to_reside_trust,
    "ascof": ascof,
}


def with_pandas(source: Source, folder: Path) -> pd.DataFrame:
    """The source's table by pandas, as it would be kept."""
    frame = PANDAS[source.name](source, folder)
    frame.rename(columns=str).to_parquet(io.BytesIO(), compression="zstd")
    return frame


def ours(source: Source, edition: Edition) -> pl.DataFrame:
    """The source's table by the pipeline, as it is kept."""
    frame = ingest(source, edition, []).table
    frame.write_parquet(io.BytesIO(), compression="zstd", statistics=True)
    return frame
