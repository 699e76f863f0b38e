"""New and changed files are noticed and compared, and never used before they are declared."""

import hashlib
from dataclasses import asdict, replace
from pathlib import Path

import dagster as dg
import httpx
import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.assets.raw import Mirror, raw_asset
from pipeline.assets.release import release_asset
from pipeline.assets.tidy import tidy_asset
from pipeline.cli import app
from pipeline.database.publish import build
from pipeline.database.versions import building, swap
from pipeline.edition import Edition
from pipeline.reading import releases
from pipeline.reading.ingest import ingest
from pipeline.reading.notices import command, declaration, described, keep, line, notice_table
from pipeline.reading.published import PublishedFile
from pipeline.reading.releases import Notice, look, newly_declared, pattern, proposed, undeclared
from pipeline.reading.source import STATUS_COLUMN, VALUE, Column, Release, Source, numbers
from pipeline.runs.lock import AnotherRun, only_run
from pipeline.sources import sources
from pipeline.tables import Table
from tests.reading.test_source import made

HEAD = "code,period,value\n"
JANUARY = HEAD + "a,2020-01,10\nb,2020-01,20\n"
FEBRUARY = HEAD + "a,2020-02,11\nb,2020-02,21\n"
MARCH = HEAD + "a,2020-03,12\n"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def tidy(file: PublishedFile, release: Release) -> pl.DataFrame:
    grid = file.csv()
    columns = {"code": "code", "period": "period", "value": "text"}
    frame = grid.table(grid.header(*columns), columns)
    grid.refuse(frame.filter(pl.col("period") != release.period), "period", "period", "wrong month")
    return numbers(frame, "text", file=file, markers={})


def source(**changes: object) -> Source:
    months = (("Jan_20", "2020-01", JANUARY), ("Feb_20", "2020-02", FEBRUARY))
    declared: dict[str, object] = {
        "releases": [
            Release(f"monthly/{name}.csv", "https://example.org", sha256(text), period, rows=2)
            for name, period, text in months
        ],
        "columns": {
            "code": Column(pl.String, "Code."),
            "period": Column(pl.String, "Month."),
            "value": VALUE,
            "status": STATUS_COLUMN,
        },
        "key": ("code", "period"),
        "tidy": tidy,
        "area": ("code", "trust"),
    }
    return made(**(declared | changes))


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    (folder / "monthly").mkdir(parents=True)
    (folder / "monthly" / "Jan_20.csv").write_text(JANUARY)
    (folder / "monthly" / "Feb_20.csv").write_text(FEBRUARY)
    return folder


@pytest.fixture
def edition(tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    """An edition in which the two months are published."""
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    only = source()
    monkeypatch.setattr(releases, "sources", lambda: {only.name: only})
    made_up = Edition("test", "Test", synthetic=False)
    made_up.raw.parent.mkdir(parents=True)
    made_up.raw.symlink_to(mirror)
    listed = [
        {"source": only.name, "release": one.id, "sha256": one.sha256} for one in only.releases
    ]
    folder = building(made_up, "v1")
    published = ingest(only, made_up, []).table
    build(
        folder,
        [
            Table("tidy", only.name, published, "Made."),
            Table("meta", "release", pl.DataFrame(listed), "Releases."),
        ],
    )
    (folder / "report").mkdir()
    (folder / "exports").mkdir()
    for needed in ("report/index.html", "exports/README.md"):
        (folder / needed).touch()
    swap(made_up, "v1")
    return made_up


def only_one(edition: Edition, mirror: Path) -> Notice:
    (notice,) = look(source(), edition, mirror)
    return notice


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Sept_11.xls", "April_19.xlsx", True),
        ("RS_2016-17_data_by_LA.xlsx", "RS_2018-19_data_by_LA_revised.xlsx", True),
        ("oflog_ASC_data.csv", "oflog_ASC_data (2).csv", True),
        ("RS_2016-17_data_by_LA.xlsx", "RSX_2016-17_data_by_LA.ods", False),
        ("CQC_ratings.csv", "CQC_ratings_lookup.csv", False),
        ("March_19.xls", "Marches.xls", False),
    ],
)
def test_names_are_alike_but_for_numbers_months_and_words_of_editions(
    one: str, other: str, alike: bool
) -> None:
    assert (pattern(one) == pattern(other)) == alike


