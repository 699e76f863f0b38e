"""What Dagster's UI shows of one asset of each layer is as declared."""

import re
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from pipeline.assets import findings, shown
from pipeline.database.locality import tables
from pipeline.definitions import definitions
from pipeline.edition import ENGLAND, SAMPLE, Edition
from pipeline.reading.reconciliation import SCHEMA as SUMS
from pipeline.reading.source import Source
from pipeline.sources import sources
from pipeline.study.results import KEYS, TABLES
from pipeline.tables import Table

from .test_small_chart import drawing

PICTURE = re.compile(r"!\[([^\]]+)\]\(([^)]+)\)")


@pytest.fixture
def source() -> Source:
    return sources()["criteria_to_reside_icb"]


def tidy_frame(source: Source) -> pl.DataFrame:
    rows = [
        {
            "icb_code": f"E5400000{place}",
            "period": f"{year}-04-01",
            "year": year,
            "measure": "not_meeting_criteria_to_reside",
            "value": None if (place, year) == (2, 2023) else 1234.5 * place,
            "status": "c" if (place, year) == (2, 2023) else "ok",
            "release": "r",
            "revision": 0,
            "file": "f.csv",
            "row": place,
        }
        for year in (2022, 2023)
        for place in (1, 2, 3)
    ]
    return pl.DataFrame(rows, schema={name: one.kind for name, one in source.schema.items()})


def plain(metadata: shown.Metadata) -> dict[str, Any]:
    return {name: one.value for name, one in metadata.items()}


def picture(text: str) -> str:
    """The image of a chart, after looking at its text for those who do not see it."""
    found = PICTURE.search(text)
    assert found, text[:80]
    assert len(found[1]) > 20
    image = drawing(found[2])
    assert 200 < float(image.attrib["width"]) < 1200
    assert 50 < float(image.attrib["height"]) < 800
    return text[found.end() :]


def test_raw(source: Source) -> None:
    release = source.releases[0]
    found = plain(shown.raw(ENGLAND, source, [{"file": release.file, "bytes": 2_500_000}]))
    assert found["headline"] == "1 file, 2.5 MB, byte for byte as declared (sha256)."
    assert found["megabytes"] == 2.5
    assert release.file.rpartition("/")[2] in found["releases"]
    assert "2,500 kB" in found["releases"]
    assert found["licence"] == source.licence


def test_tidy(source: Source) -> None:
    found = plain(shown.tidy(ENGLAND, source, tidy_frame(source), pl.DataFrame(schema=SUMS)))
    assert found["headline"] == "6 rows from 1 file, 2022-04-01 to 2023-04-01; 83% have a value."
    assert found["dagster/row_count"] == 6
    assert found["period"] == "2022-04-01 to 2023-04-01"
    assert found["coverage"] == (
        "5 of 6 figures have a value (83%). The others are empty and no zeros: "
        "1 [c] confidential: suppressed by the publisher."
    )
    beside = picture(found["chart"])
    assert "| 2022 | 3 | 0 |" in beside
    assert "| 2023 | 2 | 1 |" in beside
    assert "| [c] |" in found["first rows"]
    assert "[c] confidential" in found["first rows"]
    assert "2,469" in found["first rows"]
    assert "f.csv" not in found["first rows"]
    columns = {one.name: one for one in found["dagster/column_schema"].columns}
    assert list(columns) == list(source.schema)
    assert all(one.description for one in columns.values())
    assert columns["value"].constraints.nullable
    assert "one of ok, c" in columns["status"].constraints.other[0]
    assert "at least 0" in columns["revision"].constraints.other[0]


def test_synthetic_figures_say_so(source: Source) -> None:
    found = plain(shown.tidy(SAMPLE, source, tidy_frame(source), pl.DataFrame(schema=SUMS)))
    assert found["headline"].startswith("SYNTHETIC")
    assert "![SYNTHETIC: " in found["chart"]
    assert shown.about_source(SAMPLE, source).startswith("SYNTHETIC")
    assert "SYNTHETIC" not in shown.about_source(ENGLAND, source)


def test_a_switched_off_source_says_why() -> None:
    found = plain(shown.switched_off(ENGLAND, "The publisher asked for it."))
    assert found == {"headline": "Switched off, so its table is empty: The publisher asked for it."}


