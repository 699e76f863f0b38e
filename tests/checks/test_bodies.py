"""Codes of NHS bodies are held against the lists of them."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.checks.rules import bodies_known
from pipeline.edition import Edition
from pipeline.reading.geography import BODIES, known_bodies

TEST = Edition("test", "Test", synthetic=False)
LISTS: dict[str, dict[str, list[object]]] = {
    "trust_register": {"org_code": ["RX1"]},
    "nhs_provider": {"org_code": ["RX1", "TX1"]},
    "gp_practice_map": {"ccg_org_code": ["98A", "98B"], "stp_org_code": ["QX1", "QX1"]},
    "lsoa_icb": {
        "icb_code": ["E54000099"],
        "icb_org_code": ["QX2"],
        "sub_icb_org_code": ["98C"],
    },
    "trust_succession": {
        "org_code": ["RX2", "RX3", "RX4"],
        "successor_code": ["RX3", "RX5", None],
        "date": [date(2012, 4, 1), date(2002, 4, 1), date(2009, 12, 31)],
    },
}


@pytest.fixture(autouse=True)
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_DATA", str(tmp_path))
    assert LISTS.keys() == BODIES.keys()
    for name, columns in LISTS.items():
        TEST.write("tidy", name, pl.DataFrame(columns))


def unknown(column: str, codes: list[str], **also: list[str]) -> list[tuple[object, ...]]:
    rows = pl.DataFrame({column: codes, **also}).with_columns(
        pl.lit("folder/file.csv").alias("file"), pl.int_range(2, pl.len() + 2).alias("row")
    )
    return bodies_known(TEST, column, rows).failing.rows()


def test_bodies_are_known_from_the_lists_the_succession_and_what_is_declared() -> None:
    known = known_bodies(TEST)
    # What was succeeded before the first figures is in none: RX3 and RX4 ended by then.
    assert {"RX1", "TX1", "98A", "98B", "98C", "QX1", "QX2", "E54000099", "RX2", "RX5"} <= known
    assert not {"RX3", "RX4", None} & known
    # Declared in data/reference, with a reason.
    assert {"RBB", "NDJ"} <= known


def test_a_mistyped_code_is_named_once_with_its_rows() -> None:
    found = unknown("org_code", ["RX1", "R1X", "TX1", "R1X"])
    assert found == [("R1X", 2, "folder/file.csv", 3)]
    assert unknown("icb_code", ["E54000099", "E54000098"])[0][0] == "E54000098"


def test_codes_of_several_bodies_and_of_a_part_of_one() -> None:
    assert unknown("org_code", ["98A/98B", "RX11", "RX14"]) == []
    assert [one[0] for one in unknown("org_code", ["98A/89B", "XR11", "RX1A"])] == [
        "98A/89B",
        "RX1A",
        "XR11",
    ]


def test_only_codes_of_bodies_are_asked_about() -> None:
    kinds = ["country", "trust"]
    assert unknown("org_code", ["National", "RX1"], area_type=kinds) == []
    assert unknown("org_code", ["RX1", "National"], area_type=kinds) != []
    assert unknown("org_code", ["1-102", "RX1"], code_type=["cqc", "ods"]) == []