def test_files_of_no_source_and_of_other_kinds_are_left_alone(mirror: Path) -> None:
    for name in ("README.csv", "Mar_20.yaml", ".Mar_20.csv", "~Mar_20.csv"):
        (mirror / "monthly" / name).write_text(MARCH)
    assert undeclared(source(), mirror) == []


@pytest.mark.parametrize(
    ("name", "file", "period", "revision"),
    [
        ("delayed_transfers", "delayed_transfers/April_19.xls", "2019-04", 0),
        ("revenue_outturn", "council_finance/RS_2018-19_data_by_LA.xlsx", "2018-19", 0),
        ("revenue_outturn", "council_finance/RS_2017-18_data_by_LA_revised.xlsx", "2017-18", 2),
        ("oflog_adult_social_care", "ascof/oflog_ASC_data_v2.csv", "2015-2022", 1),
        ("staff_survey_acute", "nhs_staff_survey/data.NHS.2015_2021.csv", "2015-2021", 1),
        ("trust_register", "geography/etr_2024.csv", "2024", 0),
    ],
)
def test_the_name_tells_how_a_file_would_be_declared(
    name: str, file: str, period: str, revision: int
) -> None:
    found = proposed(sources()[name], file, "0" * 64)
    assert (found.period, found.revision) == (period, revision)


def test_a_folder_as_declared_gives_no_notice(edition: Edition, mirror: Path) -> None:
    assert look(source(), edition, mirror) == []


def test_a_changed_value(edition: Edition, mirror: Path) -> None:
    changed = FEBRUARY.replace("21", "42")
    (mirror / "monthly" / "Feb_20.csv").write_text(changed)
    notice = only_one(edition, mirror)
    assert (notice.kind, notice.file, notice.rows) == ("changed", "monthly/Feb_20.csv", 2)
    assert notice.problem is None
    assert notice.difference is not None
    assert (notice.difference.values_changed, notice.difference.largest_change) == (1, 1.0)
    assert (notice.difference.keys_added, notice.difference.keys_gone) == (0, 0)
    said = described(notice)
    assert "- rows: 2 in this file, in place of 2 published" in said
    assert "code=b, period=2020-02: value 21.0 -> 42.0 (by 100%)" in said
    assert f'sha256="{sha256(changed)}"' in said


def test_a_later_month(edition: Edition, mirror: Path) -> None:
    (mirror / "monthly" / "March_20.csv").write_text(MARCH)
    notice = only_one(edition, mirror)
    assert notice.kind == "undeclared"
    assert notice.difference is not None
    assert (notice.difference.keys_added, notice.difference.values_changed) == (1, 0)
    assert notice.difference.periods_added == ["2020-03 (1 places; 2 in 2020-02)"]
    assert notice.difference.lost == []
    assert notice.release is not None
    # The lines to paste are a declaration that the same file fulfils.
    content = eval(declaration(notice.release, notice.rows).rstrip(","), {"Release": Release})
    assert (content.file, content.period, content.rows, content.sha256) == (
        "monthly/March_20.csv",
        "2020-03",
        1,
        sha256(MARCH),
    )


def test_deleted_rows_shrink_the_coverage(edition: Edition, mirror: Path) -> None:
    (mirror / "monthly" / "Jan_20.csv").write_text(HEAD + "a,2020-01,10\n")
    notice = only_one(edition, mirror)
    assert notice.difference is not None
    assert notice.difference.keys_gone == 1
    assert [str(one) for one in notice.difference.lost] == ["1 place fewer in 2020-01: b"]


def test_a_file_that_cannot_be_read_says_why(edition: Edition, mirror: Path) -> None:
    (mirror / "monthly" / "Jan_20.csv").write_text(
        HEAD + "".join(f"{place},2020-01,ten\n" for place in "abcd")
    )
    notice = only_one(edition, mirror)
    assert (notice.rows, notice.difference, notice.rows_set_aside) == (None, None, None)
    assert notice.problem is not None
    assert "monthly/Jan_20.csv, row 2: expected a number" in notice.problem