def test_locality() -> None:
    table = tables()["icb_year"]
    frame = pl.DataFrame(
        {
            "icb_code": ["E54000001", "E54000001"],
            "year": [2022, 2023],
            "able_to_make_improvements": [55.25, None],
            "coverage": [0.97, 0.0],
            "n_effective": [3.0, None],
            "patients_not_meeting_criteria": [120.0, 130.0],
            "days": [365, 365],
        }
    )
    found = plain(shown.locality(ENGLAND, table, frame))
    assert found["headline"] == "2 rows, one for each icb code and year, 2022 to 2023."
    assert "| 2022 | 1 |" in picture(found["chart"])
    assert "(empty)" in found["first rows"]
    assert "55.3" in found["first rows"] or "55.2" in found["first rows"]
    columns = {one.name: one for one in found["dagster/column_schema"].columns}
    assert (
        columns["able_to_make_improvements"].description
        == table.columns["able_to_make_improvements"]
    )
    assert not columns["icb_code"].constraints.nullable
    deps = found["dagster/column_lineage"].deps_by_column
    assert deps["patients_not_meeting_criteria"] == [
        dg.TableColumnDep(dg.AssetKey(["england", "tidy", "criteria_to_reside_icb"]), "value")
    ]


def test_a_wide_table_counts_its_figures_by_block() -> None:
    frame = pl.DataFrame(
        {
            "areacd": ["E06000001", "E06000002"],
            "year": [2016, 2016],
            "delayed_days_rate": [None, 12.0],
            "delayed_days_rate__status": ["x", "ok"],
            "adult_social_care_per_adult": [800.0, 900.0],
            "adult_social_care_per_adult__status": ["ok", "p"],
        }
    )
    found = plain(shown.locality(ENGLAND, tables()["authority_year"], frame))
    beside = picture(found["chart"])
    assert "| Outcome | 1 | 1 |" in beside
    assert "[x]" in found["first rows"]
    assert "3 of 4 figures have a value (75%)" in found["coverage"]


def evidence() -> dict[str, pl.DataFrame]:
    contrast = {
        "spec_id": "councils_delayed_transfers",
        "exploratory": None,
        "composition": "composite",
        "estimand": "delta",
        "estimate": 0.031,
        "ci_low": -0.012,
        "ci_high": 0.074,
        "headline": True,
        "years": "2012-2017",
    }
    verdict = {
        "spec_id": ["councils_delayed_transfers", "all_panels"],
        "part": ["between", "overall"],
        "composition": ["both", "both"],
        "verdict": ["inconclusive", "not supported"],
        "sentence": ["Open.", "The claim is not supported here. By panel: Councils: open."],
    }
    return {
        "block_contrast": pl.DataFrame([contrast]),
        "verdict": pl.DataFrame(verdict),
        "within_effect": pl.DataFrame(),
    }


def test_the_verdict_is_an_answer_in_words() -> None:
    found = plain(findings.of(ENGLAND, "verdict", evidence()))
    assert found["headline"].startswith("**Not supported.** The claim is not supported here.")
    assert "Delayed transfers in councils, between authorities: inconclusive" in found["panels"]
    assert found["figures"] in found["chart"]
    assert len(found["headline"]) < shown.INLINE
    beside = picture(found["chart"])
    assert "3.1 | −1.2 to 7.4" in beside
    deps = found["dagster/column_lineage"].deps_by_column
    assert deps["value"][0].asset_key.path[:2] == ["england", "evidence"]


def test_a_verdict_is_told_in_the_reports_words() -> None:
    term = "inconclusive: depends on how the block is composed"
    rows = {
        "spec_id": ["districts_dementia", "all_panels"],
        "part": ["within", "overall"],
        "composition": ["both", "both"],
        "verdict": [term, "inconclusive"],
        "sentence": ["Open.", f"It cannot be decided. Inside authorities: {term}."],
    }
    made = evidence() | {"verdict": pl.DataFrame(rows)}
    told = plain(findings.of(ENGLAND, "verdict", made))
    published = plain(shown.published(ENGLAND, "v1", made["verdict"]))
    said = "inconclusive: depends on how measures are put together"
    assert told["panels"] == f"- Dementia diagnosis in districts, inside authorities: {said}"
    for headline in (told["headline"], published["headline"]):
        assert f"Inside authorities: {said}." in headline
        assert "block is composed" not in headline


def test_an_empty_evidence_table_says_so() -> None:
    found = plain(findings.of(ENGLAND, "within_effect", evidence()))
    assert found["headline"] == "The table is empty: nothing was found."
    assert "chart" not in found
    assert found["first rows"] == "The table is empty."
    assert found["coverage"].startswith("none of")


