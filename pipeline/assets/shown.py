"""What Dagster's UI shows of an asset: words, figures, a small table, a chart, columns, a link.

Everything here is made from the table that was just written and from declarations; nothing of it is
read again by the pipeline.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from pipeline.assets.small_chart import BARS, Bar, bars
from pipeline.database.sqltable import Described
from pipeline.database.versions import EXPORTS
from pipeline.edition import Edition, data_root
from pipeline.reading.attribution import GRADES
from pipeline.reading.source import ORIGIN, STATUS, WARNINGS, Column, Source
from pipeline.report.wording import capital, counted, joined, number, percent, trimmed, words
from pipeline.settings import settings
from pipeline.study.framework import framework
from pipeline.study.results import ALL_PANELS
from pipeline.tables import Table
from pipeline.verdict_words import claim, worded

Metadata = dict[str, dg.MetadataValue[Any]]

ROWS, EMPTY_ROWS, COLUMNS, FIGURES = 5, 2, 6, 3
"""Rows of a small table, those that show a missing figure, columns, and those that are figures."""
INLINE = 1000
"""Characters of Markdown that the UI shows at once; longer text is behind a link."""
ROOM = 60
"""Of these, what a last line may take."""
WIDTH, GAP = 64, 3
"""Characters across that the UI's column has room for, and what each column of a table takes."""
AXES = ("year", "vintage", "period", "month", "measure", "domain", "tier", "kind", "area_type")
"""Columns along which rows are counted in a chart; the first with a few different values."""
PERIODS = ("period", "year", "vintage")
"""Columns that say when; what is of no date in them, such as before and after, is no period."""
FILE_KINDS = {"xls": "excel", "xlsx": "excel", "ods": "excel", "csv": "csv", "html": "html"}


def report(edition: Edition, page: str = "index.html") -> Metadata:
    """Links to a page of the report: its address, and its file for where nothing is served.

    The file is told from the data folder on: the UI's column grows with what cannot be wrapped, and
    then cuts everything else in it.
    """
    site = settings().site_url.rstrip("/")
    file = edition.report.parent.relative_to(data_root().parent) / page.partition("#")[0]
    return {
        "report page": dg.MetadataValue.url(f"{site}/{edition.name}/{page}"),
        "report file": dg.MetadataValue.path(str(file)),
    }


def headline(edition: Edition, said: str) -> Metadata:
    """The first thing to read, marked where figures are generated."""
    return {"headline": dg.MetadataValue.md(edition.notice + said)}


def about_source(edition: Edition, source: Source) -> str:
    """A source in words: whose it is, on what terms, how good, what a row is, what to mind."""
    first = "SYNTHETIC files in the layout of this source. " if edition.synthetic else ""
    periods = [release.period for release in source.releases]
    span = periods[0] if min(periods) == max(periods) else f"{min(periods)} to {max(periods)}"
    lines = [
        f"{first}{source.title}.",
        "",
        f"- **Publisher:** {source.publisher}",
        f"- **Licence:** {source.licence}",
        f"- **Grade:** {source.grade} ({GRADES[source.grade]})",
        f"- **Releases:** {counted(len(source.releases), 'file')}, {span}",
        f"- **One row:** {', '.join(map(words, source.key))}, in one release",
    ]
    lines += [f"- **Mind:** {WARNINGS[one]}" for one in source.warnings]
    lines += ["", source.about]
    return "\n".join(lines)


def file_kinds(source: Source) -> set[str]:
    """The kinds of file that a source is published in."""
    return {FILE_KINDS.get(release.file.rpartition(".")[2], "file") for release in source.releases}


def source_schema(source: Source) -> dg.TableSchema:
    """A tidy table's columns with meaning and constraints."""
    return dg.TableSchema(
        [
            dg.TableColumn(name, str(column.kind), column.meaning, _held(column))
            for name, column in source.schema.items()
        ],
        dg.TableConstraints([f"one row: {', '.join((*source.key, 'release'))}"]),
    )