def test_a_row_that_a_run_would_set_aside_is_told(edition: Edition, mirror: Path) -> None:
    (mirror / "monthly" / "Jan_20.csv").write_text(JANUARY.replace("10", "ten"))
    notice = only_one(edition, mirror)
    assert (notice.rows, notice.problem, notice.rows_set_aside) == (2, None, 1)
    assert notice.difference is not None
    assert [str(one) for one in notice.difference.lost] == ["1 place fewer in 2020-01: a"]
    (told,) = notice.set_aside()
    assert told.startswith("row 2, ")
    assert "expected a number" in told
    assert told.endswith("the cell is 'ten': the figure was left empty, with the status q")
    assert "A run would set aside 1 row of it (meta.quarantine), and use the rest:" in described(
        notice
    )
    row = notice.row()
    assert (row["rows_set_aside"], row["set_aside"]) == (1, told)


def test_code_that_breaks_on_a_new_file_is_a_notice_and_no_failure(
    edition: Edition, mirror: Path
) -> None:
    (mirror / "monthly" / "March_20.csv").write_text(MARCH)

    def broken(file: PublishedFile, release: Release) -> pl.DataFrame:
        raise KeyError(release.period)

    (notice,) = look(source(tidy=broken), edition, mirror)
    assert notice.problem is not None
    assert "pipeline/sources/made.py cannot read it as 2020-03 (KeyError" in notice.problem


def test_a_copy_under_another_name(edition: Edition, mirror: Path) -> None:
    (mirror / "monthly" / "March_20.csv").write_text(FEBRUARY)
    notice = only_one(edition, mirror)
    assert notice.problem is not None
    assert "the same bytes as monthly/Feb_20.csv" in notice.problem
    assert "wrong month" in notice.problem


def test_a_missing_file(edition: Edition, mirror: Path) -> None:
    (mirror / "monthly" / "Jan_20.csv").unlink()
    notice = only_one(edition, mirror)
    assert (notice.kind, notice.file) == ("missing", "monthly/Jan_20.csv")


def test_the_line_of_a_run_names_file_source_and_command(edition: Edition, mirror: Path) -> None:
    (mirror / "monthly" / "March_20.csv").write_text(MARCH)
    said = line(only_one(edition, mirror), "rapport releases test")
    assert said.startswith("monthly/March_20.csv (made): a new file that is not declared; not used")
    assert said.endswith("rapport releases test --source made")
    assert "\n" not in said


def test_a_newly_declared_release_is_compared_with_what_is_published(
    edition: Edition, mirror: Path
) -> None:
    same = source()
    assert newly_declared(same, edition, ingest(same, edition, []).table) == ([], None)
    revised = HEAD + "a,2020-02,12\n"
    (mirror / "monthly" / "Feb_20_revised.csv").write_text(revised)
    more = Release(
        "monthly/Feb_20_revised.csv", "", sha256(revised), "2020-02", label="revised", revision=1
    )
    now = source(releases=[*same.releases, more])
    ((notice,), before) = newly_declared(now, edition, ingest(now, edition, []).table)
    assert before is not None
    assert before.height == 4
    assert (notice.kind, notice.file, notice.rows) == ("declared", more.file, 1)
    assert notice.difference is not None
    assert (notice.difference.values_changed, notice.difference.keys_gone) == (1, 1)
    assert [str(one) for one in notice.difference.lost] == ["1 place fewer in 2020-02: b"]


def test_a_withdrawn_release_is_one_too(edition: Edition) -> None:
    first = source(releases=source().releases[:1])
    ((notice,), _) = newly_declared(first, edition, ingest(first, edition, []).table)
    assert notice.file == "2020-02 final (withdrawn)"
    assert notice.difference is not None
    assert [str(one) for one in notice.difference.lost] == ["nothing left in 2020-02"]


