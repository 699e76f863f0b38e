from collections.abc import Sequence
from pathlib import Path

from pipeline.reading.published import PublishedFile
from pipeline.reading.source import conform
from pipeline.sample.layout import r_data
from pipeline.sources.trust_icb_catchment import COLUMNS, FRAME, SOURCE
from tests.sources.layouts import refused, tidied, written

RELEASE = SOURCE.releases[0]
ROWS = (("RZ9", "E54000901", 0.75), ("RZ9", "E54000902", 0.25), ("RZ8", "E54000901", 0.9))


def made(folder: Path, rows: Sequence[tuple[str, str, float]], name: str = FRAME) -> PublishedFile:
    path = folder / Path(RELEASE.file).name
    r_data(path, name, dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)))
    return PublishedFile(path, RELEASE.file)


def test_rows(tmp_path: Path) -> None:
    found = tidied(SOURCE, RELEASE, made(tmp_path, ROWS), "org_code", "icb_code", "value", "row")
    assert found == [
        ("RZ8", "E54000901", 0.9, 3),
        ("RZ9", "E54000901", 0.75, 1),
        ("RZ9", "E54000902", 0.25, 2),
    ]


def test_shares_add_up(tmp_path: Path) -> None:
    frame = conform(SOURCE, RELEASE, SOURCE.tidy(made(tmp_path, ROWS), RELEASE))
    assert SOURCE.reconcile is not None
    found = SOURCE.reconcile(frame).sort("area").select("area", "published", "computed").rows()
    assert found == [("RZ8", 1.0, 0.9), ("RZ9", 1.0, 1.0)]


def test_bad_files(tmp_path: Path) -> None:
    def bad(file: PublishedFile, *words: str) -> None:
        refused(SOURCE, RELEASE, file, RELEASE.file, *words)

    bad(written(tmp_path, RELEASE, b"cut"), "not a readable R data file")
    bad(made(tmp_path, ROWS, "lookup"), "expected a data frame", "found lookup")
    renamed = tmp_path / "renamed.rda"
    r_data(renamed, FRAME, {"nhs_trust22_code": ["RZ9"], "icb": ["E54000901"]})
    bad(PublishedFile(renamed, RELEASE.file), "icb22_code", "found nhs_trust22_code, icb")
    bad(made(tmp_path, [*ROWS, ("RZ7", "QZA", 1.0)]), "row 4", "'icb22_code'", "'QZA'")
    bad(made(tmp_path, [*ROWS, ("RZ7", "E54000901", 75.0)]), "row 4", "from 0 to 1", "75.0")
    bad(made(tmp_path, [*ROWS, ROWS[0]]), "org_code=RZ9, icb_code=E54000901", "2 rows (1, 4)")