def _held(column: Column) -> dg.TableColumnConstraints:
    other = []
    if column.low is not None or column.high is not None:
        ends = [
            f"{word} {end:g}"
            for word, end in (("at least", column.low), ("at most", column.high))
            if end is not None
        ]
        other.append(" and ".join(ends))
    if column.values is not None:
        other.append(f"one of {', '.join(column.values)}")
    return dg.TableColumnConstraints(nullable=column.null, other=other)


def table_schema(
    frame: pl.DataFrame, meanings: Mapping[str, str], grain: Sequence[str]
) -> dg.TableSchema:
    """A made table's columns: type, meaning (with the unit, where there is one), and its key."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                name,
                str(kind),
                meanings.get(name),
                dg.TableColumnConstraints(nullable=name not in grain, unique=[name] == [*grain]),
            )
            for name, kind in frame.schema.items()
        ],
        dg.TableConstraints([f"one row: {', '.join(grain)}"] if grain else []),
    )


def column_lineage(edition: Edition, layer: str, name: str) -> Metadata:
    """What the columns of a table are made of; also ``meta.lineage`` and the pages of sources."""
    from pipeline.database.lineage import inputs  # noqa: PLC0415 - it reads the declarations of all tables

    found = {
        column: [
            dg.TableColumnDep(dg.AssetKey([edition.name, other, table]), own)
            for other, table, own in made_of
            if other not in ("reference", "meta")
        ]
        for column, made_of in inputs(layer, name).items()
    }
    if not found:
        return {}
    return {"dagster/column_lineage": dg.MetadataValue.column_lineage(dg.TableColumnLineage(found))}


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def picture(description: str, drawing: str) -> str:
    """An image in Markdown with the text that stands for it."""
    return f"![{description.replace('[', '(').replace(']', ')')}]({drawing})"


def value(one: object, status: str | None = None) -> str:
    """A figure as a reader wants it; a missing one by its shorthand, never as zero."""
    if one is None:
        return f"[{status}]" if status and status != "ok" else "(empty)"
    mark = f" [{status}]" if status and status != "ok" else ""
    if isinstance(one, bool):
        return ("yes" if one else "no") + mark
    if isinstance(one, float):
        size = abs(one)
        digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 1 else 4
        return trimmed(number(one, digits)) + mark
    text = str(one)
    return (text if len(text) <= 60 else text[:59] + "\u2026") + mark


def small_table(frame: pl.DataFrame, leave_out: Sequence[str] = ()) -> str:
    """A few rows in Markdown, some of them with a missing figure where there are any.

    A figure and its status are one cell, such as ``12.5``, ``12.5 [p]`` or ``[c]``. Columns beside
    the figures are left out until the table is short enough to be shown at once.
    """
    status = {name: _status_of(name) for name in frame.columns if _status_of(name) in frame.columns}
    names = [
        name for name in frame.columns if name not in leave_out and name not in status.values()
    ]
    if not names or not frame.height:
        return "The table is empty."
    first = [name for name in names if name in status][:FIGURES]
    others = [name for name in names if name not in status]
    for count in range(min(COLUMNS - len(first), len(others)), -1, -1):
        kept = {*first, *others[:count]} or {*others[:1]}
        chosen = [name for name in names if name in kept]
        text, width = _few_rows(frame, chosen, status, len(names) - len(chosen))
        if len(text) < INLINE and width <= WIDTH:
            break
    return text


def _few_rows(
    frame: pl.DataFrame, names: Sequence[str], status: Mapping[str, str], left: int
) -> tuple[str, int]:
    """The table, and how many characters it is wide."""
    figures_shown = [name for name in names if name in status]
    rows = frame.head(ROWS)
    if figures_shown:
        lacking = frame.filter(pl.any_horizontal(pl.col(name).is_null() for name in figures_shown))
        if lacking.height:
            rows = pl.concat([frame.head(ROWS - EMPTY_ROWS), lacking.head(EMPTY_ROWS)]).unique(
                maintain_order=True
            )
    cells, used = [], set()
    for row in rows.iter_rows(named=True):
        marks = {name: row[status[name]] for name in figures_shown}
        used |= set(marks.values())
        cells.append([value(row[name], marks.get(name)) for name in names])
    legend = [f"[{name}] {meaning}" for name, meaning in STATUS.items() if name in used - {"ok"}]
    notes = [f"{'; '.join(legend)}."] if legend else []
    if left:
        notes.append(f"{counted(left, 'more column')}: see Columns.")
    wide = sum(max(map(len, column)) + GAP for column in zip(names, *cells, strict=True))
    return "\n\n".join([markdown(names, cells), *notes]), wide


def _status_of(name: str) -> str:
    """The column that says what stands behind a figure."""
    return "status" if name == "value" else f"{name}__status"


def figures(frame: pl.DataFrame) -> dict[str, tuple[int, int]]:
    """Column of figures -> how many rows have a value, and how many have none."""
    return {
        name: (frame.height - frame[name].null_count(), frame[name].null_count())
        for name in frame.columns
        if _status_of(name) in frame.columns
    }


def coverage(frame: pl.DataFrame) -> Metadata:
    """How many figures have a value, and what stands behind those that have none."""
    found = figures(frame)
    if not found or not frame.height:
        return {}
    valued, empty = (sum(pair[side] for pair in found.values()) for side in (0, 1))
    why: dict[str, int] = {}
    for name in found:
        lacking = frame.filter(pl.col(name).is_null())[_status_of(name)].value_counts()
        for status, count in lacking.iter_rows():
            why[status] = why.get(status, 0) + count
    said = (
        f"{number(valued)} of {counted(valued + empty, 'figure')} have a value "
        f"({part(valued, valued + empty)})"
    )
    reasons = [f"{number(why[name])} [{name}] {STATUS[name]}" for name in STATUS if name in why]
    said += f". The others are empty and no zeros: {'; '.join(reasons)}." if reasons else "."
    return {"coverage": dg.MetadataValue.text(said)}


def part(some: int, every: int) -> str:
    """A count as a share of all; never all, or none, by rounding alone."""
    said = percent(some / every)
    if said == "100%" and some < every:
        return "over 99%"
    return "under 1%" if said == "0%" and some else said


def span(frame: pl.DataFrame) -> str:
    """The first and last period of a table; empty where it has none."""
    for name in PERIODS:
        if name in frame.columns and (said := dated(frame, name)[name]).len():
            low, high = str(said.min()), str(said.max())
            return low if low == high else f"{low} to {high}"
    return ""


def dated(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows that the column puts in a year."""
    return frame.filter(pl.col(name).cast(pl.String).str.contains(r"^\d{4}"))


