"""An England of more places and more years, made of the tidy tables of one that was run.

Source declarations fix the files and their years, so a larger England cannot be published as files;
it is made where files have become tables. Every place has copies with codes of their own (a
nine-character code stays one: E06000001 becomes E06300001), every organisation and every link
between them too, so that each copy is an England that joins within itself. The twenty years that
sources cover are repeated after their end. Regions and the country keep their codes.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.edition import Edition
from pipeline.reading.source import Source
from pipeline.sources import sources

CODES = (
    "areacd",
    "active_areacd",
    "upper_areacd",
    "combined_areacd",
    "areacd_2020",
    "former_areacds",
    "dh_code",
    "cassr_code",
    "ecode",
    "registry_code",
    "county_registry_code",
    "replaced_by",
    "council_id",
    "org_code",
    "successor_code",
    "icb_code",
    "icb_org_code",
    "sub_icb_code",
    "sub_icb_org_code",
    "ccg_code",
    "ccg_org_code",
    "stp_code",
    "stp_org_code",
    "lsoa_code",
    "practice_code",
    "network_code",
    "nuts3_code",
)
NAMES = (
    "areanm",
    "active_areanm",
    "upper_areanm",
    "combined_areanm",
    "registry_name",
    "org_name",
    "icb_name",
    "sub_icb_name",
    "ccg_name",
    "stp_name",
    "practice_name",
    "network_name",
)
WIDE = r"^(E12|E92)\d{6}$"
"""Regions and the country, which all copies are in."""
ONS = r"^[A-Z]\d{8}"
CHAINS = 10_000
SPAN = 20
"""Years from the first (2006) to the last that any source has: copies follow without a gap."""
FINANCIAL = re.compile(r"(\d{4})-(\d\d)")
TIMES = frozenset({"year", "period", "date", "month"})
"""Columns of a key that tell when: only such a table has more rows with more years."""
MOST = 10


def _copied(frame: pl.DataFrame, copy: int) -> pl.DataFrame:
    """The same places under other codes and names."""
    columns = []
    for name in CODES:
        if name in frame.columns:
            code = pl.col(name)
            columns.append(
                pl.when(code.str.contains(WIDE))
                .then(code)
                .when(code.str.contains(ONS))
                .then(code.str.replace_all(r"([A-Z]\d\d)0(\d{5})", f"${{1}}{copy}${{2}}"))
                .otherwise(code.str.replace_all(r"([^,\s]+)", f"${{1}}~{copy}"))
                .alias(name)
            )
    columns += [pl.format("{} ({})", name, copy) for name in NAMES if name in frame.columns]
    if "chain" in frame.columns:
        columns.append(pl.col("chain") + copy * CHAINS)
    return frame.with_columns(columns)


def _later(frame: pl.DataFrame, times: int) -> pl.DataFrame:
    """The same figures some years later."""
    by = SPAN * times
    periods = frame["period"].drop_nulls().unique().to_list()
    financial = all(
        (found := FINANCIAL.fullmatch(one)) and int(found[2]) == (int(found[1]) + 1) % 100
        for one in periods
    )
    pattern = r"\b(20\d\d)-(\d\d)" if financial else r"\b(20\d\d)()"

    def moved(found: re.Match[str]) -> str:
        year = int(found[1]) + by
        return f"{year}-{(year + 1) % 100:02d}" if financial else str(year)

    return frame.with_columns(
        pl.col("year") + by,
        pl.selectors.date().dt.offset_by(f"{by}y"),
        pl.col("period").replace_strict(
            {one: re.sub(pattern, moved, one) for one in periods}, return_dtype=pl.String
        ),
    )


def parts(source: Source, frame: pl.DataFrame, places: int, years: int) -> Iterator[pl.DataFrame]:
    """A tidy table of so many times the places and years, a copy at a time, each in its order."""
    key = [*source.key, "release"]
    dated = {"year", "period"} <= set(frame.columns) and not TIMES.isdisjoint(source.key)
    for times in range(years if dated else 1):
        first = _later(frame, times) if times else frame
        yield first
        for copy in range(1, places):
            # What all copies share (a region's figure) is there once.
            copied = _copied(first, copy).join(first, on=key, how="anti", nulls_equal=True)
            yield copied.sort(key)


def make(edition: Edition, origin: Path, places: int, years: int) -> int:
    """Write the larger England's tidy tables, and the records that a run would have left.

    Args:
        edition: written to, below the current data folder.
        origin: the folder of the edition that was run.

    Returns:
        Rows written.
    """
    if not (1 <= places <= MOST and 1 <= years <= MOST):
        raise ValueError(f"places and years are from 1 to {MOST} times")
    for folder in ("records", "tables/meta", "raw"):
        if (origin / folder).exists():
            # What steps left of their inputs speaks of the England that it is made of.
            left = shutil.ignore_patterns("steps")
            shutil.copytree(
                origin / folder, edition.folder / folder, ignore=left, dirs_exist_ok=True
            )
    rows = 0
    target = edition.folder / "tables" / "tidy"
    target.mkdir(parents=True, exist_ok=True)
    for name, source in sources().items():
        frame = pl.read_parquet(origin / "tables" / "tidy" / f"{name}.parquet")
        schema = frame.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
        with pq.ParquetWriter(target / f"{name}.parquet", schema, compression="zstd") as out:
            for part in parts(source, frame, places, years):
                out.write_table(part.to_arrow(compat_level=pl.CompatLevel.oldest()))
                rows += part.height
    return rows
