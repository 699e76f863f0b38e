"""Climate plans of councils of any nation, with the ways in which volunteers write dates."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.places import Place
from pipeline.sample.world import World
from pipeline.sample.writers.district_history import OTHER_NATION

COLUMNS = (
    *("local-authority-code", "council", "url", "date_retrieved", "type", "title", "out_of_date"),
    *("search_link", "notes", "plan_path", "file_type", "country", "gss_code", "end-date"),
)
TYPES = ("Action plan", "Action Plan", "Climate strategy", "Progress Report", "Pre-plan", "Other")
FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%Y/%m/%d", "%d %B %Y", "%Y %B %d")
FEWEST = 0.12


def places_of(world: World) -> Iterator[tuple[str, str, str, str]]:
    """Register code, name, ONS code and nation; the first is of another nation."""
    yield "QQW", OTHER_NATION[1], OTHER_NATION[0], "Wales"
    for place in sorted(world.places.all_places(), key=lambda one: one.registry):
        yield place.registry, council_name(place), place.code, "England"


def council_name(place: Place) -> str:
    """The name with the words that go with its kind."""
    kind = {"CTY": "County ", "NMD": "District ", "MD": "Borough "}.get(place.letters, "")
    return f"{place.name} {kind}Council"


def write(world: World, release: Release, path: Path) -> None:
    """Write up to three documents a council; some councils have none."""
    rng = world.rng("climate plans")
    rows: list[tuple[str | None, ...]] = []
    ended = {place.registry: place.last_day for place in world.places.all_places()}
    for registry, name, code, nation in places_of(world):
        last = ended.get(registry)
        end = last.isoformat() if last else None
        if rng.random() < FEWEST:
            empty = [None] * 9
            rows.append((registry, name, *empty, nation, code, end))
            continue
        for number in range(int(rng.integers(1, 4))):
            day = date(2020, 1, 1) + timedelta(days=int(rng.integers(0, 1900)))
            kind = str(rng.choice(TYPES))
            rows.append(
                (
                    registry,
                    name,
                    f"https://example.org/{registry.lower()}/{number}",
                    day.strftime(str(rng.choice(FORMATS))) if rng.random() < 0.7 else None,
                    kind,
                    f"{kind} of\n{name}",
                    "True" if rng.random() < 0.1 else "False",
                    None,
                    None,
                    f"data/plans/{registry.lower()}-{number}.pdf",
                    "pdf",
                    nation,
                    code,
                    end,
                )
            )
    text_file(path, [COLUMNS, *rows])