def test_every_evidence_table_has_its_words() -> None:
    assert list(findings.SAY) != []
    assert set(findings.SAY) == set(TABLES) == set(KEYS)


def test_a_small_table_is_as_wide_as_the_page_has_room_for() -> None:
    frame = pl.DataFrame({f"column_{i}": ["a word or two of text"] for i in range(6)})
    table = shown.small_table(frame)
    assert table.splitlines()[0] == "| column_0 | column_1 |"
    assert "4 more columns: see Columns." in table


@pytest.mark.parametrize(
    ("some", "said"), [(0, "0%"), (1, "under 1%"), (500, "50%"), (999, "over 99%"), (1000, "100%")]
)
def test_a_share_is_all_or_none_only_where_it_is(some: int, said: str) -> None:
    assert shown.part(some, 1000) == said


def test_what_is_of_no_date_is_no_period_and_no_year() -> None:
    frame = pl.DataFrame(
        {
            "period": ["pre", "2025-09", "2024-07/2024-09", "2024-04", "post"],
            "year": [None, 2025, 2024, 2024, None],
        }
    )
    assert shown.span(frame) == "2024-04 to 2025-09"
    axis, counts = shown.along(frame)
    assert (axis, [(one.at, one.valued) for one in counts]) == ("year", [("2024", 2), ("2025", 1)])
    undated = frame.filter(pl.col("year").is_null())
    assert shown.span(undated) == ""
    assert shown.along(undated) == ("", [])


def test_publish(tmp_path: Path) -> None:
    frame = pl.DataFrame({"code": ["a", "b"]})
    path = tmp_path / "rapport.duckdb"
    path.write_bytes(b"0" * 1_500_000)
    made = [Table("tidy", "one", frame, "x"), Table("meta", "two", frame.head(1), "x")]
    found = plain(shown.database(ENGLAND, path, made))
    assert found["headline"].startswith("2 tables with 3 rows")
    assert "| tidy | 2 |" in picture(found["chart"])
    assert found["megabytes"] == 1.5
    for name in ("sources/a.html", "sources/b.html", "councils/a.html", "councils/b.html"):
        (tmp_path / "report" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "report" / name).write_text("x")
    found = plain(shown.folder(ENGLAND, tmp_path / "report", "4 pages."))
    assert "| councils | 2 |" in found["figures"]
    found = plain(shown.published(ENGLAND, "v1", evidence()["verdict"]))
    assert found["headline"].startswith("**Not supported.**")
    assert "Version v1 is public" in found["headline"]


@pytest.mark.parametrize(
    ("one", "status", "said"),
    [
        (None, "c", "[c]"),
        (None, None, "(empty)"),
        (0.0, None, "0"),
        (12.345, "p", "12.3 [p]"),
        (-1234567.8, None, "−1,234,568"),
        (0.01234, None, "0.0123"),
        (True, None, "yes"),
        (2016, None, "2016"),
    ],
)
def test_figures_are_sensible_and_missing_ones_never_zero(
    one: object, status: str | None, said: str
) -> None:
    assert shown.value(one, status) == said


def test_links_go_to_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_SITE_URL", "https://reports.example.org/rapport/")
    found = plain(shown.report(ENGLAND, "sources/ascof.html#files"))
    assert found["report page"] == (
        "https://reports.example.org/rapport/england/sources/ascof.html#files"
    )
    assert found["report file"].endswith("england/report/sources/ascof.html")
    monkeypatch.delenv("RAPPORT_SITE_URL")
    assert plain(shown.report(ENGLAND))["report page"] == "http://localhost:3001/england/index.html"


@pytest.mark.parametrize("edition", [ENGLAND, SAMPLE])
def test_every_asset_has_words_a_group_an_owner_and_tags(edition: Edition) -> None:
    graph = definitions(edition).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert key.path[0] == edition.name
        assert node.description
        assert node.group_name.startswith(edition.name)
        assert node.owners
        assert node.tags["edition"] == edition.name
        assert node.kinds
        if key.path[1] in ("raw", "tidy") and key.path[2] in sources():
            source = sources()[key.path[2]]
            assert node.group_name.endswith(source.releases[0].file.partition("/")[0])
            assert source.publisher in node.description
            assert source.licence in node.description
            assert node.tags["grade"] == source.grade