def along(frame: pl.DataFrame, axes: Sequence[str] = AXES) -> tuple[str, list[Bar]]:
    """The column that rows are counted along, and the counts; no bars where none fits."""
    for axis in axes:
        if axis not in frame.columns:
            continue
        rows = dated(frame, axis) if axis in PERIODS else frame
        if 1 < rows[axis].n_unique() <= BARS:
            valued = pl.col("value").is_not_null() if "value" in frame.columns else pl.lit(True)
            counted_rows = (
                rows.group_by(axis)
                .agg(
                    valued.sum().alias("valued")
                    if "value" in frame.columns
                    else pl.len().alias("valued"),
                    pl.len().alias("all"),
                )
                .sort(axis)
            )
            return axis, [
                Bar("none" if at is None else str(at), one, every - one)
                for at, one, every in counted_rows.iter_rows()
            ]
    return "", []


def chart(edition: Edition, title: str, axis: str, counts: Sequence[Bar], unit: str) -> Metadata:
    """Bars and the same numbers as a table; nothing where there is no more than one bar."""
    if len(counts) < 2:
        return {}
    title = edition.mark + title
    hollow = any(one.empty for one in counts)
    said = f"{title}. Bars from {counts[0].at} to {counts[-1].at}; the table has every number."
    columns = [words(axis), "with a value", "without a value"] if hollow else [words(axis), unit]
    rows = [
        [one.at, number(one.valued), *([number(one.empty)] if hollow else [])] for one in counts
    ]
    return pictured(picture(said, bars(title, unit, counts)), markdown(columns, rows))


