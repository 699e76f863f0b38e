"""Keys, groups and tags of assets."""

import dagster as dg

from pipeline.edition import Edition
from pipeline.reading.source import Source

DATA_TEAM, ANALYSTS = ("team:data",), ("team:analysis",)
"""Whom to ask: about files, tables of sources and publishing; about places and results."""


def key(edition: Edition, layer: str, name: str) -> dg.AssetKey:
    """The key of a table's asset: ``edition / layer / name``."""
    return dg.AssetKey([edition.name, layer, name])


def group(edition: Edition, layer: str) -> str:
    """The group of what is made for the whole edition: ``england_locality``."""
    return f"{edition.name}_{layer}"


def source_group(edition: Edition, source: Source) -> str:
    """The group of a source's files and table: its subject, ``england_council_finance``."""
    return group(edition, source.releases[0].file.partition("/")[0])


def tags(edition: Edition) -> dict[str, str]:
    """Tags of everything of an edition, runs too."""
    return {"edition": edition.name, "synthetic": "true" if edition.synthetic else "false"}


def source_tags(edition: Edition, source: Source) -> dict[str, str]:
    """Tags of a source's files and table: its grade, and what kind of place it speaks of."""
    level = source.area[1] if source.area else "other"
    return {**tags(edition), "grade": source.grade, "places": level}
