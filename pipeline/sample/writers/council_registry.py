"""The register of councils: one row a council of any nation, current or former."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.places import Place
from pipeline.sample.world import World

COLUMNS = (
    "local-authority-code",
    "official-name",
    "nice-name",
    "gss-code",
    "start-date",
    "end-date",
    "replaced-by",
    "nation",
    "region",
    "local-authority-type",
    "local-authority-type-name",
    "county-la",
    "combined-authority",
    "alt-names",
    "former-gss-codes",
    "notes",
    "current-authority",
    "BS-6879",
    "ecode",
    "gov-uk-slug",
    "powers",
    "lower-or-unitary",
)
TYPE_NAMES = {
    "CTY": "County",
    "UA": "Unitary authority",
    "MD": "Metropolitan district",
    "LBO": "London borough",
    "CC": "City corporation",
    "NMD": "Non-metropolitan district",
}
OTHERS = (
    {
        "local-authority-code": "QQCA",
        "official-name": "Synthetic Dales Combined Authority",
        "nice-name": "Synthetic Dales",
        "gss-code": "E47000901",
        "nation": "England",
        "local-authority-type": "COMB",
        "start-date": "2014-04-01",
    },
    {
        "local-authority-code": "QQW",
        "official-name": "Cyngor Sir Dychymyg",
        "nice-name": "Dychymyg",
        "gss-code": "W06000901",
        "nation": "Wales",
        "local-authority-type": "WPA",
    },
)
"""A combined authority, and a council of another nation that readers leave out."""


def write(world: World, release: Release, path: Path) -> None:
    """Write the register."""
    places = world.places
    found: list[Mapping[str, str]] = [*OTHERS]
    for place in places.all_places():
        county = places.councils[place.county].registry if place.county is not None else ""
        found.append(_row(place, places.regions[place.region].name, county))
    rows = [[row.get(column, "") for column in COLUMNS] for row in found]
    text_file(path, [COLUMNS, *sorted(rows)])


def _row(place: Place, region: str, county: str) -> dict[str, str]:
    last_day = place.last_day.isoformat() if place.last_day else ""
    # A county and the unitary after it share a name; the register tells them apart by a word.
    former_county = place.letters == "CTY" and place.ended is not None
    return {
        "local-authority-code": place.registry,
        "official-name": f"{place.name} Council",
        "nice-name": f"{place.name} County" if former_county else place.name,
        "gss-code": place.code,
        "start-date": place.started.isoformat() if place.started else "",
        "end-date": last_day,
        "replaced-by": place.successor,
        "nation": "England",
        "region": region,
        "local-authority-type": place.letters,
        "local-authority-type-name": TYPE_NAMES[place.letters],
        "county-la": county,
        "former-gss-codes": place.former_code,
        "current-authority": str(place.ended is None),
        "BS-6879": place.registry,
        "ecode": place.ecode,
        "gov-uk-slug": place.name.lower().replace(" ", "-").replace(",", ""),
        "powers": {"CTY": "upper tier", "NMD": "lower tier"}.get(place.letters, "unitary"),
        "lower-or-unitary": str(place.letters != "CTY"),
    }