def test_notices_are_rows_of_a_table(
    edition: Edition, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.reading.notices.sources", releases.sources)
    assert notice_table(edition).frame.is_empty()
    (mirror / "monthly" / "Jan_20.csv").write_text(HEAD + "a,2020-01,10\n")
    keep(edition, "looked", "made", look(source(), edition, mirror))
    (row,) = notice_table(edition).frame.to_dicts()
    assert (row["source"], row["kind"], row["keys_gone"]) == ("made", "changed", 1)
    assert row["coverage_lost"] == "1 place fewer in 2020-01: b"


def test_the_command_reports_and_keeps_the_report(
    edition: Edition, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.reading.notices.sources", releases.sources)
    (mirror / "monthly" / "March_20.csv").write_text(MARCH)
    (mirror / "monthly" / "Jan_20.csv").unlink()
    said = command(edition, mirror)
    assert "- as declared: 1" in said
    assert "- missing: 1" in said
    assert said.index("## monthly/March_20.csv") < said.index("## monthly/Jan_20.csv")
    assert edition.noticed.read_text() == said
    assert edition.read("meta", "release_notice")["kind"].to_list() == ["missing", "undeclared"]


def test_the_command_keeps_nothing_while_a_run_is_under_way(
    edition: Edition, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.reading.notices.sources", releases.sources)
    monkeypatch.setattr("pipeline.reading.notices.WAIT_SECONDS", 0)
    (mirror / "monthly" / "Jan_20.csv").unlink()
    with only_run(edition, "a run"), pytest.raises(AnotherRun, match=r"\(a run, "):
        command(edition, mirror)
    assert not edition.noticed.exists()
    assert not edition.table("meta", "release_notice").exists()
    assert edition.recall("releases_looked", "made") is None


def test_without_a_folder_the_addresses_are_asked(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def today(release: Release, part: Path, progress: object, *, resume: bool) -> None:
        assert not resume, "nothing to compare the whole with"
        if "Jan" in release.file:
            raise OSError("no route")
        part.write_text(FEBRUARY.replace("21", "42"))

    monkeypatch.setattr("pipeline.reading.notices.sources", releases.sources)
    monkeypatch.setattr("pipeline.reading.download.download", today)
    said = command(edition, None)
    assert "Looked in the declared addresses" in said
    assert "- as declared: 0" in said
    assert "- missing: 0" in said
    assert "- whose address could not be asked: 1" in said
    assert "https://example.org: OSError: no route" in said
    assert "Put the file there" not in said
    assert "code=b, period=2020-02: value 21.0 -> 42.0 (by 100%)" in said


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "missing"), (410, "missing"), (403, "unreached"), (503, "unreached")]
)
def test_only_a_server_that_says_so_makes_a_file_missing(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, status: int, kind: str
) -> None:
    def answered(release: Release, part: Path, progress: object, *, resume: bool) -> None:
        asked = httpx.Request("GET", release.url)
        raise httpx.HTTPStatusError("said so", request=asked, response=httpx.Response(status))

    monkeypatch.setattr("pipeline.reading.notices.sources", releases.sources)
    monkeypatch.setattr("pipeline.reading.download.download", answered)
    said = command(edition, None)
    assert "HTTPStatusError: said so" in said
    assert edition.read("meta", "release_notice")["kind"].to_list() == [kind, kind]


def run(only: Source, edition: Edition, mirror: Path) -> tuple[bool, str]:
    """Fetch and tidy one source as a run does; whether it went well, and the message if not."""
    edition.write("tidy", "council_registry", pl.DataFrame())
    result = dg.materialize(
        [raw_asset(edition, only), tidy_asset(edition, only)],
        resources={"mirror": Mirror(folder=str(mirror))},
        raise_on_error=False,
    )
    failed = result.filter_events(lambda event: event.is_step_failure)
    return result.success, " ".join(str(event.step_failure_data.error) for event in failed)


def test_a_run_never_uses_a_changed_file(
    edition: Edition, mirror: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    edition.raw.unlink()
    (mirror / "monthly" / "Feb_20.csv").write_text(FEBRUARY.replace("21", "42"))
    done, said = run(source(), edition, mirror)
    assert not done
    assert "are not the declared ones" in said
    assert not edition.table("tidy", "made").exists()
    assert "its bytes changed since it was declared; not used" in capfd.readouterr().err
    (row,) = edition.recall("releases_looked", "made")
    assert (row["kind"], row["values_changed"]) == ("changed", 1)


def test_a_run_goes_on_beside_a_new_file(edition: Edition, mirror: Path) -> None:
    edition.raw.unlink()
    (mirror / "monthly" / "March_20.csv").write_text(MARCH)
    done, _ = run(source(), edition, mirror)
    assert done
    assert edition.read("tidy", "made")["period"].unique().sort().to_list() == [
        "2020-01",
        "2020-02",
    ]


def test_a_run_stops_before_it_publishes_less_unless_that_is_accepted(
    edition: Edition, mirror: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    edition.raw.unlink()
    less = HEAD + "a,2020-02,11\n"
    (mirror / "monthly" / "Feb_20.csv").write_text(less)
    first, second = source().releases
    now = source(releases=[first, replace(second, sha256=sha256(less), rows=1)])
    done, said = run(now, edition, mirror)
    assert not done
    assert "made covers less than what is published: 1 place fewer in 2020-02: b" in said
    assert not edition.table("tidy", "made").exists()
    entries = tmp_path / "accepted_changes.toml"
    entries.write_text(
        '[[accepted]]\nsource = "made"\nperiods = ["2020-02"]\nplaces = ["b"]\nwhy = "Made up."'
    )
    monkeypatch.setattr("pipeline.reading.differences.PATH", entries)
    known = sources() | {"made": now}
    monkeypatch.setattr("pipeline.reading.declared.sources", lambda: known)
    assert run(now, edition, mirror)[0]
    assert edition.read("tidy", "made").height == 3


def test_an_unknown_source_is_refused() -> None:
    result = CliRunner().invoke(app, ["releases", "england", "--source", "nothing"])
    assert result.exit_code == 2
    assert "no source 'nothing'" in " ".join(result.output.replace("│", " ").split())


def test_a_notice_has_a_column_for_everything_it_says(edition: Edition, mirror: Path) -> None:
    (mirror / "monthly" / "Jan_20.csv").write_text(JANUARY.replace("10", "15"))
    notice = only_one(edition, mirror)
    assert notice.difference is not None
    told = set(asdict(notice.difference)) - {"rows_after", "lost"}
    assert told <= set(notice.row())


def test_a_backfill_reads_the_chosen_releases_and_redoes_the_table_where_they_changed(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def counted(file: PublishedFile, release: Release) -> pl.DataFrame:
        read.append(release.period)
        frame = tidy(file, release)
        return frame.with_columns(pl.col("value") * factor)

    factor = 1
    only = source(tidy=counted)
    # Only readers of the package are kept: this one stands for one of them.
    monkeypatch.setattr("pipeline.reading.readings.is_module", lambda name: name == __name__)
    monkeypatch.setattr("pipeline.reading.readings.code_version", lambda *roots: "one")
    edition.write("tidy", "council_registry", pl.DataFrame())
    assets = [raw_asset(edition, only), release_asset(edition, only), tidy_asset(edition, only)]
    table = dg.AssetKey([edition.name, "tidy", only.name])

    def backfill(first: str, last: str) -> str:
        """Those releases in one run; the version of the table's data after it."""
        read.clear()
        ids = [one.id for one in only.releases]
        tags = {
            "dagster/asset_partition_range_start": next(one for one in ids if first in one),
            "dagster/asset_partition_range_end": next(one for one in ids if last in one),
        }
        result = dg.materialize(
            assets, resources={"mirror": Mirror(folder=str(edition.raw))}, tags=tags
        )
        assert result.success
        (made,) = [
            one for one in result.get_asset_materialization_events() if one.asset_key == table
        ]
        return str(made.materialization.tags["dagster/data_version"])

    before = backfill("2020-01", "2020-02")
    assert read == ["2020-01", "2020-02"]
    assert backfill("2020-02", "2020-02") == before
    assert read == ["2020-02"]
    factor = 2
    assert backfill("2020-02", "2020-02") != before
    assert read == ["2020-02"]
    assert edition.read("tidy", only.name)["value"].to_list() == [10.0, 20.0, 22.0, 42.0]