def pictured(drawing: str, table: str) -> Metadata:
    """The numbers at once, and the picture (which the UI opens on a click) with them beside it."""
    return {
        "figures": dg.MetadataValue.md(table),
        "chart": dg.MetadataValue.md(f"{drawing}\n\n{table}"),
    }


def tidy(edition: Edition, source: Source, frame: pl.DataFrame, sums: pl.DataFrame) -> Metadata:
    """What is shown of a tidy table."""
    periods = span(frame)
    said = f"{counted(frame.height, 'row')} from {counted(len(source.releases), 'file')}"
    said += f", {periods}" if periods else ""
    found = figures(frame)
    if found and frame.height:
        said += f"; {part(sum(v for v, _ in found.values()), frame.height)} have a value"
    compared = sums["agrees"].count()
    if compared:
        agree = int(sums["agrees"].sum())
        settled = int((~sums["agrees"] & sums["settled"]).sum())
        said += f". {number(agree)} of {counted(compared, 'published total')} agree with our sums"
        if settled:
            said += f", {counted(settled, 'difference')} explained"
    axis, counts = along(frame)
    return {
        **headline(edition, said + "."),
        "dagster/row_count": dg.MetadataValue.int(frame.height),
        "period": dg.MetadataValue.text(periods or "not dated"),
        **coverage(frame),
        **places(source, frame),
        **chart(edition, f"Rows by {words(axis)}", axis, counts, "rows"),
        "first rows": dg.MetadataValue.md(small_table(frame, list(ORIGIN))),
        **report(edition, f"sources/{source.name}.html"),
        "dagster/column_schema": dg.MetadataValue.table_schema(source_schema(source)),
    }


def places(source: Source, frame: pl.DataFrame) -> Metadata:
    """How many places a table speaks of."""
    if source.area is None:
        return {}
    column, level = source.area
    count = frame[column].n_unique() - (1 if frame[column].null_count() else 0)
    return {"places": dg.MetadataValue.text(f"{number(count)} codes ({column}: {level} and above)")}


def switched_off(edition: Edition, why: str) -> Metadata:
    """What is shown of a source that is switched off."""
    return headline(edition, f"Switched off, so its table is empty: {why}")


def raw(edition: Edition, source: Source, fetched: Sequence[Mapping[str, Any]]) -> Metadata:
    """What is shown of a source's published files."""
    sizes = {str(one["file"]): int(one["bytes"]) for one in fetched}
    total = sum(sizes.values())
    rows = [
        [
            release.period,
            release.published or "not stated",
            release.file.rpartition("/")[2],
            f"{number(sizes[release.file] / 1000)} kB" if release.file in sizes else "not fetched",
            "not counted" if release.rows is None else number(release.rows),
        ]
        for release in source.releases
    ]
    said = f"{counted(len(fetched), 'file')}, {number(total / 1e6, 1)} MB, byte for byte"
    said += " as generated." if edition.synthetic else " as declared (sha256)."
    columns = ["period", "published", "file", "size", "rows declared"]
    kept = rows
    while len(listed := markdown(columns, kept)) >= INLINE - ROOM:
        kept = kept[1:]
    if len(kept) < len(rows):
        listed += f"\n\n{counted(len(rows) - len(kept), 'earlier file')}: see the report page."
    return {
        **headline(edition, said),
        "files": dg.MetadataValue.int(len(fetched)),
        "megabytes": dg.MetadataValue.float(round(total / 1e6, 2)),
        "licence": dg.MetadataValue.text(source.licence),
        "provenance": dg.MetadataValue.text(source.grade),
        "releases": dg.MetadataValue.md(listed),
        **report(edition, f"sources/{source.name}.html#files"),
    }


