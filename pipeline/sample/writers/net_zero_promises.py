"""Promises to reach net zero, a row a council and scope."""

from pathlib import Path

from pipeline.reading.source import Release
from pipeline.sample.layout import text_file
from pipeline.sample.world import World
from pipeline.sample.writers.climate_plans import places_of

COLUMNS = (
    *("local-authority-code", "council", "scope", "target", "wording", "source_url"),
    *("source_name", "data_checked", "notes", "gss_code", "region"),
)
SCOPES = ("Council operations", "Whole area", "Unclear")
SHARES = (0.6, 0.55, 0.03)
TARGETS = ("2030.0", "2040.0", "2050.0", None)
CHANCES = (0.6, 0.1, 0.28, 0.02)


def write(world: World, release: Release, path: Path) -> None:
    """Write what each council promises; a council without a promise has a row that says so."""
    rng = world.rng("net zero promises")
    rows: list[tuple[str | None, ...]] = []
    for registry, name, code, nation in places_of(world):
        made = [scope for scope, share in zip(SCOPES, SHARES, strict=True) if rng.random() < share]
        for scope in made or ["No promise"]:
            target = TARGETS[int(rng.choice(len(TARGETS), p=CHANCES))] if made else None
            url = f"https://example.org/{registry.lower()}" if made else None
            text = (f"{name} will,\nit is said", url, "Page") if made else (None, None, None)
            rows.append((registry, name, scope, target, *text, None, None, code, nation))
    text_file(path, [COLUMNS, *rows])
