"""Tables, records and published files in object storage, against an S3 server of this machine."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import dagster as dg
import polars as pl
import pytest
from moto.server import ThreadedMotoServer

from pipeline.assets.raw import Mirror, generated, raw_asset
from pipeline.assets.tidy import tidy_asset
from pipeline.edition import SAMPLE
from pipeline.runs.steps import made_before
from pipeline.sample import generate
from pipeline.sources import sources

SOURCE = "council_registry"
FRAME = pl.DataFrame({"areacd": ["E06000001", "E06000002"], "value": [1.5, None]})


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    yield f"http://{host}:{port}"
    made.stop()


@pytest.fixture
def bucket(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    client = boto3.client("s3")
    client.create_bucket(
        Bucket="rapport", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"}
    )
    monkeypatch.setenv("RAPPORT_TABLES", "s3://rapport/team")
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "data"))
    yield "rapport"
    for one in keys(client):
        client.delete_object(Bucket="rapport", Key=one)
    client.delete_bucket(Bucket="rapport")


def keys(client: object) -> list[str]:
    listed = client.list_objects_v2(Bucket="rapport")  # type: ignore[attr-defined]
    return [one["Key"] for one in listed.get("Contents", [])]


def test_a_table_is_one_object(bucket: str, tmp_path: Path) -> None:
    SAMPLE.write("tidy", "made", FRAME)
    assert keys(boto3.client("s3")) == ["team/sample/tables/tidy/made.parquet"]
    assert not (tmp_path / "data").exists()
    assert SAMPLE.read("tidy", "made").equals(FRAME)
    assert SAMPLE.scan("tidy", "made").collect().equals(FRAME)


def test_the_bytes_are_those_of_a_file_system(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = SAMPLE.write("tidy", "made", FRAME).read_bytes()
    monkeypatch.delenv("RAPPORT_TABLES")
    path = SAMPLE.write("tidy", "made", FRAME)
    assert isinstance(path, Path)
    assert path.read_bytes() == stored


def test_records_and_what_is_not_there(bucket: str) -> None:
    assert SAMPLE.recall("checks", "tidy.made") is None
    SAMPLE.record("checks", "tidy.made", [{"passed": True}])
    SAMPLE.record("checks", "tidy.made", [{"passed": False}])
    assert SAMPLE.recall("checks", "tidy.made") == [{"passed": False}]
    with pytest.raises(FileNotFoundError):
        SAMPLE.read("tidy", "never")


def test_what_another_machine_writes_is_seen_at_once(bucket: str) -> None:
    SAMPLE.write("tidy", "made", FRAME)
    assert not SAMPLE.table("tidy", "other").exists()
    boto3.client("s3").copy_object(
        Bucket="rapport",
        CopySource="rapport/team/sample/tables/tidy/made.parquet",
        Key="team/sample/tables/tidy/other.parquet",
    )
    assert SAMPLE.read("tidy", "other").equals(FRAME)


def test_a_reader_beside_a_writer_sees_whole_tables_only(bucket: str) -> None:
    versions = [pl.DataFrame({"n": [number] * 20_000}) for number in range(12)]
    SAMPLE.write("tidy", "made", versions[0])
    with ThreadPoolExecutor(1) as writer:
        done = writer.submit(lambda: [SAMPLE.write("tidy", "made", one) for one in versions])
        seen = []
        while not done.done():
            seen.append(SAMPLE.read("tidy", "made"))
        done.result()
    assert seen
    assert all(one.height == 20_000 and one["n"].n_unique() == 1 for one in seen)


def test_three_machines_share_one_source(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One generates the files, one verifies them, one reads them; none sees another's disk."""
    source = sources()[SOURCE]
    monkeypatch.setattr(
        "pipeline.sample.generate", lambda folder: generate(folder, only={SOURCE: source})
    )
    for number, asset in enumerate(
        (generated(SAMPLE), raw_asset(SAMPLE, source), tidy_asset(SAMPLE, source))
    ):
        monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / f"machine {number}"))
        result = dg.materialize([asset], resources={"mirror": Mirror()})
        assert result.success
    table = SAMPLE.read("tidy", SOURCE)
    assert table.height > 50
    (fetched,) = SAMPLE.recall("fetched", SOURCE)
    before = made_before(SAMPLE, f"raw__{SOURCE}")
    assert before is not None
    # A fourth machine finds the verified file and does not fetch it again.
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path / "fourth"))
    dg.materialize([raw_asset(SAMPLE, source)], resources={"mirror": Mirror()})
    assert made_before(SAMPLE, f"raw__{SOURCE}") == before
    assert SAMPLE.recall("fetched", SOURCE) == [fetched]