def locality(edition: Edition, table: Described, frame: pl.DataFrame) -> Metadata:
    """What is shown of a locality table."""
    blocks = {name: one.block for name, one in framework().indicators.items()}
    periods = span(frame)
    found = figures(frame)
    grain = joined([words(one) for one in table.grain])
    said = f"{counted(frame.height, 'row')}, one for each {grain}"
    said += f", {periods}" if periods else ""
    if found and frame.height:
        valued = sum(v for v, _ in found.values())
        said += f"; {part(valued, len(found) * frame.height)} of figures have a value"
    wide = {one: pair for one, pair in found.items() if one in blocks}
    if wide:
        counts = [
            Bar(
                capital(words(block)),
                *(sum(wide[one][side] for one in wide if blocks[one] == block) for side in (0, 1)),
            )
            for block in dict.fromkeys(blocks.values())
            if any(blocks[one] == block for one in wide)
        ]
        drawn = chart(edition, "Figures measured, by block", "block", counts, "figures")
    else:
        axis, counts = along(frame)
        drawn = chart(edition, f"Rows by {words(axis)}", axis, counts, "rows")
    return {
        **headline(edition, said + "."),
        "dagster/row_count": dg.MetadataValue.int(frame.height),
        "period": dg.MetadataValue.text(periods or "not dated"),
        **coverage(frame),
        **drawn,
        "first rows": dg.MetadataValue.md(small_table(frame)),
        **report(edition, "councils/index.html"),
        "dagster/column_schema": dg.MetadataValue.table_schema(
            table_schema(frame, table.columns, table.grain)
        ),
        **column_lineage(edition, "locality", table.name),
    }


def database(edition: Edition, path: Path, tables: Sequence[Table]) -> Metadata:
    """What is shown of a new database: what is in it, schema by schema."""
    layers = dict.fromkeys(one.layer for one in tables)
    rows = {layer: sum(one.height() for one in tables if one.layer == layer) for layer in layers}
    said = (
        f"{counted(len(tables), 'table')} with {number(sum(rows.values()))} rows, written to a new "
        "file and read back. It is public once the version is."
    )
    counts = [Bar(layer, count) for layer, count in rows.items()]
    return {
        **headline(edition, said),
        **chart(edition, "Rows by schema", "schema", counts, "rows"),
        **size(path),
        **report(edition, "sources/index.html"),
    }


def folder(edition: Edition, path: Path, said: str) -> Metadata:
    """What is shown of a folder of files that was written: how many of which kind, how large."""
    sizes: dict[str, list[int]] = {}
    for one in sorted(path.rglob("*")):
        if one.is_file():
            parts = one.relative_to(path).parts
            sizes.setdefault(parts[0] if len(parts) > 1 else one.name, []).append(
                one.stat().st_size
            )
    listed = markdown(
        ["part", "files", "megabytes"],
        [[name, number(len(one)), number(sum(one) / 1e6, 2)] for name, one in sizes.items()],
    )
    counts = [Bar(name, len(one)) for name, one in sizes.items() if len(one) > 1]
    return {
        **headline(edition, said),
        **chart(edition, "Files by part", "part", counts, "files"),
        "figures": dg.MetadataValue.md(listed),
        **size(path),
        **report(edition),
    }


def published(edition: Edition, version: str, verdict: pl.DataFrame) -> Metadata:
    """What is shown of a published version: the answer, and where everything is."""
    said = f"Version {version} is public: database, report and exports, swapped in together."
    final = verdict.filter(pl.col("spec_id") == ALL_PANELS) if verdict.width else verdict
    if final.height:
        row = final.row(0, named=True)
        said = f"**{capital(worded(row['verdict']))}.** {claim(row['sentence'])}\n\n{said}"
    return {
        **headline(edition, said),
        **report(edition),
        "version": dg.MetadataValue.text(version),
        "database": dg.MetadataValue.path(str(edition.database)),
        "exports": dg.MetadataValue.path(str(edition.folder / EXPORTS)),
    }


def size(path: Path) -> Metadata:
    """How many files were written, and how large they are."""
    files = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
    total = sum(one.stat().st_size for one in files)
    return {
        "files": dg.MetadataValue.int(len(files)),
        "megabytes": dg.MetadataValue.float(round(total / 1e6, 2)),
    }
