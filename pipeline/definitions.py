"""Everything that Dagster loads: the same assets, checks and job for each edition."""

import dagster as dg

from pipeline.assets.evidence import evidence_assets
from pipeline.assets.keys import tags
from pipeline.assets.locality import locality_assets
from pipeline.assets.publish import publish_assets
from pipeline.assets.raw import Mirror, raw_assets
from pipeline.assets.release import LAYER as RELEASE
from pipeline.assets.release import release_assets, release_jobs
from pipeline.assets.tidy import tidy_assets
from pipeline.checks.asset_checks import all_checks
from pipeline.console import console, log_file
from pipeline.edition import EDITIONS, Edition
from pipeline.executor import processes
from pipeline.holding import one_run_at_a_time
from pipeline.plan import LOGGERS
from pipeline.schedules import schedules, sensors


def edition_assets(edition: Edition) -> list[dg.AssetsDefinition]:
    """Every asset of an edition, in the way of the data."""
    return [
        *raw_assets(edition),
        *release_assets(edition),
        *tidy_assets(edition),
        *locality_assets(edition),
        *evidence_assets(edition),
        *publish_assets(edition),
    ]


def definitions(executor: dg.ExecutorDefinition = processes) -> dg.Definitions:
    """Everything, on an executor: one process or several, unless another is asked for."""
    return dg.Definitions(
        assets=[asset for edition in EDITIONS.values() for asset in edition_assets(edition)],
        asset_checks=[check for edition in EDITIONS.values() for check in all_checks(edition)],
        jobs=[
            dg.define_asset_job(
                edition.name,
                selection=dg.AssetSelection.key_prefixes([edition.name])
                - dg.AssetSelection.key_prefixes([edition.name, RELEASE]),
                description=f"{edition.title}: from published files to the report.",
                tags=tags(edition),
                config={"loggers": LOGGERS},
            )
            for edition in EDITIONS.values()
        ]
        + release_jobs(),
        resources={"mirror": Mirror()},
        executor=one_run_at_a_time(executor),
        loggers={"console": console, "log_file": log_file},
        schedules=list(schedules()),
        sensors=list(sensors()),
    )


defs = definitions()
