import os
import re
from pathlib import Path

import polars as pl
import pytest

from pipeline.edition import PROJECT
from pipeline.reading.published import PublishedFile
from pipeline.sample import World
from pipeline.sample.names import CITY, STEMS
from pipeline.sample.places import ENGLAND
from pipeline.sources import sources
from tests.sample.conftest import Sample

MIRROR = Path(os.environ.get("RAPPORT_MIRROR") or PROJECT.parent / "shared" / "sources")
CODES = {
    # What a code of each kind looks like in the sample, and only there.
    "areacd": r"^E(06|07|08|09|10)0009\d\d$",
    "ecode": r"^E9\d{3}$",
    "registry_code": r"^Q[A-Z]{2}$",
    "dh_code": r"^(1[3-9]\d|00Z[A-Z])$",
    "cassr_code": r"^1[3-9]\d$",
    "org_code": r"^(R[USZ][0-9A-Z]|96[A-Z](/96[A-Z])?)$",
}


def codes(world: World) -> dict[str, list[str]]:
    places = world.places.all_places()
    councils = world.places.councils
    return {
        "areacd": [place.code for place in places]
        + [place.former_code for place in places if place.former_code],
        "ecode": [body.ecode for body in world.money.bodies],
        "registry_code": [place.registry for place in places],
        "dh_code": [council.dh_code for council in councils],
        "cassr_code": [council.cassr_code for council in councils],
        "org_code": [trust.code for trust in world.hospitals.trusts],
    }


def test_codes_keep_to_ranges_that_are_not_in_use(sample: Sample) -> None:
    for kind, found in codes(sample.world).items():
        assert len(found) == len(set(found)), kind
        assert [code for code in found if not re.fullmatch(CODES[kind], code)] == []


def test_names_say_that_they_are_made_up(sample: Sample) -> None:
    places = [place.name for place in sample.world.places.all_places()]
    trusts = [trust.name for trust in sample.world.hospitals.trusts]
    for name in [*places, *trusts]:
        assert name == CITY or any(stem in name for stem in STEMS), name
    assert all(region.name.startswith("Synthetic") for region in sample.world.places.regions)


def test_no_other_code_reaches_a_table(sample: Sample) -> None:
    """Only England's own code and the codes of people from elsewhere are real."""
    for name, column in (
        ("delayed_transfers", "areacd"),
        ("population", "areacd"),
        ("revenue_outturn", "areacd"),
        ("trust_catchment", "areacd"),
    ):
        found = set(sample.tidy(name)[column].drop_nulls()) - {ENGLAND, "-"}
        assert [code for code in found if not re.fullmatch(r"E\d\d0009\d\d", code)] == []


@pytest.mark.england
@pytest.mark.skipif(not MIRROR.exists(), reason="the real published files are not at hand")
def test_nothing_is_in_the_real_registers(sample: Sample) -> None:
    register = pl.read_csv(
        MIRROR / "geography" / "uk_local_authorities_future.csv", infer_schema_length=0
    )
    real = set(register["nice-name"]) | set(register["official-name"])
    assert not {stem for stem in STEMS for name in real if stem.casefold() in name.casefold()}
    invented = codes(sample.world)
    for column, kind in (
        ("gss-code", "areacd"),
        ("ecode", "ecode"),
        ("local-authority-code", "registry_code"),
    ):
        assert not set(register[column].drop_nulls()) & set(invented[kind])
    for vintage in ("etr_pre-oct2017.csv", "etr_2022.csv"):
        trusts = pl.read_csv(MIRROR / "geography" / vintage, has_header=False)
        assert not set(trusts["column_1"]) & set(invented["org_code"])
    for name, column in (
        ("delayed_transfers", "dh_code"),
        ("adult_social_care_income", "cassr_code"),
    ):
        source = sources()[name]
        release = source.releases[-1]
        table = source.tidy(PublishedFile(MIRROR / release.file, release.file), release)
        councils = table.filter(pl.col("area_type") == "council")
        assert councils.height > 0
        assert not set(councils[column]) & set(invented[column])
