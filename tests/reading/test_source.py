"""Values, statuses and keys: suppressed stays suppressed, and missing is never zero."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.reading.published import PublishedFile, SourceError
from pipeline.reading.source import (
    STATUS,
    STATUS_COLUMN,
    VALUE,
    Column,
    Release,
    Source,
    conform,
    numbers,
)
from pipeline.sources import sources

FILE = PublishedFile(Path("none"), "folder/file.csv")
RELEASE = Release("folder/file.csv", "https://example.org/file.csv", "0" * 64, "2016-17")


def made(**changes: object) -> Source:
    declared: dict[str, object] = {
        "name": "made",
        "title": "Made",
        "publisher": "Nobody",
        "licence": "OGL v3.0",
        "attribution": "None",
        "grade": "original",
        "about": "A source for tests.",
        "releases": [RELEASE],
        "columns": {"code": Column(pl.String, "Code."), "value": VALUE, "status": STATUS_COLUMN},
        "key": ("code",),
        "tidy": lambda file, release: pl.DataFrame(),
    }
    return Source(**(declared | changes))  # type: ignore[arg-type]


def texts(*values: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"text": values, "row": range(2, 2 + len(values))}, schema_overrides={"row": pl.Int32}
    )


def test_markers_and_blanks_become_a_status_and_never_a_number() -> None:
    markers = {"[c]": "c", "-": "x", "[z]": "z"}
    frame = numbers(
        texts("1,234.5", "0", "[c]", "-", "[z]", None), "text", file=FILE, markers=markers
    )
    assert frame["value"].to_list() == [1234.5, 0.0, None, None, None, None]
    assert frame["status"].to_list() == ["ok", "ok", "c", "x", "z", "x"]


@pytest.mark.parametrize("text", ["abc", "1.2.3", "nan", "inf", "12 (3)", "£5"])
def test_text_where_a_number_belongs_is_named_with_its_row(text: str) -> None:
    with pytest.raises(SourceError, match=r"folder/file\.csv, row 3: expected a number") as problem:
        numbers(texts("1", text), "text", file=FILE, markers={"-": "x"})
    assert repr(text) in str(problem.value)


def rows(**columns: list[object]) -> pl.DataFrame:
    count = len(next(iter(columns.values())))
    return pl.DataFrame(
        {"value": [1.0] * count, "status": ["ok"] * count, "row": range(2, 2 + count), **columns}
    )


def test_conform_adds_the_origin_and_sorts_by_the_key() -> None:
    frame = conform(made(), RELEASE, rows(code=["b", "a"]))
    assert frame["code"].to_list() == ["a", "b"]
    assert frame["release"].unique().to_list() == ["2016-17 final"]
    assert frame["file"].unique().to_list() == ["folder/file.csv"]


def test_a_duplicated_key_names_the_rows() -> None:
    with pytest.raises(SourceError, match=r"the key \(code=a\) stands on 2 rows \(2, 4\)"):
        conform(made(), RELEASE, rows(code=["a", "b", "a"]))


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(SourceError, match=r"row 3, column 'code': 1 rows have no code"):
        conform(made(), RELEASE, rows(code=["a", None]))


def test_columns_that_tidy_forgot_or_invented_are_named() -> None:
    with pytest.raises(SourceError, match=r"missing \['code'\], undeclared \['kode'\]"):
        conform(made(), RELEASE, rows(kode=["a"]))


def test_a_declaration_with_an_unknown_status_or_warning_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown statuses"):
        made(markers={"*": "secret"})
    with pytest.raises(ValueError, match="no usage warning"):
        made(warnings=("beware",))
    with pytest.raises(ValueError, match="share an id"):
        made(releases=[RELEASE, RELEASE])


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
def test_every_declaration_is_complete(source: Source) -> None:
    assert len({release.file for release in source.releases}) == len(source.releases)
    for release in source.releases:
        assert release.url.startswith("https://")
        assert len(release.sha256) == 64
        assert release.rows
    assert set(source.key) <= set(source.columns)
    assert all(column.meaning.endswith(".") for column in source.columns.values())
    if "value" in source.columns:
        assert "status" in source.columns
        assert set(source.columns["status"].values or ()) <= set(STATUS)
