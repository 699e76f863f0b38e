"""The releases of a source one by one: partitions, for a backfill of some of them.

Dagster lets a job hold one set of partitions, and sources have different releases. So each source
with several has a job of its own, beside the edition's: the chosen releases are read again, and
what that changes is redone with all that depends on it.
"""

import warnings
from functools import partial
from typing import Any, TypeAlias

import dagster as dg

from pipeline.assets import shown
from pipeline.assets.keys import DATA_TEAM, group, key, tags
from pipeline.edition import Edition
from pipeline.reading.ingest import rows_of, whole
from pipeline.reading.published import PublishedFile
from pipeline.reading.quarantine import opened
from pipeline.reading.readings import Readings
from pipeline.reading.source import Source
from pipeline.report.wording import counted, number
from pipeline.runs.plan import LOGGERS
from pipeline.sources import sources

LAYER = "release"
UnresolvedJob: TypeAlias = Any
"""What ``define_asset_job`` makes; Dagster does not export its name."""


def with_releases() -> list[Source]:
    """The sources with more than one file."""
    return [one for one in sources().values() if len(one.releases) > 1]


def release_asset(edition: Edition, source: Source) -> dg.AssetsDefinition:
    """The asset of a source's releases, each read from its file and kept."""
    releases = {one.id: one for one in source.releases}

    def read(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        readings = Readings(source, edition)
        changed = []
        for name in context.partition_keys:
            release = releases[name]
            edition.bring(edition.raw / release.file)
            file = opened(source, PublishedFile(edition.raw / release.file, release.file))
            if readings.again(
                release, partial(rows_of, source, release, file), partial(whole, file)
            ):
                changed.append(name)
        if changed:
            # The table is made of these readings, so it is out of date now.
            edition.forget("steps", f"tidy__{source.name}")
        said = f"{counted(len(context.partition_keys), 'release')} read again, "
        said += f"{number(len(changed)) if changed else 'none'} with another result."
        context.log.info(said)
        return dg.MaterializeResult(
            metadata={
                **shown.headline(edition, said),
                "changed": dg.MetadataValue.text(", ".join(changed) or "none"),
                **shown.report(edition, f"sources/{source.name}.html#files"),
            }
        )

    with warnings.catch_warnings():
        # Backfill policies are marked as beta; this one is what makes a range one run.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.asset(
            key=key(edition, LAYER, source.name),
            group_name=group(edition, LAYER),
            tags=tags(edition),
            owners=DATA_TEAM,
            deps=[key(edition, "raw", source.name)],
            description=f"{source.title}, release by release: what was read of each file.\n\nA run "
            "of the edition reads new and changed releases by itself and marks none of them here, "
            "so a release is 'missing' until it was asked for: launch a backfill to read it again.",
            kinds={"polars"},
            partitions_def=dg.StaticPartitionsDefinition(list(releases)),
            # A range of releases is one run, so that what depends on them is redone once.
            backfill_policy=dg.BackfillPolicy.single_run(),
        )(read)


def release_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """The releases of every source that has several."""
    return [release_asset(edition, source) for source in with_releases()]


def release_jobs(edition: Edition) -> list[UnresolvedJob]:
    """A job a source: some of its releases read again, and what depends on it redone."""
    made = []
    for source in with_releases():
        own = dg.AssetSelection.assets(key(edition, LAYER, source.name))
        made.append(
            dg.define_asset_job(
                f"{edition.name}__{source.name}",
                selection=own.downstream()
                | dg.AssetSelection.assets(key(edition, "raw", source.name)),
                description=f"Some releases of {source.name} read again, and what changes with "
                "them.",
                tags=tags(edition),
                config={"loggers": LOGGERS},
            )
        )
    return made
